//! Encrypted connections.

use std::time::Duration;

use super::pair::{Link, Pair, Who};
use crate::transport::srt::*;

const TWO_MILLIS: Duration = Duration::from_millis(2);

fn config(passphrase: Option<&str>) -> Config {
    let passphrase = passphrase.map(|secret| Passphrase::new(secret).unwrap());
    Config { passphrase, latency: Duration::from_millis(250), ..Config::default() }
}

fn secret() -> Config {
    config(Some("correct horse"))
}

#[test]
fn payloads_travel_encrypted_both_ways_at_each_key_length() {
    for key_length in [KeyLength::Bits128, KeyLength::Bits192, KeyLength::Bits256] {
        let caller = Config { key_length, ..secret() };
        let mut pair = Pair::new(1, Link::rtt(40), caller, secret());
        pair.connect();
        pair.send(Who::Caller, b"a secret that nobody may read on the way");
        assert!(!pair.last_flown.windows(6).any(|window| window == b"secret"));
        pair.send(Who::Listener, b"and back");
        pair.run_for(Duration::from_secs(1));
        assert_eq!(pair.accepted().payloads[0].1, b"a secret that nobody may read on the way");
        assert_eq!(pair.caller.payloads[0].1, b"and back");
        let negotiated = pair.accepted().connection.negotiated().unwrap();
        assert_eq!(negotiated.encryption, Some(key_length));
    }
}

#[test]
fn a_wrong_passphrase_is_refused_and_so_is_one_on_one_side_only() {
    let wrong = || config(Some("incorrect horse"));
    for (caller, listener, rejection) in [
        (wrong(), secret(), Rejection::BAD_SECRET),
        (config(None), secret(), Rejection::UNSECURE),
        (secret(), config(None), Rejection::UNSECURE),
    ] {
        let mut pair = Pair::new(2, Link::rtt(40), caller, listener);
        pair.run_for(Duration::from_secs(1));
        assert_eq!(pair.caller.events, [Event::Rejected(rejection)]);
        assert_eq!(pair.accepted().events, [Event::Rejected(rejection)]);
    }
}

#[test]
fn keys_are_refreshed_under_loss_without_losing_a_packet() {
    let key_refresh = KeyRefresh { after_packets: 500, announce_packets: 200 };
    let caller = Config { key_refresh, ..secret() };
    let mut pair = Pair::new(3, Link::rtt(40).loss(0.1), caller, secret());
    pair.connect();
    pair.stream(Who::Caller, 5_000, TWO_MILLIS);
    let refreshed = pair.caller.events.iter().filter(|e| **e == Event::KeyRefreshed).count();
    assert!((8..=9).contains(&refreshed), "{refreshed} keys");
    let statistics = pair.accepted().connection.statistics(Default::default());
    assert_eq!(statistics.packets_undecrypted, 0);
    assert!(statistics.packets_lost <= 3, "{statistics:?}");
    assert_eq!(pair.accepted().payloads.len() as u64, 5_000 - statistics.packets_lost);
}

#[test]
fn a_peer_that_never_confirms_a_new_key_keeps_the_old_one() {
    let key_refresh = KeyRefresh { after_packets: 100, announce_packets: 50 };
    let caller = Config { key_refresh, ..secret() };
    let mut pair = Pair::new(4, Link::rtt(40), caller, secret());
    pair.connect();
    pair.stream_from(Who::Caller, 0, 40, TWO_MILLIS);
    // What tells a key is a user-defined control packet, which this link never carries.
    pair.lose_key_messages = true;
    pair.stream_from(Who::Caller, 40, 400, TWO_MILLIS);
    assert_eq!(pair.caller.events, []);
    pair.lose_key_messages = false;
    pair.stream_from(Who::Caller, 440, 60, TWO_MILLIS);
    pair.run_for(Duration::from_secs(1));
    assert_eq!(pair.caller.events, [Event::KeyRefreshed]);
    assert_eq!(pair.accepted().numbers(), (0..500).collect::<Vec<_>>());
}
