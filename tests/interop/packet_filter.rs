//! Golive's packet filter against libsrt's, every layout and every way of asking again.

use std::time::Duration;

use golive_tests::network::{Conditions, Path};
use golive_tests::peers::{Mode, Options, Output, Process, available, free_address, golive};
use golive_tests::peers::{transmit_to_udp, wait_until_bound};
use golive_tests::trial::{Outcome, Program, Trial};

/// Room for the largest matrix here, which is filled in 210 ms, and then some.
const LATENCY: Duration = Duration::from_millis(800);

/// Who may meet: libsrt with itself is what the others are compared with.
const MEETINGS: [(Program, Program); 4] = [
    (Program::Libsrt, Program::Libsrt),
    (Program::Endpoint, Program::Libsrt),
    (Program::Libsrt, Program::Endpoint),
    (Program::Endpoint, Program::Endpoint),
];

/// Single losses, bursts, and here and there more than a matrix can bear, away from beginning
/// and end.
fn is_lost(media: u64) -> bool {
    let scattered = media.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56;
    (300..1_800).contains(&media)
        && (scattered < 20 || media % 173 < 6 || (900..915).contains(&media))
}

/// How many retransmissions of those that such a filter needs may be lost as well.
const LOST_TWICE: u64 = 4;

fn nothing_is_lost(_: u64) -> bool {
    false
}

fn trial(
    sender: Program,
    receiver: Program,
    filter: &str,
    lost_media: fn(u64) -> bool,
    delay: Duration,
) -> Outcome {
    let path = Path::symmetric(Conditions::delay(delay), 1);
    let packet_filter = Some(filter.to_owned());
    let options = Options { packet_filter, ..Options::latency(LATENCY) };
    let duration = Duration::from_secs(4);
    let trial = Trial::new(sender, receiver, path, LATENCY);
    Trial { duration, options, lost_media: Some(lost_media), ..trial }.run()
}

#[test]
fn without_retransmission_both_ends_recover_the_packets_that_libsrt_recovers() {
    if !available(&["srt-live-transmit"]) {
        return;
    }
    for filter in [
        "fec,cols:10,arq:never",
        "fec,cols:10,rows:-5,layout:even,arq:never",
        "fec,cols:10,rows:-5,layout:staircase,arq:never",
        "fec,cols:10,rows:10,layout:even,arq:never",
        "fec,cols:5,rows:7,layout:staircase,arq:never",
    ] {
        let outcomes = std::thread::scope(|scope| {
            let meet = |(sender, receiver)| {
                scope.spawn(move || trial(sender, receiver, filter, is_lost, Duration::ZERO))
            };
            MEETINGS.map(meet).map(|run| run.join().unwrap())
        });
        let [theirs, ours @ ..] = &outcomes;
        let lost = theirs.verdict.lost;
        println!("{filter}: {lost} of {} lost", theirs.verdict.sent);
        assert!((1..200).contains(&lost), "{filter} should repair most and not all: {theirs:?}");
        for (outcome, meeting) in ours.iter().zip(&MEETINGS[1..]) {
            assert!(outcome.verdict.is_orderly(), "{filter}, {meeting:?}: {outcome:?}");
            assert_eq!(outcome.verdict.gaps, theirs.verdict.gaps, "{filter}, {meeting:?}");
        }
    }
}

#[test]
fn what_the_filter_cannot_rebuild_is_sent_again_where_that_is_allowed() {
    if !available(&["srt-live-transmit"]) {
        return;
    }
    for arq in ["onreq", "always"] {
        let filter = format!("fec,cols:10,rows:5,layout:staircase,arq:{arq}");
        let filter = filter.as_str();
        let outcomes = std::thread::scope(|scope| {
            let delay = Duration::from_millis(20);
            let meet = |(sender, receiver)| {
                scope.spawn(move || trial(sender, receiver, filter, is_lost, delay))
            };
            MEETINGS.map(meet).map(|run| run.join().unwrap())
        });
        for (outcome, meeting) in outcomes.iter().zip(MEETINGS) {
            let (lost, overhead) = (outcome.verdict.lost, outcome.overhead_percent);
            println!("{filter}, {meeting:?}: {lost} lost, {overhead:.1} % more bytes");
            assert!(outcome.verdict.is_orderly(), "{filter}, {meeting:?}: {outcome:?}");
            // On request libsrt asks once, and for good: what is lost again stays lost.
            let asks_once = arq == "onreq" && meeting.1 == Program::Libsrt;
            let excused = if asks_once { LOST_TWICE } else { 0 };
            assert!(lost <= excused, "{filter}, {meeting:?}: {outcome:?}");
        }
    }
}

#[test]
fn encrypted_packets_are_rebuilt_at_both_ends() {
    if !available(&["srt-live-transmit"]) {
        return;
    }
    let outcomes = std::thread::scope(|scope| {
        let meet = |(sender, receiver)| {
            scope.spawn(move || {
                let filter = "fec,cols:8,rows:8,layout:staircase,arq:never".to_owned();
                let options = Options {
                    packet_filter: Some(filter),
                    encryption: Some(("a passphrase for tests".to_owned(), 16)),
                    ..Options::latency(LATENCY)
                };
                let path = Path::symmetric(Conditions::delay(Duration::ZERO), 1);
                let trial = Trial::new(sender, receiver, path, LATENCY);
                let duration = Duration::from_secs(4);
                Trial { duration, options, lost_media: Some(is_lost), ..trial }.run()
            })
        };
        MEETINGS.map(meet).map(|run| run.join().unwrap())
    });
    let gaps = &outcomes[0].verdict.gaps;
    assert!(!gaps.is_empty());
    for (outcome, meeting) in outcomes.iter().zip(MEETINGS) {
        assert!(outcome.verdict.is_orderly(), "{meeting:?}: {outcome:?}");
        assert_eq!(outcome.verdict.gaps, *gaps, "{meeting:?}");
    }
}

#[test]
fn the_command_sends_with_a_filter_and_is_told_why_it_is_refused() {
    if !available(&["srt-live-transmit"]) {
        return;
    }
    let filter = "fec,cols:10,rows:5,arq:never";
    let sent = trial(Program::Golive, Program::Libsrt, filter, nothing_is_lost, Duration::ZERO);
    assert_eq!(sent.verdict.lost, sent.unread, "{sent:?}");
    assert!((28.0..34.0).contains(&sent.overhead_percent), "{sent:?}");

    let (listener, nowhere) = (free_address(), free_address());
    let filtered = |filter: &str| Options {
        packet_filter: Some(filter.to_owned()),
        ..Options::latency(LATENCY)
    };
    let _libsrt = transmit_to_udp(Mode::Listener(listener), &filtered("fec,cols:8"), nowhere);
    wait_until_bound(listener);
    let mut command = golive();
    command.args(["send", "-", &filtered(filter).url(Mode::Caller(listener))]);
    let refused = Process::start(command, Output::Log);
    refused.wait_for_line("the packet filters do not fit together", Duration::from_secs(20));
}
