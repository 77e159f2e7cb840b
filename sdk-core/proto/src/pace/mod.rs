//! When media leaves: the queue of access units in front of the multiplexer, what is expected of
//! the path behind it, and the pacer behind the transport.

mod forecast;
mod pacer;
mod queue;

pub use forecast::{Forecast, Fresh};
pub use pacer::Pacer;
pub use queue::{Dropped, Queue, QueuedUnit};
