//! Core Video's pixel buffers: pictures in memory that camera, hardware and program share.
//!
//! Only those in NV12 of limited range are taken, which is what is asked of cameras, and what
//! hardware encodes without converting it.

use std::ptr::{self, NonNull};
use std::slice;

use golive_proto::media::PictureSize;
use objc2_core_foundation::{CFDictionary, CFNumber, CFRetained, CFString, CFType};
use objc2_core_video::{
    CVPixelBuffer, CVPixelBufferGetBaseAddressOfPlane, CVPixelBufferGetBytesPerRowOfPlane,
    CVPixelBufferGetHeight, CVPixelBufferGetHeightOfPlane, CVPixelBufferGetPixelFormatType,
    CVPixelBufferGetWidth, CVPixelBufferLockBaseAddress, CVPixelBufferLockFlags, CVPixelBufferPool,
    CVPixelBufferUnlockBaseAddress, kCVPixelBufferHeightKey, kCVPixelBufferIOSurfacePropertiesKey,
    kCVPixelBufferPixelFormatTypeKey, kCVPixelBufferWidthKey,
    kCVPixelFormatType_420YpCbCr8BiPlanarVideoRange,
};

use super::dictionary;
use crate::nv12::{Nv12, Nv12Mut};
use crate::picture::Picture;

/// The layout of all pixel buffers here.
pub(crate) const PIXEL_FORMAT: u32 = kCVPixelFormatType_420YpCbCr8BiPlanarVideoRange;

/// A picture in shared memory. Clones show the same samples, which nobody changes any more.
#[derive(Clone, Debug)]
pub(crate) struct PixelBuffer {
    inner: CFRetained<CVPixelBuffer>,
    size: PictureSize,
}

// SAFETY: Core Video counts references atomically, and lets any thread use a buffer; samples are
// read only while it is locked, and nobody writes them once a buffer is in such a value.
#[allow(unsafe_code)]
unsafe impl Send for PixelBuffer {}
// SAFETY: as above; no method changes anything but the count of locks, which is the system's.
#[allow(unsafe_code)]
unsafe impl Sync for PixelBuffer {}

impl PixelBuffer {
    /// Takes a buffer; nothing where it is laid out otherwise, or of an odd or absurd size.
    pub(crate) fn new(inner: CFRetained<CVPixelBuffer>) -> Option<Self> {
        if CVPixelBufferGetPixelFormatType(&inner) != PIXEL_FORMAT {
            return None;
        }
        let width = u32::try_from(CVPixelBufferGetWidth(&inner)).ok()?;
        let height = u32::try_from(CVPixelBufferGetHeight(&inner)).ok()?;
        let size = PictureSize::new(width, height)?;
        Some(Self { inner, size })
    }

    /// Width and height in pixels.
    pub(crate) fn size(&self) -> PictureSize {
        self.size
    }

    /// The buffer itself, for the system's own functions, which do not write to it.
    pub(crate) fn inner(&self) -> &CVPixelBuffer {
        &self.inner
    }

    /// Copies the samples into `picture`, which takes its size; nothing if they cannot be had.
    pub(crate) fn copy_to(&self, picture: &mut Picture) -> Option<()> {
        let locked = Locked::new(&self.inner, CVPixelBufferLockFlags::ReadOnly)?;
        let (luma, luma_stride) = locked.plane(0)?;
        let (chroma, chroma_stride) = locked.plane(1)?;
        Nv12 { size: self.size, luma, luma_stride, chroma, chroma_stride }.copy_to(picture)
    }
}

/// Pixel buffers of one size, whose memory goes round.
pub(crate) struct Pool(CFRetained<CVPixelBufferPool>);

impl Pool {
    /// Buffers that the hardware can use without copying them.
    #[cfg(feature = "camera")]
    pub(crate) fn new(size: PictureSize) -> Option<Self> {
        let attributes = attributes(size);
        let mut pool = ptr::null_mut();
        // SAFETY: the attributes are of the types that Core Video documents for their keys, and it
        // writes the new pool to where the pointer points, a local.
        #[allow(unsafe_code)]
        let code = unsafe {
            CVPixelBufferPool::create(
                None,
                None,
                Some(attributes.as_opaque()),
                NonNull::from(&mut pool),
            )
        };
        if code != 0 {
            return None;
        }
        // SAFETY: as there was no error this is a new pool, and the reference to it is ours.
        #[allow(unsafe_code)]
        NonNull::new(pool).map(|pool| Self(unsafe { CFRetained::from_raw(pool) }))
    }

    /// Somebody else's pool, such as an encoder's own.
    pub(crate) fn of(inner: CFRetained<CVPixelBufferPool>) -> Self {
        Self(inner)
    }

    /// A buffer with anything in it.
    pub(crate) fn take(&self) -> Option<CFRetained<CVPixelBuffer>> {
        let mut buffer = ptr::null_mut();
        // SAFETY: Core Video writes the buffer to where the pointer points, a local.
        #[allow(unsafe_code)]
        let code = unsafe {
            CVPixelBufferPool::create_pixel_buffer(None, &self.0, NonNull::from(&mut buffer))
        };
        if code != 0 {
            return None;
        }
        // SAFETY: as there was no error this is a buffer, and the reference to it is ours.
        #[allow(unsafe_code)]
        NonNull::new(buffer).map(|buffer| unsafe { CFRetained::from_raw(buffer) })
    }

    /// A buffer that shows `picture`; nothing where the pool's are of another size or layout.
    pub(crate) fn draw(&self, picture: &Picture) -> Option<PixelBuffer> {
        let buffer = PixelBuffer::new(self.take()?)?;
        let mut locked = Locked::new(&buffer.inner, CVPixelBufferLockFlags::empty())?;
        let [(luma, luma_stride), (chroma, chroma_stride)] = locked.planes_mut()?;
        let mut planes = Nv12Mut { size: buffer.size, luma, luma_stride, chroma, chroma_stride };
        planes.copy_from(picture)?;
        drop(locked);
        Some(buffer)
    }
}

/// What makes a pool's buffers: layout and size, in memory that the hardware reaches.
pub(crate) fn attributes(size: PictureSize) -> CFRetained<CFDictionary<CFString, CFType>> {
    let format = CFNumber::new_i64(PIXEL_FORMAT.into());
    let [width, height] = [size.width, size.height].map(|side| CFNumber::new_i64(side.into()));
    let surface = dictionary(&[]);
    // SAFETY: constants of Core Video's, which are there from the moment it is loaded.
    #[allow(unsafe_code)]
    let keys = unsafe {
        [
            kCVPixelBufferPixelFormatTypeKey,
            kCVPixelBufferWidthKey,
            kCVPixelBufferHeightKey,
            kCVPixelBufferIOSurfacePropertiesKey,
        ]
    };
    let [format_key, width_key, height_key, surface_key] = keys;
    dictionary(&[
        (format_key, &format),
        (width_key, &width),
        (height_key, &height),
        (surface_key, &surface),
    ])
}

/// A buffer whose samples may be looked at.
struct Locked<'a> {
    buffer: &'a CVPixelBuffer,
    flags: CVPixelBufferLockFlags,
}

impl<'a> Locked<'a> {
    fn new(buffer: &'a CVPixelBuffer, flags: CVPixelBufferLockFlags) -> Option<Self> {
        // SAFETY: the buffer is alive, and is unlocked with the same flags when this is dropped.
        #[allow(unsafe_code)]
        let code = unsafe { CVPixelBufferLockBaseAddress(buffer, flags) };
        (code == 0).then_some(Self { buffer, flags })
    }

    /// Where a plane's samples begin, how many bytes there are, and from row to row.
    fn place(&self, plane: usize) -> Option<(NonNull<u8>, usize, usize)> {
        let stride = CVPixelBufferGetBytesPerRowOfPlane(self.buffer, plane);
        let length = stride.checked_mul(CVPixelBufferGetHeightOfPlane(self.buffer, plane))?;
        let base = CVPixelBufferGetBaseAddressOfPlane(self.buffer, plane);
        Some((NonNull::new(base.cast())?, length, stride))
    }

    fn plane(&self, plane: usize) -> Option<(&[u8], usize)> {
        let (base, length, stride) = self.place(plane)?;
        // SAFETY: while the buffer is locked a plane has so many rows of so many bytes at this
        // address, and nobody writes to it: see `PixelBuffer`.
        #[allow(unsafe_code)]
        let samples = unsafe { slice::from_raw_parts(base.as_ptr(), length) };
        Some((samples, stride))
    }

    /// Both planes of a buffer that was just taken from a pool, and that nobody else knows.
    fn planes_mut(&mut self) -> Option<[(&mut [u8], usize); 2]> {
        let (luma, luma_length, luma_stride) = self.place(0)?;
        let (chroma, chroma_length, chroma_stride) = self.place(1)?;
        // SAFETY: while the buffer is locked each plane has so many bytes at its address; the two
        // do not overlap, and the buffer is not shared yet.
        #[allow(unsafe_code)]
        let planes = unsafe {
            [
                (slice::from_raw_parts_mut(luma.as_ptr(), luma_length), luma_stride),
                (slice::from_raw_parts_mut(chroma.as_ptr(), chroma_length), chroma_stride),
            ]
        };
        Some(planes)
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        // SAFETY: it was locked with these flags, and no slice of it is left.
        #[allow(unsafe_code)]
        let _ = unsafe { CVPixelBufferUnlockBaseAddress(self.buffer, self.flags) };
    }
}
