//! Strangers' bytes: every fuzz target with seeded mutations of good input, and with the inputs
//! that once failed.

#![allow(clippy::panic, reason = "a helper outside of test functions fails the test")]

use std::panic::catch_unwind;
use std::path::Path;
use std::time::{Duration, Instant};

use golive_tests::fuzz::{Mutations, TARGETS, Target};

/// Each target gets mutations for so long; libFuzzer gives it minutes.
const PATIENCE: Duration = Duration::from_secs(3);
/// And at most so many.
const TRIES: usize = 20_000;

#[test]
fn inputs_that_nobody_would_send_do_no_harm() {
    for target in TARGETS {
        let examples = (target.examples)();
        for input in &examples {
            feed(target, input);
        }
        let until = Instant::now() + PATIENCE;
        let mut tries = 0;
        for input in Mutations::new(examples, 1).take(TRIES) {
            if Instant::now() > until {
                break;
            }
            feed(target, &input);
            tries += 1;
        }
        println!("{}: {tries} inputs", target.name);
        assert!(tries > 50, "{} is too slow to be tried", target.name);
    }
}

#[test]
fn inputs_that_once_did_harm_do_none_again() {
    for target in TARGETS {
        let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/kept").join(target.name);
        for file in std::fs::read_dir(kept).into_iter().flatten() {
            feed(target, &std::fs::read(file.unwrap().path()).unwrap());
        }
    }
}

#[test]
fn every_target_is_built_for_the_fuzzer() {
    let manifest = include_str!("../fuzz/Cargo.toml");
    for target in TARGETS {
        let path = format!("path = \"fuzz_targets/{}.rs\"", target.name);
        assert!(manifest.contains(&path), "tests/fuzz/Cargo.toml lacks {}", target.name);
    }
}

fn feed(target: &Target, input: &[u8]) {
    let run = target.run;
    if catch_unwind(|| run(input)).is_err() {
        let bytes: String = input.iter().map(|byte| format!("{byte:02x}")).collect();
        panic!("target {} fails on {bytes}", target.name);
    }
}
