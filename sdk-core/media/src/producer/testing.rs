//! What the tests of sources need of a producer.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use golive_proto::units::Time;

#[cfg(feature = "camera")]
use super::CaptureContext;
use super::shared::Shared;
use crate::{Config, Sink};

pub(crate) fn clock() -> Time {
    static START: OnceLock<Instant> = OnceLock::new();
    let elapsed = START.get_or_init(Instant::now).elapsed();
    Time::from_micros(elapsed.as_micros() as u64)
}

pub(crate) fn shared(sink: Sink) -> Arc<Shared> {
    Arc::new(Shared::new(clock, clock(), Config::default().target(), sink))
}

#[cfg(feature = "camera")]
pub(crate) fn context(shared: Arc<Shared>) -> CaptureContext {
    CaptureContext { shared, hand_over: Arc::default(), halt: Arc::default() }
}
