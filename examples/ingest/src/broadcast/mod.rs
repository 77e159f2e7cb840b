//! One broadcast: its bytes come in, and go out to a recording and to viewers.

mod audience;
mod feed;
mod lane;
mod live;
mod rate;
mod segments;
mod viewer;

pub(crate) use live::Live;
pub(crate) use viewer::{Message, Viewer};
