//! What a live connection makes of media and of what repairs it.

use super::*;

/// With a latency of fewer round trips than this, a peer that understands it is told again and again
/// of what is missing,
const FEW_ROUND_TRIPS: u32 = 3;
/// after no more than this: two packets at 5 Mb/s.
const SHORT_INTERVAL: Duration = Duration::from_millis(4);
/// Not for so long after packets have overtaken one another: what is missing may be under way.
const OVERTAKING: Duration = Duration::from_secs(1);

/// How a packet came to be here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coming {
    /// As it was sent the first time.
    ByItself,
    /// It had been sent again.
    Again,
    /// It was rebuilt from others.
    Rebuilt,
}

impl Live {
    pub(super) fn data(&mut self, now: Time, packet: &DataPacket<'_>) {
        if !self.receives {
            return;
        }
        self.counts.packets_received_retransmitted += u64::from(packet.retransmitted);
        if self.peer_closed {
            return;
        }
        if packet.message_number == 0 {
            self.repair(packet);
        } else if let Ok(key) = packet.key {
            let source = Source {
                timestamp: packet.timestamp,
                flags: key.map_or(0, |key| key.bits() as u8),
                payload: packet.payload,
            };
            let coming = if packet.retransmitted { Coming::Again } else { Coming::ByItself };
            let recovered = self.counts.packets_recovered;
            let arrived = self.media(now, packet.sequence_number, &source, coming);
            if !packet.retransmitted && self.counts.packets_recovered > recovered {
                self.overtaken = Some(now);
            }
            if arrived && !packet.retransmitted {
                self.arrivals.note(
                    now,
                    packet.sequence_number,
                    source.payload.len() + HEADER_BYTES,
                );
            }
            if arrived && let Some(repairing) = &mut self.repairing {
                repairing.source(packet.sequence_number, &source);
            }
        }
        self.take_rebuilt(now);
    }

    /// Takes a media packet that arrived or was rebuilt; whether it was of use.
    fn media(
        &mut self,
        now: Time,
        number: SequenceNumber,
        source: &Source<'_>,
        coming: Coming,
    ) -> bool {
        let Ok(key) = KeyParity::from_bits(source.flags.into()) else { return false };
        let origin = self.time_base.origin(now, source.timestamp);
        let keys = &self.receiving_keys;
        let mut readable = true;
        let arrival = self.buffer.insert(number, origin, source.payload, |payload| {
            readable = match (key, keys) {
                (Some(parity), Some(keys)) => keys.decrypt(parity, number, payload),
                // What is not encrypted has no place in an encrypted connection, nor the reverse.
                (None, None) => true,
                (Some(_), None) | (None, Some(_)) => false,
            };
            readable
        });
        self.counts.packets_undecrypted += u64::from(!readable);
        match arrival {
            Arrival::Newest { gap } => {
                self.losses.forget_before(self.buffer.next());
                if let Some(gap) = gap {
                    self.miss(now, gap, origin);
                }
            }
            Arrival::Fills => {
                let since = self.losses.found(number);
                self.counts.packets_recovered += u64::from(since.is_some());
                if let (Some(reordering), Some(since)) = (&mut self.reordering, since)
                    && coming != Coming::Rebuilt
                {
                    reordering.found(now, number, since, coming == Coming::Again);
                }
            }
            Arrival::Duplicate => {
                self.counts.packets_duplicate += 1;
                if let Some(reordering) = &mut self.reordering
                    && coming == Coming::ByItself
                {
                    reordering.found_twice(now, number);
                }
                return false;
            }
            Arrival::NoRoom => return false,
        }
        self.counts.packets_received += 1;
        self.acknowledger.note_packet();
        true
    }

    /// These are missing, as a packet from `origin` shows.
    fn miss(&mut self, now: Time, gap: LossRange, origin: i64) {
        let rounds = self.round_trip.cautious() + Losses::interval(self.round_trip.cautious());
        let short = self.negotiated.receive_latency < rounds && self.introduces_itself;
        let interval = self.report_interval(now);
        let delivery = self.time_base.delivery(origin, self.negotiated.receive_latency);
        let round = self.round_trip.smoothed() + self.round_trip.variance();
        let left = delivery.since(now).saturating_sub(round);
        let patience = self.reordering.as_mut();
        let patience = patience.map_or(Duration::ZERO, |it| it.patience(now, left));
        self.losses.add(now, gap, patience, interval, short);
        if let Some(repairing) = &mut self.repairing {
            repairing.wait_for(gap);
        }
    }

    /// How often everything that is missing is reported. Where time is short, a peer that takes each
    /// report for all that is missing is told so often that what it is told first is hardly ever
    /// late, though the way back loses as much.
    pub(super) fn report_interval(&self, now: Time) -> Duration {
        let cautious = self.round_trip.cautious();
        let interval = Losses::interval(cautious);
        let is_short = self.negotiated.receive_latency < cautious * FEW_ROUND_TRIPS;
        let in_order = self.overtaken.is_none_or(|at| at + OVERTAKING < now);
        if self.losses.is_whole() && is_short && in_order { SHORT_INTERVAL } else { interval }
    }

    /// Takes a repair packet, if a filter was agreed on.
    fn repair(&mut self, packet: &DataPacket<'_>) {
        let number = packet.sequence_number;
        let within = number.offset_from(self.buffer.next()).is_some_and(|o| o < self.buffer.room());
        let Some(repairing) = self.repairing.as_mut().filter(|_| within) else { return };
        self.counts.repair_packets_received += 1;
        if let Some(repair) = RepairPacket::parse(packet) {
            repairing.repair(number, &repair);
        }
    }

    /// Takes a combination, if there is room for what it is of.
    pub(super) fn combination(&mut self, now: Time, body: &[u8]) {
        let Some(packet) = CombinationPacket::parse(body).filter(|_| self.receives) else { return };
        let last = packet.first.plus(packet.count.into());
        let within = last.distance_from(self.buffer.next()) <= self.buffer.room() as i32;
        let Some(repairing) = self.repairing.as_mut().filter(|_| within) else { return };
        self.counts.repair_packets_received += 1;
        repairing.combination(&packet);
        self.take_rebuilt(now);
    }

    /// Takes what the filter has rebuilt, and reports what it will not rebuild any more.
    fn take_rebuilt(&mut self, now: Time) {
        while let Some((number, rebuilt)) = self.repairing.as_mut().and_then(Repairing::take) {
            let source = rebuilt.source();
            self.counts.packets_rebuilt +=
                u64::from(self.media(now, number, &source, Coming::Rebuilt));
        }
        let Some(repairing) = &mut self.repairing else { return };
        let interval = Losses::interval(self.round_trip.cautious());
        while let Some(number) = repairing.take_beyond_repair() {
            self.losses.ask_for(now, number, interval);
        }
        repairing.forget_before(self.buffer.next());
    }
}
