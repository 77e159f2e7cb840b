//! A picture on its way from a source to an encoder, wherever its samples lie.

use std::borrow::Cow;

use golive_proto::media::PictureSize;

#[cfg(target_vendor = "apple")]
use crate::apple::PixelBuffer;
use crate::picture::Picture;

/// What a source hands to an encoder.
#[derive(Clone, Debug)]
pub(crate) enum Image {
    /// Samples in this program's own memory.
    Planar(Picture),
    /// Samples in memory that camera, hardware and program share. Clones show the same ones.
    #[cfg(target_vendor = "apple")]
    Buffer(PixelBuffer),
}

impl Image {
    /// Width and height in pixels.
    pub(crate) fn size(&self) -> PictureSize {
        match self {
            Self::Planar(picture) => picture.size(),
            #[cfg(target_vendor = "apple")]
            Self::Buffer(buffer) => buffer.size(),
        }
    }

    /// The samples, copied into this program's own memory where they do not lie there; nothing if
    /// they cannot be read.
    pub(crate) fn planar(&self) -> Option<Cow<'_, Picture>> {
        match self {
            Self::Planar(picture) => Some(Cow::Borrowed(picture)),
            #[cfg(target_vendor = "apple")]
            Self::Buffer(buffer) => {
                let mut picture = Picture::black(buffer.size());
                buffer.copy_to(&mut picture).map(|()| Cow::Owned(picture))
            }
        }
    }

    /// The samples, where they lie in this program's own memory.
    pub(crate) fn into_planar(self) -> Option<Picture> {
        match self {
            Self::Planar(picture) => Some(picture),
            #[cfg(target_vendor = "apple")]
            Self::Buffer(_) => None,
        }
    }
}

impl From<Picture> for Image {
    fn from(picture: Picture) -> Self {
        Self::Planar(picture)
    }
}

#[cfg(target_vendor = "apple")]
impl From<PixelBuffer> for Image {
    fn from(buffer: PixelBuffer) -> Self {
        Self::Buffer(buffer)
    }
}
