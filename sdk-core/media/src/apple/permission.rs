//! Asking the person for camera and microphone.
//!
//! An app whose `Info.plist` does not say what for (`NSCameraUsageDescription`,
//! `NSMicrophoneUsageDescription`) is ended by the system when it asks.

use std::sync::mpsc::sync_channel;
use std::time::Duration;

use block2::RcBlock;
use objc2::runtime::Bool;
use objc2_av_foundation::{AVCaptureDevice, AVMediaType};

use crate::authorization::Authorization;

/// How long a person may take to answer.
const ANSWERING: Duration = Duration::from_secs(60);

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Wish {
    #[cfg(feature = "camera")]
    Camera,
    #[cfg(feature = "microphone")]
    Microphone,
}

/// Asks the person, where nobody did before, and waits for the answer; otherwise the answer from
/// before counts.
///
/// # Errors
///
/// Why the device may not be used.
pub(crate) fn ask(wish: Wish) -> Result<(), &'static str> {
    // SAFETY: constants of AVFoundation's.
    #[allow(unsafe_code)]
    let kind = unsafe {
        match wish {
            #[cfg(feature = "camera")]
            Wish::Camera => objc2_av_foundation::AVMediaTypeVideo,
            #[cfg(feature = "microphone")]
            Wish::Microphone => objc2_av_foundation::AVMediaTypeAudio,
        }
    };
    let kind = kind.ok_or("this system has no such devices")?;
    if authorization(kind) == Authorization::NotAsked {
        let (sender, answer) = sync_channel(1);
        let answered = RcBlock::new(move |_granted: Bool| {
            // Whoever asked may have stopped waiting.
            let _ = sender.try_send(());
        });
        // SAFETY: the kind is one of the two that may be asked for, and the block holds only what
        // may go to another thread.
        #[allow(unsafe_code)]
        unsafe {
            AVCaptureDevice::requestAccessForMediaType_completionHandler(kind, &answered);
        }
        let _ = answer.recv_timeout(ANSWERING);
    }
    authorization(kind).refusal().map_or(Ok(()), Err)
}

fn authorization(kind: &AVMediaType) -> Authorization {
    // SAFETY: the kind is one of the two that may be asked for.
    #[allow(unsafe_code)]
    let status = unsafe { AVCaptureDevice::authorizationStatusForMediaType(kind) };
    Authorization::of(status.0)
}
