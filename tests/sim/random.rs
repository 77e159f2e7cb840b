//! Broadcasts over networks that nobody would think of: every trouble, its measure, its length and
//! what follows it are drawn from a seed.
//!
//! Whatever happens, once the network is good again the broadcast is live, pictures arrive and the
//! encoder is asked for what the network carries, within times that stand here; nothing that waits
//! grows beyond its bound; and [`BroadcastSimulation`] itself sees that there is never a storm.

use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use golive_proto::media::Track;
use golive_proto::session::{Config, State};
use golive_proto::transport::srt;
use golive_proto::units::{Bitrate, ByteCount, Time};
use golive_tests::network::{Conditions, Loss, Path, RateLimit, Trace, TraceLimit};
use golive_tests::peers::long;
use golive_tests::simulation::{BroadcastSimulation, config};

use crate::broadcast::in_order;
use crate::story::{Draws, millis, seconds};

/// Seeds with which something once went wrong.
const KEPT: &[u64] = &[71, 88, 118, 254, 362, 628];
/// How many others are tried in a plain run and in a long one, and for how long each.
const FRESH: (u64, Duration) = (36, seconds(90));
const FRESH_LONG: (u64, Duration) = (1_000, seconds(600));

/// From the moment at which the network is good again.
const LIVE_WITHIN: Duration = seconds(7);
/// Six seconds but for one of forty: with seed 33, a long way on which packets overtake one another,
/// pictures halt once more for a moment.
const PICTURES_WITHIN: Duration = seconds(16);
const TARGET_WITHIN: Duration = seconds(20);
/// Of the highest bitrate, which a good network carries twice.
const RECOVERED: f64 = 0.7;
/// How long a good network lasts at least.
const GOOD: Duration = seconds(22);

#[test]
fn whatever_the_network_does_the_broadcast_is_back_when_it_is_good_again() {
    let (fresh, length) = if long() { FRESH_LONG } else { FRESH };
    let one = std::env::var("GOLIVE_SEED").ok().and_then(|seed| seed.parse().ok());
    let seeds: Vec<u64> = match one {
        Some(seed) => vec![seed],
        None => KEPT.iter().copied().chain(1..=fresh).collect(),
    };
    let began = Instant::now();
    let next = AtomicU64::new(0);
    let (worst, failed) = (Mutex::new(Worst::default()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed) as usize) {
                    match std::panic::catch_unwind(|| live_through(*seed, length)) {
                        Ok(found) => worst.lock().unwrap().add(&found),
                        Err(_) => failed.lock().unwrap().push(*seed),
                    }
                }
            });
        }
    });
    let simulated = length * seeds.len() as u32;
    println!(
        "{} broadcasts, {:.1} h in all, in {:.0} s: {}",
        seeds.len(),
        simulated.as_secs_f64() / 3_600.0,
        began.elapsed().as_secs_f64(),
        worst.into_inner().unwrap(),
    );
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "these seeds failed: {failed:?}");
}

/// What came closest to its bound.
#[derive(Debug, Default)]
struct Worst {
    live: Duration,
    pictures: Duration,
    target: Duration,
    queue: Duration,
    storm: f64,
    reconnections: u32,
    troubles: usize,
}

impl Worst {
    fn add(&mut self, other: &Worst) {
        self.live = self.live.max(other.live);
        self.pictures = self.pictures.max(other.pictures);
        self.target = self.target.max(other.target);
        self.queue = self.queue.max(other.queue);
        self.storm = self.storm.max(other.storm);
        self.reconnections += other.reconnections;
        self.troubles += other.troubles;
    }
}

impl fmt::Display for Worst {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} troubles, {} reconnections; at worst live after {:.1} s, pictures after {:.1} s, \
             the target back after {:.1} s, {} ms in the queue, {:.0} % of a storm",
            self.troubles,
            self.reconnections,
            self.live.as_secs_f64(),
            self.pictures.as_secs_f64(),
            self.target.as_secs_f64(),
            self.queue.as_millis(),
            self.storm * 100.0,
        )
    }
}

/// A broadcast of `length`, all drawn from `seed`.
fn live_through(seed: u64, length: Duration) -> Worst {
    let mut draws = Draws::new(seed);
    let config = random_config(&mut draws);
    let mut good = random_good(&mut draws, &config);
    let limits = (config.transport.latency, config.queue_limit, config.target.bitrate);
    let mut broadcast =
        BroadcastSimulation::new(config.clone(), &Path::symmetric(good.clone(), seed));
    let mut worst = Worst::default();
    let mut story = Vec::new();
    loop {
        recover(&mut broadcast, &mut worst, limits.2, seed, &story);
        if broadcast.now() >= Time::ZERO + length {
            break;
        }
        story.clear();
        for _ in 0..draws.between(1, 3) {
            let trouble = Trouble::draw(&mut draws, &config);
            let length = millis(draws.one_of(&[300, 2_000, 8_000, 30_000]));
            let length = length.mul_f64(draws.between(50, 150) as f64 / 100.0);
            story.push(format!("{} at {} for {length:?}", trouble, broadcast.now()));
            trouble.happen(&mut broadcast, &good, length);
            worst.troubles += 1;
        }
        // Another network now and then, as when a telephone changes from one to the other.
        if draws.below(3) == 0 {
            good = random_good(&mut draws, &config);
        }
        broadcast.change(&good);
    }
    in_order(broadcast.received());
    let (latency, queue_limit, maximum) = limits;
    let bound = queue_limit.min(latency * 2) + millis(60);
    worst.queue = broadcast.longest_queue();
    assert!(worst.queue <= bound, "seed {seed}: an access unit waited for {:?}", worst.queue);
    worst.storm = broadcast.worst_second().map_or(0.0, |second| second.share());
    worst.reconnections = broadcast.health().totals.reconnections;
    let feedback = broadcast.feedback();
    let most = maximum.bytes_in(latency + seconds(2));
    let few = feedback.is_some_and(|feedback| feedback.in_flight + feedback.unsent <= most);
    assert!(few, "seed {seed}: too much is under way on a good network: {feedback:?}");
    let minute = broadcast.now().as_micros() / 60_000_000 + 1;
    let events = broadcast.events().len() as u64;
    assert!(events <= minute * 3_200, "seed {seed}: {events} events in {minute} minutes");
    worst
}

/// Waits on a good network until everything is as it should be.
fn recover(
    broadcast: &mut BroadcastSimulation,
    worst: &mut Worst,
    maximum: Bitrate,
    seed: u64,
    story: &[String],
) {
    const STEP: Duration = millis(100);
    let began = broadcast.now();
    let (mut live, mut pictures, mut target) = (None, None, None);
    while broadcast.now().since(began) < GOOD {
        broadcast.run(STEP);
        assert!(!broadcast.ended(), "seed {seed}: it ended after {story:#?}");
        let since = broadcast.now().since(began);
        let health = broadcast.health();
        // On a rung of the ladder there are fifteen a second.
        let flows = pictures_of_last_second(broadcast) >= 10;
        note(&mut live, health.state == State::Live, since);
        note(&mut pictures, flows, since);
        note(&mut target, flows && health.target >= maximum.scaled(RECOVERED), since);
    }
    let bounds = [
        ("live", live, LIVE_WITHIN, &mut worst.live),
        ("pictures", pictures, PICTURES_WITHIN, &mut worst.pictures),
        ("the target", target, TARGET_WITHIN, &mut worst.target),
    ];
    for (what, after, bound, worst) in bounds {
        let in_time = after.is_some_and(|after| after <= bound);
        assert!(
            in_time,
            "seed {seed}: {what} after {after:?} since {began}, after {story:#?}: {:?}, {:#?}",
            broadcast.feedback(),
            broadcast.events().iter().rev().take(40).rev().collect::<Vec<_>>(),
        );
        *worst = (*worst).max(after.unwrap_or_default());
    }
}

/// Keeps since when something has been so.
fn note(since: &mut Option<Duration>, is_so: bool, now: Duration) {
    *since = if is_so { since.or(Some(now)) } else { None };
}

fn pictures_of_last_second(broadcast: &BroadcastSimulation) -> usize {
    let now = broadcast.now();
    let recent = broadcast.received().iter().rev().take_while(|u| now.since(u.at) < seconds(1));
    recent.filter(|unit| unit.track == Track::Video).count()
}

fn random_config(draws: &mut Draws) -> Config {
    let plain = config();
    let latency = millis(draws.one_of(&[200, 300, 500, 800, 1_500, 3_000]));
    let mut target = plain.target;
    target.bitrate = kilobits(draws.between(1_000, 8_000));
    Config {
        transport: srt::Config { latency, ..plain.transport },
        target,
        minimum_bitrate: kilobits(draws.between(150, 600)),
        queue_limit: millis(draws.between(300, 3_000)),
        ..plain
    }
}

/// A network that carries twice what is asked of it, in no more than a fifth of the latency, there and back.
fn random_good(draws: &mut Draws, config: &Config) -> Conditions {
    let longest = (config.transport.latency.as_millis() as u64 / 10).min(100);
    let limit = RateLimit {
        bitrate: config.target.bitrate.scaled(2.0),
        queue: ByteCount::new(draws.between(100_000, 1_000_000)),
    };
    Conditions {
        delay: millis(draws.between(2, longest)),
        jitter: millis(draws.below(6)),
        loss: Loss::random(draws.below(3) as f64 / 1_000.0),
        rate: (draws.below(2) == 0).then_some(limit),
        ..Conditions::default()
    }
}

/// What goes wrong for a while.
enum Trouble {
    /// Nothing gets through, one way or both.
    Blackout { forward: bool, backward: bool },
    /// The ingest dies, and comes back at the end.
    IngestDies,
    /// The two ways become like this.
    Becomes(Box<(Conditions, Conditions)>),
}

impl Trouble {
    fn draw(draws: &mut Draws, config: &Config) -> Self {
        match draws.below(8) {
            0 => Self::Blackout { forward: true, backward: true },
            1 => Self::Blackout { forward: draws.below(2) == 0, backward: true },
            2 => Self::IngestDies,
            _ => Self::Becomes(Box::new((random_way(draws, config), random_back(draws)))),
        }
    }

    fn happen(&self, broadcast: &mut BroadcastSimulation, good: &Conditions, length: Duration) {
        let dark = |dark| {
            if dark { good.clone().with_loss(Loss::BLACKOUT) } else { good.clone() }
        };
        match self {
            Trouble::Blackout { forward, backward } => {
                broadcast.change_ways(&dark(*forward), &dark(*backward));
            }
            Trouble::IngestDies => broadcast.kill_ingest(),
            Trouble::Becomes(ways) => broadcast.change_ways(&ways.0, &ways.1),
        }
        broadcast.run(length);
        if matches!(self, Trouble::IngestDies) {
            broadcast.start_ingest();
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Blackout { forward, backward } => {
                write!(f, "blackout forward {forward} backward {backward}")
            }
            Trouble::IngestDies => write!(f, "the ingest dies"),
            Trouble::Becomes(ways) => {
                write!(f, "{}", ways.0)?;
                if let Some(trace) = &ways.0.trace {
                    write!(f, " {:?} queue {}", trace.trace, trace.queue.as_u64())?;
                }
                write!(f, ", and back {}", ways.1)
            }
        }
    }
}

/// A way to the ingest on which several things may be wrong at once.
fn random_way(draws: &mut Draws, config: &Config) -> Conditions {
    let mut way = Conditions::delay(millis(draws.between(1, 150)));
    let queue = ByteCount::new(draws.one_of(&[20_000, 60_000, 200_000, 500_000, 2_000_000]));
    match draws.below(4) {
        0 => {
            let bitrate = kilobits(draws.between(100, 10_000));
            way.rate = Some(RateLimit { bitrate, queue });
        }
        1 | 2 => {
            let most = config.target.bitrate.as_kilobits_per_second() * 3 / 2;
            way.trace = random_trace(draws, most).map(|trace| TraceLimit { trace, queue });
        }
        _ => {}
    }
    let mut share =
        |limit| if draws.below(2) == 0 { draws.below(limit) as f64 / 100.0 } else { 0.0 };
    (way.duplicated, way.reordered) = (share(20), share(20));
    way.loss.mean = share(40);
    way.loss.burst = draws.between(1, 20) as f64;
    way.jitter = millis(draws.one_of(&[0, 3, 20, 80]));
    way
}

/// The way back, which is seldom as bad.
fn random_back(draws: &mut Draws) -> Conditions {
    let mut way = Conditions::delay(millis(draws.between(1, 150)));
    if draws.below(2) == 0 {
        way.loss = Loss::bursty(draws.below(30) as f64 / 100.0, draws.between(1, 10) as f64);
        way.jitter = millis(draws.below(40));
        way.duplicated = draws.below(10) as f64 / 100.0;
    }
    way
}

/// A rate that wanders below `most` kilobits a second, or jumps, or is gone for a while.
fn random_trace(draws: &mut Draws, most: u64) -> Option<Trace> {
    let (step, jumps) = (draws.one_of(&[100, 500, 2_000]), draws.below(2) == 0);
    let mut rate = draws.below(most);
    let rates: Vec<Bitrate> = (0..60_000 / step)
        .map(|_| {
            let stride = if jumps { most } else { most / 8 };
            rate = (rate + draws.below(2 * stride)).saturating_sub(stride).min(most);
            kilobits(if draws.below(20) == 0 { 0 } else { rate })
        })
        .collect();
    Trace::from_rates(millis(step), rates)
}

fn kilobits(rate: u64) -> Bitrate {
    Bitrate::from_kilobits_per_second(rate)
}
