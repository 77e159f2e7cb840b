//! VideoToolbox's sessions for H.264, following Apple's `VTCompressionSession.h` and
//! `VTCompressionProperties.h`.
//!
//! High profile, nothing reordered, BT.709. Low-latency rate control where there is an encoder that
//! has it: then each picture comes out before the next one goes in, and no key frame comes that was
//! not asked for.

use std::ptr::{self, NonNull};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use block2::RcBlock;
use golive_proto::media::FrameRate;
use golive_proto::units::{Bitrate, MediaTime};
use objc2::rc::autoreleasepool;
use objc2_core_foundation::{CFArray, CFBoolean, CFNumber, CFRetained, CFString, CFType};
use objc2_core_media::{
    CMFormatDescription, CMSampleBuffer, CMTime,
    CMVideoFormatDescriptionGetH264ParameterSetAtIndex, kCMTimeInvalid, kCMVideoCodecType_H264,
};
use objc2_core_video::{
    kCVImageBufferColorPrimaries_ITU_R_709_2, kCVImageBufferTransferFunction_ITU_R_709_2,
    kCVImageBufferYCbCrMatrix_ITU_R_709_2,
};
use objc2_video_toolbox::{
    VTCompressionSession, VTEncodeInfoFlags, VTSessionSetProperty,
    kVTCompressionPropertyKey_AllowFrameReordering, kVTCompressionPropertyKey_AverageBitRate,
    kVTCompressionPropertyKey_ColorPrimaries, kVTCompressionPropertyKey_DataRateLimits,
    kVTCompressionPropertyKey_ExpectedFrameRate, kVTCompressionPropertyKey_MaxFrameDelayCount,
    kVTCompressionPropertyKey_MaxKeyFrameInterval,
    kVTCompressionPropertyKey_MaxKeyFrameIntervalDuration, kVTCompressionPropertyKey_ProfileLevel,
    kVTCompressionPropertyKey_RealTime, kVTCompressionPropertyKey_TransferFunction,
    kVTCompressionPropertyKey_YCbCrMatrix, kVTEncodeFrameOptionKey_ForceKeyFrame,
    kVTProfileLevel_H264_High_AutoLevel, kVTVideoEncoderSpecification_EnableLowLatencyRateControl,
};

use super::hardware::{self, Failure, Finished, Sample, Sessions, Settings};
use crate::apple::{self, Pool, dictionary};
use crate::image::Image;

/// Makes VideoToolbox's sessions.
pub(crate) struct VideoToolbox;

/// A session at work.
pub(crate) struct Session {
    inner: CFRetained<VTCompressionSession>,
    /// For pictures that do not lie in shared memory yet.
    pool: Option<Pool>,
    finished: Receiver<Finished>,
    sender: Sender<Finished>,
}

// SAFETY: VideoToolbox lets any thread use a session, and this value is used by one at a time. The
// block that it calls on a thread of its own holds a sender and a time, and nothing else.
#[allow(unsafe_code)]
unsafe impl Send for Session {}

impl Sessions for VideoToolbox {
    type Session = Session;

    fn open(&mut self, settings: Settings) -> Result<Session, Failure> {
        autoreleasepool(|_| {
            create(settings, true).or_else(|failure| {
                tracing::debug!(?failure, "no encoder has low-latency rate control");
                create(settings, false)
            })
        })
    }
}

fn create(settings: Settings, low_latency: bool) -> Result<Session, Failure> {
    let [width, height] = [settings.size.width, settings.size.height].map(u32::cast_signed);
    // SAFETY: a constant of VideoToolbox's, which is there from the moment it is loaded.
    #[allow(unsafe_code)]
    let low_latency_key = unsafe { kVTVideoEncoderSpecification_EnableLowLatencyRateControl };
    let specification = low_latency.then(|| dictionary(&[(low_latency_key, CFBoolean::new(true))]));
    let attributes = apple::attributes(settings.size);
    let mut session = ptr::null_mut();
    // SAFETY: both dictionaries hold what VideoToolbox documents for their keys; there is no
    // callback, as each picture brings a block; the session is written to a local.
    #[allow(unsafe_code)]
    let status = unsafe {
        VTCompressionSession::create(
            None,
            width,
            height,
            kCMVideoCodecType_H264,
            specification.as_ref().map(|specification| specification.as_opaque()),
            Some(attributes.as_opaque()),
            None,
            None,
            ptr::null_mut(),
            NonNull::from(&mut session),
        )
    };
    check(status, "make a session")?;
    let missing = || Failure::Refused("VideoToolbox made no session".to_owned());
    let session = NonNull::new(session).ok_or_else(missing)?;
    // SAFETY: as there was no error this is a new session, and the reference to it is ours.
    #[allow(unsafe_code)]
    let inner = unsafe { CFRetained::from_raw(session) };
    let (sender, finished) = channel();
    let mut session = Session { inner, pool: None, finished, sender };
    session.configure(settings)?;
    Ok(session)
}

impl Session {
    fn configure(&mut self, settings: Settings) -> Result<(), Failure> {
        use hardware::Session as _;
        let [yes, no] = [true, false].map(CFBoolean::new);
        let none_held_back = CFNumber::new_i32(0);
        // What was not asked for comes only where a request was not heard.
        let interval = 2 * settings.keyframe_interval;
        let pictures = interval.as_secs_f64() * f64::from(settings.frame_rate.as_u32());
        let pictures = CFNumber::new_i32((pictures as i32).max(1));
        let seconds = CFNumber::new_f64(interval.as_secs_f64());
        // SAFETY: constants of VideoToolbox's and Core Video's.
        #[allow(unsafe_code)]
        let properties: [(&CFString, &CFType); 9] = unsafe {
            [
                (kVTCompressionPropertyKey_RealTime, yes),
                (kVTCompressionPropertyKey_AllowFrameReordering, no),
                (kVTCompressionPropertyKey_ProfileLevel, kVTProfileLevel_H264_High_AutoLevel),
                (kVTCompressionPropertyKey_MaxFrameDelayCount, &none_held_back),
                (kVTCompressionPropertyKey_MaxKeyFrameInterval, &pictures),
                (kVTCompressionPropertyKey_MaxKeyFrameIntervalDuration, &seconds),
                (
                    kVTCompressionPropertyKey_ColorPrimaries,
                    kCVImageBufferColorPrimaries_ITU_R_709_2,
                ),
                (
                    kVTCompressionPropertyKey_TransferFunction,
                    kCVImageBufferTransferFunction_ITU_R_709_2,
                ),
                (kVTCompressionPropertyKey_YCbCrMatrix, kCVImageBufferYCbCrMatrix_ITU_R_709_2),
            ]
        };
        for (key, value) in properties {
            // An encoder that lacks one of these does what it says anyway, or nearly.
            if let Err(failure) = self.set(key, value) {
                tracing::debug!(?failure, "a property of the encoder");
            }
        }
        if let Err(failure) = self.set_frame_rate(settings.frame_rate) {
            tracing::debug!(?failure, "the encoder expects no frame rate");
        }
        self.set_bitrate(settings.bitrate)?;
        // SAFETY: the session is alive.
        #[allow(unsafe_code)]
        let (status, pool) =
            unsafe { (self.inner.prepare_to_encode_frames(), self.inner.pixel_buffer_pool()) };
        check(status, "prepare")?;
        self.pool = pool.map(Pool::of);
        Ok(())
    }

    fn set(&self, key: &CFString, value: &CFType) -> Result<(), Failure> {
        // SAFETY: the session is alive, and all callers pass what VideoToolbox documents for a key.
        #[allow(unsafe_code)]
        let status = unsafe { VTSessionSetProperty(&self.inner, key, Some(value)) };
        check(status, &format!("set {key}"))
    }
}

impl hardware::Session for Session {
    fn set_bitrate(&mut self, bitrate: Bitrate) -> Result<(), Failure> {
        let mean = CFNumber::new_i64(hardware::bits(bitrate));
        let (bytes, seconds) = hardware::limit(bitrate);
        let [bytes, seconds] = [CFNumber::new_i64(bytes), CFNumber::new_f64(seconds)];
        let limits = CFArray::from_objects(&[&*bytes, &*seconds]);
        // SAFETY: constants of VideoToolbox's.
        #[allow(unsafe_code)]
        let keys = unsafe {
            [kVTCompressionPropertyKey_AverageBitRate, kVTCompressionPropertyKey_DataRateLimits]
        };
        self.set(keys[0], &mean)?;
        match self.set(keys[1], &limits) {
            Err(Failure::Refused(reason)) => {
                tracing::debug!(reason, "the encoder keeps to the mean alone");
                Ok(())
            }
            other => other,
        }
    }

    fn set_frame_rate(&mut self, frame_rate: FrameRate) -> Result<(), Failure> {
        let hertz = CFNumber::new_f64(frame_rate.as_u32().into());
        // SAFETY: a constant of VideoToolbox's.
        #[allow(unsafe_code)]
        let key = unsafe { kVTCompressionPropertyKey_ExpectedFrameRate };
        self.set(key, &hertz)
    }

    fn submit(&mut self, image: &Image, pts: MediaTime, keyframe: bool) -> Result<(), Failure> {
        let drawn;
        let buffer = match image {
            Image::Buffer(buffer) => buffer,
            Image::Planar(picture) => {
                let missing = || Failure::Refused("VideoToolbox lends no memory".to_owned());
                drawn =
                    self.pool.as_ref().and_then(|pool| pool.draw(picture)).ok_or_else(missing)?;
                &drawn
            }
        };
        let sender = self.sender.clone();
        let made = move |status: i32, flags: VTEncodeInfoFlags, sample: *mut CMSampleBuffer| {
            // Where the session is gone meanwhile, nobody waits for it.
            let _ = sender.send(Finished { pts, sample: read(status, flags, sample) });
        };
        let made = RcBlock::new(made);
        // SAFETY: a constant of VideoToolbox's.
        #[allow(unsafe_code)]
        let force = unsafe { kVTEncodeFrameOptionKey_ForceKeyFrame };
        let properties = keyframe.then(|| dictionary(&[(force, CFBoolean::new(true))]));
        // What the system leaves for later is let go of with each picture: this thread lives long.
        // SAFETY: session and buffer are alive, and VideoToolbox retains what it needs of them and
        // copies the block; that holds only what may go to another thread; no flags are wanted.
        #[allow(unsafe_code)]
        let status = autoreleasepool(|_| unsafe {
            self.inner.encode_frame_with_output_handler(
                buffer.inner(),
                CMTime::new(pts.as_micros(), 1_000_000),
                kCMTimeInvalid,
                properties.as_ref().map(|properties| properties.as_opaque()),
                ptr::null_mut(),
                RcBlock::as_ptr(&made),
            )
        });
        check(status, "encode a picture")
    }

    fn finished(&mut self, patience: Duration) -> Option<Finished> {
        self.finished.recv_timeout(patience).ok()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // SAFETY: the session is alive, and not used again.
        #[allow(unsafe_code)]
        unsafe {
            self.inner.invalidate();
        }
    }
}

/// What came out for a picture.
fn read(
    status: i32,
    flags: VTEncodeInfoFlags,
    sample: *mut CMSampleBuffer,
) -> Result<Option<Sample>, Failure> {
    check(status, "encode a picture")?;
    // SAFETY: VideoToolbox passes null, or a sample that lives as long as the call of the block.
    #[allow(unsafe_code)]
    let sample = unsafe { sample.as_ref() };
    match sample {
        Some(sample) if !flags.contains(VTEncodeInfoFlags::FrameDropped) => {
            let unreadable =
                || Failure::Refused("a picture that cannot be read came out".to_owned());
            copy(sample).map(Some).ok_or_else(unreadable)
        }
        _ => Ok(None),
    }
}

fn copy(sample: &CMSampleBuffer) -> Option<Sample> {
    // SAFETY: the sample is alive, and what is asked for is retained.
    #[allow(unsafe_code)]
    let (block, format) = unsafe { (sample.data_buffer()?, sample.format_description()?) };
    // SAFETY: the block is alive, and so many bytes of it are copied to a vector of that length.
    #[allow(unsafe_code)]
    let data = unsafe {
        let mut data = vec![0_u8; block.data_length()];
        let to = NonNull::new(data.as_mut_ptr())?.cast();
        (block.copy_data_bytes(0, data.len(), to) == 0).then_some(data)?
    };
    let (first, count, length_size) = parameter_set(&format, 0)?;
    let mut parameter_sets = vec![first];
    for index in 1..count {
        parameter_sets.push(parameter_set(&format, index)?.0);
    }
    Some(Sample { data, length_size, parameter_sets })
}

/// The parameter set of this number, how many there are, and the bytes of a NAL unit's length.
fn parameter_set(format: &CMFormatDescription, index: usize) -> Option<(Vec<u8>, usize, usize)> {
    let (mut set, mut length, mut count, mut length_size) = (ptr::null(), 0, 0, 0);
    // SAFETY: the description is alive, and all that is written are locals.
    #[allow(unsafe_code)]
    let status = unsafe {
        CMVideoFormatDescriptionGetH264ParameterSetAtIndex(
            format,
            index,
            &raw mut set,
            &raw mut length,
            &raw mut count,
            &raw mut length_size,
        )
    };
    if status != 0 || set.is_null() {
        return None;
    }
    // SAFETY: as there was no error so many bytes lie there, as long as the description lives.
    #[allow(unsafe_code)]
    let set = unsafe { std::slice::from_raw_parts(set, length) }.to_vec();
    Some((set, count, usize::try_from(length_size).ok()?))
}

fn check(status: i32, doing: &str) -> Result<(), Failure> {
    if status == 0 { Ok(()) } else { Err(Failure::of(status, doing)) }
}
