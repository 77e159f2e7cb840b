//! The receiving half of a connection: from datagrams in any order to payloads in order and on
//! time.

mod acknowledger;
mod arrivals;
mod buffer;
mod losses;
mod reordering;
mod time_base;

pub(crate) use acknowledger::{Acknowledger, Due};
pub(crate) use arrivals::Arrivals;
pub(crate) use buffer::{Arrival, Buffer, Taken};
pub(crate) use losses::Losses;
pub(crate) use reordering::Reordering;
pub(crate) use time_base::TimeBase;
