//! When media leaves: the queue of access units in front of the multiplexer, and the
//! pacer behind the transport.

mod pacer;
mod queue;

pub use pacer::Pacer;
pub use queue::{Dropped, Queue, QueuedUnit};
