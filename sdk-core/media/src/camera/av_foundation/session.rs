//! The capture session of a program: `AVCaptureSession`, with one camera at a time, and what it
//! delivers and says.

use std::ffi::c_void;
use std::ptr::NonNull;
use std::sync::{Arc, LazyLock, Mutex};

use block2::RcBlock;
use dispatch2::{DispatchQueue, DispatchQueueAttr, DispatchRetained};
use golive_proto::rate::EncoderTarget;
use objc2::rc::Retained;
use objc2::runtime::{AnyObject, NSObjectProtocol, ProtocolObject};
use objc2::{AnyThread, DefinedClass, define_class, msg_send};
use objc2_av_foundation::{
    AVCaptureConnection, AVCaptureDevice, AVCaptureDeviceInput,
    AVCaptureDeviceWasDisconnectedNotification, AVCaptureOutput, AVCaptureSession,
    AVCaptureSessionErrorKey, AVCaptureSessionRuntimeErrorNotification,
    AVCaptureSessionWasInterruptedNotification, AVCaptureVideoDataOutput,
    AVCaptureVideoDataOutputSampleBufferDelegate, AVMediaTypeVideo,
};
use objc2_core_media::{CMClock, CMSampleBuffer};
use objc2_core_video::kCVPixelBufferPixelFormatTypeKey;
use objc2_foundation::{
    NSDictionary, NSError, NSNotification, NSNotificationCenter, NSNotificationName, NSNumber,
    NSObject, NSString,
};

use super::Receiver;
#[cfg(not(target_os = "macos"))]
use super::device::Configuration;
use super::device::Device;
use super::horizon::{Horizon, turn};
use crate::apple::{PIXEL_FORMAT, PixelBuffer};
use crate::camera::{Message, rules};
use crate::config::CameraControls;
use crate::error::Error;
use crate::producer::locked;

/// Whether sensors lie across the device, as in phones.
const SIDEWAYS: bool = cfg!(not(target_os = "macos"));

/// Where pictures go at the moment.
type Slot = Arc<Mutex<Option<Receiver>>>;

/// Who put a camera into the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lease(u64);

/// The session of this program.
pub(super) struct Session {
    handle: Handle,
    state: Mutex<State>,
    slot: Slot,
}

struct Handle(Retained<AVCaptureSession>);

// SAFETY: AVFoundation lets any thread use a session; it is changed by one at a time, behind the
// lock of the state, and besides only counted.
#[allow(unsafe_code)]
unsafe impl Send for Handle {}
// SAFETY: as above.
#[allow(unsafe_code)]
unsafe impl Sync for Handle {}

struct State {
    output: Retained<AVCaptureVideoDataOutput>,
    current: Option<Current>,
    leases: u64,
    controls: CameraControls,
    /// Says which way is up, where nobody said how pictures are to be turned.
    horizon: Option<Horizon>,
    /// Only held: it delivers for as long as it lives.
    _delegate: Retained<Delegate>,
    _queue: DispatchRetained<DispatchQueue>,
    _observers: Vec<Retained<ProtocolObject<dyn NSObjectProtocol>>>,
}

// SAFETY: AVFoundation and the centre of notifications let any thread use these, one at a time; the
// delegate's own state is behind a lock.
#[allow(unsafe_code)]
unsafe impl Send for State {}

/// A camera in the session.
struct Current {
    lease: Lease,
    device: Device,
    input: Retained<AVCaptureDeviceInput>,
    target: EncoderTarget,
}

/// The session of this program, made at its first use.
pub(super) fn the_one() -> &'static Session {
    static SESSION: LazyLock<Session> = LazyLock::new(Session::new);
    &SESSION
}

impl Session {
    fn new() -> Self {
        let slot = Slot::default();
        let delegate = Delegate::new(slot.clone());
        let queue = DispatchQueue::new("golive.camera", DispatchQueueAttr::SERIAL);
        // SAFETY: the objects are new, and used by nobody else yet; the setting is of the type that
        // AVFoundation documents for its key, and the queue is a serial one.
        #[allow(unsafe_code)]
        let (session, output) = unsafe {
            let session = AVCaptureSession::new();
            let output = AVCaptureVideoDataOutput::new();
            let key: &NSString = kCVPixelBufferPixelFormatTypeKey.as_ref();
            let format = NSNumber::new_u32(PIXEL_FORMAT);
            let format: &AnyObject = &format;
            let settings = NSDictionary::from_slices(&[key], &[format]);
            output.setVideoSettings(Some(&settings));
            output.setAlwaysDiscardsLateVideoFrames(true);
            let receiver = ProtocolObject::from_ref(&*delegate);
            output.setSampleBufferDelegate_queue(Some(receiver), Some(&queue));
            // The app's sound is none of a camera's business.
            #[cfg(not(target_os = "macos"))]
            session.setAutomaticallyConfiguresApplicationAudioSession(false);
            if session.canAddOutput(&output) {
                session.addOutput(&output);
            }
            (session, output)
        };
        let observers = observe(&session, &slot);
        let state = State {
            output,
            current: None,
            leases: 0,
            controls: CameraControls::default(),
            horizon: None,
            _delegate: delegate,
            _queue: queue,
            _observers: observers,
        };
        Self { handle: Handle(session), state: Mutex::new(state), slot }
    }

    /// The session's address, with a reference for the caller.
    pub(super) fn address(&self) -> NonNull<c_void> {
        let session = Retained::into_raw(self.handle.0.clone());
        // SAFETY: a reference that was counted is never null.
        #[allow(unsafe_code)]
        unsafe {
            NonNull::new_unchecked(session.cast())
        }
    }

    /// Puts a camera into the session, in the place of the one before, and lets it run.
    ///
    /// Whoever receives from the one before is told to hold its last picture, and receives again if
    /// this fails.
    pub(super) fn take_over(
        &self,
        device: Device,
        target: EncoderTarget,
        to: Receiver,
    ) -> Result<Lease, Error> {
        let mut state = locked(&self.state);
        let before = locked(&self.slot).take();
        if let Some(before) = &before {
            before.say(Message::Interrupted(None));
        }
        let old = state.current.as_ref().map(|current| current.input.clone());
        match state.install(&self.handle.0, &device, target, old.as_deref(), to.index) {
            Ok(input) => {
                state.leases += 1;
                let lease = Lease(state.leases);
                to.say(Message::Opened { name: device.name() });
                // What was said while it began found nobody.
                #[cfg(not(target_os = "macos"))]
                if is_interrupted(&self.handle.0) {
                    let reason = rules::interruption(None).to_owned();
                    to.say(Message::Interrupted(Some(reason)));
                }
                state.current = Some(Current { lease, device, input, target });
                *locked(&self.slot) = Some(to);
                Ok(lease)
            }
            Err(error) => {
                *locked(&self.slot) = before;
                Err(error)
            }
        }
    }

    /// Takes a camera out of the session and stops it, unless another one took its place.
    pub(super) fn release(&self, lease: Lease) {
        let mut state = locked(&self.state);
        let Some(current) = state.current.take_if(|current| current.lease == lease) else { return };
        *locked(&self.slot) = None;
        let session = &self.handle.0;
        // SAFETY: the session is changed behind the lock, and the input is one of its own.
        #[allow(unsafe_code)]
        unsafe {
            session.stopRunning();
            session.beginConfiguration();
            session.removeInput(&current.input);
            session.commitConfiguration();
        }
    }

    /// Changes what is seen, now and for cameras to come.
    pub(super) fn set_controls(&self, controls: CameraControls) {
        let mut state = locked(&self.state);
        state.controls = controls;
        let Some(current) = &state.current else { return };
        let target = current.target;
        state.horizon = state.horizon_of(&current.device);
        state.connect(target);
    }

    /// Turns the pictures of the camera that `lease` stands for, if the phone was turned meanwhile.
    /// Behind the same lock as all else that changes the session: AVFoundation ends a program that
    /// starts or stops a session while another thread is changing it.
    pub(super) fn keep_level(&self, lease: Lease) {
        let state = locked(&self.state);
        let current = state.current.as_ref().filter(|current| current.lease == lease);
        if let (Some(current), Some(_)) = (current, &state.horizon) {
            state.connect(current.target);
        }
    }

    /// Lights the torch of the camera at work, or not.
    #[cfg(not(target_os = "macos"))]
    pub(super) fn set_torch(&self, on: bool) -> Result<(), Error> {
        self.configured(|camera| camera.set_torch(on).then_some(()).ok_or(NO_TORCH))
    }

    /// Magnifies with the camera at work.
    #[cfg(not(target_os = "macos"))]
    pub(super) fn set_zoom(&self, factor: f64) -> Result<(), Error> {
        self.configured(|camera| {
            camera.set_zoom(factor);
            Ok(())
        })
    }

    #[cfg(not(target_os = "macos"))]
    fn configured(
        &self,
        change: impl FnOnce(&Configuration<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let state = locked(&self.state);
        let camera = state.current.as_ref().and_then(|current| current.device.configure());
        change(&camera.ok_or(Error::CameraCannot("no camera is at work"))?)
    }
}

#[cfg(not(target_os = "macos"))]
const NO_TORCH: Error = Error::CameraCannot("this camera has no torch");

impl State {
    /// Exchanges the session's input. On failure the old one is back in its place.
    fn install(
        &mut self,
        session: &AVCaptureSession,
        device: &Device,
        target: EncoderTarget,
        old: Option<&AVCaptureDeviceInput>,
        index: u32,
    ) -> Result<Retained<AVCaptureDeviceInput>, Error> {
        // SAFETY: the device is alive.
        #[allow(unsafe_code)]
        let input = unsafe { AVCaptureDeviceInput::deviceInputWithDevice_error(device.inner()) };
        let busy = |reason: String| Error::CameraBusy { index, reason };
        let input = input.map_err(|error| busy(error.localizedDescription().to_string()))?;
        // SAFETY: the session is changed behind the lock, the old input is one of its own, and the
        // new one is added only if it says that it may be.
        #[allow(unsafe_code)]
        let added = unsafe {
            session.beginConfiguration();
            if let Some(old) = old {
                session.removeInput(old);
            }
            let added = session.canAddInput(&input);
            if added {
                session.addInput(&input);
            } else if let Some(old) = old {
                session.addInput(old);
            }
            added
        };
        let rotation = rules::rotation(self.controls.rotation, target.size, SIDEWAYS);
        // Held until it runs: on macOS the session would otherwise choose a mode of its own.
        let configuration = if added { device.configure() } else { None };
        if let Some(configuration) = &configuration {
            configuration.set_mode(rules::unturned(target.size, rotation), target);
        }
        if added {
            self.horizon = self.horizon_of(device);
        }
        self.connect(target);
        // SAFETY: as above.
        #[allow(unsafe_code)]
        unsafe {
            session.commitConfiguration();
            if added && !session.isRunning() {
                session.startRunning();
            }
        }
        drop(configuration);
        if added { Ok(input) } else { Err(busy("the session does not take it".to_owned())) }
    }

    /// Pictures of this camera are kept upright by what the system says, unless somebody said how they
    /// are to be turned.
    fn horizon_of(&self, device: &Device) -> Option<Horizon> {
        let is_followed = SIDEWAYS && self.controls.rotation.is_none();
        if is_followed { Horizon::of(device.inner()) } else { None }
    }

    /// Turns and mirrors what the output delivers, where the camera can.
    fn connect(&self, target: EncoderTarget) {
        // SAFETY: the output is alive, and it is asked for video.
        #[allow(unsafe_code)]
        let connection = unsafe {
            AVMediaTypeVideo.and_then(|video| self.output.connectionWithMediaType(video))
        };
        let Some(connection) = connection else { return };
        // A desk's camera stays as it is, unless somebody wants it turned.
        let is_turned = SIDEWAYS || self.controls.rotation.is_some();
        if let Some(horizon) = &self.horizon {
            horizon.level(&connection);
        } else if is_turned {
            turn(&connection, rules::rotation(self.controls.rotation, target.size, SIDEWAYS));
        }
        // SAFETY: the connection is alive, and says that it can do this.
        #[allow(unsafe_code)]
        unsafe {
            if connection.isVideoMirroringSupported()
                && connection.isVideoMirrored() != self.controls.mirrored
            {
                connection.setAutomaticallyAdjustsVideoMirroring(false);
                connection.setVideoMirrored(self.controls.mirrored);
            }
        }
    }
}

#[cfg(not(target_os = "macos"))]
fn is_interrupted(session: &AVCaptureSession) -> bool {
    // SAFETY: the session is alive.
    #[allow(unsafe_code)]
    unsafe {
        session.isInterrupted()
    }
}

define_class!(
    // SAFETY: NSObject asks nothing of its subclasses, and this one does not implement `Drop`.
    #[unsafe(super(NSObject))]
    #[ivars = Slot]
    struct Delegate;

    #[allow(unsafe_code)]
    // SAFETY: NSObject's own methods are enough for it.
    unsafe impl NSObjectProtocol for Delegate {}

    #[allow(unsafe_code)]
    // SAFETY: both methods have the signatures that AVFoundation documents.
    unsafe impl AVCaptureVideoDataOutputSampleBufferDelegate for Delegate {
        #[unsafe(method(captureOutput:didOutputSampleBuffer:fromConnection:))]
        fn did_output(
            &self,
            _output: &AVCaptureOutput,
            sample: &CMSampleBuffer,
            _connection: &AVCaptureConnection,
        ) {
            if let Some(receiver) = &mut *locked(self.ivars()) {
                deliver(receiver, sample);
            }
        }

        #[unsafe(method(captureOutput:didDropSampleBuffer:fromConnection:))]
        fn did_drop(
            &self,
            _output: &AVCaptureOutput,
            _sample: &CMSampleBuffer,
            _connection: &AVCaptureConnection,
        ) {
            if let Some(receiver) = &mut *locked(self.ivars()) {
                receiver.dropped();
            }
        }
    }
);

impl Delegate {
    fn new(slot: Slot) -> Retained<Self> {
        let this = Self::alloc().set_ivars(slot);
        // SAFETY: it is NSObject's own way to begin.
        #[allow(unsafe_code)]
        unsafe {
            msg_send![super(this), init]
        }
    }
}

/// A camera's times are those of the system's host clock, as long as nothing else is in the session.
fn deliver(receiver: &mut Receiver, sample: &CMSampleBuffer) {
    // SAFETY: the sample is alive, and what is asked for is retained.
    #[allow(unsafe_code)]
    let (image, age) = unsafe {
        let now = CMClock::host_time_clock().time().seconds();
        (sample.image_buffer(), now - sample.presentation_time_stamp().seconds())
    };
    match image.and_then(PixelBuffer::new) {
        Some(buffer) => receiver.frame(buffer, age),
        None => receiver.dropped(),
    }
}

/// Passes on what the system says of the session and of cameras.
fn observe(
    session: &AVCaptureSession,
    slot: &Slot,
) -> Vec<Retained<ProtocolObject<dyn NSObjectProtocol>>> {
    // SAFETY: constants of AVFoundation's.
    #[allow(unsafe_code)]
    let names = unsafe {
        [
            AVCaptureSessionWasInterruptedNotification,
            AVCaptureSessionRuntimeErrorNotification,
            AVCaptureDeviceWasDisconnectedNotification,
        ]
    };
    let [interrupted, failed, disconnected] = names;
    let of: &AnyObject = session;
    vec![
        observer(interrupted, Some(of), slot, |receiver, notification| {
            let reason = rules::interruption(interruption_reason(notification)).to_owned();
            receiver.say(Message::Interrupted(Some(reason)));
        }),
        observer(failed, Some(of), slot, |receiver, notification| {
            let index = receiver.index;
            let reason = error_of(notification).unwrap_or_else(|| "the session failed".to_owned());
            receiver.say(Message::Failed(Error::CameraBusy { index, reason }));
        }),
        observer(disconnected, None, slot, |receiver, notification| {
            let device = notification.object();
            let device = device.and_then(|object| object.downcast::<AVCaptureDevice>().ok());
            if device.is_some_and(|device| id_of(&device) == receiver.device) {
                receiver.say(Message::Failed(Error::NoCamera(receiver.index)));
            }
        }),
    ]
}

fn observer(
    name: &NSNotificationName,
    of: Option<&AnyObject>,
    slot: &Slot,
    told: fn(&Receiver, &NSNotification),
) -> Retained<ProtocolObject<dyn NSObjectProtocol>> {
    let slot = slot.clone();
    let block = RcBlock::new(move |notification: NonNull<NSNotification>| {
        // SAFETY: the centre passes a notification that lives as long as the call of the block.
        #[allow(unsafe_code)]
        let notification = unsafe { notification.as_ref() };
        if let Some(receiver) = &*locked(&slot) {
            told(receiver, notification);
        }
    });
    let centre = NSNotificationCenter::defaultCenter();
    // SAFETY: the block holds only what may go to another thread, and the session, where it is
    // named, outlives the observer.
    #[allow(unsafe_code)]
    unsafe {
        centre.addObserverForName_object_queue_usingBlock(Some(name), of, None, &block)
    }
}

#[cfg(not(target_os = "macos"))]
fn interruption_reason(notification: &NSNotification) -> Option<isize> {
    // SAFETY: a constant of AVFoundation's.
    #[allow(unsafe_code)]
    let key = unsafe { objc2_av_foundation::AVCaptureSessionInterruptionReasonKey };
    let reason = value(notification, key)?.downcast::<NSNumber>().ok()?;
    Some(reason.as_isize())
}

/// macOS does not say.
#[cfg(target_os = "macos")]
fn interruption_reason(_notification: &NSNotification) -> Option<isize> {
    None
}

fn error_of(notification: &NSNotification) -> Option<String> {
    // SAFETY: a constant of AVFoundation's.
    #[allow(unsafe_code)]
    let key = unsafe { AVCaptureSessionErrorKey };
    let error = value(notification, key)?.downcast::<NSError>().ok()?;
    Some(error.localizedDescription().to_string())
}

fn value(notification: &NSNotification, key: &NSString) -> Option<Retained<AnyObject>> {
    notification.userInfo()?.objectForKey(key)
}

fn id_of(device: &AVCaptureDevice) -> String {
    // SAFETY: the device is alive.
    #[allow(unsafe_code)]
    let id = unsafe { device.uniqueID() };
    id.to_string()
}
