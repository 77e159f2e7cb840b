//! What this machine can capture with.

/// The cameras and microphones of this machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Devices {
    /// In the order of their indices.
    pub cameras: Vec<Camera>,
    /// The default one first.
    pub microphones: Vec<Microphone>,
}

/// A camera.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Camera {
    /// What [`VideoSource::Camera`](crate::VideoSource::Camera) takes.
    pub index: u32,
    /// The system's name for it.
    pub name: String,
    /// Which way it looks, where the system says so, as for a phone's.
    pub facing: Option<crate::Facing>,
    /// What it delivers, such as `1280x720 30 MJPEG`; empty while another program uses it.
    pub modes: Vec<String>,
}

/// A microphone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Microphone {
    /// What [`AudioSource::Microphone`](crate::AudioSource::Microphone) takes.
    pub name: String,
    /// The lowest and the highest rate it offers, in Hz; nothing while another program uses it.
    pub rates: Option<(u32, u32)>,
}

/// Looks for cameras and microphones. What cannot be asked is left out, so this never fails; it
/// may take a second, as every camera is opened for a moment.
pub fn devices() -> Devices {
    Devices { cameras: cameras(), microphones: microphones() }
}

#[cfg(all(producer, feature = "camera"))]
fn cameras() -> Vec<Camera> {
    let describe = |(index, name, mut modes, facing): crate::camera::Listed| {
        modes.sort_by_key(|mode| (mode.format, mode.width, mode.height, mode.frame_rate));
        let modes = modes.iter().map(|mode| {
            format!("{}x{} {} {}", mode.width, mode.height, mode.frame_rate, mode.format)
        });
        Camera { index, name, facing, modes: modes.collect() }
    };
    crate::camera::list().into_iter().map(describe).collect()
}

#[cfg(not(all(producer, feature = "camera")))]
fn cameras() -> Vec<Camera> {
    Vec::new()
}

#[cfg(all(producer, feature = "microphone"))]
fn microphones() -> Vec<Microphone> {
    crate::microphone::list().into_iter().map(|(name, rates)| Microphone { name, rates }).collect()
}

#[cfg(not(all(producer, feature = "microphone")))]
fn microphones() -> Vec<Microphone> {
    Vec::new()
}
