//! Containers: access units to bytes and back.
//!
//! The crate `mp4-atom` (0.17) was considered for [`fmp4`] and [`mp4`]: it brings eighteen crates
//! into the core, writes to a log, and decodes every box of an index before it gives any, so that
//! broken metadata makes a file unreadable whose media is sound. Golive needs the few boxes that
//! place samples; they are read and written here.

mod boxes;
pub mod fmp4;
pub mod mp4;
pub mod mpegts;
