//! The pictures of a file, in the order in which they are shown.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use golive_proto::media::PictureSize;
use golive_proto::mux::mp4::{Sample, VideoTrack};
use golive_proto::units::MediaTime;
use openh264::OpenH264API;
use openh264::decoder::{DecodedYUV, Decoder, DecoderConfig, Flush};
use openh264::formats::YUVSource as _;

use super::{MediaFile, explain};
use crate::error::Error;
use crate::picture::{Picture, Plane};

/// A decoder holds back at most 16 pictures to put them in order (ITU-T H.264, A.3.1).
const LONGEST_REORDERING: usize = 17;
/// A file without a picture among its first samples is not one that can be decoded.
const LONGEST_START: usize = 64;

/// Decodes a file's pictures one by one.
pub(crate) struct Pictures {
    file: Arc<MediaFile>,
    decoder: Decoder,
    /// The next sample to decode.
    sample: usize,
    round: u32,
    /// Times of the samples that went in and did not come out yet. The decoder gives pictures in
    /// the order in which they are shown, so the earliest of them is the next one's.
    pending: BTreeSet<MediaTime>,
    ready: VecDeque<(MediaTime, Picture)>,
    spare: Vec<Picture>,
}

impl Pictures {
    /// Prepares the first picture.
    ///
    /// # Errors
    ///
    /// When the file has no video, or none that can be decoded.
    pub(crate) fn new(file: Arc<MediaFile>) -> Result<Self, Error> {
        file.movie.video.as_ref().map_err(|error| explain(error.clone(), &file.path))?;
        let mut pictures = Self {
            decoder: new_decoder()?,
            file,
            sample: 0,
            round: 0,
            pending: BTreeSet::new(),
            ready: VecDeque::new(),
            spare: Vec::new(),
        };
        for _ in 0..LONGEST_START {
            if !pictures.ready.is_empty() || !pictures.decode() {
                break;
            }
        }
        if pictures.ready.is_empty() {
            return Err(Error::UnsupportedCodec("H.264 (its profile)".to_owned()));
        }
        Ok(pictures)
    }

    /// The next picture and when it is shown; nothing after the last one.
    pub(crate) fn next(&mut self) -> Option<(MediaTime, Picture)> {
        loop {
            if let Some(picture) = self.ready.pop_front() {
                return Some(picture);
            }
            if !self.decode() {
                return None;
            }
        }
    }

    /// Takes a picture's memory back.
    pub(crate) fn recycle(&mut self, picture: Picture) {
        if self.spare.len() < LONGEST_REORDERING {
            self.spare.push(picture);
        }
    }

    /// Decodes one sample; at the end of a round, what the decoder holds back. Returns false at
    /// the end of the last round.
    fn decode(&mut self) -> bool {
        let file = self.file.clone();
        let Ok(track) = &file.movie.video else { return false };
        let Some(begin) = file.round(self.round) else { return false };
        let Some(sample) = track.samples.get(self.sample) else {
            self.finish_round(begin);
            return true;
        };
        self.sample += 1;
        self.pending.insert(sample.pts);
        let decoded = annex_b(track, &file.data, sample).and_then(|data| {
            let decoded = self.decoder.decode(&data).ok()?;
            Some(decoded.and_then(|decoded| copy(&decoded, &mut self.spare)))
        });
        match decoded {
            Some(Some(picture)) => self.shown(begin, picture),
            Some(None) => {}
            // A picture that cannot be decoded is left out.
            None => drop(self.pending.remove(&sample.pts)),
        }
        if self.pending.len() > LONGEST_REORDERING {
            self.pending.pop_first();
        }
        true
    }

    fn finish_round(&mut self, begin: MediaTime) {
        let held: Vec<_> = match self.decoder.flush_remaining() {
            Ok(held) => held.iter().filter_map(|decoded| copy(decoded, &mut self.spare)).collect(),
            Err(_) => Vec::new(),
        };
        for picture in held {
            self.shown(begin, picture);
        }
        // Once emptied, openh264's decoder mixes up the pictures of what it is given next.
        match new_decoder() {
            Ok(decoder) => self.decoder = decoder,
            Err(error) => tracing::warn!(%error, "the file goes on with a decoder that was used"),
        }
        self.pending.clear();
        self.sample = 0;
        self.round = self.round.saturating_add(1);
    }

    fn shown(&mut self, begin: MediaTime, picture: Picture) {
        // What lies before zero, or after the end, is only decoded.
        let end = MediaTime::ZERO + self.file.length;
        match self.pending.pop_first() {
            Some(pts) if (MediaTime::ZERO..end).contains(&pts) => {
                self.ready.push_back((begin + pts.since(MediaTime::ZERO), picture));
            }
            _ => self.recycle(picture),
        }
    }
}

fn new_decoder() -> Result<Decoder, Error> {
    // Flushing after each picture, the default, breaks files with B-frames.
    let config = DecoderConfig::new().flush_after_decode(Flush::NoFlush);
    let decoder = Decoder::with_api_config(OpenH264API::from_source(), config);
    decoder.map_err(|error| Error::Encoder(error.to_string()))
}

fn annex_b(track: &VideoTrack, data: &[u8], sample: &Sample) -> Option<bytes::Bytes> {
    track.access_unit(data, sample).ok().map(|unit| unit.data)
}

/// Copies a decoded picture out of the decoder; nothing for one of odd or absurd size.
fn copy(decoded: &DecodedYUV<'_>, spare: &mut Vec<Picture>) -> Option<Picture> {
    let (width, height) = decoded.dimensions();
    let size = PictureSize::new(u32::try_from(width).ok()? & !1, u32::try_from(height).ok()? & !1)?;
    let strides = decoded.strides();
    let mut picture = spare.pop().unwrap_or_else(|| Picture::black(size));
    picture.resize(size);
    let (width, height) = (size.width as usize, size.height as usize);
    let plane = |samples, stride, width, height| Plane { samples, stride, width, height };
    let planes = picture.planes_mut();
    copy_plane(plane(decoded.y(), strides.0, width, height), planes.luma)?;
    copy_plane(plane(decoded.u(), strides.1, width / 2, height / 2), planes.blue)?;
    copy_plane(plane(decoded.v(), strides.2, width / 2, height / 2), planes.red)?;
    Some(picture)
}

fn copy_plane(source: Plane<'_>, target: &mut [u8]) -> Option<()> {
    for (row, target) in target.chunks_exact_mut(source.width).enumerate() {
        let start = row * source.stride;
        target.copy_from_slice(source.samples.get(start..start + source.width)?);
    }
    Some(())
}
