//! The `golive` command against real peers: what a test engineer does with it, and gets wrong.

#![allow(clippy::expect_used, clippy::panic, reason = "helpers outside of test functions")]

mod bad_input;
mod blackout;
mod bonding;
mod broadcaster;
mod demo;
mod footage;
mod from_peers;
mod garbage;
mod ladder;
mod mediamtx;
mod recorded;
mod restarts;
mod scratch;
mod to;
