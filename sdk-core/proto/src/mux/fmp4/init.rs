//! The segment that tells a player what is to come (ISO/IEC 14496-12, 8.2 to 8.8).

use super::super::boxes::{put_box, put_full_box, put_u16, put_u32};
use super::{Description, Format, Fragmenter};
use crate::media::{AudioFormat, VideoCodec};

/// The unity matrix of a movie or track header (8.2.2).
const MATRIX: [u32; 9] = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000];

/// One initialization segment for several tracks in the same buffer.
pub fn init_segment(tracks: &[&Fragmenter]) -> Vec<u8> {
    let mut output = Vec::with_capacity(1_024);
    put_box(&mut output, b"ftyp", |output| output.extend_from_slice(b"iso5\0\0\0\0iso5iso6mp41"));
    put_box(&mut output, b"moov", |output| {
        put_movie_header(output);
        for track in tracks {
            put_box(output, b"trak", |output| put_track(output, track));
        }
        put_box(output, b"mvex", |output| {
            for track in tracks {
                put_full_box(output, b"trex", 0, 0, |output| {
                    // Sample description 1; duration, size and flags stand in each fragment.
                    for value in [track.track_id(), 1, 0, 0, 0] {
                        put_u32(output, value);
                    }
                });
            }
        });
    });
    output
}

fn put_movie_header(output: &mut Vec<u8>) {
    put_full_box(output, b"mvhd", 0, 0, |output| {
        // Created, modified, timescale, duration: unknown while it is live.
        for value in [0, 0, 1_000, 0] {
            put_u32(output, value);
        }
        put_u32(output, 0x1_0000); // rate
        put_u16(output, 0x100); // volume
        output.extend_from_slice(&[0; 10]);
        put_matrix(output);
        output.extend_from_slice(&[0; 24]);
        put_u32(output, u32::MAX); // next track: to be searched for
    });
}

fn put_matrix(output: &mut Vec<u8>) {
    for value in MATRIX {
        put_u32(output, value);
    }
}

fn put_track(output: &mut Vec<u8>, track: &Fragmenter) {
    let is_video = track.picture_size().is_some();
    put_full_box(output, b"tkhd", 0, 0b11, |output| {
        for value in [0, 0, track.track_id(), 0, 0, 0, 0] {
            put_u32(output, value);
        }
        output.extend_from_slice(&[0; 4]);
        put_u16(output, if is_video { 0 } else { 0x100 });
        put_u16(output, 0);
        put_matrix(output);
        let size = track.picture_size();
        put_u32(output, size.map_or(0, |size| size.width << 16));
        put_u32(output, size.map_or(0, |size| size.height << 16));
    });
    put_box(output, b"mdia", |output| {
        put_full_box(output, b"mdhd", 0, 0, |output| {
            for value in [0, 0, track.timescale(), 0] {
                put_u32(output, value);
            }
            put_u16(output, 0x55C4); // language: undetermined
            put_u16(output, 0);
        });
        put_full_box(output, b"hdlr", 0, 0, |output| {
            put_u32(output, 0);
            output.extend_from_slice(if is_video { b"vide" } else { b"soun" });
            output.extend_from_slice(&[0; 13]);
        });
        put_box(output, b"minf", |output| put_media_information(output, track));
    });
}

fn put_media_information(output: &mut Vec<u8>, track: &Fragmenter) {
    match &track.format {
        Format::Video(_) => {
            put_full_box(output, b"vmhd", 0, 1, |output| output.extend_from_slice(&[0; 8]));
        }
        Format::Audio { .. } => {
            put_full_box(output, b"smhd", 0, 0, |output| output.extend_from_slice(&[0; 4]));
        }
    }
    put_box(output, b"dinf", |output| {
        put_full_box(output, b"dref", 0, 0, |output| {
            put_u32(output, 1);
            // The media is in the same file.
            put_full_box(output, b"url ", 0, 1, |_| {});
        });
    });
    put_box(output, b"stbl", |output| {
        put_full_box(output, b"stsd", 0, 0, |output| {
            put_u32(output, 1);
            match &track.format {
                Format::Video(description) => put_video_entry(output, description),
                Format::Audio { format, config } => put_audio_entry(output, *format, config),
            }
        });
        // The tables are empty: fragments bring the samples.
        for kind in [b"stts", b"stsc", b"stco"] {
            put_full_box(output, kind, 0, 0, |output| put_u32(output, 0));
        }
        put_full_box(output, b"stsz", 0, 0, |output| output.extend_from_slice(&[0; 8]));
    });
}

/// ISO/IEC 14496-12, 12.1.3, and ISO/IEC 14496-15, 5.4.2 and 8.4.1.
fn put_video_entry(output: &mut Vec<u8>, description: &Description) {
    let (entry, configuration) = match description.codec {
        VideoCodec::H264 => (b"avc1", b"avcC"),
        VideoCodec::H265 => (b"hvc1", b"hvcC"),
    };
    put_box(output, entry, |output| {
        output.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, 1]);
        output.extend_from_slice(&[0; 16]);
        put_u16(output, description.size.width as u16);
        put_u16(output, description.size.height as u16);
        put_u32(output, 72 << 16);
        put_u32(output, 72 << 16);
        put_u32(output, 0);
        put_u16(output, 1); // frames a sample
        output.extend_from_slice(&[0; 32]);
        put_u16(output, 24); // depth
        put_u16(output, u16::MAX);
        put_box(output, configuration, |output| output.extend_from_slice(&description.record));
    });
}

/// ISO/IEC 14496-12, 12.2.3, and ISO/IEC 14496-14, 5.6; descriptors after ISO/IEC 14496-1, 7.2.6.
fn put_audio_entry(output: &mut Vec<u8>, format: AudioFormat, config: &[u8; 2]) {
    put_box(output, b"mp4a", |output| {
        output.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, 1]);
        output.extend_from_slice(&[0; 8]);
        put_u16(output, u16::from(format.channels));
        put_u16(output, 16);
        put_u32(output, 0);
        // 16.16 bits; a rate that does not fit is told by the descriptor alone.
        put_u32(output, u16::try_from(format.sample_rate).map_or(0, |rate| u32::from(rate) << 16));
        put_full_box(output, b"esds", 0, 0, |output| {
            // Elementary stream, no flags; decoder: AAC, audio, rates untold; its configuration;
            // and the synchronization layer that MP4 prescribes.
            output.extend_from_slice(&[3, 25, 0, 0, 0, 4, 17, 0x40, 0x15]);
            output.extend_from_slice(&[0; 11]);
            output.extend_from_slice(&[5, 2]);
            output.extend_from_slice(config);
            output.extend_from_slice(&[6, 1, 2]);
        });
    });
}
