//! The same records under other editions.

use std::fmt::Write as _;

use crate::support::{Table, Work, fixture};

/// Key, cells, and what edition 7, 8 and 9 make of it: group or stage, and how the stage moves.
const TUMORS: &[(&str, &str, [&str; 3])] = &[
    // The age limit of thyroid cancer rose from 45 to 55, and T3 lost its microscopic extension.
    ("thyroid_m1", "C73.9,8260,3,2012,50,T1a,N1b,M1,", ["IVC same", "II down", "II down"]),
    ("thyroid_n1b", "C73.9,8260,3,2012,50,T2,N1b,,M0", ["IVA same", "I down", "I down"]),
    (
        "thyroid_t3",
        "C73.9,8260,3,2012,60,T3,N0,,M0",
        ["III same", "? category_redefined", "? category_redefined"],
    ),
    ("colon", "C18.7,8140,3,2012,60,T3,N0,,M0", ["IIA same", "IIA same", "IIA same"]),
    ("colon_m1a", "C18.7,8140,3,2012,60,T3,N0,M1a,", ["IVA same", "IV same", "IV same"]),
    // 2-3 cm is T1b in the 7th edition and T1c in the 8th; 3-5 cm became T2a or T2b.
    ("lung_t1b", "C34.1,8140,3,2012,60,T1b,N0,,M0", ["IA same", "IA3 same", "IA3 same"]),
    (
        "lung_t2a",
        "C34.1,8140,3,2012,60,T2a,N0,,M0",
        ["IB same", "? category_redefined", "? category_redefined"],
    ),
    ("lung_t2b", "C34.1,8140,3,2012,60,T2b,N0,,M0", ["IIA same", "IIB same", "IIB same"]),
    ("lung_m1b", "C34.1,8140,3,2012,60,T2a,N0,M1b,", ["IV same", "IV same", "IV same"]),
    ("lung_t1c", "C34.1,8140,3,2020,60,T1c,N0,,M0", ["IA same", "IA3 same", "IA3 same"]),
    ("lung_t3", "C34.1,8140,3,2020,60,T3,N0,,M0", ["? category_redefined", "IIB same", "IIB same"]),
    ("lung_n2", "C34.1,8140,3,2020,60,T1c,N2,,M0", ["IIIA same", "IIIA same", "? category_redefined"]),
    // The depth of invasion can raise any small tumor of the tongue.
    ("tongue", "C02.1,8070,3,2012,60,T1,N0,,M0", ["I same", "? category_redefined", "? category_redefined"]),
    ("tongue_t4b", "C02.1,8070,3,2012,60,T4b,N0,,M0", ["IVB same", "IVB same", "IVB same"]),
    ("liver", "C22.0,8170,3,2012,60,T3b,N0,,M0", ["IIIB same", "IIIB same", "IIIB same"]),
    ("breast", "C50.4,8500,3,2012,60,T2,N1a,,M0", ["IIB same", "IIB same", "IIB same"]),
    ("stomach_6", "C16.3,8140,3,2006,60,T3,N1,,M0", ["III same", "IIIA same", "IIIA same"]),
    // T4 of the 6th edition can be T3, T4 or M1a in the 7th.
    (
        "lung_6",
        "C34.1,8140,3,2006,60,T4,N0,,M0",
        ["? category_redefined", "? category_redefined", "? category_redefined"],
    ),
    // Tumors that another chapter took over: medullary carcinoma, NET of the small bowel, p16-negative pharynx.
    (
        "medullary",
        "C73.9,8345,3,2012,50,T2,N1b,,M0",
        ["IVA same", "? category_redefined", "? category_redefined"],
    ),
    ("net_ileum", "C17.2,8240,3,2012,60,T2,N1,,M0", ["IIIB same", "III same", "III same"]),
    ("net_stomach", "C16.2,8240,3,2012,60,T2,N0,,M0", ["IIA same", "II same", "II same"]),
    (
        "net_pancreas",
        "C25.0,8240,3,2012,60,T2,N0,,M0",
        ["IB same", "? category_redefined", "? category_redefined"],
    ),
    ("oropharynx", "C10.9,8070,3,2012,60,T2,N0,,M0", ["II same", "II same", "II same"]),
    (
        "appendix_t4a",
        "C18.1,8480,3,2012,60,T4a,N0,,M0",
        ["IIB same", "? category_redefined", "? category_redefined"],
    ),
    (
        "no_year",
        "C18.7,8140,3,,60,T3,N0,,M0",
        ["? edition_missing", "? edition_missing", "? edition_missing"],
    ),
    ("leukemia", "C42.1,9861,3,2012,60,,,,", ["NA no_tnm", "NA no_tnm", "NA no_tnm"]),
];

fn tumors(work: &Work) -> std::path::PathBuf {
    let rows: Vec<String> = TUMORS.iter().map(|(key, cells, _)| format!("{key},{cells}")).collect();
    let rows = rows.join("\n");
    work.write(
        "tumors.csv",
        format!("tumor_key,site,histology,behavior,dx_year,age,path_t,path_n,path_m,clin_m\n{rows}"),
    )
}

/// Runs with options and gives the enriched records.
fn run(work: &Work, input: &str, out: &str, options: &[&str]) -> Table {
    let done = work.rstage(&[&["run", input, "--out", out, "--quiet"], options].concat());
    assert_eq!(done.status, 0, "{}", done.err);
    Table::read(&work.path(out).join("records.csv"))
}

#[test]
fn stages_move_as_the_manuals_do_and_nothing_is_guessed() {
    let work = Work::new();
    let input = tumors(&work);
    let records =
        run(&work, &input.to_string_lossy(), "out", &["--also-edition", "7,8", "--also-edition", "9"]);
    let mut wrong = Vec::new();
    for (row, (key, _, expected)) in TUMORS.iter().enumerate() {
        for (edition, expected) in [7, 8, 9].iter().zip(expected) {
            let cell = |name: &str| records.cell(row, &format!("rstage_ed{edition}_{name}"));
            let group = match (cell("group"), cell("stage")) {
                ("UNK", "UNK") => "?",
                ("UNK", stage) => stage,
                (group, _) => group,
            };
            let found = match cell("change") {
                "not_comparable" => format!("{group} {}", cell("reason").split('+').next().unwrap()),
                change => format!("{group} {change}"),
            };
            if found != *expected {
                wrong.push(format!("{key}, edition {edition}: {found}, expected {expected}"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// First year of diagnosis under Version 9, chapter by chapter, of every schema that has one (AJCC: cervix
/// 2021, appendix, anus, brain 2023, NET, vulva 2024, chest and nasopharynx 2025, salivary, oropharynx 2026).
const VERSION_9: &[(&str, &str, u16)] = &[
    ("cervix", "C53.0,8070,3,", 2021),
    ("anus", "C21.0,8070,3,", 2023),
    ("appendix", "C18.1,8140,3,", 2023),
    ("brain", "C71.1,9440,3,", 2023),
    ("cns_other", "C72.0,9391,3,", 2023),
    ("intracranial_gland", "C75.1,8272,0,", 2023),
    ("medulloblastoma", "C71.6,9470,3,", 2023),
    ("net_ampulla", "C24.1,8240,3,", 2024),
    ("net_appendix", "C18.1,8240,3,", 2024),
    ("net_colon_rectum", "C18.0,8240,3,", 2024),
    ("net_duodenum", "C17.0,8240,3,", 2024),
    ("net_jejunum_ileum", "C17.2,8240,3,", 2024),
    ("net_pancreas", "C25.1,8240,3,", 2024),
    ("net_stomach", "C16.2,8240,3,", 2024),
    ("vulva", "C51.9,8070,3,", 2024),
    ("lung", "C34.1,8140,3,", 2025),
    ("nasopharynx", "C11.0,8070,3,", 2025),
    ("pleural_mesothelioma", "C38.4,9050,3,", 2025),
    ("thymus", "C37.9,8580,3,", 2025),
    ("major_salivary_glands", "C07.9,8430,3,", 2026),
    ("oropharynx_hpv_mediated_p16_pos", "C10.9,8085,3,", 2026),
];

/// The year before a chapter's Version 9 is under the 8th edition, that year and the next under Version 9.
#[test]
fn version_9_came_chapter_by_chapter() {
    let work = Work::new();
    let mut text = "tumor_key,site,histology,behavior,dx_year,t,n,m\n".to_owned();
    for (schema, tumor, first) in VERSION_9 {
        for year in [2018, first - 1, *first, first + 1] {
            writeln!(text, "{schema} {year},{tumor}{year},T1,N0,M0").unwrap();
        }
    }
    let input = work.write("tumors.csv", text);
    let records = run(&work, &input.to_string_lossy(), "out", &[]);
    let mut wrong = Vec::new();
    for row in 0..records.rows.len() {
        let (schema, year) = records.cell(row, "tumor_key").split_once(' ').unwrap();
        let first = VERSION_9.iter().find(|(of, ..)| *of == schema).unwrap().2;
        let edition = if year.parse::<u16>().unwrap() < first { "8" } else { "9" };
        // Medulloblastoma is a schema of Version 9 only: until then a tumor of the brain.
        let schema = if schema == "medulloblastoma" && edition == "8" { "brain" } else { schema };
        let found = [records.cell(row, "rstage_schema"), records.cell(row, "rstage_edition")];
        if found != [schema, edition] || records.cell(row, "rstage_edition_source") != "dx_year" {
            wrong.push(format!("{schema} {year}: {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    // None is missing from the list, and other chapters stay with the 8th edition.
    let list = work.rstage(&["rules", "list", "--by", "edition", "--format", "csv"]).out;
    let with_9: Vec<&str> = list
        .lines()
        .skip(1)
        .filter(|line| line.rsplit(',').next().is_some_and(|nine| !["", "–"].contains(&nine.trim())))
        .map(|line| line.split(',').next().unwrap())
        .collect();
    let mut listed: Vec<&str> = VERSION_9.iter().map(|(schema, ..)| *schema).collect();
    listed.sort_unstable();
    assert_eq!(with_9, listed);
    let input =
        work.write("breast.csv", "tumor_key,site,histology,dx_year,t,n,m\n1,C50.4,8500/3,2027,T1,N0,M0\n");
    let records = run(&work, &input.to_string_lossy(), "breast", &[]);
    assert_eq!(records.cell(0, "rstage_edition"), "8");
}

#[test]
fn what_was_there_without_the_option_is_untouched() {
    let work = Work::new();
    let input = fixture("registry.csv").to_string_lossy().into_owned();
    let plain = run(&work, &input, "plain", &[]);
    let also = run(&work, &input, "also", &["--also-edition", "8,7", "--threads", "1"]);
    let other =
        run(&work, &input, "other", &["--also-edition", "7", "--also-edition", "8", "--threads", "2"]);
    assert_eq!(also.header, other.header);
    assert_eq!(also.rows, other.rows);
    let width = plain.header.len();
    assert_eq!(also.header[..width], plain.header);
    assert_eq!(also.header.len(), width + 10);
    for (row, (plain, also)) in plain.rows.iter().zip(&also.rows).enumerate() {
        assert_eq!(also[..width], plain[..], "row {row}");
    }
    // The run's id depends on nothing but version, settings, rules and inputs.
    let summary = |out: &str| std::fs::read_to_string(work.path(out).join("summary/migration.csv")).unwrap();
    assert_eq!(summary("also"), summary("other"));
    assert_eq!(summary("plain").lines().count(), 1);
}

#[test]
fn under_its_own_edition_a_record_stays_as_it_is() {
    let work = Work::new();
    let input = fixture("registry.csv").to_string_lossy().into_owned();
    let records = run(&work, &input, "out", &["--also-edition", "6,7,8,9"]);
    let mut compared = 0;
    for row in 0..records.rows.len() {
        let own = records.cell(row, "rstage_edition");
        if !["6", "7", "8", "9"].contains(&own) {
            continue;
        }
        let there = |name: &str| records.cell(row, &format!("rstage_ed{own}_{name}"));
        assert_eq!(there("group"), records.cell(row, "rstage_group"), "row {row}");
        assert_eq!(there("reason"), records.cell(row, "rstage_reason"), "row {row}");
        let staged = !["UNK", "NA"].contains(&records.cell(row, "rstage_stage"));
        assert_eq!(there("change"), if staged { "same" } else { "not_comparable" }, "row {row}");
        compared += usize::from(staged);
    }
    assert!(compared > 1000, "{compared}");
}

#[test]
fn the_migration_tables_count_every_record_once() {
    let work = Work::new();
    let input = tumors(&work);
    run(&work, &input.to_string_lossy(), "out", &["--also-edition", "8"]);
    let matrix = Table::read(&work.path("out/summary/migration.csv"));
    let total: usize =
        (0..matrix.rows.len()).map(|row| matrix.cell(row, "n").parse::<usize>().unwrap()).sum();
    assert_eq!(total, TUMORS.len());
    let text = std::fs::read_to_string(work.path("out/summary/migration_summary.csv")).unwrap();
    let without_run: Vec<&str> = text.lines().filter_map(|line| Some(line.rsplit_once(',')?.0)).collect();
    insta::assert_snapshot!(without_run.join("\n"));
    let shown = work.rstage(&["run", &input.to_string_lossy(), "--out", "o2", "--also-edition", "8"]).out;
    assert!(shown.contains("Edition"), "{shown}");
    assert!(shown.contains("7 to 8"), "{shown}");
}

#[test]
fn an_edition_without_tables_is_a_usage_error() {
    let work = Work::new();
    let input = tumors(&work);
    for edition in ["5", "10", "x"] {
        let done = work.rstage(&["run", &input.to_string_lossy(), "--out", "out", "--also-edition", edition]);
        assert_eq!(done.status, 2);
        assert!(done.err.contains("6..=9") || done.err.contains("invalid"), "{}", done.err);
    }
}
