//! What recordings are called: `live-20260131T235959Z.ts`.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use std::{fs, io};

use crate::key::BroadcastId;

/// The name of a recording of `broadcast` that begins at `start` (time since 1970 in UTC).
pub(super) fn file_name(broadcast: &BroadcastId, start: Duration) -> String {
    let seconds = start.as_secs();
    let (year, month, day) = civil_date(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{broadcast}-{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z.ts")
}

/// The recording of `broadcast` in `directory` that was written to last, and when.
pub(super) fn latest(
    directory: &Path,
    broadcast: &BroadcastId,
) -> io::Result<Option<(PathBuf, SystemTime)>> {
    let mut latest: Option<(PathBuf, SystemTime)> = None;
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if !entry.file_name().to_str().is_some_and(|name| is_recording_of(name, broadcast)) {
            continue;
        }
        let metadata = entry.metadata()?;
        let modified = metadata.modified()?;
        if metadata.is_file() && latest.as_ref().is_none_or(|(_, other)| modified >= *other) {
            latest = Some((entry.path(), modified));
        }
    }
    Ok(latest)
}

/// Whether `name` is one that [`file_name`] makes; `live` must not take `live-…` for its own.
fn is_recording_of(name: &str, broadcast: &BroadcastId) -> bool {
    let rest = name.strip_prefix(broadcast.as_str()).and_then(|rest| rest.strip_prefix('-'));
    let Some(stamp) = rest.and_then(|rest| rest.strip_suffix("Z.ts")) else { return false };
    stamp.len() == 15
        && stamp.bytes().enumerate().all(|(at, byte)| match at {
            8 => byte == b'T',
            _ => byte.is_ascii_digit(),
        })
}

/// Year, month and day of the `days`-th day after 1970-01-01 in the Gregorian calendar.
fn civil_date(days: u64) -> (u64, u64, u64) {
    // Counted in eras of 400 years from 0000-03-01, so that a leap day ends its year.
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::admit;

    #[test]
    fn names_tell_when_a_recording_began() {
        let live = admit(None, "").unwrap();
        let name = |seconds| file_name(&live, Duration::from_secs(seconds));
        assert_eq!(name(0), "live-19700101T000000Z.ts");
        assert_eq!(name(951_782_399), "live-20000228T235959Z.ts");
        assert_eq!(name(951_782_400), "live-20000229T000000Z.ts");
        assert_eq!(name(1_798_761_599), "live-20261231T235959Z.ts");
    }

    #[test]
    fn a_broadcast_finds_its_own_recordings_only() {
        let (live, other) = (admit(None, "").unwrap(), admit(None, "studio").unwrap());
        let (ours, theirs) = (file_name(&live, Duration::ZERO), file_name(&other, Duration::ZERO));
        assert!(is_recording_of(&ours, &live) && is_recording_of(&theirs, &other));
        assert!(!is_recording_of(&theirs, &live) && !is_recording_of(&ours, &other));
        assert!(!is_recording_of("live-.ts", &live));
    }
}
