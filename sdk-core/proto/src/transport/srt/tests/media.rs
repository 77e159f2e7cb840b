//! Payloads over links that lose, delay, repeat and reorder.

use std::time::Duration;

use super::pair::{Link, Pair, Who};
use crate::transport::srt::number::SequenceNumber;
use crate::transport::srt::*;
use crate::units::{Bitrate, Time};

const TWO_MILLIS: Duration = Duration::from_millis(2);

fn all(count: u32) -> Vec<u32> {
    (0..count).collect()
}

fn statistics(pair: &mut Pair, who: Who) -> Statistics {
    let now = pair.clock(who);
    pair.side(who).connection.statistics(now)
}

#[test]
fn payloads_arrive_in_order_both_ways() {
    let mut pair = Pair::connected(1, Link::rtt(40), 120);
    pair.stream(Who::Caller, 500, TWO_MILLIS);
    pair.stream(Who::Listener, 500, TWO_MILLIS);
    assert_eq!(pair.accepted().numbers(), all(500));
    assert_eq!(pair.caller.numbers(), all(500));
    let sent = statistics(&mut pair, Who::Caller);
    assert_eq!((sent.packets_sent, sent.packets_retransmitted), (500, 0));
    assert_eq!((sent.packets_in_flight, sent.packets_unsent), (0, 0));
    assert_eq!(sent.bytes_acknowledged.as_u64(), 500 * 1_332);
    assert!(sent.rtt.abs_diff(Duration::from_millis(40)) < TWO_MILLIS, "{:?}", sent.rtt);
}

#[test]
fn who_only_sends_neither_takes_nor_answers_what_comes() {
    let config = Config { latency: Duration::from_millis(120), ..Config::default() };
    let sender = Config { receives: false, ..config.clone() };
    let mut pair = Pair::new(1, Link::rtt(40), sender, config);
    pair.connect();
    pair.stream(Who::Listener, 100, TWO_MILLIS);
    pair.stream(Who::Caller, 500, TWO_MILLIS);
    assert_eq!(pair.caller.numbers(), []);
    assert_eq!(pair.accepted().numbers(), all(500));
    assert_eq!(statistics(&mut pair, Who::Listener).bytes_acknowledged.as_u64(), 0);
}

#[test]
fn at_five_percent_loss_and_six_round_trips_of_latency_nothing_is_lost() {
    for seed in 0..5 {
        let mut pair = Pair::connected(seed, Link::rtt(40).loss(0.05), 250);
        pair.stream(Who::Caller, 5_000, TWO_MILLIS);
        assert_eq!(pair.accepted().numbers(), all(5_000), "seed {seed}");
    }
}

#[test]
fn at_ten_percent_loss_and_two_and_a_half_round_trips_little_is_lost() {
    let mut lost = 0;
    let mut retransmitted = 0;
    for seed in 10..15 {
        let mut pair = Pair::connected(seed, Link::rtt(100).loss(0.1), 250);
        pair.stream(Who::Caller, 5_000, TWO_MILLIS);
        let received = statistics(&mut pair, Who::Listener);
        let missing = 5_000 - pair.accepted().payloads.len() as u64;
        // Nothing tells a receiver of a last packet that is lost for good.
        assert!(missing - received.packets_lost <= 1, "{missing} missing: {received:?}");
        lost += missing;
        retransmitted += statistics(&mut pair, Who::Caller).packets_retransmitted;
    }
    assert!(lost < 10, "{lost} of 25000 lost");
    assert!(retransmitted < 8_500, "{retransmitted} of 25000 sent again");
}

#[test]
fn delivery_is_late_by_the_latency_and_one_way_whatever_the_clocks_say() {
    let hour = Time::from_millis(3_600_000);
    let day = Time::from_millis(86_400_000);
    for (caller_epoch, listener_epoch) in [(Time::ZERO, hour), (day, Time::ZERO), (hour, day)] {
        let config = Config::default;
        let mut pair =
            Pair::with_epochs(1, Link::rtt(40), config(), config(), caller_epoch, listener_epoch);
        pair.connect();
        for (from, to) in [(Who::Caller, Who::Listener), (Who::Listener, Who::Caller)] {
            let sent = pair.now;
            pair.send(from, b"now");
            pair.run_for(Duration::from_secs(1));
            let epoch = if to == Who::Caller { caller_epoch } else { listener_epoch };
            let (delivered, _) = pair.side(to).payloads[0];
            let delay = delivered.since(epoch) - sent;
            assert!(delay.abs_diff(Duration::from_millis(140)) < TWO_MILLIS, "{delay:?}");
        }
    }
}

#[test]
fn a_stream_goes_on_while_its_timestamps_wrap() {
    let mut pair = Pair::connected(2, Link::rtt(40).loss(0.02), 250);
    let wrap = Duration::from_micros(1 << 32);
    pair.run_for(wrap - pair.now - Duration::from_secs(2));
    pair.stream(Who::Caller, 2_000, TWO_MILLIS);
    assert!(pair.now > wrap + Duration::from_secs(2));
    assert_eq!(pair.accepted().numbers(), all(2_000));
    let gaps = pair.accepted().payloads.make_contiguous().windows(2);
    let longest = gaps.map(|pair| pair[1].0.since(pair[0].0)).max().unwrap();
    assert!(longest <= 2 * TWO_MILLIS, "delivery paused for {longest:?}");
}

#[test]
fn a_stream_goes_on_while_its_sequence_numbers_wrap() {
    let config = || Config { latency: Duration::from_millis(250), ..Config::default() };
    let mut pair = Pair::new(3, Link::rtt(40).loss(0.05), config(), config());
    pair.caller.connection.number_from(SequenceNumber::new(0x7FFF_FE00));
    pair.connect();
    pair.stream(Who::Caller, 2_000, TWO_MILLIS);
    assert_eq!(pair.accepted().numbers(), all(2_000));
}

#[test]
fn duplicates_and_reordering_change_nothing_that_the_application_sees() {
    let link = Link::rtt(40).jitter(15).duplicates(0.2);
    let mut pair = Pair::connected(4, link, 250);
    pair.stream(Who::Caller, 2_000, TWO_MILLIS);
    assert_eq!(pair.accepted().numbers(), all(2_000));
    assert!(statistics(&mut pair, Who::Listener).packets_duplicate > 300);
}

#[test]
fn a_lost_last_packet_is_sent_again_without_waiting_for_the_next() {
    let mut pair = Pair::connected(5, Link::rtt(40), 250);
    pair.stream(Who::Caller, 100, TWO_MILLIS);
    pair.lose_next = 1;
    pair.stream_from(Who::Caller, 100, 1, TWO_MILLIS);
    assert_eq!(pair.lose_next, 0);
    pair.run_for(Duration::from_secs(1));
    assert_eq!(pair.accepted().numbers(), all(101));
    let sent = statistics(&mut pair, Who::Caller);
    assert_eq!((sent.packets_retransmitted, sent.packets_reported_lost), (1, 0));
}

#[test]
fn after_three_dark_seconds_the_stream_goes_on() {
    let mut pair = Pair::connected(6, Link::rtt(40), 250);
    pair.stream_from(Who::Caller, 0, 500, TWO_MILLIS);
    pair.blackout = true;
    pair.stream_from(Who::Caller, 500, 1_500, TWO_MILLIS);
    pair.blackout = false;
    pair.stream_from(Who::Caller, 2_000, 1_000, TWO_MILLIS);
    pair.run_for(Duration::from_secs(2));
    let numbers = pair.accepted().numbers();
    assert!(numbers.is_sorted());
    // What was sent within the latency before the light came back may still make it.
    let after: Vec<u32> = numbers.iter().copied().filter(|number| *number >= 2_000).collect();
    assert_eq!(after, (2_000..3_000).collect::<Vec<_>>());
    let dropped: u64 = pair
        .caller
        .events
        .iter()
        .map(|event| match event {
            Event::Dropped { packets } => *packets,
            other => panic!("{other:?}"),
        })
        .sum();
    let sent = statistics(&mut pair, Who::Caller);
    assert!(dropped > 500 && sent.packets_dropped >= dropped, "{dropped} {sent:?}");
    let again = sent.packets_retransmitted;
    assert!(again < 600, "{again} retransmissions are a storm");
}

#[test]
fn what_the_pacer_holds_back_too_long_is_dropped_and_the_rest_arrives() {
    let mut pair = Pair::connected(7, Link::rtt(40), 250);
    let now = pair.clock(Who::Caller);
    let half = Bitrate::from_kilobits_per_second(2_664);
    pair.caller.connection.set_pacing_rate(now, Some(half));
    // 5.3 Mb/s into 2.7 Mb/s.
    pair.stream_from(Who::Caller, 0, 2_000, TWO_MILLIS);
    let sent = statistics(&mut pair, Who::Caller);
    assert!(sent.unsent_for <= Duration::from_secs(1), "{:?}", sent.unsent_for);
    assert!((700..=1_100).contains(&sent.packets_sent), "{sent:?}");
    assert!(pair.caller.events.iter().any(|event| matches!(event, Event::Dropped { .. })));
    pair.run_for(Duration::from_secs(3));
    let sent = statistics(&mut pair, Who::Caller);
    assert_eq!(pair.accepted().payloads.len() as u64, sent.packets_sent);
    assert_eq!(sent.packets_sent + sent.packets_dropped, 2_000);
}

#[test]
fn a_report_reaches_a_golive_peer() {
    let mut pair = Pair::connected(8, Link::rtt(40), 120);
    pair.handle(Who::Caller, Input::Report(br#"{"queue_ms":12}"#));
    pair.run_for(Duration::from_millis(50));
    assert_eq!(pair.accepted().reports, [br#"{"queue_ms":12}"#.to_vec()]);
    assert_eq!(pair.caller.reports.len(), 0);
}

#[test]
fn feedback_counts_what_left_what_arrived_and_what_was_missing() {
    let mut pair = Pair::connected(9, Link::rtt(40).loss(0.05), 250);
    pair.stream(Who::Caller, 2_000, TWO_MILLIS);
    let now = pair.clock(Who::Caller);
    let feedback = pair.caller.connection.feedback(now).unwrap();
    let sent = statistics(&mut pair, Who::Caller);
    assert_eq!(feedback.acknowledged.as_u64(), 2_000 * 1_332);
    assert!(feedback.sent.as_u64() > feedback.acknowledged.as_u64());
    assert!((60..=140).contains(&feedback.lost_packets), "{feedback:?}");
    // What is lost is sent again, unless repair that was sent ahead brought it back.
    let repairs = sent.packets_retransmitted + sent.repair_packets_sent;
    assert!(repairs >= feedback.lost_packets);
    assert_eq!(feedback.in_flight.as_u64() + feedback.unsent.as_u64(), 0);
    assert!(feedback.rtt_min <= feedback.rtt);
}
