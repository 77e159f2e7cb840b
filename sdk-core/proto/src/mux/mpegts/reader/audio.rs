//! AAC frames out of PES packets, which may hold several and cut them anywhere.

use std::collections::VecDeque;

use bytes::Bytes;

use super::output::{Cause, Discontinuity, Output};
use crate::media::aac::{self, AdtsHeader};
use crate::media::{AccessUnit, AudioFormat, Track};
use crate::units::MediaTime;

/// Splits ADTS into raw frames with a time each.
#[derive(Clone, Debug, Default)]
pub(super) struct AudioSplitter {
    /// The beginning of a frame that the last PES packet cut; less than 8 KiB.
    carry: Vec<u8>,
    format: Option<AudioFormat>,
    /// A frame's time that was told, and the samples since.
    time: Option<(MediaTime, i64)>,
}

impl AudioSplitter {
    /// Forgets a frame that lost its end.
    pub(super) fn reset(&mut self) {
        self.carry.clear();
    }

    /// Takes a PES packet's payload; `pts` is the time of the first frame that begins in it.
    pub(super) fn push(
        &mut self,
        pts: Option<MediaTime>,
        payload: Bytes,
        outputs: &mut VecDeque<Output>,
    ) {
        let told_at = self.carry.len();
        let data = if self.carry.is_empty() {
            payload
        } else {
            self.carry.extend_from_slice(&payload);
            Bytes::from(std::mem::take(&mut self.carry))
        };
        let mut pts = pts;
        let mut position = 0;
        let mut complaint = None;
        while position < data.len() {
            if position >= told_at
                && let Some(pts) = pts.take()
            {
                self.time = Some((pts, 0));
            }
            let rest = data.slice(position..);
            match AdtsHeader::parse(&rest) {
                Ok(header) if rest.len() >= header.frame_length => {
                    self.frame(&header, &rest, outputs);
                    position += header.frame_length;
                }
                Ok(_) | Err(aac::Error::Truncated(_)) => {
                    self.carry.extend_from_slice(&rest);
                    break;
                }
                Err(error) => {
                    complaint = complaint.or(Some(error));
                    position += 1 + distance_to_header(rest.get(1..).unwrap_or_default());
                }
            }
        }
        if let Some(error) = complaint {
            let cause = Cause::Audio(error);
            let discontinuity = Discontinuity { track: Some(Track::Audio), cause };
            outputs.push_back(Output::Discontinuity(discontinuity));
        }
    }

    fn frame(&mut self, header: &AdtsHeader, data: &Bytes, outputs: &mut VecDeque<Output>) {
        // Without a time there is no place for the frame; the first PES packet tells one.
        let Some((base, samples)) = &mut self.time else { return };
        if self.format != Some(header.format) {
            let AudioFormat { sample_rate, .. } = header.format;
            *base = after(*base, *samples, self.format.map_or(sample_rate, |old| old.sample_rate));
            *samples = 0;
            self.format = Some(header.format);
            outputs.push_back(Output::AudioFormat(header.format));
        }
        let pts = after(*base, *samples, header.format.sample_rate);
        *samples += i64::from(AudioFormat::SAMPLES_PER_FRAME);
        let data = data.slice(header.header_length..header.frame_length);
        let unit = AccessUnit { track: Track::Audio, pts, dts: pts, keyframe: true, data };
        outputs.push_back(Output::AccessUnit(unit));
    }
}

fn after(base: MediaTime, samples: i64, sample_rate: u32) -> MediaTime {
    let elapsed = MediaTime::from_ticks(samples, sample_rate);
    MediaTime::from_micros(base.as_micros().saturating_add(elapsed.as_micros()))
}

/// How many bytes lie before what looks like a header that another follows.
fn distance_to_header(data: &[u8]) -> usize {
    let is_header = |position: &usize| {
        let Some(rest) = data.get(*position..) else { return false };
        let Ok(header) = AdtsHeader::parse(rest) else { return false };
        let Some(next) = rest.get(header.frame_length..) else { return false };
        next.is_empty() || AdtsHeader::parse(next).is_ok()
    };
    (0..data.len()).find(is_header).unwrap_or(data.len())
}
