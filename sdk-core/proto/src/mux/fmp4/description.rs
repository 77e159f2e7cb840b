//! What a player must know of pictures before the first of them.

use super::Error;
use crate::media::{PictureSize, VideoCodec, h264, h265};

/// Pictures of one codec and one set of parameter sets.
#[derive(Clone, Debug)]
pub(super) struct Description {
    pub(super) codec: VideoCodec,
    configuration: Configuration,
    /// The body of the box with the parameter sets.
    pub(super) record: Vec<u8>,
    pub(super) size: PictureSize,
    /// What the codec is called in a media type.
    pub(super) name: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Configuration {
    H264(h264::DecoderConfiguration),
    H265(h265::DecoderConfiguration),
}

impl Description {
    /// Describes pictures by a key frame (Annex B) with its parameter sets.
    pub(super) fn of(codec: VideoCodec, key_frame: &[u8]) -> Result<Self, Error> {
        let configuration = Configuration::of(codec, key_frame)?;
        let (record, size, name) = match &configuration {
            Configuration::H264(configuration) => {
                let sps = configuration.first_sps()?;
                (configuration.encode()?, sps.size, sps.codec_string())
            }
            Configuration::H265(configuration) => {
                let sps = configuration.first_sps()?;
                (configuration.encode()?, sps.size, sps.codec_string())
            }
        };
        Ok(Self { codec, configuration, record, size, name })
    }

    /// Whether a key frame (Annex B) brings other parameter sets. One that repeats none goes by
    /// those before.
    pub(super) fn differs(&self, key_frame: &[u8]) -> bool {
        Configuration::of(self.codec, key_frame).is_ok_and(|found| found != self.configuration)
    }
}

impl Configuration {
    fn of(codec: VideoCodec, key_frame: &[u8]) -> Result<Self, Error> {
        Ok(match codec {
            VideoCodec::H264 => Self::H264(h264::DecoderConfiguration::from_annex_b(key_frame)?),
            VideoCodec::H265 => Self::H265(h265::DecoderConfiguration::from_annex_b(key_frame)?),
        })
    }
}
