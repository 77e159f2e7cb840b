//! How long to leave a live input alone, so that one look serves several payloads.

use std::time::Duration;

use golive::Time;

use super::PAYLOAD;

/// A payload waits no longer than this for others: what libsrt, which looks every 10 ms, adds too.
const LONGEST: Duration = Duration::from_millis(8);

/// Payloads that are sent together, about: as many as QUIC sends at once (RFC 9002, 7.7).
const MOST: f64 = 10.0;

/// Pauses shorter than this cost more than they save.
const SHORTEST: Duration = Duration::from_micros(200);

/// The rate is measured over at least this long.
const WINDOW: Duration = Duration::from_millis(50);

/// The rate of an input, and what follows from it.
pub(super) struct Gathering {
    since: Time,
    bytes: usize,
    pause: Duration,
    last_look: Time,
}

impl Gathering {
    pub(super) fn new(now: Time) -> Self {
        Self { since: now, bytes: 0, pause: Duration::ZERO, last_look: now }
    }

    /// Takes note of `bytes` that were read at `now`. Answers over how long they came: since the
    /// last look, or since the pause before it began if that was longer ago.
    pub(super) fn read(&mut self, now: Time, bytes: usize) -> Duration {
        self.bytes += bytes;
        let elapsed = now.since(self.since);
        if elapsed >= WINDOW {
            let payloads = self.bytes as f64 / PAYLOAD as f64;
            let pause = elapsed.mul_f64(MOST / payloads.max(MOST * 1e-3)).min(LONGEST);
            self.pause = if pause < SHORTEST { Duration::ZERO } else { pause };
            (self.since, self.bytes) = (now, 0);
        }
        let span = now.since(self.last_look).min(self.pause);
        self.last_look = now;
        span
    }

    /// How long to leave the input alone before the next look.
    pub(super) fn pause(&self) -> Duration {
        self.pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An input of so many payloads a second, looked at as often as it is said to; answers with
    /// the last pause and the last span.
    fn watch(payloads_a_second: u64) -> (Duration, Duration) {
        let mut now = Time::ZERO;
        let mut gathering = Gathering::new(now);
        let (mut taken, mut span) = (0, Duration::ZERO);
        while now < Time::from_millis(1_000) {
            now += gathering.pause().max(Duration::from_micros(10));
            let come = now.as_micros() * payloads_a_second / 1_000_000;
            span = gathering.read(now, (come - taken) as usize * PAYLOAD);
            taken = come;
        }
        (gathering.pause(), span)
    }

    #[test]
    fn a_slow_input_is_looked_at_every_few_milliseconds() {
        assert_eq!(watch(475), (LONGEST, LONGEST));
        assert_eq!(watch(1), (LONGEST, LONGEST));
    }

    #[test]
    fn a_fast_input_is_sent_a_few_payloads_at_a_time() {
        let (pause, _) = watch(28_500);
        let payloads = pause.as_secs_f64() * 28_500.0;
        assert!((9.0..=11.0).contains(&payloads), "{payloads} payloads in {pause:?}");
    }

    #[test]
    fn an_input_faster_than_any_pause_is_read_without_one() {
        assert_eq!(watch(200_000).0, Duration::ZERO);
    }
}
