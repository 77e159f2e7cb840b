//! When media leaves: the queue of access units in front of the multiplexer.

mod queue;

pub use queue::{Dropped, Queue, QueuedUnit};
