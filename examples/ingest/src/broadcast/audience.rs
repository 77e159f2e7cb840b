//! Everyone who watches one broadcast, and what someone who joins now needs.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};
use std::time::Duration;

use golive_proto::units::ByteCount;

use super::viewer::{Fragment, Message, Viewer};

/// A GOP longer than this is not kept for viewers who join within it: they wait for the next key
/// frame.
const LONGEST_GOP: Duration = Duration::from_secs(12);
/// Nor is one with more bytes than this.
const LARGEST_GOP: ByteCount = ByteCount::new(24 * 1024 * 1024);
/// Sound alone can be joined at each frame: this much is enough to begin with.
const SOUND_KEPT: Duration = Duration::from_millis(500);

/// Hands each fragment to every viewer, at the speed of the broadcast, whoever is slow.
#[derive(Debug, Default)]
pub(super) struct Audience {
    viewers: Vec<Weak<Viewer>>,
    /// How the media is to be read: `start` and the initialization segments.
    preamble: Vec<Message>,
    /// The fragments since the last point of entry; empty if they are too many.
    gop: VecDeque<Fragment>,
    gop_bytes: ByteCount,
}

impl Audience {
    /// Lets in a viewer, who stays until the returned handle is dropped.
    pub(super) fn join(&mut self) -> Arc<Viewer> {
        let viewer = Arc::new(Viewer::default());
        viewer.welcome(&self.preamble, &self.gop);
        self.viewers.push(Arc::downgrade(&viewer));
        viewer
    }

    /// How many watch.
    pub(super) fn len(&self) -> usize {
        self.viewers.iter().filter(|viewer| viewer.strong_count() > 0).count()
    }

    /// The media is to be read by `preamble` from here on.
    pub(super) fn start(&mut self, preamble: Vec<Message>) {
        self.preamble = preamble;
        self.forget();
        let preamble = &self.preamble;
        for_each(&mut self.viewers, |viewer| viewer.change(preamble));
    }

    /// As [`Audience::start`], but viewers who follow already need only `message`.
    pub(super) fn amend(&mut self, preamble: Vec<Message>, message: Message) {
        self.preamble = preamble;
        self.forget();
        for_each(&mut self.viewers, |viewer| viewer.change(std::slice::from_ref(&message)));
    }

    /// Hands out a fragment.
    pub(super) fn publish(&mut self, fragment: Fragment) {
        let preamble = &self.preamble;
        for_each(&mut self.viewers, |viewer| viewer.offer(&fragment, preamble));
        self.keep(fragment);
    }

    /// Ends it for everyone.
    pub(super) fn close(&mut self) {
        for_each(&mut self.viewers, |viewer| viewer.close());
        self.viewers.clear();
    }

    /// Forgets the media that a new viewer would begin with.
    fn forget(&mut self) {
        self.gop.clear();
        self.gop_bytes = ByteCount::ZERO;
    }

    fn keep(&mut self, fragment: Fragment) {
        let span = self.gop.front().map(|first| fragment.time.since(first.time));
        let only_entries = self.gop.iter().all(|kept| kept.entry);
        let begins = fragment.entry && (!only_entries || span.is_none_or(|span| span > SOUND_KEPT));
        if begins {
            self.forget();
        } else if self.gop.is_empty() {
            return;
        }
        if let Message::Binary(bytes) = &fragment.message {
            self.gop_bytes += ByteCount::from(bytes.len());
        }
        self.gop.push_back(fragment);
        if span.is_some_and(|span| span > LONGEST_GOP) && !begins || self.gop_bytes > LARGEST_GOP {
            self.forget();
        }
    }
}

fn for_each(viewers: &mut Vec<Weak<Viewer>>, mut tell: impl FnMut(&Viewer)) {
    viewers.retain(|viewer| viewer.upgrade().map(|viewer| tell(&viewer)).is_some());
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use golive_proto::units::MediaTime;

    use super::*;

    fn text(text: &str) -> Message {
        Message::Text(text.into())
    }

    /// A picture each 100 ms, the first of each second a key frame.
    fn picture(number: i64) -> Fragment {
        Fragment {
            message: Message::Binary(Bytes::from(format!("picture {number}"))),
            entry: number % 10 == 0,
            time: MediaTime::from_millis(number * 100),
        }
    }

    /// What waits for a viewer now.
    fn waiting(viewer: &Viewer) -> Vec<String> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut messages = Vec::new();
            loop {
                tokio::select! {
                    biased;
                    message = viewer.next() => match message {
                        Some(Message::Text(text)) => messages.push(text.to_string()),
                        Some(Message::Binary(bytes)) => {
                            messages.push(String::from_utf8(bytes.to_vec()).unwrap());
                        }
                        None => messages.push("end".to_owned()),
                    },
                    () = std::future::ready(()) => return messages,
                }
                if messages.last().is_some_and(|last| last == "end") {
                    return messages;
                }
            }
        })
    }

    fn pictures(numbers: impl Iterator<Item = i64>) -> Vec<String> {
        numbers.map(|number| format!("picture {number}")).collect()
    }

    fn live() -> Audience {
        let mut audience = Audience::default();
        audience.start(vec![text("start"), text("init")]);
        audience
    }

    #[test]
    fn who_joins_late_begins_at_the_last_key_frame() {
        let mut audience = live();
        (0..17).for_each(|number| audience.publish(picture(number)));
        let viewer = audience.join();
        audience.publish(picture(17));
        let mut expected = vec!["start".to_owned(), "init".to_owned()];
        expected.extend(pictures(10..18));
        assert_eq!(waiting(&viewer), expected);
    }

    #[test]
    fn who_joins_before_the_first_key_frame_waits_for_it() {
        let mut audience = live();
        (5..9).for_each(|number| audience.publish(picture(number)));
        let viewer = audience.join();
        (9..12).for_each(|number| audience.publish(picture(number)));
        assert_eq!(waiting(&viewer)[2..], pictures(10..12));
    }

    #[test]
    fn a_slow_viewer_skips_to_a_key_frame_and_delays_nobody() {
        let mut audience = live();
        let (slow, quick) = (audience.join(), audience.join());
        let mut seen = Vec::new();
        for number in 0..45 {
            audience.publish(picture(number));
            seen.extend(waiting(&quick));
        }
        assert_eq!(seen[2..], pictures(0..45));
        let mut expected = vec!["start".to_owned(), "init".to_owned()];
        expected.extend(pictures(30..45));
        assert_eq!(waiting(&slow), expected, "two seconds behind at picture 21");
    }

    #[test]
    fn nobody_makes_memory_grow_without_bound() {
        let mut audience = live();
        let viewer = audience.join();
        let large = Bytes::from(vec![0; 1024 * 1024]);
        for number in 0..1_000 {
            let message = Message::Binary(large.clone());
            let time = MediaTime::from_millis(number);
            audience.publish(Fragment { message, entry: number == 0, time });
        }
        assert!(waiting_bytes(&viewer) <= 18 * 1024 * 1024);
        assert_eq!(audience.gop.len(), 0);
    }

    fn waiting_bytes(viewer: &Viewer) -> usize {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut bytes = 0;
            loop {
                tokio::select! {
                    biased;
                    message = viewer.next() => if let Some(Message::Binary(data)) = message {
                        bytes += data.len();
                    },
                    () = std::future::ready(()) => return bytes,
                }
            }
        })
    }

    #[test]
    fn a_change_of_format_reaches_everyone_and_drops_the_past() {
        let mut audience = live();
        let early = audience.join();
        (0..5).for_each(|number| audience.publish(picture(number)));
        audience.start(vec![text("another")]);
        let late = audience.join();
        (10..12).for_each(|number| audience.publish(picture(number)));
        assert_eq!(waiting(&late), ["another", "picture 10", "picture 11"]);
        let seen = waiting(&early);
        assert_eq!(seen[seen.len() - 3..], ["another", "picture 10", "picture 11"]);
    }

    #[test]
    fn sound_alone_is_kept_for_half_a_second() {
        let mut audience = live();
        for number in 0..100 {
            audience.publish(Fragment { entry: true, ..picture(number) });
        }
        assert!((1..=6).contains(&audience.gop.len()), "{}", audience.gop.len());
    }

    #[test]
    fn who_has_left_is_forgotten() {
        let mut audience = live();
        let viewer = audience.join();
        assert_eq!(audience.len(), 1);
        drop(viewer);
        assert_eq!(audience.len(), 0);
        audience.publish(picture(0));
        assert!(audience.viewers.is_empty());
    }
}
