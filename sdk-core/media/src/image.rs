//! A picture on its way from a source to an encoder, wherever its samples lie.

use golive_proto::media::PictureSize;

use crate::picture::Picture;

/// What a source hands to an encoder.
#[derive(Clone, Debug)]
pub(crate) enum Image {
    /// Samples in this program's own memory.
    Planar(Picture),
}

impl Image {
    /// Width and height in pixels.
    pub(crate) fn size(&self) -> PictureSize {
        match self {
            Self::Planar(picture) => picture.size(),
        }
    }

    /// The samples, where they lie in this program's own memory.
    pub(crate) fn into_planar(self) -> Option<Picture> {
        match self {
            Self::Planar(picture) => Some(picture),
        }
    }
}

impl From<Picture> for Image {
    fn from(picture: Picture) -> Self {
        Self::Planar(picture)
    }
}
