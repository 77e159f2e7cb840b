//! Cameras by AVFoundation.
//!
//! A program has one capture session, into which cameras are put one at a time: so a preview goes on
//! when another camera takes over, and a phone, which has hardware for one session only, is asked
//! for no second. Pictures stay in memory that camera and encoder share.

mod device;
mod horizon;
mod session;

use std::ffi::c_void;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::mpsc::{Receiver as Receiving, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use golive_proto::media::PictureSize;
use golive_proto::rate::EncoderTarget;
use objc2::rc::autoreleasepool;

use self::device::Device;
use super::{Feed, Listed, Message, RawFrame, rules};
use crate::Clock;
use crate::apple::{PixelBuffer, Scaler, Wish, ask};
use crate::config::CameraControls;
use crate::error::Error;
use crate::image::Image;
use crate::producer::CaptureContext;

/// Pictures that may wait for the track, beside the one that it works on: a camera has few buffers.
const WAITING: usize = 2;
/// Messages that may wait; more than pictures, so that none of the others is lost.
const MESSAGES: usize = 16;

/// How often it is looked which way is up.
const LEVELLING: Duration = Duration::from_millis(200);

/// Opens a camera in the mode nearest to `target`. Asks the person first, where nobody did.
pub(crate) fn open(index: u32, target: EncoderTarget, clock: Clock) -> Feed {
    let (sender, messages) = sync_channel(MESSAGES);
    let (spare, closing) = sync_channel(1);
    if let Err(reason) = ask(Wish::Camera) {
        let reason = reason.to_owned();
        let _ = sender.send(Message::Failed(Error::CameraForbidden { index, reason }));
        return Feed { messages, spare, thread: None };
    }
    let run = move || {
        match autoreleasepool(|_| take_over(index, target, clock, &sender)) {
            // Held until the feed is dropped, though another camera may take over before.
            Ok(lease) => {
                while keep(&closing, lease) {}
                autoreleasepool(|_| session::the_one().release(lease));
            }
            Err(error) => drop(sender.send(Message::Failed(error))),
        }
    };
    // Without a thread the channel ends at once, which says enough.
    let thread = std::thread::Builder::new().name("golive-camera".to_owned()).spawn(run).ok();
    Feed { messages, spare, thread }
}

/// Waits a moment, sees to it that pictures are upright, and answers whether to go on.
fn keep(closing: &Receiving<Vec<u8>>, lease: session::Lease) -> bool {
    match closing.recv_timeout(LEVELLING) {
        Ok(_) => true,
        Err(RecvTimeoutError::Timeout) => {
            autoreleasepool(|_| session::the_one().keep_level(lease));
            true
        }
        Err(RecvTimeoutError::Disconnected) => false,
    }
}

fn take_over(
    index: u32,
    target: EncoderTarget,
    clock: Clock,
    sender: &SyncSender<Message>,
) -> Result<session::Lease, Error> {
    let place = usize::try_from(index).unwrap_or(usize::MAX);
    let device = device::all().into_iter().nth(place).ok_or(Error::NoCamera(index))?;
    let to = Receiver {
        index,
        device: device.id(),
        clock,
        sender: sender.clone(),
        ticket: Arc::default(),
        missed: 0,
    };
    session::the_one().take_over(device, target, to)
}

/// The cameras: index, name, modes, and which way they look. On a phone the one at the front is the
/// first, and the one at the back the second.
pub(crate) fn list() -> Vec<Listed> {
    let describe =
        |(index, device): (u32, Device)| (index, device.name(), device.modes(), device.facing());
    autoreleasepool(|_| (0..).zip(device::all()).map(describe).collect())
}

/// The address of the `AVCaptureSession` that all cameras of this program go through, for an
/// `AVCaptureVideoPreviewLayer` to show what it captures.
///
/// It is there before a camera is, and stays until the program ends. The caller owns a reference to
/// it: in Swift, `Unmanaged<AVCaptureSession>.fromOpaque(address).takeRetainedValue()`. Its inputs
/// and outputs are not for the caller to change.
pub fn capture_session() -> NonNull<c_void> {
    session::the_one().address()
}

/// Turns and mirrors what the camera sees, from now on, whichever it is. Where a camera cannot do
/// something of it, it leaves that out. Waits while a camera is being opened, which may take a
/// second.
pub fn set_camera_controls(controls: CameraControls) {
    session::the_one().set_controls(controls);
}

/// Lights the torch of the camera at work, or not.
pub(crate) fn set_torch(on: bool) -> Result<(), Error> {
    #[cfg(not(target_os = "macos"))]
    return session::the_one().set_torch(on);
    #[cfg(target_os = "macos")]
    {
        let _ = on;
        Err(Error::CameraCannot("a Mac's camera has no torch"))
    }
}

/// Magnifies so many times with the camera at work, or as near as it gets.
pub(crate) fn set_zoom(factor: f64) -> Result<(), Error> {
    #[cfg(not(target_os = "macos"))]
    return session::the_one().set_zoom(factor);
    #[cfg(target_os = "macos")]
    {
        let _ = factor;
        Err(Error::CameraCannot("a Mac's camera has no zoom"))
    }
}

/// Where a camera's pictures go, and what else is said of it.
struct Receiver {
    index: u32,
    /// The system's own name for the camera.
    device: String,
    clock: Clock,
    sender: SyncSender<Message>,
    /// Each picture that waits holds a clone.
    ticket: Arc<()>,
    missed: u64,
}

impl Receiver {
    /// Takes a picture that is `age` seconds old.
    fn frame(&mut self, buffer: PixelBuffer, age: f64) {
        if Arc::strong_count(&self.ticket) > WAITING {
            self.missed += 1;
            return;
        }
        let taken = rules::taken((self.clock)(), age);
        let missed = std::mem::take(&mut self.missed);
        self.say(Message::Frame(RawFrame { buffer, ticket: self.ticket.clone(), taken, missed }));
    }

    /// Counts a picture that the system gave up.
    fn dropped(&mut self) {
        self.missed += 1;
    }

    /// Where that many messages wait, nobody listens any more.
    fn say(&self, message: Message) {
        let _ = self.sender.try_send(message);
    }
}

/// What a camera shows, and what fits it into another size.
pub(super) struct Shown {
    scaler: Option<Scaler>,
    native: Option<PixelBuffer>,
    /// The same in the size that was wanted last.
    fitted: Option<PixelBuffer>,
}

impl Shown {
    /// Nothing until the first picture.
    pub(super) fn new(_size: PictureSize) -> Self {
        Self { scaler: Scaler::new(), native: None, fitted: None }
    }

    /// Shows a frame from now on.
    pub(super) fn take(&mut self, frame: RawFrame, _feed: Option<&Feed>) -> bool {
        self.native = Some(frame.buffer);
        self.fitted = None;
        drop(frame.ticket);
        true
    }

    /// Lets go of a frame, without a look at it.
    pub(super) fn give_back(frame: RawFrame, _feed: Option<&Feed>) {
        drop(frame);
    }

    /// What is shown, in this size.
    pub(super) fn image(&mut self, size: PictureSize, _context: &CaptureContext) -> Option<Image> {
        if self.fitted.as_ref().is_none_or(|fitted| fitted.size() != size) {
            let native = self.native.as_ref()?;
            self.fitted = match &mut self.scaler {
                Some(scaler) => scaler.fit(native, size),
                None => (native.size() == size).then(|| native.clone()),
            };
        }
        self.fitted.clone().map(Image::from)
    }
}
