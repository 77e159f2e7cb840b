//! How long the ways are that media takes, for whoever judges how late it is.

use std::time::Duration;

use super::link::{Link, LinkState};
use crate::transport::Ways;
use crate::units::Time;

/// Differences smaller than this are not worth telling.
const WORTH_TELLING: Duration = Duration::from_millis(3);

/// What these links are like; nothing before one has been measured.
pub(super) fn ways(now: Time, links: &[Link]) -> Option<Ways> {
    let live = links.iter().filter(|link| link.state == LinkState::Live);
    let measured = live.filter(|link| link.path.round_trip().is_some());
    let shortest = measured.map(|link| link.path.shortest_round_trip()).min()?;
    let used = links.iter().filter(|link| link.is_in_use(now));
    let longest = used.map(|link| {
        let guess = (link.path.shortest_round_trip() + shortest) / 2;
        link.path.shortest_to_acknowledgement().unwrap_or(guess)
    });
    let longest = longest.max();
    Some(Ways { shortest, longest: longest.unwrap_or(shortest).max(shortest) })
}

/// Whether two are different enough.
pub(super) fn differ(a: Ways, b: Ways) -> bool {
    let apart = |a: Duration, b: Duration| a.abs_diff(b) >= WORTH_TELLING;
    apart(a.shortest, b.shortest) || apart(a.longest, b.longest)
}

#[cfg(test)]
mod tests {
    use super::super::link::{LinkId, LinkOptions};
    use super::*;

    fn link(number: u32, round_trip: u64) -> Link {
        let mut link = Link::new(Time::ZERO, LinkId::new(number), LinkOptions::default());
        link.enter(Time::ZERO, LinkState::Live);
        let probe = link.sent(Time::ZERO, 10);
        link.answered(Time::from_millis(round_trip), &probe);
        link
    }

    #[test]
    fn a_way_counts_while_it_carries_media() {
        let mut links = [link(1, 40), link(2, 120)];
        let told = |links: &[Link], now| {
            let ways = ways(now, links).unwrap();
            [ways.shortest, ways.longest].map(|way| way.as_millis())
        };
        let now = Time::from_millis(1_000);
        assert_eq!(told(&links, now), [40, 40]);
        links[0].sent_media(now, 1_332);
        assert_eq!(told(&links, now), [40, 40]);
        links[1].sent_media(now, 1_332);
        // Until it is measured: there on the longer one, and back on the shorter.
        assert_eq!(told(&links, now), [40, 80]);
        assert_eq!(told(&links, now + Duration::from_secs(1)), [40, 40]);
        links[1].sent_media(now, 1_332);
        links[1].enter(now, LinkState::Silent);
        assert_eq!(told(&links, now), [40, 40]);
    }
}
