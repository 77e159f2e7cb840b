//! srtla: datagrams from anybody, to the ingest's half and to the broadcaster's.

use std::net::SocketAddr;
use std::time::Duration;

use golive_proto::transport::Priority;
use golive_proto::transport::srtla::{
    Config, LinkId, LinkOptions, Output, Received, Receiver, ReceiverOutput, Sender,
};
use golive_proto::units::{ByteCount, Time};

/// What the bytes hold: instructions of a header and a datagram each.
///
/// The header is two bytes. The first: bits 0 and 1 the link, bits 2 to 7 how many milliseconds
/// pass before, times four. The second: the datagram's length.
const HEADER: usize = 2;
/// Data packets under way when the strangers begin.
const FLIGHT: u32 = 60;
/// What a sender does at most before it rests.
const RESTLESS: usize = 400;
/// Groups that a receiver keeps at most.
const MAX_GROUPS: usize = 64;

/// The bytes as datagrams to a receiver with a group, and to a sender in the middle of a
/// broadcast.
pub(super) fn strangers(data: &[u8]) {
    let mut ends = Ends::new();
    ends.settle();
    for number in 0..FLIGHT {
        ends.send(number);
    }
    let mut rest = data;
    while let Some((header, body)) = rest.split_first_chunk::<HEADER>() {
        let (datagram, following) = body.split_at(body.len().min(usize::from(header[1])));
        rest = following;
        ends.now += Duration::from_millis(u64::from(header[0] >> 2) * 4);
        ends.at_receiver(header[0] & 3, datagram);
        ends.at_sender(header[0] & 3, datagram);
        ends.settle();
    }
    // Whatever was said, the group is gone when nobody speaks any more.
    ends.now += Duration::from_secs(60);
    ends.at_receiver(0, &[]);
    assert_eq!(ends.receiver.groups(), 0, "a group outlives its links");
}

struct Ends {
    now: Time,
    sender: Sender,
    receiver: Receiver,
    buffer: Vec<u8>,
}

impl Ends {
    fn new() -> Self {
        let config = Config { latency: Duration::from_millis(120) };
        let mut sender = Sender::new(config, Time::ZERO, [1; 32]);
        sender.add(Time::ZERO, LinkId::new(0), LinkOptions::default());
        let budget = Some(ByteCount::new(1_000_000));
        sender.add(Time::ZERO, LinkId::new(1), LinkOptions { budget });
        let receiver = Receiver::new(Time::ZERO, [2; 32]);
        Self { now: Time::ZERO, sender, receiver, buffer: vec![0; 2_048] }
    }

    /// A data packet of SRT's leaves and arrives.
    fn send(&mut self, number: u32) {
        let mut datagram = [0; 100];
        datagram[..4].copy_from_slice(&number.to_be_bytes());
        datagram[4..8].copy_from_slice(&0xC000_0001_u32.to_be_bytes());
        if let Some(link) = self.sender.route(self.now, &datagram, Priority::Ordinary) {
            self.at_receiver(link.as_u32() as u8, &datagram);
        }
    }

    fn at_receiver(&mut self, link: u8, datagram: &[u8]) {
        let from = address(link);
        let answer = self.receiver.handle(self.now, from, datagram, &mut self.buffer);
        let (ReceiverOutput::Ours { length } | ReceiverOutput::Srt { length, .. }) = answer;
        // The tenth data packet is answered with 44 bytes, whatever its own length.
        assert!(length <= datagram.len().max(44), "{length} bytes for {}", datagram.len());
        assert!(self.receiver.groups() <= MAX_GROUPS);
        let targets = self.receiver.targets(self.now, from, datagram);
        assert!(targets.iter().count() >= 1, "an answer goes nowhere");
        let reply = self.buffer.get(..length).unwrap_or_default().to_vec();
        if length > 0 {
            self.at_sender(link, &reply);
        }
    }

    fn at_sender(&mut self, link: u8, datagram: &[u8]) {
        let link = LinkId::new(u32::from(link));
        let answer = self.sender.receive(self.now, link, datagram, &mut self.buffer);
        if let Received::Rewritten { length } = answer {
            assert!(length <= datagram.len(), "a report has grown");
        }
    }

    /// Lets the sender do what it wants.
    fn settle(&mut self) {
        for _ in 0..RESTLESS {
            let mut buffer = [0; 1_500];
            match self.sender.poll(self.now, &mut buffer) {
                Output::Transmit { link, length } => {
                    self.at_receiver(link.as_u32() as u8, &buffer[..length]);
                }
                Output::Wake { at } => {
                    assert!(at.is_none_or(|at| at > self.now), "woken at {at:?}");
                    return;
                }
                Output::Receive { .. }
                | Output::Ways(_)
                | Output::Close { .. }
                | Output::Event(_) => {}
            }
        }
        panic!("the sender does not come to rest");
    }
}

fn address(link: u8) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, link], 4_000))
}

pub(super) fn examples() -> Vec<Vec<u8>> {
    let instruction = |header: u8, datagram: &[u8]| {
        let length = u8::try_from(datagram.len()).unwrap_or(u8::MAX);
        let datagram = datagram.get(..usize::from(length)).unwrap_or_default();
        [&[header, length], datagram].concat()
    };
    let acknowledgement = [&[0x91, 0, 0, 0][..], &[0, 0, 0, 5, 0, 0, 0, 6]].concat();
    let mut report = vec![0x80, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9];
    report.extend_from_slice(&[0x80, 0, 0, 3, 0, 0, 0, 40, 0, 0, 0, 50]);
    let mut acknowledged = vec![0x80, 2, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 9];
    acknowledged.extend_from_slice(&[0, 0, 0, 30]);
    let media = [&[0, 0, 0, 70, 0xC0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9][..], &[1; 60]].concat();
    let words = [
        &[0x90, 0][..],
        &[0x90, 0, 0, 0, 0, 0, 0, 0, 0, 1],
        &acknowledgement,
        &[0x92, 0x02],
        &[0x92, 0x10],
        &[0x92, 0x11],
        &[0x92, 0x12],
        &report,
        &acknowledged,
        &media,
    ];
    let each = words.iter().map(|word| instruction(0x15, word));
    let all = words.iter().flat_map(|word| instruction(0x28, word)).collect();
    each.chain([all]).collect()
}
