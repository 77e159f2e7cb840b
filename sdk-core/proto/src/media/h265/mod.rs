//! H.265 (HEVC) as far as a broadcaster must understand it: what its NAL units are, where decoding
//! can begin, which pictures may go, and what the sequence parameter set says. Nothing here decodes
//! a picture.
//!
//! Of the video parameter set nothing is needed that the sequence parameter set does not say as
//! well, and of the picture parameter set nothing at all: both are only kept and passed on. Layers
//! beside the base layer (a second view, say) are passed on too, and not looked into.
//!
//! Specifications: ITU-T H.265 (clauses 7.3, 7.4 and annex B), ISO/IEC 14496-15 clause 8.

mod configuration;
mod nal;
mod profile;
mod sps;

use super::nal as framing;
pub use configuration::DecoderConfiguration;
pub use nal::{
    ACCESS_UNIT_DELIMITER, NalHeader, NalType, after_a_cut, is_irap, is_reference,
    is_skipped_leading, leading_nal_units,
};
pub use profile::Profile;
pub use sps::Sps;

/// Why bytes that should be H.265 cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The data ends inside a structure.
    #[error("H.265 {0} is cut short")]
    Truncated(&'static str),
    /// A value is outside what the specification allows.
    #[error("H.265 {0} is not valid")]
    Invalid(&'static str),
    /// The picture cannot be described by an even size of at most 16,384 pixels a side.
    #[error("H.265 pictures of {width}x{height} are not supported: sides must be even, 2 to 16384")]
    UnsupportedSize {
        /// Pixels in a row, after cropping.
        width: u32,
        /// Rows, after cropping.
        height: u32,
    },
    /// A parameter set is missing, so that a decoder could not be set up.
    #[error("H.265 has no {0}: a stream needs one before its first key frame")]
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
