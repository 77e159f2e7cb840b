//! The tables, as Markdown.

use std::fmt::Write as _;

use golive_proto::units::{Bitrate, Time};
use golive_tests::simulation::{Received, Scenario, Score};

use crate::summary::GOOD_DELAY;
use crate::{Row, Who};

/// Above all tables.
pub(crate) const HEAD: &str = "# Golive beside others, network by network\n\n\
    Written by `cargo xtask bench network -- FOLDER`; [network-measured.md](../network-measured.md) tells what is\n\
    measured and how. *Used* is what arrived of what the link could carry, too late or not;\n\
    *spread* how far the rate of single seconds lies from its mean, as a share of that (a standard\n\
    deviation). *Delay* is from capture until the last packet of a frame is at the ingest, which\n\
    holds it back up to its latency: of all frames that arrive, too late or not.\n";

/// The table of one scenario, below its plot.
pub(crate) fn table(scenario: &Scenario, rows: &[Row]) -> String {
    let oracle = scenario.oracle();
    let (name, trace) = (&scenario.name, scenario.trace());
    let mut text = format!("\n## {name}\n\n![{name}]({name}.svg)\n\n");
    let seconds = scenario.length.as_secs();
    let mut line = |line: std::fmt::Arguments<'_>| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{line}");
    };
    line(format_args!("{} on average, {seconds} s\n", trace.mean()));
    line(format_args!(
        "| | on time, of the oracle's bits | of its slots | used | late slots (oracle {}) | freezes \
         | longest | delay p50, p95, p99 | p95 of {} ms or less | spread |",
        oracle.late_slots,
        GOOD_DELAY.as_millis()
    ));
    line(format_args!("|---|---|---|---|---|---|---|---|---|---|"));
    let (from, until) = scenario.span();
    let golive = rows.iter().find(|row| row.who == Who::Golive);
    for row in rows {
        let Row { name, received, score, .. } = row;
        let on_time = score.on_time_bits as f64 / oracle.on_time_bits.max(1) as f64;
        let slots = |score: &Score| score.slots - score.late_slots;
        let delay = |percent| row.delay(scenario, percent).as_millis();
        let used = Score::used(received, trace, from, until);
        let is_better = row.who == Who::Peer && golive.is_some_and(|golive| row.dominates(golive));
        line(format_args!(
            "| {name}{} | {:.0} % | {:.1} % | {:.0} % | {} ({:.1} %) | {} | {:.1} s \
             | {}, {}, {} ms | {} | {:.0} % |",
            if is_better { " **(more bits and fewer late slots than Golive)**" } else { "" },
            on_time * 100.0,
            slots(score) as f64 / slots(&oracle).max(1) as f64 * 100.0,
            used * 100.0,
            score.late_slots,
            score.late_slots as f64 / score.slots.max(1) as f64 * 100.0,
            score.freezes,
            score.longest_freeze.as_secs_f64(),
            delay(50),
            delay(95),
            delay(99),
            if row.delay(scenario, 95) <= GOOD_DELAY { "yes" } else { "no" },
            spread(&rates(received, from, until)) * 100.0,
        ));
    }
    let flows = rows.first().map(|row| row.flows.as_slice()).unwrap_or_default();
    for carried in flows {
        let rate = Bitrate::average(*carried, scenario.length);
        line(format_args!("\nThe other flow carries {rate} beside Golive."));
    }
    text
}

/// What arrived in each second, in bits.
pub(crate) fn rates(received: &[Received], from: Time, until: Time) -> Vec<f64> {
    let mut rates = vec![0.0; until.since(from).as_secs() as usize];
    for unit in received.iter().filter(|unit| unit.at >= from) {
        if let Some(rate) = rates.get_mut(unit.at.since(from).as_secs() as usize) {
            *rate += unit.length.as_u64() as f64 * 8.0;
        }
    }
    rates
}

/// The standard deviation over the mean.
fn spread(rates: &[f64]) -> f64 {
    let count = rates.len().max(1) as f64;
    let mean = rates.iter().sum::<f64>() / count;
    let variance = rates.iter().map(|rate| (rate - mean).powi(2)).sum::<f64>() / count;
    if mean > 0.0 { variance.sqrt() / mean } else { 0.0 }
}
