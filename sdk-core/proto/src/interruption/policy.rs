//! What an app declares: for each cause what is done about it, and what then.

use std::time::Duration;

use super::{EncoderLimit, Response, ThermalLevel};

/// What is done about a cause, from its beginning on.
///
/// *Hold the last picture for 2 s, then show a slate, and stop after 5 more minutes* is:
///
/// ```
/// # use std::time::Duration;
/// # use golive_proto::interruption::{Picture, Policy, Response, Sound, Step};
/// let policy = Policy {
///     first: Response::show(Picture::LastFrame, Sound::Muted),
///     then: [
///         Some(Step {
///             after: Duration::from_secs(2),
///             response: Response::show(Picture::Slate, Sound::Muted),
///         }),
///         Some(Step { after: Duration::from_secs(300), response: Response::Stop }),
///         None,
///     ],
/// };
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// What is done at once.
    pub first: Response,
    /// What is done instead, one after the other. Empty places are skipped.
    pub then: [Option<Step>; Policy::MAX_STEPS],
}

/// A step of an escalation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// How long what came before is kept.
    pub after: Duration,
    /// What is done from then on.
    pub response: Response,
}

impl Policy {
    /// Steps after the first response, at most.
    pub const MAX_STEPS: usize = 3;
    /// Nothing is given up, ever.
    pub const CARRY_ON: Policy = Policy::always(Response::CARRY_ON);

    /// The same for as long as the cause holds.
    pub const fn always(response: Response) -> Self {
        Policy { first: response, then: [None; Self::MAX_STEPS] }
    }

    /// What is done after so many steps; after the last one, what that said.
    pub(super) fn response(&self, steps: usize) -> Response {
        self.then.iter().flatten().take(steps).last().map_or(self.first, |step| step.response)
    }

    /// How long after the beginning the next step comes when so many have been taken, if there is
    /// one.
    pub(super) fn next_step(&self, steps: usize) -> Option<Duration> {
        self.then.iter().flatten().nth(steps)?;
        let past = self.then.iter().flatten().take(steps + 1);
        Some(past.fold(Duration::ZERO, |sum, step| sum.saturating_add(step.after)))
    }
}

/// What is done about heat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeatPolicy {
    /// The encoder's limit at [`ThermalLevel::Fair`].
    pub fair: EncoderLimit,
    /// At [`ThermalLevel::Serious`].
    pub serious: EncoderLimit,
    /// At [`ThermalLevel::Critical`].
    pub critical: EncoderLimit,
    /// What is done beside that at [`ThermalLevel::Critical`], from its beginning on.
    pub at_critical: Policy,
    /// A level counts until the device has been below it for so long without a break, so that
    /// nothing flaps at a boundary. A higher one counts at once.
    pub cooling: Duration,
}

impl HeatPolicy {
    /// The encoder's limit at a level.
    pub const fn limit(&self, level: ThermalLevel) -> EncoderLimit {
        match level {
            ThermalLevel::Nominal => EncoderLimit::NONE,
            ThermalLevel::Fair => self.fair,
            ThermalLevel::Serious => self.serious,
            ThermalLevel::Critical => self.critical,
        }
    }
}

/// What the system takes from an app that is in the background.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackgroundLoss {
    /// The camera: no less than the last picture is shown instead, until the camera has delivered
    /// a picture again.
    pub camera: bool,
    /// The encoder: no picture is sent, and it is made anew before the next one.
    pub encoder: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interruption::{Picture, Sound};

    #[test]
    fn steps_follow_one_another_and_empty_places_are_skipped() {
        let slate = Response::show(Picture::Slate, Sound::Muted);
        let step = |seconds, response| Some(Step { after: Duration::from_secs(seconds), response });
        let policy = Policy {
            first: Response::CARRY_ON,
            then: [step(2, slate), None, step(300, Response::Stop)],
        };
        let responses: Vec<_> = (0..4).map(|steps| policy.response(steps)).collect();
        assert_eq!(responses, [Response::CARRY_ON, slate, Response::Stop, Response::Stop]);
        let next: Vec<_> = (0..3).map(|steps| policy.next_step(steps)).collect();
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(next, [seconds(2), seconds(302), None]);
    }

    #[test]
    fn steps_that_never_come_do_no_harm() {
        let never = Some(Step { after: Duration::MAX, response: Response::Stop });
        let policy = Policy { first: Response::CARRY_ON, then: [never; Policy::MAX_STEPS] };
        assert_eq!(policy.next_step(2), Some(Duration::MAX));
    }
}
