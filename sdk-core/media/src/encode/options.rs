//! Settings of a running openh264 encoder that its safe interface does not offer.
//!
//! With `fdk`, the only `unsafe` code of this crate but on Apple's systems.

use std::ffi::c_void;

use openh264::encoder::Encoder;
use openh264_sys2::{
    ENCODER_OPTION, ENCODER_OPTION_BITRATE, ENCODER_OPTION_FRAME_RATE, ENCODER_OPTION_MAX_BITRATE,
    ENCODER_OPTION_RC_FRAME_SKIP, SBitrateInfo, SPATIAL_LAYER_0,
};

/// An option was refused: the number that openh264 returned.
#[derive(Debug)]
pub(super) struct Refused(i32);

impl Refused {
    pub(super) fn reason(&self) -> String {
        format!("openh264 refused an option with code {}", self.0)
    }
}

/// Changes the mean rate from `old` to `new` bits a second, of an encoder that has encoded a
/// picture already.
///
/// The maximum goes with the mean, and is never below it on the way: that is refused.
pub(super) fn set_bitrate(encoder: &mut Encoder, old: i32, new: i32) -> Result<(), Refused> {
    let maximum_first = [ENCODER_OPTION_MAX_BITRATE, ENCODER_OPTION_BITRATE];
    let mean_first = [ENCODER_OPTION_BITRATE, ENCODER_OPTION_MAX_BITRATE];
    for option in if new > old { maximum_first } else { mean_first } {
        let mut value = SBitrateInfo { iLayer: SPATIAL_LAYER_0, iBitrate: new };
        set(encoder, option, (&raw mut value).cast())?;
    }
    Ok(())
}

/// Sets the frame rate that the rate control counts on, of an encoder that has encoded a picture
/// already.
pub(super) fn set_frame_rate(encoder: &mut Encoder, hertz: f32) -> Result<(), Refused> {
    let mut value = hertz;
    set(encoder, ENCODER_OPTION_FRAME_RATE, (&raw mut value).cast())
}

/// Lets the rate control leave out pictures, or forbids it.
pub(super) fn set_skipping(encoder: &mut Encoder, allowed: bool) -> Result<(), Refused> {
    let mut value = allowed;
    set(encoder, ENCODER_OPTION_RC_FRAME_SKIP, (&raw mut value).cast())
}

/// `value` points to the type that belongs to `option` (openh264's `codec_app_def.h`), and to
/// nothing else: this is not public.
#[allow(unsafe_code)]
fn set(encoder: &mut Encoder, option: ENCODER_OPTION, value: *mut c_void) -> Result<(), Refused> {
    // SAFETY: all callers pass a pointer to a live local of the option's own type, which openh264
    // reads during the call and does not keep. No option of these changes anything that the safe
    // wrapper relies on: it remembers only the picture's size.
    let code = unsafe { encoder.raw_api().set_option(option, value) };
    if code == 0 { Ok(()) } else { Err(Refused(code)) }
}
