//! What comes of all cellular networks together, recorded and invented ones: everybody's totals,
//! and Golive's beside them.

use std::fmt::Write as _;
use std::time::Duration;

use golive_tests::simulation::Scenario;

use crate::{Row, Who};

/// 95 in a hundred frames of a good broadcast take no longer.
pub(crate) const GOOD_DELAY: Duration = Duration::from_millis(250);

/// Above the totals.
pub(crate) const HEAD: &str = "\n## Totals\n\n\
    *Score* is the share of the oracle's bits less the late slots beyond the oracle's as a share of\n\
    its slots on time. The last two columns compare Golive with each: its bits on time as a multiple,\n\
    and its late slots beyond the oracle's as a share. What is aimed at beside the peer with the best\n\
    score: 1.3 times the bits and more, half of the late slots and fewer.\n";

/// Everybody's totals over some networks, in the order of the rows.
pub(crate) struct Summary {
    title: &'static str,
    networks: u64,
    oracle: Total,
    totals: Vec<Total>,
}

#[derive(Default)]
struct Total {
    name: String,
    who: Option<Who>,
    bits: u64,
    late: u64,
    on_time_slots: u64,
    /// Networks on which 95 frames in a hundred took no longer than [`GOOD_DELAY`].
    quick: u64,
    /// Networks on which this peer has both more bits and fewer late slots than Golive.
    dominates: Vec<String>,
}

impl Summary {
    /// Of no network yet.
    pub(crate) fn new(title: &'static str) -> Self {
        Self { title, networks: 0, oracle: Total::default(), totals: Vec::new() }
    }

    /// What came of one network.
    pub(crate) fn add(&mut self, scenario: &Scenario, rows: &[Row]) {
        let oracle = scenario.oracle();
        self.networks += 1;
        self.oracle.add(&oracle);
        let golive = rows.iter().find(|row| row.who == Who::Golive);
        self.totals.resize_with(rows.len(), Total::default);
        for (total, row) in self.totals.iter_mut().zip(rows) {
            total.name.clone_from(&row.name);
            total.who = Some(row.who);
            total.add(&row.score);
            total.quick += u64::from(row.delay(scenario, 95) <= GOOD_DELAY);
            if row.who == Who::Peer && golive.is_some_and(|golive| row.dominates(golive)) {
                total.dominates.push(scenario.name.clone());
            }
        }
    }

    /// As Markdown; nothing, if there was no network.
    pub(crate) fn table(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, text: &mut String) -> std::fmt::Result {
        let golive = self.totals.iter().find(|total| total.who == Some(Who::Golive));
        let Some(golive) = golive else { return Ok(()) };
        writeln!(text, "\n### {}, {}\n", self.title, self.networks)?;
        writeln!(
            text,
            "| | on time, of the oracle's bits | of its slots | late slots beyond the oracle's {} \
             | score | p95 of {} ms or less | Golive's bits | Golive's late slots |",
            self.oracle.late,
            GOOD_DELAY.as_millis()
        )?;
        writeln!(text, "|---|---|---|---|---|---|---|---|")?;
        for total in &self.totals {
            write!(
                text,
                "| {} | {:.1} % | {:.2} % | {} | {:.3} | {} of {} | ",
                total.name,
                share(total.bits, self.oracle.bits) * 100.0,
                share(total.on_time_slots, self.oracle.on_time_slots) * 100.0,
                self.beyond(total),
                self.score(total),
                total.quick,
                self.networks,
            )?;
            if total.who == Some(Who::Peer) {
                let late = self.late_share(golive, total);
                let late = late.map_or("–".to_owned(), |late| format!("{late:.2}"));
                writeln!(text, "{:.2} x | {late} |", share(golive.bits, total.bits))?;
            } else {
                writeln!(text, "| |")?;
            }
        }
        self.write_verdict(text, golive)
    }

    fn write_verdict(&self, text: &mut String, golive: &Total) -> std::fmt::Result {
        let peers = || self.totals.iter().filter(|total| total.who == Some(Who::Peer));
        let best = peers().max_by(|one, other| self.score(one).total_cmp(&self.score(other)));
        let Some(best) = best else { return Ok(()) };
        writeln!(
            text,
            "\nThe best score of the others is {}'s. Beside it Golive has {:.2} times the bits on \
             time, and {} late slots beyond the oracle's where it has {}.",
            best.name,
            share(golive.bits, best.bits),
            self.beyond(golive),
            self.beyond(best)
        )?;
        let dominated: Vec<String> = peers()
            .filter(|peer| !peer.dominates.is_empty())
            .map(|peer| format!("{} on {}", peer.name, peer.dominates.join(", ")))
            .collect();
        if dominated.is_empty() {
            writeln!(text, "On no network has anybody both more bits and fewer late slots.")
        } else {
            let dominated = dominated.join("; ");
            writeln!(text, "Both more bits and fewer late slots than Golive: {dominated}.")
        }
    }

    /// Late slots that the oracle does not have: below zero if it has more.
    fn beyond(&self, total: &Total) -> i64 {
        total.late as i64 - self.oracle.late as i64
    }

    fn score(&self, total: &Total) -> f64 {
        let late = self.beyond(total) as f64 / self.oracle.on_time_slots.max(1) as f64;
        share(total.bits, self.oracle.bits) - late
    }

    /// One's late slots beyond the oracle's as a share of the other's; none, if that has none.
    fn late_share(&self, one: &Total, other: &Total) -> Option<f64> {
        let beyond = self.beyond(other);
        (beyond > 0).then(|| self.beyond(one) as f64 / beyond as f64)
    }
}

impl Total {
    fn add(&mut self, score: &golive_tests::simulation::Score) {
        self.bits += score.on_time_bits;
        self.late += score.late_slots;
        self.on_time_slots += score.slots - score.late_slots;
    }
}

fn share(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}
