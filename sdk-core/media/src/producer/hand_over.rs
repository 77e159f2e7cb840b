//! Where the capturing thread hands pictures to the encoding one.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, PoisonError};

use golive_proto::media::PictureSize;
use golive_proto::units::MediaTime;

use super::halt::locked;
use crate::image::Image;
use crate::picture::Picture;

/// Pictures that may wait for the encoder: one for its longest picture, one more for luck. At 30
/// pictures a second they bound the delay to 66 ms.
const CAPACITY: usize = 2;

/// A picture and when it was taken.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) image: Image,
    pub(crate) pts: MediaTime,
}

/// A queue of at most two pictures that never makes the one who fills it wait.
///
/// The pictures' memory goes round: [`HandOver::blank`] gives out what [`HandOver::recycle`] took.
#[derive(Debug, Default)]
pub(crate) struct HandOver {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Frame>,
    free: Vec<Picture>,
    closed: bool,
}

impl HandOver {
    /// A picture to draw into, with anything on it and of any size.
    pub(crate) fn blank(&self, size: PictureSize) -> Picture {
        let free = locked(&self.state).free.pop();
        free.unwrap_or_else(|| Picture::black(size))
    }

    /// Hands over a picture. Where two wait already the older gives way; returns whether one did.
    pub(crate) fn offer(&self, frame: Frame) -> bool {
        let mut state = locked(&self.state);
        let oldest = if state.waiting.len() >= CAPACITY { state.waiting.pop_front() } else { None };
        let dropped = oldest.is_some();
        state.free.extend(oldest.and_then(|frame| frame.image.into_planar()));
        state.waiting.push_back(frame);
        self.changed.notify_one();
        dropped
    }

    /// Waits for the next picture; nothing once the hand-over is closed.
    pub(crate) fn take(&self) -> Option<Frame> {
        let state = locked(&self.state);
        let wait = |state: &mut State| state.waiting.is_empty() && !state.closed;
        let state = self.changed.wait_while(state, wait);
        let mut state = state.unwrap_or_else(PoisonError::into_inner);
        if state.closed { None } else { state.waiting.pop_front() }
    }

    /// Gives a picture's memory back.
    pub(crate) fn recycle(&self, image: Image) {
        let Some(picture) = image.into_planar() else { return };
        let mut state = locked(&self.state);
        // One is drawn, two wait, one is encoded: more were never needed.
        if state.free.len() < CAPACITY + 2 {
            state.free.push(picture);
        }
    }

    /// Ends the encoding thread's wait for good.
    pub(crate) fn close(&self) {
        locked(&self.state).closed = true;
        self.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(millis: i64) -> Frame {
        let picture = Picture::black(PictureSize::new(2, 2).unwrap());
        Frame { image: picture.into(), pts: MediaTime::from_millis(millis) }
    }

    #[test]
    fn a_slow_encoder_gets_the_two_newest_pictures() {
        let hand_over = HandOver::default();
        let dropped: Vec<_> = (0..5).map(|millis| hand_over.offer(frame(millis))).collect();
        assert_eq!(dropped, [false, false, true, true, true]);
        let taken = [hand_over.take(), hand_over.take()].map(|frame| frame.unwrap().pts);
        assert_eq!(taken, [3, 4].map(MediaTime::from_millis));
    }

    #[test]
    fn closing_it_ends_the_wait() {
        let hand_over = HandOver::default();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| hand_over.take());
            hand_over.close();
            assert!(waiting.join().unwrap().is_none());
        });
    }
}
