//! A broadcast in virtual time, for an app's own tests: no camera, no socket, no thread, and an hour
//! in a few seconds.
//!
//! A [`Rehearsal`] has the same session and the same interruption machine as a broadcast that goes
//! on air, with an encoder, networks and an ingest that do what a test says. It gives the same
//! [`Event`]s and the same [`Health`], and tells what viewers see and hear.
//!
//! ```
//! use std::time::Duration;
//!
//! use golive::interruption::{self, Cause, Picture};
//! use golive::rehearsal::{Happening, Heard, Network, Rehearsal};
//! use golive::{Broadcast, session::State};
//!
//! # fn main() -> Result<(), golive::Error> {
//! let builder = Broadcast::builder("srt://ingest.example:9000?streamid=live_4711".parse()?);
//! let mut rehearsal = Rehearsal::new(builder, interruption::Config::android(), 1)?;
//! let minute = |minute: u64| Duration::from_secs(60 * minute);
//! rehearsal.at(minute(3), Happening::began(Cause::Call));
//! rehearsal.at(minute(4), Happening::HandOver(Network::lte()));
//! rehearsal.at(minute(5), Happening::ended(Cause::Call));
//!
//! rehearsal.start()?;
//! rehearsal.run_until(minute(2));
//! assert!(rehearsal.viewer().is_live());
//! // The call: a slate, and nobody is heard.
//! rehearsal.run_until(minute(3) + Duration::from_secs(5));
//! let viewer = rehearsal.viewer();
//! assert_eq!((viewer.picture, viewer.sound), (Picture::Slate, Heard::Silence));
//! // Over the cellular network, and after the call.
//! rehearsal.run_until(minute(6));
//! assert!(rehearsal.viewer().is_live());
//! assert_eq!(rehearsal.health().link.state, State::Live);
//! rehearsal.stop()?;
//! # Ok(())
//! # }
//! ```
//!
//! Moments count from the beginning of the broadcast, when it begins to connect. Everything that
//! happens is a function of the builder, the rules, the seed and what is told: the same test sees
//! the same broadcast on every machine.
//!
//! # What is real in it, and what is not
//!
//! Real: the session (queue, multiplexer, SRT, encryption, rate controller, reconnection), the
//! interruption machine, and every packet between the broadcaster and the ingest. Not real:
//! pictures and sound, which have sizes and a rhythm but no content; the networks, which do what
//! [`Network`] says; a destination that calls and a recording, which are left out. Over several
//! networks at once ([`Builder::via`]) the first is Wi-Fi and the others are LTE, unless
//! [`Happening::NetworkOf`] says otherwise.

mod bond;
mod happening;
mod network;
mod stage;
mod uplink;
mod viewer;
mod way;
mod world;

use std::time::Duration;

use golive_proto::interruption::{self, Scene};
use golive_proto::media::{AudioFormat, VideoCodec};
use golive_proto::session::{EndCause, Input};
use golive_proto::units::Time;

pub use happening::{EncoderChange, Happening, IngestChange};
pub use network::Network;
pub use viewer::{Heard, Viewer};
use world::World;

use crate::broadcast::{
    Builder, Change, Health, Summary, end_error, ended, not_bonded, session_config,
};
use crate::encoder::Program;
use crate::error::{Error, ErrorKind};
use crate::event::Event;
#[cfg(feature = "media")]
use crate::{VideoSource, encoder::SourceChange};

/// A broadcast in virtual time. See the [module](self).
#[derive(Debug)]
pub struct Rehearsal {
    world: World,
    happenings: u64,
}

/// What is produced where the builder was given no encoder.
const PROGRAM: Program = Program {
    video: Some(VideoCodec::H264),
    audio: Some(AudioFormat { sample_rate: 48_000, channels: 2 }),
};
/// A broadcast that is to end has ended by then: what is queued is acknowledged or given up long
/// before.
const LONGEST_END: Duration = Duration::from_secs(60);
/// A first connection that nobody bounds is waited for so long; in virtual time.
const LONGEST_START: Duration = Duration::from_secs(3_600);

impl Rehearsal {
    /// A broadcast over [`Network::wifi`], or over the networks that the builder names, that has not begun, interrupted by these rules.
    ///
    /// An encoder of the app's own that the builder was given is not called: its program is what
    /// the rehearsal produces. All that is random comes from `seed`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`] for what would keep the broadcast itself from starting, and for a
    /// destination that calls, which cannot be rehearsed.
    pub fn new(builder: Builder, rules: interruption::Config, seed: u64) -> Result<Self, Error> {
        let program = builder.program().unwrap_or(PROGRAM);
        Self::producing(builder, program, rules, seed)
    }

    /// As [`new`](Self::new), with this program, whatever encoder the builder was given.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn producing(
        builder: Builder,
        program: Program,
        rules: interruption::Config,
        seed: u64,
    ) -> Result<Self, Error> {
        builder.check()?;
        let wrong = |message: &str| Err(Error::new(ErrorKind::Configuration, message));
        if program == Program::default() {
            return wrong("neither picture nor sound is to be broadcast: choose at least one");
        }
        if builder.destination.is_listener() {
            return wrong("a rehearsal calls its ingest: leave mode=listener out");
        }
        let config = session_config(&builder, program, Time::ZERO);
        Ok(Self { world: World::new(config, &builder.vias, rules, seed), happenings: 0 })
    }

    /// Has something happen at a moment since the beginning; at once, if that is past. Of what
    /// happens at the same moment, what was told first comes first.
    pub fn at(&mut self, moment: Duration, happening: Happening) {
        self.world.schedule.insert((Time::ZERO + moment, self.happenings), happening);
        self.happenings += 1;
    }

    /// Has something happen now.
    pub fn now(&mut self, happening: Happening) {
        self.at(self.elapsed(), happening);
        self.run_until(self.elapsed());
    }

    /// How much time has passed since the beginning.
    pub fn elapsed(&self) -> Duration {
        self.world.now.since(Time::ZERO)
    }

    /// Lets time pass until the ingest takes the stream.
    ///
    /// # Errors
    ///
    /// Why it does not, as a broadcast tells it: [`ErrorKind::Refused`] for a wrong key,
    /// [`ErrorKind::Unreachable`] for an ingest that does not answer.
    pub fn start(&mut self) -> Result<(), Error> {
        let limit = self.world.now + LONGEST_START;
        self.world.run(limit, |world| world.was_live || world.is_over());
        self.outcome().unwrap_or_else(|| Err(end_error(&EndCause::Unreachable(LONGEST_START))))
    }

    /// Whether the start succeeded: nothing as long as that is not known.
    pub fn outcome(&self) -> Option<Result<(), Error>> {
        match (&self.world.cause, self.world.was_live) {
            (_, true) => Some(Ok(())),
            (Some(cause), false) => Some(Err(end_error(cause))),
            (None, false) => None,
        }
    }

    /// Lets time pass until a moment since the beginning; one that is past changes nothing.
    pub fn run_until(&mut self, moment: Duration) {
        self.world.run(Time::ZERO + moment, |_| false);
    }

    /// Lets so much time pass.
    pub fn advance(&mut self, duration: Duration) {
        self.run_until(self.elapsed() + duration);
    }

    /// How the broadcast is doing now.
    pub fn health(&mut self) -> Health {
        Health {
            link: self.world.session.health(self.world.now),
            encoder: self.world.statistics(),
            networks: self.world.uplink.health(self.world.now),
        }
    }

    /// What happened to the broadcast so far, and when.
    pub fn events(&self) -> &[(Duration, Event)] {
        &self.world.events
    }

    /// What an app was told of its interruptions so far, and when.
    pub fn interruptions(&self) -> &[(Duration, interruption::Event)] {
        &self.world.told
    }

    /// What is filmed and recorded: what interruptions and the owner demand. Viewers see it [later](Viewer::behind).
    pub fn scene(&self) -> Scene {
        self.world.scene()
    }

    /// What a viewer sees and hears now.
    pub fn viewer(&self) -> Viewer {
        self.world.audience.look(self.world.now)
    }

    /// What a viewer saw and heard at a moment since the beginning that is no more than an hour
    /// ago. For one that is still to come, what there is now.
    pub fn viewer_at(&self, moment: Duration) -> Viewer {
        self.world.audience.look(self.world.now.min(Time::ZERO + moment))
    }

    /// Changes something while live, as [`Broadcast::set`](crate::Broadcast::set) does. What the
    /// owner shows and lets hear holds beside what interruptions demand: viewers get the stronger.
    /// Another camera, its lamp and its zoom are all the same to them.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn set(&mut self, change: Change) -> Result<(), Error> {
        if self.world.is_over() {
            return Err(ended());
        }
        let asked = &mut self.world.asked;
        match change {
            Change::VideoBitrate(bitrate) => asked.bitrate = bitrate,
            Change::AudioBitrate(bitrate) => asked.audio_bitrate = bitrate,
            Change::FrameRate(frame_rate) => asked.frame_rate = frame_rate,
            Change::Size(size) => asked.size = size,
            Change::Keyframe => {
                self.world.request_keyframe();
                return Ok(());
            }
            Change::EncoderRestart => {
                self.world.restart_encoder();
                return Ok(());
            }
            #[cfg(feature = "media")]
            Change::Source(
                SourceChange::Audio(_)
                | SourceChange::Video(VideoSource::Synthetic | VideoSource::File(_)),
            ) => {
                let message = "a rehearsal has one camera and one microphone, and no other sources";
                return Err(Error::new(ErrorKind::Configuration, message));
            }
            Change::Source(change) => {
                self.world.change_source(&change);
                return Ok(());
            }
            Change::Network(_) if !self.world.uplink.is_bonded() => return Err(not_bonded()),
            Change::Network(change) => {
                self.world.uplink.change_network(self.world.now, change);
                return Ok(());
            }
        }
        self.world.ask();
        Ok(())
    }

    /// Asks the broadcast to end; time has to pass until it has.
    pub fn request_stop(&mut self) {
        self.world.tell_session(Input::Stop);
    }

    /// How the broadcast ended; nothing as long as it has not.
    pub fn summary(&mut self) -> Option<Summary> {
        let cause = self.world.cause.clone().filter(|_| self.world.is_over())?;
        Some(Summary { cause, health: self.health() })
    }

    /// Stops: time passes until what was produced is carried and the ingest told. Calling it again
    /// gives the same summary.
    ///
    /// # Errors
    ///
    /// None so far; as of [`Broadcast::stop`](crate::Broadcast::stop).
    pub fn stop(&mut self) -> Result<Summary, Error> {
        self.request_stop();
        let limit = self.world.now + LONGEST_END;
        self.world.run(limit, World::is_over);
        let late = || Error::new(ErrorKind::System, "the broadcast does not end; please report it");
        self.summary().ok_or_else(late)
    }
}
