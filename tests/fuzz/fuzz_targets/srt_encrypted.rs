//! Datagrams to both ends of a live connection that is encrypted.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| golive_tests::fuzz::run("srt_encrypted", data));
