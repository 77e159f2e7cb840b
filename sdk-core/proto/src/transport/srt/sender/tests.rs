//! What is sent again, when, and when not.

use super::*;

const LATENCY: Duration = Duration::from_millis(250);

fn number(value: u32) -> SequenceNumber {
    SequenceNumber::new(value)
}

fn lost(first: u32, last: u32) -> LossRange {
    LossRange { first: number(first), last: number(last) }
}

/// A path of 40 ms that hardly varies.
fn path() -> RoundTrip {
    let mut round_trip = RoundTrip::new(Time::ZERO);
    round_trip.reported(Time::ZERO, 40_000, 1_000, false);
    round_trip
}

/// A sender that has sent ten packets, one every millisecond from zero on.
fn sender() -> Sender {
    let terms = Terms {
        destination: SocketId::new(1),
        latency: LATENCY,
        drops_late: true,
        reports_again: true,
        flow_window: 32,
        datagram_bytes: 1_472,
        filter: None,
        combinations: false,
        plans_repair: true,
    };
    let mut sender = Sender::new(terms, number(0), 64);
    for millis in 0..10 {
        push(&mut sender, millis);
        assert_eq!(transmit(&mut sender, millis), Some((millis as u32, Transmission::First)));
    }
    sender
}

fn push(sender: &mut Sender, millis: u64) {
    sender.push(Time::from_millis(millis), millis as u32 * 1_000, &[7; 100], None);
}

/// The number of the packet that is sent.
fn transmit(sender: &mut Sender, millis: u64) -> Option<(u32, Transmission)> {
    let mut buffer = [0; 1_472];
    let (length, transmission) =
        sender.transmit(Time::from_millis(millis), &path(), &mut buffer)?;
    assert_eq!(length, 116);
    let retransmitted = buffer[RETRANSMITTED_BYTE] & RETRANSMITTED_FLAG != 0;
    assert_eq!(retransmitted, transmission == Transmission::Again);
    let number = u32::from_be_bytes(*buffer.first_chunk().unwrap());
    assert_eq!(buffer[8..12], (number * 1_000).to_be_bytes(), "the timestamp stays");
    Some((number, transmission))
}

fn report(sender: &mut Sender, millis: u64, range: LossRange) {
    sender.report_lost(Time::from_millis(millis), range, &path());
}

#[test]
fn lost_packets_go_before_new_ones_and_oldest_first() {
    let mut sender = sender();
    push(&mut sender, 10);
    report(&mut sender, 50, lost(7, 8));
    report(&mut sender, 50, lost(2, 2));
    let sent: Vec<_> = std::iter::from_fn(|| transmit(&mut sender, 50)).collect();
    let again = [2, 7, 8].map(|number| (number, Transmission::Again));
    assert_eq!(sent[..3], again);
    assert_eq!(sent[3..], [(10, Transmission::First)]);
    assert_eq!(sender.counts.reported_lost, 3);
}

#[test]
fn a_report_that_crossed_a_retransmission_repeats_nothing() {
    let mut sender = sender();
    report(&mut sender, 50, lost(3, 3));
    assert_eq!(transmit(&mut sender, 50), Some((3, Transmission::Again)));
    for millis in [55, 70, 90] {
        report(&mut sender, millis, lost(3, 3));
        assert_eq!(transmit(&mut sender, millis), None, "{millis} ms");
    }
    report(&mut sender, 91, lost(3, 3));
    assert_eq!(transmit(&mut sender, 91), Some((3, Transmission::Again)));
    assert_eq!(sender.counts.reported_lost, 1);
}

#[test]
fn what_can_no_longer_arrive_in_time_is_given_up_and_the_peer_is_told() {
    let mut sender = sender();
    report(&mut sender, 262, lost(0, 3));
    assert_eq!(transmit(&mut sender, 262), Some((2, Transmission::Again)));
    assert_eq!(transmit(&mut sender, 262), Some((3, Transmission::Again)));
    assert_eq!(sender.take_drop_request(), Some(lost(0, 1)));
    assert_eq!(sender.counts.dropped, 2);
}

#[test]
fn an_acknowledgement_that_does_not_come_is_waited_for_a_round_trip() {
    let mut sender = sender();
    sender.check_oldest(Time::from_millis(73), &path());
    assert_eq!(transmit(&mut sender, 73), None);
    assert_eq!(sender.oldest_due(&path()), Some(Time::from_millis(74)));
    sender.check_oldest(Time::from_millis(74), &path());
    assert_eq!(transmit(&mut sender, 74), Some((0, Transmission::Again)));
    assert_eq!(transmit(&mut sender, 74), None);
    assert_eq!(sender.oldest_due(&path()), Some(Time::from_millis(148)));
}

#[test]
fn the_flow_window_holds_back_new_packets_only() {
    let mut sender = sender();
    sender.acknowledge(Time::from_millis(60), number(2), Some(8));
    push(&mut sender, 10);
    assert_eq!(transmit(&mut sender, 10), None, "eight are in flight");
    report(&mut sender, 50, lost(4, 4));
    assert_eq!(transmit(&mut sender, 50), Some((4, Transmission::Again)));
    sender.acknowledge(Time::from_millis(60), number(3), Some(8));
    assert_eq!(transmit(&mut sender, 51), Some((10, Transmission::First)));
}

#[test]
fn a_full_buffer_gives_up_the_oldest_packets() {
    let mut sender = sender();
    for millis in 10..70 {
        push(&mut sender, millis);
    }
    assert_eq!(sender.counts.dropped, 6);
    assert_eq!(sender.take_drop_request(), Some(lost(0, 5)));
    report(&mut sender, 70, lost(4, 6));
    assert_eq!(sender.take_drop_request(), Some(lost(4, 5)), "asked again, it is told again");
    assert_eq!(transmit(&mut sender, 70), Some((6, Transmission::Again)));
}

#[test]
fn numbers_that_were_never_sent_are_neither_acknowledged_nor_lost() {
    let mut sender = sender();
    push(&mut sender, 10);
    sender.acknowledge(Time::from_millis(60), number(11), None);
    report(&mut sender, 50, lost(10, 0x1000_0000));
    assert_eq!(sender.in_flight(), 10);
    assert_eq!(sender.counts.reported_lost, 0);
    sender.acknowledge(Time::from_millis(60), number(10), None);
    assert_eq!(sender.in_flight(), 0);
    assert_eq!(sender.counts.bytes_acknowledged, ByteCount::new(1_160));
}

#[test]
fn where_losses_are_reported_once_everything_unacknowledged_is_sent_again_in_time() {
    let mut sender = sender();
    sender.terms.reports_again = false;
    sender.check_oldest(Time::from_millis(76), &path());
    let sent: Vec<_> = std::iter::from_fn(|| transmit(&mut sender, 76)).collect();
    assert_eq!(sent, [0, 1, 2].map(|number| (number, Transmission::Again)));
}

/// Sends whatever is due in each millisecond; when, and which packet.
fn sent_again(sender: &mut Sender, millis: std::ops::Range<u64>) -> Vec<(u64, u32)> {
    let mut sent = Vec::new();
    for millis in millis {
        sender.take_copies(Time::from_millis(millis), &path());
        while let Some((number, Transmission::Again)) = transmit(sender, millis) {
            sent.push((millis, number));
        }
    }
    sent
}

#[test]
fn what_was_sent_again_leaves_once_more_if_the_report_on_it_may_be_late() {
    let look = |newest_round_trip| {
        let mut sender = sender();
        report(&mut sender, 70, lost(2, 2));
        assert_eq!(sent_again(&mut sender, 70..100), [(70, 2)]);
        sender.newest_round_trip = Some(Duration::from_millis(newest_round_trip));
        sent_again(&mut sender, 100..160)
    };
    assert_eq!(look(40), [], "a report would have come");
    let last_look = 2 + 250 * 55 / 100 + 1;
    assert_eq!(look(140), [(last_look, 2)], "a queue has grown");
}

#[test]
fn in_the_last_round_copies_follow_further_apart_than_a_burst() {
    let mut sender = sender();
    // From 190 ms on no report on packet 4 can be answered in time: 254 - 40 - 22.
    report(&mut sender, 180, lost(2, 2));
    assert_eq!(sent_again(&mut sender, 180..300), [(180, 2)]);
    // Bursts of three milliseconds, as far as is known: an eighth of them.
    report(&mut sender, 200, lost(4, 7));
    let sent = sent_again(&mut sender, 200..300);
    assert_eq!(sent.iter().filter(|(_, number)| *number == 4).count(), 3, "{sent:?}");
    assert!(sent.iter().all(|(_, number)| (4..=7).contains(number)));
    let times: Vec<_> = sent.iter().filter(|(_, number)| *number == 4).map(|sent| sent.0).collect();
    assert_eq!(times, [200, 204, 208]);
}

#[test]
fn copies_leave_in_time_or_not_at_all() {
    let mut sender = sender();
    report(&mut sender, 240, lost(9, 9));
    assert_eq!(sent_again(&mut sender, 240..300), [(240, 9), (244, 9), (248, 9)]);
    report(&mut sender, 257, lost(8, 8));
    assert_eq!(sent_again(&mut sender, 257..300), [(257, 8)]);
}

#[test]
fn an_acknowledgement_cancels_copies() {
    let mut sender = sender();
    report(&mut sender, 200, lost(0, 0));
    assert_eq!(sent_again(&mut sender, 200..202), [(200, 0)]);
    sender.acknowledge(Time::from_millis(60), number(10), None);
    assert_eq!(sent_again(&mut sender, 202..300), []);
    assert_eq!(sender.copy_due(), None);
}

#[test]
fn an_acknowledgement_that_stops_short_of_a_packet_tells_of_its_loss() {
    let mut sender = sender();
    sender.acknowledge(Time::from_millis(60), number(3), None);
    sender.check_hole(Time::from_millis(45), &path());
    assert_eq!(transmit(&mut sender, 45), None, "it may be under way");
    sender.check_hole(Time::from_millis(58), &path());
    assert_eq!(transmit(&mut sender, 58), Some((3, Transmission::Again)));
    sender.check_hole(Time::from_millis(68), &path());
    assert_eq!(transmit(&mut sender, 68), None, "once a round trip");
}

/// A sender that has heard that acknowledgements are lost in bursts: of numbers 1, 5 and 6, the
/// last one at 30 ms.
fn listening() -> Sender {
    let mut sender = sender();
    for (millis, number) in [(10, 1), (20, 5), (30, 6)] {
        sender.hear_acknowledgement(Time::from_millis(millis), number);
    }
    sender
}

/// What is sent again in each millisecond, without any report.
fn suspected(sender: &mut Sender, millis: std::ops::Range<u64>) -> Vec<(u64, u32)> {
    let mut sent = Vec::new();
    for millis in millis {
        sender.check_silence(Time::from_millis(millis), &path());
        while let Some((number, _)) = transmit(sender, millis) {
            sent.push((millis, number));
        }
    }
    sent
}

#[test]
fn what_a_lost_report_would_have_named_is_sent_at_the_last_moment() {
    let mut sender = listening();
    // Nothing is heard from 30 ms on until an acknowledgement comes after one that was lost.
    sender.hear_acknowledgement(Time::from_millis(44), 8);
    sender.acknowledge(Time::from_millis(44), number(2), None);
    // Packets 2 and 3 would have been reported in that span; what is later, after it.
    assert_eq!(suspected(&mut sender, 44..300), [(247, 2)]);
}

#[test]
fn an_overdue_acknowledgement_makes_suspicious_and_a_report_of_everything_clears() {
    let mut sender = listening();
    let silent = suspected(&mut sender, 31..300);
    assert_eq!(silent.len(), 10, "nothing was heard any more: {silent:?}");
    let mut sender = listening();
    sender.check_silence(Time::from_millis(60), &path());
    report(&mut sender, 61, lost(9, 9));
    assert_eq!(transmit(&mut sender, 61), Some((9, Transmission::Again)));
    for millis in [62, 90] {
        let ranges = [lost(9, 9)].into_iter();
        sender.hear_report(Time::from_millis(millis), ranges, &path());
    }
    let suspected = suspected(&mut sender, 91..247);
    assert_eq!(suspected, [], "they would have been named");
}

#[test]
fn where_acknowledgements_are_lost_one_by_one_nothing_is_suspected() {
    let mut sender = sender();
    for (millis, number) in [(10, 1), (20, 3), (30, 5)] {
        sender.hear_acknowledgement(Time::from_millis(millis), number);
    }
    assert_eq!(suspected(&mut sender, 31..240), []);
    assert_eq!(sender.silence_due(), None);
}

/// Packets of ten that are not known to have arrived, after this report.
fn unknown_after(sender: &mut Sender, range: LossRange) -> u64 {
    report(sender, 50, range);
    sender.note_arrivals(Time::from_millis(50), std::iter::once(range));
    sender.unknown_bytes().as_u64() / 116
}

#[test]
fn the_packet_behind_a_gap_has_arrived_and_so_has_what_no_report_names_before_it() {
    let mut sender = sender();
    assert_eq!(unknown_after(&mut sender, lost(3, 4)), 6, "0, 1, 2 and 5 are there");
    assert_eq!(sender.newest_round_trip(), Some(Duration::from_millis(45)));
    assert_eq!(unknown_after(&mut sender, lost(5, 5)), 6, "5 was not, but 6 is");
    sender.acknowledge(Time::from_millis(90), number(10), None);
    assert_eq!(sender.unknown_bytes(), ByteCount::ZERO);
    assert_eq!(sender.counts.bytes_delivered, ByteCount::new(1_160), "each is counted once");
}

#[test]
fn where_packets_take_several_ways_a_gap_tells_nothing_of_what_follows() {
    let mut sender = sender();
    sender.set_detour(Duration::ZERO);
    assert_eq!(unknown_after(&mut sender, lost(3, 4)), 10);
}

#[test]
fn while_a_reported_packet_is_under_way_again_that_is_known() {
    let mut sender = sender();
    assert_eq!(sender.repairing_since(), None);
    report(&mut sender, 50, lost(0, 0));
    assert_eq!(sender.repairing_since(), Some(Time::from_millis(50)));
}
