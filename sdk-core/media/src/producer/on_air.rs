//! What is encoded when a picture was captured: that picture, or a still in its place.
//!
//! Stills come at the source's rhythm, so that the stream goes on as if nothing were different.

use golive_proto::interruption::Picture as Shown;
use golive_proto::media::PictureSize;

use crate::fit::Fitter;
use crate::image::Image;
use crate::picture::{Area, Colour, Picture};

/// The picture on air, and those that may take its place.
#[derive(Default)]
pub(super) struct OnAir {
    shown: Option<Shown>,
    /// The source's last picture that viewers saw.
    last: Option<Image>,
    /// The same in another size.
    fitted: Option<Image>,
    slate: Option<Image>,
    /// The slate of the app's own, as it was given.
    own: Option<Picture>,
    fitter: Fitter,
}

impl OnAir {
    /// `slate` is the app's own, if it has one.
    pub(super) fn new(slate: Option<Picture>) -> Self {
        Self { own: slate, ..Self::default() }
    }

    /// `captured` came while `shown` is to be seen, in pictures of `size`. Gives back a picture that
    /// is needed no more.
    pub(super) fn put(
        &mut self,
        shown: Shown,
        captured: Image,
        size: PictureSize,
    ) -> Option<Image> {
        self.shown = Some(shown);
        match shown {
            Shown::Camera => {
                (self.fitted, self.slate) = (None, None);
                self.last.replace(captured)
            }
            Shown::LastFrame => {
                // Before anything was on air, the first picture is the last one.
                let spare = match self.last {
                    Some(_) => Some(captured),
                    None => self.last.replace(captured),
                };
                self.fit(size);
                spare
            }
            Shown::Slate => {
                if self.slate.as_ref().is_none_or(|slate| slate.size() != size) {
                    self.slate = Some(self.slate(size).into());
                }
                Some(captured)
            }
            Shown::Nothing => Some(captured),
        }
    }

    /// What is to be encoded now.
    pub(super) fn image(&self) -> Option<&Image> {
        match self.shown? {
            Shown::Camera => self.last.as_ref(),
            Shown::LastFrame => self.fitted.as_ref().or(self.last.as_ref()),
            Shown::Slate => self.slate.as_ref(),
            Shown::Nothing => None,
        }
    }

    fn slate(&mut self, size: PictureSize) -> Picture {
        let Some(own) = &self.own else { return pause(size) };
        let mut slate = Picture::black(size);
        self.fitter.fit(own, size, &mut slate);
        slate
    }

    /// Brings the last picture to `size`, from the original each time.
    fn fit(&mut self, size: PictureSize) {
        let Some(last) = &self.last else { return };
        if last.size() == size {
            self.fitted = None;
        } else if self.fitted.as_ref().is_none_or(|fitted| fitted.size() != size) {
            let Some(last) = last.planar() else { return };
            let mut fitted = Picture::black(size);
            self.fitter.fit(&last, size, &mut fitted);
            self.fitted = Some(fitted.into());
        }
    }
}

/// A sign for a pause, which needs no language: two bars on grey.
fn pause(size: PictureSize) -> Picture {
    let mut picture = Picture::black(size);
    let (width, height) = (size.width as usize, size.height as usize);
    picture.fill(Area { x: 0, y: 0, width, height }, Colour::from_rgb(0.16, 0.16, 0.16));
    // Everything is even, as chroma covers pairs of pixels.
    let even = |pixels: usize| pixels / 2 * 2;
    let bar = even(width.min(height) / 16).max(2);
    let (middle, gap, tall) = (even(width / 2), even(bar / 2), 4 * bar);
    let y = even(height.saturating_sub(tall) / 2);
    for x in [middle.saturating_sub(bar + gap), middle + gap] {
        picture.fill(Area { x, y, width: bar, height: tall }, Colour::from_rgb(0.8, 0.8, 0.8));
    }
    picture
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(width: u32, height: u32) -> PictureSize {
        PictureSize::new(width, height).unwrap()
    }

    fn grey(luma: u8, size: PictureSize) -> Image {
        let mut picture = Picture::black(size);
        picture.planes_mut().luma.fill(luma);
        picture.into()
    }

    fn luma(on_air: &OnAir) -> Option<u8> {
        let picture = on_air.image()?.planar()?;
        let middle = (picture.size().width as usize / 2, picture.size().height as usize / 2);
        Area { x: middle.0, y: middle.1, width: 1, height: 1 }.mean(&picture.luma())
    }

    #[test]
    fn the_last_picture_is_the_last_that_viewers_saw_whatever_the_camera_sees_meanwhile() {
        let small = size(64, 36);
        let mut on_air = OnAir::default();
        assert!(on_air.put(Shown::Camera, grey(50, small), small).is_none());
        assert!(on_air.put(Shown::Camera, grey(60, small), small).is_some());
        assert_eq!(luma(&on_air), Some(60));
        on_air.put(Shown::LastFrame, grey(200, small), small);
        assert_eq!(luma(&on_air), Some(60));
        // A slate between does not make another picture the last one.
        on_air.put(Shown::Slate, grey(210, small), small);
        on_air.put(Shown::LastFrame, grey(220, small), small);
        assert_eq!(luma(&on_air), Some(60));
        on_air.put(Shown::Camera, grey(230, small), small);
        assert_eq!(luma(&on_air), Some(230));
    }

    #[test]
    fn stills_follow_the_size_that_is_asked_for() {
        let (small, large) = (size(64, 36), size(128, 72));
        let mut on_air = OnAir::default();
        on_air.put(Shown::Camera, grey(60, large), large);
        for shown in [Shown::LastFrame, Shown::Slate] {
            for size in [small, large] {
                on_air.put(shown, grey(200, size), size);
                assert_eq!(on_air.image().unwrap().size(), size);
            }
        }
        on_air.put(Shown::LastFrame, grey(200, small), small);
        assert_eq!(luma(&on_air), Some(60));
    }

    #[test]
    fn a_slate_can_be_told_from_a_black_picture_at_any_size() {
        for size in [size(2, 2), size(64, 36), size(1280, 720), size(720, 1280)] {
            let mut on_air = OnAir::default();
            on_air.put(Shown::Slate, grey(16, size), size);
            let slate = on_air.image().unwrap().planar().unwrap();
            let bright = slate.luma().samples.iter().filter(|&&luma| luma > 150).count();
            assert!(bright > 0 && slate.luma().samples.iter().all(|&luma| luma > Picture::BLACK));
        }
    }

    #[test]
    fn the_apps_own_slate_is_shown_whole_at_any_size() {
        let own = grey(180, size(64, 64)).into_planar().unwrap();
        let mut on_air = OnAir::new(Some(own));
        for size in [size(64, 36), size(128, 72)] {
            on_air.put(Shown::Slate, grey(60, size), size);
            let slate = on_air.image().unwrap().planar().unwrap();
            assert_eq!(luma(&on_air), Some(180));
            assert_eq!(slate.luma().samples[0], Picture::BLACK, "another shape has black bars");
        }
    }

    #[test]
    fn nothing_is_encoded_where_nothing_is_shown() {
        let mut on_air = OnAir::default();
        let small = size(64, 36);
        on_air.put(Shown::Camera, grey(60, small), small);
        assert!(on_air.put(Shown::Nothing, grey(70, small), small).is_some());
        assert!(on_air.image().is_none());
    }
}
