//! Which link a datagram takes.
//!
//! The public algorithm gives a packet to the link with the largest window over packets in flight.
//! Here a link is scored by what a packet would meet on it: the time that it stands in the queue,
//! the way, and what a loss would cost. Links with room are filled from the best one on; once
//! all have a queue, the shortest queue is next, so that they grow alike and the capacities add.

use std::time::Duration;

use super::link::LinkId;
use crate::transport::Priority;

/// What is known of a link when a datagram is to leave.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) link: LinkId,
    /// How long it would stand in the link's queue.
    pub(super) queue: Duration,
    /// How long the empty link takes there and back.
    pub(super) round_trip: Duration,
    /// A queue shorter than this is jitter.
    pub(super) jitter: Duration,
    /// The share of packets that is lost.
    pub(super) loss: f64,
    /// Whether it costs money.
    pub(super) metered: bool,
}

/// A queue of this share of the latency is room all the same, and spares a packet the worse link.
const ROOM_SHARE: u32 = 16;
const LEAST_ROOM: Duration = Duration::from_millis(8);
const MOST_ROOM: Duration = Duration::from_millis(20);
/// A link that costs money is used when the others' queues are longer than this share.
const METERED_SHARE: u32 = 8;
/// A way that takes so much of the latency more than the shortest one leaves no time to repair.
const DETOUR_SHARE: u32 = 2;
/// What the loss of a packet of a key frame costs, as a multiple of the latency.
const KEYFRAME_COST: f64 = 4.0;

/// The best link, and nothing if there is none. `latency` is how much time packets have.
pub(super) fn choose(
    candidates: impl Iterator<Item = Candidate> + Clone,
    priority: Priority,
    latency: Duration,
) -> Option<LinkId> {
    let patience = (latency / METERED_SHARE).max(MOST_ROOM);
    let suffice = candidates.clone().any(|link| !link.metered && link.queue <= patience);
    let allowed = candidates.filter(|link| !suffice || !link.metered);
    let shortest = allowed.clone().map(|link| link.round_trip).min()?;
    let in_time = |link: &Candidate| link.round_trip <= shortest + latency / DETOUR_SHARE;
    let room = (latency / ROOM_SHARE).clamp(LEAST_ROOM, MOST_ROOM);
    let cost = |link: &Candidate| cost(link, priority, latency, room);
    allowed.filter(in_time).min_by(|a, b| cost(a).total_cmp(&cost(b))).map(|link| link.link)
}

/// What a packet would meet, in seconds.
fn cost(link: &Candidate, priority: Priority, latency: Duration, room: Duration) -> f64 {
    let way = link.round_trip.as_secs_f64() / 2.0;
    let repair = match priority {
        Priority::Low | Priority::Ordinary => link.round_trip.as_secs_f64(),
        Priority::High => latency.as_secs_f64() * KEYFRAME_COST,
    };
    let loss = link.loss * repair;
    let full = link.queue > room + link.jitter;
    match priority {
        // A whole detour is better than a queue: it does not grow.
        Priority::Low | Priority::Ordinary if full => {
            latency.as_secs_f64() + link.queue.as_secs_f64() + loss
        }
        Priority::Low | Priority::Ordinary => way + loss,
        Priority::High => way + link.queue.as_secs_f64() + loss,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LATENCY: Duration = Duration::from_millis(250);

    fn link(number: u32, round_trip: u64, queue: u64) -> Candidate {
        Candidate {
            link: LinkId::new(number),
            queue: Duration::from_millis(queue),
            round_trip: Duration::from_millis(round_trip),
            jitter: Duration::ZERO,
            loss: 0.0,
            metered: false,
        }
    }

    fn chosen(candidates: &[Candidate], priority: Priority) -> u32 {
        choose(candidates.iter().copied(), priority, LATENCY).unwrap().as_u32()
    }

    #[test]
    fn the_shorter_way_is_filled_first_and_then_the_other() {
        assert_eq!(chosen(&[link(1, 40, 10), link(2, 100, 0)], Priority::Ordinary), 1);
        assert_eq!(chosen(&[link(1, 40, 30), link(2, 100, 0)], Priority::Ordinary), 2);
    }

    #[test]
    fn full_links_are_filled_evenly_however_long_their_ways() {
        assert_eq!(chosen(&[link(1, 40, 60), link(2, 100, 50)], Priority::Ordinary), 2);
        assert_eq!(chosen(&[link(1, 40, 50), link(2, 100, 60)], Priority::Ordinary), 1);
    }

    #[test]
    fn a_key_frame_waits_a_little_for_the_link_that_loses_less() {
        let lossy = Candidate { loss: 0.05, ..link(1, 30, 0) };
        let clean = link(2, 40, 30);
        assert_eq!(chosen(&[lossy, clean], Priority::Ordinary), 1);
        assert_eq!(chosen(&[lossy, clean], Priority::High), 2);
        let busy = link(2, 40, 90);
        assert_eq!(chosen(&[lossy, busy], Priority::High), 1, "but not too long");
    }

    #[test]
    fn what_costs_money_is_used_when_the_rest_does_not_suffice() {
        let metered = Candidate { metered: true, ..link(2, 20, 0) };
        assert_eq!(chosen(&[link(1, 80, 25), metered], Priority::Ordinary), 1);
        assert_eq!(chosen(&[link(1, 80, 60), metered], Priority::Ordinary), 2);
        assert_eq!(chosen(&[metered], Priority::Ordinary), 2);
    }

    #[test]
    fn a_way_that_is_too_long_for_the_latency_is_left_alone() {
        assert_eq!(chosen(&[link(1, 40, 100), link(2, 400, 0)], Priority::Ordinary), 1);
        assert_eq!(chosen(&[link(2, 400, 0)], Priority::Ordinary), 2);
    }
}
