//! What a bad network does to packet number `n` at time `t`.
//!
//! A [`Link`] is one direction: every packet offered to it is lost, or arrives once or twice at
//! times that it names. It opens no socket and reads no clock, so the relay uses it in real time
//! and the simulator in virtual time, and both see the same losses: what happens to a packet by
//! chance depends only on the seed and on how many packets were offered before it. Only the byte
//! queue of a rate limit depends on when packets come.

mod conditions;
mod dice;
mod link;
mod profile;
mod trace;

pub use conditions::{Conditions, Loss, ParseConditionsError, RateLimit, TraceLimit};
pub use link::{Counters, Fate, Link};
pub use profile::{ParseProfileError, Profile};
pub use trace::{ParseTraceError, Trace};

/// The two directions of a path and the seed of everything random on it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Path {
    /// From the side that connects (the caller, the client of a relay) to the other.
    pub forward: Conditions,
    /// The way back.
    pub backward: Conditions,
    /// Each direction draws its own numbers from it.
    pub seed: u64,
}

impl Path {
    /// The same conditions both ways.
    pub fn symmetric(conditions: Conditions, seed: u64) -> Self {
        Self { forward: conditions.clone(), backward: conditions, seed }
    }

    /// The two directions as links, forward first.
    pub fn links(&self) -> (Link, Link) {
        let forward = Link::new(self.forward.clone(), self.seed.wrapping_mul(2));
        let backward = Link::new(self.backward.clone(), self.seed.wrapping_mul(2).wrapping_add(1));
        (forward, backward)
    }
}
