//! What goes wrong at night, done to the built program on purpose: whatever happens, the earlier result is whole or
//! the new one is, the exit status tells, and the next run finds its way.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Done, Work, fixture};
use crate::verify::{large_export, slow_run};

const INPUT: &str = "tumor_key,primarySite,histologicTypeIcdO3,behaviorCodeIcdO3,dateOfDiagnosis,ajccTnmPathT,ajccTnmPathN,ajccTnmPathM\n\
                     k-1,C509,8500,3,20200101,pT2,pN0,\nk-2,C509,8500,3,20200101,pT1,pN1a,\n";

/// A folder with the result of an earlier run, and the manifest of that run.
fn earlier() -> (Work, Vec<u8>) {
    let work = Work::new();
    work.write("a.csv", INPUT);
    let done = work.rstage(&["run", "a.csv", "--out", "out", "--quiet"]);
    assert_eq!(done.status, 0, "{}", done.err);
    let manifest = fs::read(work.path("out/run.json")).unwrap();
    (work, manifest)
}

/// The earlier result is as it was, and nothing else is left but the inputs.
#[track_caller]
fn is_untouched(work: &Work, manifest: &[u8], names: &[&str]) {
    assert!(fs::read(work.path("out/run.json")).unwrap() == manifest, "the earlier result was replaced");
    let done = work.rstage(&["verify", "out"]);
    assert_eq!((done.status, done.err.as_str()), (0, ""));
    assert!(work.holds_only(&[names, &["a.csv", "out"]].concat()), "something was left behind");
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([name, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

/// The hidden folder that a run is filling.
fn hidden(work: &Work) -> PathBuf {
    fs::read_dir(work.path(""))
        .unwrap()
        .map(|entry| entry.unwrap())
        .find(|entry| {
            entry.path().is_dir() && entry.file_name().to_string_lossy().starts_with(".out.rstage-")
        })
        .unwrap()
        .path()
}

#[test]
fn a_signal_stops_a_run_cleanly() {
    for (name, status) in [("-TERM", 143), ("-INT", 130)] {
        let (work, manifest) = earlier();
        let mut run = slow_run(&work);
        signal(&run, name);
        assert_eq!(run.wait().unwrap().code(), Some(status));
        is_untouched(&work, &manifest, &["large.csv"]);
    }
}

#[test]
fn a_run_whose_folder_is_removed_fails_and_leaves_nothing() {
    for inner in [false, true] {
        let (work, manifest) = earlier();
        let mut run = slow_run(&work);
        let begin = Instant::now();
        while !hidden(&work).join("findings.csv").exists() {
            assert!(begin.elapsed() < Duration::from_mins(1), "the run never began to write");
            std::thread::sleep(Duration::from_millis(2));
        }
        // Held while its folder goes, so that it cannot have finished.
        signal(&run, "-STOP");
        let hidden = hidden(&work);
        if inner {
            fs::remove_file(hidden.join("findings.csv")).unwrap();
        } else {
            fs::remove_dir_all(hidden).unwrap();
        }
        signal(&run, "-CONT");
        assert_eq!(run.wait().unwrap().code(), Some(5));
        is_untouched(&work, &manifest, &["large.csv"]);
    }
}

#[test]
fn a_result_that_is_removed_while_its_successor_is_made_is_replaced() {
    let (work, _) = earlier();
    let mut run = slow_run(&work);
    signal(&run, "-STOP");
    fs::remove_dir_all(work.path("out")).unwrap();
    signal(&run, "-CONT");
    assert_eq!(run.wait().unwrap().code(), Some(0));
    let done = work.rstage(&["verify", "out", "--inputs"]);
    assert_eq!((done.status, done.err.as_str()), (0, ""));
    assert!(work.holds_only(&["a.csv", "large.csv", "out"]));
}

#[test]
fn a_run_whose_output_folder_is_removed_with_all_around_it_fails() {
    let (work, manifest) = earlier();
    large_export(&work);
    work.write("nights/keep", "");
    let mut command = Command::new(env!("CARGO_BIN_EXE_rstage"));
    command.args(["run", "large.csv", "--out", "nights/out"]).stdout(Stdio::null());
    let mut run = command.current_dir(work.path("")).stderr(Stdio::null()).spawn().unwrap();
    let begin = Instant::now();
    while fs::read_dir(work.path("nights")).unwrap().count() < 3 {
        assert!(begin.elapsed() < Duration::from_mins(1), "the run never began to write");
        std::thread::sleep(Duration::from_millis(1));
    }
    signal(&run, "-STOP");
    fs::remove_dir_all(work.path("nights")).unwrap();
    signal(&run, "-CONT");
    assert_eq!(run.wait().unwrap().code(), Some(5));
    is_untouched(&work, &manifest, &["large.csv"]);
}

#[test]
fn a_read_error_in_the_middle_keeps_the_earlier_result() {
    let (work, manifest) = earlier();
    let text = fs::read(fixture("registry.csv")).unwrap();
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(&text).unwrap();
    let gz = packer.finish().unwrap();
    work.write("cut.csv.gz", &gz[..gz.len() * 2 / 3]);
    work.write("bad.csv.gz", damaged(gz));
    work.write("bad.csv.zst", damaged(zstd::encode_all(&text[..], 3).unwrap()));
    work.write("bad.parquet", damaged(fs::read(fixture("registry.parquet")).unwrap()));
    let inputs = ["cut.csv.gz", "bad.csv.gz", "bad.csv.zst", "bad.parquet"];
    for input in inputs {
        let run = ["run", input, "--out", "out", "--overwrite", "--quiet", "--chunk-rows", "100"];
        let done = work.rstage(&run);
        assert_eq!(done.status, 3, "{input}: {}", done.err);
        assert!(done.err.contains(input) && done.err.contains("hint: "), "{}", done.err);
        is_untouched(&work, &manifest, &inputs);
    }
}

/// A file with a hole torn in its middle.
fn damaged(mut bytes: Vec<u8>) -> Vec<u8> {
    let middle = bytes.len() / 2;
    bytes[middle..middle + 200].fill(0xa5);
    bytes
}

/// A small disk of its own, unmounted in the end.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: PathBuf, size: &str) -> Option<Self> {
        fs::create_dir(&at).unwrap();
        let options = format!("size={size}");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(&at).stderr(Stdio::null());
        let mounted = mount.status().is_ok_and(|status| status.success());
        if !mounted {
            eprintln!("SKIPPED: no file system can be mounted here, a full disk was not tried");
            return None;
        }
        Some(Self(at))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_is_said_and_keeps_the_earlier_result() {
    let work = Work::new();
    work.write("a.csv", INPUT);
    let Some(disk) = SmallDisk::mount(work.path("disk"), "1500k") else { return };
    let run = |input: &str, more: &[&str]| {
        work.rstage(&[&["run", input, "--out", "disk/out", "--overwrite", "--quiet"], more].concat())
    };
    assert_eq!(run("a.csv", &[]).status, 0);
    let manifest = fs::read(disk.0.join("out/run.json")).unwrap();
    let large = fixture("registry.csv");
    for more in [&[][..], &["--format", "parquet", "--chunk-rows", "100"], &["--chunk-rows", "50"]] {
        let done = run(large.to_str().unwrap(), more);
        if done.status == 0 {
            // Packed it fits; then it has to be whole.
            assert!(more.contains(&"parquet"));
            assert_eq!(work.rstage(&["verify", "disk/out"]).status, 0);
            assert_eq!(run("a.csv", &[]).status, 0);
            continue;
        }
        assert_eq!(done.status, 5, "{}", done.err);
        let full = ["the disk is full", "No space left on device"];
        assert!(
            full.iter().any(|words| done.err.contains(words)) && done.err.contains("hint: "),
            "{}",
            done.err
        );
        assert_eq!(work.rstage(&["verify", "disk/out"]).status, 0);
        let left: Vec<_> = fs::read_dir(&disk.0).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["out"]);
    }
    assert!(!manifest.is_empty());
    assert_eq!(run("a.csv", &[]).status, 0, "there is room again");
}

#[test]
fn killed_at_any_moment_one_result_is_whole_and_the_next_run_works() {
    let (work, _) = earlier();
    // A fixed sequence of moments, from before the first record to after the last.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut killed = 0;
    for _ in 0..12 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let mut run = slow_run(&work);
        std::thread::sleep(Duration::from_millis(state % 1500));
        run.kill().unwrap();
        killed += u32::from(run.wait().unwrap().code().is_none());
        let done = work.rstage(&["verify", "out", "--inputs"]);
        assert_eq!((done.status, done.err.as_str()), (0, ""));
    }
    assert!(killed > 0, "no run was met at work");
    let done = work.rstage(&["run", "a.csv", "--out", "out", "--overwrite", "--quiet"]);
    assert_eq!(done.status, 0, "{}", done.err);
    assert!(work.holds_only(&["a.csv", "large.csv", "out"]));
}

fn again(work: &Work, out: &str) -> Done {
    work.rstage(&["run", "a.csv", "--out", out, "--overwrite", "--quiet"])
}

#[test]
fn links_lead_nothing_out_of_the_output_folder() {
    let (work, _) = earlier();
    let elsewhere = work.path("elsewhere");
    fs::create_dir_all(elsewhere.join("run")).unwrap();
    for name in ["thesis.csv", "run/run.json", "run/records.csv"] {
        fs::write(elsewhere.join(name), "mine").unwrap();
    }
    let is_safe = || {
        for name in ["thesis.csv", "run/run.json", "run/records.csv"] {
            assert_eq!(fs::read_to_string(elsewhere.join(name)).unwrap(), "mine", "{name}");
        }
        assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 2);
    };
    // In the result itself: it is replaced, what it leads to is not.
    fs::remove_dir_all(work.path("out/summary")).unwrap();
    symlink(&elsewhere, work.path("out/summary")).unwrap();
    fs::remove_file(work.path("out/records.csv")).unwrap();
    symlink(elsewhere.join("thesis.csv"), work.path("out/records.csv")).unwrap();
    let done = again(&work, "out");
    assert_eq!(done.status, 2, "{}", done.err);
    is_safe();
    fs::remove_file(work.path("out/summary")).unwrap();
    let done = again(&work, "out");
    assert_eq!(done.status, 0, "{}", done.err);
    is_safe();
    assert!(!work.path("out/records.csv").is_symlink());
    assert!(work.path("out/summary").is_dir() && !work.path("out/summary").is_symlink());
    // Where a killed run would have left its folders.
    for name in [".out.rstage-aaaaaa", ".out.rstage-old-bbbbbb"] {
        symlink(&elsewhere, work.path(name)).unwrap();
    }
    assert_eq!(again(&work, "out").status, 0);
    is_safe();
    fs::remove_dir_all(work.path("out")).unwrap();
    symlink(&elsewhere, work.path(".out.rstage-old-bbbbbb")).unwrap();
    assert_eq!(again(&work, "out").status, 0);
    is_safe();
    // Where the lock belongs.
    symlink(elsewhere.join("made"), work.path(".out.rstage-lock")).unwrap();
    let done = again(&work, "out");
    assert_eq!(done.status, 5, "{}", done.err);
    is_safe();
    fs::remove_file(work.path(".out.rstage-lock")).unwrap();
    // In place of the folder.
    symlink(elsewhere.join("nothing"), work.path("dangling")).unwrap();
    let done = again(&work, "dangling");
    assert_eq!(done.status, 2, "{}", done.err);
    is_safe();
    // A link that was named is the user's word, and the result is not put beside it.
    symlink(work.path("out"), work.path("link")).unwrap();
    assert_eq!(again(&work, "link").status, 0);
    assert!(work.path("link").is_symlink() && !work.path("out").is_symlink());
    assert!(work.holds_only(&["a.csv", "dangling", "elsewhere", "link", "out"]));
}

#[test]
fn only_who_may_reads_a_result() {
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for (more, file, folder) in
        [(&[][..], 0o600, 0o700), (&["--mode", "0640"], 0o640, 0o750), (&["--mode", "600"], 0o600, 0o700)]
    {
        let (work, _) = earlier();
        let done = work.rstage(&[&["run", "a.csv", "--out", "out", "--overwrite", "--quiet"], more].concat());
        assert_eq!(done.status, 0, "{}", done.err);
        for name in
            ["records.csv", "findings.csv", "rejects.csv", "report.html", "run.json", "summary/findings.csv"]
        {
            assert_eq!(mode(&work.path("out").join(name)), file, "{name}");
        }
        assert_eq!((mode(&work.path("out")), mode(&work.path("out/summary"))), (folder, folder));
        assert_eq!(work.rstage(&["verify", "out"]).status, 0);
    }
    let (work, _) = earlier();
    let done = work.rstage(&["run", "a.csv", "--out", "out", "--overwrite", "--mode", "0666"]);
    assert_eq!(done.status, 2);
    assert!(done.err.contains("0640 for its group as well"), "{}", done.err);
}
