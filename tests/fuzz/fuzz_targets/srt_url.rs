//! An SRT URL.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| golive_tests::fuzz::run("srt_url", data));
