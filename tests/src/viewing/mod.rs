//! What a viewer gets of a broadcast that real programs carry: how much of it is seen on time, how
//! often the picture stands, and with how many pictures the decoder finds fault.
//!
//! A [`Receiver`] is `srt-live-transmit`, and keeps what it gives out and when. From that,
//! [`pictures`] makes a list: `ffmpeg` decodes it, and the time of capture is read from the clock
//! that is burnt into each picture. [`Viewing::judge`] looks at nothing but that list.

mod arrivals;
mod decoder;
mod receiver;

use std::time::Duration;

use golive_proto::units::{Bitrate, ByteCount, Time};

pub use decoder::{LUMA_HEIGHT, LUMA_WIDTH};
pub use receiver::{Datagram, Receiver, now, pictures};

/// A picture that came out of a receiver and went through a decoder. Times are on the wall clock,
/// since 1970.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Picture {
    /// When it was taken.
    pub captured: Time,
    /// When its last byte was given out; nothing if a part of it never was.
    pub arrived: Option<Time>,
    /// How long it is, encoded.
    pub length: ByteCount,
    /// Whether decoding can begin with it.
    pub keyframe: bool,
    /// Whether the decoder missed something: what the picture refers to, or a part of it.
    pub faulty: bool,
    /// Whether packets were lost for good since the last whole key frame, or a part of this picture,
    /// so that nobody is to be blamed for a fault.
    pub after_loss: bool,
}

/// What a viewer got.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Viewing {
    /// How long was judged.
    pub length: Duration,
    /// For how much of that the picture was fresh: a thirtieth of a second from its capture on, and
    /// one more for those who make 15 a second where there is little room.
    pub fresh: Duration,
    /// Pictures that could be decoded and came on time.
    pub on_time: u64,
    /// Pictures that could be decoded and came too late.
    pub late: u64,
    /// Encoded bytes of those on time.
    pub on_time_bytes: ByteCount,
    /// How often the picture stood for more than 200 ms.
    pub freezes: u64,
    /// The longest of these times.
    pub longest_freeze: Duration,
    /// All of them.
    pub frozen: Duration,
    /// Pictures with which the decoder found fault.
    pub faulty: u64,
    /// Those of them before which nothing was lost: what they refer to has never been sent.
    pub unexplained: u64,
}

/// From one picture to the next.
const SLOT: Duration = Duration::from_micros(33_333);
/// For so long a picture is fresh, a little more than two slots, as clocks are read in milliseconds.
const FRESH: Duration = Duration::from_millis(70);
/// A viewer notices that the picture stands.
const FREEZE: Duration = Duration::from_millis(200);

impl Viewing {
    /// Judges what was captured between two moments. `pictures` are in the order in which they were
    /// sent. One is on time if it can be decoded and was given out within `budget` of its capture;
    /// after a fault nothing can be decoded until the next key frame.
    pub fn judge(pictures: &[Picture], from: Time, until: Time, budget: Duration) -> Self {
        let mut viewing = Self { length: until.since(from), ..Self::default() };
        let inside = |picture: &Picture| (from..until).contains(&picture.captured);
        let mut shown = Vec::new();
        let mut decodable = false;
        for picture in pictures {
            decodable = (decodable || picture.keyframe) && !picture.faulty;
            if !inside(picture) {
                continue;
            }
            viewing.faulty += u64::from(picture.faulty);
            viewing.unexplained += u64::from(picture.faulty && !picture.after_loss);
            let Some(arrived) = picture.arrived.filter(|_| decodable) else { continue };
            if arrived.since(picture.captured) > budget {
                viewing.late += 1;
                continue;
            }
            viewing.on_time += 1;
            viewing.on_time_bytes += picture.length;
            shown.push(picture.captured);
        }
        shown.sort_unstable();
        viewing.look_at_gaps(from, until, &shown);
        viewing
    }

    /// `shown` are the times of capture of what was on time, in order.
    fn look_at_gaps(&mut self, from: Time, until: Time, shown: &[Time]) {
        let begins = std::iter::once(&from).chain(shown);
        for (begin, end) in begins.zip(shown.iter().chain([&until])) {
            let gap = end.since(*begin);
            let has_picture = *begin != from || shown.first() == Some(&from);
            self.fresh += if has_picture { gap.min(FRESH) } else { Duration::ZERO };
            let stood = gap.saturating_sub(SLOT);
            if stood > FREEZE {
                self.freezes += 1;
                self.frozen += stood;
                self.longest_freeze = self.longest_freeze.max(stood);
            }
        }
    }

    /// The share of the time in which the picture was fresh, in per cent.
    pub fn fresh_percent(&self) -> f64 {
        self.fresh.as_secs_f64() * 100.0 / self.length.as_secs_f64().max(1e-6)
    }

    /// What arrived on time, pictures alone.
    pub fn on_time_rate(&self) -> Bitrate {
        Bitrate::average(self.on_time_bytes, self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGIN: Time = Time::from_millis(1_000_000);
    const BUDGET: Duration = Duration::from_millis(500);

    fn captured(number: u32) -> Time {
        BEGIN + SLOT * number
    }

    /// Pictures with these numbers, each given out 400 ms after its capture; every sixtieth is a key
    /// frame.
    fn pictures(numbers: impl IntoIterator<Item = u32>) -> Vec<Picture> {
        let picture = |number: u32| Picture {
            captured: captured(number),
            arrived: Some(captured(number) + Duration::from_millis(400)),
            length: ByteCount::new(1_000),
            keyframe: number.is_multiple_of(60),
            faulty: false,
            after_loss: false,
        };
        numbers.into_iter().map(picture).collect()
    }

    fn judge(pictures: &[Picture]) -> Viewing {
        Viewing::judge(pictures, BEGIN, captured(120), BUDGET)
    }

    #[test]
    fn a_whole_broadcast_is_fresh_all_the_time() {
        let viewing = judge(&pictures(0..120));
        assert!(viewing.fresh_percent() > 99.9, "{viewing:?}");
        assert_eq!((viewing.on_time, viewing.late, viewing.freezes), (120, 0, 0));
        assert_eq!(viewing.on_time_bytes, ByteCount::new(120_000));
        let half = judge(&pictures((0..120).step_by(2)));
        assert!(half.fresh_percent() > 99.9, "15 a second are fresh as well: {half:?}");
    }

    #[test]
    fn a_gap_is_a_freeze_of_its_length_wherever_it_is() {
        let middle = judge(&pictures((0..60).chain(90..120)));
        assert_eq!((middle.freezes, middle.longest_freeze), (1, SLOT * 30));
        assert_eq!(middle.frozen, middle.longest_freeze);
        assert!((74.0..77.0).contains(&middle.fresh_percent()), "{middle:?}");
        assert_eq!(judge(&pictures((0..60).chain(66..120))).freezes, 0, "200 ms are none");
        assert_eq!(judge(&pictures(60..120)).freezes, 1, "none at the beginning");
        assert_eq!(judge(&pictures(0..60)).freezes, 1, "none at the end");
        let nothing = judge(&[]);
        assert_eq!((nothing.freezes, nothing.fresh), (1, Duration::ZERO));
    }

    #[test]
    fn what_comes_too_late_is_not_shown_and_what_refers_to_it_is() {
        let mut late = pictures(0..120);
        for picture in &mut late[60..90] {
            picture.arrived = Some(picture.captured + BUDGET + Duration::from_millis(1));
        }
        let viewing = judge(&late);
        assert_eq!((viewing.on_time, viewing.late, viewing.freezes), (90, 30, 1));
    }

    #[test]
    fn after_a_fault_nothing_is_shown_until_the_next_key_frame() {
        let mut faulty = pictures(0..120);
        faulty[40].faulty = true;
        let viewing = judge(&faulty);
        assert_eq!((viewing.faulty, viewing.unexplained), (1, 1));
        assert_eq!((viewing.on_time, viewing.longest_freeze), (100, SLOT * 20));
        faulty[40].after_loss = true;
        faulty[40].arrived = None;
        assert_eq!(judge(&faulty).unexplained, 0);
        assert_eq!(judge(&faulty).on_time, 100);
    }
}
