//! One of the two WebRTC peers of the shadow session, in virtual time.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use golive_proto::units::{Bitrate, Time};
use str0m::media::{MediaKind, Mid, Pt};
use str0m::net::{Protocol, Receive};
use str0m::rtp::{RtpWrite, Ssrc};
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig};

use super::plain;

/// A peer, and what it wants sent.
pub(super) struct Peer {
    rtc: Rtc,
    here: SocketAddr,
    there: SocketAddr,
    /// What its clock stands at; it never runs behind the simulation's.
    clock: Instant,
    /// The moment that the simulation calls zero.
    zero: Instant,
    wake: Instant,
    sent: VecDeque<Vec<u8>>,
    estimate: Option<Bitrate>,
    packets: u64,
    payload_type: Option<Pt>,
}

const MEDIA: u32 = 42;
const PADDING: u32 = 44;
/// From one look at the estimate to the next. The event that tells of it is a mean of three
/// seconds; the statistics tell what the estimator says.
const LOOKS: Duration = Duration::from_millis(25);
/// How long the two may take to find each other.
const PATIENCE: Duration = Duration::from_secs(10);
/// A packet that is written leaves after so many looks at most.
const TURNS: u32 = 20;
/// The pacer wants time to pass between two packets.
const TICK: Duration = Duration::from_micros(1);
/// It is looked at no more often for its own sake. Near what it takes for the capacity, str0m raises
/// its estimate by 1,000 bits a second whenever its clock is looked at, so with each packet at
/// least; it asks for one more look after each, which usually is that of the next.
const REST: Duration = Duration::from_millis(1);

/// Two peers that have found each other: the one that sends, and has an estimate, and the one
/// that receives. Not a packet has been sent yet.
pub(super) fn pair(start: Bitrate, most: Bitrate) -> (Peer, Peer) {
    let begin = Instant::now();
    let address = |port: u16| SocketAddr::from((Ipv4Addr::new(192, 0, 2, 1), port));
    let config = || {
        RtcConfig::new()
            .set_crypto_provider(Arc::new(plain::provider()))
            .set_dtls_cert(plain::certificate())
            .set_fingerprint_verification(false)
            .set_rtp_mode(true)
            .clear_codecs()
            .enable_vp8(true)
    };
    let estimating = config().set_stats_interval(Some(LOOKS)).enable_bwe(Some(theirs(start)));
    let mut sender = Peer::new(estimating, begin, address(5_000), address(5_001));
    let mut receiver = Peer::new(config(), begin, address(5_001), address(5_000));
    sender.meet(&mut receiver, true);
    receiver.meet(&mut sender, false);
    let mut now = begin;
    while !(sender.rtc.is_connected() && receiver.rtc.is_connected()) {
        now = sender.wake.min(receiver.wake).max(now + TICK);
        assert!(now < begin + PATIENCE, "the two peers do not find each other");
        sender.advance(now);
        receiver.advance(now);
        talk(&mut sender, &mut receiver);
    }
    for peer in [&mut sender, &mut receiver] {
        peer.zero = now;
        peer.sent.clear();
    }
    sender.begin_to_send(most);
    receiver.begin_to_receive();
    (sender, receiver)
}

/// What the two say to each other to stay in touch is no part of what is simulated: it takes no
/// time, and is never lost. Media and its reports stay where they are.
pub(super) fn talk(sender: &mut Peer, receiver: &mut Peer) {
    loop {
        let to_receiver = sender.take_small_talk();
        let to_sender = receiver.take_small_talk();
        if to_receiver.is_empty() && to_sender.is_empty() {
            return;
        }
        let now = sender.clock.max(receiver.clock);
        for datagram in to_receiver {
            receiver.receive_at(now, &datagram);
        }
        for datagram in to_sender {
            sender.receive_at(now, &datagram);
        }
    }
}

/// The same number in str0m's type.
fn theirs(rate: Bitrate) -> str0m::bwe::Bitrate {
    str0m::bwe::Bitrate::bps(rate.as_bits_per_second())
}

fn video() -> Mid {
    Mid::from("vid")
}

/// RTP and RTCP begin with version two; whatever else shares the socket does not (RFC 7983).
fn is_media(datagram: &[u8]) -> bool {
    datagram.first().is_some_and(|first| (128..192).contains(first))
}

impl Peer {
    fn new(config: RtcConfig, now: Instant, here: SocketAddr, there: SocketAddr) -> Self {
        Self {
            rtc: config.build(now),
            here,
            there,
            clock: now,
            zero: now,
            wake: now,
            sent: VecDeque::new(),
            estimate: None,
            packets: 0,
            payload_type: None,
        }
    }

    fn meet(&mut self, other: &mut Peer, controls: bool) {
        let own = Candidate::host(self.here, "udp").expect("an address");
        self.rtc.add_local_candidate(own);
        self.rtc.add_remote_candidate(Candidate::host(self.there, "udp").expect("an address"));
        let theirs = other.rtc.direct_api().local_ice_credentials();
        let print = other.rtc.direct_api().local_dtls_fingerprint().clone();
        let mut api = self.rtc.direct_api();
        api.set_ice_controlling(controls);
        api.set_remote_ice_credentials(theirs);
        api.set_remote_fingerprint(print);
        api.start_dtls(controls).expect("a handshake");
        self.drain();
    }

    fn begin_to_send(&mut self, most: Bitrate) {
        self.payload_type = self.rtc.codec_config().find(|_| true).map(|codec| codec.pt());
        let mut api = self.rtc.direct_api();
        api.declare_media(video(), MediaKind::Video);
        let stream = api.declare_stream_tx(MEDIA.into(), Some(PADDING.into()), video(), None);
        stream.set_unpaced(true);
        self.drain();
        self.rtc.bwe().set_bitrate(str0m::bwe::Bitrate::ZERO, theirs(most));
        self.drain();
    }

    fn begin_to_receive(&mut self) {
        let mut api = self.rtc.direct_api();
        api.declare_media(video(), MediaKind::Video);
        let stream = api.expect_stream_rx(MEDIA.into(), Some(PADDING.into()), video(), None);
        stream.suppress_nack(true);
        api.enable_twcc_feedback();
        self.drain();
    }

    /// Writes a packet of media that is so long, and answers with it as it leaves.
    pub(super) fn write(&mut self, now: Time, length: usize) -> Option<Vec<u8>> {
        let now = self.instant(now);
        let payload_type = self.payload_type?;
        let number = self.packets;
        self.packets += 1;
        let time = (now.duration_since(self.zero).as_micros() * 9 / 100) as u32;
        let payload = vec![0; length];
        let packet = RtpWrite::new(payload_type, number.into(), time, now, payload);
        self.rtc.direct_api().stream_tx(&Ssrc::from(MEDIA))?.write_rtp(packet);
        self.drain();
        for turn in 0..TURNS {
            self.advance(now + TICK * turn);
            let place = self.sent.iter().position(|datagram| {
                is_media(datagram) && datagram.get(8..12) == Some(&MEDIA.to_be_bytes())
            });
            if let Some(place) = place {
                return self.sent.remove(place);
            }
        }
        panic!("packet {number} does not leave");
    }

    /// A packet or a report has come.
    pub(super) fn receive(&mut self, now: Time, datagram: &[u8]) {
        self.receive_at(self.instant(now), datagram);
    }

    /// What is due.
    pub(super) fn look(&mut self, now: Time) {
        let now = self.instant(now);
        if self.due() <= now {
            self.advance(now);
        }
    }

    /// When it has something to do.
    pub(super) fn wake(&self) -> Time {
        let nanos = self.due().saturating_duration_since(self.zero).as_nanos();
        Time::from_micros(nanos.div_ceil(1_000) as u64)
    }

    fn due(&self) -> Instant {
        self.wake.max(self.clock + REST)
    }

    /// What it wants sent by itself: padding, probes and reports.
    pub(super) fn take_sent(&mut self) -> Option<Vec<u8>> {
        self.sent.pop_front()
    }

    /// What it believes to be carried.
    pub(super) fn estimate(&self) -> Option<Bitrate> {
        self.estimate
    }

    fn take_small_talk(&mut self) -> Vec<Vec<u8>> {
        let (media, talk) = self.sent.drain(..).partition(|datagram| is_media(datagram));
        self.sent = media;
        Vec::from(talk)
    }

    fn instant(&self, now: Time) -> Instant {
        (self.zero + now.since(Time::ZERO)).max(self.clock)
    }

    fn receive_at(&mut self, now: Instant, datagram: &[u8]) {
        self.clock = self.clock.max(now);
        let Ok(contents) = datagram.try_into() else { return };
        let (source, destination) = (self.there, self.here);
        let receive = Receive { proto: Protocol::Udp, source, destination, contents };
        self.rtc.handle_input(Input::Receive(self.clock, receive)).expect("a datagram that fits");
        self.drain();
    }

    fn advance(&mut self, now: Instant) {
        self.clock = self.clock.max(now);
        self.rtc.handle_input(Input::Timeout(self.clock)).expect("time to pass");
        self.drain();
    }

    fn drain(&mut self) {
        loop {
            match self.rtc.poll_output().expect("a peer that works") {
                Output::Timeout(at) => {
                    self.wake = at;
                    return;
                }
                Output::Transmit(transmit) => self.sent.push_back(transmit.contents.to_vec()),
                Output::Event(Event::PeerStats(statistics)) => {
                    let estimate = statistics.bwe_tx.map(|rate| rate.as_u64());
                    self.estimate = estimate.map(Bitrate::from_bits_per_second).or(self.estimate);
                }
                Output::Event(_) => {}
            }
        }
    }
}
