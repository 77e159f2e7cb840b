//! What interrupts a broadcast, in words that hold for every platform.

use std::fmt;

/// What interrupts a broadcast, and how a platform tells of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// A phone call, or another app that takes the sound.
    ///
    /// - Android: the audio focus is lost (`AUDIOFOCUS_LOSS` and `AUDIOFOCUS_LOSS_TRANSIENT`, not
    ///   `AUDIOFOCUS_LOSS_TRANSIENT_CAN_DUCK`), until it is gained. After `AUDIOFOCUS_LOSS` it has
    ///   to be asked for again, such as when the person returns to the app.
    /// - iOS: an interruption of `AVAudioSession` begins, until it ends. The system does not
    ///   promise to tell of an end: a session that could be activated again is one, too.
    Call,
    /// The person left the app, or locked the screen.
    ///
    /// - Android: no activity is started any more. With a foreground service (types `camera` and
    ///   `microphone`) everything goes on. Without one the system takes the camera and silences
    ///   the microphone, and each is told as what it is.
    /// - iOS: `didEnterBackground`, until `willEnterForeground`. The camera and the hardware's
    ///   encoder are gone; the microphone stays if the app has the background mode `audio`.
    Background,
    /// The camera is taken by somebody else, failed, or was unplugged.
    ///
    /// - Android: `CameraDevice.StateCallback.onDisconnected` or `onError`, until it is open
    ///   again. `CameraManager.AvailabilityCallback` tells when to try.
    /// - iOS: `AVCaptureSession` was interrupted, until that ends: another client uses the camera,
    ///   several apps share the screen, or the system is under pressure. Not for the reason
    ///   `videoDeviceNotAvailableInBackground`: that is [`Cause::Background`].
    CameraLost,
    /// The microphone delivers nothing: the system silences it, or its route is gone.
    ///
    /// - Android: `AudioRecordingConfiguration.isClientSilenced`, or the device that was recorded
    ///   from was removed and no other took its place.
    /// - iOS: the route changed (`oldDeviceUnavailable`) and has no input any more, or the media
    ///   services were reset.
    MicrophoneLost,
    /// The device is hot: see [`ThermalLevel`].
    Heat,
    /// The person asked the device to save its battery.
    ///
    /// - Android: `PowerManager.isPowerSaveMode`.
    /// - iOS: `ProcessInfo.isLowPowerModeEnabled`.
    LowPower,
}

impl Cause {
    /// What to say when it begins.
    pub(super) const fn beginning(self) -> &'static str {
        match self {
            Cause::Call => "a call, or another app, took the sound",
            Cause::Background => "the app went to the background",
            Cause::CameraLost => "the camera was lost",
            Cause::MicrophoneLost => "the microphone was lost",
            Cause::Heat => "the device became hot",
            Cause::LowPower => "the device began to save its battery",
        }
    }

    /// What to say when it is over.
    pub(super) const fn ending(self) -> &'static str {
        match self {
            Cause::Call => "the call is over",
            Cause::Background => "the app is in the foreground again",
            Cause::CameraLost => "the camera is there again",
            Cause::MicrophoneLost => "the microphone is there again",
            Cause::Heat => "the device has cooled",
            Cause::LowPower => "the device no longer saves its battery",
        }
    }

    /// What to say while it holds.
    pub(super) const fn holding(self) -> &'static str {
        match self {
            Cause::Call => "the call goes on",
            Cause::Background => "the app is in the background",
            Cause::CameraLost => "the camera is lost",
            Cause::MicrophoneLost => "the microphone is lost",
            Cause::Heat => "the device is hot",
            Cause::LowPower => "the device saves its battery",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.holding())
    }
}

/// How hot the device is: the four levels of iOS (`ProcessInfo.ThermalState`).
///
/// Android's seven (`PowerManager.THERMAL_STATUS_*`) are mapped by what the platforms say of
/// them, see [`ThermalLevel::from_android`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ThermalLevel {
    /// Nothing to do.
    #[default]
    Nominal,
    /// Warm, and the person notices nothing yet.
    Fair,
    /// Hot: the system is slowed down, and the person notices.
    Serious,
    /// The system has done all that it can, and parts of it may be switched off.
    Critical,
}

impl ThermalLevel {
    /// The level for one of Android's `PowerManager.THERMAL_STATUS_*`, from
    /// `addThermalStatusListener`.
    ///
    /// | Android | here | what Android says |
    /// |---|---|---|
    /// | `NONE` (0) | nominal | no throttling |
    /// | `LIGHT` (1), `MODERATE` (2) | fair | throttling that people hardly notice |
    /// | `SEVERE` (3) | serious | throttling that people notice |
    /// | `CRITICAL` (4), `EMERGENCY` (5), `SHUTDOWN` (6) | critical | nothing is left to be reduced, or parts are switched off |
    ///
    /// A number beyond these is hotter than all that are known, and critical; a negative one is
    /// nominal.
    pub const fn from_android(status: i32) -> Self {
        match status {
            i32::MIN..=0 => ThermalLevel::Nominal,
            1 | 2 => ThermalLevel::Fair,
            3 => ThermalLevel::Serious,
            4.. => ThermalLevel::Critical,
        }
    }
}

impl fmt::Display for ThermalLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ThermalLevel::Nominal => "nominal",
            ThermalLevel::Fair => "fair",
            ThermalLevel::Serious => "serious",
            ThermalLevel::Critical => "critical",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_android_calls_critical_and_worse_is_critical_and_nothing_is_skipped() {
        let levels: Vec<_> = (-1..=7).map(ThermalLevel::from_android).collect();
        assert!(levels.is_sorted(), "hotter is never a lower level");
        use ThermalLevel::{Critical, Fair, Nominal, Serious};
        let expected =
            [Nominal, Nominal, Fair, Fair, Serious, Critical, Critical, Critical, Critical];
        assert_eq!(levels, expected);
    }
}
