//! What Golive is proven with: bad networks, real peers, and judges of what arrives.
//!
//! - [`network`] and [`relay`]: bad networks, in virtual and in real time, from `golive-netlab`.
//! - [`payload`]: numbered payloads, and a judge who counts what arrived and when.
//! - [`peers`]: real programs to talk to.
//! - [`endpoint`]: our own SRT over a plain socket.
//! - [`browser`]: a headless Chromium, to see what a person would see.
//! - [`gate`]: loses just the media packets that it is told to.
//! - [`filters`]: packet filters of libsrt, and which of two ways to repair is better.
//! - [`fuzz`]: what strangers may feed in.
//! - [`simulation`]: SRT over the same networks in virtual time.
//! - [`sink`]: where peers hand over what they received.
//! - [`table`]: networks over which libsrt has been measured.
//! - [`trial`]: payloads through the relay from one peer to another, judged.
//! - [`viewing`]: what a viewer gets of what real programs carry.
//! - [`crossroads`]: several networks for one program.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a harness: what cannot be set up fails the test that asked for it"
)]
pub mod browser;
pub mod crossroads;
pub mod endpoint;
pub mod filters;
pub mod fuzz;
pub mod gate;
pub mod payload;
pub mod peers;
pub mod simulation;
pub mod sink;
pub mod table;
pub mod trial;
pub mod viewing;

pub use golive_netlab::{network, relay};
