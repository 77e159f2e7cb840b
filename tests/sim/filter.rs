//! Packet filters: what is sent again beside them, and which one a broadcast chooses.

use std::time::Duration;

use golive_proto::media::Track;
use golive_proto::session::{Config, Event, FilterObstacle, FilterReason};
use golive_proto::transport::srt;
use golive_proto::units::Time;
use golive_tests::filters::Point;
use golive_tests::network::{Conditions, Loss, Path};
use golive_tests::simulation::{BroadcastSimulation, Plain, Plan, config};
use golive_tests::table::{ROWS, Row};

use crate::story::{millis, seconds, tell};

/// What a filter comes to with a receiver like libsrt's, over several seeds.
fn point(row: Row, filter: &str, plans_repair: bool) -> Point {
    const SEEDS: u64 = 3;
    let (mut lost, mut overhead) = (0.0, 0.0);
    for seed in 1..=SEEDS {
        let mut plan = Plan::new(row.conditions(), row.latency, seed);
        plan.config.packet_filter = filter.parse().ok();
        plan.config.plans_repair = plans_repair;
        plan.plain = Plain::Receiver;
        let outcome = tell(&plan, seconds(60));
        lost += outcome.verdict.lost_percent() / SEEDS as f64;
        overhead += outcome.overhead_percent / SEEDS as f64;
    }
    Point { filter: Some(filter.to_owned()), lost, overhead }
}

/// Every shape is compared by `cargo xtask bench filter -- virtual`.
#[test]
fn beside_a_filter_a_sender_that_plans_is_nowhere_beaten_by_one_that_answers_reports() {
    for (row, shape) in [
        (ROWS[0], "cols:5,rows:5"),
        (ROWS[1], "cols:10,rows:5"),
        (ROWS[2], "cols:10,rows:5"),
        (ROWS[3], "cols:10,rows:5"),
        (ROWS[4], "cols:10,rows:5"),
    ] {
        for mode in ["always", "onreq"] {
            let filter = format!("fec,{shape},layout:staircase,arq:{mode}");
            let (answers, plans) = (point(row, &filter, false), point(row, &filter, true));
            println!("{row}, {filter}: {answers} without planning, {plans} with");
            assert!(!answers.beats(&plans), "{row}, {filter}: {answers}, {plans}");
        }
    }
}

#[test]
fn what_a_filter_brings_back_is_not_sent_again_where_there_is_time_to_see_it() {
    let row = Row { latency: millis(400), ..ROWS[0] };
    let filter = "fec,cols:5,rows:5,layout:staircase,arq:always";
    let (answers, plans) = (point(row, filter, false), point(row, filter, true));
    println!("{answers} without planning, {plans} with");
    assert_eq!(plans.lost, 0.0);
    // A tenth is lost; most of it need not be sent again.
    assert!(plans.overhead < answers.overhead - 5.0, "{answers}, {plans}");
}

/// A broadcast with so little time that what is lost again is lost.
fn automatic() -> Config {
    let config = config();
    let transport =
        srt::Config { latency: millis(120), automatic_filter: true, ..config.transport };
    Config { transport, ..config }
}

fn far() -> Conditions {
    Conditions::delay(millis(50))
}

fn lossy() -> Conditions {
    far().with_loss(Loss::random(0.10))
}

fn changes(broadcast: &BroadcastSimulation) -> Vec<(Time, Event)> {
    let is_change =
        |event: &Event| matches!(event, Event::FilterChanged { .. } | Event::FilterStays { .. });
    broadcast.events().iter().filter(|(_, event)| is_change(event)).cloned().collect()
}

/// From capture to the moment at which the ingest hands a picture out.
const HELD: Duration = millis(170);

/// The share of the pictures captured between two moments that the ingest has not read, in per cent.
fn missing(broadcast: &BroadcastSimulation, from: Time, until: Time) -> f64 {
    let read = broadcast.received().iter().filter(|unit| unit.track == Track::Video);
    let read = read.filter(|unit| (from + HELD..until + HELD).contains(&unit.at)).count();
    (1.0 - read as f64 / (until.since(from).as_secs_f64() * 30.0)) * 100.0
}

#[test]
fn a_broadcast_whose_losses_rise_gets_a_filter_while_it_goes_on() {
    let mut broadcast = BroadcastSimulation::new(automatic(), &Path::symmetric(far(), 5));
    broadcast.start_stock_ingest(false);
    broadcast.run(seconds(20));
    assert_eq!(changes(&broadcast), [], "nothing is lost");
    broadcast.change(&lossy());
    let rose = broadcast.now();
    broadcast.run(seconds(60));
    let changes = changes(&broadcast);
    let [(changed, Event::FilterChanged { filter: Some(filter), reason })] = &changes[..] else {
        panic!("{changes:?}");
    };
    println!("after {:?}: {filter}", changed.since(rose));
    assert_eq!(*reason, FilterReason::Losses);
    assert!(changed.since(rose) < seconds(12), "{:?}", changed.since(rose));
    let before = missing(&broadcast, rose, *changed);
    let after =
        missing(&broadcast, *changed + seconds(1), broadcast.now().saturating_sub(millis(500)));
    println!("{before:.2} % of the pictures are missing before, {after:.2} % after");
    assert!(after < before / 3.0, "{before} %, {after} %");
}

/// So little latency leaves out a frame of sound behind a key frame now and then, whatever changes: so
/// only what is around the change counts.
#[test]
fn a_change_of_the_filter_costs_not_one_access_unit() {
    let mut broadcast = BroadcastSimulation::new(automatic(), &Path::symmetric(lossy(), 6));
    broadcast.start_stock_ingest(false);
    // Losses are remembered for a second; the change falls into a time without any.
    broadcast.run(millis(2_900));
    broadcast.change(&far());
    let calm = broadcast.now();
    broadcast.run(seconds(30));
    let changes = changes(&broadcast);
    let [(changed, Event::FilterChanged { filter: Some(_), .. }), ..] = &changes[..] else {
        panic!("{changes:?}");
    };
    println!("calm from {calm}, changed at {changed}");
    assert!(*changed > calm + millis(200), "{calm}, {changed}");
    let gap = |track| {
        let units = broadcast.received().iter().filter(|unit| unit.track == track);
        let times: Vec<i64> = units
            .filter(|unit| (calm + HELD + millis(50)..*changed + seconds(2)).contains(&unit.at))
            .map(|unit| unit.pts.as_micros())
            .collect();
        assert!(times.is_sorted(), "{track:?} goes back");
        times.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(0)
    };
    assert!(gap(Track::Video) < 34_000, "a picture is missing: {} us", gap(Track::Video));
    assert!(gap(Track::Audio) < 22_000, "sound is missing: {} us", gap(Track::Audio));
}

#[test]
fn nothing_changes_where_nothing_is_lost_or_the_peer_is_another_golive() {
    let mut calm = BroadcastSimulation::new(automatic(), &Path::symmetric(far(), 1));
    calm.start_stock_ingest(false);
    calm.run(seconds(120));
    assert_eq!(changes(&calm), []);
    let mut golive = BroadcastSimulation::new(automatic(), &Path::symmetric(lossy(), 1));
    golive.run(seconds(60));
    assert_eq!(changes(&golive), []);
}

#[test]
fn an_ingest_that_takes_one_connection_keeps_the_one_that_it_has() {
    let mut broadcast = BroadcastSimulation::new(automatic(), &Path::symmetric(lossy(), 2));
    broadcast.start_stock_ingest(true);
    broadcast.run(seconds(120));
    let changes = changes(&broadcast);
    let [(_, Event::FilterStays { filter: None, obstacle: FilterObstacle::NoAnswer })] =
        &changes[..]
    else {
        panic!("{changes:?}");
    };
    let lives = broadcast.events().iter().filter(|(_, e)| matches!(e, Event::Live { .. })).count();
    assert_eq!(lives, 1, "{:?}", broadcast.events());
    assert!(missing(&broadcast, Time::from_millis(60_000), Time::from_millis(119_000)) < 15.0);
}
