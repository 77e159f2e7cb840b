//! How hot the device counts as: a level that was reached counts until it has been left for long
//! enough.

use std::collections::BTreeMap;
use std::time::Duration;

use super::ThermalLevel;
use crate::units::Time;

/// The highest level of the last while.
#[derive(Debug, Default)]
pub(super) struct Heat {
    reported: ThermalLevel,
    /// The levels above the reported one that still count, and when the device fell below each.
    left: BTreeMap<ThermalLevel, Time>,
}

const ABOVE_NOMINAL: [ThermalLevel; 3] =
    [ThermalLevel::Fair, ThermalLevel::Serious, ThermalLevel::Critical];

impl Heat {
    /// The system says how hot the device is.
    pub(super) fn report(&mut self, now: Time, level: ThermalLevel) {
        for each in ABOVE_NOMINAL {
            if level >= each {
                self.left.remove(&each);
            } else if self.reported >= each {
                self.left.insert(each, now);
            }
        }
        self.reported = level;
    }

    /// The level that counts.
    pub(super) fn level(&self) -> ThermalLevel {
        self.left.keys().next_back().map_or(self.reported, |left| self.reported.max(*left))
    }

    /// When the level that counts falls, if nothing is reported until then.
    pub(super) fn cools_at(&self, cooling: Duration) -> Option<Time> {
        self.left.values().next_back().map(|left| *left + cooling)
    }

    /// Forgets the levels that were left for long enough.
    pub(super) fn cool(&mut self, now: Time, cooling: Duration) {
        self.left.retain(|_, left| *left + cooling > now);
    }
}
