//! What a live connection makes of media and of what repairs it.

use super::*;

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
            let arrived = self.media(now, packet.sequence_number, &source);
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
    fn media(&mut self, now: Time, number: SequenceNumber, source: &Source<'_>) -> bool {
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
                    self.miss(now, gap);
                }
            }
            Arrival::Fills => {
                let missing = self.losses.found(number);
                self.counts.packets_recovered += u64::from(missing);
            }
            Arrival::Duplicate => {
                self.counts.packets_duplicate += 1;
                return false;
            }
            Arrival::NoRoom => return false,
        }
        self.counts.packets_received += 1;
        self.acknowledger.note_packet();
        true
    }

    /// These are missing.
    fn miss(&mut self, now: Time, gap: LossRange) {
        let interval = Losses::interval(self.round_trip.cautious());
        let rounds = self.round_trip.cautious() + interval;
        let short = self.introduces_itself && self.negotiated.receive_latency < rounds;
        self.losses.add(now, gap, interval, short);
        if let Some(repairing) = &mut self.repairing {
            repairing.wait_for(gap);
        }
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
            self.counts.packets_rebuilt += u64::from(self.media(now, number, &source));
        }
        let Some(repairing) = &mut self.repairing else { return };
        let interval = Losses::interval(self.round_trip.cautious());
        while let Some(number) = repairing.take_beyond_repair() {
            self.losses.ask_for(now, number, interval);
        }
        repairing.forget_before(self.buffer.next());
    }
}
