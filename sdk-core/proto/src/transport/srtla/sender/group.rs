//! How links become a group: who asks, and what is answered.
//!
//! One link asks for a group (REG1); if nobody answers, the next one does. Once the group's id is
//! known, every link joins it by itself (REG2), and is let in by REG3.

use std::time::Duration;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::Rng;

use super::super::wire::{self, GroupId, HALF_BYTES, ID_BYTES};
use super::link::{Link, LinkState};
use crate::units::Time;

/// The group, as far as it is known.
#[derive(Debug)]
pub(super) struct Group {
    id: GroupId,
    known: bool,
    next_request: Time,
    /// Counts requests, so that links take turns.
    requests: usize,
}

/// A request, or a link's joining, is repeated after this long at first.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// And after this long at most.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// How long a link that asks for the group is waited for: a receiver makes a group for each that
/// asks, and may not let one that has made its own into another.
const TURN: Duration = Duration::from_millis(500);
/// A receiver that has no room is asked again after this long.
const FAILED_PAUSE: Duration = Duration::from_secs(1);
/// A link that is silent shows the receiver that it belongs to the group, in case it forgot.
const REJOIN_INTERVAL: Duration = Duration::from_secs(2);

impl Group {
    pub(super) fn new(now: Time, dice: &mut ChaCha20Rng) -> Self {
        let mut id = [0; ID_BYTES];
        dice.fill_bytes(&mut id);
        Self { id, known: false, next_request: now, requests: 0 }
    }

    /// What a link has to say to the receiver now, if anything, written to `buffer`: which link,
    /// and how long it is.
    pub(super) fn poll(
        &mut self,
        now: Time,
        links: &mut [Link],
        buffer: &mut [u8],
    ) -> Option<(usize, usize)> {
        if !self.known {
            return self.request(now, links, buffer);
        }
        let asks = |link: &Link| match link.state {
            LinkState::Joining | LinkState::Silent => link.next_try <= now,
            _ => false,
        };
        let index = links.iter().position(asks)?;
        let link = links.get_mut(index)?;
        link.tries += 1;
        link.next_try = now
            + match link.state {
                LinkState::Silent => REJOIN_INTERVAL,
                _ => pause(link.tries),
            };
        Some((index, wire::write_register_link(buffer, &self.id)))
    }

    fn request(&mut self, now: Time, links: &[Link], buffer: &mut [u8]) -> Option<(usize, usize)> {
        let joins = |link: &Link| link.state == LinkState::Joining;
        let joining = links.iter().filter(|link| joins(link)).count();
        if self.next_request > now || joining == 0 {
            return None;
        }
        let turn = self.requests % joining;
        let (index, _) = links.iter().enumerate().filter(|(_, link)| joins(link)).nth(turn)?;
        self.requests = self.requests.wrapping_add(1);
        let round = u32::try_from(self.requests.div_ceil(joining)).unwrap_or(u32::MAX);
        self.next_request = now + pause(round).max(TURN);
        Some((index, wire::write_register_group(buffer, &self.id)))
    }

    /// When [`Group::poll`] has something to say next.
    pub(super) fn due(&self, links: &[Link]) -> Option<Time> {
        if !self.known {
            let joining = links.iter().any(|link| link.state == LinkState::Joining);
            return joining.then_some(self.next_request);
        }
        let tries = |link: &Link| match link.state {
            LinkState::Joining | LinkState::Silent => Some(link.next_try),
            _ => None,
        };
        links.iter().filter_map(tries).min()
    }

    /// The receiver made a group. Its first half is what was asked for.
    pub(super) fn made(&mut self, now: Time, id: &GroupId, links: &mut [Link]) {
        if self.known || id.get(..HALF_BYTES) != self.id.get(..HALF_BYTES) {
            return;
        }
        self.id = *id;
        self.known = true;
        for link in links {
            (link.tries, link.next_try) = (0, now);
        }
    }

    /// The receiver has no room at the moment.
    pub(super) fn failed(&mut self, now: Time, link: &mut Link) {
        self.next_request = self.next_request.max(now + FAILED_PAUSE);
        link.next_try = link.next_try.max(now + FAILED_PAUSE);
    }

    /// The receiver does not know the group. `links` says whether any is still in it: then it is a
    /// late answer to an early request.
    pub(super) fn forgotten(&mut self, now: Time, dice: &mut ChaCha20Rng) {
        let requests = self.requests;
        *self = Self { requests, next_request: now + FIRST_PAUSE, ..Self::new(now, dice) };
    }
}

fn pause(tries: u32) -> Duration {
    let doublings = tries.saturating_sub(1).min(3);
    (FIRST_PAUSE * 2_u32.pow(doublings)).min(LONGEST_PAUSE)
}
