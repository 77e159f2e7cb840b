//! The timestamps of both tracks on one line.

use std::time::Duration;

use super::super::clock::Unwrapper;
use super::super::pes::PesHeader;
use super::output::Cause;
use crate::media::Track;
use crate::units::MediaTime;

/// Decoding times may be this far apart before it is called a jump.
const LONGEST_STEP: Duration = Duration::from_secs(10);

/// Continues timestamps over their wrap, for both tracks alike so that they stay together.
#[derive(Clone, Debug, Default)]
pub(super) struct Timeline {
    unwrapper: Unwrapper,
    video: Option<MediaTime>,
    audio: Option<MediaTime>,
}

/// When a unit belongs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    pub(super) pts: MediaTime,
    pub(super) dts: MediaTime,
    /// The track's time did not go on from the unit before.
    pub(super) jump: Option<Cause>,
}

impl Timeline {
    /// The times in `header`, if it tells any.
    pub(super) fn times(&mut self, track: Track, header: &PesHeader) -> Option<Times> {
        let pts = header.pts?;
        let dts = self.unwrapper.media_time(header.dts.unwrap_or(pts));
        // From the decoding time, not into the reference: pictures are reordered around it.
        let pts = self.unwrapper.clone().media_time(pts);
        let last = match track {
            Track::Video => &mut self.video,
            Track::Audio => &mut self.audio,
        };
        let from = last.replace(dts);
        let jump = from
            .filter(|from| dts < *from || dts.since(*from) > LONGEST_STEP)
            .map(|from| Cause::TimeJump { from, to: dts });
        Some(Times { pts, dts, jump })
    }
}
