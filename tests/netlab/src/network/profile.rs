//! Networks that people meet, made of numbers: for those who have no recordings at hand.
//!
//! Each is a few lines that say what happens; chance comes from the seed alone. They are not
//! measurements: their rates, gaps and delays are of the size that the recordings of cellular
//! links show.

use std::str::FromStr;
use std::time::Duration;

use golive_proto::units::Bitrate;

use super::dice::{Dice, Question};
use super::{Conditions, Loss, Trace, TraceLimit};

/// A network with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// A car between cells: the rate wanders between 1 and 9 Mb/s, and is gone for up to a second
    /// at every hand-over.
    LteDrive,
    /// Ten thousand people with telephones: seldom more than 1.5 Mb/s, a long way, bursts of loss.
    Stadium,
    /// A good link that is shut behind a steel door for ten seconds, every minute.
    Lift,
    /// A train: five seconds of tunnel with a fade before and after it, every three quarters of a
    /// minute.
    TrainTunnel,
    /// Wi-Fi that fades as one walks out of the house, and cellular after it.
    WifiToCellular,
}

/// From one rate to the next.
const STEP: Duration = Duration::from_millis(100);
/// Steps of a round: two minutes.
const STEPS: usize = 1_200;

impl Profile {
    /// All of them.
    pub const ALL: [Profile; 5] = [
        Profile::LteDrive,
        Profile::Stadium,
        Profile::Lift,
        Profile::TrainTunnel,
        Profile::WifiToCellular,
    ];

    /// As it is written on a command line.
    pub fn name(self) -> &'static str {
        match self {
            Profile::LteDrive => "lte-drive",
            Profile::Stadium => "stadium",
            Profile::Lift => "lift",
            Profile::TrainTunnel => "train-tunnel",
            Profile::WifiToCellular => "wifi-to-cellular",
        }
    }

    /// The uplink.
    pub fn uplink(self, seed: u64) -> Conditions {
        let (delay, jitter, loss) = match self {
            Profile::LteDrive => (30, 8, Loss::bursty(0.005, 3.0)),
            Profile::Stadium => (45, 25, Loss::bursty(0.03, 4.0)),
            Profile::Lift | Profile::TrainTunnel => (25, 5, Loss::bursty(0.003, 3.0)),
            Profile::WifiToCellular => (15, 6, Loss::bursty(0.01, 2.0)),
        };
        let trace = Trace::from_rates(STEP, self.rates(seed));
        Conditions {
            delay: Duration::from_millis(delay),
            jitter: Duration::from_millis(jitter),
            loss,
            trace: trace.map(|trace| TraceLimit { trace, queue: TraceLimit::QUEUE }),
            ..Conditions::default()
        }
    }

    /// The way back: as long, and wide enough for all that a receiver says.
    pub fn downlink(self) -> Conditions {
        Conditions { trace: None, ..self.uplink(0) }
    }

    fn rates(self, seed: u64) -> Vec<Bitrate> {
        let mut walk = Walk::new(seed ^ self as u64);
        let megabits = (0..STEPS).map(|step| {
            let second = step as f64 / 10.0;
            let chance = walk.step();
            match self {
                Profile::LteDrive => gone(second, 27.0, 0.8) * between(1.0, 9.0, chance),
                Profile::Stadium => between(0.2, 1.8, chance * chance),
                Profile::Lift => gone(second, 60.0, 10.0) * between(4.0, 8.0, chance),
                Profile::TrainTunnel => faded(second, 45.0, 5.0, 2.0) * between(3.0, 7.0, chance),
                Profile::WifiToCellular if second < 60.0 => {
                    ((58.0 - second) / 15.0).clamp(0.0, 1.0) * between(15.0, 30.0, chance)
                }
                Profile::WifiToCellular => between(2.0, 6.0, chance),
            }
        });
        megabits.map(|rate| Bitrate::from_bits_per_second((rate * 1e6) as u64)).collect()
    }
}

impl FromStr for Profile {
    type Err = ParseProfileError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Profile::ALL.into_iter().find(|profile| profile.name() == text);
        known.ok_or_else(|| ParseProfileError(text.to_owned()))
    }
}

/// No network of this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no profile `{0}`; there are {names}", names = Profile::ALL.map(Profile::name).join(", "))]
pub struct ParseProfileError(String);

/// Zero for `length` seconds once in every `period`, at its end; otherwise one.
fn gone(second: f64, period: f64, length: f64) -> f64 {
    if second % period >= period - length { 0.0 } else { 1.0 }
}

/// The same, with a fade before and after it.
fn faded(second: f64, period: f64, length: f64, fade: f64) -> f64 {
    let middle = period / 2.0;
    let beyond = (second % period - middle).abs() - length / 2.0;
    (beyond / fade).clamp(0.0, 1.0)
}

fn between(least: f64, most: f64, share: f64) -> f64 {
    least + (most - least) * share
}

/// A number from zero to one that wanders.
struct Walk {
    dice: Dice,
    steps: u64,
    place: f64,
}

impl Walk {
    fn new(seed: u64) -> Self {
        Self { dice: Dice::new(seed), steps: 0, place: 0.5 }
    }

    fn step(&mut self) -> f64 {
        /// How far a step goes at most: from end to end takes two seconds or more.
        const STRIDE: f64 = 0.1;
        let roll = self.dice.roll(Question::Rate, self.steps);
        self.steps += 1;
        // Drawn back a little, so that it does not stay at an end.
        let drawn = (0.5 - self.place) * 0.02;
        self.place = (self.place + (roll - 0.5) * STRIDE + drawn).clamp(0.0, 1.0);
        self.place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_has_a_name_and_a_rate_that_moves() {
        for profile in Profile::ALL {
            assert_eq!(profile.name().parse(), Ok(profile));
            let rates = profile.rates(1);
            assert_eq!(rates, profile.rates(1));
            assert_ne!(rates, profile.rates(2));
            let (least, most) = (rates.iter().min().unwrap(), rates.iter().max().unwrap());
            assert!(least.scaled(2.0) < *most, "{profile:?}: {least} to {most}");
            assert!(profile.uplink(1).trace.is_some());
        }
        let unknown = "lounge".parse::<Profile>().unwrap_err().to_string();
        assert!(unknown.contains("lounge") && unknown.contains("stadium"), "{unknown}");
    }

    #[test]
    fn a_lift_shuts_its_doors_once_a_minute() {
        let rates = Profile::Lift.rates(3);
        let dark = |from: usize, until: usize| {
            rates[from * 10..until * 10].iter().all(|rate| *rate == Bitrate::ZERO)
        };
        assert!(dark(50, 60) && dark(110, 120) && !dark(40, 50));
    }
}
