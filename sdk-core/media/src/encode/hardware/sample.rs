//! From what an encoder of the system makes to an access unit.
//!
//! Such encoders put a length before each NAL unit, and keep the parameter sets beside the picture
//! (ISO/IEC 14496-15, 5.3); a broadcast carries start codes, and the sets before each IDR (ITU-T
//! H.264, annex B).

use golive_proto::media::{AccessUnit, Track, h264, nal};
use golive_proto::units::MediaTime;

/// A picture as it came out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sample {
    /// NAL units, each behind its length.
    pub(crate) data: Vec<u8>,
    /// Bytes of such a length, 1 to 4.
    pub(crate) length_size: usize,
    /// SPS and PPS, without lengths or start codes.
    pub(crate) parameter_sets: Vec<Vec<u8>>,
}

impl Sample {
    /// The access unit of the picture taken at `pts`, or why it is none.
    pub(super) fn into_unit(self, pts: MediaTime) -> Result<AccessUnit, &'static str> {
        let mut slices = Vec::with_capacity(self.data.len() + 64);
        nal::to_annex_b(&self.data, self.length_size, &mut slices)
            .map_err(|_| "a picture whose lengths do not fit it came out")?;
        let keyframe = h264::is_idr(&slices);
        let data = if keyframe {
            if self.parameter_sets.is_empty() {
                return Err("a key frame without parameter sets came out");
            }
            let mut whole = Vec::with_capacity(slices.len() + 128);
            for set in &self.parameter_sets {
                whole.extend(nal::START_CODE);
                whole.extend(set);
            }
            whole.append(&mut slices);
            whole
        } else {
            slices
        };
        if data.is_empty() {
            return Err("a picture without anything in it came out");
        }
        Ok(AccessUnit { track: Track::Video, pts, dts: pts, keyframe, data: data.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPS: [u8; 4] = [0x67, 0x64, 0x00, 0x1F];
    const PPS: [u8; 3] = [0x68, 0xEE, 0x3C];

    fn sample(units: &[&[u8]]) -> Sample {
        let prefixed = |unit: &&[u8]| [&(unit.len() as u32).to_be_bytes()[..], unit].concat();
        let data = units.iter().flat_map(prefixed).collect();
        Sample { data, length_size: 4, parameter_sets: vec![SPS.to_vec(), PPS.to_vec()] }
    }

    #[test]
    fn an_idr_carries_its_parameter_sets_and_another_picture_does_not() {
        let pts = MediaTime::from_millis(40);
        let unit = sample(&[&[0x06, 1], &[0x65, 0xAA]]).into_unit(pts).unwrap();
        assert!(unit.keyframe);
        assert_eq!((unit.pts, unit.dts), (pts, pts));
        let start = nal::START_CODE;
        let expected = [&start[..], &SPS, &start, &PPS, &start, &[0x06, 1], &start, &[0x65, 0xAA]];
        assert_eq!(unit.data, expected.concat());
        let unit = sample(&[&[0x41, 0xBB, 0xCC]]).into_unit(pts).unwrap();
        assert!(!unit.keyframe);
        assert_eq!(unit.data, [&start[..], &[0x41, 0xBB, 0xCC]].concat());
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        let pts = MediaTime::ZERO;
        let mut truncated = sample(&[&[0x65, 0xAA]]);
        truncated.data.pop();
        assert!(truncated.into_unit(pts).is_err());
        assert!(Sample::default().into_unit(pts).is_err());
        let naked = Sample { parameter_sets: Vec::new(), ..sample(&[&[0x65, 0xAA]]) };
        assert!(naked.into_unit(pts).unwrap_err().contains("parameter sets"));
    }
}
