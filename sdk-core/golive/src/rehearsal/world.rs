//! Everything around a rehearsed broadcast, in virtual time: a loop that jumps from one event to the
//! next.

use std::collections::BTreeMap;
use std::time::Duration;

use golive_netlab::ends::{Encoder, Ingest, Manners, Temper};
use golive_proto::interruption::{self, Scene};
use golive_proto::media::{Track, VideoCodec};
use golive_proto::rate::EncoderTarget;
use golive_proto::session::{self, EndCause, Input, Output, Session};
use golive_proto::transport::srtla;
use golive_proto::units::{Bitrate, Time};

use super::stage::{Cue, Stage, filmed};
use super::uplink::{Arrival, INGEST, Uplink};
use super::viewer::{Audience, Tracks};
use super::{EncoderChange, Happening, IngestChange};
use crate::broadcast::Via;
use crate::encoder::{EncoderStatistics, SourceChange};
use crate::event::{DeviceEvent, Event};

/// See the module.
#[derive(Debug)]
pub(super) struct World {
    pub(super) now: Time,
    pub(super) session: Session,
    session_wake: Option<Time>,
    pub(super) uplink: Uplink,
    ingest: Option<Ingest>,
    manners: Manners,
    /// How many there were: each draws its own numbers.
    ingests: u8,
    encoder: Encoder,
    /// When the encoder that failed has another one in its place.
    encoder_back: Option<Time>,
    stage: Stage,
    pub(super) audience: Audience,
    pub(super) schedule: BTreeMap<(Time, u64), Happening>,
    /// What the owner asks for, whatever limits it.
    pub(super) asked: EncoderTarget,
    /// What the owner shows and lets hear, whatever interrupts it.
    wanted: Scene,
    muted: bool,
    pub(super) events: Vec<(Duration, Event)>,
    pub(super) told: Vec<(Duration, interruption::Event)>,
    pub(super) was_live: bool,
    pub(super) cause: Option<EndCause>,
    ended: bool,
    buffer: Vec<u8>,
}

/// What a picture that stands still takes at most.
const STILL: Bitrate = Bitrate::from_kilobits_per_second(300);
/// From an encoder that failed to another one.
const ENCODER_RETRY: Duration = Duration::from_millis(500);
const BUFFER: usize = 1_500;

impl World {
    pub(super) fn new(
        config: session::Config,
        vias: &[Via],
        rules: interruption::Config,
        seed: u64,
    ) -> Self {
        // What is rehearsed with makes H.264, whatever the app's own encoder will make.
        let video = config.video.map(|_| VideoCodec::H264);
        let config = session::Config { video, ..config };
        let mut long_seed = [0x5A; 32];
        for (byte, drawn) in long_seed.iter_mut().zip(seed.to_be_bytes()) {
            *byte = drawn;
        }
        let manners =
            Manners { passphrase: config.transport.passphrase.clone(), ..Manners::default() };
        let bonding = srtla::Config { latency: config.transport.latency };
        let mut audience =
            Audience::new(Tracks { video: video.is_some(), audio: config.audio.is_some() });
        audience.film(Time::ZERO, Scene::LIVE, false);
        Self {
            now: Time::ZERO,
            uplink: Uplink::new(vias, bonding, seed),
            ingest: Some(Ingest::new(Time::ZERO, 0, manners.clone())),
            manners,
            ingests: 1,
            encoder: Encoder::producing(config.target, video.is_some(), config.audio),
            encoder_back: None,
            stage: Stage::new(rules),
            audience,
            schedule: BTreeMap::new(),
            asked: config.target,
            wanted: Scene::LIVE,
            muted: false,
            events: Vec::new(),
            told: Vec::new(),
            was_live: false,
            cause: None,
            ended: false,
            buffer: vec![0; BUFFER],
            session_wake: Some(Time::ZERO),
            session: Session::new(config, Time::ZERO, long_seed),
        }
    }

    pub(super) fn statistics(&self) -> EncoderStatistics {
        EncoderStatistics {
            frames_captured: self.encoder.captured(),
            frames_encoded: self.encoder.encoded(),
            ..EncoderStatistics::default()
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.ended
    }

    pub(super) fn scene(&self) -> Scene {
        self.stage.scene().strongest(self.wanted)
    }

    /// Tells the session something.
    pub(super) fn tell_session(&mut self, input: Input<'_>) {
        self.session.handle(self.now, input);
        self.session_wake = Some(self.now);
    }

    /// Lets time pass until `until`, or until `enough` says so.
    pub(super) fn run(&mut self, until: Time, enough: impl Fn(&Self) -> bool) {
        loop {
            self.happen();
            self.drain();
            if enough(self) {
                return;
            }
            let Some(next) = self.next().filter(|next| *next <= until) else { break };
            self.now = self.now.max(next);
            self.arrive();
            self.film();
        }
        self.now = self.now.max(until);
    }

    /// When something happens next.
    fn next(&self) -> Option<Time> {
        let filming = if self.ended { None } else { self.encoder.next() };
        let wakes = [
            self.session_wake,
            self.uplink.next(),
            self.ingest.as_ref().and_then(Ingest::next),
            self.schedule.keys().next().map(|(at, _)| *at),
            self.stage.next(),
            self.encoder_back,
            filming,
        ];
        wakes.into_iter().flatten().min()
    }

    /// Everything that was to happen by now.
    fn happen(&mut self) {
        while let Some(next) = self.schedule.first_entry()
            && next.key().0 <= self.now
        {
            let happening = next.remove();
            self.let_happen(happening);
        }
        self.on_stage(|stage, now, cues| stage.advance(now, |cue| cues.push(cue)));
        if self.encoder_back.is_some_and(|back| back <= self.now) {
            self.encoder_back = None;
            self.encoder.restart();
            self.show();
        }
    }

    fn let_happen(&mut self, happening: Happening) {
        match happening {
            Happening::Interruption(input) => {
                self.on_stage(|stage, now, cues| stage.hear(now, input, |cue| cues.push(cue)));
            }
            Happening::Network(network) => self.uplink.set(network),
            Happening::NetworkOf { number, network } => self.uplink.set_one(number, network),
            Happening::HandOver(network) => self.uplink.hand_over(self.now, network),
            Happening::Encoder(change) => self.change_encoder(change),
            Happening::Ingest(change) => self.change_ingest(change),
        }
    }

    fn change_encoder(&mut self, change: EncoderChange) {
        self.encoder.set_temper(match change {
            EncoderChange::Obeys => Temper::Obedient,
            EncoderChange::Overshoots(factor) => Temper::Overshooting(factor.clamp(0.0, 100.0)),
            EncoderChange::IgnoresTargets => Temper::Deaf,
            EncoderChange::NeverObeys => Temper::Stubborn,
            EncoderChange::Freezes => Temper::Freezing(self.now),
            EncoderChange::Fails => {
                self.encoder_back = Some(self.now + ENCODER_RETRY);
                self.encoder.film(self.now, false);
                let cause = "the rehearsal wants it so".to_owned();
                let track = Track::Video;
                self.tell(Event::Device(DeviceEvent::EncoderFailed { track, cause }));
                return;
            }
        });
    }

    fn change_ingest(&mut self, change: IngestChange) {
        match change {
            IngestChange::Dies => {
                self.uplink.ingest_is_there(self.now, false);
                self.ingest = None;
            }
            IngestChange::Returns => {
                self.uplink.ingest_is_there(self.now, true);
                let ingest = Ingest::new(self.now, self.ingests, self.manners.clone());
                self.ingests = self.ingests.wrapping_add(1);
                self.ingest = Some(ingest);
            }
            IngestChange::Refuses(reason) => self.set_refusal(Some(reason)),
            IngestChange::Admits => self.set_refusal(None),
        }
    }

    fn set_refusal(&mut self, refusal: Option<crate::srt::Rejection>) {
        self.manners.refusal = refusal;
        if let Some(ingest) = &mut self.ingest {
            ingest.refuse(refusal);
        }
    }

    /// Lets something happen on the stage, and does what comes of it.
    fn on_stage(&mut self, happen: impl FnOnce(&mut Stage, Time, &mut Vec<Cue>)) {
        let mut cues = Vec::new();
        happen(&mut self.stage, self.now, &mut cues);
        for cue in cues {
            self.act(cue);
        }
    }

    fn act(&mut self, cue: Cue) {
        match cue {
            Cue::Scene => self.show(),
            Cue::Keyframe => self.encoder.request_keyframe(),
            Cue::RestartEncoder => self.encoder.restart(),
            Cue::Limit => self.ask(),
            Cue::Tell(event) => self.told.push((self.now.since(Time::ZERO), event)),
            Cue::Camera { taken } => {
                let device = "the camera".to_owned();
                let cause = "another app took it".to_owned();
                self.tell(Event::Device(if taken {
                    DeviceEvent::Lost { device, cause }
                } else {
                    DeviceEvent::Back { device }
                }));
            }
            Cue::Stop => self.tell_session(Input::Stop),
        }
    }

    pub(super) fn request_keyframe(&mut self) {
        self.encoder.request_keyframe();
    }

    pub(super) fn restart_encoder(&mut self) {
        self.encoder.restart();
    }

    /// Carries out what the owner asks of camera and microphone.
    pub(super) fn change_source(&mut self, change: &SourceChange) {
        match change {
            SourceChange::AudioMuted(muted) => self.muted = *muted,
            SourceChange::Shown(picture) => self.wanted.picture = *picture,
            SourceChange::Heard(sound) => self.wanted.sound = *sound,
            // Another camera, its lamp, its zoom: viewers see a camera.
            _ => return,
        }
        self.show();
    }

    /// Films and records what the scene says.
    fn show(&mut self) {
        let scene = self.scene();
        let (films, still) = filmed(scene.picture);
        self.encoder.film(self.now, films && self.encoder_back.is_none());
        self.encoder.hold_still(still.then_some(STILL));
        self.audience.film(self.now, scene, self.muted);
    }

    /// Asks the session for what the owner wants, as far as the device bears it.
    pub(super) fn ask(&mut self) {
        let target = self.stage.limit().apply(self.asked);
        self.tell_session(Input::Target(target));
    }

    fn tell(&mut self, event: Event) {
        self.events.push((self.now.since(Time::ZERO), event));
    }

    /// Takes what camera and microphone deliver now.
    fn film(&mut self) {
        if self.ended {
            return;
        }
        let captured = self.encoder.captured();
        if let Some(unit) = self.encoder.produce(self.now) {
            self.tell_session(Input::Unit(unit));
        }
        if self.encoder.captured() > captured {
            self.session.handle(self.now, Input::Captured(self.encoder.captured()));
        }
    }

    /// Everything that arrives now.
    fn arrive(&mut self) {
        while let Some(arrival) = self.uplink.arrive(self.now) {
            match arrival {
                Arrival::AtIngest { from, bytes } => {
                    if let Some(ingest) = &mut self.ingest {
                        ingest.receive(self.now, from, &bytes);
                    }
                }
                Arrival::AtLeg { leg, bytes } => {
                    self.tell_session(Input::Datagram { leg, from: INGEST, data: &bytes });
                }
                Arrival::Opened { leg } => self.tell_session(Input::Opened { leg, peer: INGEST }),
                Arrival::Ways { leg, ways } => self.tell_session(Input::Ways { leg, ways }),
                Arrival::Network(event) => self.tell(Event::Network(event)),
            }
        }
    }

    /// Does all that session and ingest want done now.
    fn drain(&mut self) {
        if self.session_wake.is_some_and(|wake| wake <= self.now) {
            self.drain_session();
        }
        let Some(mut ingest) = self.ingest.take() else { return };
        let mut received = Vec::new();
        for (to, bytes) in ingest.drain(self.now, &mut received) {
            self.uplink.answer(self.now, to, &bytes);
        }
        self.ingest = Some(ingest);
        for unit in &received {
            self.audience.receive(unit);
        }
    }

    fn drain_session(&mut self) {
        loop {
            match self.session.poll(self.now, &mut self.buffer) {
                Output::Open { leg } => {
                    if self.uplink.open(self.now, leg) {
                        self.session.handle(self.now, Input::Opened { leg, peer: INGEST });
                    }
                }
                Output::Close { leg } => self.uplink.close(leg),
                Output::Transmit { leg, length, priority, .. } => {
                    let bytes = self.buffer.get(..length).unwrap_or_default();
                    self.uplink.send(self.now, leg, bytes, priority);
                }
                Output::Target(target) => self.encoder.set_target(self.now, target),
                Output::Keyframe => self.encoder.request_keyframe(),
                Output::RestartEncoder => self.encoder.restart(),
                Output::Event(event) => self.note(event),
                Output::Wake { at, .. } => {
                    self.session_wake = at;
                    return;
                }
                Output::Ended => {
                    self.session_wake = None;
                    self.ended = true;
                    self.audience.end(self.now);
                    return;
                }
            }
        }
    }

    fn note(&mut self, event: session::Event) {
        match &event {
            session::Event::Live { .. } => self.was_live = true,
            session::Event::Ended { cause } => {
                self.cause.get_or_insert(cause.clone());
            }
            _ => {}
        }
        self.tell(Event::Session(event));
    }
}
