//! Networks on which controllers are compared: what is simulated, and with whom at the controls.

use std::time::Duration;

use golive_proto::rate::Adaptation;
use golive_proto::session::Config;
use golive_proto::transport::srt;
use golive_proto::units::{Bitrate, ByteCount, Time};

use super::{Bounds, BroadcastSimulation, Pilot, Range, Received, Rival, Score, Tcp, config};
use crate::network::{Conditions, Loss, Path, Profile, Trace, TraceLimit};

/// A network whose rate is known, and a broadcast over it.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Short, for tables and file names.
    pub name: String,
    /// To the ingest; it has a trace.
    uplink: Conditions,
    downlink: Conditions,
    /// Who else uses the uplink.
    flow: Option<Tcp>,
    /// Of the encoder.
    pub maximum: Bitrate,
    /// How long the broadcast lasts.
    pub length: Duration,
}

/// What SRT holds packets back for.
pub const LATENCY: Duration = Duration::from_millis(500);
/// Lowest bitrate of those who change the bitrate alone: below it nothing is left of a picture of
/// 1280x720.
pub const MINIMUM: Bitrate = Bitrate::from_kilobits_per_second(300);
/// At the foot of the ladder.
const LEAST: Bitrate = Bitrate::from_kilobits_per_second(50);
/// The lowest sound on the wire: 32 kb/s, five frames in three packets.
const LEAST_SOUND: Bitrate = Bitrate::from_kilobits_per_second(46);
/// 128 kb/s of sound on the wire.
const CARRIED_SOUND: Bitrate = Bitrate::from_kilobits_per_second(158);
/// What the others begin with; Golive begins at the highest rate.
const START: Bitrate = Bitrate::from_kilobits_per_second(2_500);
const ONE_WAY: Duration = Duration::from_millis(30);
/// A player holds pictures back a little of its own; and the receiver of SRT moves its clock by up
/// to a hundred milliseconds when packets stand on the way for long.
const PLAYER_SLACK: Duration = Duration::from_millis(120);
/// A picture that is older than this has come too late.
pub const BUDGET: Duration = LATENCY.saturating_add(ONE_WAY).saturating_add(PLAYER_SLACK);
/// The beginning is not judged: nobody knows the link yet.
pub const SETTLING: Duration = Duration::from_secs(5);
/// What waits before a bottleneck that was not recorded, in time at its highest rate.
const QUEUE: Duration = Duration::from_millis(250);
/// And no less than this.
const LEAST_QUEUE: ByteCount = ByteCount::new(65_536);
const DEEP_QUEUE: Duration = Duration::from_secs(2);
const LENGTH: Duration = Duration::from_secs(120);

impl Scenario {
    /// A link that was recorded, or invented with a trace.
    pub fn recorded(
        name: &str,
        uplink: Conditions,
        downlink: Conditions,
        length: Duration,
    ) -> Self {
        let maximum = megabits(6.0);
        Self { name: name.to_owned(), uplink, downlink, flow: None, maximum, length }
    }

    /// The invented networks of `golive netlab`.
    pub fn profiles(length: Duration) -> Vec<Self> {
        let scenario = |profile: Profile| {
            Self::recorded(profile.name(), profile.uplink(1), profile.downlink(), length)
        };
        Profile::ALL.map(scenario).into()
    }

    /// The same rate all the time.
    pub fn steady(rate: f64) -> Self {
        Self::made(&format!("steady-{rate}"), &[rate], QUEUE)
    }

    /// Megabits a second, each for twenty seconds.
    pub const STEPS: [f64; 6] = [6.0, 2.0, 6.0, 1.0, 4.0, 8.0];

    /// Up and down.
    pub fn steps() -> Self {
        Self::made("steps", &Self::STEPS, QUEUE)
    }

    /// Losses that have nothing to do with how much is sent.
    pub fn loss() -> Self {
        let mut scenario = Self::made("loss", &[8.0], QUEUE);
        scenario.uplink.loss = Loss::random(0.02);
        scenario
    }

    /// A queue of two seconds, as cellular modems and cheap routers have.
    pub fn deep_queue() -> Self {
        Self::made("deep-queue", &[3.0], DEEP_QUEUE)
    }

    /// A flow of TCP in the same queue.
    pub fn competition(flow: Tcp) -> Self {
        let name = match flow {
            Tcp::NewReno => "newreno",
            Tcp::Cubic => "cubic",
        };
        Self { flow: Some(flow), ..Self::made(name, &[6.0], QUEUE) }
    }

    /// All that are made of numbers and stand here.
    pub fn all_made() -> Vec<Self> {
        let steady = [1.0, 3.0, 8.0].map(Self::steady);
        let others = [Self::steps(), Self::loss(), Self::deep_queue()];
        let flows = [Tcp::NewReno, Tcp::Cubic].map(Self::competition);
        steady.into_iter().chain(others).chain(flows).collect()
    }

    /// Rates in megabits a second, each for the same part of the whole length.
    fn made(name: &str, rates: &[f64], queue: Duration) -> Self {
        let highest = rates.iter().copied().fold(0.0, f64::max);
        let step = LENGTH / rates.len() as u32;
        let rates = rates.iter().map(|rate| megabits(*rate));
        let queue = megabits(highest).bytes_in(queue).max(LEAST_QUEUE);
        let trace = Trace::from_rates(step, rates).map(|trace| TraceLimit { trace, queue });
        let uplink = Conditions { trace, ..Conditions::delay(ONE_WAY) };
        let downlink = Conditions::delay(ONE_WAY);
        let maximum = megabits(10.0);
        Self { name: name.to_owned(), uplink, downlink, flow: None, maximum, length: LENGTH }
    }

    /// What the link carries, and when.
    ///
    /// # Panics
    /// If it has no trace.
    pub fn trace(&self) -> &Trace {
        &self.uplink.trace.as_ref().expect("a trace").trace
    }

    /// Both ways.
    fn path(&self) -> Path {
        Path { forward: self.uplink.clone(), backward: self.downlink.clone(), seed: 1 }
    }

    /// Broadcasts, with Golive's controller and ladder, or with another controller.
    pub fn run(&self, rival: Option<Rival>) -> BroadcastSimulation {
        let Some(rival) = rival else {
            let ladder = Adaptation::default();
            let config = self.config(true);
            return self
                .broadcast(Config { minimum_bitrate: LEAST, adaptation: ladder, ..config }, None);
        };
        let (start, maximum) = (self.maximum.min(START), self.maximum);
        let range =
            Range { minimum: MINIMUM, maximum, start, sound: CARRIED_SOUND, latency: LATENCY };
        let mut config = self.config(false);
        config.target.bitrate = range.start;
        self.broadcast(config, Some(rival.pilot(range)))
    }

    /// Broadcasts with Golive's controller, and leaves frame rate and size as they are.
    pub fn run_without_ladder(&self) -> BroadcastSimulation {
        self.broadcast(self.config(true), None)
    }

    fn broadcast(&self, config: Config, pilot: Option<Box<dyn Pilot>>) -> BroadcastSimulation {
        let mut simulation = BroadcastSimulation::new(config, &self.path()).with_delays();
        // The ingests that everybody has are libsrt's.
        simulation.start_stock_ingest(false);
        let mut simulation = match pilot {
            Some(pilot) => simulation.steered_by(pilot),
            None => simulation,
        };
        if let Some(flow) = self.flow {
            simulation.add_flow(flow);
        }
        simulation.run(self.length + LATENCY + ONE_WAY);
        simulation
    }

    /// What the viewers got.
    pub fn judge(&self, received: &[Received]) -> Score {
        let (from, until) = self.span();
        Score::judge(received, from, until, BUDGET)
    }

    /// How long what was captured took to the ingest, whatever became of it there: the shortest
    /// time first.
    pub fn delays(&self, simulation: &BroadcastSimulation) -> Vec<Duration> {
        let (from, until) = self.span();
        let delays = simulation.delays(from, until);
        let mut delays: Vec<Duration> = delays.into_iter().map(|(_, delay)| delay).collect();
        delays.sort_unstable();
        delays
    }

    /// What they could have got, had the broadcaster known the trace, and been alone.
    pub fn oracle(&self) -> Score {
        let bounds = Bounds { minimum: LEAST, maximum: self.maximum, sound: LEAST_SOUND };
        Score::oracle(self.trace(), self.span(), LATENCY, bounds)
    }

    /// From when to when it is judged.
    pub fn span(&self) -> (Time, Time) {
        (Time::ZERO + SETTLING, Time::ZERO + self.length)
    }

    fn config(&self, adaptive: bool) -> Config {
        let mut config = config();
        config.transport = srt::Config { latency: LATENCY, ..config.transport };
        config.target.bitrate = self.maximum;
        config.minimum_bitrate = MINIMUM;
        config.adaptive = adaptive;
        config.adaptation = Adaptation { frame_rate: false, size: false, sound: false };
        config
    }
}

fn megabits(rate: f64) -> Bitrate {
    Bitrate::from_bits_per_second((rate * 1e6) as u64)
}
