//! Pictures fitted into another size by the hardware, with black bars where the shapes differ.

use std::ptr::{self, NonNull};

use golive_proto::media::PictureSize;
use objc2::rc::autoreleasepool;
use objc2_core_foundation::CFRetained;
use objc2_video_toolbox::{
    VTPixelTransferSession, VTSessionSetProperty, kVTPixelTransferPropertyKey_ScalingMode,
    kVTScalingMode_Letterbox,
};

use super::{PixelBuffer, Pool};

/// Fits pictures. One of the right size passes as it is, without being copied.
pub(crate) struct Scaler {
    session: CFRetained<VTPixelTransferSession>,
    pool: Option<(PictureSize, Pool)>,
}

impl Scaler {
    /// Nothing where the system has none to lend.
    pub(crate) fn new() -> Option<Self> {
        let mut session = ptr::null_mut();
        // SAFETY: VideoToolbox writes the new session to where the pointer points, a local.
        #[allow(unsafe_code)]
        let code = unsafe { VTPixelTransferSession::create(None, NonNull::from(&mut session)) };
        if code != 0 {
            return None;
        }
        // SAFETY: as there was no error this is a new session, and the reference to it is ours.
        #[allow(unsafe_code)]
        let session =
            NonNull::new(session).map(|session| unsafe { CFRetained::from_raw(session) })?;
        // SAFETY: the value is one that VideoToolbox documents for this key.
        #[allow(unsafe_code)]
        let code = unsafe {
            VTSessionSetProperty(
                &session,
                kVTPixelTransferPropertyKey_ScalingMode,
                Some(kVTScalingMode_Letterbox),
            )
        };
        if code != 0 {
            tracing::debug!(code, "no black bars: pictures of another shape are stretched");
        }
        Some(Self { session, pool: None })
    }

    /// The picture in this size; nothing where the system failed.
    pub(crate) fn fit(&mut self, source: &PixelBuffer, size: PictureSize) -> Option<PixelBuffer> {
        if source.size() == size {
            return Some(source.clone());
        }
        if self.pool.as_ref().is_none_or(|(of, _)| *of != size) {
            self.pool = Pool::new(size).map(|pool| (size, pool));
        }
        let (_, pool) = self.pool.as_ref()?;
        let fitted = pool.take()?;
        // What the system leaves for later is let go of with each picture: this thread lives long.
        // SAFETY: both buffers are alive, and nobody else knows the one that is written.
        #[allow(unsafe_code)]
        let code =
            autoreleasepool(|_| unsafe { self.session.transfer_image(source.inner(), &fitted) });
        if code == 0 { PixelBuffer::new(fitted) } else { None }
    }
}

impl Drop for Scaler {
    fn drop(&mut self) {
        // SAFETY: the session is alive, and not used again.
        #[allow(unsafe_code)]
        unsafe {
            self.session.invalidate();
        }
    }
}
