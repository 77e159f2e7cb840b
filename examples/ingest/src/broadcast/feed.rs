//! From a transport stream, as it comes, to what viewers are sent.
//!
//! A stream may have pictures, sound or both; either may begin late, fall silent or come back, and
//! the size of the picture may change. Viewers are told how to read it by a *start* whenever that
//! changes in a way that a browser cannot follow by itself. Nothing is decoded here.

use std::mem;
use std::time::Duration;

use golive_proto::media::{AccessUnit, Track};
use golive_proto::units::MediaTime;

use super::lane::{Admission, Formats, Lane};
use super::segments;
use super::viewer::{Fragment, Message};

/// A track that the stream announces but that does not come is waited for this long, in media.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// A track that has fallen silent for this long, in media, is left out: a browser would stand
/// still waiting for it.
const SILENCE: Duration = Duration::from_secs(2);
/// A track that played before the connection was lost is waited for this long after: its first key
/// frame may be a whole GOP away.
const KEY_PATIENCE: Duration = Duration::from_secs(5);
/// A stream that goes on after a longer gap than this begins anew.
const LONGEST_GAP: Duration = Duration::from_secs(60);
/// What is held back at most before viewers are told how to read it.
const MAX_HELD: usize = 1_000;
/// Viewers' timeline begins this long before the first unit, for whatever is decoded before it.
const LEAD: Duration = Duration::from_secs(10);

/// What viewers are to be sent.
#[derive(Debug)]
pub(super) enum Output {
    /// The media is read by these messages from here on.
    Start(Vec<Message>),
    /// As `Start`, but a viewer who follows already needs only the second.
    Amend(Vec<Message>, Message),
    /// Media.
    Fragment(Fragment),
}

/// Turns access units into messages for viewers.
#[derive(Debug)]
pub(super) struct Feed {
    video: Lane,
    audio: Lane,
    /// What the stream announces.
    announced: Tracks,
    state: State,
    /// Where this connection's media began.
    began: Option<MediaTime>,
    /// Where the timeline that viewers are told counts from.
    base: Option<MediaTime>,
}

#[derive(Debug)]
enum State {
    /// Viewers are not told anything yet; the units since the last key frame.
    Holding(Vec<AccessUnit>),
    /// Viewers were told to expect these.
    Playing(Tracks),
}

/// Which tracks there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tracks {
    pub(super) video: bool,
    pub(super) audio: bool,
}

impl Tracks {
    fn has(self, track: Track) -> bool {
        match track {
            Track::Video => self.video,
            Track::Audio => self.audio,
        }
    }
}

impl Feed {
    pub(super) fn new() -> Self {
        Self {
            video: Lane::default(),
            audio: Lane::default(),
            announced: Tracks::default(),
            state: State::Holding(Vec::new()),
            began: None,
            base: None,
        }
    }

    /// What comes from here on comes by another connection. If it goes on the same timeline,
    /// viewers only see a gap.
    pub(super) fn begin_connection(&mut self) {
        self.video.interrupt();
        self.audio.interrupt();
        self.began = None;
        if let State::Holding(units) = &mut self.state {
            units.clear();
        }
    }

    /// The stream says what it consists of.
    pub(super) fn announce(&mut self, tracks: Tracks) {
        self.announced = tracks;
    }

    /// A track that viewers are told to expect.
    pub(super) fn track(&self, track: Track) -> Option<&Lane> {
        match self.state {
            State::Playing(tracks) if tracks.has(track) => Some(self.lane(track)),
            _ => None,
        }
    }

    /// Takes the next unit, and what the tracks are made of as far as it is known.
    pub(super) fn push(&mut self, unit: AccessUnit, formats: Formats, outputs: &mut Vec<Output>) {
        if self.lane(unit.track).breaks_timeline(&unit, LONGEST_GAP) {
            *self = Self { announced: self.announced, ..Self::new() };
        }
        let began = *self.began.get_or_insert(unit.dts);
        let base = *self.base.get_or_insert(unit.dts - LEAD);
        let admission = self.lane_mut(unit.track).admit(&unit, formats, base);
        if admission == Admission::Refused {
            return;
        }
        match self.state {
            State::Holding(_) => self.hold(unit, began, outputs),
            State::Playing(tracks) => {
                match admission {
                    Admission::Changed if tracks.has(unit.track) => {
                        self.amend(tracks, unit.track, outputs);
                    }
                    Admission::Replaced if tracks.has(unit.track) => self.start(tracks, outputs),
                    _ => {}
                }
                self.review(tracks, &unit, began, outputs);
                self.send(unit, outputs);
            }
        }
    }

    fn hold(&mut self, unit: AccessUnit, began: MediaTime, outputs: &mut Vec<Output>) {
        let waited = unit.dts.since(began);
        let known = Tracks { video: self.video.is_known(), audio: self.audio.is_known() };
        let State::Holding(units) = &mut self.state else { return };
        if unit.track == Track::Video && unit.keyframe {
            units.clear();
        }
        units.push(unit);
        if known == self.announced || waited >= PATIENCE || units.len() >= MAX_HELD {
            let units = mem::take(units);
            self.start(known, outputs);
            for unit in units {
                self.send(unit, outputs);
            }
        }
    }

    /// Looks whether viewers should expect other tracks than they do, where that can change.
    fn review(
        &mut self,
        tracks: Tracks,
        unit: &AccessUnit,
        began: MediaTime,
        outputs: &mut Vec<Output>,
    ) {
        let is_new = unit.dts.since(began) < KEY_PATIENCE;
        let is_there = |lane: &Lane, expected: bool| match lane.seen {
            Some(seen) => unit.dts.since(seen) < SILENCE,
            None => expected && is_new,
        };
        let there = Tracks {
            video: self.video.is_known() && is_there(&self.video, tracks.video),
            audio: self.audio.is_known() && is_there(&self.audio, tracks.audio),
        };
        let can_begin = unit.keyframe && (unit.track == Track::Video || !there.video);
        if there != tracks && can_begin {
            self.start(there, outputs);
        }
    }

    fn start(&mut self, tracks: Tracks, outputs: &mut Vec<Output>) {
        self.state = State::Playing(tracks);
        outputs.push(Output::Start(self.preamble(tracks)));
    }

    fn amend(&mut self, tracks: Tracks, track: Track, outputs: &mut Vec<Output>) {
        if let Some(initialization) = self.lane(track).initialization() {
            outputs.push(Output::Amend(self.preamble(tracks), initialization));
        }
    }

    fn preamble(&self, tracks: Tracks) -> Vec<Message> {
        let lane = |track| tracks.has(track).then(|| self.lane(track));
        segments::preamble(lane(Track::Video), lane(Track::Audio))
    }

    fn send(&mut self, unit: AccessUnit, outputs: &mut Vec<Output>) {
        let State::Playing(tracks) = self.state else { return };
        if !tracks.has(unit.track) {
            return;
        }
        let entry = unit.keyframe && (unit.track == Track::Video || !tracks.video);
        let time = unit.dts;
        if let Some(message) = self.lane_mut(unit.track).fragment(unit) {
            outputs.push(Output::Fragment(Fragment { message, entry, time }));
        }
    }

    fn lane(&self, track: Track) -> &Lane {
        match track {
            Track::Video => &self.video,
            Track::Audio => &self.audio,
        }
    }

    fn lane_mut(&mut self, track: Track) -> &mut Lane {
        match track {
            Track::Video => &mut self.video,
            Track::Audio => &mut self.audio,
        }
    }
}

#[cfg(test)]
mod tests;
