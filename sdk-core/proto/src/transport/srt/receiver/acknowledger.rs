//! When the peer is told what has arrived (section 4.8.1).

use std::collections::VecDeque;
use std::time::Duration;

use crate::units::Time;

use super::super::number::SequenceNumber;

/// From one full acknowledgement to the next.
const INTERVAL: Duration = Duration::from_millis(10);

/// Packets after which a light one is sent in between.
const LIGHT_EVERY: u32 = 64;

/// Acknowledgements that may wait for their own acknowledgement.
const WINDOW: usize = 512;

/// Which acknowledgement is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// With everything measured, and a number by which the peer acknowledges it.
    Full,
    /// The number of the next packet, no more.
    Light,
}

/// See the module.
pub(crate) struct Acknowledger {
    number: u32,
    sent_at: Time,
    /// What the last full acknowledgement said.
    said: Option<SequenceNumber>,
    /// What the peer has confirmed to know.
    confirmed: Option<SequenceNumber>,
    packets: u32,
    light: u32,
    window: VecDeque<Sent>,
}

struct Sent {
    number: u32,
    next: SequenceNumber,
    at: Time,
}

impl Acknowledger {
    pub(crate) fn new(now: Time, next: SequenceNumber) -> Self {
        Self {
            number: 0,
            sent_at: now,
            said: None,
            // What the handshake agreed on needs no acknowledgement.
            confirmed: Some(next),
            packets: 0,
            light: 0,
            window: VecDeque::with_capacity(WINDOW),
        }
    }

    /// A packet arrived for the first time.
    pub(crate) fn note_packet(&mut self) {
        self.packets = self.packets.saturating_add(1);
    }

    /// What is due now, `next` being the first packet that has not arrived.
    pub(crate) fn due(
        &self,
        now: Time,
        next: SequenceNumber,
        cautious_round_trip: Duration,
    ) -> Option<Due> {
        let full = self.full_at(next, cautious_round_trip)?;
        if full <= now {
            return Some(Due::Full);
        }
        (self.packets >= LIGHT_EVERY.saturating_mul(self.light + 1)).then_some(Due::Light)
    }

    /// When a full acknowledgement is due; never, if the peer knows all there is to know.
    pub(crate) fn full_at(
        &self,
        next: SequenceNumber,
        cautious_round_trip: Duration,
    ) -> Option<Time> {
        if self.confirmed == Some(next) {
            return None;
        }
        // The same is said again only when it, or its confirmation, seems lost.
        let again = self.said == Some(next);
        Some(self.sent_at + if again { cautious_round_trip.max(INTERVAL) } else { INTERVAL })
    }

    /// A full acknowledgement leaves; its number.
    pub(crate) fn send_full(&mut self, now: Time, next: SequenceNumber) -> u32 {
        self.number = match self.number.wrapping_add(1) & 0x7FFF_FFFF {
            0 => 1,
            number => number,
        };
        if self.window.len() == WINDOW {
            self.window.pop_front();
        }
        self.window.push_back(Sent { number: self.number, next, at: now });
        (self.sent_at, self.said) = (now, Some(next));
        (self.packets, self.light) = (0, 0);
        self.number
    }

    /// A light acknowledgement leaves.
    pub(crate) fn send_light(&mut self) {
        self.light += 1;
    }

    /// The peer acknowledges the acknowledgement of this number; the round trip, if it is known.
    pub(crate) fn confirm(&mut self, now: Time, number: u32) -> Option<Duration> {
        let index = self.window.iter().position(|sent| sent.number == number)?;
        let sent = self.window.drain(..=index).next_back()?;
        self.confirmed = Some(sent.next);
        Some(now.since(sent.at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RTT: Duration = Duration::from_millis(50);

    fn number(value: u32) -> SequenceNumber {
        SequenceNumber::new(value)
    }

    #[test]
    fn a_full_acknowledgement_goes_every_ten_milliseconds_and_times_the_round_trip() {
        let mut acknowledger = Acknowledger::new(Time::ZERO, number(0));
        assert_eq!(acknowledger.full_at(number(0), RTT), None);
        assert_eq!(acknowledger.due(Time::from_millis(9), number(3), RTT), None);
        let ten = Time::from_millis(10);
        assert_eq!(acknowledger.due(ten, number(3), RTT), Some(Due::Full));
        assert_eq!(acknowledger.send_full(ten, number(3)), 1);
        assert_eq!(acknowledger.full_at(number(3), RTT), Some(ten + RTT));
        let round_trip = acknowledger.confirm(Time::from_millis(52), 1);
        assert_eq!(round_trip, Some(Duration::from_millis(42)));
        assert_eq!(acknowledger.full_at(number(3), RTT), None);
        assert_eq!(acknowledger.confirm(Time::from_millis(53), 1), None);
    }

    #[test]
    fn a_light_one_goes_every_64_packets_in_between() {
        let mut acknowledger = Acknowledger::new(Time::ZERO, number(0));
        let mut light = 0;
        for packet in 1..=200 {
            acknowledger.note_packet();
            if acknowledger.due(Time::ZERO, number(packet), RTT) == Some(Due::Light) {
                acknowledger.send_light();
                light += 1;
            }
        }
        assert_eq!(light, 3);
    }
}
