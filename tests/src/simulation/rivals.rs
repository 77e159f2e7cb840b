//! How others steer their encoders, as their documents and sources tell: the rules and constants,
//! in our words. Each sees what it sees at home, as far as the transport here has it.

use std::collections::VecDeque;
use std::time::Duration;

use golive_proto::units::{Bitrate, ByteCount, Time};

#[cfg(feature = "networks")]
use super::gcc::Gcc;
use super::{Pilot, Sight};

/// Somebody else's algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rival {
    /// The floor when the round trip or the send buffer is far out, smaller steps before that.
    Belacoder,
    /// Packets in flight and the round trip, five times a second.
    Moblin,
    /// Loss and the send buffer, twice a second.
    StreamPack,
    /// How full the queue is, once in five seconds.
    RootEncoder,
    /// How long video has been queued, with tries upwards that are taken back.
    Obs,
    /// WebRTC's: the trend of one-way delays, loss, and probes.
    #[cfg(feature = "networks")]
    Gcc,
    /// None: what was asked for at first.
    Fixed(Bitrate),
}

/// Between which bounds all of them move.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    /// Never below.
    pub minimum: Bitrate,
    /// Never above.
    pub maximum: Bitrate,
    /// What they begin with.
    pub start: Bitrate,
    /// What the sound takes on the wire.
    pub sound: Bitrate,
    /// What SRT holds packets back for.
    pub latency: Duration,
}

impl Rival {
    /// Those that adapt.
    pub const ALL: &[Rival] = &[
        #[cfg(feature = "networks")]
        Rival::Gcc,
        Rival::Belacoder,
        Rival::Moblin,
        Rival::StreamPack,
        Rival::RootEncoder,
        Rival::Obs,
    ];

    /// As it is called.
    pub fn name(self) -> String {
        match self {
            Rival::Belacoder => "belacoder".to_owned(),
            Rival::Moblin => "Moblin".to_owned(),
            Rival::StreamPack => "StreamPack".to_owned(),
            Rival::RootEncoder => "RootEncoder".to_owned(),
            Rival::Obs => "OBS".to_owned(),
            #[cfg(feature = "networks")]
            Rival::Gcc => "GCC".to_owned(),
            Rival::Fixed(rate) => format!("fixed at {rate}"),
        }
    }

    /// Takes the controls.
    pub fn pilot(self, range: Range) -> Box<dyn Pilot> {
        match self {
            Rival::Belacoder => Box::new(Belacoder::new(range)),
            Rival::Moblin => Box::new(Moblin { range, ..Moblin::default() }),
            Rival::StreamPack => Box::new(StreamPack { range, lost: 0 }),
            Rival::RootEncoder => Box::new(RootEncoder { range, ..RootEncoder::default() }),
            Rival::Obs => Box::new(Obs { range, ..Obs::default() }),
            #[cfg(feature = "networks")]
            Rival::Gcc => Box::new(Gcc::new(range)),
            Rival::Fixed(rate) => Box::new(Fixed(rate)),
        }
    }
}

impl Default for Range {
    fn default() -> Self {
        Self {
            minimum: Bitrate::ZERO,
            maximum: Bitrate::from_kilobits_per_second(10_000),
            start: Bitrate::from_kilobits_per_second(2_500),
            sound: Bitrate::from_kilobits_per_second(158),
            latency: Duration::from_millis(500),
        }
    }
}

impl Range {
    pub(super) fn clamp(self, bits: f64) -> Bitrate {
        Bitrate::from_bits_per_second(bits.max(0.0) as u64).max(self.minimum).min(self.maximum)
    }
}

/// A full packet of SRT with seven packets of the container.
const PACKET: f64 = 1_332.0;

fn bits(rate: Bitrate) -> f64 {
    rate.as_bits_per_second() as f64
}

/// Packets that are unacknowledged or unsent, as libsrt's statistics count its send buffer
/// (`pktSndBuf`).
fn buffered(sight: &Sight) -> f64 {
    let feedback = &sight.feedback;
    let queued = sight.target.bytes_in(sight.queue_delay);
    (feedback.in_flight + feedback.unsent + queued).as_u64() as f64 / PACKET
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

struct Fixed(Bitrate);

impl Pilot for Fixed {
    fn interval(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn steer(&mut self, _: Time, _: &Sight) -> Bitrate {
        self.0
    }
}

struct Belacoder {
    range: Range,
    buffer_average: f64,
    buffer_jitter: f64,
    buffer_before: f64,
    rtt_average: f64,
    rtt_jitter: f64,
    rtt_minimum: f64,
    rtt_before: f64,
    rtt_rise: f64,
    throughput: f64,
    sent: VecDeque<(Time, ByteCount)>,
    next_down: Time,
    next_up: Time,
}

impl Belacoder {
    fn new(range: Range) -> Self {
        Self {
            range,
            buffer_average: 0.0,
            buffer_jitter: 0.0,
            buffer_before: 0.0,
            rtt_average: 0.0,
            rtt_jitter: 0.0,
            rtt_minimum: 200.0,
            rtt_before: 300.0,
            rtt_rise: 0.0,
            throughput: 0.0,
            sent: VecDeque::new(),
            next_down: Time::ZERO,
            next_up: Time::ZERO,
        }
    }

    fn look(&mut self, sight: &Sight) -> (f64, f64) {
        let (buffer, rtt) = (buffered(sight), millis(sight.feedback.rtt));
        self.buffer_average = self.buffer_average * 0.99 + buffer * 0.01;
        self.buffer_jitter = (self.buffer_jitter * 0.99).max(buffer - self.buffer_before);
        self.buffer_before = buffer;
        if self.rtt_average == 0.0 {
            self.rtt_average = rtt;
            self.rtt_before = rtt;
        }
        self.rtt_average = self.rtt_average * 0.99 + rtt * 0.01;
        self.rtt_rise = self.rtt_rise * 0.8 + (rtt - self.rtt_before) * 0.2;
        self.rtt_jitter = (self.rtt_jitter * 0.99).max(rtt - self.rtt_before);
        self.rtt_before = rtt;
        // It forgets slowly, so that a path that has become longer is learnt.
        self.rtt_minimum *= 1.001;
        if rtt < self.rtt_minimum && self.rtt_rise < 1.0 {
            self.rtt_minimum = self.rtt_minimum * 0.97 + rtt * 0.03;
        }
        (buffer, rtt)
    }
}

impl Pilot for Belacoder {
    fn interval(&self) -> Duration {
        Duration::from_millis(20)
    }

    fn steer(&mut self, now: Time, sight: &Sight) -> Bitrate {
        let (buffer, rtt) = self.look(sight);
        let (target, latency) = (bits(sight.target), millis(self.range.latency));
        let far_out = (self.buffer_average + self.buffer_jitter) * 4.0;
        if target > bits(self.range.minimum) && (rtt >= latency / 3.0 || buffer > far_out) {
            self.next_down = now + Duration::from_millis(200);
            return self.range.minimum;
        }
        let sent = rate_over(&mut self.sent, now, sight.feedback.sent, 1);
        self.throughput = self.throughput * 0.97 + sent * 0.03;
        let half_latency = self.throughput / 8.0 * latency / 2e3 / PACKET;
        let out = self.buffer_average + (self.buffer_jitter * 3.0).max(self.buffer_average);
        if now >= self.next_down
            && (rtt > latency / 5.0 || buffer > out.max(50.0).min(half_latency))
        {
            self.next_down = now + Duration::from_millis(250);
            return self.range.clamp(target - 100e3 - target / 10.0);
        }
        let high = self.rtt_average + (self.rtt_jitter * 4.0).max(self.rtt_average * 0.15);
        let full = (self.buffer_average + self.buffer_jitter * 2.5).max(50.0);
        if now >= self.next_down && (rtt > high || buffer > full) {
            self.next_down = now + Duration::from_millis(200);
            return self.range.clamp(target - 100e3);
        }
        let low = self.rtt_minimum + (self.rtt_jitter * 2.0).max(1.0);
        if now >= self.next_up && rtt < low && self.rtt_rise < 0.01 {
            self.next_up = now + Duration::from_millis(500);
            return self.range.clamp(target + 30e3 + target / 30.0);
        }
        sight.target
    }
}

#[derive(Default)]
struct Moblin {
    range: Range,
    in_flight: f64,
    rtt_average: f64,
    acknowledged: VecDeque<(Time, ByteCount)>,
}

impl Pilot for Moblin {
    fn interval(&self) -> Duration {
        Duration::from_millis(200)
    }

    fn steer(&mut self, now: Time, sight: &Sight) -> Bitrate {
        let feedback = &sight.feedback;
        let rtt = millis(feedback.rtt);
        let packets = feedback.in_flight.as_u64() as f64 / PACKET;
        self.in_flight = self.in_flight * 0.8 + packets * 0.2;
        self.rtt_average =
            if self.rtt_average == 0.0 { rtt } else { self.rtt_average * 0.9 + rtt * 0.1 };
        let carried = rate_over(&mut self.acknowledged, now, feedback.acknowledged, 1);
        let target = bits(sight.target);
        if self.in_flight > 100.0 || rtt > 250.0 || rtt > self.rtt_average + 50.0 {
            return self.range.clamp(target - (target * 0.1).max(250e3));
        }
        if self.in_flight < 200.0 && rtt <= self.rtt_average + 15.0 {
            let cap = (carried + 1e6).max(carried * 1.7);
            return self.range.clamp((target + 100e3).min(cap.max(1e6)));
        }
        sight.target
    }
}

#[derive(Default)]
struct StreamPack {
    range: Range,
    lost: u64,
}

impl Pilot for StreamPack {
    fn interval(&self) -> Duration {
        Duration::from_millis(500)
    }

    fn steer(&mut self, _: Time, sight: &Sight) -> Bitrate {
        let lost = sight.feedback.lost_packets - self.lost.min(sight.feedback.lost_packets);
        self.lost = sight.feedback.lost_packets;
        let target = bits(sight.target);
        self.range.clamp(if lost > 0 {
            target * 0.8
        } else if buffered(sight) > 50.0 {
            target * 0.9
        } else {
            // At home it climbs only from the floor, by mistake; here as it was meant.
            target + 200e3
        })
    }
}

#[derive(Default)]
struct RootEncoder {
    range: Range,
    arrived: VecDeque<(Time, ByteCount)>,
    drops: Drops,
    looks: u32,
}

/// Access units that its queue holds: 30 pictures and 47 frames of sound a second.
const ROOT_ENCODER_QUEUE: f64 = 400.0;
const ROOT_ENCODER_UNITS: f64 = 77.0;

impl Pilot for RootEncoder {
    fn interval(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn steer(&mut self, now: Time, sight: &Sight) -> Bitrate {
        let carried = rate_over(&mut self.arrived, now, sight.arrived, 5);
        let overflows = self.drops.since_last(sight);
        self.looks += 1;
        if !self.looks.is_multiple_of(5) {
            return sight.target;
        }
        let media = carried * CONTAINED;
        let units = ROOT_ENCODER_UNITS * standing(sight, carried).as_secs_f64();
        let is_full = overflows || units / ROOT_ENCODER_QUEUE > 0.2;
        self.range.clamp(if is_full { media * 0.8 } else { media * 1.2 })
    }
}

#[derive(Default)]
struct Obs {
    range: Range,
    arrived: VecDeque<(Time, ByteCount)>,
    drops: Drops,
    /// What it was before the last try.
    raised_from: Option<Bitrate>,
    /// Since when it has measured what is carried.
    measures_since: Time,
    next_up: Time,
}

/// It measures for so long before it believes what it measured.
const OBS_LEAST_MEASURED: Duration = Duration::from_secs(1);
const OBS_RAISES: Duration = Duration::from_secs(4);

impl Pilot for Obs {
    fn interval(&self) -> Duration {
        Duration::from_millis(33)
    }

    fn steer(&mut self, now: Time, sight: &Sight) -> Bitrate {
        let carried = rate_over(&mut self.arrived, now, sight.arrived, 2);
        let overflows = self.drops.since_last(sight);
        if self.next_up == Time::ZERO {
            self.next_up = now + OBS_RAISES;
            self.measures_since = now;
        }
        if overflows || standing(sight, carried) >= Duration::from_millis(200) {
            if let Some(before) = self.raised_from.take() {
                // A try that failed is taken back.
                self.lowered(now);
                return self.range.clamp(bits(before));
            }
            let media = (carried - bits(self.range.sound)) * CONTAINED;
            if now.since(self.measures_since) >= OBS_LEAST_MEASURED && media < bits(sight.target) {
                self.lowered(now);
                return self.range.clamp(media.max(50e3));
            }
            return sight.target;
        }
        if now >= self.next_up {
            self.next_up = now + OBS_RAISES;
            self.raised_from = Some(sight.target);
            return self.range.clamp(bits(sight.target) + bits(self.range.maximum) / 10.0);
        }
        sight.target
    }
}

impl Obs {
    /// What was measured before says nothing of what comes now.
    fn lowered(&mut self, now: Time) {
        self.arrived.clear();
        self.measures_since = now;
        self.next_up = now + OBS_RAISES;
    }
}

/// Of what arrives this share is media. To those who measure what RTMP sends, whose container takes
/// next to nothing, the headers of this one would be room that is not there.
const CONTAINED: f64 = 0.92;

/// Notices what is given up as too late. RTMP gives nothing up: to those who look at how full a
/// queue is, what is missing here would still stand in it.
#[derive(Default)]
struct Drops(u64);

impl Drops {
    fn since_last(&mut self, sight: &Sight) -> bool {
        let before = std::mem::replace(&mut self.0, sight.dropped);
        sight.dropped > before
    }
}

/// How long what is made waits until it has arrived, the way there and back left out: what stands
/// in the queues of an app and of its socket, where the way itself has none, as with RTMP.
fn standing(sight: &Sight, carried: f64) -> Duration {
    let feedback = &sight.feedback;
    let bits_under_way = (feedback.in_flight + feedback.unsent).as_u64() as f64 * 8.0;
    // A rate that nothing was measured of yet counts as what is asked for.
    let rate = if carried > 0.0 { carried } else { bits(sight.target).max(1.0) };
    let under_way = Duration::from_secs_f64((bits_under_way / rate).min(60.0));
    under_way.saturating_add(sight.queue_delay).saturating_sub(feedback.rtt_min)
}

/// How fast a total grew over the last seconds, in bits a second.
fn rate_over(
    history: &mut VecDeque<(Time, ByteCount)>,
    now: Time,
    total: ByteCount,
    seconds: u64,
) -> f64 {
    history.push_back((now, total));
    while history.front().is_some_and(|(at, _)| now.since(*at) > Duration::from_secs(seconds)) {
        history.pop_front();
    }
    let Some((since, before)) = history.front() else { return 0.0 };
    let span = now.since(*since).as_secs_f64();
    if span > 0.0 { total.saturating_sub(*before).as_u64() as f64 * 8.0 / span } else { 0.0 }
}
