//! Whether a microphone is there.

use std::any::Any;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use golive_proto::media::Track;
use golive_proto::units::Time;

use super::Intake;
use crate::error::Error;
use crate::event::Event;
use crate::producer::{Halt, Shared};

/// A microphone that delivers nothing for this long is gone, whatever its driver thinks.
const SILENCE: Duration = Duration::from_secs(2);
/// From one look for a lost microphone to the next.
const RETRY: Duration = Duration::from_secs(1);
/// How often to look.
const PATIENCE: Duration = Duration::from_millis(100);

/// An open device, which leaves its sound in the intake that it was opened with.
pub(crate) struct Device {
    pub(crate) name: String,
    pub(crate) notices: Receiver<Notice>,
    /// Whatever keeps it open: dropping it closes the device.
    #[expect(dead_code, reason = "it is only held")]
    pub(crate) stream: Box<dyn Any + Send>,
}

/// What a device says beside its sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    /// Sound was lost inside the driver.
    Overrun,
    /// Nothing more will come.
    Gone(String),
}

/// Opens the microphone.
pub(crate) type Opener = Box<dyn FnMut(&Arc<Intake>) -> Result<Device, Error> + Send>;

/// Watches `device`, and opens it again with `open` whenever it was lost, until `halt`.
pub(super) fn run(
    shared: &Shared,
    intake: &Arc<Intake>,
    halt: &Halt,
    open: Opener,
    device: Device,
) {
    let opened = (shared.clock)();
    let name = device.name.clone();
    let mut watch = Watch { shared, intake, open, name, state: State::Present { device, opened } };
    while !halt.wait(PATIENCE) {
        watch.step((shared.clock)());
    }
}

struct Watch<'a> {
    shared: &'a Shared,
    intake: &'a Arc<Intake>,
    open: Opener,
    name: String,
    state: State,
}

enum State {
    Present {
        device: Device,
        opened: Time,
    },
    /// Not there; or there again, but without a sound yet.
    Lost {
        device: Option<Device>,
        since: Time,
    },
}

impl Watch<'_> {
    fn step(&mut self, now: Time) {
        let lost = self.intake.take_lost();
        if !lost.is_zero() {
            self.shared.report_overrun(Track::Audio, lost);
        }
        match &self.state {
            State::Present { device, opened } => {
                let heard = self.intake.last().map_or(*opened, |last| last.max(*opened));
                if let Some(reason) = self.trouble(device, now.since(heard)) {
                    let (track, name) = (Track::Audio, self.name.clone());
                    self.shared.report(Event::DeviceLost { track, name, reason });
                    self.state = State::Lost { device: None, since: now };
                }
            }
            State::Lost { device: Some(_), since } if self.intake.last() > Some(*since) => {
                self.back(now)
            }
            State::Lost { since, .. } if now.since(*since) < RETRY => {}
            State::Lost { .. } => {
                // Whatever was opened and stayed silent is closed first.
                self.state = State::Lost { device: None, since: now };
                let device = (self.open)(self.intake).ok();
                self.state = State::Lost { device, since: now };
            }
        }
    }

    /// Why the device must be given up, if it must.
    fn trouble(&self, device: &Device, silent: Duration) -> Option<String> {
        for notice in device.notices.try_iter() {
            match notice {
                Notice::Overrun => self.shared.report_overrun(Track::Audio, Duration::ZERO),
                Notice::Gone(reason) => return Some(reason),
            }
        }
        (silent >= SILENCE).then(|| "no sound for two seconds".to_owned())
    }

    fn back(&mut self, now: Time) {
        let lost = State::Lost { device: None, since: now };
        if let State::Lost { device: Some(device), .. } = std::mem::replace(&mut self.state, lost) {
            self.name.clone_from(&device.name);
            self.state = State::Present { device, opened: now };
            let name = self.name.clone();
            self.shared.report(Event::DeviceBack { track: Track::Audio, name });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::mpsc::{Receiver, channel, sync_channel};
    use std::time::Instant;

    use super::super::Microphone;
    use super::*;
    use crate::encode::{CHANNELS, FRAME_SAMPLES};
    use crate::event::Output;
    use crate::producer::testing;

    /// Sounds for 300 ms, in pieces of 10 ms, then says that it is gone.
    fn short_lived(shared: Arc<Shared>, intake: Arc<Intake>) -> Device {
        let (sender, notices) = sync_channel(1);
        intake.open(48_000).unwrap();
        std::thread::spawn(move || {
            for _ in 0..30 {
                std::thread::sleep(Duration::from_millis(10));
                intake.push(&shared, [0.5_f32; 480].into_iter(), 1, (shared.clock)());
            }
            drop(sender.send(Notice::Gone("unplugged".to_owned())));
        });
        Device { name: "fake".to_owned(), notices, stream: Box::new(()) }
    }

    fn next_event(events: &Receiver<Output>) -> Event {
        let output = events.recv_timeout(Duration::from_secs(20)).unwrap();
        let Output::Event(event) = output else { panic!("{output:?}") };
        event
    }

    #[test]
    fn a_microphone_that_goes_away_is_reported_and_found_again() {
        let (sender, events) = channel();
        let shared = testing::shared(Box::new(move |output| drop(sender.send(output))));
        let attempts = AtomicU32::new(0);
        let for_device = shared.clone();
        let open = move |intake: &Arc<Intake>| match attempts.fetch_add(1, Ordering::Relaxed) {
            1 => Err(Error::NoMicrophone(None)),
            _ => Ok(short_lived(for_device.clone(), intake.clone())),
        };
        let began = Instant::now();
        let microphone = Microphone::start(shared, Box::new(open)).unwrap();
        let lost = next_event(&events);
        assert!(
            matches!(&lost, Event::DeviceLost { reason, .. } if reason == "unplugged"),
            "{lost:?}"
        );
        let back = next_event(&events);
        assert!(matches!(&back, Event::DeviceBack { name, .. } if name == "fake"), "{back:?}");
        assert!(began.elapsed() > RETRY, "one attempt a second, the first of which failed");
        drop(microphone);
    }

    #[test]
    fn a_microphone_without_a_sound_is_lost_too() {
        let (sender, events) = channel();
        let shared = testing::shared(Box::new(move |output| drop(sender.send(output))));
        let (_kept, notices) = sync_channel(1);
        let mut only = Some(Device { name: "mute".to_owned(), notices, stream: Box::new(()) });
        let open = move |_: &Arc<Intake>| only.take().ok_or(Error::NoMicrophone(None));
        let microphone = Microphone::start(shared, Box::new(open)).unwrap();
        let mut block = [1; FRAME_SAMPLES * CHANNELS];
        microphone.fill(0, &mut block);
        assert!(block.iter().all(|&sample| sample == 0), "silence meanwhile");
        assert!(matches!(next_event(&events), Event::DeviceLost { .. }));
    }

    #[test]
    fn a_microphone_that_is_not_there_is_an_error_at_once() {
        let shared = testing::shared(Box::new(|_| {}));
        let open = |_: &Arc<Intake>| Err(Error::NoMicrophone(Some("desk".to_owned())));
        let error = Microphone::start(shared, Box::new(open)).err().unwrap();
        assert!(error.to_string().contains("desk"), "{error}");
    }
}
