//! A connection after its handshake.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use rand_chacha::ChaCha20Rng;

use crate::fec::Source;
use crate::pace::Pacer;
use crate::transport::{Feedback, Priority, Ways};
use crate::units::{Bitrate, ByteCount, Time};

use super::super::config::Config;
use super::super::crypto::{KeyMaterial, ReceivingKeys, SendingKeys};
use super::super::filter::{
    AgreedFilter, CombinationPacket, FILTERED_PAYLOAD_BYTES, PathLosses, RepairPacket, Repairing,
    Retransmission,
};
use super::super::number::{SequenceNumber, SocketId};
use super::super::receiver::{
    Acknowledger, Arrival, Arrivals, Buffer, Losses, Reordering, Taken, TimeBase,
};
use super::super::round_trip::RoundTrip;
use super::super::sender::{Sender, Terms, Transmission};
use super::super::statistics::Statistics;
use super::super::wire::{
    Acknowledgement, ControlKind, ControlPacket, DataPacket, HEADER_BYTES, Handshake,
    HandshakeKind, KeyParity, LossRange, LossRanges, Negotiation, Packet, Rates, Reader,
    option_flag,
};
use super::accepted::Response;
use super::control::{KeyResponse, Outbox};
use super::negotiation::{is_golive, version_parts};
use super::{Broken, Event, Input, MAX_DATAGRAM_BYTES, Negotiated, Output, Transmit, WakeReason};

mod receive;
mod transmit;

/// A peer that says nothing else says this often that it is there (section 3.2.3).
const KEEP_ALIVE: Duration = Duration::from_secs(1);

/// What a pause earns: enough that a wake-up that comes late costs no throughput.
const BURST: Duration = Duration::from_millis(5);

/// Subtypes of user-defined control packets.
pub(super) const KEY_MATERIAL_REQUEST: u16 = 3;
pub(super) const KEY_MATERIAL_RESPONSE: u16 = 4;
/// `GL`: a report from a Golive peer, as the application wrote it.
pub(super) const REPORT: u16 = 0x474C;
/// `GF`: a combination of packets, for a Golive peer.
pub(super) const COMBINATION: u16 = 0x4746;

/// Events that wait to be polled; a connection has few, and all of one kind are merged.
const MAX_EVENTS: usize = 16;

/// What a handshake of either side leads to.
pub(crate) struct Setup {
    pub(crate) peer: SocketAddr,
    pub(crate) start: Time,
    pub(crate) local_id: SocketId,
    pub(crate) peer_id: SocketId,
    pub(crate) send_from: SequenceNumber,
    pub(crate) receive_from: SequenceNumber,
    pub(crate) maximum_transmission_unit: u32,
    pub(crate) peer_flow_window: u32,
    /// When the handshake arrived that the peer's clock is known from.
    pub(crate) arrived: Time,
    pub(crate) timestamp: u32,
    pub(crate) theirs: Negotiation,
    pub(crate) send_latency: u16,
    pub(crate) receive_latency: u16,
    pub(crate) keys: Option<(SendingKeys, ReceivingKeys)>,
    pub(crate) filter: Option<AgreedFilter>,
    pub(crate) random: ChaCha20Rng,
}

/// See the module.
pub(crate) struct Live {
    start: Time,
    local_id: SocketId,
    peer_id: SocketId,
    negotiated: Negotiated,
    silence_timeout: Duration,
    introduces_itself: bool,
    receives: bool,
    response: Option<Response>,
    random: ChaCha20Rng,
    sending_keys: Option<SendingKeys>,
    receiving_keys: Option<ReceivingKeys>,

    sender: Sender,
    pacer: Pacer,
    /// Media is kept back until then.
    media_from: Time,
    last_payload_origin: Time,
    outbox: Outbox,

    buffer: Buffer,
    losses: Losses,
    /// Where the peer's packets may overtake one another, and say which were sent again.
    reordering: Option<Reordering>,
    acknowledger: Acknowledger,
    arrivals: Arrivals,
    time_base: TimeBase,
    repairing: Option<Repairing>,
    /// When a packet arrived last that a later one had overtaken.
    overtaken: Option<Time>,

    round_trip: RoundTrip,
    ways: Ways,
    events: VecDeque<Event>,
    peer_report: Vec<u8>,
    last_sent: Time,
    last_heard: Time,
    peer_closed: bool,
    closed: bool,
    peer_rates: Rates,
    /// Dropped packets that an event has told of.
    dropped_noted: u64,
    counts: Statistics,
}

impl Live {
    pub(crate) fn new(
        config: &Config,
        now: Time,
        setup: Setup,
        round_trip: RoundTrip,
        response: Option<Response>,
    ) -> Self {
        let datagram_bytes = datagram_bytes(setup.peer, setup.maximum_transmission_unit);
        let negotiated = Negotiated {
            peer_version: version_parts(setup.theirs.version),
            send_latency: Duration::from_millis(setup.send_latency.into()),
            receive_latency: Duration::from_millis(setup.receive_latency.into()),
            encryption: setup.keys.as_ref().map(|(sending, _)| sending.key_length()),
            max_payload: match setup.filter {
                Some(_) => FILTERED_PAYLOAD_BYTES.min(datagram_bytes - HEADER_BYTES),
                None => datagram_bytes - HEADER_BYTES,
            },
            packet_filter: setup.filter,
            golive: is_golive(&setup.theirs) && config.introduces_itself,
        };
        let retransmission = setup.filter.map_or(Retransmission::Always, |f| f.retransmission);
        let terms = Terms {
            destination: setup.peer_id,
            latency: negotiated.send_latency,
            drops_late: setup.theirs.has(option_flag::TOO_LATE_DROP),
            reports_again: setup.theirs.has(option_flag::PERIODIC_NAK)
                && retransmission == Retransmission::Always,
            flow_window: config.flow_window.min(setup.peer_flow_window.max(2)),
            datagram_bytes: negotiated.max_payload + HEADER_BYTES,
            filter: setup.filter,
            combinations: negotiated.golive && setup.filter.is_none() && config.plans_repair,
            plans_repair: config.plans_repair,
        };
        let receive_capacity = config.receive_buffer_packets();
        let (sending_keys, receiving_keys) = setup.keys.unzip();
        let mut outbox = Outbox::new();
        outbox.handshake_response = response.is_some();
        let mut events = VecDeque::with_capacity(MAX_EVENTS);
        events.push_back(Event::Connected(negotiated));
        Self {
            start: setup.start,
            local_id: setup.local_id,
            peer_id: setup.peer_id,
            negotiated,
            silence_timeout: config.silence_timeout,
            introduces_itself: config.introduces_itself,
            receives: config.receives,
            response,
            random: setup.random,
            sending_keys,
            receiving_keys,
            sender: Sender::new(terms, setup.send_from, config.send_buffer_packets()),
            pacer: Pacer::new(None, BURST),
            media_from: now,
            last_payload_origin: setup.start,
            outbox,
            buffer: Buffer::new(receive_capacity, MAX_DATAGRAM_BYTES, setup.receive_from),
            losses: Losses::new(receive_capacity, retransmission == Retransmission::Always)
                .whole_reports(negotiated.golive && setup.filter.is_none()),
            reordering: (!negotiated.golive && setup.theirs.has(option_flag::RETRANSMISSION_FLAG))
                .then(|| Reordering::new(negotiated.receive_latency)),
            acknowledger: Acknowledger::new(now, setup.receive_from),
            arrivals: Arrivals::new(datagram_bytes),
            time_base: TimeBase::new(setup.arrived, setup.timestamp),
            repairing: match setup.filter {
                Some(filter) => Some(Repairing::filter(filter, setup.receive_from)),
                None => negotiated.golive.then(|| Repairing::combinations(setup.receive_from)),
            },
            overtaken: None,
            round_trip,
            ways: Ways::default(),
            events,
            peer_report: Vec::with_capacity(MAX_DATAGRAM_BYTES),
            last_sent: now,
            last_heard: now,
            peer_closed: false,
            closed: false,
            peer_rates: Rates::default(),
            dropped_noted: 0,
            counts: Statistics::default(),
        }
    }

    pub(crate) fn handle(&mut self, now: Time, input: Input<'_>) {
        match input {
            Input::Datagram(datagram) => self.datagram(now, datagram),
            Input::Payload { data, origin } => self.payload(now, data, origin),
            Input::Report(report) if self.negotiated.golive => self.outbox.set_report(report),
            Input::Report(_) => {}
            Input::Close => self.outbox.shutdown = true,
        }
    }

    pub(crate) fn peer_id(&self) -> SocketId {
        self.peer_id
    }

    pub(crate) fn negotiated(&self) -> Negotiated {
        self.negotiated
    }

    pub(crate) fn last_heard(&self) -> Time {
        self.last_heard
    }

    pub(crate) fn set_pacing_rate(&mut self, now: Time, rate: Option<Bitrate>) {
        self.pacer.set_rate(now, rate);
    }

    pub(crate) fn restrain(&mut self, from: Time, copies: bool) {
        self.media_from = from;
        self.sender.allow_copies(copies);
    }

    pub(crate) fn note_ways(&mut self, ways: Ways) {
        self.ways = ways;
        self.sender.set_detour(ways.detour());
    }

    pub(crate) fn set_priority(&mut self, priority: Priority) {
        self.sender.set_priority(priority);
    }

    pub(crate) fn unsent(&self) -> ByteCount {
        self.sender.unsent_bytes()
    }

    pub(crate) fn next_number(&self) -> SequenceNumber {
        self.sender.next_number()
    }

    pub(crate) fn in_flight(&self) -> ByteCount {
        self.sender.unknown_bytes()
    }

    pub(crate) fn path_losses(&self) -> Option<PathLosses> {
        self.sender.path_losses(&self.round_trip)
    }

    pub(crate) fn feedback(&self, now: Time) -> Feedback {
        Feedback {
            at: now,
            rtt: self.round_trip.smoothed(),
            rtt_variance: self.round_trip.variance(),
            rtt_min: self.round_trip.minimum(),
            newest_round_trip: self.sender.newest_round_trip(),
            ways: Some(self.ways).filter(|ways| !ways.detour().is_zero()),
            sent: self.counts.bytes_sent,
            acknowledged: self.sender.counts.bytes_delivered,
            lost_packets: self.sender.counts.reported_lost,
            in_flight: self.sender.unknown_bytes(),
            unsent: self.sender.unsent_bytes(),
            repairing_since: self.sender.repairing_since(),
        }
    }

    pub(crate) fn statistics(&self, now: Time) -> Statistics {
        let sender = &self.sender.counts;
        let bits = |packets: u32| u64::from(packets) * MAX_DATAGRAM_BYTES as u64 * 8;
        Statistics {
            packets_sent: sender.sent,
            packets_retransmitted: sender.retransmitted,
            bytes_retransmitted: sender.bytes_retransmitted,
            packets_reported_lost: sender.reported_lost,
            packets_dropped: sender.dropped,
            repair_packets_sent: sender.repairs,
            bytes_repair: sender.bytes_repair,
            bytes_acknowledged: sender.bytes_acknowledged,
            packets_lost: self.buffer.skipped,
            rtt: self.round_trip.smoothed(),
            rtt_variance: self.round_trip.variance(),
            packets_in_flight: self.sender.in_flight() as u32,
            packets_unsent: self.sender.unsent() as u32,
            bytes_unsent: self.sender.unsent_bytes(),
            unsent_for: self.sender.unsent_for(now),
            packets_buffered: self.buffer.arrived() as u32,
            peer_receive_rate: Bitrate::from_bits_per_second(u64::from(self.peer_rates.bytes) * 8),
            peer_link_capacity: Bitrate::from_bits_per_second(bits(self.peer_rates.capacity)),
            peer_buffer_free: self.sender.window(),
            ..self.counts
        }
    }

    fn payload(&mut self, now: Time, data: &[u8], origin: Time) {
        if self.outbox.shutdown || self.peer_closed {
            return;
        }
        let origin = origin.min(now).max(self.last_payload_origin);
        self.last_payload_origin = origin;
        if let Some(keys) = &mut self.sending_keys
            && keys.advance(now, &mut self.random)
        {
            self.note(Event::KeyRefreshed);
        }
        let timestamp = self.timestamp(origin);
        self.sender.push(origin, timestamp, data, self.sending_keys.as_mut());
    }

    fn datagram(&mut self, now: Time, datagram: &[u8]) {
        let Some(packet) = Packet::parse(datagram) else { return };
        let destination = match &packet {
            Packet::Data(packet) => packet.destination,
            Packet::Control(packet) => packet.header.destination,
        };
        if destination != self.local_id {
            self.repeated_conclusion(&packet);
            return;
        }
        self.last_heard = now;
        self.counts.datagrams_received += 1;
        self.counts.bytes_received += datagram.len().into();
        match packet {
            Packet::Data(packet) => self.data(now, &packet),
            Packet::Control(packet) => self.control(now, &packet),
        }
    }

    /// A caller that has not seen our answer repeats its conclusion, to the listener's address.
    fn repeated_conclusion(&mut self, packet: &Packet<'_>) {
        let Packet::Control(packet) = packet else { return };
        if packet.header.kind == ControlKind::Handshake
            && let Some(handshake) = Handshake::parse(packet.body)
            && handshake.fields.kind == HandshakeKind::Conclusion
            && handshake.fields.socket_id == self.peer_id
        {
            self.outbox.handshake_response = self.response.is_some();
        }
    }

    fn control(&mut self, now: Time, packet: &ControlPacket<'_>) {
        match packet.header.kind {
            ControlKind::Acknowledgement => self.acknowledgement(now, packet),
            ControlKind::LossReport => self.loss_report(now, packet.body),
            ControlKind::AcknowledgementOfAcknowledgement => {
                if let Some(rtt) = self.acknowledger.confirm(now, packet.header.information) {
                    self.round_trip.sample(now, rtt);
                    self.time_base.sample(now, packet.header.timestamp, rtt);
                }
            }
            ControlKind::DropRequest => self.drop_request(packet.body),
            ControlKind::Shutdown => self.peer_closed = true,
            ControlKind::UserDefined(KEY_MATERIAL_REQUEST) => self.new_keys(now, packet.body),
            ControlKind::UserDefined(KEY_MATERIAL_RESPONSE) => {
                if let Some(keys) = &mut self.sending_keys {
                    keys.confirm(packet.body);
                }
            }
            ControlKind::UserDefined(COMBINATION) => self.combination(now, packet.body),
            ControlKind::UserDefined(REPORT) => {
                self.peer_report.clear();
                let report = packet.body.get(..MAX_DATAGRAM_BYTES).unwrap_or(packet.body);
                self.peer_report.extend_from_slice(report);
            }
            ControlKind::Handshake
            | ControlKind::KeepAlive
            | ControlKind::PeerError
            | ControlKind::UserDefined(_)
            | ControlKind::Other => {}
        }
    }

    fn acknowledgement(&mut self, now: Time, packet: &ControlPacket<'_>) {
        let Some(acknowledgement) = Acknowledgement::parse(packet.body) else { return };
        let measured = acknowledgement.measured;
        self.sender.acknowledge(now, acknowledgement.next, measured.map(|m| m.buffer_free));
        let Some(measured) = measured else { return };
        self.outbox.acknowledge(packet.header.information);
        self.sender.hear_acknowledgement(now, packet.header.information);
        let peer_sends = self.counts.packets_received > 0;
        self.round_trip.reported(now, measured.rtt, measured.rtt_variance, peer_sends);
        self.sender.check_hole(now, &self.round_trip);
        if let Some(rates) = measured.rates {
            self.peer_rates = rates;
        }
    }

    fn loss_report(&mut self, now: Time, body: &[u8]) {
        // An honest report names each packet once.
        let mut budget = self.sender.in_flight();
        self.sender.hear_report(now, LossRanges::new(body), &self.round_trip);
        for range in LossRanges::new(body) {
            let looked_at = self.sender.report_lost(now, range, &self.round_trip);
            match budget.checked_sub(looked_at) {
                Some(left) => budget = left,
                None => break,
            }
        }
        self.sender.resolve_report(now, &self.round_trip);
        self.sender.note_arrivals(now, LossRanges::new(body));
    }

    fn drop_request(&mut self, body: &[u8]) {
        let mut reader = Reader::new(body);
        let (Some(first), Some(last)) = (reader.u32(), reader.u32()) else { return };
        let (first, last) = (SequenceNumber::new(first), SequenceNumber::new(last));
        if last.distance_from(first) >= 0 {
            let range = LossRange { first, last };
            self.losses.forget(range);
            self.buffer.note_dropped(range);
        }
    }

    fn new_keys(&mut self, now: Time, message: &[u8]) {
        let (Some(keys), Some(material)) = (&mut self.receiving_keys, KeyMaterial::parse(message))
        else {
            return;
        };
        if keys.learn(now, &material) {
            self.outbox.key_response = KeyResponse::new(message);
        }
    }

    fn note(&mut self, event: Event) {
        if let (Some(Event::Dropped { packets }), Event::Dropped { packets: more }) =
            (self.events.back_mut(), &event)
        {
            *packets += more;
        } else if self.events.len() < MAX_EVENTS {
            self.events.push_back(event);
        }
    }

    /// `time` on the connection's own clock.
    fn timestamp(&self, time: Time) -> u32 {
        time.since(self.start).as_micros() as u32
    }

    /// The first packet that has neither arrived nor been given up.
    fn first_missing(&self) -> SequenceNumber {
        self.losses.first().unwrap_or(self.buffer.end())
    }
}

/// Bytes of a datagram that fit both sides' largest IP packet.
fn datagram_bytes(peer: SocketAddr, maximum_transmission_unit: u32) -> usize {
    const UDP_HEADER: usize = 8;
    const SMALLEST: usize = 576;
    let ip_header = if peer.is_ipv4() { 20 } else { 40 };
    let packet = usize::try_from(maximum_transmission_unit).unwrap_or(usize::MAX);
    (packet.max(SMALLEST) - ip_header - UDP_HEADER).min(MAX_DATAGRAM_BYTES)
}
