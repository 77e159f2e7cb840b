//! What the controller makes of links that are easily described. Each bound is one that holds today;
//! where more is aimed at, that stands beside it.

use std::time::Duration;

use golive_proto::units::{Bitrate, ByteCount, Time};
use golive_tests::network::{Conditions, Loss, Path, RateLimit};
use golive_tests::simulation::{
    BroadcastSimulation, LATENCY, SETTLING, Scenario, Score, Tcp, config,
};

use crate::story::{millis, seconds};

/// A broadcast over a scenario, and what came of it.
struct Told {
    scenario: Scenario,
    simulation: BroadcastSimulation,
    score: Score,
}

#[test]
fn a_steady_link_is_used_and_hardly_a_picture_is_late() {
    for (megabits, used, late) in STEADY {
        let told = tell(Scenario::steady(megabits));
        assert!(told.used() >= used, "{megabits} Mb/s: {:.1} % used", told.used() * 100.0);
        assert!(told.late() <= late, "{megabits} Mb/s: {:.1} % late", told.late() * 100.0);
    }
}

/// Megabits a second, the share used, and the share of slots late.
const STEADY: [(f64, f64, f64); 3] = [(1.0, 0.92, 0.0), (3.0, 0.92, 0.0), (8.0, 0.92, 0.0)];

#[test]
fn after_a_step_the_rate_is_where_the_link_is_within_seconds() {
    let told = tell(Scenario::steps());
    assert!(told.used() >= 0.92, "{:.1} % used", told.used() * 100.0);
    assert!(told.late() <= 0.02, "{:.1} % late", told.late() * 100.0);
    let rates = Scenario::STEPS;
    let step = told.scenario.length / rates.len() as u32;
    for (number, rate) in rates.into_iter().enumerate().skip(1) {
        let begin = Time::ZERO + step * number as u32;
        // The rate saws; what it comes to over some seconds is what counts.
        let mean = told.mean_target(begin + seconds(5), begin + step) / 1e6;
        // What sound and headers take weighs more on a narrow link.
        let (least, most) = (rate * 0.55, rate * 1.3);
        assert!((least..most).contains(&mean), "{mean:.2} Mb/s after a step to {rate}");
    }
}

#[test]
fn losses_without_congestion_leave_most_of_the_rate() {
    // What is late is a few losses, or none, in a minute: one broadcast says little.
    let tell_with = |maximum| {
        let mut scenario = Scenario::loss();
        scenario.maximum = Bitrate::from_kilobits_per_second(maximum);
        tell(scenario)
    };
    let told = [7_500, 8_000, 9_000, 10_000, 11_000, 12_000].map(tell_with);
    for told in &told {
        // Two in a hundred are sent again.
        assert!(told.used() >= 0.92, "{:.1} % used", told.used() * 100.0);
    }
    // Aimed at: no late slots.
    let late = told.iter().map(Told::late).sum::<f64>() / told.len() as f64;
    assert!(late <= 0.02, "{:.1} % late", late * 100.0);
}

#[test]
fn a_fifth_lost_in_bursts_leaves_most_of_the_rate_where_nothing_is_full() {
    let asked = Bitrate::from_kilobits_per_second(2_500);
    let lossy = || Conditions { loss: Loss::bursty(0.2, 3.0), ..Conditions::delay(millis(50)) };
    for seed in 1..=4 {
        let mut config = config();
        config.transport.latency = millis(200);
        config.target.bitrate = asked;
        let path = Path { forward: lossy(), backward: lossy(), seed };
        let mut simulation = BroadcastSimulation::new(config, &path);
        simulation.start_stock_ingest(false);
        let (from, until) = (Time::ZERO + SETTLING, Time::ZERO + seconds(60));
        simulation.run(until.since(Time::ZERO));
        let kept = mean_target(&simulation, from, until) / asked.as_bits_per_second() as f64;
        // What is sent again takes nobody's room. Aimed at: all of it.
        assert!(kept >= 0.75, "{:.0} % of the rate is kept (seed {seed})", kept * 100.0);
    }
}

#[test]
fn a_deep_queue_is_not_filled() {
    let told = tell(Scenario::deep_queue());
    assert!(told.used() >= 0.92, "{:.1} % used", told.used() * 100.0);
    // It would hold pictures back for two seconds.
    let delay = told.delay(99);
    assert!(delay <= LATENCY, "one in a hundred takes {delay:?}");
    assert_eq!(told.score.late_slots, 0);
}

#[test]
fn beside_a_flow_of_tcp_neither_starves() {
    for flow in [Tcp::NewReno, Tcp::Cubic] {
        let told = tell(Scenario::competition(flow));
        let length = told.scenario.length.as_secs_f64();
        let all = told.scenario.trace().mean().as_bits_per_second() as f64;
        let theirs = told.simulation.carried_by_flows()[0].as_u64() as f64 * 8.0 / length / all;
        // Each at least half of its fair share. Aimed at: fewer late slots. What overflows a full
        // queue is reported too late to be sent again.
        assert!(told.used() >= 0.25, "{flow:?}: {:.1} % ours", told.used() * 100.0);
        assert!(theirs >= 0.25, "{flow:?}: {:.1} % theirs", theirs * 100.0);
        assert!(told.late() <= 0.45, "{flow:?}: {:.1} % late", told.late() * 100.0);
    }
}

#[test]
fn a_way_that_becomes_longer_is_used_as_before_within_seconds() {
    let link = |delay| Conditions {
        rate: Some(RateLimit {
            bitrate: Bitrate::from_kilobits_per_second(3_000),
            queue: ByteCount::new(100_000),
        }),
        ..Conditions::delay(delay)
    };
    for longer in [90, 150, 230] {
        let mut config = config();
        config.transport.latency = LATENCY;
        config.target.bitrate = Bitrate::from_kilobits_per_second(6_000);
        let mut broadcast = BroadcastSimulation::new(config, &Path::symmetric(link(millis(20)), 1));
        broadcast.run(seconds(30));
        broadcast.change(&link(millis(longer / 2)));
        broadcast.run(seconds(12));
        let mut asked = 0;
        for _ in 0..50 {
            broadcast.run(millis(100));
            asked += broadcast.health().target.as_kilobits_per_second() / 50;
        }
        assert!(asked > 1_700, "{asked} kb/s are asked for over a way of {longer} ms");
    }
}

fn tell(scenario: Scenario) -> Told {
    let simulation = scenario.run(None);
    let score = scenario.judge(simulation.received());
    let told = Told { scenario, simulation, score };
    eprintln!("{}", told.line());
    told
}

impl Told {
    /// The share of the link that was used.
    fn used(&self) -> f64 {
        let (from, until) = self.scenario.span();
        Score::used(self.simulation.received(), self.scenario.trace(), from, until)
    }

    /// The share of slots without a fresh picture in time.
    fn late(&self) -> f64 {
        self.score.late_slots as f64 / self.score.slots as f64
    }

    /// So many in a hundred take no longer to the ingest.
    fn delay(&self, percent: usize) -> Duration {
        let delays = self.scenario.delays(&self.simulation);
        delays.get(delays.len() * percent / 100).copied().unwrap_or(Duration::MAX)
    }

    fn mean_target(&self, from: Time, until: Time) -> f64 {
        mean_target(&self.simulation, from, until)
    }

    fn line(&self) -> String {
        let end = Time::ZERO + self.scenario.length;
        format!(
            "{}: {:.1} % used, {:.1} % late, p50 {} ms, p99 {} ms, {:.2} Mb/s asked for",
            self.scenario.name,
            self.used() * 100.0,
            self.late() * 100.0,
            self.delay(50).as_millis(),
            self.delay(99).as_millis(),
            self.mean_target(Time::ZERO + SETTLING, end) / 1e6,
        )
    }
}

/// What was asked of the encoder, in bits a second.
fn mean_target(simulation: &BroadcastSimulation, from: Time, until: Time) -> f64 {
    const GRAIN: Duration = millis(20);
    let count = until.since(from).as_millis() / GRAIN.as_millis();
    let target_at = |time| {
        let told = simulation.targets().iter().rev().find(|(at, _)| *at <= time);
        told.map_or(0.0, |(_, target)| target.as_bits_per_second() as f64)
    };
    (0..count as u32).map(|number| target_at(from + GRAIN * number)).sum::<f64>() / count as f64
}
