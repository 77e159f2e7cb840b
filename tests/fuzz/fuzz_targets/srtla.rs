//! Datagrams to both halves of srtla, in the middle of a broadcast over two links.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| golive_tests::fuzz::run("srtla", data));
