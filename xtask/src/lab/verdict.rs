//! Judges what the guest left behind, and says what was seen.

use std::path::Path;

use super::picture::{self, Second};
use super::recording;
use super::tone::{self, FREQUENCY, SAMPLE_RATE};
use crate::failure::Failure;
use crate::terminal;

/// One thing that had to be seen, and what was seen.
#[derive(Debug)]
struct Sight {
    seen: bool,
    what: String,
}

impl Sight {
    fn new(seen: bool, what: impl Into<String>) -> Self {
        Self { seen, what: what.into() }
    }
}

/// Prints what was seen in `results`, and fails if anything is missing.
pub(super) fn judge(results: &Path) -> Result<(), Failure> {
    // What the guest did not leave shows itself as not seen.
    let read = |name: &str| std::fs::read_to_string(results.join(name)).unwrap_or_default();
    let mut sights = in_marks(&read("marks"));
    sights.extend(in_devices(&read("devices.json")));
    sights.extend(in_reports(&read("to.json")));
    match in_recording(&results.join("recording")) {
        Ok(seen) => sights.extend(seen),
        Err(failure) => sights.push(Sight::new(false, failure.to_string())),
    }

    println!("\n{}", terminal::bold("What the lab saw"));
    for Sight { seen, what } in &sights {
        let mark = if *seen { terminal::green("yes") } else { terminal::red("NO ") };
        println!("  {mark}  {what}");
    }
    println!("  Not shown by this: cameras of other systems, and the faults of real ones.");
    let missing = sights.iter().filter(|sight| !sight.seen).count();
    if missing > 0 {
        let place = results.display();
        return Err(Failure::failed(format!("{missing} not seen; everything is in {place}")));
    }
    Ok(())
}

fn in_recording(folder: &Path) -> Result<Vec<Sight>, Failure> {
    let recorded = recording::find(folder)?;
    let mut sights = in_pictures(&picture::look(&recording::pictures(&recorded)?));
    sights.extend(in_sound(&recording::sound(&recorded)?));
    Ok(sights)
}

/// The guest's own words, each line `LAB SECONDS WHAT`.
fn in_marks(marks: &str) -> Vec<Sight> {
    let failures = marks.lines().filter(|line| line.contains("failed: "));
    let mut sights: Vec<Sight> = failures.map(|line| Sight::new(false, line)).collect();
    let time = |what: &str| {
        let line = marks.lines().find(|line| line.ends_with(what))?;
        line.split_whitespace().nth(1)?.parse::<f64>().ok()
    };
    let booted = time(" booted").map_or_else(|| "never".to_owned(), |at| format!("in {at:.1} s"));
    sights.push(Sight::new(time(" booted").is_some(), format!("the kernel booted {booted}")));
    let well = marks.contains("the broadcast ended with 0");
    sights.push(Sight::new(well, "`golive to` ended as asked, with exit code 0"));
    sights
}

fn in_devices(devices: &str) -> Vec<Sight> {
    let name = |part: &str| devices.split('"').find(|text| text.contains(part));
    let listed = |part: &str, what: &str| match name(part) {
        Some(name) => Sight::new(true, format!("`golive devices` lists the {what}: {name}")),
        None => Sight::new(false, format!("`golive devices` lists the {what}")),
    };
    vec![listed("vivid", "camera"), listed("Loopback", "sound card")]
}

/// The lines of `golive to --json`.
fn in_reports(reports: &str) -> Vec<Sight> {
    let line = |kind: &str| reports.lines().find(|line| line.contains(kind));
    let event = |kind: &str, what: &str| match line(kind) {
        Some(line) => Sight::new(true, format!("{what}: {line}")),
        None => Sight::new(false, what.to_owned()),
    };
    let last = reports.lines().last().unwrap_or("no line at all");
    vec![
        event("\"event\":\"device_lost\"", "the loss of the camera was reported"),
        event("\"event\":\"device_back\"", "its return was reported"),
        Sight::new(
            last.contains("\"final\":true"),
            format!("the last line has the totals: {last}"),
        ),
    ]
}

/// The picture moves, stands still while the camera is away, and moves again.
fn in_pictures(seconds: &[Second]) -> Vec<Sight> {
    let shown = seconds.iter().filter(|second| second.shows_something()).count();
    let all = seconds.len();
    let runs = runs(seconds.iter().map(Second::moves));
    let film: String = seconds.iter().map(|it| if it.moves() { '~' } else { '_' }).collect();
    // Seconds at the edges of the unplugging belong to neither side.
    let long = |(moves, length): &(bool, usize), what| *moves == what && *length >= 5;
    let away = runs.iter().position(|run| long(run, false));
    let before = away.is_some_and(|at| runs.iter().take(at).any(|run| long(run, true)));
    let after = away.is_some_and(|at| runs.iter().skip(at).any(|run| long(run, true)));
    vec![
        Sight::new(
            all > 30 && shown * 10 >= all * 9,
            format!("a picture arrived in {shown} of {all} s"),
        ),
        Sight::new(before, format!("it moved before the camera was pulled out: {film}")),
        Sight::new(away.is_some(), "the last picture stood while the camera was away"),
        Sight::new(after, "it moved again after the camera was put back"),
    ]
}

/// Lengths of stretches of the same value.
fn runs(values: impl Iterator<Item = bool>) -> Vec<(bool, usize)> {
    let mut runs: Vec<(bool, usize)> = Vec::new();
    for value in values {
        match runs.last_mut() {
            Some((last, length)) if *last == value => *length += 1,
            _ => runs.push((value, 1)),
        }
    }
    runs
}

/// The tone is there all the time, whatever happens to the camera.
fn in_sound(samples: &[i16]) -> Vec<Sight> {
    let second = usize::try_from(SAMPLE_RATE).unwrap_or(usize::MAX);
    let heard: Vec<_> = samples.chunks_exact(second).map(tone::listen).collect();
    let right = heard.iter().filter(|it| {
        let near = |frequency: f64| (frequency / FREQUENCY - 1.0).abs() < 0.01;
        it.level > 0.05 && it.frequency.is_some_and(near)
    });
    let (right, all) = (right.count(), heard.len());
    let mut frequencies: Vec<f64> = heard.iter().filter_map(|it| it.frequency).collect();
    frequencies.sort_by(f64::total_cmp);
    let median = frequencies.get(frequencies.len() / 2).copied().unwrap_or_default();
    vec![Sight::new(
        all > 30 && right * 10 >= all * 9,
        format!(
            "the tone of {FREQUENCY} Hz arrived within 1 % in {right} of {all} s; half of them \
             were at or above {median:.1} Hz"
        ),
    )]
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOVING: Second = Second { brightness: 100.0, contrast: 50.0, motion: 9.0 };
    const STILL: Second = Second { motion: 0.0, ..MOVING };

    fn all_seen(sights: &[Sight]) -> bool {
        sights.iter().all(|sight| sight.seen)
    }

    #[test]
    fn a_picture_that_stops_and_goes_on_is_what_is_wanted() {
        let film = [vec![MOVING; 15], vec![STILL; 10], vec![MOVING; 15]].concat();
        assert!(all_seen(&in_pictures(&film)));
    }

    #[test]
    fn a_picture_that_never_comes_back_or_never_stops_is_not() {
        let never_back = [vec![MOVING; 20], vec![STILL; 20]].concat();
        assert!(!all_seen(&in_pictures(&never_back)));
        assert!(!all_seen(&in_pictures(&vec![MOVING; 40])));
        assert!(!all_seen(&in_pictures(&[])));
    }

    #[test]
    fn a_tone_with_a_hole_in_it_is_not_what_was_played() {
        let second: Vec<i16> = tone::one_second()
            .as_chunks::<4>()
            .0
            .iter()
            .map(|frame| i16::from_le_bytes([frame[0], frame[1]]))
            .collect();
        assert!(all_seen(&in_sound(&second.repeat(40))));
        let silence = vec![0_i16; second.len() * 10];
        assert!(!all_seen(&in_sound(&[second.repeat(30), silence].concat())));
    }

    #[test]
    fn what_the_guest_says_failed_is_not_overlooked() {
        let well = "LAB 5.2 booted\nLAB 70.1 the broadcast ended with 0\n";
        assert!(all_seen(&in_marks(well)));
        assert!(!all_seen(&in_marks(&format!("{well}LAB 8.0 failed: golive devices\n"))));
        assert!(!all_seen(&in_marks("LAB 5.2 booted\nLAB 9.0 the broadcast ended with 4\n")));
    }
}
