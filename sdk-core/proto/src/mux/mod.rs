//! Containers: access units to bytes and back.

pub mod mpegts;
