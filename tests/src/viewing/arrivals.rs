//! When each access unit was given out, and where packets are missing.

use std::collections::BTreeMap;

use golive_proto::media::{AccessUnit, Track};
use golive_proto::mux::mpegts::{Cause, Discontinuity, Output, PACKET_LENGTH, Reader};
use golive_proto::units::{ByteCount, Time};

use super::Datagram;

/// A picture that was given out whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Arrival {
    /// When its last byte came.
    pub(super) at: Time,
    /// Its length.
    pub(super) length: ByteCount,
}

/// What was given out of the pictures, by their timestamps in ticks of 90 kHz.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Arrivals {
    /// Those that are whole.
    pub(super) whole: BTreeMap<i64, Arrival>,
    /// From which timestamp until the key frame at which other something was missing; the last may
    /// have no end.
    broken: Vec<(i64, Option<i64>)>,
    last: i64,
}

impl Arrivals {
    pub(super) fn read(datagrams: &[Datagram]) -> Self {
        let mut arrivals = Self::default();
        let mut reader = Reader::new();
        let mut times: BTreeMap<u16, PesTimes> = BTreeMap::new();
        for datagram in datagrams {
            for packet in datagram.bytes.chunks(PACKET_LENGTH) {
                let ended_at = times.entry(pid(packet)).or_default().note(packet, datagram.at);
                reader.push(packet);
                while let Some(output) = reader.poll() {
                    arrivals.take(output, ended_at);
                }
            }
        }
        arrivals
    }

    fn take(&mut self, output: Output, at: Time) {
        match output {
            Output::AccessUnit(AccessUnit { track: Track::Video, pts, keyframe, data, .. }) => {
                let ticks = pts.to_90khz();
                if let (true, Some((_, end @ None))) = (keyframe, self.broken.last_mut()) {
                    *end = Some(ticks);
                }
                self.whole.insert(ticks, Arrival { at, length: data.len().into() });
                self.last = ticks;
            }
            Output::Discontinuity(Discontinuity { track, cause }) => self.miss(track, cause),
            _ => {}
        }
    }

    /// A timestamp that jumps loses nothing: a broadcast has paused. What is announced as a new
    /// beginning cuts off what was under way.
    fn miss(&mut self, track: Option<Track>, cause: Cause) {
        let is_loss = track != Some(Track::Audio) && !matches!(cause, Cause::TimeJump { .. });
        if is_loss && self.broken.last().is_none_or(|(_, end)| end.is_some()) {
            self.broken.push((self.last, None));
        }
    }

    /// Whether something was missing between the last whole key frame and the picture of this
    /// timestamp.
    pub(super) fn is_after_loss(&self, ticks: i64) -> bool {
        self.broken
            .iter()
            .any(|(from, until)| ticks > *from && until.is_none_or(|until| ticks < until))
    }
}

/// The times of one PID's packets.
#[derive(Default)]
struct PesTimes {
    latest: Time,
    /// Whether the PES packet under way ends only where the next one begins.
    unbounded: bool,
}

impl PesTimes {
    /// When the PES packet ended that this packet completes, should it complete one.
    fn note(&mut self, packet: &[u8], now: Time) -> Time {
        let begins = packet.get(1).is_some_and(|flags| flags & 0x40 != 0);
        let ended_at = if begins && self.unbounded { self.latest } else { now };
        if begins {
            self.unbounded = payload(packet).get(4..6) == Some(&[0, 0]);
        }
        self.latest = now;
        ended_at
    }
}

fn pid(packet: &[u8]) -> u16 {
    match packet {
        [_, high, low, ..] => u16::from(high & 0x1F) << 8 | u16::from(*low),
        _ => u16::MAX,
    }
}

/// What follows the header and the adaptation field (ISO/IEC 13818-1, 2.4.3.2).
fn payload(packet: &[u8]) -> &[u8] {
    let adapted = packet.get(3).is_some_and(|flags| flags & 0x20 != 0);
    let length =
        if adapted { packet.get(4).map_or(0, |length| usize::from(*length) + 1) } else { 0 };
    packet.get(4 + length..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use golive_proto::media::VideoCodec;
    use golive_proto::mux::mpegts::{Config, PAYLOAD_LENGTH, Writer};
    use golive_proto::units::MediaTime;

    use super::*;

    /// Pictures of 10,000 bytes, a thirtieth of a second apart, every third a key frame; a datagram
    /// each millisecond. And when the last of each picture comes.
    fn stream(pictures: i64) -> (Vec<Datagram>, Vec<Time>) {
        let mut writer = Writer::new(Config { video: Some(VideoCodec::H264), audio: None });
        let (mut datagrams, mut ends) = (Vec::new(), Vec::new());
        for number in 0..pictures {
            let keyframe = number % 3 == 0;
            let mut data = vec![0, 0, 0, 1, if keyframe { 0x65 } else { 0x41 }];
            data.resize(10_000, 0x55);
            let pts = MediaTime::from_ticks(number, 30);
            let track = Track::Video;
            let unit = AccessUnit { track, pts, dts: pts, keyframe, data: Bytes::from(data) };
            writer.begin(&unit).unwrap();
            let mut buffer = [0; PAYLOAD_LENGTH];
            while let Some(payload) = writer.next_payload(&mut buffer) {
                let at = Time::from_millis(datagrams.len() as u64);
                datagrams.push(Datagram { at, bytes: buffer[..payload.length].to_vec() });
                ends.extend(payload.last.then_some(at));
            }
        }
        (datagrams, ends)
    }

    #[test]
    fn a_picture_arrives_with_its_last_packet() {
        let (datagrams, ends) = stream(4);
        let arrivals = Arrivals::read(&datagrams);
        let times: Vec<Time> = arrivals.whole.values().map(|arrival| arrival.at).collect();
        assert_eq!(times, ends);
        assert!(!arrivals.whole.keys().any(|ticks| arrivals.is_after_loss(*ticks)));
    }

    #[test]
    fn what_is_missing_is_told_until_the_next_key_frame() {
        let (mut datagrams, _) = stream(7);
        let ticks: Vec<i64> = Arrivals::read(&datagrams).whole.keys().copied().collect();
        // In the middle of the second picture.
        datagrams.remove(12);
        let arrivals = Arrivals::read(&datagrams);
        let whole: Vec<bool> =
            ticks.iter().map(|ticks| arrivals.whole.contains_key(ticks)).collect();
        assert_eq!(whole, [true, false, true, true, true, true, true]);
        let lost: Vec<bool> = ticks.iter().map(|ticks| arrivals.is_after_loss(*ticks)).collect();
        assert_eq!(lost, [false, true, true, false, false, false, false]);
    }
}
