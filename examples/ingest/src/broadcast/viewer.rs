//! One viewer's queue.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use golive_proto::units::MediaTime;
use tokio::sync::Notify;

/// How much media may wait for a viewer. One that is further behind skips to the next key frame.
const MAX_BEHIND: Duration = Duration::from_secs(2);
/// How much may wait, however little time it spans.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// A message to a page. Clones share the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Message {
    /// JSON.
    Text(Arc<str>),
    /// A segment behind its header.
    Binary(Bytes),
}

impl Message {
    fn length(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) => bytes.len(),
        }
    }
}

/// A fragment of media, ready for viewers.
#[derive(Clone, Debug)]
pub(crate) struct Fragment {
    pub(crate) message: Message,
    /// Whether playing can begin here.
    pub(crate) entry: bool,
    /// Where it lies on the timeline.
    pub(crate) time: MediaTime,
}

/// What waits for one viewer: filled by the broadcast, emptied by the viewer's connection, never
/// more than a few seconds, whatever either does.
#[derive(Debug, Default)]
pub(crate) struct Viewer {
    queue: Mutex<Queue>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<(Message, Option<MediaTime>)>,
    bytes: usize,
    /// How far behind a viewer that just joined may be: it was given media from the past.
    head_start: Duration,
    /// Nothing is queued until the next point of entry, because something was left out.
    skipping: bool,
    /// The way to read the media was among what was left out.
    lost_preamble: bool,
    closed: bool,
}

impl Viewer {
    /// The next message; nothing when the broadcast is gone.
    pub(crate) async fn next(&self) -> Option<Message> {
        loop {
            let changed = self.changed.notified();
            {
                let mut queue = self.lock();
                if let Some(message) = queue.pop() {
                    return Some(message);
                }
                if queue.closed {
                    return None;
                }
            }
            changed.await;
        }
    }

    /// Gives a new viewer the way to read the media, and the media since the last point of entry.
    pub(super) fn welcome(&self, preamble: &[Message], past: &VecDeque<Fragment>) {
        let mut queue = self.lock();
        queue.push_preamble(preamble);
        queue.skipping = past.is_empty();
        if let (Some(first), Some(last)) = (past.front(), past.back()) {
            queue.head_start = last.time.since(first.time);
        }
        for fragment in past {
            queue.push(fragment.message.clone(), Some(fragment.time));
        }
        self.changed.notify_one();
    }

    /// The media is to be read another way from here on, which `messages` tell a viewer who
    /// follows.
    pub(super) fn change(&self, messages: &[Message]) {
        let mut queue = self.lock();
        if queue.skipping {
            queue.lost_preamble = true;
        } else {
            queue.push_preamble(messages);
            self.changed.notify_one();
        }
    }

    /// Queues a fragment, or leaves it out if the viewer is too far behind.
    pub(super) fn offer(&self, fragment: &Fragment, preamble: &[Message]) {
        let mut queue = self.lock();
        if !queue.skipping && queue.is_full(fragment) {
            queue.skip();
        }
        if queue.skipping {
            if !fragment.entry {
                return;
            }
            queue.skipping = false;
            if std::mem::take(&mut queue.lost_preamble) {
                queue.push_preamble(preamble);
            }
        }
        queue.push(fragment.message.clone(), Some(fragment.time));
        self.changed.notify_one();
    }

    /// Nothing more will come.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn push(&mut self, message: Message, time: Option<MediaTime>) {
        self.bytes += message.length();
        self.waiting.push_back((message, time));
    }

    fn push_preamble(&mut self, preamble: &[Message]) {
        for message in preamble {
            self.push(message.clone(), None);
        }
    }

    fn pop(&mut self) -> Option<Message> {
        let (message, _) = self.waiting.pop_front()?;
        self.bytes -= message.length();
        if self.waiting.is_empty() {
            self.head_start = Duration::ZERO;
        }
        Some(message)
    }

    fn is_full(&self, next: &Fragment) -> bool {
        let oldest = self.waiting.iter().find_map(|(_, time)| *time);
        let behind = oldest.is_some_and(|oldest| {
            next.time.since(oldest) > MAX_BEHIND.saturating_add(self.head_start)
        });
        behind || self.bytes > MAX_BYTES
    }

    /// Throws away what waits.
    fn skip(&mut self) {
        self.lost_preamble |= self.waiting.iter().any(|(_, time)| time.is_none());
        self.waiting.clear();
        self.bytes = 0;
        self.head_start = Duration::ZERO;
        self.skipping = true;
    }
}
