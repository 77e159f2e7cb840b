//! The messages that carry media to a page.

use bytes::Bytes;
use golive_proto::media::Track;
use serde::Serialize;

use super::lane::Lane;
use super::viewer::Message;

/// How the media is to be read from here on: which tracks there are, and their initialization
/// segments.
pub(super) fn preamble(video: Option<&Lane>, audio: Option<&Lane>) -> Vec<Message> {
    #[derive(Serialize)]
    struct Start {
        r#type: &'static str,
        tracks: Tracks,
    }
    #[derive(Serialize)]
    struct Tracks {
        #[serde(skip_serializing_if = "Option::is_none")]
        video: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        audio: Option<String>,
    }
    let media_type = |lane: Option<&Lane>| lane.and_then(Lane::media_type);
    let tracks = Tracks { video: media_type(video), audio: media_type(audio) };
    let start = serde_json::to_string(&Start { r#type: "start", tracks }).unwrap_or_default();
    let mut messages = vec![Message::Text(start.into())];
    messages.extend([video, audio].into_iter().flatten().filter_map(Lane::initialization));
    messages
}

/// A segment with its track behind it: one byte, 0 for video and 1 for audio. It stands at the end
/// because there it costs no copy.
pub(super) fn message(track: Track, mut segment: Vec<u8>) -> Message {
    segment.push(match track {
        Track::Video => 0,
        Track::Audio => 1,
    });
    Message::Binary(Bytes::from(segment))
}
