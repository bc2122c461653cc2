//! Every command of the guide and every name that it gives runs as it is printed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Work, fixture};

fn pages() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/src");
    let mut pages: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.sort();
    pages
}

/// The blocks of a page that are commands, with the line on which each begins.
fn blocks(page: &str) -> Vec<(usize, String)> {
    let mut blocks: Vec<(usize, String)> = Vec::new();
    let mut inside = None;
    for (number, line) in page.lines().enumerate() {
        match (inside, line) {
            (None, line) if line.starts_with("```") => {
                inside = Some(line == "```sh");
                if line == "```sh" {
                    blocks.push((number + 1, String::new()));
                }
            }
            (Some(_), "```") => inside = None,
            (Some(true), line) => {
                if let Some((_, block)) = blocks.last_mut() {
                    block.push_str(line);
                    block.push('\n');
                }
            }
            _ => {}
        }
    }
    assert!(inside.is_none(), "a block is not closed");
    blocks
}

#[test]
fn every_command_of_the_guide_runs() {
    if cfg!(windows) {
        eprintln!("SKIPPED: the commands of the guide are for a shell");
        return;
    }
    let program = Path::new(env!("CARGO_BIN_EXE_rstage"));
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", program.parent().unwrap().display());
    let mut commands = 0;
    for page in pages() {
        let work = Work::new();
        copy(&fixture(""), &work.path("fixtures"));
        shorten(&work.path("fixtures/registry.csv"));
        for (line, block) in blocks(&fs::read_to_string(&page).unwrap()) {
            let done = Command::new("sh")
                .args(["-euc", &block])
                .current_dir(work.path(""))
                .env("PATH", &path)
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&done.stderr);
            assert!(done.status.success(), "{}:{line}: {}\n{said}", page.display(), done.status);
            commands += block.lines().filter(|line| line.starts_with("rstage ")).count();
        }
    }
    assert!(commands > 30, "only {commands} commands were found");
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// The first records of a text table: the commands are the same, and the test is done sooner.
fn shorten(table: &Path) {
    let text = fs::read_to_string(table).unwrap();
    let mut quotes = 0;
    let mut end = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        quotes += line.matches('"').count();
        end += line.len();
        // Within quotes a line's end does not end the record.
        if number >= 300 && quotes % 2 == 0 {
            break;
        }
    }
    fs::write(table, &text[..end]).unwrap();
}

#[test]
fn every_page_is_in_the_table_of_contents_and_every_link_leads_somewhere() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/src");
    let contents = fs::read_to_string(folder.join("SUMMARY.md")).unwrap();
    for page in pages() {
        let name = page.file_name().unwrap().to_string_lossy().into_owned();
        assert!(name == "SUMMARY.md" || contents.contains(&format!("({name})")), "{name}");
        let text = fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            assert!(link.starts_with("https://") || folder.join(link).is_file(), "{name}: {link}");
        }
    }
}

#[test]
fn codes_and_findings_that_the_guide_names_exist() {
    let work = Work::new();
    let book = work.rstage(&["codebook", "--format", "csv"]).out;
    let codes = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/src/codes.md");
    for row in fs::read_to_string(codes).unwrap().lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = row.split('|').collect();
        let column = cells[2].trim().trim_matches('`').replace("_ed8_", "_edE_");
        for code in cells[1].split(',').map(|code| code.trim().trim_matches('`')) {
            let known = match column.as_str() {
                "rstage_reason" => rstage::staging::Cause::from_id(code).is_some(),
                _ => {
                    book.lines().any(|line| line.starts_with(&column) && line.contains(&format!(",{code},")))
                }
            };
            assert!(known, "{column}: {code}");
        }
    }
}
