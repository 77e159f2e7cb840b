//! Whose queue it is, and what is done about it.

use super::*;

const KEPT: Duration = Duration::from_millis(70);
const LIMIT: Duration = Duration::from_millis(280);
const DECISION: Duration = Duration::from_millis(20);

fn kilobits(rate: u64) -> Bitrate {
    Bitrate::from_kilobits_per_second(rate)
}

/// Looks for so long at a queue of this length, with so much carried; what is taken at the end.
fn look(
    rivalry: &mut Rivalry,
    now: &mut Time,
    time: Duration,
    standing: impl Fn(Duration) -> Duration,
    carried: impl Fn(Duration) -> Bitrate,
) -> Option<Bitrate> {
    let began = *now;
    let mut share = None;
    let mut number = 0;
    while now.since(began) < time {
        *now += DECISION;
        let passed = now.since(began);
        let sight = Sight {
            // No queue stands quite still.
            standing: standing(passed) + Duration::from_millis(number % 4 * 6),
            kept: KEPT,
            limit: LIMIT,
            base: Duration::from_millis(60),
            carried: carried(passed),
            steadily: carried(passed),
            bounds: (kilobits(50), kilobits(10_000)),
            lost_packets: 0,
        };
        number += 1;
        share = match rivalry.update(*now, &sight) {
            Verdict::Share(share) => Some(share),
            Verdict::Own => None,
            Verdict::LongerWay => panic!("the way is as long as it was"),
        };
    }
    share
}

/// A queue of 200 ms that stays while less and less is sent.
fn shared() -> (Rivalry, Time) {
    let (mut rivalry, mut now) = (Rivalry::default(), Time::ZERO);
    let stays = |_| Duration::from_millis(200);
    let less = |passed: Duration| kilobits(2_000).scaled(1.0 - passed.as_secs_f64() / 2.0);
    let share = look(&mut rivalry, &mut now, Duration::from_secs(2), stays, less);
    assert!(share.is_some_and(|share| share > kilobits(1_300)), "{share:?}");
    (rivalry, now)
}

#[test]
fn a_queue_that_stays_while_less_is_sent_is_shared_and_more_is_taken_step_by_step() {
    let (mut rivalry, mut now) = shared();
    let stays = |_| Duration::from_millis(200);
    let take = |rivalry: &mut Rivalry, now: &mut Time| {
        look(rivalry, now, Duration::from_secs(1), stays, |_| kilobits(1_500)).unwrap()
    };
    let (first, second) = (take(&mut rivalry, &mut now), take(&mut rivalry, &mut now));
    assert!(second > first.scaled(1.05) && second < first.scaled(1.2), "{first} then {second}");
}

#[test]
fn a_queue_that_goes_away_was_ones_own() {
    let (mut rivalry, mut now) = (Rivalry::default(), Time::ZERO);
    for _ in 0..10 {
        let drains = |passed: Duration| Duration::from_millis(200).saturating_sub(passed / 4);
        let less = |passed: Duration| kilobits(2_000).scaled(1.0 - passed.as_secs_f64());
        let share = look(&mut rivalry, &mut now, Duration::from_millis(800), drains, less);
        assert_eq!(share, None);
    }
}

#[test]
fn a_queue_that_is_kept_while_as_much_is_carried_as_before_is_no_ones_else() {
    let (mut rivalry, mut now) = (Rivalry::default(), Time::ZERO);
    let kept = |_| KEPT + Duration::from_millis(10);
    let share = look(&mut rivalry, &mut now, Duration::from_secs(10), kept, |_| kilobits(2_000));
    assert_eq!(share, None);
}

#[test]
fn an_overflow_is_answered_once_and_a_loss_beside_it_not_at_all() {
    let (mut rivalry, mut now) = shared();
    let sight = |standing, lost_packets| Sight {
        standing: Duration::from_millis(standing),
        kept: KEPT,
        limit: LIMIT,
        base: Duration::from_millis(60),
        carried: kilobits(1_500),
        steadily: kilobits(1_500),
        bounds: (kilobits(50), kilobits(10_000)),
        lost_packets,
    };
    let mut take = |standing, lost| {
        now += DECISION;
        match rivalry.update(now, &sight(standing, lost)) {
            Verdict::Share(share) => share.as_bits_per_second() as f64,
            verdict => panic!("{verdict:?}"),
        }
    };
    let before = take(200, 0);
    let beside = take(90, 3);
    assert!(beside > before, "a loss while the queue is short is chance");
    let after = take(200, 8);
    assert!((after / beside - LEFT).abs() < 0.02, "{after} after {beside}");
    assert!(take(200, 12) > after, "the same overflow");
}

#[test]
fn an_empty_queue_ends_it_and_so_does_one_that_is_too_long() {
    for standing in [Duration::ZERO, LIMIT * 2] {
        let (mut rivalry, mut now) = shared();
        let share = look(&mut rivalry, &mut now, GONE * 2, |_| standing, |_| kilobits(1_500));
        assert_eq!(share, None, "{standing:?}");
    }
}

/// After how many looks at a queue that never moves the way is taken for longer, if less is carried
/// than before or not.
fn looks_until_longer(before: Bitrate, now_carried: Bitrate) -> Option<u64> {
    let (mut rivalry, mut now) = (Rivalry::default(), Time::ZERO);
    let sight = |standing, carried| Sight {
        standing: Duration::from_millis(standing),
        kept: KEPT,
        limit: LIMIT,
        base: Duration::from_millis(20),
        carried,
        steadily: carried,
        bounds: (kilobits(50), kilobits(10_000)),
        lost_packets: 0,
    };
    for _ in 0..50 {
        now += DECISION;
        assert_eq!(rivalry.update(now, &sight(0, before)), Verdict::Own);
    }
    (0..1_000).find(|number| {
        now += DECISION;
        rivalry.update(now, &sight(160 + number % 3, now_carried)) == Verdict::LongerWay
    })
}

#[test]
fn a_queue_that_never_moves_is_a_longer_way() {
    let looks = looks_until_longer(kilobits(2_000), kilobits(500));
    assert!(looks.is_some_and(|looks| (120..135).contains(&looks)), "{looks:?}");
}

#[test]
fn where_no_more_was_ever_carried_it_is_ones_own() {
    assert_eq!(looks_until_longer(kilobits(150), kilobits(150)), None);
}

#[test]
fn what_nobody_contests_is_taken_up_to_the_most_and_no_further() {
    let (mut rivalry, mut now) = shared();
    let stays = |_| Duration::from_millis(200);
    let share = look(&mut rivalry, &mut now, Duration::from_secs(60), stays, |_| kilobits(9_000));
    assert_eq!(share, Some(kilobits(10_000)));
}

#[test]
fn while_nothing_gets_through_nothing_is_learnt_of_the_queue() {
    let (mut rivalry, mut now) = shared();
    let before = rivalry.pause(now);
    for _ in 0..500 {
        now += DECISION;
        assert_eq!(rivalry.pause(now), before);
    }
}
