//! Google's congestion control, as WebRTC has it, at the controls: str0m's, which is held to
//! libwebrtc's, asked through a session of its own that shadows the broadcast.
//!
//! For every packet of media or repair that SRT sends, the shadow sends one of the same size at the
//! same moment. It arrives when SRT's does, and only if that does; its receiver's reports (transport-wide
//! congestion control) come back over the same way back. So the estimate is what GCC would make
//! of this very traffic, and transport, retransmission and bounds are those of all the others.
//! Probes are GCC's own: they travel as datagrams that the uplink carries beside SRT's. Only
//! what keeps two WebRTC peers in touch (ICE) takes no part.

mod peer;
mod plain;

use std::collections::VecDeque;
use std::time::Duration;

use golive_proto::units::{Bitrate, ByteCount, Time};

use super::pilot::{Pilot, Shadow, Sight};
use super::rivals::Range;
use peer::{Peer, talk};

pub(super) struct Gcc {
    range: Range,
    sender: Peer,
    receiver: Peer,
    /// Packets of the last second: when, how long, and whether media that leaves for the first time.
    recent: VecDeque<(Time, ByteCount, bool)>,
}

const INTERVAL: Duration = Duration::from_millis(25);
/// Headers of full packets of container and transport: media is this share of the whole.
const MEDIA_SHARE: f64 = 0.96;
/// What each picture takes beyond that: its own header (ISO/IEC 13818-1, 2.4.3.6), half a packet of
/// the container that is stuffed, and a datagram that is not full. For thirty pictures a second.
const PICTURES: Bitrate = Bitrate::from_kilobits_per_second(30);
/// Repair, whether media sent again or sent ahead, is measured over this time, and counts for half of
/// the whole at most, as libwebrtc does it.
const OVERHEAD_WINDOW: Duration = Duration::from_secs(1);
const MOST_OVERHEAD: f64 = 0.5;
/// Set in a data packet that is sent again (draft-sharabayko-srt, section 3.1).
const SENT_AGAIN: u8 = 0x04;
/// What a control packet of a user-defined kind begins with: repair, between two of us (section
/// 3.2).
const REPAIR: [u8; 2] = [0xFF, 0xFF];

impl Gcc {
    pub(super) fn new(range: Range) -> Self {
        let wire = |rate: Bitrate| rate.scaled(1.0 / MEDIA_SHARE).saturating_add(range.sound);
        let (sender, receiver) = peer::pair(wire(range.start), wire(range.maximum));
        Self { range, sender, receiver, recent: VecDeque::new() }
    }

    /// The share of what was sent lately that is not media for the first time.
    fn overhead(&self) -> f64 {
        let (mut all, mut repair) = (0, 0);
        for (_, length, is_first) in &self.recent {
            all += length.as_u64();
            repair += if *is_first { 0 } else { length.as_u64() };
        }
        (repair as f64 / all.max(1) as f64).min(MOST_OVERHEAD)
    }
}

impl Pilot for Gcc {
    fn interval(&self) -> Duration {
        INTERVAL
    }

    fn steer(&mut self, now: Time, sight: &Sight) -> Bitrate {
        while self.recent.front().is_some_and(|(at, ..)| now.since(*at) > OVERHEAD_WINDOW) {
            self.recent.pop_front();
        }
        let Some(estimate) = self.sender.estimate() else { return sight.target };
        let media = estimate.scaled(1.0 - self.overhead()).saturating_sub(self.range.sound);
        let media = media.saturating_sub(PICTURES);
        self.range.clamp(media.as_bits_per_second() as f64 * MEDIA_SHARE)
    }

    fn shadow(&mut self) -> Option<&mut dyn Shadow> {
        Some(self)
    }
}

impl Shadow for Gcc {
    fn sent(&mut self, now: Time, datagram: &[u8]) -> Option<Vec<u8>> {
        let is_data = datagram.first()? & 0x80 == 0;
        if !is_data && !datagram.starts_with(&REPAIR) {
            return None;
        }
        let is_first = is_data && datagram.get(4)? & SENT_AGAIN == 0;
        self.recent.push_back((now, datagram.len().into(), is_first));
        self.sender.write(now, datagram.len())
    }

    fn receive(&mut self, now: Time, forward: bool, datagram: &[u8]) {
        let peer = if forward { &mut self.receiver } else { &mut self.sender };
        peer.receive(now, datagram);
    }

    fn poll(&mut self, now: Time) -> Option<(bool, Vec<u8>)> {
        self.sender.look(now);
        self.receiver.look(now);
        talk(&mut self.sender, &mut self.receiver);
        let forward = self.sender.take_sent().map(|datagram| (true, datagram));
        forward.or_else(|| self.receiver.take_sent().map(|datagram| (false, datagram)))
    }

    fn wake(&self) -> Time {
        self.sender.wake().min(self.receiver.wake())
    }
}
