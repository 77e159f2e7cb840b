//! The `hvcC` record: the parameter sets beside length-prefixed H.265.

use bytes::Bytes;

use super::{Error, NalHeader, NalType, Sps, leading_nal_units};

/// What a decoder must know before the first picture (ISO/IEC 14496-15, 8.3.3.1.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecoderConfiguration {
    /// Video parameter sets, each a whole NAL unit.
    pub vps: Vec<Bytes>,
    /// Sequence parameter sets, each a whole NAL unit.
    pub sps: Vec<Bytes>,
    /// Picture parameter sets, each a whole NAL unit.
    pub pps: Vec<Bytes>,
}

/// The types of parameter sets, as the record lists them.
const VPS: u8 = 32;
const SPS: u8 = 33;
const PPS: u8 = 34;

impl DecoderConfiguration {
    /// Collects the base layer's parameter sets of an access unit in Annex B form.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] if a kind of them does not stand before the first slice.
    pub fn from_annex_b(data: &[u8]) -> Result<Self, Error> {
        let mut found = Self { vps: Vec::new(), sps: Vec::new(), pps: Vec::new() };
        for unit in leading_nal_units(data) {
            let header = NalHeader::parse(unit.bytes()).filter(|header| header.layer_id == 0);
            let sets = match header.map(|header| header.nal_type) {
                Some(NalType::Vps) => &mut found.vps,
                Some(NalType::Sps) => &mut found.sps,
                Some(NalType::Pps) => &mut found.pps,
                _ => continue,
            };
            sets.push(Bytes::copy_from_slice(unit.bytes()));
        }
        for (sets, name) in [(&found.vps, "VPS"), (&found.sps, "SPS"), (&found.pps, "PPS")] {
            if sets.is_empty() {
                return Err(Error::Missing(name));
            }
        }
        Ok(found)
    }

    /// The body of an `hvcC` box for pictures that bring no parameter sets of their own, behind
    /// lengths of four bytes.
    ///
    /// # Errors
    ///
    /// Those of [`Sps::parse`], and [`Error::Invalid`] if the sets are too many or too long for
    /// the record.
    pub fn encode(&self) -> Result<Vec<u8>, Error> {
        let sps = self.first_sps()?;
        let mut record = vec![1];
        record.extend(sps.profile.encode());
        // No bound on how pictures are cut up is told, nor how they could be decoded in parallel.
        record.extend([0xF0, 0, 0xFC]);
        record.push(0xFC | sps.chroma_format);
        record.extend([0xF8 | depth(sps.luma_bit_depth)?, 0xF8 | depth(sps.chroma_bit_depth)?]);
        // The frame rate is not told either.
        record.extend([0, 0, sps.sub_layers << 3 | u8::from(sps.is_temporal_id_nested) << 2 | 3]);
        record.push(3);
        for (kind, sets) in [(VPS, &self.vps), (SPS, &self.sps), (PPS, &self.pps)] {
            put_sets(&mut record, kind, sets)?;
        }
        Ok(record)
    }

    /// What the first sequence parameter set says.
    pub fn first_sps(&self) -> Result<Sps, Error> {
        Sps::parse(self.sps.first().ok_or(Error::Missing("SPS"))?)
    }
}

/// A bit depth in the three bits that the record has for it.
fn depth(bits: u8) -> Result<u8, Error> {
    Some(bits - 8).filter(|depth| *depth < 8).ok_or(Error::Invalid("bit depth"))
}

/// All sets of a kind, of which none stands elsewhere.
fn put_sets(record: &mut Vec<u8>, kind: u8, sets: &[Bytes]) -> Result<(), Error> {
    const TOO_LONG: Error = Error::Invalid("parameter set length");
    record.push(0x80 | kind);
    let count =
        u16::try_from(sets.len()).map_err(|_| Error::Invalid("number of parameter sets"))?;
    record.extend(count.to_be_bytes());
    for set in sets {
        record.extend(u16::try_from(set.len()).map_err(|_| TOO_LONG)?.to_be_bytes());
        record.extend_from_slice(set);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The parameter sets as x265 writes them for 640x362, and the beginning of an IDR picture.
    const UNIT: [u8; 93] = [
        0, 0, 0, 1, 0x40, 0x01, 0x0c, 0x01, 0xff, 0xff, 0x01, 0x60, 0, 0, 3, 0, 0x90, 0, 0, 3, 0,
        0, 3, 0, 0x3f, 0x95, 0x94, 0x09, 0, 0, 0, 1, 0x42, 0x01, 0x01, 0x01, 0x60, 0, 0, 3, 0,
        0x90, 0, 0, 3, 0, 0, 3, 0, 0x3f, 0xa0, 0x05, 0x02, 0x01, 0x71, 0xf2, 0x65, 0x95, 0x95,
        0x29, 0x30, 0xbc, 0x05, 0xa0, 0x20, 0, 0, 3, 0, 0x20, 0, 0, 3, 3, 0xc1, 0, 0, 0, 1, 0x44,
        0x01, 0xc0, 0x73, 0xc1, 0x89, 0, 0, 1, 0x28, 0x01, 0xac, 0x10, 0x00,
    ];

    #[test]
    fn parameter_sets_go_into_a_record() {
        let configuration = DecoderConfiguration::from_annex_b(&UNIT).unwrap();
        let record = configuration.encode().unwrap();
        let head = [
            1, 0x01, 0x60, 0, 0, 0, 0x90, 0, 0, 0, 0, 0, 63, 0xF0, 0, 0xFC, 0xFD, 0xF8, 0xF8, 0, 0,
            0x0F, 3,
        ];
        assert_eq!(record[..23], head);
        assert_eq!(record[23..28], [0xA0, 0, 1, 0, 24]);
        assert_eq!(record[28..52], UNIT[4..28]);
        assert_eq!(record[52..57], [0xA1, 0, 1, 0, 43]);
        assert_eq!(record[57..100], UNIT[32..75]);
        assert_eq!(record[100..], [0xA2, 0, 1, 0, 6, 0x44, 0x01, 0xc0, 0x73, 0xc1, 0x89]);
        assert_eq!(configuration.first_sps().unwrap().codec_string(), "hvc1.1.6.L63.90");
    }

    #[test]
    fn a_unit_without_parameter_sets_says_which_is_missing() {
        let missing = |data| DecoderConfiguration::from_annex_b(data);
        assert_eq!(missing(&[0, 0, 1, 0x26, 1, 1]), Err(Error::Missing("VPS")));
        assert_eq!(missing(&UNIT[..28]), Err(Error::Missing("SPS")));
        assert_eq!(missing(&UNIT[..75]), Err(Error::Missing("PPS")));
    }

    #[test]
    fn the_sets_of_a_second_view_stay_out_of_the_record() {
        let mut second = UNIT.to_vec();
        second[33] |= 8;
        assert_eq!(DecoderConfiguration::from_annex_b(&second), Err(Error::Missing("SPS")));
        let both = [&second[28..75], &UNIT].concat();
        assert_eq!(
            DecoderConfiguration::from_annex_b(&both),
            DecoderConfiguration::from_annex_b(&UNIT)
        );
    }
}
