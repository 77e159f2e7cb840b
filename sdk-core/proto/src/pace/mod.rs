//! When media leaves: the queue of access units in front of the multiplexer, what is expected of
//! the path behind it, and the pacer behind the transport, with a budget over all that leaves.

mod budget;
mod forecast;
mod pacer;
mod queue;

pub use budget::Budget;
pub use forecast::{Forecast, Fresh};
pub use pacer::Pacer;
pub use queue::{Dropped, Queue, QueuedUnit};
