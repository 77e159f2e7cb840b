//! Whole broadcasts over uplinks whose rate changes, or is gone for a while: how much of them is
//! seen on time.

use std::time::Duration;

use golive_proto::transport::srt;
use golive_proto::units::{Bitrate, Time};
use golive_tests::network::{Conditions, Path, Trace, TraceLimit};
use golive_tests::simulation::{BroadcastSimulation, Score, config};

const ONE_WAY: Duration = Duration::from_millis(30);
const LATENCY: Duration = Duration::from_millis(500);
/// A picture is on time within the latency, the way, and what a player holds back itself.
const BUDGET: Duration = Duration::from_millis(500 + 30 + 120);
const STEP: Duration = Duration::from_millis(100);

/// A minute of a broadcast of up to 6 Mb/s over an uplink that carries so many kilobits a second
/// in each tenth of it. The way back is always there.
fn broadcast(kilobits: impl Fn(usize) -> u64) -> BroadcastSimulation {
    let rates = (0..600).map(|step| Bitrate::from_kilobits_per_second(kilobits(step)));
    let trace = Trace::from_rates(STEP, rates);
    let trace = trace.map(|trace| TraceLimit { trace, queue: TraceLimit::QUEUE });
    let uplink = Conditions { trace, ..Conditions::delay(ONE_WAY) };
    let path = Path { forward: uplink, backward: Conditions::delay(ONE_WAY), seed: 1 };
    let mut plan = config();
    plan.transport = srt::Config { latency: LATENCY, ..plan.transport };
    plan.target.bitrate = Bitrate::from_kilobits_per_second(6_000);
    let mut simulation = BroadcastSimulation::new(plan, &path);
    simulation.run(Duration::from_secs(60) + BUDGET);
    simulation
}

/// What was seen of what was captured from one moment to the other, in milliseconds.
fn seen(broadcast: &BroadcastSimulation, from: u64, until: u64) -> Score {
    let (from, until) = (Time::from_millis(from), Time::from_millis(until));
    Score::judge(broadcast.received(), from, until, BUDGET)
}

#[test]
fn after_a_dark_uplink_all_is_on_time_again_within_a_probe_a_round_trip_and_a_frame() {
    // Gone for two seconds in every ten.
    let broadcast = broadcast(|step| if step % 100 >= 80 { 0 } else { 4_000 });
    for back in (10_000..60_000).step_by(10_000) {
        let live = back + 100 + 60 + 34;
        let after = seen(&broadcast, live, back + 3_000);
        assert_eq!(after.late_slots, 0, "back at {back} ms: {after:?}");
        let before = seen(&broadcast, back - 7_000, back - 2_500);
        assert_eq!(before.late_slots, 0, "gone at {} ms: {before:?}", back - 2_000);
    }
}

#[test]
fn an_uplink_that_is_dark_for_longer_than_the_ingest_waits_is_followed_at_once() {
    // The ingest gives the broadcaster up after five seconds, and is heard itself until then.
    let broadcast = broadcast(|step| if (200..253).contains(&step) { 0 } else { 4_000 });
    let after = seen(&broadcast, 25_800, 35_000);
    assert_eq!(after.late_slots, 0, "{after:?}");
    assert!(seen(&broadcast, 5_000, 19_400).late_slots == 0);
}

#[test]
fn gaps_shorter_than_the_latency_are_not_seen() {
    let broadcast = broadcast(|step| if step % 30 >= 27 { 0 } else { 4_000 });
    let score = seen(&broadcast, 5_000, 60_000);
    assert_eq!(score.late_slots, 0, "{score:?}");
    let rate = score.on_time_bits / 55;
    assert!(rate > 2_700_000, "{rate} b/s of 3.6 Mb/s");
}

#[test]
fn a_link_that_falls_to_a_quarter_is_followed_and_its_return_as_well() {
    let broadcast = broadcast(|step| if (200..400).contains(&step) { 1_000 } else { 4_000 });
    let fallen = seen(&broadcast, 20_000, 22_000);
    assert!(fallen.late_slots < 36, "it took more than a second to adapt: {fallen:?}");
    let low = seen(&broadcast, 22_000, 39_500);
    assert_eq!(low.late_slots, 0, "{low:?}");
    let returned = seen(&broadcast, 45_000, 60_000);
    assert_eq!(returned.late_slots, 0, "{returned:?}");
    let rate = returned.on_time_bits / 15;
    assert!(rate > 3_000_000, "{rate} b/s of 4 Mb/s, five seconds after its return");
}
