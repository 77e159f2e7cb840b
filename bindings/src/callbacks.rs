//! The thread on which an app's code is called.
//!
//! It holds no lock while it calls, and nobody waits for it but who wants to know that the app's
//! devices are released. What waits for it is bounded: of each kind of command the newest.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use async_channel::{Receiver, Sender};
use golive::ErrorKind;

use crate::encoder::{CallbackFailure, Encoder, EncoderTarget};
use crate::error::GoliveFailure;
use crate::event::EventSink;
use crate::sink::FrameSink;

/// What an app's encoder is to do.
pub(crate) enum Command {
    Start(Arc<FrameSink>, EncoderTarget),
    Target(EncoderTarget),
    Keyframe,
    Restart,
    Muted(bool),
    Stop,
}

/// Commands that wait, each kind in its place. Clones go to the same thread.
#[derive(Clone)]
pub(crate) struct Callbacks {
    mailbox: Arc<Mailbox>,
    /// Closed when the encoder has been stopped.
    done: Receiver<()>,
    /// What `start` answered.
    started: Receiver<Result<(), CallbackFailure>>,
}

#[derive(Default)]
struct Mailbox {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    start: Option<(Arc<FrameSink>, EncoderTarget)>,
    muted: Option<bool>,
    target: Option<EncoderTarget>,
    restart: bool,
    keyframe: bool,
    stop: bool,
}

impl Callbacks {
    /// A thread that calls `encoder`, until it is told to stop.
    pub(crate) fn start(encoder: Arc<dyn Encoder>) -> Result<Self, GoliveFailure> {
        let mailbox = Arc::new(Mailbox::default());
        let (done_sender, done) = async_channel::bounded(1);
        let (answer, started) = async_channel::bounded(1);
        let called = Called { mailbox: mailbox.clone(), encoder, answer };
        spawn("golive-callbacks", move || {
            called.run();
            done_sender.close();
        })?;
        Ok(Self { mailbox, done, started })
    }

    /// Leaves a command for the thread.
    pub(crate) fn tell(&self, command: Command) {
        let mut waiting = self.mailbox.lock();
        match command {
            Command::Start(sink, target) => waiting.start = Some((sink, target)),
            Command::Target(target) => waiting.target = Some(target),
            Command::Keyframe => waiting.keyframe = true,
            Command::Restart => waiting.restart = true,
            Command::Muted(muted) => waiting.muted = Some(muted),
            Command::Stop => waiting.stop = true,
        }
        self.mailbox.changed.notify_one();
    }

    /// What the encoder answered when it was started.
    pub(crate) async fn started(&self) -> Result<(), GoliveFailure> {
        let Ok(answer) = self.started.recv().await else { return Ok(()) };
        answer.map_err(|error| {
            let reason = format!("the app's encoder does not start: {error}");
            GoliveFailure::new(ErrorKind::Media, reason, None)
        })
    }

    /// Closed when the encoder has been stopped.
    pub(crate) fn done(&self) -> Receiver<()> {
        self.done.clone()
    }
}

impl Mailbox {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything that waits, waiting for it.
    fn take(&self) -> Waiting {
        let nothing = |waiting: &mut Waiting| {
            waiting.start.is_none()
                && waiting.muted.is_none()
                && waiting.target.is_none()
                && !(waiting.restart || waiting.keyframe || waiting.stop)
        };
        let waiting = self.changed.wait_while(self.lock(), nothing);
        std::mem::take(&mut *waiting.unwrap_or_else(PoisonError::into_inner))
    }
}

/// What runs on the thread.
struct Called {
    mailbox: Arc<Mailbox>,
    encoder: Arc<dyn Encoder>,
    answer: Sender<Result<(), CallbackFailure>>,
}

impl Called {
    fn run(self) {
        let mut sink = None;
        loop {
            let waiting = self.mailbox.take();
            if let Some((given, target)) = waiting.start.filter(|_| !waiting.stop) {
                sink = Some(given.clone());
                // Whoever asked may have stopped waiting.
                let _ = self.answer.try_send(self.encoder.start(given, target));
            }
            let note = |method, result: Result<(), CallbackFailure>| {
                if let (Err(error), Some(sink)) = (result, &sink) {
                    sink.report_app_failed(method, &error);
                }
            };
            if waiting.stop {
                self.answer.close();
                if sink.is_some()
                    && let Err(error) = self.encoder.stop()
                {
                    // There is nobody left to hear of it as an event.
                    tracing::warn!(%error, "the app's encoder failed in stop");
                }
                return;
            }
            if let Some(muted) = waiting.muted {
                note("setMuted", self.encoder.set_muted(muted));
            }
            if let Some(target) = waiting.target {
                note("setTarget", self.encoder.set_target(target));
            }
            if waiting.restart {
                note("restart", self.encoder.restart());
            }
            if waiting.keyframe {
                note("requestKeyframe", self.encoder.request_keyframe());
            }
        }
    }
}

/// Tells `sink` of each event, until there are no more.
pub(crate) fn tell_events(
    sink: Arc<dyn EventSink>,
    mut events: golive::Events,
) -> Result<(), GoliveFailure> {
    spawn("golive-events", move || {
        while let Some(event) = events.next_blocking() {
            if let Err(error) = sink.on_event(event.into()) {
                // Told as an event, it would come back here.
                tracing::warn!(%error, "the app's event sink failed");
            }
        }
    })
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<(), GoliveFailure> {
    thread::Builder::new().name(name.to_owned()).spawn(run).map(drop).map_err(|error| {
        let reason = "the system refused a thread: close other programs, and try again";
        GoliveFailure::new(ErrorKind::System, reason, Some(error.to_string()))
    })
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    /// Tells what it is told, and waits for leave to go on.
    struct Slow {
        told: mpsc::SyncSender<String>,
        leave: Mutex<mpsc::Receiver<()>>,
    }

    impl Slow {
        fn note(&self, what: String) -> Result<(), CallbackFailure> {
            self.told.send(what).unwrap();
            self.leave.lock().unwrap().recv().unwrap();
            Ok(())
        }
    }

    impl Encoder for Slow {
        fn start(&self, _: Arc<FrameSink>, _: EncoderTarget) -> Result<(), CallbackFailure> {
            self.note("start".into())
        }

        fn set_target(&self, target: EncoderTarget) -> Result<(), CallbackFailure> {
            self.note(format!("target {}", target.video_bits_per_second))
        }

        fn request_keyframe(&self) -> Result<(), CallbackFailure> {
            self.note("keyframe".into())
        }

        fn restart(&self) -> Result<(), CallbackFailure> {
            self.note("restart".into())
        }

        fn set_muted(&self, muted: bool) -> Result<(), CallbackFailure> {
            self.note(format!("muted {muted}"))
        }

        fn stop(&self) -> Result<(), CallbackFailure> {
            self.note("stop".into())
        }
    }

    fn target(video_bits_per_second: u64) -> EncoderTarget {
        EncoderTarget {
            video_bits_per_second,
            frames_per_second: 30,
            width_pixels: 1280,
            height_pixels: 720,
            audio_bits_per_second: 128_000,
        }
    }

    #[test]
    fn what_comes_while_the_app_is_at_work_is_told_once_and_the_newest() {
        let (told, heard) = mpsc::sync_channel(64);
        let (leave, waits) = mpsc::channel();
        let encoder = Slow { told, leave: Mutex::new(waits) };
        let callbacks = Callbacks::start(Arc::new(encoder)).unwrap();
        let hear = || heard.recv_timeout(Duration::from_secs(5)).unwrap();
        callbacks.tell(Command::Keyframe);
        assert_eq!(hear(), "keyframe");
        for bitrate in 1..=1_000 {
            callbacks.tell(Command::Target(target(bitrate)));
            callbacks.tell(Command::Keyframe);
        }
        callbacks.tell(Command::Muted(true));
        (0..4).for_each(|_| leave.send(()).unwrap());
        assert_eq!([hear(), hear(), hear()], ["muted true", "target 1000", "keyframe"]);
        callbacks.tell(Command::Stop);
        assert!(callbacks.done().recv_blocking().is_err(), "it closes when the thread ends");
        assert!(heard.try_recv().is_err(), "what was never started is not stopped");
    }
}
