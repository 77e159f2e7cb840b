//! Repair that is sent ahead of any report, to a peer that understands combinations.
//!
//! Each combination is of all packets that may still arrive in time: whichever the peer has lost,
//! any so many combinations bring so many back. How many are sent is planned from what is lost,
//! how it is clustered, and how many rounds of report and retransmission there is time for; what a
//! report names is sent again only as far as combinations will probably not bring it back.

use std::time::Duration;

use crate::fec::Combination;
use crate::transport::Priority;
use crate::units::Time;

use super::super::filter::{CombinationPacket, source_of};
use super::super::round_trip::RoundTrip;
use super::plan::{Bursts, LossShare};
use super::retransmit::is_congested;
use super::{HEADER_BYTES, Sender, Wanted};

/// Longer payloads would not fit into a datagram once they are combined.
const MAX_COMBINED_PAYLOAD: usize = 1_440;

/// Packets that a combination is of, at most: adding up more of them costs more time than it saves
/// bytes.
const WINDOW: usize = 128;

/// More combinations for each packet would serve a link that is of no use.
const LARGEST_SHARE: f64 = 0.29;

/// The same before anything is known of the losses.
const FIRST_SHARE: f64 = 0.25;

/// Retransmission alone is enough where it leaves no more than this lost.
const NEGLIGIBLE: f64 = 5e-4;

/// How many standard deviations beyond the mean loss are prepared for: with time for one round of
/// report and retransmission, and with time for more.
const PREPARED_ONE_ROUND: f64 = 1.8;
const PREPARED_MORE: f64 = 1.0;

/// The same for what a report names: what combinations bring back unless losses are worse than
/// that is not sent again.
const TRUSTED: f64 = 1.5;

/// Combinations that may be owed, after a time in which none could be sent.
const MOST_OWED: f64 = 4.0;

/// What is known of the combinations of one connection.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    owed: f64,
    seed: u16,
    combination: Combination,
}

impl Ahead {
    fn is_due(&self) -> bool {
        self.owed >= 1.0
    }
}

/// Combinations to send for each packet, with time for so many rounds of report and
/// retransmission until the deadline, which is `latency` away.
fn share(latency: Duration, rounds: f64, losses: LossShare, bursts: Bursts) -> f64 {
    let Some(interval) = losses.interval() else { return FIRST_SHARE };
    let loss = losses.share();
    // A round fails if its report or its retransmission is lost.
    if loss == 0.0 || losses.is_high() || (2.0 * loss).powf(rounds) < NEGLIGIBLE {
        return 0.0;
    }
    let packets = latency.as_secs_f64() / interval.as_secs_f64().max(1e-6);
    let packets = packets.clamp(1.0, WINDOW as f64);
    let prepared = if rounds < 2.0 { PREPARED_ONE_ROUND } else { PREPARED_MORE };
    let lost = packets * loss + prepared * deviation(packets * (1.0 + LARGEST_SHARE), loss, bursts);
    (lost / (1.0 - loss) / packets).min(LARGEST_SHARE)
}

/// The standard deviation of how many of `packets` are lost. Losses in bursts vary more than losses
/// on their own, by about their mean length twice less one.
fn deviation(packets: f64, loss: f64, bursts: Bursts) -> f64 {
    (packets * loss * (1.0 - loss) * (2.0 * bursts.packets() - 1.0)).sqrt()
}

impl Sender {
    /// A packet left for the first time: combinations are owed for it.
    pub(super) fn earn_ahead(&mut self, round_trip: &RoundTrip) {
        let rounds = self.terms.latency.as_secs_f64() / self.round(round_trip).as_secs_f64();
        let Some(ahead) = &mut self.ahead else { return };
        if !is_congested(round_trip) {
            let share = share(self.terms.latency, rounds, self.share, self.bursts);
            ahead.owed = (ahead.owed + share).min(MOST_OWED);
        }
    }

    /// Decides what of a report is sent again: what combinations will probably not bring back.
    pub(crate) fn resolve_report(&mut self, now: Time, round_trip: &RoundTrip) {
        self.resolve_beside(now, round_trip);
        if self.ahead.is_none() {
            return;
        }
        let crossing = round_trip.smoothed() + round_trip.variance();
        let latency = self.terms.latency;
        let is_of_use = |entry: &super::Entry| {
            let crossed = entry.retransmissions > 0 && now < entry.last_sent + crossing;
            entry.missing && !crossed && now < entry.origin + latency
        };
        let mut missing = 0;
        let (mut oldest, mut newest) = (None, 0);
        for (index, entry) in self.ring.iter_mut().enumerate().take(self.sent) {
            entry.missing = is_of_use(entry);
            if entry.missing {
                missing += 1;
                oldest = oldest.or(Some((index, entry.repairs_before)));
                newest = index;
            }
        }
        let Some((oldest, repairs_before)) = oldest else { return };
        let loss = self.share.share();
        // All that was sent since the oldest helps; what of it is lost is not known yet.
        let repairs = (self.counts.repairs - repairs_before) as f64;
        let unreported = (self.sent - newest) as f64;
        let uncertain = TRUSTED * deviation(unreported + repairs, loss, self.bursts);
        let wanted = f64::from(missing) + unreported * loss + uncertain;
        let mut again = (wanted - repairs * (1.0 - loss)).ceil().max(0.0) as usize;
        // What much depends on does not wait for combinations.
        for urgent in [true, false] {
            for index in oldest..=newest {
                let Some(entry) = self.ring.get_mut(index) else { break };
                let is_urgent = entry.priority == Priority::High;
                if again > 0 && is_urgent == urgent && std::mem::take(&mut entry.missing) {
                    again -= 1;
                    entry.report_answered = now;
                    self.want(index, Wanted::Lost);
                }
            }
        }
        for entry in self.ring.range_mut(oldest..=newest) {
            // What combinations bring back is under way as well.
            if std::mem::take(&mut entry.missing) && entry.report_answered == Time::ZERO {
                entry.report_answered = now;
            }
        }
    }

    /// Whether a combination is owed, and there is room for it.
    pub(super) fn is_combination_due(&self) -> bool {
        self.copies_allowed && self.ahead.as_ref().is_some_and(Ahead::is_due)
    }

    /// The combination that is due, if nothing is to be sent again before it.
    pub(crate) fn combination(&mut self, now: Time) -> Option<CombinationPacket<'_>> {
        if self.wanted > 0 || !self.is_combination_due() {
            return None;
        }
        let ahead = self.ahead.as_mut()?;
        ahead.owed -= 1.0;
        let newest = self.sent;
        let late = self.ring.partition_point(|entry| entry.origin + self.terms.latency <= now);
        let first = newest.saturating_sub(WINDOW).max(late).min(newest);
        // What was skipped has no bytes any more, nor has what is too long.
        let unfit = |entry: &super::Entry| {
            entry.length <= HEADER_BYTES || entry.length > HEADER_BYTES + MAX_COMBINED_PAYLOAD
        };
        let skipped = self.ring.range(first..newest).rposition(unfit);
        let first = skipped.map_or(first, |index| first + index + 1);
        if first == newest {
            // All has arrived, is too late or cannot be combined: nothing is owed any more.
            ahead.owed = 0.0;
            return None;
        }
        ahead.seed = ahead.seed.wrapping_add(1);
        ahead.combination.begin(self.gone + first as u64, ahead.seed);
        for entry in self.ring.range(first..newest) {
            let datagram = self.pool.get(&entry.slot).get(..entry.length).unwrap_or_default();
            ahead.combination.add(&source_of(datagram)?);
        }
        self.counts.repairs += 1;
        self.counts.bytes_repair += ahead.combination.bytes().len().into();
        Some(CombinationPacket {
            first: self.first.plus(first as u32),
            count: ahead.combination.count,
            seed: ahead.seed,
            bytes: ahead.combination.bytes(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::plan::LossShare;
    use super::*;

    const LATENCY: Duration = Duration::from_millis(200);

    /// After five seconds of 5 Mb/s of which so much is lost.
    fn losses(loss: f64) -> LossShare {
        let mut losses = LossShare::default();
        for number in 0..2_400u64 {
            losses.sent(Time::from_micros(number * 2_100));
            let before = (number as f64 * loss) as u64;
            if before != ((number + 1) as f64 * loss) as u64 {
                losses.lost();
            }
        }
        losses
    }

    fn bursts(packets: usize) -> Bursts {
        let mut bursts = Bursts::default();
        (0..100).for_each(|_| bursts.note(Duration::ZERO, packets));
        bursts
    }

    fn planned(loss: f64, rounds: f64, burst: usize) -> f64 {
        share(LATENCY, rounds, losses(loss), bursts(burst))
    }

    #[test]
    fn nothing_is_sent_ahead_where_nothing_is_lost_or_reports_suffice() {
        assert_eq!(planned(0.0, 1.0, 1), 0.0);
        assert_eq!(planned(0.05, 6.0, 3), 0.0);
        assert_eq!(planned(0.6, 1.0, 3), 0.0, "a link that is full, not bad");
    }

    #[test]
    fn more_is_sent_ahead_for_more_losses_longer_bursts_and_less_time() {
        let single = planned(0.05, 1.0, 1);
        assert!((0.1..0.2).contains(&single), "{single}");
        assert!(planned(0.1, 1.0, 1) > single);
        assert!(planned(0.05, 1.0, 3) > single);
        assert!(planned(0.05, 2.5, 1) < single);
        assert_eq!(planned(0.25, 1.0, 6), LARGEST_SHARE);
    }

    #[test]
    fn before_losses_are_known_a_little_is_sent_ahead() {
        assert_eq!(share(LATENCY, 1.0, LossShare::default(), Bursts::default()), FIRST_SHARE);
    }
}
