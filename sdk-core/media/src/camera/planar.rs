//! The picture that a camera shows, in this program's own memory.

use golive_proto::media::PictureSize;

use super::convert::convert;
use super::{Feed, RawFrame};
use crate::fit::Fitter;
use crate::image::Image;
use crate::picture::Picture;
use crate::producer::CaptureContext;

/// The last picture, in the camera's own size, and what fits it into another.
pub(super) struct Shown {
    fitter: Fitter,
    native: Picture,
}

impl Shown {
    /// Black until the first picture.
    pub(super) fn new(size: PictureSize) -> Self {
        Self { fitter: Fitter::default(), native: Picture::black(size) }
    }

    /// Shows a frame from now on, and gives its memory back. Returns whether it could be read.
    pub(super) fn take(&mut self, frame: RawFrame, feed: Option<&Feed>) -> bool {
        let read = convert(&frame, &mut self.native).is_ok();
        Self::give_back(frame, feed);
        read
    }

    /// Gives a frame's memory back, without a look at it.
    pub(super) fn give_back(frame: RawFrame, feed: Option<&Feed>) {
        if let Some(feed) = feed {
            let _ = feed.spare.try_send(frame.data);
        }
    }

    /// What is shown, in this size.
    pub(super) fn image(&mut self, size: PictureSize, context: &CaptureContext) -> Option<Image> {
        let mut picture = context.hand_over.blank(size);
        self.fitter.fit(&self.native, size, &mut picture);
        Some(picture.into())
    }
}
