//! Two networks at once: their capacities add, and one of them is nothing that a viewer misses.

use std::time::Duration;

use golive_proto::session::Config;
use golive_proto::transport::srtla::LinkOptions;
use golive_proto::units::{Bitrate, ByteCount, Time};
use golive_tests::network::{Conditions, RateLimit};
use golive_tests::simulation::{BondedSimulation, config};

use crate::story::{millis, seconds};

/// A network of 2 Mb/s with a round trip of 40 ms and half a second of queue.
fn two_megabits() -> Conditions {
    limited(2_000, 20)
}

fn limited(kilobits: u64, delay: u64) -> Conditions {
    let bitrate = Bitrate::from_kilobits_per_second(kilobits);
    let queue = ByteCount::new(kilobits * 125 / 2);
    Conditions { rate: Some(RateLimit { bitrate, queue }), ..Conditions::delay(millis(delay)) }
}

/// So much of video, and sound beside it, not adapted unless asked.
fn broadcast(kilobits: u64, adaptive: bool) -> Config {
    let mut config = config();
    config.target.bitrate = Bitrate::from_kilobits_per_second(kilobits);
    config.adaptive = adaptive;
    config
}

fn free(conditions: Conditions) -> (Conditions, LinkOptions) {
    (conditions, LinkOptions::default())
}

#[test]
fn experiment() {
    for adaptive in [false, true] {
        let networks = [free(two_megabits()), free(two_megabits())];
        let mut it = BondedSimulation::new(broadcast(3_470, adaptive), &networks, 1);
        it.run(seconds(60));
        let h = it.health(); println!("lost {} again {} target {} longest way {:?}", h.totals.packets_lost, h.totals.packets_retransmitted, h.target, it.longest_way(it.now().saturating_sub(seconds(50))));
 let m=it.missing(); println!("{:?} {:?}", m.iter().find(|u|u.pts.as_micros()>800_000), m.iter().filter(|u|u.pts.as_micros()>800_000).count());        println!("{:?}", it.link_events());
        println!("missing {} of {}", it.missing().len(), it.produced().len());
        for n in 0..2 { println!("{:?}", it.carried(n)); }
    }
}
