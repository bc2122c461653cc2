//! The staging systems as a registrar meets them: a table of tumors goes through the program, and each
//! has to come out with the group of its manual, or with the reason that there is none.
//!
//! What is expected: a group; the lowest and highest possible group with the cause; or NA or UNK with the
//! cause. Behind a semicolon other columns may follow, as `post = IIB`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::support::{Table, Work};

struct System {
    name: &'static str,
    common: &'static str,
    rows: &'static [(&'static str, &'static str)],
}

const SYSTEMS: &[System] = &[
    System {
        name: "testis, 8th edition: S from markers",
        common: "site=C62.1, histology=9061/3, dx_year=2020",
        rows: &[
            ("path_t=pT1, path_n=pN0, clin_m=cM0, s_path=0", "IA"),
            ("path_t=pT1, path_n=pN0, clin_m=cM0, s_path=9", "I"),
            ("path_t=pT1, path_n=pN0, clin_m=cM0", "IA..IS factor_missing"),
            ("path_t=pT2, path_n=pN0, clin_m=cM0, afp_post=0, hcg_post=0, ldh_post=0", "IB"),
            ("path_t=pT1, path_n=pN0, clin_m=cM0, afp_post=0, hcg_post=1, ldh_post=0", "IS"),
            ("path_t=pT2, path_n=pN1, clin_m=cM0, afp=1200, hcg=1, ldh_multiple=1.0", "IIIB"),
            ("path_t=pT2, path_n=pN1, clin_m=cM0, afp=60000", "IIIC"),
            ("path_t=pT2, path_n=pN1, clin_m=cM0, afp=500", "IIA..IIIC factor_missing"),
            ("path_t=pT2, path_n=pN1, clin_m=cM0, afp=500, hcg=4999, ldh_multiple=1.4", "IIA"),
            ("path_t=pT2, path_n=pN2, clin_m=cM0, afp=5, hcg=1, ldh_multiple=0.8", "IIB"),
            ("path_t=pT1, path_n=pN3, clin_m=cM0, s_path=1", "IIC"),
            ("path_t=pT1, path_n=pN0, clin_m=cM1a, afp=3, hcg=1, ldh_multiple=1.2", "IIIA"),
            ("path_t=pT1, path_n=pN0, clin_m=cM1a, afp_post=0, hcg_post=0, ldh_post=2", "IIIB"),
            ("path_t=pT1, path_n=pN0, clin_m=cM1b, s_path=0", "IIIC"),
        ],
    },
    System {
        name: "testis, 6th and 7th edition",
        common: "site=C62.9, histology=9085/3",
        rows: &[
            ("dx_year=2008, path_t=2, path_n=1, path_m=1A, afp_post=010, hcg_post=020, ldh_post=000", "IIIB"),
            ("dx_year=2014, path_t=1, path_n=0, clin_m=1A, hcg=60000", "IIIC"),
            ("dx_year=2014, path_t=1, path_n=0, clin_m=0, s_path=2", "IS"),
        ],
    },
    System {
        name: "lymphoma by the recorded group",
        common: "site=C77.0, histology=9650/3",
        rows: &[
            ("dx_year=2020, stage_group=IIEA", "IIE; agreement_detail = not_independent; findings ="),
            ("dx_year=2020, clin_group=2bulky", "II bulky"),
            ("dx_year=2020, stage_group=IIX", "II bulky"),
            ("dx_year=2020, stage_group=3S", "III"),
            ("dx_year=2020, stage_group=4B", "IV"),
            ("dx_year=2014, stage_group=3B", "IIIB; agreement = not_applicable"),
            ("dx_year=2014, path_group=1E", "IE"),
            ("dx_year=2014, clin_group=2A", "IIA"),
            ("dx_year=2014, stage_group=IIIB, b_symptoms=0", "IIIA"),
            ("dx_year=2014, stage_group=IIBX", "IIB; recorded = IIBX"),
            ("dx_year=2014, stage_group=2AX", "IIA; recorded = IIAX"),
            ("dx_year=2020, stage_group=IIBX", "II bulky; recorded = IIBX"),
            ("dx_year=2020", "I..IV factor_missing"),
        ],
    },
    System {
        name: "lymphoma by Ann Arbor and Lugano",
        common: "site=C77.2, histology=9680/3",
        rows: &[
            ("dx_year=2014, ann_arbor=IIIB", "IIIB; findings ="),
            ("dx_year=2014, ann_arbor=III, b_symptoms=1", "IIIB"),
            ("dx_year=2014, ann_arbor=IIES", "IIES"),
            ("dx_year=2014, ann_arbor=2bulky", "II"),
            ("dx_year=2020, ann_arbor=IV, stage_group=4", "IV; agreement = exact"),
            ("dx_year=2020, ann_arbor=IIES", "IIE"),
            ("dx_year=2014, ann_arbor=IIBX", "IIB"),
            ("dx_year=2020, ann_arbor=IIBX, stage_group=2bulky", "II bulky; agreement = exact"),
            (
                "dx_year=2020, ann_arbor=2bulky, stage_group=IIBX",
                "II bulky; agreement = substage; agreement_detail = finer",
            ),
            ("dx_year=2020, ann_arbor=IIIE", "III"),
        ],
    },
    System {
        name: "lymphoma of eye and skin, CLL",
        common: "dx_year=2020",
        rows: &[
            ("site=C69.6, histology=9699/3, t=T2, n=N0, m=M0", "NA no_stage_group"),
            ("dx_year=2008, site=C69.6, histology=9699/3, stage_group=1EA", "IEA; system = lugano"),
            (
                "dx_year=2014, site=C69.6, histology=9699/3, stage_group=1EA",
                "NA no_stage_group; system = tnm-without-group",
            ),
            ("site=C44.5, histology=9709/3, t=T2a, n=N0, m=M0", "NA no_stage_group"),
            ("site=C44.5, histology=9700/3, t=T1a, n=N0, m=M0, b_category=0", "IA"),
            ("site=C44.5, histology=9700/3, t=T2b, n=N1, m=M0, b_category=3", "IIA"),
            ("site=C44.5, histology=9700/3, t=T3, n=N0, m=M0, b_category=0", "IIB"),
            ("site=C44.5, histology=9700/3, t=T4, n=N0, m=M0, b_category=0", "IIIA"),
            ("site=C44.5, histology=9700/3, t=T4, n=N0, m=M0, b_category=B1", "IIIB"),
            ("site=C44.9, histology=9701/3, t=T4, n=N0, m=M0, b_category=6", "IVA1"),
            ("site=C44.9, histology=9701/3, t=T4, n=N3, m=M0, b_category=6", "IVA2"),
            ("site=C44.9, histology=9701/3, t=T4, n=N0, m=M1, b_category=6", "IVB"),
            ("site=C44.5, histology=9700/3, t=T4, n=N0, m=M0", "IIIA..IVA1 factor_missing"),
            (
                "site=C42.1, histology=9823/3, lymphocytosis=1, adenopathy=1, organomegaly=0, anemia=0, thrombocytopenia=0",
                "I",
            ),
            (
                "site=C42.1, histology=9823/3, lymphocytosis=1, adenopathy=1, organomegaly=0, anemia=0, thrombocytopenia=1",
                "IV",
            ),
            ("site=C42.1, histology=9823/3", "0..IV factor_missing"),
            ("site=C42.1, histology=9823/3, lymphocytosis=1", "0..IV factor_missing"),
            (
                "site=C42.1, histology=9823/3, lymphocytosis=1, adenopathy=1, organomegaly=1, anemia=0, thrombocytopenia=0, rai=2",
                "II; beside_reason = rai=cll:1975:3+recorded_agrees;binet=factor_missing:A|B",
            ),
            (
                "site=C42.1, histology=9823/3, lymphocytosis=1, adenopathy=1, organomegaly=1, anemia=0, thrombocytopenia=0, rai=III",
                "II; beside_reason = rai=cll:1975:3+recorded_differs;binet=factor_missing:A|B",
            ),
            (
                "site=C40.2, histology=9180/3, age=12, path_t=pT1, path_n=pN0, path_m=cM1a, grade_path=3, toronto=M",
                "IVA; toronto = metastatic; toronto_reason = bone:2:2+recorded_agrees",
            ),
            (
                "site=C40.2, histology=9180/3, age=12, path_t=pT1, path_n=pN0, path_m=cM1a, grade_path=3, toronto=L",
                "IVA; toronto = metastatic; toronto_reason = bone:2:2+recorded_differs",
            ),
            ("site=C77.0, histology=9823/3, ann_arbor=III", "III"),
            ("site=C77.0, histology=9823/3, stage_group=2E", "IIE"),
        ],
    },
    System {
        name: "leukemia, myeloma and what has no chapter",
        common: "",
        rows: &[
            ("site=C42.1, histology=9861/3, dx_year=2020, t=88, n=88, m=88", "NA no_tnm"),
            ("histology=9861/3, dx_year=2020", "NA no_tnm"),
            ("histology=9945/3, dx_year=2014", "NA no_tnm"),
            ("site=C42.1, histology=9732/3, dx_year=2014", "NA no_tnm"),
            ("site=C41.2, histology=9731/3, dx_year=2020", "NA no_tnm"),
            ("site=C42.1, histology=9732/3, dx_year=2020, b2m=0, albumin=1, cytogenetics=0, ldh=0", "I"),
            ("histology=9732/3, dx_year=2020, b2m=2, albumin=0, cytogenetics=1, ldh=0", "III"),
            (
                "site=C42.1, histology=9732/3, dx_year=2020, b2m=6.1, albumin=3.0, cytogenetics=0, ldh=1",
                "III",
            ),
            ("site=C42.1, histology=9732/3, dx_year=2020, b2m=2, albumin=0, cytogenetics=0, ldh=0", "II"),
            ("site=C42.1, histology=9732/3, dx_year=2020, b2m=2.8, albumin=4.1", "I"),
            ("site=C42.1, histology=9732/3, dx_year=2020, b2m=4.2, albumin=4.1", "II"),
            ("site=C42.1, histology=9732/3, dx_year=2020, b2m=6.1, albumin=4.1", "III"),
            (
                "site=C42.1, histology=9732/3, dx_year=2020, b2m=2.8, albumin=4.1, ldh=0",
                "I..II factor_missing",
            ),
            ("site=C42.1, histology=9732/3, dx_year=2020", "I..III factor_missing"),
            // Discriminator 1: 0 multiple myeloma, 1 smoldering, 9 another term; R-ISS is for the first.
            ("site=C42.1, histology=9732/3, dx_year=2020, disc1=0, b2m=2.8, albumin=4.1", "I"),
            (
                "site=C42.1, histology=9732/3, dx_year=2020, disc1=1, b2m=2.8, albumin=4.1",
                "NA not_staged_by_discriminator",
            ),
            ("site=C42.1, histology=9732/3, dx_year=2020, disc1=9", "NA not_staged_by_discriminator"),
            ("site=C14.8, histology=8070/3, dx_year=2014, t=T1, n=N0, m=M0", "NA no_chapter"),
            ("site=C37.9, histology=8580/3, dx_year=2014, t=T1, n=N0, m=M0", "NA no_chapter"),
            ("site=C24.9, histology=8140/3, dx_year=2020, t=T1, n=N0, m=M0", "NA no_chapter"),
            ("site=C71.1, histology=9440/3, dx_year=2015", "NA no_tnm"),
        ],
    },
    System {
        name: "gestational trophoblastic neoplasia",
        common: "site=C58.9, histology=9100/3",
        rows: &[
            ("dx_year=2014, t=T1, m=M0, gtn_risk=04", "IA"),
            ("dx_year=2014, t=T1, m=M0, gtn_risk=X9", "I"),
            ("dx_year=2014, t=T1, m=M0", "IA..IB factor_missing"),
            ("dx_year=2014, t=T2, m=M1a, gtn_risk=08", "IIIB"),
            ("dx_year=2014, t=T2, m=M1b, gtn_risk=10", "IVB"),
            ("dx_year=2020, t=T1, m=M1a, stage_group=3:4", "III; agreement = exact"),
            ("dx_year=2020, t=T2, m=M0, gtn_risk=12, stage_group=II:12", "II; agreement = exact"),
            ("dx_year=2020, t=T1, m=M1b", "IV; figo = IV"),
            ("dx_year=2020, t=T1, m=M0, gtn_risk=04", "I; figo = I:4"),
            ("dx_year=2020, t=T1, m=M1a, gtn_risk=12", "III; figo = III:12"),
            ("dx_year=2014, t=T1, m=M1a, gtn_risk=7", "IIIB; figo = III:7"),
            ("dx_year=2020, t=T1, m=M1a, gtn_risk=high", "III; figo = III:7+"),
        ],
    },
    System {
        name: "prostate, 8th edition",
        common: "site=C61.9, histology=8140/3, dx_year=2020",
        rows: &[
            ("clin_t=cT1c, clin_n=cN0, clin_m=cM0, psa=5.2, grade_clin=1", "I"),
            ("clin_t=cT1c, clin_n=cN0, clin_m=cM0, psa=5.2, gleason_clin=06", "I"),
            ("clin_t=cT2a, clin_n=cN0, clin_m=cM0, psa=5.2, gleason_patterns_clin=34", "IIB"),
            ("clin_t=cT2a, clin_n=cN0, clin_m=cM0, psa=5.2, gleason_patterns_clin=43", "IIC"),
            ("clin_t=cT2a, clin_n=cN0, clin_m=cM0, psa=5.2, gleason_clin=7", "IIB..IIC factor_missing"),
            ("clin_t=cT2a, clin_n=cN0, clin_m=cM0, psa=25, gleason_clin=7", "IIIA"),
            ("clin_t=cT2a, clin_n=cN0, clin_m=cM0, psa=5.2, gleason=4+3", "IIC"),
            ("clin_t=cT2a, clin_n=cN0, clin_m=cM0, psa=5.2, grade_clin=E", "IIB..IIC factor_missing"),
            ("clin_t=cT2a, clin_n=cN0, clin_m=cM0, psa=5.2, gleason_clin=8", "IIC"),
            ("clin_t=cT2a, clin_n=cN0, clin_m=cM0, psa=5.2, gleason_clin=9", "IIIC"),
            ("clin_t=cT1c, clin_n=cN0, clin_m=cM0, psa=12, grade_clin=1", "IIA"),
            ("clin_t=cT3a, clin_n=cN0, clin_m=cM0, psa=12, grade_clin=2", "IIIB"),
            ("clin_t=cT3a, clin_n=cN1, clin_m=cM0", "IVA"),
            ("clin_t=cT3a, clin_n=cN1, clin_m=cM1b", "IVB"),
            (
                "clin_t=cT1c, clin_n=cN0, clin_m=cM0, psa=6, gleason_clin=6, path_t=pT2, path_n=pN0, gleason_patterns_path=34",
                "IIB; clin_group = I; path_group = IIB",
            ),
        ],
    },
    System {
        name: "prostate, 7th edition: what is not available does not count",
        common: "site=C61.9, histology=8140/3, dx_year=2014, clin_n=0, clin_m=0",
        rows: &[
            ("clin_t=2A, psa=5, gleason=6", "I"),
            ("clin_t=2A", "I"),
            ("clin_t=2B", "IIA"),
            ("clin_t=2C", "IIB"),
            ("clin_t=1C, psa=25", "IIB"),
            ("clin_t=3A", "III"),
        ],
    },
    System {
        name: "sarcoma, bone, GIST, 8th edition",
        common: "dx_year=2020",
        rows: &[
            ("site=C49.2, histology=8802/3, path_t=pT1, path_n=pN0, path_m=cM0, grade_path=1", "IA"),
            ("site=C49.2, histology=8802/3, path_t=pT1, path_n=pN0, path_m=cM0, grade_path=9", "IA"),
            ("site=C49.2, histology=8802/3, path_t=pT1, path_n=pN0, path_m=cM0", "IA..II factor_missing"),
            ("site=C49.2, histology=8802/3, path_t=pT2, path_n=pN0, path_m=cM0, grade_path=3", "IIIA"),
            ("site=C49.2, histology=8802/3, path_t=pT4, path_n=pN0, path_m=cM0, grade_path=2", "IIIB"),
            ("site=C49.2, histology=8802/3, path_t=pT2, path_n=pN1, path_m=cM0, grade_path=3", "IV"),
            ("site=C48.0, histology=8850/3, path_t=pT2, path_n=pN1, path_m=cM0, grade_path=3", "IIIB"),
            ("site=C40.2, histology=9180/3, clin_t=cT1, clin_n=cN0, clin_m=cM0, grade_clin=1", "IA"),
            ("site=C40.2, histology=9180/3, clin_t=cT2, clin_n=cN0, clin_m=cM0, grade_clin=3", "IIB"),
            ("site=C40.2, histology=9180/3, clin_t=cT3, clin_n=cN0, clin_m=cM0, grade_clin=3", "III"),
            ("site=C40.2, histology=9180/3, clin_t=cT2, clin_n=cN0, clin_m=cM1a, grade_clin=3", "IVA"),
            ("site=C40.2, histology=9180/3, clin_t=cT2, clin_n=cN1, clin_m=cM0, grade_clin=3", "IVB"),
            (
                "site=C41.2, histology=9180/3, clin_t=cT2, clin_n=cN0, clin_m=cM0, grade_clin=3",
                "NA no_stage_group",
            ),
            ("site=C16.2, histology=8936/3, path_t=pT2, path_n=pN0, path_m=cM0, mitotic=low", "IA"),
            ("site=C16.2, histology=8936/3, path_t=pT3, path_n=pN0, path_m=cM0, mitotic=3", "IB"),
            ("site=C16.2, histology=8936/3, path_t=pT2, path_n=pN0, path_m=cM0, mitotic=9", "II"),
            ("site=C16.2, histology=8936/3, path_t=pT4, path_n=pN0, path_m=cM0, grade_path=H", "IIIB"),
            ("site=C17.1, histology=8936/3, path_t=pT2, path_n=pN0, path_m=cM0, mitotic=low", "I"),
            ("site=C17.1, histology=8936/3, path_t=pT2, path_n=pN0, path_m=cM0, mitotic=high", "IIIB"),
            ("site=C17.1, histology=8936/3, path_t=pT2, path_n=pN1, path_m=cM0, mitotic=low", "IV"),
            // Peritoneum: discriminator 1 tells the omentum (2) from the mesentery and the rest (1, 9).
            ("site=C48.1, histology=8936/3, disc1=2, path_t=pT3, path_n=pN0, path_m=cM0, mitotic=low", "IB"),
            ("site=C48.1, histology=8936/3, disc1=1, path_t=pT3, path_n=pN0, path_m=cM0, mitotic=low", "II"),
            ("site=C48.1, histology=8936/3, disc1=9, path_t=pT3, path_n=pN0, path_m=cM0, mitotic=low", "II"),
            (
                "site=C48.1, histology=8936/3, path_t=pT3, path_n=pN0, path_m=cM0, mitotic=low",
                "IB..II factor_missing",
            ),
            ("site=C48.1, histology=8936/3, path_t=pT3, path_n=pN1, path_m=cM0, mitotic=low", "IV"),
            ("site=C16.0, histology=8936/3, disc1=9, path_t=pT3, path_n=pN0, path_m=cM0, mitotic=low", "IB"),
        ],
    },
    System {
        name: "sarcoma, 7th edition: the fourth of four grades is high grade",
        common: "dx_year=2014, site=C49.2, histology=8890/3, path_n=pN0, path_m=cM0",
        rows: &[
            ("path_t=pT2b, grade=3", "III; findings = D03"),
            ("path_t=pT2b, grade=4", "III; findings = D03"),
            ("path_t=pT1b, grade=4", "IIA; findings = D03"),
        ],
    },
    System {
        name: "melanoma of the skin, Merkel",
        common: "",
        rows: &[
            ("site=C44.5, histology=8720/3, dx_year=2020, clin_t=cT1b, clin_n=cN0, clin_m=cM0", "IB"),
            ("site=C43.5, histology=8720/3, dx_year=2020, path_t=pT1b, path_n=pN0, path_m=cM0", "IA"),
            ("site=C44.5, histology=8720/3, dx_year=2020, path_t=pT3a, path_n=pN0, path_m=cM0", "IIA"),
            ("site=C44.5, histology=8720/3, dx_year=2020, path_t=pT4b, path_n=pN0, path_m=cM0", "IIC"),
            ("site=C44.5, histology=8720/3, dx_year=2020, clin_t=cT2a, clin_n=cN1b, clin_m=cM0", "III"),
            ("site=C44.5, histology=8720/3, dx_year=2020, path_t=pT1a, path_n=pN1a, path_m=cM0", "IIIA"),
            ("site=C44.5, histology=8720/3, dx_year=2020, path_t=pT2b, path_n=pN1a, path_m=cM0", "IIIB"),
            ("site=C44.5, histology=8720/3, dx_year=2020, path_t=pT0, path_n=pN1b, path_m=cM0", "IIIB"),
            ("site=C44.5, histology=8720/3, dx_year=2020, path_t=pT4b, path_n=pN2c, path_m=cM0", "IIIC"),
            ("site=C44.5, histology=8720/3, dx_year=2020, path_t=pT4b, path_n=pN3c, path_m=cM0", "IIID"),
            ("site=C44.5, histology=8720/3, dx_year=2020, path_t=pT4b, path_n=pN3c, path_m=cM1c(1)", "IV"),
            ("site=C44.3, histology=8247/3, dx_year=2014, path_t=pT1, path_n=pN0, path_m=cM0", "IA"),
            ("site=C44.3, histology=8247/3, dx_year=2014, path_t=pT1, path_n=cN0, path_m=cM0", "IB"),
            ("site=C44.3, histology=8247/3, dx_year=2014, path_t=pT2, path_n=pN0, path_m=cM0", "IIA"),
            ("site=C44.3, histology=8247/3, dx_year=2014, path_t=pT2, path_n=cN0, path_m=cM0", "IIB"),
        ],
    },
    System {
        name: "breast",
        common: "site=C50.4, histology=8500/3",
        rows: &[
            ("dx_year=2020, path_t=pT1c, path_n=pN0, path_m=cM0", "IA"),
            ("dx_year=2020, path_t=pT2, path_n=pN1a, path_m=cM0", "IIB"),
            ("dx_year=2020, clin_t=cT1c, clin_n=cN0, clin_m=cM0, grade_clin=3, er=0, pr=0, her2=0", "IB"),
            ("dx_year=2020, clin_t=cT2, clin_n=cN0, clin_m=cM0, grade_clin=2, er=1, pr=1, her2=0", "IB"),
            ("dx_year=2020, path_t=pT2, path_n=pN0, path_m=cM0, grade_path=2, er=1, pr=1, her2=0", "IA"),
            (
                "dx_year=2020, path_t=pT2, path_n=pN0, path_m=cM0, grade_path=3, er=1, pr=0, her2=0, oncotype=5",
                "IA",
            ),
            (
                "dx_year=2020, path_t=pT2, path_n=pN0, path_m=cM0, grade_path=3, er=1, pr=0, her2=0, oncotype=25",
                "IIA",
            ),
            ("dx_year=2020, path_t=pT2, path_n=pN0, path_m=pM1, grade_path=3, er=1, pr=0, her2=0", "IV"),
            ("dx_year=2020, behavior=2, path_t=pTis(DCIS), path_n=pN0, path_m=cM0", "0"),
            (
                "dx_year=2020, clin_t=cT2, clin_n=cN1, clin_m=cM0, post_t=ypT0, post_n=ypN0, post_m=cM0",
                "IIB; post_group = NA",
            ),
            (
                "dx_year=2020, clin_t=cT2, clin_n=cN1, clin_m=cM0, path_t=ypT1a, path_n=ypN0",
                "IIB; post_group = NA; path_group =",
            ),
            ("dx_year=2014, path_t=T0, path_n=N1mi, path_m=M0", "IB"),
            (
                "dx_year=2014, clin_t=T2, clin_n=N1, clin_m=M0, post_t=ypT1c, post_n=ypN0",
                "IIB; post_group = IA",
            ),
            (
                "dx_year=2014, clin_t=T2, clin_n=N1, clin_m=M0, post_t=ypT0, post_n=ypN0",
                "IIB; post_group = NA",
            ),
        ],
    },
    System {
        name: "esophagus, 8th edition",
        common: "dx_year=2020",
        rows: &[
            ("site=C15.4, histology=8070/3, clin_t=cT2, clin_n=cN0, clin_m=cM0", "II"),
            ("site=C15.4, histology=8070/3, path_t=pT1a, path_n=pN0, path_m=cM0, grade_path=1", "IA"),
            ("site=C15.4, histology=8070/3, path_t=pT1b, path_n=pN0, path_m=cM0, grade_path=1", "IB"),
            ("site=C15.5, histology=8070/3, path_t=pT3, path_n=pN0, path_m=cM0, grade_path=3", "IIA"),
            ("site=C15.4, histology=8070/3, path_t=pT3, path_n=pN0, path_m=cM0, grade_path=1", "IIA"),
            ("site=C15.4, histology=8070/3, path_t=pT3, path_n=pN0, path_m=cM0, grade_path=3", "IIB"),
            ("site=C15.4, histology=8070/3, path_t=pT3, path_n=pN0, path_m=cM0", "IIA..IIB factor_missing"),
            ("site=C15.5, histology=8140/3, clin_t=cT2, clin_n=cN0, clin_m=cM0", "IIB"),
            ("site=C15.5, histology=8140/3, clin_t=cT1, clin_n=cN1, clin_m=cM0", "IIA"),
            ("site=C15.5, histology=8140/3, clin_t=cT3, clin_n=cN0, clin_m=cM0", "III"),
            ("site=C15.5, histology=8140/3, path_t=pT2, path_n=pN0, path_m=cM0, grade_path=1", "IC"),
            ("site=C15.5, histology=8140/3, path_t=pT2, path_n=pN0, path_m=cM0, grade_path=3", "IIA"),
            (
                "site=C15.5, histology=8140/3, clin_t=cT3, clin_n=cN1, clin_m=cM0, post_t=ypT0, post_n=ypN0, post_m=cM0",
                "III; post_group = I",
            ),
            (
                "site=C15.5, histology=8140/3, clin_t=cT3, clin_n=cN1, clin_m=cM0, path_t=ypT1, path_n=ypN1, path_m=cM0",
                "III; post_group = IIIA; path_group =",
            ),
        ],
    },
    System {
        name: "stomach, 8th edition, and where M1 was there before the therapy",
        common: "site=C16.2, histology=8140/3, dx_year=2020",
        rows: &[
            ("clin_t=cT1, clin_n=cN1, clin_m=cM0", "IIA"),
            ("clin_t=cT3, clin_n=cN0, clin_m=cM0", "IIB"),
            ("path_t=pT1, path_n=pN1, path_m=cM0", "IB"),
            ("clin_t=cT3, clin_n=cN1, clin_m=cM1", "IVB"),
            ("path_t=pT3, path_n=pN1, path_m=pM1", "IV"),
            (
                "clin_t=cT3, clin_n=cN1, clin_m=cM0, post_t=ypT3, post_n=ypN0, post_m=cM0",
                "III; post_group = II",
            ),
            ("clin_t=cT3, clin_n=cN1, clin_m=cM1, post_t=ypT1, post_n=ypN0", "IVB; post_group = IV"),
        ],
    },
    System {
        name: "neuroendocrine tumors",
        common: "dx_year=2020",
        rows: &[
            ("site=C18.0, histology=8240/3, path_t=pT1a, path_n=pN0, path_m=cM0", "I"),
            ("site=C18.0, histology=8240/3, path_t=pT3, path_n=pN0, path_m=cM0", "IIB"),
            ("site=C18.0, histology=8240/3, path_t=pT3, path_n=pN1, path_m=cM0", "IIIB"),
            ("site=C18.0, histology=8240/3, path_t=pT4, path_n=pN0, path_m=cM0", "IIIA"),
            ("site=C16.2, histology=8240/3, path_t=pT2, path_n=pN0, path_m=cM0", "II"),
            ("site=C16.2, histology=8240/3, path_t=pT4, path_n=pN0, path_m=cM0", "III"),
            ("site=C25.1, histology=8240/3, path_t=pT3, path_n=pN0, path_m=cM0", "II"),
            ("site=C25.1, histology=8240/3, path_t=pT3, path_n=pN1, path_m=cM0", "III"),
            ("site=C25.1, histology=8240/3, path_t=pT3, path_n=pN1, path_m=cM1a", "IV"),
        ],
    },
    System {
        name: "oropharynx and unknown primary of the head and neck",
        common: "dx_year=2020",
        rows: &[
            ("site=C09.9, histology=8085/3, clin_t=cT4, clin_n=cN0, clin_m=cM0", "III"),
            ("site=C09.9, histology=8085/3, clin_t=cT2, clin_n=cN3, clin_m=cM0", "III"),
            ("site=C09.9, histology=8085/3, path_t=pT2, path_n=pN1, path_m=cM0", "I"),
            ("site=C09.9, histology=8085/3, path_t=pT1, path_n=pN2, path_m=cM0", "II"),
            ("site=C09.9, histology=8085/3, path_t=pT1, path_n=pN2, path_m=cM1", "IV"),
            ("site=C09.9, histology=8086/3, clin_t=cT2, clin_n=cN0, clin_m=cM0", "II"),
            ("site=C09.9, histology=8086/3, clin_t=cT2, clin_n=cN1, clin_m=cM0", "III"),
            ("site=C09.9, histology=8086/3, clin_t=cT4a, clin_n=cN1, clin_m=cM0", "IVA"),
            ("site=C09.9, histology=8070/3, p16=2, clin_t=cT2, clin_n=cN1, clin_m=cM0", "I"),
            ("site=C09.9, histology=8070/3, p16=1, clin_t=cT2, clin_n=cN1, clin_m=cM0", "III"),
            ("site=C09.9, histology=8070/3, clin_t=cT2, clin_n=cN1, clin_m=cM0", "III"),
            ("site=C76.0, histology=8070/3, disc1=3, clin_t=cT0, clin_n=cN1, clin_m=cM0", "III"),
            ("site=C76.0, histology=8070/3, disc1=3, clin_t=cT0, clin_n=cN2a, clin_m=cM0", "IVA"),
            ("site=C76.0, histology=8070/3, disc1=3, clin_t=cT0, clin_n=cN3b, clin_m=cM0", "IVB"),
            ("site=C76.0, histology=8070/3, disc1=3, clin_t=cT0, clin_n=cN1, clin_m=cM1", "IVC"),
        ],
    },
    System {
        name: "thyroid, 8th edition",
        common: "site=C73.9, dx_year=2020",
        rows: &[
            ("histology=8260/3, age=54, path_t=pT1a(m), path_n=pN0, path_m=cM0", "I; findings = D03"),
            ("histology=8260/3, age=54, path_t=pT1a(s), path_n=pN1b(sn), path_m=cM0", "I; findings = D03"),
            ("histology=8260/3, age=54, path_t=pT4b, path_n=pN1b, path_m=cM0", "I"),
            ("histology=8260/3, age=54, path_t=pT1a, path_n=pN0, path_m=cM1", "II"),
            ("histology=8260/3, age=55, path_t=pT2, path_n=pN0, path_m=cM0", "I"),
            ("histology=8260/3, age=55, path_t=pT3b, path_n=pN0, path_m=cM0", "II"),
            ("histology=8260/3, age=55, path_t=pT4a, path_n=pN1a, path_m=cM0", "III"),
            ("histology=8260/3, age=55, path_t=pT4b, path_n=pN0, path_m=cM0", "IVA"),
            ("histology=8345/3, path_t=pT2, path_n=pN0, path_m=cM0", "II"),
            ("histology=8345/3, path_t=pT2, path_n=pN1b, path_m=cM0", "IVA"),
            ("histology=8020/3, path_t=pT2, path_n=pN0, path_m=cM0", "IVA"),
            ("histology=8020/3, path_t=pT2, path_n=pN1, path_m=cM0", "IVB"),
        ],
    },
    System {
        name: "eye",
        common: "dx_year=2020",
        rows: &[
            ("site=C69.3, histology=8720/3, clin_t=cT1a, clin_n=cN0, clin_m=cM0", "I"),
            ("site=C69.3, histology=8720/3, clin_t=cT2a, clin_n=cN0, clin_m=cM0", "IIA"),
            ("site=C69.3, histology=8720/3, clin_t=cT3a, clin_n=cN0, clin_m=cM0", "IIB"),
            ("site=C69.3, histology=8720/3, clin_t=cT4a, clin_n=cN0, clin_m=cM0", "IIIA"),
            ("site=C69.3, histology=8720/3, clin_t=cT4e, clin_n=cN0, clin_m=cM0", "IIIC"),
            ("site=C69.3, histology=8720/3, clin_t=cT1a, clin_n=cN1, clin_m=cM0", "IV"),
            ("site=C69.0, histology=8720/3, clin_t=cT1a, clin_n=cN0, clin_m=cM0", "NA no_stage_group"),
            ("site=C69.2, histology=9510/3, clin_t=cT2a, clin_n=cN0, clin_m=cM0", "I"),
            ("site=C69.2, histology=9510/3, clin_t=cT4a, clin_n=cN0, clin_m=cM0", "II"),
            ("site=C69.2, histology=9510/3, clin_t=cT4b, clin_n=cN0, clin_m=cM0", "III"),
            ("site=C69.2, histology=9510/3, clin_t=cT1, clin_n=cN1, clin_m=cM0", "III"),
            ("site=C69.2, histology=9510/3, clin_t=cT1, clin_n=cN0, clin_m=cM1a", "IV"),
        ],
    },
    System {
        name: "thymus, appendix, pleura",
        common: "dx_year=2020",
        rows: &[
            ("site=C37.9, histology=8580/3, path_t=pT1a, path_n=pN0, path_m=cM0", "I"),
            ("site=C37.9, histology=8580/3, path_t=pT3, path_n=pN0, path_m=cM0", "IIIA"),
            ("site=C37.9, histology=8580/3, path_t=pT1a, path_n=pN1, path_m=cM0", "IVA"),
            ("site=C37.9, histology=8580/3, path_t=pT1a, path_n=pN2, path_m=cM0", "IVB"),
            ("site=C37.9, histology=8580/3, path_t=pT1a, path_n=pN0, path_m=pM1a", "IVA"),
            ("site=C18.1, histology=8480/3, path_t=pT4a, path_n=pN0, path_m=cM0, grade_path=2", "IIB"),
            ("site=C18.1, histology=8480/3, path_t=pT4a, path_n=pN0, path_m=pM1a, grade_path=2", "IVA"),
            ("site=C18.1, histology=8480/3, path_t=pT4a, path_n=pN0, path_m=pM1b, grade_path=1", "IVA"),
            ("site=C18.1, histology=8480/3, path_t=pT4a, path_n=pN0, path_m=pM1b, grade_path=9", "IVB"),
            ("site=C18.1, histology=8480/3, path_t=pT4a, path_n=pN0, path_m=pM1b", "IVA..IVB factor_missing"),
            ("site=C18.1, histology=8480/3, path_t=pT4a, path_n=pN0, path_m=pM1c, grade_path=2", "IVC"),
            ("site=C45.0, histology=9050/3, clin_t=cT1, clin_n=cN0, clin_m=cM0", "IA"),
            ("site=C45.0, histology=9050/3, clin_t=cT1, clin_n=cN0, eod_mets=05", "IV"),
            ("site=C50.4, histology=8500/3, clin_t=cT1, clin_n=cN0, eod_mets=05", "IA"),
        ],
    },
    System {
        name: "later categories in the fields of the diagnosis, one cell for T, N and M",
        common: "site=C34.1, histology=8140/3, dx_year=2020",
        rows: &[
            (
                "clin_t=cT3, clin_n=cN1, clin_m=cM0, path_t=ypT2a, path_n=ypN0, path_m=cM0",
                "IIIA; clin_group = IIIA; path_group =; post_group = IB",
            ),
            ("path_t=ypT2a, path_n=pN0", "UNK not_at_diagnosis; path_group =; post_group = IB"),
            ("path_t=pT1a, path_n=pN0, path_m=rM1b", "IA1; r_group = rIVA"),
            ("t=rT1a, n=rN0, m=rM1b", "UNK not_at_diagnosis; r_group = rIVA"),
            ("path_t=aT2a, path_n=aN0, path_m=aM0", "UNK not_at_diagnosis; post_group =; path_group ="),
            ("t=T2aN1M0", "IIB"),
            ("path_t=pT3 pN0 cM0", "IIB"),
        ],
    },
];

/// `NAME=VALUE` cells, later ones over earlier ones.
fn cells(system: &System, row: &'static str) -> Vec<(&'static str, &'static str)> {
    let parts = system.common.split(", ").chain(row.split(", ")).filter(|part| !part.is_empty());
    parts.map(|part| part.split_once('=').unwrap_or_else(|| panic!("{part}"))).collect()
}

fn found(table: &Table, row: usize, columns: &str) -> String {
    let cell = |name: &str| table.cell(row, &format!("rstage_{name}"));
    let cause = cell("reason").split('+').next().unwrap_or_default();
    let mut text = match (cell("group"), cell("group_low")) {
        (group @ ("UNK" | "NA"), "") => format!("{group} {cause}"),
        ("UNK", low) => format!("{low}..{} {cause}", cell("group_high")),
        (group, _) => group.to_owned(),
    };
    for name in columns.split("; ").skip(1).filter_map(|column| column.split('=').next()) {
        let value = cell(name.trim());
        let _ = write!(text, "; {} ={}{value}", name.trim(), if value.is_empty() { "" } else { " " });
    }
    text
}

#[test]
fn every_system_gives_what_its_manual_prints() {
    let all = || SYSTEMS.iter().flat_map(|system| system.rows.iter().map(move |row| (system, row)));
    let header: BTreeSet<&str> =
        all().flat_map(|(system, (row, _))| cells(system, row)).map(|(name, _)| name).collect();
    let mut text = format!("tumor_key,{}\n", header.iter().copied().collect::<Vec<_>>().join(","));
    for (at, (system, (row, _))) in all().enumerate() {
        let _ = write!(text, "{at}");
        for name in &header {
            let value = cells(system, row).into_iter().rfind(|(known, _)| known == name);
            let _ = write!(text, ",{}", value.map_or("", |(_, value)| value));
        }
        text.push('\n');
    }
    let work = Work::new();
    let input = work.write("tumors.csv", text);
    let done = work.rstage(&["run", input.to_str().unwrap(), "--out", "out", "--quiet"]);
    assert_eq!(done.status, 0, "{}", done.err);
    let table = Table::read(&work.path("out/records.csv"));
    let mut wrong = String::new();
    for (at, (system, (row, expected))) in all().enumerate() {
        let found = found(&table, at, expected);
        if found != *expected {
            let _ = writeln!(wrong, "{}: {row}\n    expected {expected}, found {found}", system.name);
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    println!("{} tumors of {} systems", all().count(), SYSTEMS.len());
}
