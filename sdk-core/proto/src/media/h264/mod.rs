//! H.264 as far as a broadcaster must understand it: what its NAL units are, and what the
//! parameter sets say. Nothing here decodes a picture.
//!
//! Specifications: ITU-T H.264 (clauses 7.3, 7.4 and annex B), ISO/IEC 14496-15 clause 5.

mod configuration;
mod nal;
mod sps;

use super::nal as framing;
pub use configuration::DecoderConfiguration;
pub use nal::{ACCESS_UNIT_DELIMITER, NalType, is_idr, is_reference, leading_nal_units};
pub use sps::Sps;

/// Why bytes that should be H.264 cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The data ends inside a structure.
    #[error("H.264 {0} is cut short")]
    Truncated(&'static str),
    /// A value is outside what the specification allows.
    #[error("H.264 {0} is not valid")]
    Invalid(&'static str),
    /// The picture cannot be described by an even size of at most 16,384 pixels a side.
    #[error("H.264 pictures of {width}x{height} are not supported: sides must be even, 2 to 16384")]
    UnsupportedSize {
        /// Pixels in a row, after cropping.
        width: u32,
        /// Rows, after cropping.
        height: u32,
    },
    /// A parameter set is missing, so that a decoder could not be set up.
    #[error("H.264 has no {0}: a stream needs one before its first key frame")]
    Missing(&'static str),
}

impl From<framing::Error> for Error {
    fn from(error: framing::Error) -> Self {
        match error {
            framing::Error::Truncated(what) => Self::Truncated(what),
            framing::Error::Invalid(what) => Self::Invalid(what),
        }
    }
}
