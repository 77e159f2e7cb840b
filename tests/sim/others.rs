//! What the others' controllers make of steady links: each comes down from too much, and goes up
//! again as far as its rules let it. A reconstruction that is fed the wrong signal stays where it
//! was, and would make Golive look good for nothing.

use std::time::Duration;

use golive_proto::units::Time;
use golive_tests::simulation::{BroadcastSimulation, Rival, Scenario, Score};

use crate::story::seconds;

/// Somebody's broadcast over a scenario.
struct Told {
    scenario: Scenario,
    simulation: BroadcastSimulation,
}

#[test]
fn belacoder_keeps_a_short_queue() {
    // It counts an RTT of a fifth of the latency as too much, so much is left.
    let told = tell(Rival::Belacoder, Scenario::steady(3.0));
    told.uses(0.6..0.95);
    told.is_late_at_most(0.01);
    // From 2.5 Mb/s, its floor is what it comes down to where the queue is a third of the latency.
    let told = tell(Rival::Belacoder, Scenario::steady(1.0));
    told.comes_to(seconds(5), seconds(120), 0.3..0.9);
    told.is_late_at_most(0.01);
}

#[test]
fn moblin_goes_up_to_the_link_and_down_when_the_queue_grows() {
    let told = tell(Rival::Moblin, Scenario::steady(8.0));
    told.uses(0.8..1.0);
    told.is_late_at_most(0.01);
    let told = tell(Rival::Moblin, Scenario::steady(1.0));
    told.comes_to(seconds(5), seconds(120), 0.4..1.0);
}

#[test]
fn streampack_goes_up_until_fifty_packets_wait_and_down_for_any_loss() {
    let told = tell(Rival::StreamPack, Scenario::steady(8.0));
    told.uses(0.65..0.95);
    told.is_late_at_most(0.01);
    let told = tell(Rival::StreamPack, Scenario::loss());
    told.comes_to(seconds(30), seconds(120), 0.3..1.5);
}

#[test]
fn rootencoder_comes_down_to_what_is_carried_and_tries_more() {
    let told = tell(Rival::RootEncoder, Scenario::steady(1.0));
    told.comes_to(seconds(20), seconds(120), 0.6..1.5);
    let told = tell(Rival::RootEncoder, Scenario::steady(8.0));
    told.comes_to(seconds(40), seconds(120), 5.0..10.0);
}

#[test]
fn obs_comes_down_to_what_is_carried_and_goes_up_by_tenths() {
    let told = tell(Rival::Obs, Scenario::steady(1.0));
    told.comes_to(seconds(20), seconds(120), 0.5..1.3);
    let told = tell(Rival::Obs, Scenario::steady(8.0));
    told.uses(0.8..1.0);
}

#[cfg(feature = "networks")]
mod gcc {
    use super::*;

    #[test]
    fn it_settles_near_the_capacity_with_a_small_queue() {
        for megabits in [1.0, 3.0, 8.0] {
            let told = tell(Rival::Gcc, Scenario::steady(megabits));
            told.uses(0.75..1.0);
            told.is_late_at_most(0.05);
            let delays = told.scenario.delays(&told.simulation);
            let median = delays[delays.len() / 2];
            assert!(median < Duration::from_millis(150), "{megabits} Mb/s: {median:?}");
        }
    }

    #[test]
    fn it_follows_a_step_down_within_a_second_and_a_step_up_by_and_by() {
        let told = tell(Rival::Gcc, Scenario::steps());
        // From 6 to 2 Mb/s after 20 s, to 6 after 40 s and to 1 after 60 s.
        told.comes_to(seconds(21), seconds(30), 0.5..2.0);
        told.comes_to(seconds(50), seconds(60), 4.0..6.0);
        told.comes_to(seconds(61), seconds(70), 0.3..1.1);
    }

    #[test]
    fn losses_without_congestion_bound_it_and_do_not_bring_it_down() {
        let told = tell(Rival::Gcc, Scenario::loss());
        told.comes_to(seconds(10), seconds(60), 4.5..8.0);
        told.comes_to(seconds(60), seconds(120), 4.5..8.0);
    }

    #[test]
    fn it_tells_the_same_story_twice() {
        let told = [(); 2].map(|()| tell(Rival::Gcc, Scenario::steady(3.0)));
        let [one, other] = told.each_ref().map(|told| told.simulation.targets());
        assert!(one == other, "{} and {} changes", one.len(), other.len());
    }
}

fn tell(rival: Rival, scenario: Scenario) -> Told {
    let simulation = scenario.run(Some(rival));
    Told { scenario, simulation }
}

impl Told {
    fn uses(&self, expected: std::ops::Range<f64>) {
        let (from, until) = self.scenario.span();
        let trace = self.scenario.trace();
        let used = Score::used(self.simulation.received(), trace, from, until);
        assert!(expected.contains(&used), "{}: {:.1} % used", self.scenario.name, used * 100.0);
    }

    fn is_late_at_most(&self, share: f64) {
        let score = self.scenario.judge(self.simulation.received());
        let late = score.late_slots as f64 / score.slots as f64;
        assert!(late <= share, "{}: {:.1} % late", self.scenario.name, late * 100.0);
    }

    /// Between two moments it asks for so many megabits a second on average.
    fn comes_to(&self, from: Duration, until: Duration, expected: std::ops::Range<f64>) {
        let (from, until) = (Time::ZERO + from, Time::ZERO + until);
        let targets = self.simulation.targets();
        let ends = targets.iter().skip(1).map(|(at, _)| *at).chain([until]);
        let mut bits = 0.0;
        for ((begin, rate), end) in targets.iter().zip(ends) {
            let span = end.min(until).since((*begin).max(from));
            bits += rate.as_bits_per_second() as f64 * span.as_secs_f64();
        }
        let mean = bits / until.since(from).as_secs_f64() / 1e6;
        assert!(expected.contains(&mean), "{}: {mean:.2} Mb/s", self.scenario.name);
    }
}
