//! One fragment: where its units lie in time, and their bytes (ISO/IEC 14496-12, 8.8).

use std::time::Duration;

use super::super::boxes::{put_box, put_full_box, put_u32};
use super::{Error, Format, Fragmenter};
use crate::media::{AccessUnit, AudioFormat, NalKind, nal};
use crate::units::MediaTime;

/// Sample flags (8.8.3.1): depends on no other; or on others, and is no place to begin.
const KEY_FRAME: u32 = 0x0200_0000;
const OTHER_FRAME: u32 = 0x0101_0000;

/// Flags of `tfhd`: offsets count from the fragment's start.
const BASE_IS_FRAGMENT: u32 = 0x02_0000;

/// Flags of `trun`: data offset, then duration, size, flags and composition offset a sample.
const RUN_FIELDS: u32 = 0x0F01;

/// Gaps longer than this are gaps, not long pictures.
const LONGEST_INTERVAL: Duration = Duration::from_secs(1);

impl Fragmenter {
    pub(super) fn write_fragment(&mut self, units: &[AccessUnit]) -> Result<Vec<u8>, Error> {
        let first = units.first().ok_or(Error::Length)?;
        let bytes: usize = units.iter().map(|unit| unit.data.len() + 32).sum();
        if i32::try_from(bytes).is_err() {
            return Err(Error::Length);
        }
        let mut output = Vec::with_capacity(bytes + 256);
        let mut samples = Vec::with_capacity(units.len());
        let mut run = 0;
        put_box(&mut output, b"moof", |output| {
            put_full_box(output, b"mfhd", 0, 0, |output| put_u32(output, self.sequence_number));
            put_box(output, b"traf", |output| {
                let id = self.track_id();
                put_full_box(output, b"tfhd", 0, BASE_IS_FRAGMENT, |output| put_u32(output, id));
                let time = self.ticks(first.dts).max(0).unsigned_abs();
                put_full_box(output, b"tfdt", 1, 0, |output| {
                    output.extend_from_slice(&time.to_be_bytes());
                });
                put_full_box(output, b"trun", 1, RUN_FIELDS, |output| {
                    put_u32(output, units.len() as u32);
                    run = output.len();
                    output.resize(run + 4 + 16 * units.len(), 0);
                });
            });
        });
        let data_offset = output.len() + 8;
        put_box(&mut output, b"mdat", |output| {
            for unit in units {
                let start = output.len();
                self.put_data(output, unit);
                samples.push(output.len() - start);
            }
        });
        let mut table = Vec::with_capacity(4 + 16 * units.len());
        put_u32(&mut table, data_offset as u32);
        for (position, (unit, size)) in units.iter().zip(samples).enumerate() {
            let next = units.get(position + 1).map(|next| next.dts);
            put_u32(&mut table, self.duration(unit.dts, next));
            put_u32(&mut table, size as u32);
            put_u32(&mut table, if unit.keyframe { KEY_FRAME } else { OTHER_FRAME });
            put_u32(&mut table, (self.ticks(unit.pts) - self.ticks(unit.dts)) as i32 as u32);
        }
        if let Some(room) = output.get_mut(run..run + table.len()) {
            room.copy_from_slice(&table);
        }
        Ok(output)
    }

    /// Ticks from the base to `time`.
    fn ticks(&self, time: MediaTime) -> i64 {
        let micros = time.as_micros().saturating_sub(self.base.as_micros());
        let ticks = i128::from(micros) * i128::from(self.timescale());
        ((ticks + 500_000).div_euclid(1_000_000)) as i64
    }

    /// Ticks that the unit at `dts` lasts, and what that tells of the next ones.
    fn duration(&mut self, dts: MediaTime, next: Option<MediaTime>) -> u32 {
        let before = self.last_dts.replace(dts);
        if matches!(self.format, Format::Audio { .. }) {
            return AudioFormat::SAMPLES_PER_FRAME;
        }
        let known = next.map(|next| next.since(dts));
        let interval = known.or_else(|| before.map(|before| dts.since(before)));
        if let Some(interval) = interval.filter(|interval| !interval.is_zero()) {
            self.interval = interval.min(LONGEST_INTERVAL);
        }
        let end = self.ticks(dts + self.interval);
        u32::try_from(end - self.ticks(dts)).unwrap_or(0)
    }

    fn put_data(&self, output: &mut Vec<u8>, unit: &AccessUnit) {
        match &self.format {
            // Delimiters and parameter sets stand elsewhere in MP4 (ISO/IEC 14496-15, 5.3.2, 8.3.2).
            Format::Video(description) => {
                let belongs = |header| {
                    let kind = description.codec.nal_kind(header);
                    matches!(kind, NalKind::Slice | NalKind::Other)
                };
                nal::to_length_prefixed(&unit.data, |nal| belongs(nal.header()), output);
            }
            Format::Audio { .. } => output.extend_from_slice(&unit.data),
        }
    }
}
