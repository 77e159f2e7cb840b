//! Two networks at once: their capacities add, and one of them is nothing that a viewer misses.

use std::time::Duration;

use golive_proto::session::{Config, State};
use golive_proto::transport::srtla::{self, LinkId, LinkOptions, LinkState};
use golive_proto::units::{Bitrate, ByteCount, Time};
use golive_tests::network::{Conditions, Loss, RateLimit};
use golive_tests::peers::long;
use golive_tests::simulation::{BondedSimulation, Produced, config};

use crate::story::{millis, seconds};

/// A network of 2 Mb/s with a round trip of 40 ms and half a second of queue.
fn two_megabits() -> Conditions {
    limited(2_000, 20)
}

fn limited(kilobits: u64, delay: u64) -> Conditions {
    let bitrate = Bitrate::from_kilobits_per_second(kilobits);
    let queue = ByteCount::new(kilobits * 125 / 2);
    Conditions { rate: Some(RateLimit { bitrate, queue }), ..Conditions::delay(millis(delay)) }
}

/// So much of video, and sound beside it, not adapted unless asked.
fn broadcast(kilobits: u64, adaptive: bool) -> Config {
    let mut config = config();
    config.target.bitrate = Bitrate::from_kilobits_per_second(kilobits);
    config.adaptive = adaptive;
    config
}

fn free(conditions: Conditions) -> (Conditions, LinkOptions) {
    (conditions, LinkOptions::default())
}

fn metered(conditions: Conditions, budget: u64) -> (Conditions, LinkOptions) {
    (conditions, LinkOptions { budget: Some(ByteCount::new(budget)) })
}

/// Units that never arrived, of those produced between two moments.
fn missing(broadcast: &BondedSimulation, from: Time, until: Time) -> Vec<Produced> {
    let mut missing = broadcast.missing();
    let within = |micros: i64| (from.as_micros()..until.as_micros()).contains(&(micros as u64));
    missing.retain(|unit| within(unit.pts.as_micros()));
    missing
}

fn names(broadcast: &BondedSimulation, wanted: srtla::Event) -> Vec<Time> {
    let events = broadcast.link_events().iter();
    events.filter(|(_, event)| *event == wanted).map(|(at, _)| *at).collect()
}

/// The connection is made and the first pictures have passed.
const BEGUN: Time = Time::from_millis(1_000);
/// Latency, way and queue of what is produced now.
const UNDER_WAY: Duration = millis(500);
/// From the encoder to the reader: the latency of 250 ms, a way of 20, the time of the key frame
/// in the pacer, and what SRT's and the reader's clocks take.
const ON_TIME: Duration = millis(330);

#[test]
fn two_networks_of_2_megabits_carry_3_6_megabits_on_time() {
    for (seed, adaptive) in [(1, false), (2, false), (3, true)] {
        let networks = [free(two_megabits()), free(two_megabits())];
        // With 128 kb/s of sound.
        let mut it = BondedSimulation::new(broadcast(3_472, adaptive), &networks, seed);
        it.run(seconds(60));
        let until = it.now().saturating_sub(UNDER_WAY);
        assert_eq!(missing(&it, BEGUN, until), [], "seed {seed}");
        let longest = it.longest_way(BEGUN);
        assert!(longest <= ON_TIME, "seed {seed}: {longest:?}");
        let health = it.health();
        let target = health.target.as_kilobits_per_second();
        assert!(target >= 3_300, "seed {seed}: the encoder is asked for {target} kb/s");
        for link in it.links() {
            assert!((0.4..0.6).contains(&link.share), "seed {seed}: {link:?}");
            let round_trip = link.round_trip_time.expect("it was measured");
            assert!(round_trip < millis(130), "seed {seed}: a queue builds up: {link:?}");
        }
        // Nobody lost anything, and packets that overtake one another are no loss.
        let again = health.totals.packets_retransmitted as f64 / health.totals.packets_sent as f64;
        assert!(again < 0.01, "seed {seed}: {again} sent again");
    }
}

/// Over two networks of 2 Mb/s, for so long and a little more, another moment with each seed.
fn two_equal(config: Config, length: Duration, seed: u64) -> BondedSimulation {
    let networks = [free(two_megabits()), free(two_megabits())];
    let mut it = BondedSimulation::new(config, &networks, seed);
    it.run(length + millis(37 * seed));
    it
}

/// Which of the two carries more.
fn busier(it: &mut BondedSimulation) -> usize {
    let links = it.links();
    usize::from(links[1].share > links[0].share)
}

#[test]
fn a_network_that_is_cut_off_without_warning_costs_no_access_unit() {
    for seed in 1..=8 {
        let mut it = two_equal(broadcast(1_400, false), seconds(10), seed);
        let busier = busier(&mut it);
        it.cut(busier);
        let cut = it.now();
        it.run(seconds(10));
        let link = LinkId::new(busier as u32);
        let left = names(&it, srtla::Event::Silent { link }).first().map(|at| at.since(cut));
        assert!(left.is_some_and(|left| left < millis(150)), "seed {seed}: left after {left:?}");
        it.restore(busier);
        let restored = it.now();
        it.run(seconds(10));
        let back = names(&it, srtla::Event::Returned { link }).first().map(|at| at.since(restored));
        assert!(back.is_some_and(|back| back < millis(400)), "seed {seed}: back after {back:?}");
        let until = it.now().saturating_sub(UNDER_WAY);
        assert_eq!(missing(&it, BEGUN, until), [], "seed {seed}");
        assert!(it.longest_way(BEGUN) <= ON_TIME, "seed {seed}: {:?}", it.longest_way(BEGUN));
    }
}

#[test]
fn when_half_of_the_capacity_goes_only_what_was_under_way_is_missing() {
    for seed in 1..=8 {
        let mut it = two_equal(broadcast(3_472, true), seconds(20), seed);
        it.cut(0);
        let cut = it.now();
        it.run(seconds(20));
        let until = it.now().saturating_sub(UNDER_WAY);
        let beyond = missing(&it, cut + millis(1_500), until);
        let before = missing(&it, BEGUN, cut.saturating_sub(millis(250)));
        assert_eq!((before, beyond), (vec![], vec![]), "seed {seed}");
    }
}

#[test]
fn a_hand_over_that_is_announced_loses_nothing_and_repeats_nothing() {
    for seed in 1..=8 {
        let mut it = two_equal(broadcast(1_400, false), seconds(10), seed);
        let busier = busier(&mut it);
        let before = it.health().totals;
        it.announce_leaving(busier);
        it.run(millis(200));
        it.cut(busier);
        it.run(seconds(10));
        let until = it.now().saturating_sub(UNDER_WAY);
        assert_eq!(missing(&it, BEGUN, until), [], "seed {seed}");
        let after = it.health().totals;
        let again = after.packets_retransmitted - before.packets_retransmitted;
        assert!(again < 10, "seed {seed}: {again} packets left twice");
        assert_eq!(it.links().len(), 1, "seed {seed}: the link is closed");
    }
}

#[test]
fn a_network_that_costs_money_carries_what_the_other_cannot_and_stops_at_its_budget() {
    let wire = |carried: ByteCount, broadcast: &BondedSimulation| {
        carried.as_u64() as f64 * 8.0 / broadcast.now().as_micros() as f64
    };
    let networks = [free(two_megabits()), metered(limited(4_000, 10), 1_000_000_000)];
    let mut it = BondedSimulation::new(broadcast(1_200, false), &networks, 1);
    it.run(seconds(30));
    let rate = wire(it.carried(1).offered_bytes, &it);
    assert!(rate < 0.1, "{rate} Mb/s go where they cost, though the other network suffices");

    let mut it = BondedSimulation::new(broadcast(2_600, false), &networks, 1);
    it.run(seconds(30));
    assert_eq!(missing(&it, BEGUN, it.now().saturating_sub(UNDER_WAY)), []);
    let rate = wire(it.carried(1).offered_bytes, &it);
    assert!((0.6..1.4).contains(&rate), "{rate} Mb/s of what 2 Mb/s do not carry");

    let budget = 1_500_000;
    let networks = [free(two_megabits()), metered(limited(4_000, 10), budget)];
    let mut it = BondedSimulation::new(broadcast(2_600, true), &networks, 1);
    it.run(seconds(60));
    assert_eq!(names(&it, srtla::Event::BudgetSpent { link: LinkId::new(1) }).len(), 1);
    let spent = it.carried(1).offered_bytes.as_u64() + it.carried_back(1).offered_bytes.as_u64();
    assert!(spent < budget + 50_000, "{spent} bytes of {budget}");
    assert_eq!(it.health().state, State::Live);
}

#[test]
fn key_frames_take_the_network_that_loses_less() {
    let lossy = limited(6_000, 15).with_loss(Loss::bursty(0.05, 2.0));
    let networks = [free(lossy), free(limited(6_000, 25))];
    let mut it = BondedSimulation::new(broadcast(3_000, false), &networks, 1);
    it.run(seconds(60));
    let [lossy, clean] = [0, 1].map(|network| it.of_keyframes(network) as f64);
    let share = clean / (lossy + clean);
    assert!(share > 0.75, "{share} of what belongs to key frames went the better way");
    assert!(it.links()[0].share > 0.5, "the rest takes the shorter one: {:?}", it.links());
}

#[test]
fn two_networks_that_come_and_go_for_ten_minutes_leave_a_broadcast_that_is_well() {
    for seed in if long() { 1..=20 } else { 1..=2 } {
        let networks = [free(two_megabits()), free(two_megabits())];
        let mut it = BondedSimulation::new(broadcast(1_400, true), &networks, seed);
        let away = come_and_go(&mut it, seed, seconds(600));
        it.run(seconds(5));
        assert_eq!(it.health().state, State::Live, "seed {seed}");
        let until = it.now().saturating_sub(UNDER_WAY);
        // While both are away nothing arrives; after it, a handshake and a key frame are due.
        let mut unexplained = missing(&it, BEGUN, until);
        unexplained.retain(|unit| {
            let at = Time::from_micros(unit.pts.as_micros() as u64);
            !away
                .iter()
                .any(|(from, to)| (from.saturating_sub(UNDER_WAY)..*to + seconds(2)).contains(&at))
        });
        let share = unexplained.len() as f64 / it.produced().len() as f64;
        assert!(share < 0.01, "seed {seed}: {share} of all units are missing without need");
        let last = it.received().last().map(|unit| unit.at);
        assert!(last.is_some_and(|at| it.now().since(at) < millis(100)), "seed {seed}: {last:?}");
        assert!(it.links().iter().all(|link| link.state == LinkState::Live), "seed {seed}");
    }
}

/// Networks that come and go as the seed has it, and are there in the end; when both were away.
fn come_and_go(it: &mut BondedSimulation, seed: u64, duration: Duration) -> Vec<(Time, Time)> {
    let mut dice = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut draw = |limit: u64| {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        dice % limit
    };
    let mut present = [true, true];
    let mut away: Vec<(Time, Time)> = Vec::new();
    while it.now() < Time::ZERO + duration {
        it.run(millis(100 + draw(4_000)));
        let which = draw(2) as usize;
        if present == [false, false]
            && let Some(last) = away.last_mut()
        {
            last.1 = it.now();
        }
        present[which] = !present[which];
        if present[which] {
            it.restore(which);
        } else {
            it.cut(which);
        }
        if present == [false, false] {
            away.push((it.now(), it.now()));
        }
    }
    for which in [0, 1] {
        it.restore(which);
    }
    if present == [false, false]
        && let Some(last) = away.last_mut()
    {
        last.1 = it.now();
    }
    away
}
