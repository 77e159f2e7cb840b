//! Which packet filter a path needs.

use std::time::Duration;

use crate::fec::{Layout, Protection};

use super::{PacketFilter, Retransmission};

/// What a sender knows of the path to a receiver that it does not share more with than SRT.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PathLosses {
    /// The share of the packets that are lost the first time, 0 to 1.
    pub share: f64,
    /// How many packets in a row are lost on average, 1 or more.
    pub burst: f64,
    /// From one packet to the next on average.
    pub interval: Duration,
    /// Smoothed round-trip time.
    pub rtt: Duration,
    /// How long a report of a packet that was sent again and lost again takes to come.
    pub round: Duration,
    /// How long the receiver holds packets back.
    pub latency: Duration,
}

/// Retransmission alone is enough if it leaves this share lost, and is tried again beside a filter
/// only if it would leave less than a third of it.
const ENOUGH: f64 = 5e-4;
const ENOUGH_WITHOUT: f64 = ENOUGH / 3.0;

/// Columns and rows, from the fewest bytes to the most. Each is for losses up to its share; one that
/// is not full in time protects nothing.
const SHAPES: [(u8, u8, f64); 4] = [(20, 5, 0.03), (10, 5, 0.15), (5, 5, 0.3), (4, 4, 1.0)];

/// Rows alone, where there is no time for columns.
const ROWS: [u8; 2] = [10, 4];

impl PathLosses {
    /// The share of the packets that stays lost with retransmission alone: in the last round either
    /// the report is lost or, now and then, all copies of the packet.
    pub fn without_filter(&self) -> f64 {
        const FAILS: f64 = 1.2;
        let share = self.share.clamp(0.0, 1.0);
        let Some(after_first) = self.latency.checked_sub(self.rtt) else { return share };
        let more = after_first.as_secs_f64() / self.round.as_secs_f64().max(1e-3);
        share * (share * FAILS).min(1.0).powf(more.floor() + 1.0)
    }

    /// The filter to ask for: none where retransmission is enough. What is in use now stays where
    /// the difference is small.
    ///
    /// Every loss is to be reported (`arq:always`), because the sender knows best what the filter
    /// will not bring back.
    pub fn choose(&self, current: Option<PacketFilter>) -> Option<PacketFilter> {
        let enough = if current.is_some() { ENOUGH_WITHOUT } else { ENOUGH };
        if self.without_filter() < enough {
            return None;
        }
        // The last repair packet of a shape has to arrive in time for the first of its packets.
        let packets = self.latency.as_secs_f64() / self.interval.as_secs_f64().max(1e-6);
        let is_full = |columns: u8, rows: u8| f64::from(columns) * f64::from(rows) <= packets;
        if let Some(current) = current
            && let (Some(columns), Some(Protection::RowsAndColumns(rows))) =
                (current.columns, current.protection)
            && is_full(columns, rows)
            && self.share <= limit(columns) * 1.5
            && self.share >= limit_below(columns) / 1.5
        {
            return Some(current);
        }
        let fits = |(columns, rows, up_to): &&(u8, u8, f64)| {
            is_full(*columns, *rows) && self.share <= *up_to && self.burst <= f64::from(*columns)
        };
        let both = SHAPES
            .iter()
            .find(fits)
            .map(|(columns, rows, _)| filter(*columns, Protection::RowsAndColumns(*rows)));
        let rows = || {
            let columns = ROWS.into_iter().find(|columns| is_full(*columns, 1));
            columns.map(|columns| filter(columns, Protection::Rows))
        };
        both.or_else(rows)
    }
}

/// Up to which share the shape with so many columns serves.
fn limit(columns: u8) -> f64 {
    SHAPES.iter().find(|shape| shape.0 == columns).map_or(0.0, |shape| shape.2)
}

/// From which share on.
fn limit_below(columns: u8) -> f64 {
    SHAPES.iter().rfind(|shape| shape.0 > columns).map_or(0.0, |shape| shape.2)
}

fn filter(columns: u8, protection: Protection) -> PacketFilter {
    PacketFilter {
        columns: Some(columns),
        protection: Some(protection),
        layout: Some(Layout::Staircase),
        retransmission: Some(Retransmission::Always),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2.5 Mb/s of full packets.
    fn path(share: f64, rtt: u64, latency: u64) -> PathLosses {
        let rtt = Duration::from_millis(rtt);
        PathLosses {
            share,
            burst: 3.0,
            interval: Duration::from_micros(4_200),
            rtt,
            round: rtt + (rtt / 2).max(Duration::from_millis(20)),
            latency: Duration::from_millis(latency),
        }
    }

    fn chosen(path: &PathLosses) -> Option<String> {
        path.choose(None).map(|filter| filter.to_string())
    }

    #[test]
    fn nothing_is_chosen_where_retransmission_is_enough() {
        assert_eq!(chosen(&path(0.0, 100, 120)), None, "nothing is lost");
        assert_eq!(chosen(&path(0.05, 40, 250)), None, "there is time for four rounds");
        assert_eq!(chosen(&path(0.01, 100, 200)), None, "one loss in a hundred is repaired");
    }

    #[test]
    fn the_shape_is_full_within_the_latency() {
        for (latency, shape) in [
            (15, None),
            (60, Some("fec,cols:10,rows:1")),
            (90, Some("fec,cols:4,rows:4")),
            (120, Some("fec,cols:5,rows:5")),
            (300, Some("fec,cols:10,rows:5")),
        ] {
            let rtt = latency * 5 / 6;
            let filter = chosen(&path(0.1, rtt, latency));
            let expected = shape.map(|shape| format!("{shape},layout:staircase,arq:always"));
            assert_eq!(filter.as_deref(), expected.as_deref(), "{latency} ms");
        }
    }

    #[test]
    fn more_losses_get_more_repair_and_a_little_more_change_nothing() {
        let shape = |share| path(share, 400, 600).choose(None).unwrap();
        assert_eq!(shape(0.025).columns, Some(20));
        assert_eq!(shape(0.1).columns, Some(10));
        assert_eq!(shape(0.2).columns, Some(5));
        for (now, before) in [(0.025, 0.1), (0.035, 0.025), (0.2, 0.1)] {
            let current = shape(before);
            assert_eq!(path(now, 400, 600).choose(Some(current)), Some(current), "{now}");
        }
        let calm = path(0.001, 400, 600);
        assert_eq!(calm.choose(Some(shape(0.1))), None);
    }
}
