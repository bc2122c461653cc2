//! Every input that the fuzzer is started from, and every one that it once found something with.

#[path = "../../fuzz/src/lib.rs"]
#[expect(unreachable_pub, reason = "the binaries of the fuzzer call them")]
mod targets;

use std::path::Path;

#[test]
fn kept_inputs_do_no_harm() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    for (name, target) in targets::TARGETS {
        let mut inputs: Vec<_> =
            std::fs::read_dir(corpus.join(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
        inputs.sort();
        assert!(!inputs.is_empty(), "{name} has no inputs");
        for input in inputs {
            let data = std::fs::read(&input).unwrap();
            let done = std::panic::catch_unwind(|| target(&data));
            assert!(done.is_ok(), "{name} fails with {}", input.display());
        }
    }
}

/// A target without a binary would never be run by the fuzzer.
#[test]
fn every_target_is_fuzzed() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let manifest = std::fs::read_to_string(fuzz.join("Cargo.toml")).unwrap();
    for (name, _) in targets::TARGETS {
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "{name}");
        let target = std::fs::read_to_string(fuzz.join("fuzz_targets").join(format!("{name}.rs"))).unwrap();
        assert!(target.contains(&format!("rstage_fuzz::{name}(data)")), "{name}");
    }
}
