//! What came out, for people and for programs.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::trial::Outcome;

const HEAD: &str = "| network | program | picture fresh | pictures on time, late | on time | freezes | \
                    longest | frozen | faulty pictures (unexplained) | restarts | netlab late |\n\
                    |---|---|---|---|---|---|---|---|---|---|---|\n";

/// A row for each program and network.
pub(crate) fn markdown(outcomes: &[Outcome]) -> String {
    let mut text = HEAD.to_owned();
    for outcome in outcomes {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "| {} |", cells(outcome).join(" | "));
    }
    text
}

pub(crate) fn cells(outcome: &Outcome) -> Vec<String> {
    let viewing = &outcome.viewing;
    let capacity = outcome.capacity.map_or_else(String::new, |rate| format!(", {rate}"));
    vec![
        format!("{}{capacity}", outcome.network),
        outcome.program.clone(),
        format!("{:.1} %", viewing.fresh_percent()),
        format!("{}, {}", viewing.on_time, viewing.late),
        viewing.on_time_rate().to_string(),
        viewing.freezes.to_string(),
        format!("{:.1} s", viewing.longest_freeze.as_secs_f64()),
        format!("{:.1} s", viewing.frozen.as_secs_f64()),
        format!("{} ({})", viewing.faulty, viewing.unexplained),
        outcome.restarts.to_string(),
        format!("{:.0} ms", outcome.latest_release),
    ]
}

pub(crate) fn json(outcomes: &[Outcome]) -> Value {
    let row = |outcome: &Outcome| {
        let viewing = &outcome.viewing;
        json!({
            "network": outcome.network,
            "capacity_kbps": outcome.capacity.map(|rate| rate.as_kilobits_per_second()),
            "program": outcome.program,
            "fresh_percent": viewing.fresh_percent(),
            "pictures_on_time": viewing.on_time,
            "pictures_late": viewing.late,
            "on_time_kbps": viewing.on_time_rate().as_kilobits_per_second(),
            "freezes": viewing.freezes,
            "longest_freeze_s": viewing.longest_freeze.as_secs_f64(),
            "frozen_s": viewing.frozen.as_secs_f64(),
            "faulty_pictures": viewing.faulty,
            "unexplained_faults": viewing.unexplained,
            "restarts": outcome.restarts,
            "netlab_latest_release_ms": outcome.latest_release,
        })
    };
    outcomes.iter().map(row).collect()
}
