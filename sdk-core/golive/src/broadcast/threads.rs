//! Bringing a broadcast's threads to life.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex};
use std::thread;

use async_channel::Sender;
use golive_proto::media::AccessUnit;
use golive_proto::mux::mpegts;
use golive_proto::session::{self, Session};
use golive_proto::transport::srtla;

use super::Broadcast;
use super::builder::{Begun, Builder};
use super::carrier::{Carrier, Command};
use super::control::Control;
use super::recorder::Recorder;
use super::shared::Shared;
use super::sockets::Sockets;
use crate::clock;
use crate::encoder::{EncoderOutput, Program, Sink};
use crate::error::{Error, ErrorKind};
use crate::event::{DeviceEvent, Event};
use crate::net::{Waker, waker};

/// Access units and words on their way to the media thread, which takes them within a
/// millisecond: some seconds of media, should it ever be kept from running.
const WAITING_COMMANDS: usize = 512;
/// Commands on their way to the encoder.
const WAITING_CONTROL: usize = 64;

/// Starts everything. What fails here fails before anyone is on air.
pub(super) fn begin(mut builder: Builder) -> Result<Begun, Error> {
    builder.check()?;
    let (mut encoder, program) = builder.take_encoder()?;
    let epoch = clock::now();
    let shared = Arc::new(Shared::default());
    let (waker, waiter) = waker().map_err(system_error)?;
    let (carrier_sender, carrier_receiver) = async_channel::bounded(WAITING_COMMANDS);
    let (control_sender, control_receiver) = sync_channel(WAITING_CONTROL);
    let (started_sender, started) = async_channel::bounded(1);
    let (done_sender, done) = async_channel::bounded(1);

    let config = session_config(&builder, program, epoch);
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|error| {
        Error::with_source(ErrorKind::System, "the system gives no random numbers", error)
    })?;
    let endpoint = builder.destination.endpoint();

    let program = mpegts::Config { video: program.video, audio: program.audio };
    let record = |path: &std::path::PathBuf| Recorder::start(path, program, shared.clone());
    let recorder = builder.record.as_ref().map(record).transpose()?;
    let output = EncoderOutput {
        epoch,
        sink: Arc::new(Outlet {
            carrier: carrier_sender.clone(),
            waker: waker.clone(),
            recorder: recorder.as_ref().map(Recorder::units),
            overflowing: AtomicBool::new(false),
            shared: shared.clone(),
        }),
    };
    if let Err(error) = encoder.start(output, builder.target()) {
        if let Some(recorder) = recorder {
            recorder.finish();
        }
        return Err(error);
    }

    let control = Control {
        encoder,
        recorder,
        commands: control_receiver,
        carrier: carrier_sender.clone(),
        waker: waker.clone(),
        shared: shared.clone(),
        done: done_sender,
    };
    spawn("golive-control", move || control.run())?;

    let bonding = srtla::Config { latency: builder.destination.transport().latency };
    let (commands, wake) = (carrier_sender.clone(), waker.clone());
    let sockets = Sockets::new(endpoint, &builder.vias, bonding, commands, wake);
    let carrier = Carrier {
        session: Session::new(config, epoch, seed),
        sockets,
        waiter,
        commands: carrier_receiver,
        control: control_sender.clone(),
        shared: shared.clone(),
        started: Some(started_sender),
        next_health: epoch,
    };
    spawn("golive-media", move || carrier.run())?;

    let asked = Mutex::new(builder.target());
    let broadcast = Broadcast {
        shared,
        carrier: carrier_sender,
        control: control_sender,
        waker,
        done,
        asked,
        bonded: !builder.vias.is_empty(),
    };
    Ok(Begun { broadcast, started })
}

/// What the session is told of what the owner said.
pub(crate) fn session_config(
    builder: &Builder,
    program: Program,
    epoch: golive_proto::units::Time,
) -> session::Config {
    session::Config {
        transport: builder.destination.transport(),
        role: builder.destination.role(),
        video: program.video,
        audio: program.audio,
        target: builder.target(),
        minimum_bitrate: builder.minimum_bitrate,
        adaptive: builder.adaptive,
        adaptation: builder.adaptation,
        queue_limit: builder.queue_limit,
        epoch,
        reconnect: builder.reconnect,
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<(), Error> {
    thread::Builder::new().name(name.to_owned()).spawn(run).map(drop).map_err(system_error)
}

fn system_error(error: io::Error) -> Error {
    let message = "the system refused a thread or a pipe: close other programs, and try again";
    Error::with_source(ErrorKind::System, message, error)
}

/// Where the encoder's output goes: to the media thread, and into the recording.
struct Outlet {
    carrier: Sender<Command>,
    waker: Waker,
    recorder: Option<Sender<AccessUnit>>,
    overflowing: AtomicBool,
    shared: Arc<Shared>,
}

impl Sink for Outlet {
    fn unit(&self, unit: AccessUnit) {
        if let Some(recorder) = &self.recorder {
            // A full queue is a disk that stands still; a closed one has been reported.
            let _ = recorder.try_send(unit.clone());
        }
        let full = self.carrier.try_send(Command::Unit(unit)).is_err();
        if full && !self.overflowing.swap(true, Ordering::Relaxed) && !self.carrier.is_closed() {
            tracing::error!("the media thread does not run: access units are lost");
        }
        self.waker.wake();
    }

    fn device(&self, event: DeviceEvent) {
        self.shared.events.publish(Event::Device(event));
    }
}
