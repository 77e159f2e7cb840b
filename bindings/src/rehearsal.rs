//! A broadcast in virtual time, for the tests of apps: golive's rehearsal, whose time is passed in.
//! No camera, socket or thread, and nothing waits.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use golive::rehearsal;
use golive::srt::Rejection;
use golive::{Bitrate, interruption};

use crate::broadcast::{Change, Summary};
use crate::config::BroadcastConfig;
use crate::encoder::Program;
use crate::error::GoliveFailure;
use crate::event::Event;
use crate::health::{BroadcastState, Health, millis};
use crate::interruption::{
    InterruptionCause, InterruptionInput, InterruptionRules, ShownPicture, cause_of,
};

/// What a network in a rehearsal is like. Those with a name are of the size that people meet.
#[derive(Clone, Copy, Debug, PartialEq, uniffi::Enum)]
pub enum RehearsedNetwork {
    /// At home: 20 Mb/s, 20 ms, a packet lost in a thousand.
    Wifi,
    /// Cellular where it is good: 8 Mb/s, 60 ms, three packets lost in a thousand.
    Lte,
    /// Cellular at its edge: 700 kb/s, 140 ms, two packets lost in a hundred, and a deep queue.
    PoorCellular,
    /// None: nothing passes.
    None,
    /// This one.
    Like {
        /// What the uplink carries; nothing passes if it is zero.
        bits_per_second: u64,
        /// There and back.
        round_trip_time_ms: u32,
        /// The share of packets lost both ways, 0.0 to 1.0.
        loss: f64,
        /// How long packets wait before the bottleneck at most; what would wait longer is dropped.
        queue_ms: u32,
    },
}

/// What the video encoder of a rehearsal does from now on.
#[derive(Clone, Copy, Debug, PartialEq, uniffi::Enum)]
pub enum RehearsedEncoder {
    /// What it is told, exactly.
    Obeys,
    /// So many times the bitrate that it is told.
    Overshoots {
        /// So many times.
        factor: f64,
    },
    /// The bitrate, frame rate and size that it began with, until it is made anew.
    IgnoresTargets,
    /// The same, made anew or not.
    NeverObeys,
    /// Nothing, though pictures are captured, until it is made anew.
    Freezes,
    /// It fails, and another one takes its place after 500 ms.
    Fails,
}

/// What the ingest of a rehearsal does from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum RehearsedIngest {
    /// It dies without a word.
    Dies,
    /// One is there again, which knows nothing of what was before.
    Returns,
    /// It refuses the key of whoever comes; a connection that there is goes on.
    RefusesKey,
    /// It still holds the stream that it had, and refuses it for now; a broadcast that was live tries
    /// again.
    HoldsOldStream,
    /// It takes whoever comes.
    Admits,
}

/// Something that happens to a rehearsed broadcast.
#[derive(Clone, Copy, Debug, PartialEq, uniffi::Enum)]
pub enum Happening {
    /// The platform says something: a call, the background, a camera that is taken, heat.
    Interruption {
        /// What it says.
        input: InterruptionInput,
    },
    /// The network that is in use is like this from now on, and the device keeps its address. Of
    /// several at once, all of them.
    Network {
        /// Like this.
        network: RehearsedNetwork,
    },
    /// Of several networks that are used at once, one is like this from now on, or once it is there.
    /// That it comes or goes the app says, by a `Change`.
    NetworkOf {
        /// Which one: in the order in which they were named, from zero, those added later included.
        number: u32,
        /// Like this.
        network: RehearsedNetwork,
    },
    /// Another network takes over: for 400 ms nothing passes, then the device has another address.
    HandOver {
        /// Which one.
        network: RehearsedNetwork,
    },
    /// The video encoder behaves otherwise.
    Encoder {
        /// How.
        behaviour: RehearsedEncoder,
    },
    /// The ingest behaves otherwise.
    Ingest {
        /// How.
        behaviour: RehearsedIngest,
    },
}

/// What viewers hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum ViewerSound {
    /// The microphone.
    Microphone,
    /// Silence that is sent: nobody is to be heard.
    Silence,
    /// Nothing comes, and has not for half a second.
    Nothing,
}

/// What a viewer sees and hears at one moment, as the ingest hands it on: what a platform and a
/// player add comes on top.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Viewer {
    /// The moment, since the broadcast began.
    pub at_ms: u64,
    /// What is seen: nothing before the first picture, when only sound is sent, and at the end.
    pub picture: ShownPicture,
    /// How long ago the camera took what is seen; nothing for a slate, and where nothing is seen.
    pub picture_age_ms: Option<u64>,
    /// When the last picture came, if none has come for half a second though there should be some:
    /// the picture stands still, and nobody wanted it to.
    pub frozen_since_ms: Option<u64>,
    /// What is heard.
    pub sound: ViewerSound,
    /// How far what came last is behind what happens; nothing where nothing comes.
    pub behind_ms: Option<u64>,
    /// Whether all is as it should be: the camera moves, and the microphone is heard, as far as there
    /// are pictures and sound at all.
    pub is_live: bool,
}

/// An event of a rehearsal, and when it was.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct RehearsedEvent {
    /// Since the broadcast began.
    pub at_ms: u64,
    /// What happened.
    pub event: Event,
}

/// What an app was told of an interruption, and when.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct ToldInterruption {
    /// Since the broadcast began.
    pub at_ms: u64,
    /// A sentence for a person.
    pub sentence: String,
    /// The cause that it is about, if it is about one.
    pub cause: Option<InterruptionCause>,
}

/// How a rehearsal stands, and what happened since it was last looked at.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct RehearsalLook {
    /// How the broadcast is doing.
    pub health: Health,
    /// What a viewer sees and hears.
    pub viewer: Viewer,
    /// What happened to the broadcast.
    pub events: Vec<RehearsedEvent>,
    /// What the app was told of interruptions.
    pub told: Vec<ToldInterruption>,
}

/// A broadcast in virtual time. It begins to connect at zero, and everything that happens is a
/// function of what it is told and the seed.
#[derive(uniffi::Object)]
pub struct RehearsalHandle(Mutex<Rehearsed>);

struct Rehearsed {
    rehearsal: rehearsal::Rehearsal,
    has_begun: bool,
    events_seen: usize,
    told_seen: usize,
}

#[uniffi::export]
impl RehearsalHandle {
    /// Prepares a rehearsal over Wi-Fi, or over the networks that are named: the first is Wi-Fi then,
    /// and the others are LTE, unless something else happens. Sources, a slate and a file that keeps a copy are taken no
    /// notice of.
    ///
    /// # Errors
    ///
    /// `Configuration` for what would keep the broadcast itself from starting, and for a destination
    /// that calls, which cannot be rehearsed.
    #[uniffi::constructor]
    pub fn new(
        config: BroadcastConfig,
        program: Program,
        rules: InterruptionRules,
        seed: u64,
    ) -> Result<Arc<Self>, GoliveFailure> {
        let destination = config.destination.inner();
        let config = BroadcastConfig { sources: None, slate: None, record_path: None, ..config };
        let rehearsal = rehearsal::Rehearsal::producing(
            config.builder(destination)?,
            program.into(),
            rules.into(),
            seed,
        )?;
        let rehearsed = Rehearsed { rehearsal, has_begun: false, events_seen: 0, told_seen: 0 };
        Ok(Arc::new(Self(Mutex::new(rehearsed))))
    }

    /// Has something happen at a moment; at once, if that is past.
    pub fn at(&self, moment_us: u64, happening: Happening) {
        let happening = happening.into();
        self.lock().rehearsal.at(Duration::from_micros(moment_us), happening);
    }

    /// Lets time pass until a moment, what happens then included; answers how it stands then. The
    /// first call begins the broadcast, and a moment that is past changes nothing.
    pub fn run_until(&self, moment_us: u64) -> RehearsalLook {
        let mut rehearsed = self.lock();
        rehearsed.has_begun = true;
        rehearsed.rehearsal.run_until(Duration::from_micros(moment_us));
        rehearsed.look()
    }

    /// How the broadcast is doing, without letting time pass: prepared, before any did.
    pub fn health(&self) -> Health {
        let mut rehearsed = self.lock();
        let health: Health = rehearsed.rehearsal.health().into();
        let state = if rehearsed.has_begun { health.state } else { BroadcastState::Prepared };
        Health { state, ..health }
    }

    /// What a viewer saw at a moment that is no more than an hour ago.
    pub fn viewer_at(&self, moment_us: u64) -> Viewer {
        self.lock().rehearsal.viewer_at(Duration::from_micros(moment_us)).into()
    }

    /// Whether the ingest has taken the stream.
    ///
    /// # Errors
    ///
    /// Why it never will.
    pub fn has_started(&self) -> Result<bool, GoliveFailure> {
        Ok(self.lock().rehearsal.outcome().transpose()?.is_some())
    }

    /// Changes something while live.
    ///
    /// # Errors
    ///
    /// `Ended` once it is over; `Configuration` for what makes no sense.
    pub fn set(&self, change: Change) -> Result<(), GoliveFailure> {
        let change = change.into_golive()?;
        Ok(self.lock().rehearsal.set(change)?)
    }

    /// Asks it to end; time has to pass until it has.
    pub fn request_stop(&self) {
        self.lock().rehearsal.request_stop();
    }

    /// How it ended; nothing as long as it has not.
    pub fn summary(&self) -> Option<Summary> {
        self.lock().rehearsal.summary().map(Summary::from)
    }
}

impl RehearsalHandle {
    fn lock(&self) -> MutexGuard<'_, Rehearsed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rehearsed {
    fn look(&mut self) -> RehearsalLook {
        let rehearsal = &mut self.rehearsal;
        let events = rehearsal.events().iter().skip(self.events_seen);
        let events: Vec<_> = events.map(RehearsedEvent::from).collect();
        let told = rehearsal.interruptions().iter().skip(self.told_seen);
        let told: Vec<_> = told.map(ToldInterruption::from).collect();
        self.events_seen += events.len();
        self.told_seen += told.len();
        let (health, viewer) = (rehearsal.health().into(), rehearsal.viewer().into());
        RehearsalLook { health, viewer, events, told }
    }
}

impl From<&(Duration, golive::Event)> for RehearsedEvent {
    fn from((at, event): &(Duration, golive::Event)) -> Self {
        Self { at_ms: millis(*at), event: event.clone().into() }
    }
}

impl From<&(Duration, interruption::Event)> for ToldInterruption {
    fn from((at, event): &(Duration, interruption::Event)) -> Self {
        Self { at_ms: millis(*at), sentence: event.to_string(), cause: cause_of(event) }
    }
}

impl From<rehearsal::Viewer> for Viewer {
    fn from(viewer: rehearsal::Viewer) -> Self {
        Self {
            at_ms: millis(viewer.at),
            picture: viewer.picture.into(),
            picture_age_ms: viewer.picture_age.map(millis),
            frozen_since_ms: viewer.frozen_since.map(millis),
            sound: match viewer.sound {
                rehearsal::Heard::Microphone => ViewerSound::Microphone,
                rehearsal::Heard::Silence => ViewerSound::Silence,
                rehearsal::Heard::Nothing => ViewerSound::Nothing,
            },
            behind_ms: viewer.behind.map(millis),
            is_live: viewer.is_live(),
        }
    }
}

impl From<RehearsedNetwork> for rehearsal::Network {
    fn from(network: RehearsedNetwork) -> Self {
        let long = |ms: u32| Duration::from_millis(ms.into());
        match network {
            RehearsedNetwork::Wifi => Self::wifi(),
            RehearsedNetwork::Lte => Self::lte(),
            RehearsedNetwork::PoorCellular => Self::poor_cellular(),
            RehearsedNetwork::None => Self::none(),
            RehearsedNetwork::Like { bits_per_second, round_trip_time_ms, loss, queue_ms } => {
                let bitrate = Bitrate::from_bits_per_second(bits_per_second);
                Self::like(bitrate, long(round_trip_time_ms))
                    .with_loss(loss)
                    .with_queue(long(queue_ms))
            }
        }
    }
}

impl From<Happening> for rehearsal::Happening {
    fn from(happening: Happening) -> Self {
        use rehearsal::{EncoderChange, IngestChange};
        match happening {
            Happening::Interruption { input } => Self::Interruption(input.into()),
            Happening::Network { network } => Self::Network(network.into()),
            Happening::NetworkOf { number, network } => {
                Self::NetworkOf { number: number as usize, network: network.into() }
            }
            Happening::HandOver { network } => Self::HandOver(network.into()),
            Happening::Encoder { behaviour } => Self::Encoder(match behaviour {
                RehearsedEncoder::Obeys => EncoderChange::Obeys,
                RehearsedEncoder::Overshoots { factor } => EncoderChange::Overshoots(factor),
                RehearsedEncoder::IgnoresTargets => EncoderChange::IgnoresTargets,
                RehearsedEncoder::NeverObeys => EncoderChange::NeverObeys,
                RehearsedEncoder::Freezes => EncoderChange::Freezes,
                RehearsedEncoder::Fails => EncoderChange::Fails,
            }),
            Happening::Ingest { behaviour } => Self::Ingest(match behaviour {
                RehearsedIngest::Dies => IngestChange::Dies,
                RehearsedIngest::Returns => IngestChange::Returns,
                RehearsedIngest::RefusesKey => IngestChange::Refuses(Rejection::UNAUTHORIZED),
                RehearsedIngest::HoldsOldStream => IngestChange::Refuses(Rejection::CONFLICT),
                RehearsedIngest::Admits => IngestChange::Admits,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::destination::Destination;
    use crate::interruption::android_interruptions;

    fn config() -> BroadcastConfig {
        BroadcastConfig {
            destination: Destination::parse("srt://ingest.example:9000").unwrap(),
            width_pixels: 1280,
            height_pixels: 720,
            frames_per_second: 30,
            video_bits_per_second: 2_500_000,
            minimum_video_bits_per_second: 50_000,
            audio_bits_per_second: 128_000,
            keyframe_interval_ms: 2_000,
            adaptive: true,
            adaptive_frame_rate: true,
            adaptive_size: true,
            adaptive_audio: true,
            queue_limit_ms: 1_000,
            record_path: None,
            networks: Vec::new(),
            sources: None,
            slate: None,
        }
    }

    fn rehearsal() -> Arc<RehearsalHandle> {
        let program = Program {
            video: true,
            video_codec: None,
            audio_sample_rate_hz: Some(48_000),
            audio_channels: 2,
        };
        RehearsalHandle::new(config(), program, android_interruptions(), 1).unwrap()
    }

    #[test]
    fn a_call_is_seen_and_told_once() {
        let rehearsal = rehearsal();
        let call = InterruptionInput::Began { cause: InterruptionCause::Call };
        rehearsal.at(180_000_000, Happening::Interruption { input: call });
        let before = rehearsal.run_until(179_000_000);
        assert!(before.viewer.is_live, "{:?}", before.viewer);
        assert!(rehearsal.has_started().unwrap());
        let during = rehearsal.run_until(185_000_000);
        assert_eq!(during.viewer.picture, ShownPicture::Slate);
        assert_eq!(during.viewer.sound, ViewerSound::Silence);
        assert_eq!(during.told[0].at_ms, 180_000);
        assert_eq!(during.told[0].cause, Some(InterruptionCause::Call));
        assert_eq!(rehearsal.run_until(185_000_000).told, [], "it was told");
        assert_eq!(rehearsal.viewer_at(170_000_000).picture, ShownPicture::Camera);
        rehearsal.request_stop();
        let after = rehearsal.run_until(190_000_000);
        assert_eq!(after.health.state, BroadcastState::Ended);
        assert!(rehearsal.summary().is_some());
    }

    #[test]
    fn a_wrong_key_is_the_failure_that_a_broadcast_gives() {
        let rehearsal = rehearsal();
        rehearsal.at(0, Happening::Ingest { behaviour: RehearsedIngest::RefusesKey });
        rehearsal.run_until(1_000_000);
        let failure = rehearsal.has_started().unwrap_err();
        assert!(matches!(failure, GoliveFailure::Refused { .. }), "{failure:?}");
    }
}
