//! What viewers see and hear, from what the ingest read.

use std::collections::VecDeque;
use std::time::Duration;

use golive_netlab::ends::{Label, Received};
use golive_proto::interruption::{Picture, Scene, Sound};
use golive_proto::media::Track;
use golive_proto::mux::mpegts::TIMELINE_OFFSET;
use golive_proto::units::{MediaTime, Time};

/// What a viewer sees and hears at one moment, as the ingest hands it on: what a platform and a
/// player add comes on top.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// The moment, since the broadcast began.
    pub at: Duration,
    /// What is seen: the camera, its last picture that is held, the app's slate, or nothing, as
    /// before the first picture, when only sound is sent, and when the broadcast is over.
    pub picture: Picture,
    /// How long ago the camera took what is seen; nothing for a slate, and where nothing is seen.
    pub picture_age: Option<Duration>,
    /// When the last picture came, if none has come for half a second though there should be
    /// some: the picture stands still, and nobody wanted it to.
    pub frozen_since: Option<Duration>,
    /// What is heard.
    pub sound: Heard,
    /// How far what came last is behind what happens; nothing before anything came, and when the
    /// broadcast is over.
    pub behind: Option<Duration>,
    tracks: Tracks,
}

/// What is broadcast at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tracks {
    pub(super) video: bool,
    pub(super) audio: bool,
}

/// What viewers hear.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Heard {
    /// The microphone.
    Microphone,
    /// Silence that is sent: nobody is to be heard.
    Silence,
    /// Nothing comes, and has not for half a second.
    #[default]
    Nothing,
}

impl Viewer {
    /// Whether all is as it should be: the camera moves, and the microphone is heard, as far as
    /// there are pictures and sound at all.
    pub fn is_live(&self) -> bool {
        let is_seen = self.picture == Picture::Camera && self.frozen_since.is_none();
        let is_heard = self.sound == Heard::Microphone;
        (is_seen || !self.tracks.video) && (is_heard || !self.tracks.audio)
    }
}

/// What was filmed, and what of it came.
#[derive(Debug)]
pub(super) struct Audience {
    tracks: Tracks,
    /// What was filmed, from its place on the timeline on.
    filmed: Vec<Filmed>,
    pictures: VecDeque<Arrived>,
    sounds: VecDeque<Arrived>,
    /// The last picture that could be decoded.
    decoded: Option<Label>,
    over: Option<Time>,
}

#[derive(Clone, Copy, Debug)]
struct Filmed {
    from: Time,
    picture: Picture,
    /// When the camera took the picture that is held.
    held: Time,
    is_heard: bool,
}

#[derive(Clone, Copy, Debug)]
struct Arrived {
    at: Time,
    captured: Time,
}

/// Without a picture or sound for longer than this, viewers notice.
const NOTICED: Duration = Duration::from_millis(500);
/// What came is kept for so long.
const KEPT: Duration = Duration::from_secs(3_600);

impl Audience {
    pub(super) fn new(tracks: Tracks) -> Self {
        Self {
            tracks,
            filmed: Vec::new(),
            pictures: VecDeque::new(),
            sounds: VecDeque::new(),
            decoded: None,
            over: None,
        }
    }

    /// This is filmed and recorded from now on.
    pub(super) fn film(&mut self, now: Time, scene: Scene, muted: bool) {
        let held = match self.filmed.last() {
            Some(last) if last.picture != Picture::Camera => last.held,
            _ => now,
        };
        let is_heard = scene.sound == Sound::Microphone && !muted;
        self.filmed.push(Filmed { from: now, picture: scene.picture, held, is_heard });
    }

    /// The ingest read this.
    pub(super) fn receive(&mut self, unit: &Received) {
        let place = (unit.pts - TIMELINE_OFFSET).since(MediaTime::ZERO);
        let arrived = Arrived { at: unit.at, captured: Time::ZERO + place };
        let queue = match unit.track {
            Track::Audio => &mut self.sounds,
            Track::Video if !self.can_decode(unit) => return,
            Track::Video => &mut self.pictures,
        };
        queue.push_back(arrived);
        while queue.front().is_some_and(|first| unit.at.since(first.at) > KEPT) {
            queue.pop_front();
        }
    }

    /// The broadcast is over, and its viewers know.
    pub(super) fn end(&mut self, now: Time) {
        self.over.get_or_insert(now);
    }

    /// What is seen and heard at a moment.
    pub(super) fn look(&self, now: Time) -> Viewer {
        let over = self.over.is_some_and(|over| over <= now);
        let picture = newest(&self.pictures, now).filter(|_| !over);
        let sound = newest(&self.sounds, now).filter(|_| !over);
        let newest = [picture, sound].into_iter().flatten().max_by_key(|it| it.captured);
        let stale = |arrived: &Arrived| now.since(arrived.at) > NOTICED;
        let seen = picture.and_then(|picture| {
            let filmed = self.filmed_at(picture.captured)?;
            // Where there is no sound to tell by, viewers find out when the picture stands still.
            let known = if self.tracks.audio {
                newest.map(|newest| newest.captured)
            } else {
                stale(&picture).then_some(now)
            };
            let sound_alone = known
                .and_then(|captured| self.filmed_at(captured))
                .is_some_and(|filmed| filmed.picture == Picture::Nothing);
            (!sound_alone).then_some((picture, filmed))
        });
        let age = |(picture, filmed): (Arrived, Filmed)| match filmed.picture {
            Picture::Camera => Some(now.since(picture.captured)),
            Picture::LastFrame => Some(now.since(filmed.held)),
            Picture::Slate | Picture::Nothing => None,
        };
        let frozen = seen.map(|(picture, _)| picture).filter(stale);
        let heard = sound.filter(|sound| !stale(sound)).and_then(|it| self.filmed_at(it.captured));
        Viewer {
            at: now.since(Time::ZERO),
            picture: seen.map_or(Picture::Nothing, |(_, filmed)| filmed.picture),
            picture_age: seen.and_then(age),
            frozen_since: frozen.map(|picture| picture.at.since(Time::ZERO)),
            sound: match heard {
                None => Heard::Nothing,
                Some(filmed) if filmed.is_heard => Heard::Microphone,
                Some(_) => Heard::Silence,
            },
            behind: newest.map(|newest| now.since(newest.captured)),
            tracks: self.tracks,
        }
    }

    /// Whether nothing is missing that a picture refers to.
    fn can_decode(&mut self, unit: &Received) -> bool {
        let follows = |label: Label| self.decoded.is_some_and(|last| label.follows(last));
        self.decoded = unit.label.filter(|label| unit.keyframe || follows(*label));
        self.decoded.is_some()
    }

    fn filmed_at(&self, captured: Time) -> Option<Filmed> {
        // Timestamps in the stream are rounded by up to 12 us.
        let captured = captured + ROUNDED;
        let after = self.filmed.partition_point(|filmed| filmed.from <= captured);
        self.filmed.get(after.checked_sub(1)?).copied()
    }
}

const ROUNDED: Duration = Duration::from_micros(12);

fn newest(arrived: &VecDeque<Arrived>, now: Time) -> Option<Arrived> {
    let after = arrived.partition_point(|arrived| arrived.at <= now);
    arrived.get(after.checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use golive_proto::media::FrameRate;
    use golive_proto::units::ByteCount;

    use super::*;

    /// A picture of thirty a second, which comes 100 ms after it was captured.
    fn picture(number: u64, keyframe: bool) -> Received {
        let frame_rate = FrameRate::new(30).unwrap();
        let captured = Time::from_millis(number * 1_000 / 30);
        Received {
            at: captured + Duration::from_millis(100),
            track: Track::Video,
            pts: MediaTime::from_millis((number * 1_000 / 30) as i64) + TIMELINE_OFFSET,
            keyframe,
            length: ByteCount::new(1_000),
            label: Some(Label { number: (number % 251) as u8 + 1, frame_rate }),
        }
    }

    #[test]
    fn what_follows_a_lost_picture_is_not_seen_before_the_next_key_frame() {
        let mut audience = Audience::new(Tracks { video: true, audio: true });
        audience.film(Time::ZERO, Scene::LIVE, false);
        for number in (0..60).filter(|number| *number != 20) {
            audience.receive(&picture(number, number == 0 || number == 50));
        }
        let at = |number: u64| {
            let now = Time::from_millis(number * 1_000 / 30 + 101);
            (audience.look(now).picture_age.unwrap().as_millis() - 1) / 33
        };
        assert_eq!(at(19), 3, "a tenth of a second old, as it should be");
        assert_eq!(at(49), 33, "the one before the lost one stands still");
        assert_eq!(at(50), 3, "and moves again");
        let stands = audience.look(Time::from_millis(1_600));
        assert_eq!(stands.frozen_since.map(|since| since.as_millis()), Some(733));
    }
}
