//! The rate controller over another transport: QUIC, as quinn-proto carries it, in virtual time.
//!
//! What it is told comes from quinn's own hook for congestion control, in which it stands: bytes
//! acknowledged and in flight, round trips of single packets. Frames leave as a stream each, from the
//! same queue with the same policy as before SRT. So its inputs stay neutral.

mod plain;
mod world;

use std::time::Duration;

use golive_proto::units::{Bitrate, Time};
use golive_tests::network::{Conditions, Trace, TraceLimit};

use crate::story::{millis, seconds};
use world::World;

/// What frames may take; the receiver of SRT would hold them back for as long.
const LATENCY: Duration = millis(500);
/// Megabits a second, each for thirty seconds.
const RATES: [f64; 4] = [5.0, 1.5, 4.0, 2.5];
const STEP: Duration = seconds(30);

#[test]
fn over_quic_the_rate_follows_the_link_and_frames_stay_fresh() {
    let mut world = World::new(&link());
    world.run(STEP * RATES.len() as u32);
    for (number, rate) in RATES.into_iter().enumerate() {
        let begin = Time::ZERO + STEP * number as u32;
        // Ten seconds are given to find a step.
        let (from, until) = (begin + seconds(10), begin + STEP);
        let frames: Vec<_> =
            world.arrived.iter().filter(|f| f.at >= from && f.at < until).collect();
        let bytes: u64 = frames.iter().map(|frame| frame.length).sum();
        let carried = bytes as f64 * 8.0 / until.since(from).as_secs_f64() / 1e6;
        let mut delays: Vec<Duration> = frames.iter().map(|f| f.at.since(f.captured)).collect();
        delays.sort_unstable();
        let [median, p95] = [50, 95].map(|share| delays[delays.len() * share / 100]);
        println!("{rate} Mb/s: {carried:.2} carried, median {median:?}, p95 {p95:?}");
        assert!(carried > rate * 0.85, "{carried:.2} Mb/s over a link of {rate}");
        assert!(p95 < LATENCY, "{rate} Mb/s: one frame in twenty takes {p95:?}");
    }
    let again = {
        let mut world = World::new(&link());
        world.run(STEP);
        world.arrived
    };
    assert_eq!(again[..], world.arrived[..again.len()], "what happened once happens again");
}

/// A round trip of 60 ms, and a queue of half a second at the highest rate.
fn link() -> Conditions {
    let rates = RATES.map(|rate| Bitrate::from_bits_per_second((rate * 1e6) as u64));
    let queue = rates[0].bytes_in(millis(500));
    let trace = Trace::from_rates(STEP, rates).map(|trace| TraceLimit { trace, queue });
    Conditions { trace, ..Conditions::delay(millis(30)) }
}
