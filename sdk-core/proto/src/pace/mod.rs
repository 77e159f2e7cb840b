//! When media leaves: the queue of access units in front of the multiplexer, and the
//! pacer behind the transport, with a budget over all that leaves.

mod budget;
mod pacer;
mod queue;

pub use budget::Budget;
pub use pacer::Pacer;
pub use queue::{Dropped, Queue, QueuedUnit};
