//! A picture on its way from a source to an encoder, wherever its samples lie.

#[cfg(any(target_vendor = "apple", test))]
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
    #[cfg(any(target_vendor = "apple", test))]
    pub(crate) fn size(&self) -> PictureSize {
        match self {
            Self::Planar(picture) => picture.size(),
            #[cfg(target_vendor = "apple")]
            Self::Buffer(buffer) => buffer.size(),
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
