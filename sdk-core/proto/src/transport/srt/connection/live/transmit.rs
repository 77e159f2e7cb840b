//! What a live connection does next, in order of urgency.

use super::super::super::receiver::Due;
use super::super::super::wire::{ControlHeader, Measured, Writer};
use super::*;

impl Live {
    pub(crate) fn poll(&mut self, now: Time, buffer: &mut [u8]) -> Output {
        if let Some(event) = self.events.pop_front() {
            return Output::Event(event);
        }
        if let Some(output) = self.ending(now, buffer) {
            return output;
        }
        self.keep_time(now);
        if let Some(event) = self.events.pop_front() {
            return Output::Event(event);
        }
        if let Some(report) = self.take_peer_report(buffer) {
            return report;
        }
        if let Some(length) = self.write_control(now, buffer) {
            self.count_sent(now, length);
            return Output::Transmit { length, kind: Transmit::Control };
        }
        let missing = self.first_missing();
        if let Some(output) = self.deliver(now, buffer) {
            return output;
        }
        // What was given up by that is acknowledged as if it had arrived.
        if self.first_missing() != missing
            && let Some(length) = self.write_acknowledgement(now, buffer)
        {
            self.count_sent(now, length);
            return Output::Transmit { length, kind: Transmit::Control };
        }
        // Where what was wanted had better not leave, something else may.
        for _ in 0..2 {
            if let Some(output) = self.write_media(now, buffer) {
                return output;
            }
        }
        let overdue = self.sender.oldest_due(&self.round_trip).is_some_and(|due| due <= now);
        if overdue || self.sender.counts.dropped > self.dropped_noted {
            // Sending found packets to be too late, or not to be sent as planned: look again.
            return self.poll(now, buffer);
        }
        self.wake()
    }

    /// What ends the connection: our closing it, the peer's, or its silence.
    fn ending(&mut self, now: Time, buffer: &mut [u8]) -> Option<Output> {
        if self.outbox.shutdown {
            return Some(self.close(now, buffer));
        }
        if self.peer_closed {
            // What it sent before is still worth its time.
            if let Some(payload) = self.deliver(now, buffer) {
                return Some(payload);
            }
            // By now what could not be read is gone from the buffer too.
            // What claims to be of the far future is not waited for.
            let patience = self.last_heard + self.silence_timeout;
            return Some(match self.delivery_at().filter(|_| now < patience) {
                Some(at) => {
                    Output::Wake { at: Some(at.min(patience)), reason: WakeReason::Deliver }
                }
                None => Output::Event(Event::Closed { by_peer: true }),
            });
        }
        let silent = self.last_heard + self.silence_timeout <= now;
        silent.then_some(Output::Event(Event::Broken(Broken::Silence(self.silence_timeout))))
    }

    /// One shutdown, then the end.
    fn close(&mut self, now: Time, buffer: &mut [u8]) -> Output {
        if self.closed {
            return Output::Event(Event::Closed { by_peer: false });
        }
        self.closed = true;
        let length = self.control_packet(now, buffer, ControlKind::Shutdown, 0, |_| {});
        self.count_sent(now, length);
        Output::Transmit { length, kind: Transmit::Control }
    }

    /// Does what time asks for, other than sending.
    fn keep_time(&mut self, now: Time) {
        self.sender.expire(now, &self.round_trip);
        self.sender.take_copies(now, &self.round_trip);
        self.sender.check_silence(now, &self.round_trip);
        self.sender.decide_postponed(now, &self.round_trip);
        self.sender.check_oldest(now, &self.round_trip);
        let packets = self.sender.counts.dropped - self.dropped_noted;
        if packets > 0 {
            self.dropped_noted += packets;
            self.note(Event::Dropped { packets });
        }
    }

    fn take_peer_report(&mut self, buffer: &mut [u8]) -> Option<Output> {
        let length = self.peer_report.len();
        if length == 0 {
            return None;
        }
        buffer.get_mut(..length)?.copy_from_slice(&self.peer_report);
        self.peer_report.clear();
        Some(Output::Event(Event::PeerReport { length }))
    }

    /// Writes the control packet that is most urgent, if one is due.
    fn write_control(&mut self, now: Time, buffer: &mut [u8]) -> Option<usize> {
        if std::mem::take(&mut self.outbox.handshake_response)
            && let Some(response) = &self.response
        {
            return Some(response.write(self.timestamp(now), buffer));
        }
        if let Some(number) = self.outbox.acknowledged.pop_front() {
            let kind = ControlKind::AcknowledgementOfAcknowledgement;
            return Some(self.control_packet(now, buffer, kind, number, |_| {}));
        }
        if let Some(response) = self.outbox.key_response.take() {
            let kind = ControlKind::UserDefined(KEY_MATERIAL_RESPONSE);
            return Some(self.control_packet(now, buffer, kind, 0, |w| w.put(response.as_slice())));
        }
        if let Some(length) = self.write_loss_report(now, buffer) {
            return Some(length);
        }
        if let Some(length) = self.write_acknowledgement(now, buffer) {
            return Some(length);
        }
        if let Some(range) = self.sender.take_drop_request() {
            return Some(self.control_packet(now, buffer, ControlKind::DropRequest, 0, |w| {
                w.put_u32(range.first.as_u32());
                w.put_u32(range.last.as_u32());
            }));
        }
        if let Some(length) = self.write_key_announcement(now, buffer) {
            return Some(length);
        }
        if let Some(length) = self.write_report(now, buffer) {
            return Some(length);
        }
        (self.last_sent + KEEP_ALIVE <= now)
            .then(|| self.control_packet(now, buffer, ControlKind::KeepAlive, 0, |_| {}))
    }

    fn write_loss_report(&mut self, now: Time, buffer: &mut [u8]) -> Option<usize> {
        if self.losses.report_at()? > now {
            return None;
        }
        let interval = self.report_interval(now);
        let header = self.control_header(now, ControlKind::LossReport, 0);
        let mut writer = Writer::new(buffer.get_mut(..MAX_DATAGRAM_BYTES)?);
        header.write(&mut writer);
        self.losses.write_report(now, interval, &mut writer).then(|| writer.length())
    }

    fn write_acknowledgement(&mut self, now: Time, buffer: &mut [u8]) -> Option<usize> {
        let next = self.first_missing();
        let due = self.acknowledger.due(now, next, self.round_trip.cautious())?;
        let (number, measured) = match due {
            Due::Light => {
                self.acknowledger.send_light();
                (0, None)
            }
            Due::Full => (self.acknowledger.send_full(now, next), Some(self.measured())),
        };
        let acknowledgement = Acknowledgement { next, measured };
        let kind = ControlKind::Acknowledgement;
        Some(self.control_packet(now, buffer, kind, number, |w| acknowledgement.write(w)))
    }

    fn measured(&self) -> Measured {
        /// A peer told less might never dare to send again.
        const LEAST_ROOM: u32 = 2;
        Measured {
            rtt: self.round_trip.smoothed_micros(),
            rtt_variance: self.round_trip.variance_micros(),
            buffer_free: (self.buffer.free() as u32).max(LEAST_ROOM),
            rates: Some(self.arrivals.rates()),
        }
    }

    fn write_key_announcement(&mut self, now: Time, buffer: &mut [u8]) -> Option<usize> {
        let header = self.control_header(now, ControlKind::UserDefined(KEY_MATERIAL_REQUEST), 0);
        let retry = self.round_trip.smoothed() * 3 / 2;
        let keys = self.sending_keys.as_mut()?;
        if keys.announcement_due()? > now {
            return None;
        }
        let mut writer = Writer::new(buffer);
        header.write(&mut writer);
        keys.write_announcement(now, retry, &mut writer);
        Some(writer.length())
    }

    fn write_report(&mut self, now: Time, buffer: &mut [u8]) -> Option<usize> {
        let header = self.control_header(now, ControlKind::UserDefined(REPORT), 0);
        let mut writer = Writer::new(buffer);
        header.write(&mut writer);
        self.outbox.take_report(|report| writer.put(report)).then(|| writer.length())
    }

    /// Hands out the payload whose time has come.
    fn deliver(&mut self, now: Time, buffer: &mut [u8]) -> Option<Output> {
        while self.delivery_at()? <= now {
            let origin = self.buffer.first_origin()?;
            let taken = self.buffer.take(buffer)?;
            self.losses.forget_before(self.buffer.next());
            if let Taken::Payload(length) = taken {
                let origin = self.time_base.monotonic_origin(origin);
                return Some(Output::Payload { length, origin });
            }
        }
        None
    }

    fn delivery_at(&self) -> Option<Time> {
        let origin = self.buffer.first_origin()?;
        Some(self.time_base.delivery(origin, self.negotiated.receive_latency))
    }

    fn write_media(&mut self, now: Time, buffer: &mut [u8]) -> Option<Output> {
        if !self.sender.has_work() || self.media_at() > now {
            return None;
        }
        if let Some(length) = self.write_combination(now, buffer) {
            self.pacer.sent(now, length.into());
            self.count_sent(now, length);
            return Some(Output::Transmit { length, kind: Transmit::Repair });
        }
        let Some((length, transmission)) = self.sender.transmit(now, &self.round_trip, buffer)
        else {
            // What was wanted was given up instead: say so.
            let length = self.write_control(now, buffer)?;
            self.count_sent(now, length);
            return Some(Output::Transmit { length, kind: Transmit::Control });
        };
        self.pacer.sent(now, length.into());
        self.count_sent(now, length);
        let kind = match transmission {
            Transmission::First => Transmit::Data,
            Transmission::Again => Transmit::Retransmission,
            Transmission::Repair => Transmit::Repair,
        };
        Some(Output::Transmit { length, kind })
    }

    fn write_combination(&mut self, now: Time, buffer: &mut [u8]) -> Option<usize> {
        let header = self.control_header(now, ControlKind::UserDefined(COMBINATION), 0);
        let packet = self.sender.combination(now)?;
        let mut writer = Writer::new(buffer);
        header.write(&mut writer);
        packet.write(&mut writer);
        Some(writer.length())
    }

    /// When media may leave.
    fn media_at(&self) -> Time {
        self.pacer.next_at().max(self.media_from)
    }

    fn wake(&self) -> Output {
        let round_trip = &self.round_trip;
        let pace = self.sender.has_work().then(|| self.media_at());
        let acknowledge = self.acknowledger.full_at(self.first_missing(), round_trip.cautious());
        let announce = self.sending_keys.as_ref().and_then(SendingKeys::announcement_due);
        let reasons = [
            (pace, WakeReason::Pace),
            (self.delivery_at(), WakeReason::Deliver),
            (acknowledge, WakeReason::Acknowledge),
            (self.losses.report_at(), WakeReason::ReportLosses),
            (self.sender.copy_due(), WakeReason::Retransmit),
            (self.sender.silence_due(), WakeReason::Retransmit),
            (self.sender.postponed_due(), WakeReason::Retransmit),
            (self.sender.oldest_due(round_trip), WakeReason::Retransmit),
            (self.sender.expires_at(round_trip), WakeReason::Expire),
            (announce, WakeReason::AnnounceKey),
            (Some(self.last_heard + self.silence_timeout), WakeReason::Silence),
        ];
        let keep_alive = (self.last_sent + KEEP_ALIVE, WakeReason::KeepAlive);
        let (at, reason) = reasons
            .into_iter()
            .filter_map(|(at, reason)| Some((at?, reason)))
            .fold(keep_alive, |first, next| if next.0 < first.0 { next } else { first });
        Output::Wake { at: Some(at), reason }
    }

    fn control_header(&self, now: Time, kind: ControlKind, information: u32) -> ControlHeader {
        let timestamp = self.timestamp(now);
        ControlHeader { kind, information, timestamp, destination: self.peer_id }
    }

    fn control_packet(
        &self,
        now: Time,
        buffer: &mut [u8],
        kind: ControlKind,
        information: u32,
        body: impl FnOnce(&mut Writer<'_>),
    ) -> usize {
        let mut writer = Writer::new(buffer);
        self.control_header(now, kind, information).write(&mut writer);
        body(&mut writer);
        writer.length()
    }

    fn count_sent(&mut self, now: Time, length: usize) {
        self.last_sent = now;
        self.counts.datagrams_sent += 1;
        self.counts.bytes_sent += length.into();
    }
}
