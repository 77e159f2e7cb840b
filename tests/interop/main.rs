//! Golive beside and against real peers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers outside of test functions"
)]

mod baseline;
mod h265;
mod loss;
mod packet_filter;
mod srt_tokio;
