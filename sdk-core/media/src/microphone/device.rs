//! Microphones by cpal.

use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

use cpal::traits::{DeviceTrait as _, HostTrait as _, StreamTrait as _};
use cpal::{
    BufferSize, ErrorKind, FromSample, InputCallbackInfo, SampleFormat, SizedSample, StreamConfig,
    SupportedBufferSize, SupportedStreamConfig,
};

use super::Intake;
use super::watch::{Device, Notice};
use crate::encode::SAMPLE_RATE;
use crate::error::Error;
use crate::producer::Shared;

/// Notices that may wait; more would say the same.
const NOTICES: usize = 8;
/// How long a backend may take to open the device, where it honours it.
const OPENING: Duration = Duration::from_secs(5);

/// Opens the microphone of this name, or the system's default.
pub(crate) fn open(
    name: Option<&str>,
    shared: &Arc<Shared>,
    intake: &Arc<Intake>,
) -> Result<Device, Error> {
    #[cfg(target_vendor = "apple")]
    crate::apple::ask(crate::apple::Wish::Microphone)
        .map_err(|reason| Error::MicrophoneForbidden(reason.to_owned()))?;
    let device = find(name)?;
    let supported = device.default_input_config().map_err(|error| explain(name, &error))?;
    intake.open(supported.sample_rate())?;
    let (sender, notices) = sync_channel(NOTICES);
    let (shared, intake) = (shared.clone(), intake.clone());
    let build = Build { device: &device, supported: &supported, shared, intake, sender };
    let stream = build.stream().map_err(|error| explain(name, &error))?;
    stream.play().map_err(|error| explain(name, &error))?;
    let name = device.to_string();
    tracing::info!(
        name,
        rate = supported.sample_rate(),
        channels = supported.channels(),
        "microphone"
    );
    Ok(Device { name, notices, stream: Box::new(stream) })
}

/// The microphones: name, and the rates that it offers, lowest and highest; the default one first.
pub(crate) fn list() -> Vec<(String, Option<(u32, u32)>)> {
    let host = cpal::default_host();
    let default = host.default_input_device().map(|device| device.to_string());
    let Ok(devices) = host.input_devices() else { return Vec::new() };
    let describe = |device: cpal::Device| {
        let configs = device.supported_input_configs().into_iter().flatten();
        let rates = configs.map(|config| (config.min_sample_rate(), config.max_sample_rate()));
        let rates = rates.reduce(|all, one| (all.0.min(one.0), all.1.max(one.1)));
        (device.to_string(), rates)
    };
    let described = devices.map(describe).filter(|(name, _)| !name.starts_with(NULL_DEVICE));
    let mut microphones: Vec<_> = described.collect();
    microphones.sort_by_key(|(name, _)| Some(name) != default.as_ref());
    microphones
}

/// How ALSA describes its `null` device, which every machine has and which hears nothing.
const NULL_DEVICE: &str = "Discard all samples";

fn find(name: Option<&str>) -> Result<cpal::Device, Error> {
    let host = cpal::default_host();
    let missing = || Error::NoMicrophone(name.map(str::to_owned));
    let Some(name) = name else { return host.default_input_device().ok_or_else(missing) };
    let mut devices = host.input_devices().map_err(|_| missing())?;
    devices.find(|device| device.to_string() == name).ok_or_else(missing)
}

struct Build<'a> {
    device: &'a cpal::Device,
    supported: &'a SupportedStreamConfig,
    shared: Arc<Shared>,
    intake: Arc<Intake>,
    sender: SyncSender<Notice>,
}

impl Build<'_> {
    fn stream(self) -> Result<cpal::Stream, cpal::Error> {
        match self.supported.sample_format() {
            SampleFormat::I8 => self.typed::<i8>(),
            SampleFormat::I16 => self.typed::<i16>(),
            SampleFormat::I32 => self.typed::<i32>(),
            SampleFormat::U8 => self.typed::<u8>(),
            SampleFormat::U16 => self.typed::<u16>(),
            SampleFormat::U32 => self.typed::<u32>(),
            SampleFormat::F32 => self.typed::<f32>(),
            SampleFormat::F64 => self.typed::<f64>(),
            _ => Err(ErrorKind::UnsupportedConfig.into()),
        }
    }

    fn typed<T>(self) -> Result<cpal::Stream, cpal::Error>
    where
        T: SizedSample,
        f32: FromSample<T>,
    {
        let Self { device, supported, shared, intake, sender } = self;
        let config = StreamConfig { buffer_size: buffer_size(supported), ..supported.config() };
        let channels = usize::from(config.channels);
        let rate = f64::from(config.sample_rate.max(1));
        let heard = move |samples: &[T], info: &InputCallbackInfo| {
            let frames = samples.len() / channels.max(1);
            let whole = Duration::from_secs_f64(frames as f64 / rate);
            let now = (shared.clock)();
            let time = info.timestamp();
            // The driver says how old the first sample is; one that says nonsense is not believed.
            let age = time.callback.duration_since(time.capture);
            let age =
                if (whole..whole + Duration::from_secs(1)).contains(&age) { age } else { whole };
            let end = now.saturating_sub(age.saturating_sub(whole));
            intake.push(&shared, samples.iter().map(|sample| sample.to_sample()), channels, end);
        };
        let failed = move |error: cpal::Error| {
            let notice = match error.kind() {
                ErrorKind::DeviceChanged | ErrorKind::RealtimeDenied => return,
                // iOS says so with each change of route, and the sound goes on; where it does not, its
                // silence is noticed.
                ErrorKind::StreamInvalidated if cfg!(target_os = "ios") => return,
                ErrorKind::Xrun => Notice::Overrun,
                _ => Notice::Gone(error.to_string()),
            };
            // Where that many wait already, one more changes nothing.
            let _ = sender.try_send(notice);
        };
        device.build_input_stream(config, heard, failed, Some(OPENING))
    }
}

/// Pieces of about 25 ms, where the device lets one choose: the system keeps two, so that a busy
/// machine may be late by one without losing sound.
fn buffer_size(supported: &SupportedStreamConfig) -> BufferSize {
    let wanted = supported.sample_rate() * 1_200 / SAMPLE_RATE;
    match supported.buffer_size() {
        SupportedBufferSize::Range { min, max } if (*min..=*max).contains(&wanted) => {
            BufferSize::Fixed(wanted)
        }
        _ => BufferSize::Default,
    }
}

fn explain(name: Option<&str>, error: &cpal::Error) -> Error {
    match error.kind() {
        ErrorKind::DeviceNotAvailable | ErrorKind::HostUnavailable => {
            Error::NoMicrophone(name.map(str::to_owned))
        }
        ErrorKind::PermissionDenied => Error::MicrophoneForbidden(error.to_string()),
        _ => Error::MicrophoneBusy(error.to_string()),
    }
}
