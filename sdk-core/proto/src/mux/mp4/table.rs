//! Sample tables: how long, how large and where each sample is (ISO/IEC 14496-12, 8.6 and 8.7).

use super::super::boxes::{find, find_path};
use super::{Error, Sample, timescale};
use crate::units::MediaTime;

/// A track's samples on the media timeline.
pub(super) struct Timing {
    pub(super) samples: Vec<Sample>,
    pub(super) end: MediaTime,
}

/// Reads the tables of `trak`. `movie_timescale` is what its edit list counts in.
pub(super) fn read(file: &[u8], trak: &[u8], movie_timescale: u32) -> Result<Timing, Error> {
    let mdia = find(trak, b"mdia").ok_or(Error::Malformed("mdia"))?;
    let timescale = find(mdia, b"mdhd").and_then(timescale).ok_or(Error::Malformed("mdhd"))?;
    let stbl = find_path(mdia, &[b"minf", b"stbl"]).ok_or(Error::Malformed("stbl"))?;
    let edit = Edit::read(trak, timescale, movie_timescale);
    let at = |ticks: i64| MediaTime::from_ticks(ticks.saturating_add(edit.shift), timescale);

    let sizes = Sizes::read(stbl)?;
    // A sample without a byte is none that a codec makes, so there are no more than bytes.
    if sizes.count as usize > file.len() {
        return Err(Error::Malformed("stsz"));
    }
    let keyframes = find(stbl, b"stss").map(|stss| rows::<1>(stss, 4));
    let mut keyframes = keyframes.map(|rows| rows.into_iter().flatten().peekable());
    let stts = find(stbl, b"stts").ok_or(Error::Malformed("stts"))?;
    let mut durations = Runs::new(rows(stts, 4));
    let mut offsets = Runs::new(find(stbl, b"ctts").map_or(vec![], |ctts| rows(ctts, 4)));
    let mut places = Places::read(stbl)?;

    let mut samples = Vec::with_capacity(sizes.count as usize);
    let (mut dts, mut latest) = (0_i64, 0_i64);
    for number in 1..=sizes.count {
        let size = sizes.get(number - 1).ok_or(Error::Malformed("stsz"))?;
        let range = places.next(size).ok_or(Error::Malformed("stsc"))?;
        if range.end > file.len() {
            return Err(Error::Truncated("mdat".to_owned()));
        }
        // A table that ends early leaves its last value in force.
        let duration = i64::from(durations.next().unwrap_or(0));
        // Signed in version 1, and in practice in version 0, too.
        let offset = i64::from(offsets.next().unwrap_or(0) as i32);
        let keyframe = keyframes.as_mut().is_none_or(|keyframes| {
            while keyframes.next_if(|next| *next < number).is_some() {}
            keyframes.peek() == Some(&number)
        });
        let pts = dts.saturating_add(offset);
        latest = latest.max(pts.saturating_add(duration));
        let length = at(dts.saturating_add(duration)).since(at(dts));
        samples.push(Sample { pts: at(pts), dts: at(dts), duration: length, keyframe, range });
        dts = dts.saturating_add(duration);
    }
    let end = edit.end.map_or(at(latest), |end| end.min(at(latest)));
    Ok(Timing { samples, end })
}

/// Where an edit list puts the track (8.6.6): empty edits delay it, and the first other one tells
/// where it begins. Further edits are not followed.
struct Edit {
    /// What is added to a time, in the track's ticks.
    shift: i64,
    /// Where the presentation ends, if the list says so.
    end: Option<MediaTime>,
}

impl Edit {
    fn read(trak: &[u8], timescale: u32, movie_timescale: u32) -> Self {
        let elst = find_path(trak, &[b"edts", b"elst"]).unwrap_or_default();
        let edits: Vec<(u64, i64)> = if elst.first() == Some(&1) {
            let rows = rows::<5>(elst, 4);
            let wide = |high: u32, low: u32| u64::from(high) << 32 | u64::from(low);
            rows.iter().map(|row| (wide(row[0], row[1]), wide(row[2], row[3]) as i64)).collect()
        } else {
            let rows = rows::<3>(elst, 4);
            rows.iter().map(|row| (u64::from(row[0]), i64::from(row[1] as i32))).collect()
        };
        let mut delay = 0_u64;
        for (duration, media_time) in edits {
            if media_time < 0 {
                delay = delay.saturating_add(duration);
                continue;
            }
            let ticks = u128::from(delay) * u128::from(timescale) / u128::from(movie_timescale);
            let ticks = i64::try_from(ticks).unwrap_or(i64::MAX);
            let end = i64::try_from(delay.saturating_add(duration)).unwrap_or(i64::MAX);
            let end = (duration > 0).then(|| MediaTime::from_ticks(end, movie_timescale));
            return Self { shift: ticks.saturating_sub(media_time), end };
        }
        Self { shift: 0, end: None }
    }
}

/// The size of each sample (8.7.3).
struct Sizes {
    count: u32,
    /// All samples', if they are equal.
    common: u32,
    each: Vec<[u32; 1]>,
}

impl Sizes {
    fn read(stbl: &[u8]) -> Result<Self, Error> {
        const MALFORMED: Error = Error::Malformed("stsz");
        let stsz = find(stbl, b"stsz").ok_or(MALFORMED)?;
        let header = stsz.get(4..).and_then(<[u8]>::first_chunk::<8>).ok_or(MALFORMED)?;
        let ([common, count], _) = header.as_chunks::<4>() else { return Err(MALFORMED) };
        let (common, count) = (u32::from_be_bytes(*common), u32::from_be_bytes(*count));
        let each = if common == 0 { rows(stsz, 8) } else { vec![] };
        Ok(Self { count, common, each })
    }

    fn get(&self, index: u32) -> Option<u32> {
        if self.common > 0 {
            return Some(self.common);
        }
        self.each.get(index as usize).map(|[size]| *size)
    }
}

/// Where samples stand: chunk after chunk (8.7.4 and 8.7.5).
struct Places {
    chunks: Vec<u64>,
    /// First chunk (from 1), samples a chunk, description.
    runs: Vec<[u32; 3]>,
    run: usize,
    chunk: usize,
    /// Samples yet to come of the current chunk, and where the next one begins.
    remaining: u32,
    position: u64,
}

impl Places {
    fn read(stbl: &[u8]) -> Result<Self, Error> {
        let chunks = match (find(stbl, b"stco"), find(stbl, b"co64")) {
            (Some(stco), _) => rows::<1>(stco, 4).iter().map(|[low]| u64::from(*low)).collect(),
            (None, Some(co64)) => {
                let wide = |[high, low]: &[u32; 2]| u64::from(*high) << 32 | u64::from(*low);
                rows(co64, 4).iter().map(wide).collect()
            }
            (None, None) => return Err(Error::Malformed("stco")),
        };
        let runs = rows(find(stbl, b"stsc").ok_or(Error::Malformed("stsc"))?, 4);
        Ok(Self { chunks, runs, run: 0, chunk: 0, remaining: 0, position: 0 })
    }

    fn next(&mut self, size: u32) -> Option<std::ops::Range<usize>> {
        while self.remaining == 0 {
            self.position = *self.chunks.get(self.chunk)?;
            self.chunk += 1;
            let begins = |run: &&[u32; 3]| run[0] as usize <= self.chunk;
            while self.runs.get(self.run + 1).as_ref().is_some_and(begins) {
                self.run += 1;
            }
            self.remaining = self.runs.get(self.run)?[1];
        }
        self.remaining -= 1;
        let start = usize::try_from(self.position).ok()?;
        self.position = self.position.checked_add(u64::from(size))?;
        Some(start..usize::try_from(self.position).ok()?)
    }
}

/// Values that each hold for a number of samples (8.6.1).
struct Runs {
    rows: std::vec::IntoIter<[u32; 2]>,
    remaining: u32,
    value: Option<u32>,
}

impl Runs {
    fn new(rows: Vec<[u32; 2]>) -> Self {
        Self { rows: rows.into_iter(), remaining: 0, value: None }
    }

    /// The next sample's value; the last one again when there are no more.
    fn next(&mut self) -> Option<u32> {
        while self.remaining == 0 {
            match self.rows.next() {
                Some([count, value]) => (self.remaining, self.value) = (count, Some(value)),
                None => return self.value,
            }
        }
        self.remaining -= 1;
        self.value
    }
}

/// The rows of a table of `N` numbers each, behind a count at `offset`. No more than are there.
fn rows<const N: usize>(table: &[u8], offset: usize) -> Vec<[u32; N]> {
    let Some((count, rest)) = table.get(offset..).and_then(<[u8]>::split_first_chunk) else {
        return vec![];
    };
    let numbers = rest.as_chunks::<4>().0.as_chunks::<N>().0;
    let rows = numbers.iter().map(|row| row.map(u32::from_be_bytes));
    rows.take(u32::from_be_bytes(*count) as usize).collect()
}
