//! Sockets, and waiting for them: the only part of the SDK that touches a network.

#[cfg(target_os = "android")]
mod android;
mod batch;
mod resolve;
mod socket;
mod wait;

pub(crate) use batch::Batch;
pub(crate) use resolve::resolve;
pub(crate) use socket::{Attachment, Inbox, Socket};
pub(crate) use wait::{Waiter, Waker, waker};
