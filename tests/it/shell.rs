//! Completions and manual pages.

use std::process::Command;

use crate::support::Work;

#[test]
fn every_shell_gets_completions_that_it_can_read() {
    let work = Work::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let done = work.rstage(&["completions", shell]);
        assert_eq!(done.status, 0, "{}", done.err);
        assert!(done.out.contains("cohort") && done.out.contains("max-rejects"), "{shell}");
    }
    let script = work.write("rstage.bash", work.rstage(&["completions", "bash"]).out);
    let ask = format!(
        "source {} && COMP_WORDS=(rstage ru) COMP_CWORD=1 && _rstage rstage ru rstage && echo \"${{COMPREPLY[@]}}\"",
        script.display()
    );
    let Ok(done) = Command::new("bash").args(["-c", &ask]).output() else {
        eprintln!("SKIPPED: no bash, its completions were not tried");
        return;
    };
    assert_eq!(
        String::from_utf8_lossy(&done.stdout).trim(),
        "run rules",
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    assert_eq!(work.rstage(&["completions", "tcsh"]).status, 2);
}

#[test]
fn every_command_has_a_manual_page() {
    let work = Work::new();
    let done = work.rstage(&["man", "pages"]);
    assert_eq!((done.status, done.err.as_str()), (0, ""));
    for (page, says) in
        [("rstage.1", "cohort"), ("rstage-run.1", "max\\-rejects"), ("rstage-rules-show.1", "edition")]
    {
        let text = std::fs::read_to_string(work.path("pages").join(page)).unwrap();
        assert!(text.contains(".TH") && text.contains(says), "{page}: {text}");
    }
    assert_eq!(work.rstage(&["man"]).out, std::fs::read_to_string(work.path("pages/rstage.1")).unwrap());
}
