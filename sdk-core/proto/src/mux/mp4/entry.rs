//! Sample descriptions: which codec a track is in, and how its decoder is set up
//! (ISO/IEC 14496-12, 8.5.2 and 12).

use bytes::Bytes;

use super::super::boxes::{boxes, find, find_path};
use super::{Error, name};
use crate::media::aac::AudioSpecificConfig;
use crate::media::h264::DecoderConfiguration;
use crate::media::{AudioFormat, Track};

/// Bytes of a video description before its boxes (12.1.3).
const VIDEO_FIELDS: usize = 78;

/// Bytes of a sound description before its boxes, for QuickTime's versions 0 (which is MP4's),
/// 1 and 2.
const AUDIO_FIELDS: [usize; 3] = [28, 44, 64];

/// `objectTypeIndication` of AAC: MPEG-4, and MPEG-2 low complexity (ISO/IEC 14496-1, table 5).
const AAC_OBJECT_TYPES: [u8; 2] = [0x40, 0x67];

/// A track's first description.
pub(super) enum SampleEntry {
    /// H.264.
    Video(DecoderConfiguration),
    /// AAC.
    Audio { format: AudioFormat, config: Bytes },
}

/// Reads the first description of `trak`.
pub(super) fn parse(trak: &[u8], track: Track) -> Result<SampleEntry, Error> {
    let stsd = find_path(trak, &[b"mdia", b"minf", b"stbl", b"stsd"]);
    let entry = stsd.and_then(|stsd| boxes(stsd.get(8..)?).next()?.ok());
    let entry = entry.ok_or(Error::Malformed("stsd"))?;
    match (track, &entry.kind) {
        (Track::Video, b"avc1" | b"avc3") => {
            let inner = entry.body.get(VIDEO_FIELDS..).and_then(|inner| find(inner, b"avcC"));
            let record = inner.ok_or(Error::Malformed("avcC"))?;
            Ok(SampleEntry::Video(DecoderConfiguration::parse(record)?))
        }
        (Track::Audio, b"mp4a") => parse_sound(entry.body),
        (track, kind) => Err(Error::UnsupportedCodec { track, codec: name(kind) }),
    }
}

fn parse_sound(body: &[u8]) -> Result<SampleEntry, Error> {
    const MALFORMED: Error = Error::Malformed("esds");
    let version = body.get(8..10).ok_or(MALFORMED)?;
    let fields = match version {
        [0, version] => AUDIO_FIELDS.get(usize::from(*version)).copied(),
        _ => None,
    };
    let inner = fields.and_then(|fields| body.get(fields..)).ok_or(MALFORMED)?;
    // QuickTime wraps the descriptor in one more box.
    let esds = find(inner, b"esds").or_else(|| find_path(inner, &[b"wave", b"esds"]));
    let stream = esds.and_then(|esds| esds.get(4..)).ok_or(MALFORMED)?;
    let decoder = decoder_descriptor(stream).ok_or(MALFORMED)?;
    let (object_type, rest) = decoder.split_first().ok_or(MALFORMED)?;
    if !AAC_OBJECT_TYPES.contains(object_type) {
        let codec = format!("mp4a.{object_type:02x}");
        return Err(Error::UnsupportedCodec { track: Track::Audio, codec });
    }
    let config = rest.get(12..).and_then(|inner| descriptor(inner, 5)).ok_or(MALFORMED)?;
    let AudioSpecificConfig { format } = AudioSpecificConfig::parse(config)?;
    Ok(SampleEntry::Audio { format, config: Bytes::copy_from_slice(config) })
}

/// The body of the decoder's descriptor within an elementary stream's (ISO/IEC 14496-1, 7.2.6.5).
fn decoder_descriptor(stream: &[u8]) -> Option<&[u8]> {
    let body = descriptor(stream, 3)?;
    let [_, _, flags, rest @ ..] = body else { return None };
    let depends = if flags & 0x80 != 0 { 2 } else { 0 };
    let rest = rest.get(depends..)?;
    let rest = match (flags & 0x40 != 0, rest) {
        (true, [length, rest @ ..]) => rest.get(usize::from(*length)..)?,
        (true, []) => return None,
        (false, rest) => rest,
    };
    descriptor(rest.get(if flags & 0x20 != 0 { 2 } else { 0 }..)?, 4)
}

/// The body of the first descriptor with this tag: a tag, a length in groups of seven bits, and
/// the body (ISO/IEC 14496-1, 8.3.3).
fn descriptor(data: &[u8], tag: u8) -> Option<&[u8]> {
    let mut rest = data;
    loop {
        let (found, mut after) = rest.split_first()?;
        let mut length = 0;
        for _ in 0..4 {
            let (byte, next) = after.split_first()?;
            after = next;
            length = length << 7 | usize::from(byte & 0x7F);
            if byte & 0x80 == 0 {
                break;
            }
        }
        let (body, next) = after.split_at_checked(length)?;
        if *found == tag {
            return Some(body);
        }
        rest = next;
    }
}
