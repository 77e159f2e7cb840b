//! fdk-aac's encoder, with what the safe interface of the crate `fdk-aac` does not offer: another
//! bitrate while it runs. That crate keeps the handle to itself, so all of the encoder is called
//! from here.
//!
//! AAC-LC in stereo, raw frames. Following Fraunhofer's `aacenc_lib.h`.

use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;
use std::ptr;

use fdk_aac_sys::{
    AACENC_BufDesc, AACENC_BufferIdentifier_IN_AUDIO_DATA,
    AACENC_BufferIdentifier_OUT_BITSTREAM_DATA, AACENC_ERROR, AACENC_ERROR_AACENC_OK,
    AACENC_InArgs, AACENC_InfoStruct, AACENC_OutArgs, AACENC_PARAM, AACENC_PARAM_AACENC_AOT,
    AACENC_PARAM_AACENC_BITRATE, AACENC_PARAM_AACENC_CHANNELMODE, AACENC_PARAM_AACENC_SAMPLERATE,
    AACENC_PARAM_AACENC_SBR_MODE, AACENC_PARAM_AACENC_TRANSMUX, AUDIO_OBJECT_TYPE_AOT_AAC_LC,
    HANDLE_AACENCODER, aacEncClose, aacEncEncode, aacEncInfo, aacEncOpen, aacEncoder_SetParam,
};

use super::aac::{Codec, Refused};
use super::{CHANNELS, SAMPLE_RATE};

/// A running encoder.
pub(super) struct Fdk {
    handle: HANDLE_AACENCODER,
}

// SAFETY: the handle is used by whoever holds this value and by nobody else, and fdk-aac keeps no
// state that belongs to a thread.
#[allow(unsafe_code)]
unsafe impl Send for Fdk {}

/// Neither ADTS nor any other transport.
const RAW: u32 = 0;
/// `MODE_2` of `CHANNEL_MODE`.
const STEREO: u32 = 2;

impl Codec for Fdk {
    fn open(bitrate: u32) -> Result<Self, Refused> {
        let mut handle = ptr::null_mut();
        // SAFETY: fdk-aac writes the handle of a new encoder to where the pointer points, a local.
        #[allow(unsafe_code)]
        let code = unsafe { aacEncOpen(&raw mut handle, 0, CHANNELS as u32) };
        check(code)?;
        let mut encoder = Self { handle };
        for (parameter, value) in [
            (AACENC_PARAM_AACENC_AOT, AUDIO_OBJECT_TYPE_AOT_AAC_LC as u32),
            (AACENC_PARAM_AACENC_SAMPLERATE, SAMPLE_RATE),
            (AACENC_PARAM_AACENC_CHANNELMODE, STEREO),
            (AACENC_PARAM_AACENC_TRANSMUX, RAW),
            (AACENC_PARAM_AACENC_SBR_MODE, 0),
            (AACENC_PARAM_AACENC_BITRATE, bitrate),
        ] {
            encoder.set(parameter, value)?;
        }
        // A call without samples sets it up with all of these.
        // SAFETY: the handle is open, and for a call without buffers null pointers are foreseen.
        #[allow(unsafe_code)]
        let code =
            unsafe { aacEncEncode(handle, ptr::null(), ptr::null(), ptr::null(), ptr::null_mut()) };
        check(code)?;
        Ok(encoder)
    }

    fn set_bitrate(&mut self, bitrate: u32) -> Result<(), Refused> {
        self.set(AACENC_PARAM_AACENC_BITRATE, bitrate)
    }

    fn delay(&self) -> Result<u32, Refused> {
        let mut info = MaybeUninit::<AACENC_InfoStruct>::uninit();
        // SAFETY: the handle is open, and fdk-aac writes to where the pointer points, a local.
        #[allow(unsafe_code)]
        let code = unsafe { aacEncInfo(self.handle, info.as_mut_ptr()) };
        check(code)?;
        // SAFETY: it was written whole, as there was no error.
        #[allow(unsafe_code)]
        let info = unsafe { info.assume_init() };
        Ok(info.nDelay)
    }

    fn encode(&mut self, samples: &[i16], output: &mut [u8]) -> Result<usize, Refused> {
        // It only reads what it calls an input.
        let mut input = Buffer {
            data: samples.as_ptr().cast_mut().cast(),
            identifier: AACENC_BufferIdentifier_IN_AUDIO_DATA as c_int,
            bytes: length(size_of_val(samples)),
            element: size_of::<i16>() as c_int,
        };
        let mut output = Buffer {
            data: output.as_mut_ptr().cast(),
            identifier: AACENC_BufferIdentifier_OUT_BITSTREAM_DATA as c_int,
            bytes: length(output.len()),
            element: 1,
        };
        let arguments = AACENC_InArgs { numInSamples: length(samples.len()), numAncBytes: 0 };
        let mut results =
            AACENC_OutArgs { numOutBytes: 0, numInSamples: 0, numAncBytes: 0, bitResState: 0 };
        let (from, to) = (input.describe(), output.describe());
        // SAFETY: the handle is open; both descriptions point to locals, and these to slices of the
        // lengths that they say, borrowed for the call; fdk-aac keeps none of them.
        #[allow(unsafe_code)]
        let code = unsafe {
            aacEncEncode(
                self.handle,
                &raw const from,
                &raw const to,
                &raw const arguments,
                &raw mut results,
            )
        };
        check(code)?;
        Ok(usize::try_from(results.numOutBytes).unwrap_or(0))
    }
}

impl Fdk {
    fn set(&mut self, parameter: AACENC_PARAM, value: u32) -> Result<(), Refused> {
        // SAFETY: the handle is open, and a value is all that is passed.
        #[allow(unsafe_code)]
        let code = unsafe { aacEncoder_SetParam(self.handle, parameter, value) };
        check(code)
    }
}

impl Drop for Fdk {
    fn drop(&mut self) {
        // SAFETY: the handle is open, and not used again.
        #[allow(unsafe_code)]
        let _ = unsafe { aacEncClose(&raw mut self.handle) };
    }
}

/// One buffer as fdk-aac wants it told.
struct Buffer {
    data: *mut c_void,
    identifier: c_int,
    bytes: c_int,
    element: c_int,
}

impl Buffer {
    /// Points to `self`, which has to outlive it.
    fn describe(&mut self) -> AACENC_BufDesc {
        AACENC_BufDesc {
            numBufs: 1,
            bufs: &raw mut self.data,
            bufferIdentifiers: &raw mut self.identifier,
            bufSizes: &raw mut self.bytes,
            bufElSizes: &raw mut self.element,
        }
    }
}

fn length(length: usize) -> c_int {
    c_int::try_from(length).unwrap_or(c_int::MAX)
}

fn check(code: AACENC_ERROR) -> Result<(), Refused> {
    if code == AACENC_ERROR_AACENC_OK {
        Ok(())
    } else {
        // An `AACENC_ERROR`.
        Err(Refused(format!("fdk-aac refused to encode sound with code {code:#x}")))
    }
}
