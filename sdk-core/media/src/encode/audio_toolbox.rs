//! AudioToolbox's encoder for AAC-LC, following Apple's `AudioConverter.h`.
//!
//! The software encoder is asked for first: one in hardware stops with the app's audio session.

use std::ffi::c_void;
use std::ptr::{self, NonNull};

use objc2_audio_toolbox::{
    AudioConverterDispose, AudioConverterFillComplexBuffer, AudioConverterGetProperty,
    AudioConverterGetPropertyInfo, AudioConverterNew, AudioConverterNewSpecific,
    AudioConverterPrimeInfo, AudioConverterPropertyID, AudioConverterRef,
    AudioConverterSetProperty, kAudioCodecBitRateControlMode_Constant,
    kAudioCodecPropertyBitRateControlMode, kAudioConverterApplicableEncodeBitRates,
    kAudioConverterEncodeBitRate, kAudioConverterPrimeInfo, kAudioEncoderComponentType,
};
use objc2_core_audio_types::{
    AudioBuffer, AudioBufferList, AudioClassDescription, AudioStreamBasicDescription,
    AudioStreamPacketDescription, AudioValueRange, kAudioFormatFlagIsPacked,
    kAudioFormatFlagIsSignedInteger, kAudioFormatLinearPCM, kAudioFormatMPEG4AAC,
};

use super::aac::{Codec, Refused};
use super::pending::Pending;
use super::rates::nearest;
use super::{CHANNELS, FRAME_SAMPLES, SAMPLE_RATE};

/// `kAppleSoftwareAudioCodecManufacturer`: `appl`.
const APPLE_SOFTWARE: u32 = u32::from_be_bytes(*b"appl");
/// What the input says when there is no more for now: anything but success, which would mean that
/// there will never be more.
const NO_MORE_FOR_NOW: i32 = i32::from_be_bytes(*b"wait");
/// The priming of Apple's encoder, where it does not say.
const USUAL_PRIMING: u32 = 2_112;
const BYTES_PER_FRAME: u32 = (CHANNELS * size_of::<i16>()) as u32;

/// A converter from samples to AAC.
pub(crate) struct AudioToolbox {
    converter: AudioConverterRef,
    pending: Pending,
}

// SAFETY: a converter may be used by any thread, one at a time, and whoever holds this value is the
// only one.
#[allow(unsafe_code)]
unsafe impl Send for AudioToolbox {}

impl Codec for AudioToolbox {
    fn open(bitrate: u32) -> Result<Self, Refused> {
        let mut encoder = Self { converter: create()?, pending: Pending::default() };
        let mode = kAudioCodecBitRateControlMode_Constant;
        if let Err(refused) = encoder.set(kAudioCodecPropertyBitRateControlMode, mode) {
            tracing::debug!(?refused, "the sound keeps to its rate over a longer time only");
        }
        encoder.set_bitrate(bitrate)?;
        Ok(encoder)
    }

    fn set_bitrate(&mut self, bitrate: u32) -> Result<(), Refused> {
        self.set(kAudioConverterEncodeBitRate, nearest(bitrate, &self.rates()))
    }

    fn delay(&self) -> Result<u32, Refused> {
        let mut info = AudioConverterPrimeInfo { leadingFrames: 0, trailingFrames: 0 };
        let mut size = size_of_val(&info) as u32;
        // SAFETY: the converter is open, and writes at most so many bytes to a local that has them.
        #[allow(unsafe_code)]
        let status = unsafe {
            AudioConverterGetProperty(
                self.converter,
                kAudioConverterPrimeInfo,
                NonNull::from(&mut size),
                NonNull::from(&mut info).cast(),
            )
        };
        Ok(if status == 0 && info.leadingFrames > 0 { info.leadingFrames } else { USUAL_PRIMING })
    }

    fn encode(&mut self, samples: &[i16], output: &mut [u8]) -> Result<usize, Refused> {
        if !self.pending.push(samples) {
            return Err(Refused("AudioToolbox takes no more sound".to_owned()));
        }
        let mut packets = 1;
        let mut described = AudioStreamPacketDescription {
            mStartOffset: 0,
            mVariableFramesInPacket: 0,
            mDataByteSize: 0,
        };
        let buffer = AudioBuffer {
            mNumberChannels: CHANNELS as u32,
            mDataByteSize: u32::try_from(output.len()).unwrap_or(u32::MAX),
            mData: output.as_mut_ptr().cast(),
        };
        let mut list = AudioBufferList { mNumberBuffers: 1, mBuffers: [buffer] };
        // SAFETY: the converter is open; it asks `supply` for input with a pointer to `pending`,
        // which nobody else uses meanwhile; all that it writes are locals and `output`, of whose
        // length it knows, and it keeps none of them.
        #[allow(unsafe_code)]
        let status = unsafe {
            AudioConverterFillComplexBuffer(
                self.converter,
                Some(supply),
                (&raw mut self.pending).cast(),
                NonNull::from(&mut packets),
                NonNull::from(&mut list),
                &raw mut described,
            )
        };
        if status != 0 && status != NO_MORE_FOR_NOW {
            return Err(refused("encode sound", status));
        }
        Ok(if packets == 0 { 0 } else { list.mBuffers[0].mDataByteSize as usize })
    }
}

impl AudioToolbox {
    /// The rates that it offers for this format, lowest and highest of each range.
    fn rates(&self) -> Vec<(u32, u32)> {
        let property = kAudioConverterApplicableEncodeBitRates;
        let mut size = 0;
        // SAFETY: the converter is open, and writes the size to a local.
        #[allow(unsafe_code)]
        let status = unsafe {
            AudioConverterGetPropertyInfo(self.converter, property, &raw mut size, ptr::null_mut())
        };
        let count = size as usize / size_of::<AudioValueRange>();
        if status != 0 || count == 0 {
            return Vec::new();
        }
        let mut ranges = vec![AudioValueRange { mMinimum: 0.0, mMaximum: 0.0 }; count];
        let mut size = size_of_val(ranges.as_slice()) as u32;
        let Some(to) = NonNull::new(ranges.as_mut_ptr()) else { return Vec::new() };
        // SAFETY: the converter is open, and writes at most so many bytes to a vector that has them.
        #[allow(unsafe_code)]
        let status = unsafe {
            AudioConverterGetProperty(self.converter, property, NonNull::from(&mut size), to.cast())
        };
        if status != 0 {
            return Vec::new();
        }
        ranges.truncate(size as usize / size_of::<AudioValueRange>());
        ranges.iter().map(|range| (range.mMinimum as u32, range.mMaximum as u32)).collect()
    }

    fn set(&mut self, property: AudioConverterPropertyID, value: u32) -> Result<(), Refused> {
        let mut value = value;
        // SAFETY: the converter is open, and reads four bytes from a local that has them, which is
        // what the properties are that are set here.
        #[allow(unsafe_code)]
        let status = unsafe {
            AudioConverterSetProperty(
                self.converter,
                property,
                size_of::<u32>() as u32,
                NonNull::from(&mut value).cast(),
            )
        };
        if status == 0 { Ok(()) } else { Err(refused("take a rate", status)) }
    }
}

impl Drop for AudioToolbox {
    fn drop(&mut self) {
        // SAFETY: the converter is open, and not used again.
        #[allow(unsafe_code)]
        let _ = unsafe { AudioConverterDispose(self.converter) };
    }
}

fn create() -> Result<AudioConverterRef, Refused> {
    let mut from = AudioStreamBasicDescription {
        mSampleRate: SAMPLE_RATE.into(),
        mFormatID: kAudioFormatLinearPCM,
        mFormatFlags: kAudioFormatFlagIsSignedInteger | kAudioFormatFlagIsPacked,
        mBytesPerPacket: BYTES_PER_FRAME,
        mFramesPerPacket: 1,
        mBytesPerFrame: BYTES_PER_FRAME,
        mChannelsPerFrame: CHANNELS as u32,
        mBitsPerChannel: i16::BITS,
        mReserved: 0,
    };
    // What depends on the encoder is zero: it is for that to say.
    let mut to = AudioStreamBasicDescription {
        mSampleRate: SAMPLE_RATE.into(),
        mFormatID: kAudioFormatMPEG4AAC,
        mFormatFlags: 0,
        mBytesPerPacket: 0,
        mFramesPerPacket: FRAME_SAMPLES as u32,
        mBytesPerFrame: 0,
        mChannelsPerFrame: CHANNELS as u32,
        mBitsPerChannel: 0,
        mReserved: 0,
    };
    let mut software = AudioClassDescription {
        mType: kAudioEncoderComponentType,
        mSubType: kAudioFormatMPEG4AAC,
        mManufacturer: APPLE_SOFTWARE,
    };
    let mut converter = ptr::null_mut();
    // SAFETY: all pointers are to locals, one description among them, and nothing keeps them.
    #[allow(unsafe_code)]
    let mut status = unsafe {
        AudioConverterNewSpecific(
            NonNull::from(&mut from),
            NonNull::from(&mut to),
            1,
            NonNull::from(&mut software),
            NonNull::from(&mut converter),
        )
    };
    if status != 0 {
        // SAFETY: as above.
        #[allow(unsafe_code)]
        let other = unsafe {
            AudioConverterNew(
                NonNull::from(&mut from),
                NonNull::from(&mut to),
                NonNull::from(&mut converter),
            )
        };
        status = other;
    }
    if status == 0 && !converter.is_null() {
        Ok(converter)
    } else {
        Err(refused("make an encoder", status))
    }
}

/// Gives the converter what waits in the [`Pending`] that `context` points to.
///
/// # Safety
///
/// `context` points to a `Pending` that nobody else uses during the call, and the others to what
/// AudioToolbox says of an `AudioConverterComplexInputDataProc`.
#[allow(unsafe_code)]
unsafe extern "C-unwind" fn supply(
    _converter: AudioConverterRef,
    mut packets: NonNull<u32>,
    mut list: NonNull<AudioBufferList>,
    _descriptions: *mut *mut AudioStreamPacketDescription,
    context: *mut c_void,
) -> i32 {
    // SAFETY: see above. A packet of samples is one of each channel.
    let (packets, list, pending) =
        unsafe { (packets.as_mut(), list.as_mut(), &mut *context.cast::<Pending>()) };
    let fetched = pending.fetch(*packets as usize);
    let bytes = u32::try_from(size_of_val(fetched)).unwrap_or(0);
    *packets = bytes / BYTES_PER_FRAME;
    list.mNumberBuffers = 1;
    list.mBuffers[0] = AudioBuffer {
        mNumberChannels: CHANNELS as u32,
        mDataByteSize: bytes,
        // It stays there until the next call, as the converter wants it.
        mData: fetched.as_mut_ptr().cast(),
    };
    if *packets == 0 { NO_MORE_FOR_NOW } else { 0 }
}

fn refused(doing: &str, status: i32) -> Refused {
    Refused(format!("AudioToolbox would not {doing}: code {status}"))
}
