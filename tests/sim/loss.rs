//! How much is lost for good.

use golive_proto::transport::Priority;
use golive_proto::units::{Bitrate, Time};
use golive_tests::network::{Conditions, Link, Loss, RateLimit};
use golive_tests::simulation::{Outcome, Plain, Plan};
use golive_tests::table::{LOSSLESS, ROWS, Row, row};

use crate::story::{millis, seconds, tell};

fn plan(row: Row, seed: u64) -> Plan {
    Plan::new(row.conditions(), row.latency, seed)
}

#[test]
fn a_perfect_network_delivers_every_payload_at_its_very_time() {
    let plan = Plan::new(Conditions::delay(millis(20)), millis(120), 1);
    let outcome = tell(&plan, seconds(60));
    assert_eq!(outcome.verdict.lost, 0);
    assert_eq!(outcome.verdict.longest_delay, millis(140));
    assert_eq!(outcome.sender.packets_retransmitted, 0);
    // Acknowledgements cost something, media nothing beyond its headers.
    assert!(outcome.overhead_percent < 1.5, "{} %", outcome.overhead_percent);
}

#[test]
fn with_time_for_many_rounds_nothing_is_lost() {
    for seed in 1..=4 {
        let outcome = tell(&plan(LOSSLESS, seed), seconds(60));
        assert_eq!(outcome.verdict.lost, 0, "seed {seed}");
        assert!(outcome.overhead_percent < 8.0, "{} %", outcome.overhead_percent);
    }
}

/// What may be lost between two of us, and what may be sent beyond the payloads, in per cent: a step
/// back beyond that is felt. libsrt with the best of its packet filters lost 0.02, 0.13, 0.11, 1.16
/// and 0.02 %, for 46, 39, 38, 49 and 44 % more bytes.
const AT_MOST: [(f64, f64); ROWS.len()] =
    [(0.01, 33.0), (0.1, 39.5), (0.011, 38.5), (0.16, 51.0), (0.01, 24.0)];

#[test]
fn over_the_reference_table_hardly_anything_is_lost_between_two_of_us() {
    for (row, (lost_at_most, overhead_at_most)) in ROWS.into_iter().zip(AT_MOST) {
        let between = mean(row, Plain::Nobody);
        println!("{row}: {:.3} % lost, {:.1} % overhead", between.lost, between.overhead);
        assert!(between.lost <= lost_at_most, "{row}: {} % lost", between.lost);
        assert!(between.overhead <= overhead_at_most, "{row}: {} % overhead", between.overhead);
    }
}

/// What a receiver that behaves as libsrt does may lose, as a share of what it loses when the sender
/// does so too.
const SHARES: [f64; ROWS.len()] = [0.5, 0.5, 0.2, 0.17, 0.5];

#[test]
fn to_a_receiver_like_libsrt_a_fraction_is_lost_for_three_times_what_libsrt_sends_again() {
    for (row, share) in ROWS.into_iter().zip(SHARES) {
        let (theirs, ours) = (mean(row, Plain::Both), mean(row, Plain::Receiver));
        println!(
            "{row}: {:.3} % lost ({:.1} % sent again), libsrt {:.3} % ({:.1} %), untold {:.3} %",
            ours.lost, ours.again, theirs.lost, theirs.again, ours.untold
        );
        assert!(ours.lost <= share * theirs.lost, "{row}: {} of {} %", ours.lost, theirs.lost);
        // The real libsrt is asked twice for some packets, and sends a tenth to a quarter more again
        // than our own way of being plain: three times of that.
        assert!(ours.again <= 3.55 * theirs.again, "{row}: {} of {} %", ours.again, theirs.again);
    }
}

#[test]
fn what_much_depends_on_is_lost_less_often_than_the_rest() {
    let is_key = |number: u64| number.is_multiple_of(5);
    let priority = |number: u64| match number % 5 {
        0 => Priority::High,
        1 => Priority::Low,
        _ => Priority::Ordinary,
    };
    let (mut key, mut rest) = (0, 0);
    for seed in 1..=8 {
        let plan = plan(row(Loss::bursty(0.10, 3.0), 100, 180), seed);
        let plan = Plan { plain: Plain::Receiver, priority, ..plan };
        let verdict = tell(&plan, seconds(60)).verdict;
        let lost = verdict.gaps.iter().flat_map(|(first, last)| *first..=*last);
        let (of_keys, of_rest): (Vec<_>, Vec<_>) = lost.partition(|number| is_key(*number));
        key += of_keys.len() * 4;
        rest += of_rest.len();
    }
    println!("of as many packets, {key} of key frames were lost, and {rest} of others");
    assert!(key * 4 < rest * 3, "{key} beside {rest}");
}

/// What an ideal code loses that knows nothing of reports, in per cent, on the second row: one repair
/// packet for `every` packets on the wire, each of all before it; a packet is lost if those that
/// arrive within a latency make up for no more than a part of the losses from it on.
fn lost_by_an_ideal_code(every: f64) -> f64 {
    let row = ROWS[1];
    let mut link = Link::new(row.conditions(), 1);
    let packets: Vec<(bool, bool)> = (0..600_000)
        .map(|index| {
            let repair = ((index + 1) as f64 / every) as u64 > (index as f64 / every) as u64;
            let fate = link.carry(Time::ZERO, 1_400_usize.into());
            (repair, fate.arrivals().next().is_some())
        })
        .collect();
    // 5 Mb/s of payloads.
    let window = 57;
    let (mut sources, mut lost) = (0, 0);
    for (index, (repair, arrived)) in packets.iter().enumerate() {
        sources += u32::from(!repair);
        if *repair || *arrived {
            continue;
        }
        let (mut owed, mut seen) = (0, 0);
        let made_up = packets[index..].iter().any(|(repair, arrived)| {
            seen += u32::from(!repair);
            owed += i32::from(!repair && !arrived) - i32::from(*repair && *arrived);
            seen > window || owed <= 0
        });
        lost += u32::from(!made_up || seen > window);
    }
    f64::from(lost) * 100.0 / f64::from(sources)
}

#[test]
fn between_two_of_us_less_is_lost_than_by_any_code_that_knows_of_no_report() {
    for percent in [29, 39, 50] {
        let every = 1.0 + 100.0 / f64::from(percent);
        println!("ideal code, {percent} % of repair: {:.3} % lost", lost_by_an_ideal_code(every));
    }
    let ideal = lost_by_an_ideal_code(1.0 + 100.0 / 39.0);
    assert!(mean(ROWS[1], Plain::Nobody).lost < ideal * 0.8, "{ideal}");
}

struct Means {
    lost: f64,
    overhead: f64,
    again: f64,
    untold: f64,
}

/// Over a minute and three seeds.
fn mean(row: Row, plain: Plain) -> Means {
    let outcomes: Vec<_> =
        (1..=3).map(|seed| tell(&Plan { plain, ..plan(row, seed) }, seconds(60))).collect();
    let mean = |value: fn(&Outcome) -> f64| {
        outcomes.iter().map(value).sum::<f64>() / outcomes.len() as f64
    };
    Means {
        lost: mean(|outcome| outcome.verdict.lost_percent()),
        overhead: mean(|outcome| outcome.overhead_percent),
        again: mean(|outcome| outcome.again_percent),
        untold: mean(|outcome| outcome.untold_percent),
    }
}

#[test]
fn packets_that_overtake_one_another_are_not_taken_for_lost_ones() {
    let conditions =
        Conditions { reordered: 0.02, duplicated: 0.01, ..Conditions::delay(millis(20)) };
    let outcome = tell(&Plan::new(conditions, millis(200), 1), seconds(60));
    assert_eq!(outcome.verdict.lost, 0);
    let needless = outcome.sender.packets_retransmitted as f64 / outcome.verdict.sent as f64;
    assert!(needless < 0.05, "{:.1} % were sent twice for nothing", needless * 100.0);
}

#[test]
fn jitter_within_the_latency_is_not_felt() {
    let conditions = Conditions { jitter: millis(60), ..Conditions::delay(millis(20)) };
    let outcome = tell(&Plan::new(conditions, millis(200), 1), seconds(60));
    assert_eq!(outcome.verdict.lost, 0);
    let spread = outcome.verdict.longest_delay - outcome.verdict.median_delay;
    assert!(spread < millis(15), "delays differ by {spread:?}");
}

#[test]
fn a_link_that_carries_less_than_is_sent_is_not_drowned_in_retransmissions() {
    let conditions = Conditions {
        rate: Some(RateLimit {
            bitrate: Bitrate::from_kilobits_per_second(4_000),
            queue: golive_proto::units::ByteCount::new(100_000),
        }),
        ..Conditions::delay(millis(20))
    };
    let outcome = tell(&Plan::new(conditions, millis(400), 1), seconds(60));
    let arrived = 100.0 - outcome.verdict.lost_percent();
    // 4 of 5.2 Mb/s fit; whatever is sent again takes room from what is new.
    println!("{arrived:.0} % arrived, {:.0} % overhead", outcome.overhead_percent);
    assert!(arrived > 40.0, "only {arrived} % arrived");
    assert!(outcome.overhead_percent < 60.0, "{} % overhead", outcome.overhead_percent);
}

#[test]
fn a_handshake_gets_through_a_network_that_loses_a_third() {
    for seed in 1..=20 {
        let lossy = Conditions::delay(millis(40)).with_loss(Loss::random(0.33));
        let outcome = tell(&Plan::new(lossy, millis(500), seed), seconds(2));
        assert!(outcome.verdict.lost_percent() < 20.0, "seed {seed}: {:?}", outcome.verdict);
    }
}
