//! The page that a run leaves for people.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{Work, fixture};

const HEADER: &str = "registryId,patientIdNumber,tumorRecordNumber,nameLast,primarySite,histologicTypeIcdO3,behaviorCodeIcdO3,\
     dateOfDiagnosis,ageAtDiagnosis,sex,ajccTnmClinT,ajccTnmClinN,ajccTnmClinM,ajccTnmClinStageGroup";

fn page(work: &Work, export: &Path, more: &[&str]) -> String {
    let (export, out) = (export.to_str().unwrap(), work.path("out"));
    let mut args = vec!["run", export, "--out", out.to_str().unwrap(), "--quiet", "--overwrite"];
    args.extend(more);
    let done = work.rstage(&args);
    assert_eq!(done.status, 0, "{}", done.err);
    fs::read_to_string(out.join("report.html")).unwrap()
}

#[test]
fn a_run_leaves_a_page_that_can_be_made_anew() {
    let work = Work::new();
    let export = fixture("registry.csv");
    let html = page(&work, &export, &[]);
    assert!(html.len() < 5_000_000, "{} bytes", html.len());
    for part in [
        "Key figures",
        "3\u{202f}000",
        "Recorded against derived",
        "id=\"stages-1\"",
        "class=\"band",
        "Same stage, by facility",
        "class=\"years\"",
        "can be mended",
    ] {
        assert!(html.contains(part), "{part}");
    }
    for outside in ["http://", "https://", "src=", "@import", "url("] {
        assert!(!html.contains(outside), "{outside} leads out of the page");
    }
    let out = work.path("out");
    fs::remove_file(out.join("report.html")).unwrap();
    let done = work.rstage(&["report", out.to_str().unwrap()]);
    assert_eq!((done.status, done.err.as_str()), (0, ""));
    assert_eq!(fs::read_to_string(out.join("report.html")).unwrap(), html);

    let parquet = page(&work, &export, &["--format", "parquet"]);
    let worklist = |html: &str| html.split("id=\"worklist\"").nth(1).map(str::to_owned);
    assert!(worklist(&html).is_some_and(|list| list.contains("class=\"finding\"")));
    assert_eq!(worklist(&parquet), worklist(&html));
}

#[test]
fn key_figures_stand_beside_those_of_the_run_before() {
    let work = Work::new();
    let row = |number: u32, group: &str| {
        format!("99,{number},1,Doe,C341,8070,3,20190101,066,1,cT1a,cN0,cM0,{group}\n")
    };
    let first = work.write("first.csv", format!("{HEADER}\n{}{}", row(1, "1A1"), row(2, "4A")));
    let second =
        work.write("second.csv", format!("{HEADER}\n{}{}{}", row(1, "1A1"), row(2, "1A1"), row(3, "1A1")));
    assert!(!page(&work, &first, &[]).contains("class=\"change\""));
    let html = page(&work, &second, &[]);
    for (figure, change) in
        [("Records written", "+1"), ("Errors found", "−"), ("Same stage as recorded", "+50.0 points")]
    {
        let at = html.find(&format!("<dt>{figure}</dt>")).unwrap();
        let shown = html[at..].split("</div>").next().unwrap();
        assert!(shown.contains(&format!("class=\"change\">{change}")), "{shown}");
    }
    fs::rename(work.path("out"), work.path("before")).unwrap();
    let html = page(&work, &first, &["--previous", "before"]);
    assert!(html.contains("class=\"change\">−1"));
    let done = work.rstage(&["report", "out", "--previous", "nowhere"]);
    assert_eq!(done.status, 3);
    assert!(done.err.contains("nowhere/run.json") && done.err.contains("hint:"), "{}", done.err);
}

#[test]
fn hostile_text_is_shown_as_text_and_no_name_is_shown() {
    let work = Work::new();
    let export = work.write(
        "hostile.csv",
        format!(
            "{HEADER}\n\
             99,<script>alert(1)</script>,1,Secretname,C341,8070,3,20190101,066,1,cT1a,cN0,cM0,4A\n\
             99,\"=cmd|' /C calc'!A0\",1,Secretname,C341,8070,3,20190101,066,1,cT1a,cN0,cM0,4A\n\
             99,0,1,Secretname,C341,8070,3,20190101,066,1,cT1a,cN0,cM0,1A2\n\
             99,\u{202e}9\"\"onload=1,1,Secretname,C341,8070,3,20190101,066,1,cT1a,cN0,cM0,4A\n"
        ),
    );
    let html = page(&work, &export, &[]);
    assert!(!html.contains("<script>alert") && !html.contains('\u{202e}') && !html.contains("Secretname"));
    assert!(html.contains("&lt;script&gt;alert(1)&lt;&#x2f;script&gt;"));
    assert!(html.contains("=cmd|&#x27;"));
    assert!(html.contains("\u{27e8}U+202E\u{27e9}9&quot;"));
    open_in_browser(&work, "hostile.csv", "");
}

#[test]
fn what_is_no_run_has_no_page() {
    let work = Work::new();
    work.write("other/run.json", "{\"version\": 1}");
    work.write("other/notes.txt", "");
    for (folder, message) in [("missing", "No such file"), ("other", "only the folder of `rstage run`")] {
        let done = work.rstage(&["report", folder]);
        assert_eq!(done.status, 3, "{}", done.err);
        assert!(done.err.contains(message) && done.err.contains("hint:"), "{}", done.err);
    }
}

#[test]
fn the_page_works_in_a_browser() {
    let work = Work::new();
    page(&work, &fixture("registry.csv"), &[]);
    open_in_browser(&work, "the fixture", "");
}

/// What is hidden is called hidden, a sum without it a lower bound: never 0, nor a share of what is left.
#[test]
fn where_small_numbers_are_hidden_the_page_says_so() {
    let work = Work::new();
    let html = page(&work, &fixture("registry.csv"), &["--min-cell", "11"]);
    let figure = |name: &str| {
        let at = html.find(&format!("<dt>{name}</dt>")).unwrap();
        html[at..].split("</div>").next().unwrap().to_owned()
    };
    // The key figures that the tables show are those of the run without hiding; the others are lower bounds.
    assert!(figure("Same stage as recorded").contains("97.1 %"), "{}", figure("Same stage as recorded"));
    for name in ["Errors found", "Stage IV at diagnosis", "Metastatic later"] {
        assert!(figure(name).contains('≥'), "{}", figure(name));
    }
    let heat = html.split("class=\"heat\"").nth(1).and_then(|rest| rest.split("</table>").next()).unwrap();
    assert!(heat.contains(">hidden</td>") && heat.contains("≥") && !heat.contains("100.0 %"), "{heat}");
    assert!(html.contains("all sites</bdi>, 3\u{202f}000"));
    assert!(html.contains("-hidden)\""), "no bar is hatched");
    open_in_browser(&work, "small numbers hidden", "unlisted");
}

#[test]
fn the_page_of_a_handful_of_records_works() {
    let work = Work::new();
    let text = fs::read_to_string(fixture("registry.csv")).unwrap();
    let lines: Vec<&str> = text.lines().take(6).collect();
    let html = page(&work, &work.write("few.csv", lines.join("\n")), &[]);
    let body = html.split("<main").nth(1).and_then(|rest| rest.split("<script>").next()).unwrap();
    for wrong in ["NaN", "\"inf\"", ">inf<", "≥", ">hidden"] {
        assert!(!body.contains(wrong), "{wrong}");
    }
    open_in_browser(&work, "five records", "looks");
}

/// Opens the page of `out` in a browser, sorts, filters and opens a record by mouse and keyboard, and asks
/// axe about its accessibility; in light, dark and on a phone. `mode`: empty where all of that can be done.
fn open_in_browser(work: &Work, what: &str, mode: &str) {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    let browser = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
    let browser = browser.iter().find(|path| Path::new(path).exists());
    let (Some(browser), true) = (browser, tools.join("node_modules/playwright-core").is_dir()) else {
        eprintln!(
            "SKIPPED: no Chromium, or no `npm ci --prefix tests/browser`: {what} was not opened in a browser"
        );
        return;
    };
    let shots = work.path("shots");
    fs::create_dir_all(&shots).unwrap();
    let done = Command::new("node")
        .arg(tools.join("report.mjs"))
        .args([work.path("out").join("report.html"), shots.clone(), browser.into()])
        .args(Some(mode).filter(|mode| !mode.is_empty()))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{what}:\n{said}{}", String::from_utf8_lossy(&done.stderr));
    for look in ["light", "dark", "phone"] {
        assert!(fs::metadata(shots.join(format!("{look}.png"))).unwrap().len() > 10_000, "{look}");
    }
}
