//! What is told to the app, in sentences for a person.

use std::fmt;
use std::time::Duration;

use super::{Cause, EncoderLimit, Response, Scene, ThermalLevel};

/// Something that happened, for the app to show or to log.
///
/// `change` is what is done from now on, all causes considered, if it is something else than
/// before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A cause began. Heat tells of its levels instead.
    Began {
        /// Which.
        cause: Cause,
        /// What is done from now on, if it is something else than before.
        change: Option<Response>,
        /// The limit that the cause brings, if it does.
        limit: Option<EncoderLimit>,
    },
    /// A cause has held for so long that its policy takes a step.
    Escalated {
        /// Which.
        cause: Cause,
        /// Since its beginning; since the highest level was reached, for heat.
        after: Duration,
        /// What is done from now on, if it is something else than before.
        change: Option<Response>,
    },
    /// A cause is over, and did not begin again within the settling time. Heat tells of its
    /// levels instead.
    Ended {
        /// Which.
        cause: Cause,
        /// From its beginning to its end, the settling time left out.
        lasted: Duration,
        /// Of those that still hold, the one that demands most of what is shown and heard.
        holding: Option<Cause>,
        /// What is done from now on, if it is something else than before.
        change: Option<Response>,
    },
    /// The level of heat that counts is another.
    Heat {
        /// What it was.
        from: ThermalLevel,
        /// What it is.
        to: ThermalLevel,
        /// The encoder's limit at this level; low power may limit it further.
        limit: EncoderLimit,
        /// What is done from now on, if it is something else than before.
        change: Option<Response>,
    },
    /// The camera was awaited, and has delivered its first picture.
    CameraDelivers {
        /// What is done from now on.
        change: Response,
    },
    /// Camera and microphone are on air again.
    Resumed {
        /// How long one of them was not.
        after: Duration,
    },
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Began { cause, change, limit: None } => {
                write!(f, "{}: {}", cause.beginning(), Change(*change))
            }
            Event::Began { cause, change, limit: Some(limit) } => {
                write!(f, "{}: {limit}", cause.beginning())?;
                change.map_or(Ok(()), |change| write!(f, ", {change}"))
            }
            Event::Escalated { cause, after, change } => {
                write!(f, "{}, for {} now: {}", cause, Seconds(*after), Change(*change))
            }
            Event::Ended { cause, lasted, holding, change } => {
                write!(f, "{}, after {}", cause.ending(), Seconds(*lasted))?;
                match (holding, change) {
                    (Some(holding), _) => write!(f, ", and {holding}: {}", Change(*change)),
                    // What follows at once says so.
                    (None, None | Some(Response::CARRY_ON)) => Ok(()),
                    (None, Some(change)) => write!(f, ": {change}"),
                }
            }
            Event::Heat { from, to, limit, change } => {
                let verb = if to > from { "rose" } else { "fell" };
                write!(f, "the heat {verb} from {from} to {to}: {limit}")?;
                change.map_or(Ok(()), |change| write!(f, ", {change}"))
            }
            Event::CameraDelivers { change: Response::CARRY_ON } => {
                f.write_str("the camera delivers pictures again")
            }
            Event::CameraDelivers { change } => {
                write!(f, "the camera delivers pictures again: {change}")
            }
            Event::Resumed { after } => {
                write!(f, "{} again, after {}", Scene::LIVE, Seconds(*after))
            }
        }
    }
}

/// What is done from now on, or that it is the same.
struct Change(Option<Response>);

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(response) => response.fmt(f),
            None => f.write_str("nothing changes"),
        }
    }
}

/// Seconds, to a tenth.
struct Seconds(Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} s", self.0.as_secs_f64())
    }
}
