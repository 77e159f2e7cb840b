//! Which camera, microphone or file a broadcast takes, from what was asked and what is there.

use std::path::PathBuf;

use golive::{AudioSource, CameraIndex, VideoSource};

use crate::arguments::{AudioChoice, SourceArguments, VideoChoice};
use crate::exit::{Exit, Failure};

/// What is there to choose from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Available {
    /// The numbers of the cameras.
    pub(crate) cameras: Vec<u32>,
    /// The names of the microphones, the system's choice first.
    pub(crate) microphones: Vec<String>,
}

/// What a broadcast takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sources {
    /// The picture, if there is one.
    pub(crate) video: Option<VideoSource>,
    /// The sound, if there is any.
    pub(crate) audio: Option<AudioSource>,
    /// What was decided that nobody asked for, in sentences.
    pub(crate) notes: Vec<String>,
}

impl Sources {
    /// Decides. Devices are looked for only where the answer depends on them.
    ///
    /// # Errors
    ///
    /// Wrong usage: neither picture nor sound, or the sound of a file that is none.
    pub(crate) fn choose(
        asked: &SourceArguments,
        available: impl FnOnce() -> Available,
    ) -> Result<Self, Failure> {
        let wants_camera = asked.video.is_none();
        let wants_microphone = match (&asked.audio, &asked.video) {
            (Some(AudioChoice::Microphone(name)), _) => name.is_some(),
            (Some(_), _) => false,
            (None, Some(VideoChoice::Synthetic | VideoChoice::File(_))) => false,
            (None, _) => true,
        };
        let is_open = wants_camera || wants_microphone;
        let available = if is_open { available() } else { Available::default() };
        let mut notes = Vec::new();
        let video = video(asked, &available, &mut notes);
        let audio = audio(asked, video.as_ref(), &available, &mut notes)?;
        if video.is_none() && audio.is_none() {
            let message = "nothing to broadcast: leave out --video none or --audio none";
            return Err(Failure::new(Exit::Usage, message));
        }
        if asked.looped && !matches!(video, Some(VideoSource::File(_))) {
            let message = "--loop repeats a file: write --video file:PATH, or leave it out";
            return Err(Failure::new(Exit::Usage, message));
        }
        Ok(Self { video, audio, notes })
    }

    /// How many of the two come from a file, and so come to an end.
    pub(crate) fn files(&self) -> usize {
        usize::from(matches!(self.video, Some(VideoSource::File(_))))
            + usize::from(matches!(self.audio, Some(AudioSource::File(_))))
    }

    /// Whether everything comes from files: then the broadcast ends with them.
    pub(crate) fn are_files(&self) -> bool {
        self.files() == usize::from(self.video.is_some()) + usize::from(self.audio.is_some())
    }
}

fn video(
    asked: &SourceArguments,
    available: &Available,
    notes: &mut Vec<String>,
) -> Option<VideoSource> {
    match &asked.video {
        Some(VideoChoice::Camera(number)) => {
            Some(VideoSource::Camera(CameraIndex(number.unwrap_or(0))))
        }
        Some(VideoChoice::Synthetic) => Some(VideoSource::Synthetic),
        Some(VideoChoice::File(path)) => Some(VideoSource::File(path.clone())),
        Some(VideoChoice::None) => None,
        None => Some(match available.cameras.first() {
            Some(number) => VideoSource::Camera(CameraIndex(*number)),
            None => {
                notes.push("no camera found: broadcasting a test picture".to_owned());
                VideoSource::Synthetic
            }
        }),
    }
}

fn audio(
    asked: &SourceArguments,
    video: Option<&VideoSource>,
    available: &Available,
    notes: &mut Vec<String>,
) -> Result<Option<AudioSource>, Failure> {
    let file = |path: &PathBuf| AudioSource::File(path.clone());
    Ok(match (&asked.audio, video) {
        (Some(AudioChoice::Microphone(name)), _) => {
            let name = name.as_ref().map(|name| full_name(name, &available.microphones));
            Some(AudioSource::Microphone(name))
        }
        (Some(AudioChoice::Synthetic), _) => Some(AudioSource::Synthetic),
        (Some(AudioChoice::None), _) => None,
        (Some(AudioChoice::File) | None, Some(VideoSource::File(path))) => Some(file(path)),
        (Some(AudioChoice::File), _) => {
            let message = "--audio file is the sound of a video file: write --video file:PATH, too";
            return Err(Failure::new(Exit::Usage, message));
        }
        // Who asks for a test picture by name does not expect to be heard.
        (None, Some(VideoSource::Synthetic)) if asked.video.is_some() => {
            Some(AudioSource::Synthetic)
        }
        (None, _) if available.microphones.is_empty() => {
            notes.push("no microphone found: broadcasting a test tone".to_owned());
            Some(AudioSource::Synthetic)
        }
        (None, _) => Some(AudioSource::Microphone(None)),
    })
}

/// The microphone that `part` names, or `part` itself, which then is reported missing.
fn full_name(part: &str, microphones: &[String]) -> String {
    let lower = part.to_lowercase();
    let exact = microphones.iter().find(|name| *name == part);
    let found = exact.or_else(|| microphones.iter().find(|n| n.to_lowercase().contains(&lower)));
    found.cloned().unwrap_or_else(|| part.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both() -> Available {
        Available { cameras: vec![2], microphones: vec!["Built-in".into(), "USB Audio".into()] }
    }

    fn nobody_looks() -> Available {
        panic!("devices are looked for without need")
    }

    fn asked(video: Option<&str>, audio: Option<&str>) -> SourceArguments {
        SourceArguments {
            video: video.map(|text| text.parse().unwrap()),
            audio: audio.map(|text| text.parse().unwrap()),
            looped: false,
        }
    }

    #[test]
    fn the_camera_and_the_microphone_are_taken_if_there_are_any() {
        let sources = Sources::choose(&asked(None, None), both).unwrap();
        assert_eq!(sources.video, Some(VideoSource::Camera(CameraIndex(2))));
        assert_eq!(sources.audio, Some(AudioSource::Microphone(None)));
        assert!(sources.notes.is_empty());
    }

    #[test]
    fn without_devices_it_says_that_a_test_picture_is_broadcast() {
        let sources = Sources::choose(&asked(None, None), Available::default).unwrap();
        assert_eq!(sources.video, Some(VideoSource::Synthetic));
        assert_eq!(sources.audio, Some(AudioSource::Synthetic));
        assert_eq!(sources.notes.len(), 2);
    }

    #[test]
    fn a_test_picture_asked_for_by_name_leaves_the_microphone_off() {
        let sources = Sources::choose(&asked(Some("synthetic"), None), nobody_looks).unwrap();
        assert_eq!(sources.audio, Some(AudioSource::Synthetic));
    }

    #[test]
    fn a_named_device_is_taken_whether_it_is_there_or_not() {
        let sources = Sources::choose(&asked(Some("camera:7"), Some("none")), nobody_looks);
        assert_eq!(sources.unwrap().video, Some(VideoSource::Camera(CameraIndex(7))));
    }

    #[test]
    fn a_part_of_a_microphones_name_is_enough() {
        let name = |part| {
            let asked = asked(Some("synthetic"), Some(part));
            Sources::choose(&asked, both).unwrap().audio
        };
        let microphone = |name: &str| Some(AudioSource::Microphone(Some(name.to_owned())));
        assert_eq!(name("mic:usb"), microphone("USB Audio"));
        assert_eq!(name("mic:HDMI"), microphone("HDMI"));
    }

    #[test]
    fn a_file_brings_its_sound_and_ends_the_broadcast() {
        let sources = Sources::choose(&asked(Some("file:a.mp4"), None), nobody_looks).unwrap();
        assert_eq!(sources.audio, Some(AudioSource::File("a.mp4".into())));
        assert!(sources.are_files() && sources.files() == 2);
        let spoken = Sources::choose(&asked(Some("file:a.mp4"), Some("mic")), both).unwrap();
        assert!(!spoken.are_files());
    }

    #[test]
    fn what_makes_no_sense_together_is_wrong_usage() {
        for (video, audio, looped) in [
            ("none", "none", false),
            ("synthetic", "file", false),
            ("none", "file", false),
            ("synthetic", "none", true),
        ] {
            let asked = SourceArguments { looped, ..asked(Some(video), Some(audio)) };
            let failure = Sources::choose(&asked, Available::default).unwrap_err();
            assert_eq!(failure.exit(), Exit::Usage, "{video} {audio}");
        }
    }
}
