//! Two ends of a connection over a bad link, in virtual time.

mod pair;

use std::time::Duration;

use super::*;
use pair::{Link, Pair, Who};

const TWO_MILLIS: Duration = Duration::from_millis(2);

fn all(count: u32) -> Vec<u32> {
    (0..count).collect()
}

#[test]
fn a_caller_and_a_listener_connect_and_payloads_arrive_in_order_both_ways() {
    let mut pair = Pair::connected(1, Link::rtt(40), 120);
    pair.stream(Who::Caller, 500, TWO_MILLIS);
    pair.stream(Who::Listener, 500, TWO_MILLIS);
    assert_eq!(pair.accepted().numbers(), all(500));
    assert_eq!(pair.caller.numbers(), all(500));
}

#[test]
fn at_ten_percent_loss_with_time_for_two_rounds_almost_nothing_is_lost() {
    let mut pair = Pair::connected(2, Link::rtt(40).loss(0.1), 250);
    pair.stream(Who::Caller, 5_000, TWO_MILLIS);
    let lost = 5_000 - pair.accepted().numbers().len();
    assert!(lost <= 2, "{lost} of 5000 lost");
}
