//! What happens to a broadcast, with causes.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use async_channel::{Receiver, Sender};
use futures_core::Stream;
use golive::session::{EndCause, Interruption, TargetReason};
use golive::{DeviceEvent, NetworkEvent, RecordingEvent, session};

use crate::encoder::{CallbackFailure, EncoderTarget};
use crate::health::millis;
use crate::sink::MediaTrack;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct Event {
    /// A sentence for a person.
    pub sentence: String,
    /// What it is, for a program.
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, uniffi::Enum)]
pub enum EventKind {
    /// A handshake begins. Attempts count from one, anew after each loss of a connection.
    Connecting {
        /// Which attempt this is.
        attempt: u32,
    },
    /// The ingest takes the stream.
    Live {
        /// How long the ingest holds every packet back, as negotiated.
        latency_ms: u64,
        /// Whether the stream is encrypted.
        encrypted: bool,
        /// From the first attempt to the end of the handshake.
        took_ms: u64,
        /// Whether an earlier connection of the same broadcast was lost.
        resumed: bool,
    },
    /// The connection is lost or silent, and a new one is being made.
    Recovering {
        /// Why.
        cause: Interrupted,
    },
    /// The connection that was thought lost answers again.
    Returned,
    /// The ingest refused an attempt; another one follows.
    RefusedForNow {
        /// In its words.
        reason: String,
    },
    /// The encoder is asked for something else.
    TargetChanged {
        /// What it is asked for now.
        target: EncoderTarget,
        /// Why.
        reason: TargetChange,
    },
    /// The encoder does not do what it is told.
    EncoderFault {
        /// What is wrong.
        fault: String,
        /// What is done about it.
        remedy: String,
    },
    /// The uplink carried less than was produced, and frames were dropped whole.
    FramesDropped {
        /// Pictures.
        video: u32,
        /// Frames of sound.
        audio: u32,
    },
    /// Another packet filter rebuilds what is lost from now on, or could not be had.
    Filter,
    /// A camera or microphone is gone; the broadcast goes on without it.
    DeviceLost {
        /// Its name.
        device: String,
        /// What the system said.
        reason: String,
    },
    /// It is back.
    DeviceBack {
        /// Its name.
        device: String,
    },
    /// A codec failed, and is made anew.
    CodecFailed {
        /// Which of the two.
        track: MediaTrack,
        /// What it said.
        reason: String,
    },
    /// A method of the app's own encoder failed.
    AppFailed {
        /// Which one.
        method: String,
        /// What it said.
        reason: String,
    },
    /// This machine was too busy to take everything that was captured.
    Overrun {
        /// Which of the two.
        track: MediaTrack,
        /// How much was lost since it was last told; zero where the system does not say.
        lost_ms: u64,
    },
    /// A file came to its end.
    SourceEnded {
        /// Which of the two.
        track: MediaTrack,
    },
    /// The local recording ended early; what was written is kept.
    RecordingFailed {
        /// Which file.
        path: String,
        /// What the system said.
        reason: String,
    },
    /// One of several networks came, went or changed.
    Network {
        /// The address that this device has on it; none where all are concerned.
        address: Option<String>,
        /// Whether it may carry from now on.
        usable: bool,
    },
    /// The broadcast is over.
    Ended {
        /// Why.
        cause: Ended,
    },
    /// What this version of the bindings has no word for; the sentence tells it.
    Other,
}

/// Why a connection is being replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum Interrupted {
    /// Nothing was heard from the ingest.
    Silence,
    /// The ingest closed the connection.
    ClosedByIngest,
    /// The system reported that the network is gone.
    NetworkLost,
}

/// Why the encoder is asked for something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum TargetChange {
    /// The uplink carries less than is sent.
    Congestion,
    /// The uplink has room.
    Recovery,
    /// The uplink carries too little for so many pictures, such large ones, or so much sound.
    Reduced,
    /// The uplink has had room for more for a while.
    Restored,
    /// The encoder does not change its frame rate or size, and is not asked to any more.
    Unchangeable,
    /// The connection is new.
    Reconnected,
    /// The owner asked.
    Asked,
}

/// Why a broadcast is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum Ended {
    /// The owner stopped it.
    Stopped,
    /// The ingest refused it in a way that trying again cannot change.
    Refused,
    /// The ingest did not answer for too long.
    Unreachable,
}

/// Hears of each event, on a thread that does nothing else.
#[uniffi::export(foreign)]
pub trait EventSink: Send + Sync {
    /// Something happened.
    ///
    /// # Errors
    ///
    /// Noted in the log; the next event comes all the same.
    fn on_event(&self, event: Event) -> Result<(), CallbackFailure>;
}

/// A broadcast's events one by one, from its beginning as far as that is kept. A reader that falls
/// far behind misses the oldest.
#[derive(uniffi::Object)]
pub struct EventReader {
    /// Closed when there is something to read from, or never will be.
    begun: Receiver<()>,
    subscribe: Box<dyn Fn() -> Option<golive::Events> + Send + Sync>,
    reader: Reader,
    /// Dropped when nobody waits any more.
    cancels: Mutex<Option<Sender<()>>>,
    cancelled: Receiver<()>,
}

/// Locked over an await, by whoever reads: two readers of one stream take turns.
type Reader = async_lock::Mutex<Option<golive::Events>>;

#[uniffi::export]
impl EventReader {
    /// The next event, waiting for it; nothing once the broadcast is over or the reading cancelled.
    pub async fn next(&self) -> Option<Event> {
        let mut cancelled = pin!(self.cancelled.recv());
        let mut next = pin!(self.read());
        poll_fn(|context| match cancelled.as_mut().poll(context) {
            Poll::Ready(_) => Poll::Ready(None),
            Poll::Pending => next.as_mut().poll(context),
        })
        .await
    }

    /// Ends the reading: whoever waits gets nothing, at once, and so does whoever asks later. For
    /// languages whose cancellation does not reach [`next`](Self::next) by itself.
    pub fn cancel(&self) {
        // Whoever waits may be woken here and now: not with the lock held.
        let cancels = self.cancels.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(cancels);
    }
}

impl EventReader {
    async fn read(&self) -> Option<Event> {
        let mut reader = self.reader.lock().await;
        if reader.is_none() {
            // It carries nothing: it closes.
            let _ = self.begun.recv().await;
            *reader = (self.subscribe)();
        }
        let events = reader.as_mut()?;
        poll_fn(|context| Pin::new(&mut *events).poll_next(context)).await.map(Event::from)
    }

    pub(crate) fn new(
        begun: Receiver<()>,
        subscribe: impl Fn() -> Option<golive::Events> + Send + Sync + 'static,
    ) -> Arc<Self> {
        let (cancels, cancelled) = async_channel::bounded(1);
        Arc::new(Self {
            begun,
            subscribe: Box::new(subscribe),
            reader: Reader::default(),
            cancels: Mutex::new(Some(cancels)),
            cancelled,
        })
    }
}

impl From<golive::Event> for Event {
    fn from(event: golive::Event) -> Self {
        let sentence = event.to_string();
        let kind = match event {
            golive::Event::Session(event) => of_session(event),
            golive::Event::Device(event) => of_device(event),
            golive::Event::Recording(RecordingEvent::Failed { path, cause }) => {
                EventKind::RecordingFailed { path: path.display().to_string(), reason: cause }
            }
            golive::Event::Network(event) => of_network(&event),
            _ => EventKind::Other,
        };
        Self { sentence, kind }
    }
}

fn of_session(event: session::Event) -> EventKind {
    use session::Event as Session;
    match event {
        Session::Connecting { attempt } => EventKind::Connecting { attempt },
        Session::Live { latency, encrypted, took, resumed } => EventKind::Live {
            latency_ms: millis(latency),
            encrypted,
            took_ms: millis(took),
            resumed,
        },
        Session::Recovering { cause } => EventKind::Recovering {
            cause: match cause {
                Interruption::ClosedByPeer => Interrupted::ClosedByIngest,
                Interruption::NetworkLost => Interrupted::NetworkLost,
                _ => Interrupted::Silence,
            },
        },
        Session::Returned => EventKind::Returned,
        Session::RefusedForNow { rejection } => {
            EventKind::RefusedForNow { reason: rejection.to_string() }
        }
        Session::TargetChanged { target, reason } => {
            EventKind::TargetChanged { target: target.into(), reason: reason.into() }
        }
        Session::Encoder { fault, remedy } => {
            EventKind::EncoderFault { fault: fault.to_string(), remedy: remedy.to_string() }
        }
        Session::FramesDropped { video, audio } => EventKind::FramesDropped { video, audio },
        Session::FilterChanged { .. } | Session::FilterStays { .. } => EventKind::Filter,
        Session::Ended { cause } => EventKind::Ended { cause: (&cause).into() },
        _ => EventKind::Other,
    }
}

fn of_device(event: DeviceEvent) -> EventKind {
    match event {
        DeviceEvent::Lost { device, cause } => EventKind::DeviceLost { device, reason: cause },
        DeviceEvent::Back { device } => EventKind::DeviceBack { device },
        DeviceEvent::EncoderFailed { track, cause } => {
            EventKind::CodecFailed { track: track.into(), reason: cause }
        }
        DeviceEvent::AppFailed { method, cause } => EventKind::AppFailed { method, reason: cause },
        DeviceEvent::Overrun { track, lost } => {
            EventKind::Overrun { track: track.into(), lost_ms: millis(lost) }
        }
        DeviceEvent::SourceEnded { track } => EventKind::SourceEnded { track: track.into() },
        _ => EventKind::Other,
    }
}

fn of_network(event: &NetworkEvent) -> EventKind {
    let (address, usable) = match event {
        NetworkEvent::Joined { address }
        | NetworkEvent::Returned { address }
        | NetworkEvent::Opened { address } => (Some(address), true),
        NetworkEvent::Silent { address }
        | NetworkEvent::BudgetSpent { address }
        | NetworkEvent::Left { address }
        | NetworkEvent::Failed { address, .. } => (Some(address), false),
        _ => (None, false),
    };
    EventKind::Network { address: address.map(ToString::to_string), usable }
}

impl From<TargetReason> for TargetChange {
    fn from(reason: TargetReason) -> Self {
        match reason {
            TargetReason::Congestion | TargetReason::Loss => Self::Congestion,
            TargetReason::Recovery => Self::Recovery,
            TargetReason::FewerPictures
            | TargetReason::SmallerPictures
            | TargetReason::LessSound => Self::Reduced,
            TargetReason::MorePictures | TargetReason::LargerPictures | TargetReason::MoreSound => {
                Self::Restored
            }
            TargetReason::Unchangeable => Self::Unchangeable,
            TargetReason::Reconnected => Self::Reconnected,
            _ => Self::Asked,
        }
    }
}

impl From<&EndCause> for Ended {
    fn from(cause: &EndCause) -> Self {
        match cause {
            EndCause::Refused(_) => Self::Refused,
            EndCause::Unreachable(_) => Self::Unreachable,
            _ => Self::Stopped,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Waker};

    use super::*;

    #[test]
    fn who_waits_for_an_event_gets_nothing_once_the_reading_is_cancelled() {
        let (_begins, begun) = async_channel::bounded(1);
        let reader = EventReader::new(begun, || None);
        let mut next = pin!(reader.next());
        let mut context = Context::from_waker(Waker::noop());
        assert!(next.as_mut().poll(&mut context).is_pending());
        reader.cancel();
        assert_eq!(next.as_mut().poll(&mut context), Poll::Ready(None));
    }
}
