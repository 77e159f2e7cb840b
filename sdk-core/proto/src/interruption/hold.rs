//! A cause that holds, and how far its escalation has come.

use super::{Policy, Response};
use crate::units::Time;

/// A cause that holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hold {
    pub(super) since: Time,
    /// When it ended, as long as that has not settled.
    pub(super) ended: Option<Time>,
    /// Runs while its policy applies: heat has one only at the highest level.
    pub(super) escalation: Option<Escalation>,
}

/// How far a policy has come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Escalation {
    pub(super) since: Time,
    steps: usize,
}

impl Hold {
    pub(super) fn new(since: Time) -> Self {
        Self { since, ended: None, escalation: Some(Escalation::new(since)) }
    }

    pub(super) fn response(&self, policy: &Policy) -> Response {
        let response = |escalation: Escalation| policy.response(escalation.steps);
        self.escalation.map_or(Response::CARRY_ON, response)
    }

    /// When the next step is taken. What has ended takes none.
    pub(super) fn escalates_at(&self, policy: &Policy) -> Option<Time> {
        let escalation = self.escalation.filter(|_| self.ended.is_none())?;
        policy.next_step(escalation.steps).map(|after| escalation.since + after)
    }
}

impl Escalation {
    pub(super) fn new(since: Time) -> Self {
        Self { since, steps: 0 }
    }

    pub(super) fn step(&mut self) {
        self.steps += 1;
    }
}
