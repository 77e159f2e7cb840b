//! An ingest on one machine, for first runs and for tests.
//!
//! It takes MPEG-TS over SRT from any sender, shows it live in a page, says there how the link is
//! doing, and records it. One process, no configuration, nothing stored but the recordings. It
//! never transcodes and does not scale to an audience: for that, real ingests exist, and Golive
//! speaks their protocols.
//!
//! # Examples
//!
//! ```no_run
//! let ingest = golive_ingest::Ingest::start(golive_ingest::Config::default())?;
//! println!("send to srt://{}", ingest.srt_address());
//! println!("watch at http://{}", ingest.http_address());
//! while let Some(event) = ingest.events().recv() {
//!     println!("{event}");
//! }
//! # Ok::<(), golive_ingest::Error>(())
//! ```
//!
//! # The modules
//!
//! - `srt`: broadcasters' connections, a thread each.
//! - `registry`: who is live; `key`: who may be, and under which name.
//! - `broadcast`: one broadcast's bytes, to viewers by way of bounded queues. No clock decides
//!   anything about media in there: the stream's own timestamps do.
//! - `recording`: the same bytes, to files, on threads of their own.
//! - `http`: the page and its WebSockets, on a thread of its own.

mod broadcast;
mod config;
mod error;
mod event;
mod health;
mod http;
mod ingest;
mod key;
mod recording;
mod registry;
mod srt;

pub use config::Config;
pub use error::Error;
pub use event::{Event, Events};
pub use health::{BroadcasterReport, LinkHealth};
pub use ingest::Ingest;
pub use key::{BroadcastId, Refusal, StreamKey};
pub use registry::{Publisher, Replaced};
