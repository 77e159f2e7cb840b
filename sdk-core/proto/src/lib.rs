//! Everything about a live broadcast that can be decided without touching the world.
//!
//! There is no socket, file, thread, clock or ambient randomness in here. Time comes in as
//! [`units::Time`], randomness as a 32-byte seed, so an hour of broadcasting runs in a blink and
//! a failure found once is found again from its seed.
//!
//! # The contract
//!
//! Every state machine, the session included, follows the same three steps:
//!
//! - `new(config, now, seed)` makes it; nothing happens yet.
//! - `handle(now, input)` tells it one thing that happened. `now` never goes back.
//! - `poll(now, …)` is called until it answers with when it wants to be woken, and why. Data goes
//!   into buffers that the caller lends.
//!
//! One mutation, then drain. Nothing in here calls back, blocks or awaits, and input from a peer
//! never panics. A policy returns a value; it never holds the thing that it steers.
//!
//! # The modules
//!
//! A module imports only from those above it in this list; `cargo xtask tidy` checks it.
//!
//! - [`units`]: times, rates and sizes that cannot be mistaken for one another.
//! - [`media`]: access units, and what their headers say.
//! - [`mux`]: access units to a container's bytes, and back.
//! - [`pace`]: the queue of access units, and its one drop policy.
//! - [`fec`]: repair packets for source packets, and back.
//! - [`rate`]: from what was measured to what the encoder should do.
//! - [`interruption`]: what a broadcast does while its device interrupts it.
//! - [`transport`]: protocols that carry a broadcast, each a state machine.
//! - [`session`]: a broadcast, composed of all of these.

#![forbid(unsafe_code)]

pub mod fec;
pub mod interruption;
pub mod media;
pub mod mux;
pub mod pace;
pub mod rate;
pub mod session;
pub mod transport;
pub mod units;
