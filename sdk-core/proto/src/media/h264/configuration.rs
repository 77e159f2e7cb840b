//! The `avcC` record: the parameter sets beside length-prefixed H.264.

use bytes::Bytes;

use super::sps::has_chroma_fields;
use super::{Error, NalType, Sps, leading_nal_units};
use crate::media::nal::START_CODE;

/// What a decoder must know before the first picture (ISO/IEC 14496-15, 5.3.3.1.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecoderConfiguration {
    /// Bytes of the length before each NAL unit: 1, 2 or 4.
    pub length_size: usize,
    /// Sequence parameter sets, each a whole NAL unit.
    pub sps: Vec<Bytes>,
    /// Picture parameter sets, each a whole NAL unit.
    pub pps: Vec<Bytes>,
}

impl DecoderConfiguration {
    /// Collects the parameter sets of an access unit in Annex B form; lengths take four bytes.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] if there is no SPS or no PPS before the first slice.
    pub fn from_annex_b(data: &[u8]) -> Result<Self, Error> {
        let mut configuration = Self { length_size: 4, sps: Vec::new(), pps: Vec::new() };
        for unit in leading_nal_units(data) {
            match NalType::of(unit.header()) {
                NalType::Sps => configuration.sps.push(Bytes::copy_from_slice(unit.bytes())),
                NalType::Pps => configuration.pps.push(Bytes::copy_from_slice(unit.bytes())),
                _ => {}
            }
        }
        configuration.checked()
    }

    /// Reads the body of an `avcC` box, which may leave the parameter sets to the pictures.
    pub fn parse(record: &[u8]) -> Result<Self, Error> {
        const WHAT: &str = "avcC record";
        let [1, _, _, _, lengths, sps_count, rest @ ..] = record else {
            let known_version = record.first().is_none_or(|version| *version == 1);
            return Err(if known_version { Error::Truncated(WHAT) } else { Error::Invalid(WHAT) });
        };
        let length_size = usize::from(lengths & 3) + 1;
        if length_size == 3 {
            return Err(Error::Invalid("length size in the avcC record"));
        }
        let (sps, rest) = take_sets(rest, sps_count & 0x1F)?;
        let (pps_count, rest) = rest.split_first().ok_or(Error::Truncated(WHAT))?;
        let (pps, _) = take_sets(rest, *pps_count)?;
        Ok(Self { length_size, sps, pps })
    }

    /// The body of an `avcC` box.
    ///
    /// # Errors
    ///
    /// Those of [`Sps::parse`], and [`Error::Invalid`] if the sets are too many or too long for
    /// the record.
    pub fn encode(&self) -> Result<Vec<u8>, Error> {
        let sps = self.first_sps()?;
        let length_size = u8::try_from(self.length_size.saturating_sub(1)).unwrap_or(3) & 3;
        let mut record = vec![1, sps.profile, sps.constraints, sps.level, 0xFC | length_size];
        record.push(0xE0 | count(&self.sps, 31)?);
        put_sets(&mut record, &self.sps)?;
        record.push(count(&self.pps, 255)?);
        put_sets(&mut record, &self.pps)?;
        if has_chroma_fields(sps.profile) {
            let depths = [sps.luma_bit_depth - 8, sps.chroma_bit_depth - 8];
            record.extend([0xFC | sps.chroma_format, 0xF8 | depths[0], 0xF8 | depths[1], 0]);
        }
        Ok(record)
    }

    /// What the first sequence parameter set says.
    pub fn first_sps(&self) -> Result<Sps, Error> {
        Sps::parse(self.sps.first().ok_or(Error::Missing("SPS"))?)
    }

    /// All parameter sets in Annex B form, ready to stand before a key frame's slices.
    pub fn to_annex_b(&self) -> Vec<u8> {
        let sets = || self.sps.iter().chain(&self.pps);
        let mut data = Vec::with_capacity(sets().map(|set| START_CODE.len() + set.len()).sum());
        for set in sets() {
            data.extend_from_slice(&START_CODE);
            data.extend_from_slice(set);
        }
        data
    }

    fn checked(self) -> Result<Self, Error> {
        match (self.sps.is_empty(), self.pps.is_empty()) {
            (true, _) => Err(Error::Missing("SPS")),
            (_, true) => Err(Error::Missing("PPS")),
            _ => Ok(self),
        }
    }
}

fn take_sets(mut rest: &[u8], count: u8) -> Result<(Vec<Bytes>, &[u8]), Error> {
    const TRUNCATED: Error = Error::Truncated("avcC record");
    let mut sets = Vec::new();
    for _ in 0..count {
        let (length, after) = rest.split_first_chunk().ok_or(TRUNCATED)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (set, after) = after.split_at_checked(length).ok_or(TRUNCATED)?;
        if !set.is_empty() {
            sets.push(Bytes::copy_from_slice(set));
        }
        rest = after;
    }
    Ok((sets, rest))
}

fn put_sets(record: &mut Vec<u8>, sets: &[Bytes]) -> Result<(), Error> {
    for set in sets {
        let length =
            u16::try_from(set.len()).map_err(|_| Error::Invalid("parameter set length"))?;
        record.extend_from_slice(&length.to_be_bytes());
        record.extend_from_slice(set);
    }
    Ok(())
}

fn count(sets: &[Bytes], limit: u8) -> Result<u8, Error> {
    let count = u8::try_from(sets.len()).ok().filter(|count| *count <= limit);
    count.ok_or(Error::Invalid("number of parameter sets"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNIT: [u8; 35] = [
        0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x1f, 0xda, 0x01, 0x40, 0x16, 0xec, 0x04, 0x40, 0, 0, 3, 0,
        0x40, 0, 0, 0x0c, 0x83, 0xc6, 0x0c, 0xa8, 0, 0, 0, 1, 0x68, 0xce, 0x0f, 0xc8,
    ];

    #[test]
    fn parameter_sets_go_into_a_record_and_come_back() {
        let configuration = DecoderConfiguration::from_annex_b(&UNIT).unwrap();
        let record = configuration.encode().unwrap();
        assert_eq!(record[..8], [1, 0x42, 0xc0, 0x1f, 0xff, 0xe1, 0, 23]);
        assert_eq!(record[31..], [1, 0, 4, 0x68, 0xce, 0x0f, 0xc8]);
        assert_eq!(DecoderConfiguration::parse(&record), Ok(configuration.clone()));
        assert_eq!(configuration.to_annex_b(), UNIT);
        assert_eq!(configuration.first_sps().unwrap().codec_string(), "avc1.42c01f");
    }

    #[test]
    fn a_cut_record_is_an_error_at_every_length() {
        let record = DecoderConfiguration::from_annex_b(&UNIT).unwrap().encode().unwrap();
        for length in 0..record.len() {
            assert!(DecoderConfiguration::parse(&record[..length]).is_err(), "{length}");
        }
    }

    #[test]
    fn a_unit_without_parameter_sets_says_which_is_missing() {
        let missing = |data| DecoderConfiguration::from_annex_b(data);
        assert_eq!(missing(&[0, 0, 1, 0x65, 1]), Err(Error::Missing("SPS")));
        assert_eq!(missing(&[0, 0, 1, 0x67, 1, 0, 0, 1, 0x65]), Err(Error::Missing("PPS")));
    }
}
