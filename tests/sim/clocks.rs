//! Clocks that began earlier, run faster, or wrap.

use std::time::Duration;

use golive_proto::transport::srt::{KeyLength, KeyRefresh, Passphrase};
use golive_proto::units::Bitrate;
use golive_tests::simulation::{Plan, first_sequence_number};
use golive_tests::table::LOSSLESS;

use crate::story::{millis, seconds, tell};

fn plan(seed: u64) -> Plan {
    Plan::new(LOSSLESS.conditions(), LOSSLESS.latency, seed)
}

#[test]
fn a_listener_that_has_been_up_for_long_shortens_nobodys_latency() {
    for uptime in [seconds(1), seconds(300), seconds(4_294), seconds(86_400)] {
        let plan = Plan { listener_uptime: uptime, ..plan(1) };
        let outcome = tell(&plan, seconds(30));
        assert_eq!(outcome.verdict.lost, 0, "up for {uptime:?}");
        let delay = outcome.verdict.median_delay;
        assert!(delay >= millis(265) && delay <= millis(290), "up for {uptime:?}: {delay:?}");
    }
}

#[test]
fn timestamps_wrap_after_an_hour_and_twelve_minutes_and_nobody_notices() {
    // 2^32 microseconds are 4,295 s. A slow stream, for many packets show no more.
    let plan =
        Plan { rate: golive_proto::units::Bitrate::from_kilobits_per_second(100), ..plan(2) };
    let outcome = tell(&plan, seconds(4_500));
    assert_eq!(outcome.verdict.lost, 0);
    assert!(outcome.verdict.longest_delay < millis(300), "{:?}", outcome.verdict.longest_delay);
}

#[test]
fn sequence_numbers_wrap_and_nobody_notices() {
    // The first number is random: look for a seed with which it lies shortly before the wrap.
    let packets = 5_000_000 / 8 / 1_316 * 30;
    let before_wrap = (1 << 31) - packets / 2;
    let mut seeds = (1_u64..).map(|seed| (seed, first_sequence_number(seed)));
    let (seed, _) = seeds
        .find(|(_, number)| (before_wrap - packets / 4..before_wrap).contains(number))
        .unwrap();
    let outcome = tell(&plan(seed), seconds(30));
    assert_eq!(outcome.verdict.lost, 0, "seed {seed}");
}

#[test]
fn clocks_that_differ_by_a_hundred_millionths_do_not_drift_apart() {
    for drift in [-100, 100] {
        let rate = Bitrate::from_kilobits_per_second(1_000);
        let plan = Plan { caller_drift: drift, rate, ..plan(3) };
        let outcome = tell(&plan, seconds(1_200));
        // In 20 minutes they come to differ by 120 ms.
        assert_eq!(outcome.verdict.lost, 0, "{drift} ppm");
        let spread = outcome.verdict.longest_delay.abs_diff(outcome.verdict.median_delay);
        assert!(spread < millis(30), "{drift} ppm: delays differ by {spread:?}");
        let error = outcome.verdict.median_delay.abs_diff(millis(270));
        assert!(error < millis(20), "{drift} ppm: delay {:?}", outcome.verdict.median_delay);
    }
}

#[test]
fn keys_are_replaced_while_packets_are_lost_and_every_payload_is_still_read() {
    for length in [KeyLength::Bits128, KeyLength::Bits192, KeyLength::Bits256] {
        let mut plan = plan(4);
        plan.config.passphrase = Passphrase::new("a horse of a different colour").ok();
        plan.config.key_length = length;
        plan.config.key_refresh = KeyRefresh { after_packets: 2_000, announce_packets: 500 };
        let outcome = tell(&plan, Duration::from_secs(60));
        assert_eq!(outcome.verdict.lost, 0, "{length:?}");
        assert_eq!(outcome.receiver.packets_undecrypted, 0, "{length:?}");
    }
}
