//! The one clock of a broadcast: monotonic, and going on while the device sleeps.

use std::time::{SystemTime, UNIX_EPOCH};

use golive_proto::units::Time;

/// Now, on the clock that everything in Golive is stamped with.
///
/// Sleep counts: after a night in a pocket the peer has been silent for a night.
pub fn now() -> Time {
    system::now()
}

/// Milliseconds since 1970 on the wall clock, for what people and other machines read.
pub fn wall_millis() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(unix)]
mod system {
    use golive_proto::units::Time;
    use rustix::time::{ClockId, clock_gettime};

    #[cfg(any(target_os = "linux", target_os = "android"))]
    const CLOCK: ClockId = ClockId::Boottime;
    // Apple's monotonic clock goes on during sleep.
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    const CLOCK: ClockId = ClockId::Monotonic;

    pub(super) fn now() -> Time {
        let time = clock_gettime(CLOCK);
        let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
        let micros = u64::try_from(time.tv_nsec).unwrap_or(0) / 1_000;
        Time::from_micros(seconds * 1_000_000 + micros)
    }
}

#[cfg(not(unix))]
mod system {
    use std::sync::OnceLock;
    use std::time::Instant;

    use golive_proto::units::Time;

    static START: OnceLock<Instant> = OnceLock::new();

    // The performance counter behind `Instant` goes on during sleep on Windows.
    pub(super) fn now() -> Time {
        let elapsed = START.get_or_init(Instant::now).elapsed();
        Time::from_micros(u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX))
    }
}
