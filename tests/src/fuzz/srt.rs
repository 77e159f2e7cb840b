//! SRT: datagrams from anybody, stream ids, URLs.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use golive_proto::transport::srt::{
    Config, Connection, Input, Listener, ListenerConfig, ListenerOutput, MAX_DATAGRAM_BYTES,
    Output, Passphrase, State, StreamId, Url,
};
use golive_proto::units::Time;

/// What the bytes hold: instructions of a header and a datagram each.
///
/// The header is two bytes. The first: bit 0 whom it is for, bit 1 whether its destination is
/// made right, bits 2 to 7 how many milliseconds pass before. The second: a sixth of the
/// datagram's length.
const HEADER: usize = 2;
const LENGTH_UNIT: usize = 6;

const CALLER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 40_000);
const LISTENER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9_710);

/// How many datagrams a single one may cause, beside what time alone does: a report of losses
/// can ask for a whole flight again, never for more.
const MAX_ANSWERS: usize = 2 * FLIGHT + 64;
/// Payloads that each end has under way.
const FLIGHT: usize = 40;

/// The bytes as datagrams to a listener, and to both ends of a live connection.
pub(super) fn plain(data: &[u8]) {
    strangers(data);
    converse(&config(), data);
}

/// The bytes as datagrams to both ends of a live connection that is encrypted.
pub(super) fn encrypted(data: &[u8]) {
    let passphrase = Passphrase::new("a passphrase for the fuzzer").ok();
    converse(&Config { passphrase, ..config() }, data);
}

fn converse(config: &Config, data: &[u8]) {
    let mut ends = connect(config);
    for number in 0..FLIGHT {
        for end in &mut ends.both {
            let payload = [number as u8; 100];
            end.handle(ends.now, Input::Payload { data: &payload, origin: ends.now });
        }
        // Half of what is sent arrives: there is something to repair and to complain of.
        ends.drain(|datagram| datagram % 2 == 0);
    }
    for (header, datagram) in instructions(data) {
        ends.now += Duration::from_millis(u64::from(header >> 2));
        let end = usize::from(header & 1);
        let mut datagram = datagram.to_vec();
        if header & 2 == 0
            && let Some(destination) = datagram.get_mut(12..16)
        {
            destination.copy_from_slice(&ends.both[end].local_id().as_u32().to_be_bytes());
        }
        ends.drain(|_| false);
        ends.both[end].handle(ends.now, Input::Datagram(&datagram));
        let answers = ends.drain(|_| false);
        assert!(answers <= MAX_ANSWERS, "{answers} answers to one datagram");
    }
    // Whatever was said, a connection ends when nobody speaks any more.
    ends.now += Duration::from_secs(30);
    ends.drain(|_| false);
    for (number, end) in ends.both.iter().enumerate() {
        let statistics = end.statistics(ends.now);
        assert_eq!(end.state(), State::Ended, "end {number} is still there: {statistics:?}");
    }
}

/// The bytes as a stream id.
pub(super) fn stream_id(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(id) = StreamId::new(text) {
        assert_eq!(id.as_str(), text);
        let shown = format!("{id:?} {id} {:?}", id.access_control());
        // What a stream id holds is a secret: no longer word of it is ever shown.
        for word in text.split(|c: char| !c.is_ascii_digit()).filter(|word| word.len() > 5) {
            assert!(!shown.contains(word), "{shown} shows {word}");
        }
    }
}

/// The bytes as an SRT URL with a passphrase and a stream id behind it.
pub(super) fn url(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _ = text.parse::<Url>();
    let separator = if text.contains('?') { '&' } else { '?' };
    let url = format!("{text}{separator}passphrase={SECRET}&streamid={SECRET}");
    let shown = match url.parse::<Url>() {
        Ok(url) => format!("{url} {url:?}"),
        Err(error) => format!("{error} {error:?}"),
    };
    assert!(!shown.contains(SECRET), "{shown} shows a secret");
}

const SECRET: &str = "sesame-0123456789";

pub(super) fn url_examples() -> Vec<Vec<u8>> {
    [
        "srt://ingest.example:9710",
        "srt://[::1]:9710?mode=caller&latency=250&pbkeylen=32",
        "srt://:9710?mode=listener&streamid=%23!::r=live,m=publish",
        "srt://127.0.0.1:9710?streamid=#!::u=anna,r=live&latency=120&transtype=live",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}

pub(super) fn plain_examples() -> Vec<Vec<u8>> {
    recorded(false)
}

pub(super) fn encrypted_examples() -> Vec<Vec<u8>> {
    recorded(true)
}

/// A short broadcast, datagram by datagram and as a whole.
fn recorded(encrypted: bool) -> Vec<Vec<u8>> {
    let mut sent: Vec<(usize, Vec<u8>)> = Vec::new();
    let passphrase = encrypted.then(|| Passphrase::new("a passphrase for the fuzzer").ok());
    let config = Config { passphrase: passphrase.flatten(), ..config() };
    let mut ends = connect_recording(&config, &mut sent);
    for number in 0..20 {
        let payload = [number; 60];
        ends.both[0].handle(ends.now, Input::Payload { data: &payload, origin: ends.now });
        ends.drain_recording(|number| number % 4 != 0, &mut sent);
        ends.now += Duration::from_millis(15);
        ends.drain_recording(|number| number % 4 != 0, &mut sent);
    }
    ends.both[0].handle(ends.now, Input::Close);
    ends.drain_recording(|_| true, &mut sent);
    let instruction = |(end, datagram): &(usize, Vec<u8>)| -> Vec<u8> {
        let length = datagram.len().div_ceil(LENGTH_UNIT);
        let mut bytes = vec![*end as u8 | 5 << 2, length as u8];
        bytes.extend(datagram);
        bytes.resize(HEADER + length * LENGTH_UNIT, 0);
        bytes
    };
    let mut examples: Vec<Vec<u8>> = sent.iter().map(instruction).collect();
    examples.push(examples.concat());
    examples
}

pub(super) fn stream_id_examples() -> Vec<Vec<u8>> {
    ["live", "#!::r=live/camera,m=publish,u=anna,s=1234567", "#!::", "#!::r", "#!:{}"]
        .map(|text| text.as_bytes().to_vec())
        .to_vec()
}

/// Buffers that are taken quickly.
fn config() -> Config {
    Config { receive_buffer: 256, send_buffer: 256, ..Config::default() }
}

fn instructions(mut data: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    std::iter::from_fn(move || {
        let ([header, length], rest) = data.split_first_chunk()?;
        let length = (usize::from(*length) * LENGTH_UNIT).min(rest.len());
        let (datagram, rest) = rest.split_at(length);
        data = rest;
        Some((*header, datagram))
    })
}

/// Whoever calls a listener; what it lets in is accepted, and spoken to further.
fn strangers(data: &[u8]) {
    let mut now = Time::from_millis(1_000);
    let mut listener = Listener::new(ListenerConfig::default(), now, [3; 32]);
    let mut reply = [0; MAX_DATAGRAM_BYTES];
    for (header, datagram) in instructions(data) {
        now += Duration::from_millis(u64::from(header));
        match listener.handle(now, CALLER, datagram, &mut reply) {
            ListenerOutput::Reply { length } => {
                assert!(length <= datagram.len().max(64), "{length} bytes for {}", datagram.len());
            }
            ListenerOutput::Request(request) => {
                let _ = request.stream_id();
                let connection = listener.accept(now, *request, config());
                let mut ends = Ends { both: [connection], now };
                ends.both[0].handle(now, Input::Datagram(datagram));
                ends.drain(|_| false);
            }
            ListenerOutput::Ignore => {}
        }
    }
}

/// Connections, two of which talk to each other.
struct Ends<const N: usize> {
    both: [Connection; N],
    now: Time,
}

fn connect(config: &Config) -> Ends<2> {
    connect_recording(config, &mut Vec::new())
}

fn connect_recording(config: &Config, sent: &mut Vec<(usize, Vec<u8>)>) -> Ends<2> {
    let now = Time::from_millis(1_000);
    let mut caller = Connection::connect(config.clone(), LISTENER, now, [1; 32]);
    let mut listener = Listener::new(ListenerConfig::default(), now, [2; 32]);
    let mut reply = [0; MAX_DATAGRAM_BYTES];
    let mut buffer = [0; MAX_DATAGRAM_BYTES];
    loop {
        let Output::Transmit { length, .. } = caller.poll(now, &mut buffer) else {
            panic!("a caller in the middle of its handshake has something to say");
        };
        sent.push((1, buffer[..length].to_vec()));
        match listener.handle(now, CALLER, &buffer[..length], &mut reply) {
            ListenerOutput::Reply { length } => {
                sent.push((0, reply[..length].to_vec()));
                caller.handle(now, Input::Datagram(&reply[..length]));
            }
            ListenerOutput::Request(request) => {
                let accepted = listener.accept(now, *request, config.clone());
                let mut ends = Ends { both: [caller, accepted], now };
                ends.drain_recording(|_| true, sent);
                assert!(ends.both.iter().all(|end| end.state() == State::Live));
                return ends;
            }
            ListenerOutput::Ignore => panic!("the listener ignores a handshake"),
        }
    }
}

impl<const N: usize> Ends<N> {
    /// Lets both say what they have to say; `passes` decides which datagrams reach the other.
    /// Returns how many there were.
    fn drain(&mut self, passes: impl Fn(usize) -> bool) -> usize {
        self.drain_recording(passes, &mut Vec::new())
    }

    fn drain_recording(
        &mut self,
        passes: impl Fn(usize) -> bool,
        sent: &mut Vec<(usize, Vec<u8>)>,
    ) -> usize {
        let mut count = 0;
        let mut buffer = [0; MAX_DATAGRAM_BYTES];
        let mut at_rest = 0;
        let mut end = 0;
        while at_rest < N {
            match self.both[end].poll(self.now, &mut buffer) {
                Output::Transmit { length, .. } => {
                    count += 1;
                    assert!(count < 100_000, "there is no end to what is to be sent");
                    at_rest = 0;
                    let other = N - 1 - end;
                    if N == 2 && passes(count) {
                        sent.push((other, buffer[..length].to_vec()));
                        self.both[other].handle(self.now, Input::Datagram(&buffer[..length]));
                    }
                }
                Output::Payload { .. } | Output::Event(_) => {}
                Output::Wake { at, reason } => {
                    let late = at.filter(|at| *at <= self.now);
                    assert!(
                        late.is_none(),
                        "a wake that is past: {reason:?} at {at:?}, now {:?}",
                        self.now
                    );
                    at_rest += 1;
                    end = (end + 1) % N;
                }
            }
        }
        count
    }
}
