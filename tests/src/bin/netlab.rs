//! A bad network for hand use: a UDP relay with delay, loss and the rest.
//!
//! `netlab LISTEN TARGET [FORWARD [BACKWARD]] [--seed N]`, for example
//! `netlab 127.0.0.1:9000 127.0.0.1:9710 delay=20,loss=5,burst=3 delay=20`: what is sent to the
//! first address reaches the second, the answers go back, and a line a second tells how many.

#![allow(clippy::print_stdout, reason = "a program whose output is its purpose")]

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use golive_tests::network::{Conditions, Path};
use golive_tests::relay::Relay;

const USAGE: &str = "usage: netlab LISTEN TARGET [FORWARD [BACKWARD]] [--seed N]\n\
    FORWARD and BACKWARD are pairs such as delay=20,jitter=5,loss=5,burst=3,duplicated=1,\
    reordered=1,rate=5M,queue=65536\n\
    (milliseconds, per cent, packets, bits a second, bytes); BACKWARD is as FORWARD if left out.";

fn main() -> ExitCode {
    let (listen, target, path) = match arguments() {
        Ok(arguments) => arguments,
        Err(message) => {
            eprintln!("netlab: {message}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let relay = match Relay::bind(listen, target, &path) {
        Ok(relay) => relay,
        Err(error) => {
            eprintln!("netlab: cannot listen on {listen}: {error}");
            return ExitCode::from(1);
        }
    };
    println!("{} -> {target}, seed {}", relay.address(), path.seed);
    println!("  there: {}\n  back:  {}", path.forward, path.backward);
    loop {
        std::thread::sleep(Duration::from_secs(1));
        let statistics = relay.statistics();
        println!(
            "there {} (lost {}, overflowed {})  back {} (lost {}, overflowed {})  \
             released at most {:.1} ms late",
            statistics.forward.offered,
            statistics.forward.lost,
            statistics.forward.overflowed,
            statistics.backward.offered,
            statistics.backward.lost,
            statistics.backward.overflowed,
            statistics.latest_release.as_secs_f64() * 1e3,
        );
    }
}

fn arguments() -> Result<(SocketAddr, SocketAddr, Path), String> {
    let mut seed = 0;
    let mut words = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--seed" {
            let value = arguments.next().ok_or("--seed wants a number")?;
            seed = value.parse().map_err(|_| format!("`{value}` is not a seed"))?;
        } else {
            words.push(argument);
        }
    }
    let address = |number: usize| -> Result<SocketAddr, String> {
        let word = words.get(number).ok_or("two addresses are needed")?;
        word.parse().map_err(|_| format!("`{word}` is not an address such as 127.0.0.1:9000"))
    };
    let conditions = |number: usize| -> Result<Option<Conditions>, String> {
        words
            .get(number)
            .map(|word| word.parse())
            .transpose()
            .map_err(|error: golive_tests::network::ParseConditionsError| error.to_string())
    };
    let forward = conditions(2)?.unwrap_or_default();
    let backward = conditions(3)?.unwrap_or_else(|| forward.clone());
    Ok((address(0)?, address(1)?, Path { forward, backward, seed }))
}
