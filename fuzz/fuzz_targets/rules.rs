#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| rstage_fuzz::rules(data));
