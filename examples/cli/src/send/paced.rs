//! A recorded transport stream, cut into payloads that each know when they should leave.

use std::collections::VecDeque;
use std::io::{self, Read, Seek, SeekFrom};
use std::time::Duration;

use golive_proto::mux::mpegts::{Departure, Pacing, PacingError};

use super::PAYLOAD;

/// Bytes read at once: a few hundred packets.
const CHUNK: usize = 64 << 10;

/// Why a file cannot be sent.
#[derive(Debug, thiserror::Error)]
pub(super) enum PacedError {
    /// The disk, or what stands for it, fails.
    #[error("cannot read the file: {0}")]
    Read(#[from] io::Error),
    /// The file cannot be paced.
    #[error("cannot send the file: {0}; an MP4 is broadcast by `golive to --video file:PATH`")]
    Pace(#[from] PacingError),
}

/// Reads a file ahead just as far as its clock has to be known.
///
/// It holds no more than lies between two of the stream's clock references, which [`Pacing`]
/// bounds, and a chunk.
pub(super) struct PacedFile<R> {
    input: R,
    looped: bool,
    pacing: Pacing,
    /// Bytes read ahead, those before `taken` handed out already.
    ahead: Vec<u8>,
    taken: usize,
    /// Offset of the next byte to hand out, counted over all rounds.
    offset: u64,
    /// Where rounds that are being handed out end: a payload does not reach into the next one, so
    /// that its packets stay whole whatever the file's length.
    round_ends: VecDeque<u64>,
    finished: bool,
}

impl<R: Read + Seek> PacedFile<R> {
    /// Begins at the present position of `input`, which should be its start.
    pub(super) fn new(input: R, looped: bool) -> Self {
        Self {
            input,
            looped,
            pacing: Pacing::new(),
            ahead: Vec::new(),
            taken: 0,
            offset: 0,
            round_ends: VecDeque::new(),
            finished: false,
        }
    }

    /// Reads until it is known when the first payload leaves.
    ///
    /// # Errors
    ///
    /// [`PacedError`]: a file that cannot be sent is found out before anyone is called.
    pub(super) fn begin(&mut self) -> Result<(), PacedError> {
        self.prepare().map(drop)
    }

    /// The next payload, and when it should leave, counted from the first; nothing at the end.
    pub(super) fn next(&mut self) -> Result<Option<(&[u8], Duration)>, PacedError> {
        let Some((length, at)) = self.prepare()? else { return Ok(None) };
        Ok(self.take(length).map(|payload| (payload, at)))
    }

    /// The length of the next payload and when it should leave, reading as far as that takes.
    fn prepare(&mut self) -> Result<Option<(usize, Duration)>, PacedError> {
        loop {
            if let Some(length) = self.complete_payload()
                && let Departure::At(at) = self.pacing.departure(self.offset)
            {
                return Ok(Some((length, at)));
            }
            if self.finished {
                return Ok(None);
            }
            self.read_on()?;
        }
    }

    /// How long the next payload is, once all of it is there.
    fn complete_payload(&self) -> Option<usize> {
        let available = self.ahead.len() - self.taken;
        let round = self.round_ends.front().map(|end| (end - self.offset) as usize);
        let limit = round.map_or(PAYLOAD, |round| round.min(PAYLOAD));
        if available >= limit {
            Some(limit)
        } else {
            (self.finished && available > 0).then_some(available)
        }
    }

    fn take(&mut self, length: usize) -> Option<&[u8]> {
        let start = self.taken;
        self.taken += length;
        self.offset += length as u64;
        if self.round_ends.front() == Some(&self.offset) {
            self.round_ends.pop_front();
        }
        self.ahead.get(start..self.taken)
    }

    /// Reads one chunk more, from the beginning again if that is asked for.
    fn read_on(&mut self) -> Result<(), PacedError> {
        self.ahead.drain(..self.taken);
        self.taken = 0;
        let before = self.ahead.len();
        self.ahead.resize(before + CHUNK, 0);
        let result = read_some(&mut self.input, self.ahead.get_mut(before..).unwrap_or_default());
        self.ahead.truncate(before + *result.as_ref().unwrap_or(&0));
        if result? > 0 {
            let new = self.ahead.get(before..).unwrap_or_default();
            return Ok(self.pacing.push(new)?);
        }
        let end = self.offset + before as u64;
        if self.looped && end > 0 {
            if before > 0 {
                self.round_ends.push_back(end);
            }
            self.input.seek(SeekFrom::Start(0))?;
            return Ok(());
        }
        self.finished = true;
        Ok(self.pacing.finish()?)
    }
}

/// Reads what there is; nothing at the end.
fn read_some(input: &mut impl Read, target: &mut [u8]) -> io::Result<usize> {
    loop {
        match input.read(target) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// A packet of the PID 256, with a clock reference of `millis` if there is one.
    fn packet(number: u8, millis: Option<u64>) -> [u8; 188] {
        let mut packet = [number; 188];
        packet[..4].copy_from_slice(&[0x47, 0x01, 0x00, 0x10 | (number & 15)]);
        if let Some(millis) = millis {
            let base = millis * 90;
            packet[3] |= 0x20;
            packet[4] = 7;
            packet[5] = 0x10;
            let bits = (base << 15) | 0x7e00;
            packet[6..12].copy_from_slice(&bits.to_be_bytes()[2..]);
        }
        packet
    }

    /// `packets` packets at one a millisecond, with a clock reference in every tenth.
    fn recording(packets: u64) -> Vec<u8> {
        let packet = |number| packet(number as u8, (number % 10 == 0).then_some(5_000 + number));
        (0..packets).flat_map(packet).collect()
    }

    fn all(bytes: &[u8], looped: bool, most: usize) -> (Vec<u8>, Vec<(usize, u128)>) {
        let mut file = PacedFile::new(Cursor::new(bytes.to_vec()), looped);
        let (mut carried, mut payloads) = (Vec::new(), Vec::new());
        while payloads.len() < most
            && let Some((payload, at)) = file.next().unwrap()
        {
            carried.extend_from_slice(payload);
            payloads.push((payload.len(), at.as_millis()));
        }
        (carried, payloads)
    }

    #[test]
    fn a_file_is_carried_untouched_at_the_pace_of_its_clock() {
        let bytes = recording(1_000);
        let (carried, payloads) = all(&bytes, false, usize::MAX);
        assert!(carried == bytes, "every byte arrives, in order");
        assert!(payloads.iter().rev().skip(1).all(|(length, _)| *length == PAYLOAD));
        for (index, (_, at)) in payloads.iter().enumerate() {
            assert_eq!(*at, index as u128 * 7, "seven packets take seven milliseconds");
        }
    }

    #[test]
    fn a_looped_file_goes_on_in_time_and_keeps_its_packets_whole() {
        let bytes = recording(100);
        let (carried, payloads) = all(&bytes, true, 1_000);
        assert_eq!(payloads[14].0, 2 * 188, "the last payload of a round is short");
        assert!(carried.chunks(bytes.len()).all(|round| bytes.starts_with(round)));
        let times: Vec<u128> = payloads.iter().map(|(_, at)| *at).collect();
        assert!(times.is_sorted());
        let expected = 1_000 / 15 * 100;
        assert!(times[999].abs_diff(expected) < 100, "{} of {expected}", times[999]);
    }

    #[test]
    fn a_file_that_is_no_transport_stream_is_refused() {
        for length in [0, 10, 1_000, 200_000] {
            for looped in [false, true] {
                let text = vec![b'x'; length];
                let mut file = PacedFile::new(Cursor::new(text), looped);
                let error = file.next().unwrap_err();
                assert!(matches!(error, PacedError::Pace(_)), "{length}: {error}");
            }
        }
    }

    #[test]
    fn a_stream_without_a_clock_is_refused() {
        let bytes: Vec<u8> = (0..100).flat_map(|number| packet(number, None)).collect();
        let error = PacedFile::new(Cursor::new(bytes), false).next().unwrap_err();
        assert!(matches!(error, PacedError::Pace(PacingError::NoClock)));
    }
}
