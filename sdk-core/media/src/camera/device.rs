//! Cameras by nokhwa.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use golive_proto::rate::EncoderTarget;
use nokhwa::utils::{
    ApiBackend, CameraFormat, CameraIndex, CameraInfo, FrameFormat, RequestedFormat,
    RequestedFormatType, Resolution,
};
use nokhwa::{Camera, NokhwaError};

use super::mode::choose;
use super::{Feed, Listed, Message, Mode, RawFormat, RawFrame};
use crate::Clock;
use crate::error::Error;

/// All formats that are understood here.
const FORMATS: [FrameFormat; 6] = [
    FrameFormat::NV12,
    FrameFormat::YUYV,
    FrameFormat::RAWRGB,
    FrameFormat::RAWBGR,
    FrameFormat::MJPEG,
    FrameFormat::GRAY,
];
/// Frames that may wait for the track: one that it works on, one that has just come.
const WAITING: usize = 2;

/// Opens a camera in the mode nearest to `target`, on a thread of its own.
pub(crate) fn open(index: u32, target: EncoderTarget, clock: Clock) -> Feed {
    let (sender, messages) = sync_channel(WAITING);
    let (spare, spares) = sync_channel(WAITING);
    let run = move || match open_device(index, target) {
        Ok((camera, name)) => {
            if sender.send(Message::Opened { name }).is_ok() {
                deliver(index, camera, clock, &sender, &spares);
            }
        }
        Err(error) => drop(sender.send(Message::Failed(error))),
    };
    // Without a thread the channel ends at once, which says enough.
    let thread = std::thread::Builder::new().name("golive-camera".to_owned()).spawn(run).ok();
    Feed { messages, spare, thread }
}

/// The cameras that deliver pictures: index, name and modes. A camera in use has no modes.
pub(crate) fn list() -> Vec<Listed> {
    let cameras = nokhwa::query(ApiBackend::Auto).unwrap_or_default();
    let described = cameras.iter().filter_map(|info| {
        let index = info.index().as_index().ok()?;
        let modes = match open_any(index) {
            Ok(mut camera) => modes(&mut camera),
            // A node without pictures (of metadata, say) has no format; others are in use.
            Err(NokhwaError::GetPropertyError { .. }) => return None,
            Err(_) => Vec::new(),
        };
        Some((index, info.human_name(), modes, None))
    });
    let mut described: Vec<_> = described.collect();
    described.sort_by_key(|(index, ..)| *index);
    described
}

fn open_device(index: u32, target: EncoderTarget) -> Result<(Camera, String), Error> {
    let found = nokhwa::query(ApiBackend::Auto).unwrap_or_default();
    let same = |info: &&CameraInfo| info.index().as_index().is_ok_and(|other| other == index);
    let name = found.iter().find(same).map(CameraInfo::human_name).ok_or(Error::NoCamera(index))?;

    let mut camera = open_any(index).map_err(|error| explain(index, &error))?;
    if let Some(mode) = choose(&modes(&mut camera), target) {
        let resolution = Resolution::new(mode.width, mode.height);
        let format = CameraFormat::new(resolution, to_nokhwa(mode.format), mode.frame_rate);
        // A camera that refuses delivers what it was set to before.
        let request = RequestedFormat::with_formats(RequestedFormatType::Exact(format), &FORMATS);
        if let Err(error) = camera.set_camera_requset(request) {
            tracing::debug!(%error, %format, "camera mode refused");
        }
    }
    camera.open_stream().map_err(|error| explain(index, &error))?;
    tracing::info!(name, format = %camera.camera_format(), "camera");
    Ok((camera, name))
}

fn open_any(index: u32) -> Result<Camera, NokhwaError> {
    let any = RequestedFormat::with_formats(RequestedFormatType::None, &FORMATS);
    Camera::new(CameraIndex::Index(index), any)
}

fn modes(camera: &mut Camera) -> Vec<Mode> {
    let formats = camera.compatible_camera_formats().unwrap_or_default();
    let mode = |format: CameraFormat| Mode {
        width: format.width(),
        height: format.height(),
        frame_rate: format.frame_rate(),
        format: from_nokhwa(format.format()),
    };
    formats.into_iter().map(mode).collect()
}

fn deliver(
    index: u32,
    mut camera: Camera,
    clock: Clock,
    sender: &SyncSender<Message>,
    spares: &Receiver<Vec<u8>>,
) {
    let mut missed = 0;
    loop {
        let format = camera.camera_format();
        let samples = match camera.frame_raw() {
            Ok(samples) => samples,
            Err(error) => return drop(sender.send(Message::Failed(explain(index, &error)))),
        };
        let taken = clock();
        let mut data = spares.try_recv().unwrap_or_default();
        data.clear();
        data.extend_from_slice(&samples);
        let frame = RawFrame {
            format: from_nokhwa(format.format()),
            width: format.width(),
            height: format.height(),
            data,
            taken,
            missed,
        };
        match sender.try_send(Message::Frame(frame)) {
            Ok(()) => missed = 0,
            Err(TrySendError::Full(_)) => missed += 1,
            Err(TrySendError::Disconnected(_)) => return,
        }
    }
}

/// nokhwa passes the system's words on as text.
fn explain(index: u32, error: &NokhwaError) -> Error {
    let reason = error.to_string();
    let says = |words: &[&str]| words.iter().any(|word| reason.contains(word));
    if says(&["Permission denied", "os error 13", "not authorized", "E_ACCESSDENIED"]) {
        Error::CameraForbidden { index, reason }
    } else if says(&["No such file", "No such device", "os error 2)", "os error 19"]) {
        Error::NoCamera(index)
    } else {
        Error::CameraBusy { index, reason }
    }
}

fn from_nokhwa(format: FrameFormat) -> RawFormat {
    match format {
        FrameFormat::NV12 => RawFormat::Nv12,
        FrameFormat::YUYV => RawFormat::Yuyv,
        FrameFormat::RAWRGB => RawFormat::Rgb,
        FrameFormat::RAWBGR => RawFormat::Bgr,
        FrameFormat::MJPEG => RawFormat::Mjpeg,
        FrameFormat::GRAY => RawFormat::Gray,
    }
}

fn to_nokhwa(format: RawFormat) -> FrameFormat {
    match format {
        RawFormat::Nv12 => FrameFormat::NV12,
        RawFormat::Yuyv => FrameFormat::YUYV,
        RawFormat::Rgb => FrameFormat::RAWRGB,
        RawFormat::Bgr => FrameFormat::RAWBGR,
        RawFormat::Mjpeg => FrameFormat::MJPEG,
        RawFormat::Gray => FrameFormat::GRAY,
    }
}
