//! A sender and a receiver, link by link.

use std::net::SocketAddr;
use std::time::Duration;

use super::super::srt::number::{MessageNumber, SequenceNumber, SocketId};
use super::super::srt::wire::{
    Acknowledgement, ControlHeader, ControlKind, LossRange, LossRanges, Packet as Srt, Writer,
    put_loss_range, write_data_header,
};
use super::wire::{self, ID_BYTES, Packet};
use super::*;
use crate::transport::Priority;
use crate::units::{ByteCount, Time};

const LATENCY: Duration = Duration::from_millis(250);
/// From one end to the other.
const WAY: Duration = Duration::from_millis(20);

fn link(number: u32) -> LinkId {
    LinkId::new(number)
}

/// Where a link's socket is seen.
fn address(number: u32) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, number as u8], 4_000))
}

fn sender(links: u32) -> Sender {
    let mut sender = Sender::new(Config { latency: LATENCY }, Time::ZERO, [3; 32]);
    for number in 1..=links {
        sender.add(Time::ZERO, link(number), LinkOptions::default());
    }
    sender
}

fn data(number: u32, again: bool) -> Vec<u8> {
    let mut buffer = vec![0; 1_332];
    let mut writer = Writer::new(&mut buffer);
    let number = SequenceNumber::new(number);
    write_data_header(&mut writer, number, MessageNumber::FIRST, None, 0, SocketId::new(7));
    if again {
        buffer[4] |= 0x04;
    }
    buffer
}

fn control(kind: ControlKind, information: u32, body: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
    let mut buffer = vec![0; 200];
    let mut writer = Writer::new(&mut buffer);
    let destination = SocketId::new(9);
    ControlHeader { kind, information, timestamp: 0, destination }.write(&mut writer);
    body(&mut writer);
    let length = writer.length();
    buffer.truncate(length);
    buffer
}

fn report(numbers: &[u32]) -> Vec<u8> {
    control(ControlKind::LossReport, 0, |writer| {
        for number in numbers {
            let number = SequenceNumber::new(*number);
            put_loss_range(writer, LossRange { first: number, last: number });
        }
    })
}

fn reported(datagram: &[u8]) -> Vec<u32> {
    let Some(Srt::Control(packet)) = Srt::parse(datagram) else { panic!("no control packet") };
    assert_eq!(packet.header.kind, ControlKind::LossReport);
    assert_eq!(packet.header.destination, SocketId::new(9));
    let count = |range: &LossRange| range.last.distance_from(range.first) as u32;
    let each = |range: LossRange| (0..=count(&range)).map(move |n| range.first.plus(n).as_u32());
    LossRanges::new(packet.body).flat_map(each).collect()
}

/// Both ends, and links that take [`WAY`] each way and may be cut.
struct Pair {
    now: Time,
    sender: Sender,
    receiver: Receiver,
    under_way: Vec<(Time, u32, bool, Vec<u8>)>,
    cut: Vec<u32>,
    events: Vec<Event>,
    /// What came out for SRT at the ingest, and as whose.
    carried: Vec<(SocketAddr, Vec<u8>)>,
    /// What the sender made for SRT by itself.
    made: Vec<Vec<u8>>,
    closed: Vec<LinkId>,
}

impl Pair {
    fn new(links: u32) -> Self {
        Self {
            now: Time::ZERO,
            sender: sender(links),
            receiver: Receiver::new(Time::ZERO, [4; 32]),
            under_way: Vec::new(),
            cut: Vec::new(),
            events: Vec::new(),
            carried: Vec::new(),
            made: Vec::new(),
            closed: Vec::new(),
        }
    }

    fn joined(links: u32) -> Self {
        let mut pair = Self::new(links);
        pair.run(Duration::from_millis(300));
        assert_eq!(pair.events.len(), links as usize, "{:?}", pair.events);
        pair
    }

    fn send(&mut self, number: u32, again: bool) -> Option<LinkId> {
        let datagram = data(number, again);
        let chosen = self.sender.route(self.now, &datagram, Priority::Ordinary);
        if let Some(link) = chosen {
            self.carry(link.as_u32(), true, datagram);
        }
        chosen
    }

    fn carry(&mut self, link: u32, forward: bool, datagram: Vec<u8>) {
        if !self.cut.contains(&link) {
            self.under_way.push((self.now + WAY, link, forward, datagram));
        }
    }

    /// Lets time pass, a millisecond at a time.
    fn run(&mut self, duration: Duration) {
        let until = self.now + duration;
        while self.now < until {
            self.poll();
            self.now += Duration::from_millis(1);
            let due = |entry: &mut (Time, u32, bool, Vec<u8>)| entry.0 <= self.now;
            let arrived: Vec<_> = self.under_way.extract_if(.., due).collect();
            for (_, number, forward, datagram) in arrived {
                let mut buffer = [0; 1_500];
                if forward {
                    let from = address(number);
                    let output = self.receiver.handle(self.now, from, &datagram, &mut buffer);
                    let length = match output {
                        ReceiverOutput::Ours { length } => length,
                        ReceiverOutput::Srt { peer, length } => {
                            self.carried.push((peer, datagram));
                            length
                        }
                    };
                    if length > 0 {
                        self.carry(number, false, buffer[..length].to_vec());
                    }
                } else {
                    self.sender.receive(self.now, link(number), &datagram, &mut buffer);
                }
            }
        }
    }

    fn poll(&mut self) {
        let mut buffer = [0; 1_500];
        loop {
            match self.sender.poll(self.now, &mut buffer) {
                Output::Transmit { link, length } => {
                    self.carry(link.as_u32(), true, buffer[..length].to_vec());
                }
                Output::Receive { length } => self.made.push(buffer[..length].to_vec()),
                Output::Ways(_) => {}
                Output::Close { link, .. } => self.closed.push(link),
                Output::Event(event) => self.events.push(event),
                Output::Wake { .. } => return,
            }
        }
    }

    /// SRT's receiver has everything before `next`.
    fn acknowledge(&mut self, on: u32, number: u32, next: u32) -> Received {
        let next = SequenceNumber::new(next);
        let acknowledgement = Acknowledgement { next, measured: None };
        let kind = ControlKind::Acknowledgement;
        let datagram = control(kind, number, |writer| acknowledgement.write(writer));
        self.sender.receive(self.now, link(on), &datagram, &mut [0; 1_500])
    }
}

#[test]
fn links_register_as_the_public_receiver_documents_it() {
    let mut buffer = [0; 1_500];
    let mut sender = sender(2);
    let Output::Transmit { link: asking, length: 258 } = sender.poll(Time::ZERO, &mut buffer)
    else {
        panic!("REG1 comes first");
    };
    let Some(Packet::RegisterGroup(asked)) = Packet::parse(&buffer) else { panic!("no REG1") };
    // The receiver keeps the first half, and makes the second.
    let mut id = *asked;
    id[ID_BYTES / 2..].fill(0x5A);
    let mut answer = [0; 258];
    wire::write_register_link(&mut answer, &id);
    sender.receive(Time::ZERO, asking, &answer, &mut [0; 258]);
    for _ in 0..2 {
        let Output::Transmit { link, length: 258 } = sender.poll(Time::ZERO, &mut buffer) else {
            panic!("REG2 on each link");
        };
        let Some(Packet::RegisterLink(joined)) = Packet::parse(&buffer) else { panic!("no REG2") };
        assert_eq!(*joined, id);
        // Padded, as some receivers do.
        let mut padded = [0; 32];
        wire::write_registered(&mut padded);
        sender.receive(Time::ZERO, link, &padded, &mut [0; 32]);
        assert_eq!(sender.poll(Time::ZERO, &mut buffer), Output::Event(Event::Joined { link }));
    }
    assert!(sender.health(Time::ZERO).iter().all(|link| link.state == LinkState::Live));
}

#[test]
fn a_group_is_asked_for_on_the_next_link_if_the_first_is_dead() {
    let mut pair = Pair::new(2);
    pair.cut = vec![1];
    pair.run(Duration::from_millis(800));
    assert_eq!(pair.events, [Event::Joined { link: link(2) }]);
    pair.cut = vec![];
    pair.run(Duration::from_secs(3));
    assert_eq!(pair.events.last(), Some(&Event::Joined { link: link(1) }));
}

#[test]
fn a_receiver_that_refuses_is_not_asked_again_and_one_without_room_a_second_later() {
    for (kind, asked_again, event) in [(0x12, false, Some(Event::Refused)), (0x10, true, None)] {
        let mut sender = sender(1);
        let mut buffer = [0; 1_500];
        sender.poll(Time::ZERO, &mut buffer);
        sender.receive(Time::ZERO, link(1), &[0x92, kind], &mut buffer);
        let first = sender.poll(Time::from_millis(900), &mut buffer);
        assert_eq!(matches!(first, Output::Event(e) if Some(e) == event), event.is_some());
        let asked = |now, sender: &mut Sender, buffer: &mut [u8]| {
            matches!(sender.poll(now, buffer), Output::Transmit { .. })
        };
        assert!(!asked(Time::from_millis(990), &mut sender, &mut buffer));
        assert_eq!(asked(Time::from_millis(1_100), &mut sender, &mut buffer), asked_again);
    }
}

#[test]
fn a_receiver_that_was_started_anew_gets_a_new_group() {
    let mut pair = Pair::joined(2);
    pair.receiver = Receiver::new(pair.now, [5; 32]);
    pair.send(1, false);
    pair.run(Duration::from_secs(6));
    assert!(pair.sender.health(pair.now).iter().all(|link| link.state == LinkState::Live));
}

#[test]
fn the_ingest_sees_one_peer_and_each_link_its_own_acknowledgements() {
    let mut pair = Pair::joined(2);
    let mut reply = [0; 1_500];
    for number in 0..20 {
        let from = address(1 + number % 2);
        let output = pair.receiver.handle(pair.now, from, &data(number, false), &mut reply);
        let ReceiverOutput::Srt { peer, length } = output else { panic!("{output:?}") };
        assert_eq!(peer, address(1), "one peer, whichever link");
        if number < 18 {
            assert_eq!(length, 0);
            continue;
        }
        let Some(Packet::Acknowledgement(numbers)) = Packet::parse(&reply[..length]) else {
            panic!("the tenth packet of a link is answered");
        };
        let numbers: Vec<_> = numbers.map(SequenceNumber::as_u32).collect();
        assert_eq!(numbers, (0..10).map(|n| 2 * n + number % 2).collect::<Vec<_>>());
    }
    let to = |datagram: &[u8]| -> Vec<_> {
        pair.receiver.targets(pair.now, address(1), datagram).iter().collect()
    };
    let both = vec![address(1), address(2)];
    assert_eq!(to(&control(ControlKind::Acknowledgement, 1, |_| {})), both);
    assert_eq!(to(&report(&[4])), both);
    assert_eq!(to(&control(ControlKind::KeepAlive, 0, |_| {})), [address(2)], "heard last");
    let stranger = address(99);
    let targets = pair.receiver.targets(pair.now, stranger, &report(&[4]));
    assert_eq!(targets.iter().collect::<Vec<_>>(), [stranger], "who is in no group");
}

#[test]
fn silent_links_get_no_copies_and_are_forgotten_with_their_group() {
    let mut pair = Pair::joined(2);
    pair.cut = vec![2];
    pair.run(Duration::from_secs(4));
    let report = report(&[1]);
    let targets = pair.receiver.targets(pair.now, address(1), &report);
    assert_eq!(targets.iter().collect::<Vec<_>>(), [address(1)]);
    assert_eq!(pair.receiver.live_links(pair.now, address(1)), Some(1));
    pair.cut = vec![1, 2];
    pair.run(Duration::from_secs(12));
    pair.receiver.handle(pair.now, address(9), &[0; 4], &mut [0; 1_500]);
    assert_eq!(pair.receiver.groups(), 0);
}

#[test]
fn nothing_is_kept_for_senders_that_do_not_answer_and_of_groups_only_so_many() {
    let mut receiver = Receiver::new(Time::ZERO, [6; 32]);
    let mut reply = [0; 1_500];
    let mut request = [0; 258];
    let mut ids = Vec::new();
    for number in 0..200_u32 {
        let from = SocketAddr::from(([198, 51, 100, number as u8], 5_000));
        let mut id = [0; ID_BYTES];
        id[..4].copy_from_slice(&number.to_be_bytes());
        wire::write_register_group(&mut request, &id);
        let output = receiver.handle(Time::ZERO, from, &request, &mut reply);
        assert_eq!(output, ReceiverOutput::Ours { length: 258 }, "no longer than the question");
        ids.push((from, reply[..258].to_vec()));
    }
    assert_eq!(receiver.groups(), 0);
    for (from, id) in &ids {
        receiver.handle(Time::ZERO, *from, id, &mut reply);
    }
    assert_eq!(receiver.groups(), 64);
    let mut invented = ids[0].1.clone();
    invented[200] ^= 1;
    let output = receiver.handle(Time::ZERO, address(1), &invented, &mut reply);
    assert_eq!(output, ReceiverOutput::Ours { length: 2 });
    assert!(matches!(Packet::parse(&reply[..2]), Some(Packet::NoGroup)));
}

#[test]
fn a_report_waits_until_the_packet_could_have_arrived_and_is_dropped_if_it_has() {
    let mut pair = Pair::joined(2);
    for number in 0..3 {
        pair.send(number, false);
    }
    let mut buffer = [0; 1_500];
    let early = pair.sender.receive(pair.now, link(1), &report(&[1]), &mut buffer);
    assert_eq!(early, Received::Ours, "it cannot have arrived yet");
    assert_eq!(pair.send(1, true), None, "nor is there a reason to send it again");
    pair.run(Duration::from_millis(30));
    pair.acknowledge(1, 1, 3);
    pair.run(Duration::from_millis(300));
    assert_eq!(pair.made, Vec::<Vec<u8>>::new(), "it has arrived");

    pair.send(3, false);
    pair.send(4, false);
    pair.sender.receive(pair.now, link(1), &report(&[3]), &mut buffer);
    pair.run(Duration::from_millis(150));
    let made: Vec<_> = pair.made.iter().map(|report| reported(report)).collect();
    assert_eq!(made, [[3]], "it has not");
    let late = pair.sender.receive(pair.now, link(1), &report(&[3, 4]), &mut buffer);
    assert_eq!(late, Received::Srt, "what is overdue is told as it is");
}

#[test]
fn a_copy_of_an_acknowledgement_says_nothing_new() {
    let mut pair = Pair::joined(2);
    pair.send(0, false);
    assert_eq!(pair.acknowledge(1, 5, 1), Received::Srt);
    assert_eq!(pair.acknowledge(2, 5, 1), Received::Ours);
    assert_eq!(pair.acknowledge(2, 6, 1), Received::Srt);
}

#[test]
fn what_was_under_way_on_a_link_that_falls_silent_leaves_on_the_other_at_once() {
    let mut pair = Pair::joined(2);
    // Something for SRT has come, so that its socket is known.
    pair.acknowledge(1, 1, 0);
    let mut carried = Vec::new();
    for number in 0..40 {
        carried.push((number, pair.send(number, false).unwrap()));
        pair.run(Duration::from_millis(5));
    }
    let busy = carried.last().unwrap().1;
    pair.cut = vec![busy.as_u32()];
    let cut = pair.now;
    let mut lost = Vec::new();
    for number in 40..200 {
        let chosen = pair.send(number, false).unwrap();
        if chosen == busy {
            lost.push(number);
        }
        pair.run(Duration::from_millis(5));
        if pair.events.contains(&Event::Silent { link: busy }) {
            break;
        }
    }
    let left = pair.now.since(cut);
    assert!(left < Duration::from_millis(130), "left after {left:?}");
    pair.run(Duration::from_millis(5));
    let told: Vec<u32> = pair.made.iter().flat_map(|report| reported(report)).collect();
    assert!(lost.iter().all(|number| told.contains(number)), "{lost:?} in {told:?}");
    assert_ne!(pair.send(lost[0], true), Some(busy));
    pair.cut = vec![];
    pair.run(Duration::from_millis(200));
    assert_eq!(pair.events.last(), Some(&Event::Returned { link: busy }));
}

#[test]
fn a_sender_that_was_kept_from_running_takes_what_came_before_it_judges() {
    let mut pair = Pair::joined(2);
    for number in 0..20 {
        pair.send(number, false);
        pair.run(Duration::from_millis(5));
    }
    // Answers come, and nobody looks.
    let waiting = std::mem::take(&mut pair.under_way);
    pair.now += Duration::from_millis(400);
    pair.poll();
    pair.under_way = waiting;
    pair.run(Duration::from_millis(100));
    let silent = |event: &Event| matches!(event, Event::Silent { .. });
    assert!(!pair.events.iter().any(silent), "{:?}", pair.events);
}

#[test]
fn what_is_sent_again_takes_another_link_than_the_one_that_lost_it() {
    let mut pair = Pair::joined(2);
    let first = pair.send(0, false).unwrap();
    pair.run(Duration::from_millis(150));
    pair.sender.receive(pair.now, link(1), &report(&[0]), &mut [0; 1_500]);
    let second = pair.send(0, true).unwrap();
    assert_ne!(first, second);
}

#[test]
fn a_link_that_leaves_takes_nothing_new_and_is_closed_once_it_is_empty() {
    let mut pair = Pair::joined(2);
    let leaving = pair.send(0, false).unwrap();
    pair.sender.announce_leaving(pair.now, leaving);
    pair.run(Duration::from_millis(10));
    assert_eq!(pair.closed, [], "a packet is under way on it");
    for number in 1..20 {
        assert_ne!(pair.send(number, false), Some(leaving));
    }
    pair.acknowledge(1, 1, 5);
    pair.run(Duration::from_millis(10));
    assert_eq!(pair.closed, [leaving]);
}

#[test]
fn the_only_link_carries_on_until_another_one_is_there() {
    let mut pair = Pair::joined(1);
    pair.sender.announce_leaving(pair.now, link(1));
    pair.run(Duration::from_secs(2));
    assert_eq!(pair.send(0, false), Some(link(1)));
    assert_eq!(pair.closed, []);
    pair.sender.add(pair.now, link(2), LinkOptions::default());
    pair.run(Duration::from_millis(300));
    assert_eq!(pair.closed, [link(1)]);
    assert_eq!(pair.send(1, false), Some(link(2)));
}

#[test]
fn a_budget_counts_both_ways_and_closes_the_link_when_it_is_spent() {
    let mut sender = sender(1);
    let budget = Some(ByteCount::new(1_000));
    sender.add(Time::ZERO, link(2), LinkOptions { budget });
    let mut buffer = [0; 1_500];
    sender.receive(Time::ZERO, link(2), &[0; 500], &mut buffer);
    sender.receive(Time::ZERO, link(2), &[0; 500], &mut buffer);
    let event = sender.poll(Time::ZERO, &mut buffer);
    assert_eq!(event, Output::Event(Event::BudgetSpent { link: link(2) }));
    let bytes = ByteCount::new(2 * 528);
    assert_eq!(sender.poll(Time::ZERO, &mut buffer), Output::Close { link: link(2), bytes });
}
