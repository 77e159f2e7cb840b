//! Sockets, and waiting for them: the only part of the SDK that touches a network.

mod batch;
mod resolve;
mod socket;
mod wait;

pub(crate) use batch::Batch;
pub(crate) use resolve::resolve;
pub(crate) use socket::{Inbox, Socket};
pub(crate) use wait::{Waiter, Waker, waker};
