//! Bytes into access units, whatever was lost on the way.

mod audio;
mod output;
mod stream;
mod timeline;

use std::collections::VecDeque;

use self::audio::AudioSplitter;
pub use self::output::{Cause, Discontinuity, Output, Program, SkipReason, SkippedStream};
pub use self::stream::MAX_PES_LENGTH;
use self::stream::Stream;
use self::timeline::Timeline;
use super::packet::{NULL_PID, Packet};
use super::pes::PesHeader;
use super::section::SectionAssembler;
use super::synchroniser::{Found, Synchroniser};
use super::tables::{PAT_PID, ProgramMap, parse_pat, parse_pmt};
use crate::media::{AccessUnit, Track, VideoCodec};
use crate::units::ByteCount;
use bytes::Bytes;

/// Reads the first program of a transport stream: its first H.264 or H.265 and its first AAC
/// stream.
///
/// [`push`](Reader::push) takes bytes in pieces of any size; [`poll`](Reader::poll) is then
/// called until it has nothing more. What is held between calls is bounded: one access unit a
/// track of at most [`MAX_PES_LENGTH`], and the outputs of what was pushed since the last drain.
///
/// A picture or frame that lost a part is not delivered; a [`Discontinuity`] tells of it. Streams
/// that tell the length of their pictures have them delivered at once; the last picture of others
/// comes when the next begins, or with [`finish`](Reader::finish).
#[derive(Clone, Debug)]
pub struct Reader {
    synchroniser: Synchroniser,
    demultiplexer: Demultiplexer,
}

impl Default for Reader {
    fn default() -> Self {
        Self::new()
    }
}

impl Reader {
    /// For a stream that begins with the first byte pushed; it need not be a packet's first.
    pub fn new() -> Self {
        Self { synchroniser: Synchroniser::aligned(), demultiplexer: Demultiplexer::default() }
    }

    /// Takes the next bytes.
    pub fn push(&mut self, data: &[u8]) {
        let Self { synchroniser, demultiplexer } = self;
        synchroniser.push(data, |found| match found {
            Found::Packet { bytes, .. } => {
                if let Some(packet) = Packet::parse(bytes) {
                    demultiplexer.packet(&packet);
                }
            }
            Found::Skipped(bytes) => {
                let cause = Cause::Synchronisation { skipped: ByteCount::new(bytes) };
                demultiplexer.interpreter.discontinuity(None, cause);
            }
        });
    }

    /// What the bytes so far make; nothing when more are needed.
    pub fn poll(&mut self) -> Option<Output> {
        self.demultiplexer.interpreter.outputs.pop_front()
    }

    /// Tells that the stream is over, so that a last picture of untold length is delivered.
    pub fn finish(&mut self) {
        self.demultiplexer.finish();
    }
}

/// Packets to streams.
#[derive(Clone, Debug, Default)]
struct Demultiplexer {
    association: SectionAssembler,
    map: SectionAssembler,
    /// The program's number, and the PID of its map.
    program: Option<(u16, u16)>,
    known_map: Option<ProgramMap>,
    video: Option<Stream>,
    audio: Option<Stream>,
    interpreter: Interpreter,
}

impl Demultiplexer {
    fn packet(&mut self, packet: &Packet<'_>) {
        if packet.transport_error || packet.pid == NULL_PID {
            return;
        }
        if packet.pid == PAT_PID {
            self.association_packet(packet);
        } else if self.program.is_some_and(|(_, pid)| pid == packet.pid) {
            self.map_packet(packet);
        } else {
            self.media_packet(packet);
        }
    }

    fn association_packet(&mut self, packet: &Packet<'_>) {
        let mut found = None;
        self.association.push(packet.payload.unwrap_or_default(), packet.starts_unit, |section| {
            found = found.or(parse_pat(section));
        });
        if found.is_some() && found != self.program {
            self.program = found;
            self.map.reset();
        }
    }

    fn map_packet(&mut self, packet: &Packet<'_>) {
        let number = self.program.map(|(number, _)| number);
        let mut found = None;
        self.map.push(packet.payload.unwrap_or_default(), packet.starts_unit, |section| {
            let map = parse_pmt(section).filter(|map| Some(map.program_number) == number);
            if map.is_some() {
                found = map;
            }
        });
        if found.is_some() && found != self.known_map {
            self.known_map = found;
            self.choose_streams();
        }
    }

    fn media_packet(&mut self, packet: &Packet<'_>) {
        let Self { video, audio, interpreter, .. } = self;
        for (track, stream) in [(Track::Video, video), (Track::Audio, audio)] {
            if let Some(stream) = stream.as_mut().filter(|stream| stream.pid() == packet.pid) {
                stream.push(packet, |result| interpreter.take(track, result));
            }
        }
    }

    fn choose_streams(&mut self) {
        let Some(map) = &self.known_map else { return };
        let program = Program::choose(map);
        let Self { video, audio, interpreter, .. } = self;
        let chosen =
            [(Track::Video, video, program.video_pid), (Track::Audio, audio, program.audio_pid)];
        let is_another_codec = interpreter.video_codec != program.video_codec;
        for (track, stream, pid) in chosen {
            let is_another = track == Track::Video && is_another_codec;
            if is_another || stream.as_ref().map(Stream::pid) != pid {
                if let Some(old) = stream {
                    old.finish(|result| interpreter.take(track, result));
                }
                *stream = pid.map(Stream::new);
            }
        }
        interpreter.video_codec = program.video_codec;
        interpreter.outputs.push_back(Output::Program(program));
    }

    fn finish(&mut self) {
        let Self { video, audio, interpreter, .. } = self;
        for (track, stream) in [(Track::Video, video), (Track::Audio, audio)] {
            if let Some(stream) = stream {
                stream.finish(|result| interpreter.take(track, result));
            }
        }
    }
}

/// PES packets to access units on one timeline.
#[derive(Clone, Debug, Default)]
struct Interpreter {
    video_codec: Option<VideoCodec>,
    timeline: Timeline,
    splitter: AudioSplitter,
    outputs: VecDeque<Output>,
}

impl Interpreter {
    fn take(&mut self, track: Track, result: Result<Bytes, Cause>) {
        match result {
            Ok(packet) => self.pes_packet(track, &packet),
            Err(cause) => {
                if track == Track::Audio {
                    self.splitter.reset();
                }
                self.discontinuity(Some(track), cause);
            }
        }
    }

    fn pes_packet(&mut self, track: Track, packet: &Bytes) {
        let Some(header) = PesHeader::parse(packet) else {
            return self.discontinuity(Some(track), Cause::Malformed);
        };
        let payload = packet.slice(header.length..);
        let times = self.timeline.times(track, &header);
        if let Some(jump) = times.and_then(|times| times.jump) {
            self.discontinuity(Some(track), jump);
        }
        match (track, times) {
            _ if payload.is_empty() => {}
            (Track::Video, Some(times)) => {
                let keyframe = self.video_codec.is_some_and(|codec| codec.is_keyframe(&payload));
                let (pts, dts) = (times.pts, times.dts);
                let unit = AccessUnit { track, pts, dts, keyframe, data: payload };
                self.outputs.push_back(Output::AccessUnit(unit));
            }
            (Track::Video, None) => self.discontinuity(Some(track), Cause::NoTimestamp),
            (Track::Audio, times) => {
                let outputs = &mut self.outputs;
                self.splitter.push(times.map(|times| times.pts), payload, outputs);
            }
        }
    }

    fn discontinuity(&mut self, track: Option<Track>, cause: Cause) {
        self.outputs.push_back(Output::Discontinuity(Discontinuity { track, cause }));
    }
}
