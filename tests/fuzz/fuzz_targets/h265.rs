//! An access unit, its parameter sets and the record that describes them.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| golive_tests::fuzz::run("h265", data));
