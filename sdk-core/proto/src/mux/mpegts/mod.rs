//! MPEG transport streams, as SRT ingests expect them: one program with H.264 or H.265,
//! AAC in ADTS, or both.
//!
//! - [`Writer`] turns access units into payloads of whole packets, straight into a buffer that
//!   the caller lends.
//! - [`Reader`] turns bytes, however they are cut and whatever was lost, back into access units.
//! - [`Pacing`] tells when each byte of a recorded stream should leave, by its own clock.
//! - [`latest_time`] finds where a recording ends.
//!
//! Nothing in here keeps time or decodes media, and nothing from a stream panics or makes memory
//! grow without bound.
//!
//! The crate `mpeg2ts` (0.6.1) was considered: it builds each packet as a value and each table on
//! the heap before writing it, and its reader gives up on a whole stream for one unknown PID, a
//! table that spans packets or a lost byte. What is here allocates nothing per packet written,
//! closes a payload where an access unit ends, and reads what a network leaves over.
//!
//! H.265 is announced as ffmpeg announces it: by its stream type and a registration descriptor. The
//! video descriptor of H.265 (tag 56, 2.6.95) is left out, as there: it would repeat what the
//! parameter sets say, which are not known when the tables are made, and none of the receivers that
//! the tests know asks for it.
//!
//! Specification: ISO/IEC 13818-1 (ITU-T H.222.0).

mod clock;
mod crc;
mod gathering;
mod pacing;
mod packet;
mod pes;
mod reader;
mod section;
mod synchroniser;
mod tables;
mod tail;
#[cfg(test)]
mod tests;
mod writer;

pub use gathering::Gathering;
pub use pacing::{Departure, Pacing, PacingError};
pub use reader::{
    Cause, Discontinuity, MAX_PES_LENGTH, Output, Program, Reader, SkipReason, SkippedStream,
};
pub use tail::latest_time;
pub use writer::{Config, PayloadInfo, TIMELINE_OFFSET, WriteError, Writer};

/// Bytes of a transport stream packet (2.4.3.2).
pub const PACKET_LENGTH: usize = 188;

/// Packets in a full payload: as many as fit a datagram of 1,500 bytes beside SRT's header.
pub const PACKETS_PER_PAYLOAD: usize = 7;

/// Bytes of a full payload.
pub const PAYLOAD_LENGTH: usize = PACKET_LENGTH * PACKETS_PER_PAYLOAD;

/// The byte that every packet begins with.
const SYNC_BYTE: u8 = 0x47;

/// Stream types (2.4.4.10, table 2-34).
mod stream_type {
    pub(super) const AAC_ADTS: u8 = 0x0F;
    pub(super) const AAC_LATM: u8 = 0x11;
    pub(super) const H264: u8 = 0x1B;
    pub(super) const H265: u8 = 0x24;
}
