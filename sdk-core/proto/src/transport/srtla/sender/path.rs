//! What one link delivers: its round trip, how fast it drains, and what stands in its queue.
//!
//! The queue is predicted from what was sent and from the rate at which the link drains; each
//! answer to something sent (a keep-alive, an acknowledgement) tells how long it really stood,
//! and corrects the prediction. Both together see a queue at once that an answer alone would show
//! a round trip later.

use std::time::Duration;

use super::super::super::srt::round_trip::RoundTrip;
use crate::rate::WindowedMinimum;
use crate::units::{Bitrate, ByteCount, Time};

/// Something sent that will be answered, and what was predicted for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Probe {
    pub(super) sent: Time,
    /// Bytes sent on the link up to here.
    mark: u64,
    /// Seconds of queue in front of it, itself included.
    queue: f64,
    /// All corrections of the prediction until then, in seconds.
    corrected: f64,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Path {
    round_trip: RoundTrip,
    measured: bool,
    shortest: WindowedMinimum,
    /// How much later than the link's own answer the acknowledgement of SRT's receiver comes, in
    /// seconds; less than nothing if it comes back on a shorter way.
    acknowledgement_lag: Option<f64>,
    /// Bytes a second that the link drains.
    capacity: f64,
    /// Whether the link was ever seen to be full.
    proven: bool,
    /// Seconds of queue at `queue_at`.
    queue: f64,
    queue_at: Time,
    corrected: f64,
    /// Bytes sent.
    mark: u64,
    reference: Option<Reference>,
}

/// An answer that the next one is compared with.
#[derive(Clone, Copy, Debug)]
struct Reference {
    sent: Time,
    answered: Time,
    mark: u64,
    queued: bool,
}

/// What a link is taken to drain before it was seen to be full: 4 Mb/s, in bytes. With less, one
/// that rests would never be given enough at once to show what it can do.
const FIRST_CAPACITY: f64 = 500_000.0;
/// No link that is any use drains less: 64 kb/s, in bytes.
const LEAST_CAPACITY: f64 = 8_000.0;
/// The shortest round trip in this window is that of the empty link.
const SHORTEST_WINDOW: Duration = Duration::from_secs(20);
/// Answers closer together than this say more of jitter than of the rate.
const SHORTEST_SPAN: Duration = Duration::from_millis(30);
/// A queue shorter than this, beside the usual deviation, is jitter.
const NOTICEABLE_QUEUE: Duration = Duration::from_millis(4);
/// The share of a new value in a rate that was measured while the link was busy.
const BUSY_GAIN: f64 = 0.25;
/// The same where the link may have rested: such a rate is the least that it drains.
const IDLE_GAIN: f64 = 0.5;
/// How much of what a prediction was wrong by is corrected at once; the rest may be jitter.
const CORRECTION_GAIN: f64 = 0.6;
/// The share of a new value in how much later acknowledgements come: a queue that was not foreseen
/// makes it larger, and never smaller.
const LAG_FALL: f64 = 1.0 / 8.0;
const LAG_RISE: f64 = 1.0 / 32.0;
/// SRT acknowledges every 10 ms: what has arrived waits so long for it, in seconds, in the mean.
const MEAN_WAIT: f64 = 0.005;
/// A prediction may be wrong by so much, beside jitter.
const PREDICTION_SLACK: Duration = Duration::from_millis(8);
/// UDP and IPv4 headers, which a link carries too.
pub(super) const HEADERS: u64 = 28;

impl Path {
    pub(super) fn new(now: Time) -> Self {
        Self {
            round_trip: RoundTrip::new(now),
            measured: false,
            shortest: WindowedMinimum::new(SHORTEST_WINDOW),
            acknowledgement_lag: None,
            capacity: FIRST_CAPACITY,
            proven: false,
            queue: 0.0,
            queue_at: now,
            corrected: 0.0,
            mark: 0,
            reference: None,
        }
    }

    /// A datagram of so many bytes leaves.
    pub(super) fn sent(&mut self, now: Time, bytes: usize) -> Probe {
        let bytes = bytes as u64 + HEADERS;
        self.mark += bytes;
        self.queue = self.queue_seconds(now) + bytes as f64 / self.capacity;
        self.queue_at = now;
        Probe { sent: now, mark: self.mark, queue: self.queue, corrected: self.corrected }
    }

    /// A datagram was answered.
    pub(super) fn answered(&mut self, now: Time, probe: &Probe) {
        let took = now.since(probe.sent);
        self.round_trip.sample(now, took);
        self.shortest.add(now, took);
        self.measured = true;
        let stood = took.saturating_sub(self.shortest_round_trip());
        let correction = (stood.as_secs_f64() - self.queue_of(probe)) * CORRECTION_GAIN;
        let queue = self.queue_seconds(now);
        self.queue = (queue + correction).max(0.0);
        self.queue_at = now;
        self.corrected += correction;
        self.measure_capacity(now, probe, stood);
    }

    /// SRT's receiver told that it has a media packet, which it had waited for.
    pub(super) fn acknowledged(&mut self, now: Time, probe: &Probe) {
        let answer = self.shortest_round_trip().as_secs_f64() + self.queue_of(probe);
        let lag = now.since(probe.sent).as_secs_f64() - answer - MEAN_WAIT;
        let known = self.acknowledgement_lag.get_or_insert(lag);
        let gain = if lag < *known { LAG_FALL } else { LAG_RISE };
        *known = (*known + (lag - *known) * gain).min(0.0);
    }

    /// How long `probe` has stood, or will stand, in the link's queue, as far as is known now.
    fn queue_of(&self, probe: &Probe) -> f64 {
        (probe.queue + self.corrected - probe.corrected).max(0.0)
    }

    fn measure_capacity(&mut self, now: Time, probe: &Probe, stood: Duration) {
        let queued = stood > NOTICEABLE_QUEUE + self.round_trip.variance();
        let answer = Reference { sent: probe.sent, answered: now, mark: probe.mark, queued };
        let Some(reference) = self.reference else {
            self.reference = Some(answer);
            return;
        };
        let span = now.since(reference.answered);
        if probe.sent <= reference.sent || span < SHORTEST_SPAN {
            return;
        }
        self.reference = Some(answer);
        let rate = probe.mark.saturating_sub(reference.mark) as f64 / span.as_secs_f64();
        if reference.queued && queued {
            let gain = if std::mem::replace(&mut self.proven, true) { BUSY_GAIN } else { 1.0 };
            self.capacity += (rate - self.capacity) * gain;
        } else if rate > self.capacity {
            self.capacity += (rate - self.capacity) * IDLE_GAIN;
        }
        self.capacity = self.capacity.max(LEAST_CAPACITY);
    }

    /// How long what is sent now will stand in the link's queue.
    pub(super) fn queue(&self, now: Time) -> Duration {
        Duration::from_secs_f64(self.queue_seconds(now))
    }

    fn queue_seconds(&self, now: Time) -> f64 {
        (self.queue - now.since(self.queue_at).as_secs_f64()).max(0.0)
    }

    /// What the link is found to drain.
    pub(super) fn capacity(&self) -> Bitrate {
        Bitrate::from_bits_per_second((self.capacity * 8.0) as u64)
    }

    /// The smoothed round trip, once one was measured.
    pub(super) fn round_trip(&self) -> Option<Duration> {
        self.measured.then(|| self.round_trip.smoothed())
    }

    /// The round trip of an empty link.
    pub(super) fn shortest_round_trip(&self) -> Duration {
        self.shortest.minimum().unwrap_or_else(|| self.round_trip.minimum())
    }

    /// From a media packet's departure on the empty link to the acknowledgement of SRT's receiver,
    /// which comes back on every link, so on the shortest.
    pub(super) fn shortest_to_acknowledgement(&self) -> Option<Duration> {
        let seconds = self.shortest_round_trip().as_secs_f64() + self.acknowledgement_lag?;
        Some(Duration::from_secs_f64(seconds.max(0.0)))
    }

    /// How much single round trips deviate.
    pub(super) fn deviation(&self) -> Duration {
        self.round_trip.variance()
    }

    /// How long after its departure the answer to `probe` is due, all but certainly.
    pub(super) fn patience(&self, probe: &Probe) -> Duration {
        let queue = Duration::from_secs_f64(probe.queue.max(0.0));
        self.round_trip.cautious().max(self.shortest_round_trip() + queue)
    }

    /// When `probe` has reached the other end and word of that could be here.
    pub(super) fn expected(&self, probe: &Probe) -> Time {
        probe.sent
            + self.shortest_round_trip()
            + Duration::from_secs_f64(self.queue_of(probe))
            + self.round_trip.variance() * 2
            + PREDICTION_SLACK
    }

    /// All bytes sent, headers of UDP and IP included.
    pub(super) fn bytes_sent(&self) -> ByteCount {
        ByteCount::new(self.mark)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACKET: usize = 1_332;

    /// A link with this rate and round trip, to which a packet is offered every `interval`.
    fn load(path: &mut Path, rate: u64, interval: Duration, packets: u32) -> Time {
        let mut idle_at = Time::ZERO;
        let mut answers: Vec<(Time, Probe)> = Vec::new();
        let mut now = Time::from_millis(1_000);
        for _ in 0..packets {
            let length = ByteCount::new(PACKET as u64 + HEADERS);
            let takes = Bitrate::from_bits_per_second(rate).time_for(length);
            idle_at = idle_at.max(now) + takes;
            answers.push((idle_at + Duration::from_millis(40), path.sent(now, PACKET)));
            now += interval;
            while answers.first().is_some_and(|(at, _)| *at <= now) {
                let (at, probe) = answers.remove(0);
                path.answered(at, &probe);
            }
        }
        now
    }

    #[test]
    fn a_link_that_is_offered_more_than_it_drains_shows_its_rate_and_its_queue() {
        for rate in [500_000, 2_000_000, 8_000_000] {
            let mut path = Path::new(Time::ZERO);
            let packet = Bitrate::from_bits_per_second(rate)
                .time_for(ByteCount::new(PACKET as u64 + HEADERS));
            let packets = 1 + (2.0 / packet.as_secs_f64()) as u32;
            let now = load(&mut path, rate, packet.mul_f64(0.9), packets);
            let measured = path.capacity().as_bits_per_second() as f64 / rate as f64;
            assert!((0.9..1.15).contains(&measured), "{measured} of {rate}");
            // A tenth more than it drains, for 1.8 seconds.
            let queue = path.queue(now).as_secs_f64();
            assert!((0.15..0.25).contains(&queue), "{queue} s at {rate}");
        }
    }

    #[test]
    fn a_link_with_room_shows_no_queue_and_at_least_what_it_carries() {
        let mut path = Path::new(Time::ZERO);
        let now = load(&mut path, 8_000_000, Duration::from_millis(5), 600);
        assert!(path.capacity() >= Bitrate::from_kilobits_per_second(2_000));
        assert!(path.queue(now) < Duration::from_millis(10), "{:?}", path.queue(now));
    }

    #[test]
    fn acknowledgements_that_come_back_on_a_shorter_way_are_told_apart_from_answers() {
        // The way there takes 60 ms, and back 60; acknowledgements come back in 20, every 10 ms.
        let (there, back, short) = (60_000, 60_000, 20_000);
        let mut path = Path::new(Time::ZERO);
        let mut events: Vec<(Time, bool, Probe)> = Vec::new();
        let (mut now, mut idle_at) = (Time::from_millis(1_000), Time::ZERO);
        for packet in 0..2_000 {
            // At times more is offered than 4 Mb/s, so that a queue comes and goes.
            now += Duration::from_micros(if packet % 200 < 50 { 2_000 } else { 3_000 });
            idle_at = idle_at.max(now) + Duration::from_micros(2_700);
            let arrives = idle_at.as_micros() + there;
            let probe = path.sent(now, PACKET);
            events.push((Time::from_micros(arrives + back), true, probe));
            let said = arrives.next_multiple_of(10_000) + short;
            events.push((Time::from_micros(said), false, probe));
            for (at, is_answer, probe) in events.extract_if(.., |event| event.0 <= now) {
                match is_answer {
                    true => path.answered(at, &probe),
                    false => path.acknowledged(at, &probe),
                }
            }
        }
        let shortest = path.shortest_to_acknowledgement().unwrap();
        assert!(
            shortest.abs_diff(Duration::from_millis(80)) < Duration::from_millis(8),
            "{shortest:?}"
        );
        assert!(
            path.shortest_round_trip().abs_diff(Duration::from_millis(120))
                < Duration::from_millis(5)
        );
    }
}
