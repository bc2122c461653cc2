//! Definitions of oligometastasis side by side.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::support::{Table, Work, fixture};

const PROFILES: [&str; 5] = ["colorectal", "generic", "nsclc", "oesophagogastric", "prostate"];

fn run(work: &Work, more: &[&str]) -> crate::support::Done {
    let input = fixture("registry.csv");
    work.rstage(&[&["run", input.to_str().unwrap(), "--out", "out", "--quiet", "--overwrite"], more].concat())
}

#[test]
fn every_record_is_graded_under_each_profile() {
    let work = Work::new();
    let done = run(&work, &["--oligo-profiles", "all"]);
    assert_eq!((done.status, done.err.as_str()), (0, ""));
    let records = Table::read(&work.path("out/records.csv"));
    let mut counted: BTreeMap<&str, [u64; 3]> = BTreeMap::new();
    let mut differing = 0;
    for row in 0..records.rows.len() {
        let applied = records.cell(row, "rstage_oligo_profile");
        let mut levels = Vec::new();
        for profile in PROFILES {
            let level = records.cell(row, &format!("rstage_oligo_{profile}"));
            let rule = records.cell(row, &format!("rstage_olrule_{profile}"));
            if profile == applied {
                assert_eq!(
                    (level, rule),
                    (records.cell(row, "rstage_oligo"), records.cell(row, "rstage_oligo_rule"))
                );
            }
            let bounds = counted.entry(profile).or_default();
            bounds[0] += u64::from(["confirmed", "probable"].contains(&level));
            bounds[1] += u64::from(["confirmed", "probable", "possible", "possible_weak"].contains(&level));
            bounds[2] += u64::from(level != "not_applicable");
            levels.push(level);
        }
        levels.dedup();
        differing += u32::from(levels.len() > 1);
    }
    assert!(differing > 0, "no record depends on the definition");

    let table = Table::read(&work.path("out/summary/oligometastasis_profiles.csv"));
    for (profile, [lower, upper, metastatic]) in counted {
        let sum = |bound: &str, column: &str| -> u64 {
            (0..table.rows.len())
                .filter(|&row| table.cell(row, "profile") == profile && table.cell(row, "bound") == bound)
                .map(|row| table.cell(row, column).parse::<u64>().unwrap())
                .sum()
        };
        assert_eq!(
            (sum("lower", "n"), sum("upper", "n"), sum("upper", "denominator")),
            (lower, upper, metastatic)
        );
    }
}

#[test]
fn without_the_option_nothing_is_added() {
    let work = Work::new();
    assert_eq!(run(&work, &[]).status, 0);
    let records = Table::read(&work.path("out/records.csv"));
    assert!(!records.header.iter().any(|name| name.starts_with("rstage_olrule")));
    // But for the numbers of lesions that the definition of a tumor is always reported with.
    let table = Table::read(&work.path("out/summary/oligometastasis_profiles.csv"));
    let profiles: std::collections::BTreeSet<&str> =
        (0..table.rows.len()).map(|row| table.cell(row, "profile")).collect();
    assert_eq!(profiles.into_iter().collect::<Vec<_>>(), ["prostate_max3", "prostate_max4"]);
}

#[test]
fn the_prostate_is_reported_with_three_and_four_lesions_as_well() {
    let work = Work::new();
    let mut records = "tumor_key,site,histology,behavior,dx_date,t,n,m,mets_bone,lesions\n".to_owned();
    for lesions in 2..=6 {
        writeln!(records, "p{lesions},C61.9,8140,3,2020-01-10,T3,N0,M1b,1,{lesions}").unwrap();
    }
    records.push_str("m0,C61.9,8140,3,2020-01-10,T3,N0,M0,0,\nb4,C50.1,8500,3,2020-01-10,T3,N0,M1,1,4\n");
    work.write("records.csv", records);
    let done = work.rstage(&["run", "records.csv", "--out", "out", "--quiet"]);
    assert_eq!(done.status, 0, "{}", done.err);
    let records = Table::read(&work.path("out/records.csv"));
    let also: Vec<[&str; 3]> = (0..records.rows.len())
        .map(|row| ["tumor_key", "rstage_oligo", "rstage_oligo_also"].map(|name| records.cell(row, name)))
        .collect();
    assert_eq!(
        also[..6],
        [
            ["p2", "confirmed", "max3=confirmed;max4=confirmed"],
            ["p3", "confirmed", "max3=confirmed;max4=confirmed"],
            ["p4", "confirmed", "max3=excluded_poly;max4=confirmed"],
            ["p5", "confirmed", "max3=excluded_poly;max4=excluded_poly"],
            ["p6", "excluded_poly", "max3=excluded_poly;max4=excluded_poly"],
            ["m0", "not_applicable", ""],
        ]
    );
    assert_eq!(also[6][2], "");
    let table = Table::read(&work.path("out/summary/oligometastasis_profiles.csv"));
    let bounds: Vec<String> = (0..table.rows.len())
        .map(|row| ["profile", "bound", "n", "denominator"].map(|name| table.cell(row, name)).join(" "))
        .collect();
    assert_eq!(
        bounds,
        [
            "prostate_max3 lower 2 5",
            "prostate_max3 upper 2 5",
            "prostate_max4 lower 3 5",
            "prostate_max4 upper 3 5"
        ]
    );
}

#[test]
fn a_profile_that_does_not_exist_is_a_usage_error() {
    let work = Work::new();
    let done = run(&work, &["--oligo-profiles", "nsclc,lavish"]);
    assert_eq!(done.status, 2);
    assert!(done.err.contains("no profile `lavish`") && done.err.contains("hint:"), "{}", done.err);
    assert!(work.holds_only(&[]));
}

#[test]
fn the_synchronous_interval_moves_the_timing() {
    let work = Work::new();
    let timings = |months: &str| {
        assert_eq!(run(&work, &["--sync-months", months]).status, 0);
        let records = Table::read(&work.path("out/records.csv"));
        let count = |timing: &str| {
            (0..records.rows.len()).filter(|&row| records.cell(row, "rstage_oligo_timing") == timing).count()
        };
        (count("synchronous"), count("metachronous"))
    };
    let (usual, wide) = (timings("6"), timings("600"));
    assert!(usual.1 > 0 && wide.1 == 0, "{usual:?} {wide:?}");
    assert_eq!(usual.0 + usual.1, wide.0, "no record may lose its timing");
}
