//! One tumor record: person, tumor, stage, metastatic sites, and the truth about them.

use super::follow_up;
use super::profile::{Cancer, Profile, Stages};
use super::random::Random;
use super::row::{Column, Row};
use super::scenario::Scenario;
use super::spelling::{Category, Date, Group};
use super::table::{Basis, Example, MetsLine};

/// What is drawn first and decides the rest of the record.
pub(super) struct Tumor<'a> {
    pub(super) cancer: &'a Cancer,
    pub(super) stages: &'a Stages,
    pub(super) example: &'a Example,
    pub(super) dx: Date,
    /// Staging was never done: categories unknown, metastasis items not filled.
    pub(super) unstaged: bool,
}

/// Fills one row; the same row for the same seed and index, always.
pub(super) fn fill(profile: &Profile, planted: Option<&Scenario>, seed: u64, index: u64, row: &mut Row) {
    row.clear();
    let random = &mut Random::of_row(seed, index);
    let tumor = draw(profile, planted, random);
    identify(&tumor, index, random, row);
    describe(&tumor, random, row);
    date(profile, planted.is_none(), &tumor, random, row);
    write_text(profile, random, row);
    if tumor.unstaged {
        leave_unstaged(&tumor, random, row);
    } else {
        let basis = planted.map_or_else(|| draw_basis(&tumor, random), |scenario| scenario.basis);
        factors(&tumor, random, row);
        stage(profile, planted, &tumor, basis, random, row);
    }
    mets(planted, &tumor, random, row);
    match planted {
        None => follow_up::write(profile, &tumor, random, row),
        Some(scenario) => {
            follow_up::write_free_of_disease(profile, &tumor, row);
            row.set(Column::TruthCase, &scenario.case);
            row.set(Column::TruthOrigin, &scenario.origin);
            row.set(Column::TruthOligo, &scenario.oligo);
            row.set(Column::TruthFindings, &scenario.findings);
            scenario.write_cells(row, tumor.dx);
        }
    }
}

fn draw<'a>(profile: &'a Profile, planted: Option<&'a Scenario>, random: &mut Random) -> Tumor<'a> {
    let cancer =
        &profile.cancers[planted.map_or_else(|| *profile.frequency.pick(random), |case| case.cancer)];
    let day = random.between(1, Date::LAST_DAY.into()) as u32;
    let (first, last) = match planted {
        Some(case) => (Date::new(case.years.0, 1, 1), Date::new(case.years.1, 12, 1)),
        None => (profile.span.first(), profile.span.cut_off()),
    };
    let months = random.below(u64::from(first.months_to(last)) + 1) as i32;
    let dx = Date::new(first.year(), 1, day).plus(months);
    let stages = cancer.stages(dx.year());
    let drawn = stages.examples.pick(random);
    let unstaged = planted.is_none() && random.chance(cancer.unstaged);
    Tumor { cancer, stages, example: planted.map_or(drawn, |case| &case.example), dx, unstaged }
}

fn identify(tumor: &Tumor<'_>, index: u64, random: &mut Random, row: &mut Row) {
    let registry = random.below(3) + 1;
    row.set_args(Column::PatientId, format_args!("{:08}", index + 1));
    row.set(Column::TumorNumber, "01");
    row.set_args(Column::RegistryId, format_args!("99{registry:08}"));
    row.set_args(Column::Facility, format_args!("99{registry:02}{:06}", random.below(12) + 1));
    row.set(Column::Sex, if random.chance(tumor.cancer.male) { "1" } else { "2" });
    let age = match tumor.example.age {
        Some((low, high)) => random.between(low, high),
        None => age(tumor.cancer, random),
    };
    row.set_args(Column::Age, format_args!("{age:03}"));
}

#[expect(clippy::cast_sign_loss, reason = "clamped to the ages of the profile")]
fn age(cancer: &Cancer, random: &mut Random) -> u64 {
    let years = random.normal(cancer.age.mean, cancer.age.deviation);
    years.clamp(cancer.age.min.max(0.0), cancer.age.max).round() as u64
}

fn describe(tumor: &Tumor<'_>, random: &mut Random, row: &mut Row) {
    let cancer = tumor.cancer;
    let in_situ = tumor.example.is_in_situ() && !tumor.unstaged;
    let histology = cancer.histologies.pick(random);
    row.set(Column::Site, cancer.sites.pick(random));
    row.set(Column::Histology, if in_situ { &cancer.in_situ_histology } else { histology });
    row.set(Column::Behavior, if in_situ { "2" } else { "3" });
    let side = if random.chance(0.5) { "1" } else { "2" };
    row.set(Column::Laterality, if cancer.paired { side } else { "0" });
    let source = if random.chance(0.9) { "1" } else { "3" };
    row.set(Column::ReportingSource, source);
    if tumor.dx.year() >= 2021 {
        row.set(Column::Neoadjuvant, "0");
    }
}

/// The date of diagnosis, cut short now and then, and the edition of its year.
fn date(profile: &Profile, may_be_partial: bool, tumor: &Tumor<'_>, random: &mut Random, row: &mut Row) {
    let (year, month) = (tumor.dx.year(), tumor.dx.month());
    if may_be_partial && random.chance(profile.errors.date_without_month) {
        row.set_args(Column::DxDate, format_args!("{year:04}"));
    } else if may_be_partial && random.chance(profile.errors.date_without_day) {
        row.set_args(Column::DxDate, format_args!("{year:04}{month:02}"));
    } else {
        row.set_args(Column::DxDate, format_args!("{}", tumor.dx));
    }
    if tumor.example.group.label == "NA" {
        row.set(Column::Edition, "88");
    } else {
        row.set_args(Column::Edition, format_args!("{:02}", tumor.stages.edition));
    }
}

/// Mostly plain words, some with commas and quotes, few with a line break.
fn write_text(profile: &Profile, random: &mut Random, row: &mut Row) {
    let phrases = match random.below(200) {
        0 => &profile.text.broken,
        1..20 => &profile.text.awkward,
        20..80 => &profile.text.plain,
        _ => return,
    };
    if let Some(phrase) = random.pick(phrases) {
        row.set(Column::Text, phrase);
    }
}

fn leave_unstaged(tumor: &Tumor<'_>, random: &mut Random, row: &mut Row) {
    if random.chance(0.3) {
        row.set(Column::ReportingSource, "7");
    }
    if random.chance(0.5) {
        let unknown = [Category::new("TX"), Category::new("NX")];
        for (category, column) in unknown.iter().zip([Column::ClinT, Column::ClinN]) {
            row.set_parts(column, &category.spelled("c", tumor.dx.year()));
        }
    }
    row.set(Column::ClinGroup, "99");
    row.set(Column::TruthGroup, "UNK");
    row.set(Column::TruthError, "none");
}

/// A line that holds for one table only decides; metastatic disease is rarely resected.
fn draw_basis(tumor: &Tumor<'_>, random: &mut Random) -> Basis {
    let drawn = *tumor.cancer.basis.pick(random);
    match tumor.example.basis {
        Basis::Both if tumor.example.is_metastatic() && random.chance(0.75) => Basis::Clinical,
        Basis::Both => drawn,
        own => own,
    }
}

fn factors(tumor: &Tumor<'_>, random: &mut Random, row: &mut Row) {
    if tumor.dx.year() >= 2018 {
        for usual in &tumor.cancer.usual {
            usual.pick(random).write(row, random);
        }
    }
    for factor in &tumor.example.factors {
        factor.write(row, random);
    }
}

const CLINICAL: [Column; 4] = [Column::ClinT, Column::ClinN, Column::ClinM, Column::ClinGroup];
const PATHOLOGIC: [Column; 4] = [Column::PathT, Column::PathN, Column::PathM, Column::PathGroup];
const POST_THERAPY: [Column; 4] = [Column::PostT, Column::PostN, Column::PostM, Column::PostGroup];

fn stage(
    profile: &Profile,
    planted: Option<&Scenario>,
    tumor: &Tumor<'_>,
    basis: Basis,
    random: &mut Random,
    row: &mut Row,
) {
    let year = tumor.dx.year();
    let truth = &tumor.example.group;
    let (recorded, error) = match planted {
        Some(scenario) => {
            let recorded = scenario.recorded.as_ref().unwrap_or(truth);
            (recorded.code(year), error_between(truth, recorded))
        }
        None => draw_recorded(profile, tumor, random),
    };
    row.set(Column::TruthGroup, &truth.label);
    row.set(Column::TruthError, error);
    let neoadjuvant = planted.is_none() && draws_neoadjuvant(tumor, random);
    if basis == Basis::Clinical || neoadjuvant {
        write_set(CLINICAL, "c", tumor.example, year, random, row);
        row.set(Column::ClinGroup, recorded);
    } else {
        if basis == Basis::Both {
            let clinical = draw_clinical(tumor, random);
            write_set(CLINICAL, "c", clinical, year, random, row);
            row.set(Column::ClinGroup, clinical.group.code(year));
        }
        write_set(PATHOLOGIC, "p", tumor.example, year, random, row);
        row.set(Column::PathGroup, recorded);
    }
    if neoadjuvant {
        write_post_therapy(tumor, random, row);
    }
}

fn write_set(
    columns: [Column; 4],
    prefix: &str,
    example: &Example,
    year: u32,
    random: &mut Random,
    row: &mut Row,
) {
    for (axis, (category, column)) in example.tnm.iter().zip(columns).enumerate() {
        match category {
            // There is no pM0: absence of metastasis is a clinical finding.
            Some(m) if axis == 2 => {
                let pathologic = prefix == "p" && m.label.starts_with("M1") && random.chance(0.6);
                row.set_parts(column, &m.spelled(if pathologic { "p" } else { "c" }, year));
            }
            Some(category) => row.set_parts(column, &category.spelled(prefix, year)),
            None if !example.has_tnm() && year >= 2018 => row.set(column, "88"),
            None => {}
        }
    }
}

/// Before surgery the stage often looks a little different, with the same M.
fn draw_clinical<'a>(tumor: &Tumor<'a>, random: &mut Random) -> &'a Example {
    let other = tumor.stages.examples.pick(random);
    let alike = other.basis == Basis::Both
        && other.m() == tumor.example.m()
        && other.age.is_none()
        && other.factors.is_empty()
        && tumor.example.factors.is_empty()
        && tumor.example.age.is_none();
    if alike && random.chance(0.3) { other } else { tumor.example }
}

/// The yp items exist from 2018 on; the stage at diagnosis is then the clinical one.
fn draws_neoadjuvant(tumor: &Tumor<'_>, random: &mut Random) -> bool {
    tumor.dx.year() >= 2018
        && tumor.example.basis != Basis::Pathologic
        && !tumor.example.is_metastatic()
        && random.chance(tumor.cancer.neoadjuvant)
}

fn write_post_therapy(tumor: &Tumor<'_>, random: &mut Random, row: &mut Row) {
    let year = tumor.dx.year();
    let other = tumor.stages.examples.pick(random);
    let usable = !other.is_metastatic() && !other.is_in_situ() && other.basis != Basis::Clinical;
    let found = if usable { other } else { tumor.example };
    write_set(POST_THERAPY, "yp", found, year, random, row);
    // Groups that hang on factors or on the table have no counterpart after therapy.
    if found.factors.is_empty() && found.basis == Basis::Both {
        row.set(Column::PostGroup, found.group.code(year));
    }
    if year >= 2021 {
        row.set(Column::Neoadjuvant, "1");
    }
}

/// The recorded code, mostly the true one, and the name of the error.
fn draw_recorded<'a>(profile: &Profile, tumor: &Tumor<'a>, random: &mut Random) -> (&'a str, &'static str) {
    let year = tumor.dx.year();
    let truth = &tumor.example.group;
    let none = (truth.code(year), "none");
    let mut another = |same_roman: bool| {
        let groups = &tumor.stages.groups;
        let from = random.below(groups.len() as u64) as usize;
        let fits = |group: &&Group| (group.roman == truth.roman) == same_roman && group.label != truth.label;
        groups.iter().cycle().skip(from).take(groups.len()).find(fits).map(|group| group.code(year))
    };
    let (major, substage) = (another(false), another(true));
    if truth.roman.is_none() {
        return none;
    }
    if random.chance(profile.errors.major) {
        return major.map_or(none, |code| (code, "major"));
    }
    if random.chance(profile.errors.substage) {
        return substage.map_or(none, |code| (code, "substage"));
    }
    if random.chance(profile.errors.missing) {
        return (if random.chance(0.5) { "99" } else { "" }, "missing");
    }
    none
}

fn error_between(truth: &Group, recorded: &Group) -> &'static str {
    match (truth.roman, recorded.roman) {
        _ if truth.label == recorded.label => "none",
        (None, _) => "none",
        (Some(_), None) => "missing",
        (Some(truth), Some(recorded)) if truth == recorded => "substage",
        _ => "major",
    }
}

/// Items that existed in the year of diagnosis: four from 2010, all six from 2016.
fn flags(year: u32) -> &'static [Column] {
    const FLAGS: [Column; 6] = [
        Column::MetsBone,
        Column::MetsBrain,
        Column::MetsLiver,
        Column::MetsLung,
        Column::MetsDistantLn,
        Column::MetsOther,
    ];
    match year {
        ..2010 => &[],
        2010..2016 => FLAGS.split_at(4).0,
        _ => &FLAGS,
    }
}

fn mets(planted: Option<&Scenario>, tumor: &Tumor<'_>, random: &mut Random, row: &mut Row) {
    let year = tumor.dx.year();
    let flags = flags(year);
    let (flag, eod) = match () {
        () if tumor.cancer.mets.is_empty() => ("8", "88"),
        () if tumor.unstaged => ("9", "00"),
        () => ("0", "00"),
    };
    for &column in flags {
        row.set(column, flag);
    }
    if year >= 2018 {
        row.set(Column::EodMets, eod);
    }
    if tumor.unstaged || !tumor.example.is_metastatic() {
        return;
    }
    let line = tumor.cancer.mets.iter().find(|line| line.fits(tumor.stages.edition, tumor.example.m()));
    if let Some(line) = line.filter(|line| year >= 2018 && !line.eod.is_empty()) {
        row.set(Column::EodMets, &line.eod);
    }
    let chosen = planted.and_then(|scenario| scenario.mets.as_deref());
    match (chosen, line) {
        (Some(organs), _) => {
            for organ in organs.iter().filter(|organ| flags.contains(&organ.column)) {
                row.set(organ.column, organ.code);
            }
        }
        (None, Some(line)) => mark_organs(line, flags, random, row),
        (None, None) => {}
    }
}

/// Marks as many different organs as the line asks for; one of two or three is the usual case.
fn mark_organs(line: &MetsLine, flags: &[Column], random: &mut Random, row: &mut Row) {
    let Some(organs) = &line.organs else { return };
    let spread = if random.chance(0.65) { 0 } else { random.below(line.most - line.fewest + 1) };
    let wanted = line.fewest + spread;
    let mut marked: [Option<Column>; 3] = [None; 3];
    // Ten draws are enough to find up to three different organs, or all there are.
    for _ in 0..10 {
        let count = marked.iter().flatten().count();
        if count as u64 >= wanted {
            break;
        }
        let organ = organs.pick(random);
        if !marked.contains(&Some(organ.column)) {
            if let Some(free) = marked.get_mut(count) {
                *free = Some(organ.column);
            }
            if flags.contains(&organ.column) {
                row.set(organ.column, organ.code);
            }
        }
    }
}

#[cfg(test)]
mod tests;
