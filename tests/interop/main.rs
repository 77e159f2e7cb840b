//! Golive beside and against real peers.

mod baseline;
