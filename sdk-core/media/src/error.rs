//! What can go wrong at the devices and in the codecs.

use std::path::PathBuf;

use golive_proto::media::Track;

/// Why something could not be captured or encoded. The message says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no such camera.
    #[error(
        "there is no camera {0}: `golive devices` lists those that are there, or use the synthetic picture"
    )]
    NoCamera(u32),
    /// The system does not let this program use the camera.
    #[error(
        "camera {index} may not be used ({reason}): allow it in the system's privacy settings, or join the group that owns the device (`video` on Linux)"
    )]
    CameraForbidden {
        /// Which camera.
        index: u32,
        /// The system's words.
        reason: String,
    },
    /// Another program has the camera, or it delivers nothing that can be used.
    #[error(
        "camera {index} cannot be used ({reason}): close other programs that use it, or choose another one"
    )]
    CameraBusy {
        /// Which camera.
        index: u32,
        /// The system's words.
        reason: String,
    },
    /// The source has no such thing.
    #[error("{0}: choose a source that has it, or do without")]
    CameraCannot(&'static str),
    /// There is no such microphone, or none at all.
    #[error("there is no microphone{}: `golive devices` lists those that are there, or use the synthetic tone", named(.0))]
    NoMicrophone(Option<String>),
    /// The microphone is there, but cannot be used.
    #[error(
        "the microphone cannot be used ({0}): close other programs that hold it, and allow it in the system's privacy settings"
    )]
    MicrophoneBusy(String),
    /// The system does not let this program hear.
    #[error("the microphone may not be used ({0}): allow it in the system's privacy settings")]
    MicrophoneForbidden(String),
    /// There is no such file, or it cannot be read.
    #[error("the file {} cannot be read ({reason}): check its name and its permissions", path.display())]
    FileNotFound {
        /// Which file.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// The file is not an MP4 that can be played.
    #[error(
        "the file {} is not a video that can be broadcast ({reason}): use an MP4 with H.264 and AAC",
        path.display()
    )]
    NotAVideo {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The file is an MP4, but of a codec that is not decoded here.
    #[error("the file's {0} cannot be decoded here: convert it to H.264 and AAC first")]
    UnsupportedCodec(String),
    /// An encoder refused its settings or failed.
    #[error("the encoder failed ({0}): check the size (at most 3840x2160) and the bitrates")]
    Encoder(String),
    /// This program was built without what it takes.
    #[error(
        "this program was built without `{0}`: build it with that feature of golive-media, or choose another source"
    )]
    NotBuiltIn(&'static str),
    /// A source was to be switched of a track that the broadcast does not have.
    #[error("the broadcast has no {} track: start it with one", track(.0))]
    NoTrack(Track),
    /// The system would not start a thread.
    #[error("no thread could be started ({0}): the system is out of memory or of threads")]
    Thread(String),
}

fn named(name: &Option<String>) -> String {
    name.as_ref().map(|name| format!(" named `{name}`")).unwrap_or_default()
}

fn track(track: &Track) -> &'static str {
    match track {
        Track::Video => "video",
        Track::Audio => "audio",
    }
}
