//! A transport stream: read, made into fragments, and paced.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| golive_tests::fuzz::run("mpegts", data));
