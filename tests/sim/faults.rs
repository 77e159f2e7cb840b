//! Networks that go away, peers that fall silent.

use golive_proto::transport::srt::{Broken, Event};
use golive_tests::network::{Conditions, Loss};
use golive_tests::simulation::{Plan, Simulation};

use crate::story::{millis, seconds};

fn plan(seed: u64) -> Plan {
    Plan::new(Conditions::delay(millis(20)), millis(250), seed)
}

fn blackout() -> Conditions {
    Conditions::delay(millis(20)).with_loss(Loss::BLACKOUT)
}

#[test]
fn after_a_blackout_the_stream_goes_on_and_only_the_blackout_is_missing() {
    for (gap, seed) in [(millis(100), 1), (millis(1_000), 2), (millis(3_000), 3)] {
        let plan = plan(seed);
        let mut simulation = Simulation::new(&plan);
        simulation.connect();
        simulation.send_for(seconds(5));
        simulation.change(&blackout());
        simulation.send_for(gap);
        simulation.change(&plan.path.forward);
        simulation.send_for(seconds(10));
        let outcome = simulation.finish(seconds(3));
        assert!(outcome.verdict.is_orderly(), "{:?}", outcome.verdict);
        // A blackout shorter than the latency is repaired whole.
        let missing = outcome.verdict.lost as f64 * 1_316.0 * 8.0 / 5e6;
        let allowed = gap.as_secs_f64() + 0.3;
        if gap < millis(150) {
            assert_eq!(outcome.verdict.lost, 0, "{gap:?}");
        } else {
            assert!(missing <= allowed, "{missing} s are missing after {gap:?} without a network");
        }
        let arrived = outcome.verdict.sent - outcome.verdict.lost;
        assert!(arrived * 1_316 * 8 > 5_000_000 * 14, "the stream did not go on: {outcome:?}");
        let retransmitted = outcome.sender.packets_retransmitted;
        assert!(retransmitted < 3_000, "{retransmitted} retransmissions after {gap:?}");
    }
}

#[test]
fn a_peer_that_falls_silent_is_given_up_after_five_seconds_at_both_ends() {
    let plan = plan(1);
    let mut simulation = Simulation::new(&plan);
    simulation.connect();
    simulation.send_for(seconds(2));
    simulation.change(&blackout());
    let cut = simulation.now();
    simulation.send_for(seconds(10));
    for events in [simulation.caller_events(), simulation.listener_events()] {
        let broken = events.iter().find(|(_, event)| matches!(event, Event::Broken(_)));
        let (at, event) = broken.unwrap_or_else(|| panic!("nobody was given up: {events:?}"));
        assert!(matches!(event, Event::Broken(Broken::Silence(_))), "{event:?}");
        let after = at.since(cut);
        assert!(after >= seconds(5) && after < millis(5_500), "given up after {after:?}");
    }
}

#[test]
fn a_caller_whom_nobody_answers_gives_up_after_three_seconds() {
    let mut plan = plan(1);
    plan.path.backward = blackout();
    let mut simulation = Simulation::new(&plan);
    simulation.pass(seconds(10));
    let events = simulation.caller_events();
    assert!(
        matches!(events, [(at, Event::Broken(Broken::ConnectTimeout(_)))]
            if *at >= golive_proto::units::Time::from_millis(3_000)
                && *at < golive_proto::units::Time::from_millis(3_500)),
        "{events:?}"
    );
}

#[test]
fn an_idle_connection_stays_alive() {
    let mut simulation = Simulation::new(&plan(1));
    simulation.connect();
    simulation.pass(seconds(3_600));
    simulation.send_for(seconds(1));
    let outcome = simulation.finish(seconds(2));
    assert_eq!(outcome.verdict.lost, 0);
}

#[test]
fn closing_is_noticed_at_the_other_end_and_loses_nothing_that_was_under_way() {
    let mut simulation = Simulation::new(&plan(1));
    simulation.connect();
    simulation.send_for(seconds(2));
    simulation.close();
    simulation.pass(seconds(2));
    let closed =
        |events: &[_], by_peer| events.iter().any(|(_, event)| *event == Event::Closed { by_peer });
    assert!(closed(simulation.caller_events(), false), "{:?}", simulation.caller_events());
    assert!(closed(simulation.listener_events(), true), "{:?}", simulation.listener_events());
    assert_eq!(simulation.finish(seconds(1)).verdict.lost, 0);
}
