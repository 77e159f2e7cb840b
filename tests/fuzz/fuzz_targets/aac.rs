//! An ADTS header and an AudioSpecificConfig.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| golive_tests::fuzz::run("aac", data));
