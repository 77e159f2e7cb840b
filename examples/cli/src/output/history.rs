//! The last minute, for the view's curves.

use std::collections::VecDeque;

use crate::report::Report;

/// Seconds that the view looks back.
pub(super) const WINDOW_SECONDS: f64 = 60.0;

/// More points than a minute of reports has, should reports ever come faster than once a second.
const MOST_POINTS: usize = 240;

/// One curve: seconds since the start, and a value.
pub(super) type Curve = Vec<(f64, f64)>;

/// The reports of the last minute.
#[derive(Default)]
pub(super) struct History {
    reports: VecDeque<Report>,
}

impl History {
    pub(super) fn push(&mut self, report: Report) {
        let oldest = report.t_s - WINDOW_SECONDS - 1.0;
        self.reports.push_back(report);
        while self.reports.len() > MOST_POINTS
            || self.reports.front().is_some_and(|first| first.t_s < oldest)
        {
            self.reports.pop_front();
        }
    }

    pub(super) fn latest(&self) -> Option<&Report> {
        self.reports.back()
    }

    /// The times between which the curves are drawn.
    pub(super) fn window(&self) -> [f64; 2] {
        let now = self.latest().map_or(0.0, |report| report.t_s);
        let start = (now - WINDOW_SECONDS).max(0.0);
        [start, start + WINDOW_SECONDS]
    }

    /// One value over time, without the moments at which it was not known.
    pub(super) fn curve(&self, value: impl Fn(&Report) -> Option<f64>) -> Curve {
        self.reports.iter().filter_map(|report| Some((report.t_s, value(report)?))).collect()
    }
}

/// A round number at or above every value of `curves`, and at least `least`: the axis's top.
pub(super) fn top(curves: &[&Curve], least: f64) -> f64 {
    let highest = curves.iter().flat_map(|curve| curve.iter()).map(|&(_, value)| value);
    let highest = highest.fold(least, f64::max);
    let magnitude = 10f64.powf(highest.log10().floor());
    let steps = [1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0];
    steps.iter().map(|step| step * magnitude).find(|top| *top >= highest).unwrap_or(highest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> Report {
        Report { t_s: seconds, rtt_ms: Some(seconds), ..Report::default() }
    }

    #[test]
    fn only_the_last_minute_is_kept() {
        let mut history = History::default();
        (0..1_000).for_each(|second| history.push(at(f64::from(second))));
        let curve = history.curve(|report| report.rtt_ms);
        assert_eq!(curve.first(), Some(&(938.0, 938.0)));
        assert_eq!(curve.len(), 62);
        assert_eq!(history.window(), [939.0, 999.0]);
    }

    #[test]
    fn the_first_minute_fills_from_the_left() {
        let mut history = History::default();
        history.push(at(5.0));
        assert_eq!(history.window(), [0.0, 60.0]);
    }

    #[test]
    fn an_axis_ends_on_a_round_number_above_its_curves() {
        assert_eq!(top(&[&vec![(0.0, 2_510.0)]], 1.0), 3_000.0);
        assert_eq!(top(&[&vec![(0.0, 23.0)], &vec![(0.0, 41.0)]], 1.0), 50.0);
        assert_eq!(top(&[&Vec::new()], 10.0), 10.0);
    }
}
