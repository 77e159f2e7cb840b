//! The `golive` command against real peers: `cargo test -p golive-tests --test command`.
//!
//! Not part of `cargo xtask test` yet: two of these fail on a busy machine for reasons that are
//! not understood.

#![allow(clippy::expect_used, clippy::panic, reason = "helpers outside of test functions")]

mod bad_input;
mod from_peers;
mod recorded;
mod restarts;
mod scratch;
mod to;
