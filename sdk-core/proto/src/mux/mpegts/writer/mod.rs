//! Access units into payloads of whole packets.

mod schedule;
mod unit;

use std::time::Duration;

use self::schedule::Schedule;
use self::unit::UnitInProgress;
use super::clock::Timestamp;
use super::packet::Header;
use super::pes::{AUDIO_STREAM_ID, VIDEO_STREAM_ID, encode_header, set_packet_length};
use super::tables::{PAT_PID, Table};
use super::{PACKET_LENGTH, PACKETS_PER_PAYLOAD};
use crate::media::aac::{self, AdtsHeader};
use crate::media::{AccessUnit, AudioFormat, ParameterSets, Track, VideoCodec};
use crate::units::MediaTime;

/// What is added to media time before it becomes a timestamp, so that the priming of an audio
/// encoder and the clock that runs ahead of the pictures lie above zero.
pub const TIMELINE_OFFSET: Duration = Duration::from_secs(1);

const PMT_PID: u16 = 0x1000;
const VIDEO_PID: u16 = 0x100;
const AUDIO_PID: u16 = 0x101;

/// What a stream will hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// What the pictures are encoded in, if there are any.
    pub video: Option<VideoCodec>,
    /// The format of the AAC, if there is sound.
    pub audio: Option<AudioFormat>,
}

/// An access unit that cannot be written. The writer goes on with the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// The stream was set up without this track.
    #[error("an access unit of {0:?} came for a transport stream that was set up without it")]
    NoSuchTrack(Track),
    /// There is nothing in it.
    #[error("an access unit of {0:?} is empty")]
    Empty(Track),
    /// ADTS has no words for the frame.
    #[error(transparent)]
    Audio(#[from] aac::Error),
}

/// What a payload holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayloadInfo {
    /// Bytes written: whole packets, at most [`PAYLOAD_LENGTH`](super::PAYLOAD_LENGTH).
    pub length: usize,
    /// The track of the access unit.
    pub track: Track,
    /// Whether the access unit is a key frame; every frame of sound is one.
    pub keyframe: bool,
    /// Whether the access unit begins in this payload.
    pub first: bool,
    /// Whether the access unit ends in this payload.
    pub last: bool,
}

/// Writes a transport stream, one access unit after the other.
///
/// [`begin`](Writer::begin) takes a unit, [`next_payload`](Writer::next_payload) is then called
/// until it has nothing more. A payload never holds parts of two units. Packets are numbered as
/// they are written, so units that were dropped before leave no hole.
///
/// Tables come with each key frame and at least every 400 ms, the clock at least every 40 ms, or
/// 100 if it is to be sparing (on the media's timeline, as far as units come at all). Each picture
/// gets an access unit delimiter and each key frame its parameter sets, unless they are there
/// already.
#[derive(Clone, Debug)]
pub struct Writer {
    audio: Option<AudioFormat>,
    pat: Table,
    pmt: Table,
    pat_counter: Counter,
    pmt_counter: Counter,
    video: PesStream,
    sound: PesStream,
    schedule: Schedule,
    /// Where there are pictures.
    parameter_sets: Option<ParameterSets>,
    /// The bytes before the unit's own: its headers, and what it lacks. Kept for its capacity.
    head: Vec<u8>,
    unit: Option<UnitInProgress>,
}

impl Writer {
    /// A stream that has not begun.
    pub fn new(config: Config) -> Self {
        let video = config.video.map(|codec| (VIDEO_PID, codec));
        let audio_pid = config.audio.map(|_| AUDIO_PID);
        let clock_pid = if config.video.is_some() { VIDEO_PID } else { AUDIO_PID };
        Self {
            audio: config.audio,
            pat: Table::pat(PMT_PID),
            pmt: Table::pmt(clock_pid, video, audio_pid),
            pat_counter: Counter::default(),
            pmt_counter: Counter::default(),
            video: PesStream::new(VIDEO_PID),
            sound: PesStream::new(AUDIO_PID),
            schedule: Schedule::default(),
            parameter_sets: config.video.map(ParameterSets::new),
            head: Vec::new(),
            unit: None,
        }
    }

    /// Hands in the parameter sets (Annex B) of an encoder that tells them apart from its
    /// pictures. Those found in a picture replace them.
    pub fn set_parameter_sets(&mut self, annex_b: &[u8]) {
        if let Some(parameter_sets) = &mut self.parameter_sets {
            parameter_sets.remember(annex_b);
        }
    }

    /// Whether clock references come only as often as receivers cannot do without, as on a link on
    /// which they would take much of what it carries: every 100 ms.
    pub fn set_sparing(&mut self, is_sparing: bool) {
        self.schedule.set_sparing(is_sparing);
    }

    /// Tells that what comes next does not continue what was written: media time jumped, or a
    /// receiver begins here. The tables are repeated at once and the jump is announced in the
    /// stream. Packets go on being numbered without a hole. A unit that was not written to its end
    /// is abandoned.
    pub fn mark_discontinuity(&mut self) {
        self.unit = None;
        self.video.discontinuity = true;
        self.sound.discontinuity = true;
        self.schedule.restart();
    }

    /// Takes the next access unit; its data is shared, not copied. A unit that was not written to
    /// its end is abandoned.
    ///
    /// # Errors
    ///
    /// See [`WriteError`]; nothing is written for the unit then.
    pub fn begin(&mut self, unit: &AccessUnit) -> Result<(), WriteError> {
        self.begin_gathered(&[], unit)
    }

    /// As [`begin`](Writer::begin), with frames of sound before `unit`, the oldest first: all of
    /// them in one PES packet, with the time of the first. These are copied.
    ///
    /// # Errors
    ///
    /// As [`begin`](Writer::begin). Pictures do not gather: before one, `earlier` is left out.
    pub fn begin_gathered(
        &mut self,
        earlier: &[AccessUnit],
        unit: &AccessUnit,
    ) -> Result<(), WriteError> {
        self.unit = None;
        let earlier = if unit.track == Track::Audio { earlier } else { &[] };
        let mut all = earlier.iter().chain([unit]);
        if all.any(|unit| unit.data.is_empty()) {
            return Err(WriteError::Empty(unit.track));
        }
        let first = earlier.first().unwrap_or(unit);
        let body = self.write_head(first, earlier, unit)?;
        let is_clock_track = unit.track == Track::Video || self.parameter_sets.is_none();
        let starts_over = unit.track == Track::Video && unit.keyframe;
        let dts = timeline(first.dts);
        if self.schedule.has_run_back(dts) {
            self.mark_discontinuity();
        }
        let due = self.schedule.begin(dts, is_clock_track, starts_over);
        self.unit = Some(UnitInProgress::new(unit, body, due));
        Ok(())
    }

    /// Writes the next payload of the unit into `buffer`: as many whole packets as fit, at most
    /// seven. Nothing if the unit is complete, or `buffer` is shorter than a packet.
    pub fn next_payload(&mut self, buffer: &mut [u8]) -> Option<PayloadInfo> {
        let unit = self.unit.as_ref()?;
        let mut info = PayloadInfo {
            length: 0,
            track: unit.track,
            keyframe: unit.keyframe,
            first: !unit.has_begun,
            last: false,
        };
        let (packets, _) = buffer.as_chunks_mut::<PACKET_LENGTH>();
        for packet in packets.iter_mut().take(PACKETS_PER_PAYLOAD) {
            self.write_packet(packet);
            info.length += PACKET_LENGTH;
            if self.unit.as_ref().is_none_or(|unit| unit.remaining(&self.head) == 0) {
                self.unit = None;
                info.last = true;
                break;
            }
        }
        (info.length > 0).then_some(info)
    }

    /// Writes what precedes the unit's own bytes, and returns where of these to begin.
    fn write_head(
        &mut self,
        first: &AccessUnit,
        earlier: &[AccessUnit],
        unit: &AccessUnit,
    ) -> Result<usize, WriteError> {
        let stream_id = match unit.track {
            Track::Video => VIDEO_STREAM_ID,
            Track::Audio => AUDIO_STREAM_ID,
        };
        let [pts, dts] = [first.pts, first.dts].map(|time| Timestamp::from_ticks(timeline(time)));
        let (header, length) = encode_header(stream_id, pts, dts);
        self.head.clear();
        self.head.extend(header.iter().take(length));
        let body = match (unit.track, &mut self.parameter_sets, self.audio) {
            (Track::Video, Some(parameter_sets), _) => parameter_sets.lead(unit, &mut self.head),
            (Track::Audio, _, Some(format)) => {
                for frame in earlier {
                    self.head.extend(AdtsHeader::encode(format, frame.data.len())?);
                    self.head.extend_from_slice(&frame.data);
                }
                self.head.extend(AdtsHeader::encode(format, unit.data.len())?);
                0
            }
            (track, ..) => return Err(WriteError::NoSuchTrack(track)),
        };
        let packet_length = self.head.len() + unit.data.len().saturating_sub(body);
        set_packet_length(&mut self.head, packet_length);
        Ok(body)
    }

    fn write_packet(&mut self, packet: &mut [u8; PACKET_LENGTH]) {
        let Some(unit) = self.unit.as_mut() else { return };
        unit.has_begun = true;
        if unit.due.take_pat() {
            write_table(packet, PAT_PID, &mut self.pat_counter, &self.pat);
        } else if unit.due.take_pmt() {
            write_table(packet, PMT_PID, &mut self.pmt_counter, &self.pmt);
        } else if let Some(pcr) = unit.due.take_reference() {
            let has_video = self.parameter_sets.is_some();
            let stream = if has_video { &mut self.video } else { &mut self.sound };
            let header = Header { pcr: Some(pcr), ..stream.header() };
            header.write(packet, stream.counter.last(), 0);
        } else {
            let stream = match unit.track {
                Track::Video => &mut self.video,
                Track::Audio => &mut self.sound,
            };
            let header = unit.packet_header(stream.header());
            let payload = header.write(packet, stream.counter.next(), unit.remaining(&self.head));
            unit.fill(&self.head, payload);
        }
    }
}

/// Where media time stands on the 90 kHz line.
fn timeline(time: MediaTime) -> i64 {
    (time + TIMELINE_OFFSET).to_90khz()
}

fn write_table(packet: &mut [u8; PACKET_LENGTH], pid: u16, counter: &mut Counter, table: &Table) {
    // A table fills its packet to the end with stuffing after the section, not before it.
    let header = Header { pid, starts_unit: true, ..Header::default() };
    let payload = header.write(packet, counter.next(), PACKET_LENGTH);
    payload.fill(0xFF);
    if let Some(start) = payload.get_mut(..table.bytes().len()) {
        start.copy_from_slice(table.bytes());
    }
}

/// A PID that carries access units.
#[derive(Clone, Debug)]
struct PesStream {
    pid: u16,
    counter: Counter,
    /// To be announced in the next packet.
    discontinuity: bool,
}

impl PesStream {
    fn new(pid: u16) -> Self {
        Self { pid, counter: Counter::default(), discontinuity: false }
    }

    /// The header of its next packet, which takes a pending announcement with it.
    fn header(&mut self) -> Header {
        let discontinuity = std::mem::take(&mut self.discontinuity);
        Header { pid: self.pid, discontinuity, ..Header::default() }
    }
}

/// A continuity counter (2.4.3.3): the number of the next packet with a payload.
#[derive(Clone, Debug, Default)]
struct Counter(u8);

impl Counter {
    fn next(&mut self) -> u8 {
        let number = self.0;
        self.0 = (number + 1) & 0x0F;
        number
    }

    /// The number of the packet before, which a packet without payload repeats.
    fn last(&self) -> u8 {
        self.0.wrapping_sub(1) & 0x0F
    }
}
