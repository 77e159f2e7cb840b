//! Parameter sets kept for the IDR pictures that come without.

use crate::media::AccessUnit;
use crate::media::h264::{ACCESS_UNIT_DELIMITER, NalType, START_CODE, leading_nal_units};

/// The last parameter sets seen, with start codes.
#[derive(Clone, Debug, Default)]
pub(super) struct ParameterSets {
    sps: Vec<u8>,
    pps: Vec<u8>,
}

impl ParameterSets {
    /// Keeps the sets that lead `annex_b`, if there are any, in place of those of their kind.
    pub(super) fn remember(&mut self, annex_b: &[u8]) {
        remember_kind(&mut self.sps, annex_b, NalType::Sps);
        remember_kind(&mut self.pps, annex_b, NalType::Pps);
    }

    /// Appends to `head` what must stand before the picture in `unit`: a delimiter (the picture's
    /// own if it has one) and the parameter sets that an IDR picture lacks. Returns where the
    /// rest of the picture begins.
    pub(super) fn lead(&mut self, unit: &AccessUnit, head: &mut Vec<u8>) -> usize {
        let mut delimiter = ACCESS_UNIT_DELIMITER;
        let (mut lacks_sps, mut lacks_pps) = (unit.keyframe, unit.keyframe);
        let mut body = 0;
        let mut only_delimiters = true;
        for nal in leading_nal_units(&unit.data) {
            match nal.nal_type() {
                NalType::AccessUnitDelimiter if only_delimiters => {
                    body = nal.end();
                    if let ([.., slice_types], [_, own, ..]) = (&mut delimiter, nal.bytes()) {
                        *slice_types = *own;
                    }
                    continue;
                }
                NalType::Sps => lacks_sps = false,
                NalType::Pps => lacks_pps = false,
                _ => {}
            }
            only_delimiters = false;
        }
        head.extend_from_slice(&delimiter);
        if lacks_sps {
            head.extend_from_slice(&self.sps);
        }
        if lacks_pps {
            head.extend_from_slice(&self.pps);
        }
        self.remember(&unit.data);
        body
    }
}

/// Copies only what changed: an encoder repeats the same sets with each key frame.
fn remember_kind(kept: &mut Vec<u8>, annex_b: &[u8], kind: NalType) {
    let sets = || leading_nal_units(annex_b).filter(|nal| nal.nal_type() == kind);
    let encoded = || sets().flat_map(|nal| START_CODE.iter().chain(nal.bytes()));
    if sets().next().is_some() && !encoded().eq(kept.iter()) {
        kept.clear();
        kept.extend(encoded());
    }
}
