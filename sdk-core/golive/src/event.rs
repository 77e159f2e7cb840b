//! What happens to a broadcast, with causes.

use std::collections::VecDeque;
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use async_channel::{Receiver, Sender};
use futures_core::Stream;
use golive_proto::media::Track;
use golive_proto::session;

/// Something that happened. Its `Display` is a sentence for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The connection, the uplink, or the end of the broadcast.
    Session(session::Event),
    /// A camera, microphone or file.
    Device(DeviceEvent),
    /// The local recording.
    Recording(RecordingEvent),
    /// One of several networks.
    Network(NetworkEvent),
}

/// What happened to one of the networks that a broadcast uses at once, by the address that this
/// device has on it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NetworkEvent {
    /// The ingest knows it: it carries, or could.
    Joined {
        /// Which one.
        address: IpAddr,
    },
    /// It does not answer: the others carry on.
    Silent {
        /// Which one.
        address: IpAddr,
    },
    /// It answers again.
    Returned {
        /// Which one.
        address: IpAddr,
    },
    /// What it may cost is used up.
    BudgetSpent {
        /// Which one.
        address: IpAddr,
    },
    /// Nothing is under way on it any more, as it was about to go away or its budget is spent.
    Left {
        /// Which one.
        address: IpAddr,
    },
    /// Its socket could not be opened, or failed. It is tried again.
    Failed {
        /// Which one.
        address: IpAddr,
        /// What the system said.
        cause: String,
    },
    /// Its socket could be opened after all.
    Opened {
        /// Which one.
        address: IpAddr,
    },
    /// The ingest takes no broadcast over several networks from this device.
    Refused,
}

/// A device came, went or changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeviceEvent {
    /// It disappeared. The broadcast goes on with the last picture, or silence, and looks for it.
    Lost {
        /// Its name.
        device: String,
        /// What the system said.
        cause: String,
    },
    /// It is back.
    Back {
        /// Its name.
        device: String,
    },
    /// An encoder failed, and is made anew with the next picture or sound.
    EncoderFailed {
        /// Which of the two.
        track: Track,
        /// What the encoder said.
        cause: String,
    },
    /// This machine was too busy to take everything that was captured. Told once a second at most.
    Overrun {
        /// Which of the two.
        track: Track,
        /// How much was lost since it was last told; zero where the system does not say.
        lost: Duration,
    },
    /// A method of the app's own encoder failed. The broadcast goes on.
    AppFailed {
        /// Which one.
        method: String,
        /// What it said.
        cause: String,
    },
    /// A file came to its end. The last picture, or silence, follows.
    SourceEnded {
        /// Which of the two.
        track: Track,
    },
}

/// What became of the local recording.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordingEvent {
    /// It ended early; what was written until then is kept. The broadcast goes on.
    Failed {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        cause: String,
    },
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Session(event) => event.fmt(f),
            Event::Device(event) => event.fmt(f),
            Event::Recording(event) => event.fmt(f),
            Event::Network(event) => event.fmt(f),
        }
    }
}

impl fmt::Display for NetworkEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NetworkEvent::Joined { address } => write!(f, "the network of {address} is in use"),
            NetworkEvent::Silent { address } => {
                write!(f, "the network of {address} does not answer; the others carry on")
            }
            NetworkEvent::Returned { address } => {
                write!(f, "the network of {address} answers again")
            }
            NetworkEvent::BudgetSpent { address } => {
                write!(f, "the budget of the network of {address} is spent; going on without it")
            }
            NetworkEvent::Left { address } => write!(f, "the network of {address} is left"),
            NetworkEvent::Failed { address, cause } => write!(
                f,
                "the network of {address} cannot be used ({cause}); going on without it and \
                 looking for it"
            ),
            NetworkEvent::Opened { address } => {
                write!(f, "the network of {address} is there again")
            }
            NetworkEvent::Refused => f.write_str(
                "the ingest takes no broadcast over several networks: leave out the addresses",
            ),
        }
    }
}

impl fmt::Display for DeviceEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DeviceEvent::Lost { device, cause } => {
                write!(f, "{device} is gone ({cause}); going on without it and looking for it")
            }
            DeviceEvent::Back { device } => write!(f, "{device} is back"),
            DeviceEvent::EncoderFailed { track, cause } => {
                write!(f, "the encoder of the {} failed ({cause}); making it anew", name(*track))
            }
            DeviceEvent::Overrun { track, lost } if lost.is_zero() => {
                write!(f, "this machine is too busy: some of the {} was lost", name(*track))
            }
            DeviceEvent::Overrun { track, lost } => write!(
                f,
                "this machine is too busy: {} ms of the {} were lost",
                lost.as_millis(),
                name(*track)
            ),
            DeviceEvent::AppFailed { method, cause } => {
                write!(f, "the app's own encoder failed in {method} ({cause}); going on")
            }
            DeviceEvent::SourceEnded { track } => {
                write!(f, "the file's {} came to its end", name(*track))
            }
        }
    }
}

fn name(track: Track) -> &'static str {
    match track {
        Track::Video => "picture",
        Track::Audio => "sound",
    }
}

impl fmt::Display for RecordingEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RecordingEvent::Failed { path, cause } => write!(
                f,
                "the recording {} ended early: {cause}; what was written is kept, and the \
                 broadcast goes on",
                path.display()
            ),
        }
    }
}

/// A broadcast's events, as a stream, or one by one for a thread that waits.
///
/// It begins with what happened before it was asked for, as far as that is kept. A reader that
/// falls far behind misses the oldest.
#[derive(Debug)]
pub struct Events {
    receiver: Pin<Box<Receiver<Event>>>,
}

impl Events {
    /// The next event, waiting for it; nothing once the broadcast is over.
    pub fn next_blocking(&mut self) -> Option<Event> {
        self.receiver.recv_blocking().ok()
    }

    /// The next event if there is one now.
    pub fn try_next(&mut self) -> Option<Event> {
        self.receiver.try_recv().ok()
    }
}

impl Stream for Events {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Event>> {
        self.receiver.as_mut().poll_next(context)
    }
}

/// Hands events to everyone who asked for them.
#[derive(Debug, Default)]
pub(crate) struct Publisher {
    state: Mutex<PublisherState>,
}

#[derive(Debug, Default)]
struct PublisherState {
    recent: VecDeque<Event>,
    readers: Vec<Sender<Event>>,
    closed: bool,
}

/// Events kept for readers that come late, and for each reader that is slow.
const KEPT: usize = 256;

impl Publisher {
    pub(crate) fn publish(&self, event: Event) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.recent.len() == KEPT {
            state.recent.pop_front();
        }
        state.recent.push_back(event.clone());
        state.readers.retain(|reader| reader.force_send(event.clone()).is_ok());
    }

    pub(crate) fn subscribe(&self) -> Events {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (sender, receiver) = async_channel::bounded(KEPT);
        for event in &state.recent {
            // There is room for all that is kept.
            let _ = sender.try_send(event.clone());
        }
        if !state.closed {
            state.readers.push(sender);
        }
        Events { receiver: Box::pin(receiver) }
    }

    /// No more events: readers come to their end.
    pub(crate) fn close(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.closed = true;
        state.readers.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(number: u32) -> Event {
        Event::Session(session::Event::Connecting { attempt: number })
    }

    #[test]
    fn readers_see_what_came_before_them_and_slow_ones_lose_the_oldest() {
        let publisher = Publisher::default();
        publisher.publish(event(1));
        let mut slow = publisher.subscribe();
        for number in 2..=300 {
            publisher.publish(event(number));
        }
        let mut late = publisher.subscribe();
        publisher.close();
        assert_eq!(late.next_blocking(), Some(event(45)));
        assert_eq!(slow.next_blocking(), Some(event(45)));
        let rest = std::iter::from_fn(|| slow.next_blocking()).count();
        assert_eq!(rest, 255);
    }
}
