//! A stream id.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| golive_tests::fuzz::run("stream_id", data));
