//! Datagrams to a listener, and to both ends of a live connection.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| golive_tests::fuzz::run("srt", data));
