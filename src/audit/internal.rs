//! D09-D16, D18 and D19: the record against itself, its system and its edition.

use super::Expected;
use super::organs::Organ;
use super::registry::{RuleId, Strength};
use super::report::Report;
use super::subject::{Distant, ORIGINAL, SetFields, Subject, holds_category, holds_value, is_m1};
use crate::category::{Category, Cell, Edition, Examination, Recorded, Stage};
use crate::fields::Field;
use crate::knowledge::System;
use crate::staging::{Basis, Tnm};

/// Checks the record against itself.
pub(crate) fn check(subject: &Subject, report: &mut Report) {
    tnm_outside_its_systems(subject, report);
    regional_as_distant(subject, report);
    sites_against_m(subject, report);
    summary_stage_against_m(subject, report);
    edition(subject, report);
    clinical_pathologic_mix(subject, report);
    staged_without_a_patient(subject, report);
    adult_stage_of_a_child(subject, report);
    if subject.case.neoadjuvant == Cell::Value(false) {
        for basis in [Basis::PostClinical, Basis::PostTherapy] {
            if holds_value(subject.case.set(basis)) {
                report.raise(
                    RuleId::D18,
                    SetFields::of(basis).all(),
                    Expected::Words("no yc or yp categories"),
                );
            }
        }
    }
}

/// D09 and D10.
fn tnm_outside_its_systems(subject: &Subject, report: &mut Report) {
    let Some(schema) = subject.schema else { return };
    let rule = match schema.system {
        System::Heme | System::Iss => RuleId::D09,
        System::Lugano | System::Rai => RuleId::D10,
        System::Tnm | System::TnmWithoutGroup | System::Cns | System::None => return,
    };
    for basis in ORIGINAL {
        let set = subject.case.set(basis);
        let fields = SetFields::of(basis);
        if holds_category(set) {
            report.raise(rule, fields.categories(), Expected::Words("not applicable (88)"));
        } else if schema.system == System::Heme && set.group.cell.value().is_some() {
            report.raise(rule, fields.group(), Expected::Words("not applicable (88)"));
        }
    }
}

/// D11.
fn regional_as_distant(subject: &Subject, report: &mut Report) {
    let by_flag = subject.sites.positive() == Organ::DistantLn.alone();
    let by_code = subject.sites.positive().0 == 0 && subject.eod.is_some_and(|says| says.nodes_only);
    let node_positive = subject.case.has_positive_nodes();
    let solid = subject.schema.is_none_or(|schema| schema.solid);
    if (by_flag || by_code) && !node_positive && solid {
        let fields: &'static [Field] = if by_flag { &[Field::MetsDistantLn] } else { &[Field::EodMets] };
        report.raise(RuleId::D11, fields, Expected::Words("distant nodes beside regional ones"));
    }
}

/// D12.
fn sites_against_m(subject: &Subject, report: &mut Report) {
    if !subject.sites_contradict_m() {
        return;
    }
    // The one organ that speaks against M0, or the items as a whole.
    let organ = Organ::ALL.into_iter().find(|organ| organ.is_in(subject.sites.positive()));
    let fields: &'static [Field] = match organ {
        _ if subject.case.met_sites.value().is_some() && !subject.sites.from_flags => &[Field::MetSites],
        Some(Organ::Bone) => &[Field::MetsBone],
        Some(Organ::Brain) => &[Field::MetsBrain],
        Some(Organ::DistantLn) => &[Field::MetsDistantLn],
        Some(Organ::Liver) => &[Field::MetsLiver],
        Some(Organ::Lung) => &[Field::MetsLung],
        Some(Organ::Other) => &[Field::MetsOther],
        None if subject.case.met_present.value().is_some() => &[Field::MetPresent],
        None if subject.eod_distant == Some(true) => &[Field::EodMets],
        None => &[Field::MetsBone, Field::MetsLiver, Field::MetsLung, Field::MetsOther],
    };
    let expected = match subject.distant {
        Distant::M1(_) => "a metastatic site, or M0",
        Distant::M0(_) => "M1, or no metastatic site",
        Distant::Unknown => "an EOD Mets code above 00, or no metastatic site",
    };
    report.raise(RuleId::D12, fields, Expected::Words(expected));
}

/// D13.
fn summary_stage_against_m(subject: &Subject, report: &mut Report) {
    const DISTANT: u16 = 7;
    const NOT_APPLICABLE: u16 = 8;
    let stage = subject.case.summary_stage;
    let fields = &[Field::SummaryStage];
    match (subject.distant, stage) {
        (Distant::M0(_), Cell::Value(DISTANT)) => {
            let explained = subject.staged.original.outcome.stage() == Some(Stage::IV);
            let strength = if explained { Strength::Otherwise } else { Strength::Usual };
            report.raise_as(
                RuleId::D13,
                strength,
                fields,
                Expected::Words("a summary stage below distant, or M1"),
            );
        }
        (Distant::M1(_), Cell::Unknown) => {
            report.raise(RuleId::D13, fields, Expected::Words("7, distant"));
        }
        (Distant::M1(_), Cell::Value(code)) if code != DISTANT && code != NOT_APPLICABLE => {
            report.raise(RuleId::D13, fields, Expected::Words("7, distant"));
        }
        _ => {}
    }
}

/// D14.
fn edition(subject: &Subject, report: &mut Report) {
    let Some(schema) = subject.schema else { return };
    if let (Cell::Value(recorded), Some(in_force)) = (subject.case.edition, schema.dx_edition)
        && recorded != in_force
    {
        report.raise(RuleId::D14, &[Field::Edition, Field::DxDate], Expected::Edition(in_force));
    }
    if let Some(basis) = schema.foreign {
        let edition = schema.edition.unwrap_or(Edition(0));
        report.raise(RuleId::D14, SetFields::of(basis).categories(), Expected::Edition(edition));
    }
}

/// D15.
fn clinical_pathologic_mix(subject: &Subject, report: &mut Report) {
    let from = |recorded: Recorded<Category>, examination: Examination| {
        recorded.cell.value().filter(|_| recorded.prefix.examination == Some(examination))
    };
    let mixed = |set: &Tnm, foreign: Examination| -> Option<usize> {
        let pathologic = foreign == Examination::Pathologic;
        // pTis is biopsy-proven and stands in the clinical field; cN0 may complete a pathologic stage.
        let t = from(set.t, foreign).is_some_and(|t| !(pathologic && t.label().starts_with("Tis")));
        let n = from(set.n, foreign).is_some_and(|n| pathologic || !n.label().starts_with("N0"));
        // Microscopic proof of M1 counts in both; there is no pM0.
        let m = from(set.m, foreign).is_some_and(|m| pathologic && is_m1(m) == Some(false));
        let group = set.group.prefix.examination == Some(foreign) && set.group.cell.value().is_some();
        [t, n, m, group].iter().position(|&mixed| mixed)
    };
    for (basis, foreign) in
        [(Basis::Clinical, Examination::Pathologic), (Basis::Pathologic, Examination::Clinical)]
    {
        if let Some(at) = mixed(subject.case.set(basis), foreign) {
            let words = match foreign {
                Examination::Pathologic => "a clinical value",
                Examination::Clinical => "a pathologic value",
            };
            report.raise(RuleId::D15, SetFields::of(basis).one(at), Expected::Words(words));
        }
    }
}

/// The age in years from which on no pediatric system stages.
pub(crate) const ADULT_FROM: u8 = 25;

/// D19.
fn adult_stage_of_a_child(subject: &Subject, report: &mut Report) {
    let case = subject.case;
    let child = case.age.value().is_some_and(|age| age < ADULT_FROM);
    if !child || case.override_pediatric != Cell::Value(true) {
        return;
    }
    if let Some(basis) = ORIGINAL.into_iter().find(|&basis| holds_value(case.set(basis))) {
        report.raise(RuleId::D19, SetFields::of(basis).all(), Expected::Words("not applicable (88)"));
    }
}

/// D16.
fn staged_without_a_patient(subject: &Subject, report: &mut Report) {
    let case = subject.case;
    match case.reporting_source {
        Cell::Value(7) => {
            let staged = ORIGINAL.into_iter().find(|&basis| case.set(basis).group.cell.value().is_some());
            if let Some(basis) = staged {
                report.raise(RuleId::D16, SetFields::of(basis).group(), Expected::Words("unknown stage"));
            }
        }
        Cell::Value(6) => {
            let clinical = ORIGINAL.into_iter().find(|&basis| {
                let set = case.set(basis);
                let plain = |prefix: crate::category::Prefix| {
                    !prefix.a && (basis != Basis::Single || prefix.examination.is_some())
                };
                let category =
                    |recorded: Recorded<Category>| recorded.cell.value().is_some() && plain(recorded.prefix);
                category(set.t)
                    || category(set.n)
                    || category(set.m)
                    || (set.group.cell.value().is_some() && plain(set.group.prefix))
            });
            if let Some(basis) = clinical {
                report.raise(
                    RuleId::D16,
                    SetFields::of(basis).all(),
                    Expected::Words("autopsy classification (a)"),
                );
            }
        }
        _ => {}
    }
}
