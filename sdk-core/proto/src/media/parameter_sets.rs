//! Parameter sets kept for the key frames that come without.

use bytes::Bytes;

use super::nal::{NalUnit, START_CODE};
use super::{AccessUnit, NalKind, VideoCodec};

/// The last parameter sets seen, with start codes.
#[derive(Clone, Debug)]
pub struct ParameterSets {
    codec: VideoCodec,
    vps: Vec<u8>,
    sps: Vec<u8>,
    pps: Vec<u8>,
}

/// The kinds of parameter sets, in the order in which they stand.
const KINDS: [NalKind; 3] = [NalKind::Vps, NalKind::Sps, NalKind::Pps];
/// Parameter sets seldom take more.
const HEAD_LENGTH: usize = 256;

impl ParameterSets {
    /// For pictures in this codec.
    pub const fn new(codec: VideoCodec) -> Self {
        Self { codec, vps: Vec::new(), sps: Vec::new(), pps: Vec::new() }
    }

    /// Keeps the sets that lead `annex_b`, if there are any, in place of those of their kind.
    pub fn remember(&mut self, annex_b: &[u8]) {
        let Self { codec, vps, sps, pps } = self;
        for (kept, kind) in [(vps, NalKind::Vps), (sps, NalKind::Sps), (pps, NalKind::Pps)] {
            remember_kind(*codec, kept, annex_b, kind);
        }
    }

    /// `unit` with the sets that it lacks, if it is a key frame. Those that it brings are kept.
    pub fn complete(&mut self, unit: AccessUnit) -> AccessUnit {
        let has_all = |kind| {
            let mut units = self.codec.leading_nal_units(&unit.data);
            self.kept(kind).is_empty() || units.any(|nal| self.codec.nal_kind(nal.header()) == kind)
        };
        if !unit.keyframe || KINDS.into_iter().all(has_all) {
            self.remember(&unit.data);
            return unit;
        }
        let mut data = Vec::with_capacity(unit.data.len() + HEAD_LENGTH);
        let body = self.lead(&unit, &mut data);
        data.extend_from_slice(unit.data.get(body..).unwrap_or_default());
        AccessUnit { data: Bytes::from(data), ..unit }
    }

    /// Appends to `head` what must stand before the picture in `unit`: a delimiter (the picture's
    /// own if it has one) and the parameter sets that a key frame lacks. Returns where the rest of
    /// the picture begins.
    pub fn lead(&mut self, unit: &AccessUnit, head: &mut Vec<u8>) -> usize {
        let usual = self.codec.access_unit_delimiter();
        let mut own = None;
        let mut lacks = KINDS.map(|_| unit.keyframe);
        let mut body = 0;
        let mut only_delimiters = true;
        for nal in self.codec.leading_nal_units(&unit.data) {
            let kind = self.codec.nal_kind(nal.header());
            if kind == NalKind::AccessUnitDelimiter && only_delimiters {
                body = nal.end();
                own = own.or(delimiter(nal, usual));
                continue;
            }
            only_delimiters = false;
            for (lacks, _) in lacks.iter_mut().zip(KINDS).filter(|(_, set)| *set == kind) {
                *lacks = false;
            }
        }
        match own {
            Some(own) => {
                head.extend_from_slice(&START_CODE);
                head.extend_from_slice(own);
            }
            None => head.extend_from_slice(usual),
        }
        for (_, kind) in lacks.into_iter().zip(KINDS).filter(|(is_lacking, _)| *is_lacking) {
            head.extend_from_slice(self.kept(kind));
        }
        self.remember(&unit.data);
        body
    }

    fn kept(&self, kind: NalKind) -> &[u8] {
        match kind {
            NalKind::Vps => &self.vps,
            NalKind::Sps => &self.sps,
            NalKind::Pps => &self.pps,
            NalKind::Slice | NalKind::AccessUnitDelimiter | NalKind::Other => &[],
        }
    }
}

/// The picture's own delimiter, if it is whole: as long as the `usual` one behind its start code.
fn delimiter<'a>(nal: NalUnit<'a>, usual: &[u8]) -> Option<&'a [u8]> {
    nal.bytes().get(..usual.len().saturating_sub(START_CODE.len()))
}

/// Copies only what changed: an encoder repeats the same sets with each key frame.
fn remember_kind(codec: VideoCodec, kept: &mut Vec<u8>, annex_b: &[u8], kind: NalKind) {
    let sets =
        || codec.leading_nal_units(annex_b).filter(|nal| codec.nal_kind(nal.header()) == kind);
    let encoded = || sets().flat_map(|nal| START_CODE.iter().chain(nal.bytes()));
    if sets().next().is_some() && !encoded().eq(kept.iter()) {
        kept.clear();
        kept.extend(encoded());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::Track;
    use crate::units::MediaTime;

    const SETS: &[u8] = &[0, 0, 0, 1, 0x40, 1, 7, 0, 0, 0, 1, 0x42, 1, 8, 0, 0, 0, 1, 0x44, 1, 9];

    fn picture(number: u8, lead: &[u8]) -> AccessUnit {
        AccessUnit {
            track: Track::Video,
            pts: MediaTime::ZERO,
            dts: MediaTime::ZERO,
            keyframe: number >= 16,
            data: Bytes::from([lead, &[0, 0, 0, 1, number << 1, 1, 0x80]].concat()),
        }
    }

    #[test]
    fn a_key_frame_gets_the_sets_that_were_told_before_it() {
        let mut sets = ParameterSets::new(VideoCodec::H265);
        let bare = picture(20, &[]);
        assert_eq!(sets.complete(bare.clone()), bare, "there is nothing to add yet");
        let whole = picture(19, SETS);
        assert_eq!(sets.complete(whole.clone()), whole);
        let delimiter = VideoCodec::H265.access_unit_delimiter();
        let expected = picture(21, &[delimiter, SETS].concat());
        assert_eq!(sets.complete(picture(21, &[])), expected);
        let trailing = picture(1, &[]);
        assert_eq!(sets.complete(trailing.clone()), trailing);
        // Sets that come apart from a key frame count for the next.
        let apart = picture(1, &[0, 0, 0, 1, 0x44, 1, 5]);
        assert_eq!(sets.complete(apart.clone()), apart);
        let completed = sets.complete(picture(20, &[])).data;
        assert!(completed.windows(3).any(|bytes| bytes == [0x44, 1, 5]), "{completed:?}");
    }
}
