//! Where a recording ends.

use super::clock::Unwrapper;
use super::packet::Packet;
use super::pes::PesHeader;
use super::synchroniser::{Found, Synchroniser};
use crate::units::MediaTime;

/// The latest presentation time that begins in `tail`, the last bytes of a transport stream (a
/// second of media is plenty; they need not begin with a packet). Nothing if there is none.
///
/// Timestamps repeat every 26.5 hours: the result lies within 13 hours of the first one in
/// `tail`, which is taken as it stands.
pub fn latest_time(tail: &[u8]) -> Option<MediaTime> {
    let mut unwrapper = Unwrapper::default();
    let mut latest = None;
    Synchroniser::searching().push(tail, |found| {
        let Found::Packet { bytes, .. } = found else { return };
        let Some(packet) = Packet::parse(bytes).filter(|packet| packet.starts_unit) else { return };
        let header = packet.payload.and_then(PesHeader::parse);
        if let Some(pts) = header.and_then(|header| header.pts) {
            latest = latest.max(Some(unwrapper.media_time(pts)));
        }
    });
    latest
}
