//! The `golive` command against real peers: `cargo test -p golive-tests --test command`.
//!
//! Not part of `cargo xtask test` yet: no whole run of these has passed.

#![allow(clippy::expect_used, clippy::panic, reason = "helpers outside of test functions")]

mod bad_input;
mod from_peers;
mod recorded;
mod restarts;
mod scratch;
mod to;
