use super::super::boxes::{Kind, put_box, put_full_box, put_u16, put_u32};
use super::*;

const RECORD: [u8; 38] = [
    1, 0x42, 0xC0, 0x1F, 0xFF, 0xE1, 0, 23, 0x67, 0x42, 0xC0, 0x1F, 0xDA, 0x01, 0x40, 0x16, 0xEC,
    0x04, 0x40, 0, 0, 3, 0, 0x40, 0, 0, 0x0C, 0x83, 0xC6, 0x0C, 0xA8, 1, 0, 4, 0x68, 0xCE, 0x0F,
    0xC8,
];

/// A table of 32-bit numbers behind its count of rows.
fn put_table(output: &mut Vec<u8>, kind: &Kind, version: u8, rows: u32, numbers: &[u32]) {
    put_full_box(output, kind, version, 0, |output| {
        put_u32(output, rows);
        numbers.iter().for_each(|number| put_u32(output, *number));
    });
}

fn put_track(
    output: &mut Vec<u8>,
    handler: &Kind,
    timescale: u32,
    edits: &[u32],
    entry: impl FnOnce(&mut Vec<u8>),
    tables: impl FnOnce(&mut Vec<u8>),
) {
    put_box(output, b"trak", |output| {
        put_box(output, b"edts", |output| {
            put_table(output, b"elst", 0, edits.len() as u32 / 3, edits);
        });
        put_box(output, b"mdia", |output| {
            put_full_box(output, b"mdhd", 0, 0, |output| {
                [0, 0, timescale, 0, 0].iter().for_each(|number| put_u32(output, *number));
            });
            put_full_box(output, b"hdlr", 0, 0, |output| {
                put_u32(output, 0);
                output.extend_from_slice(handler);
                output.extend_from_slice(&[0; 13]);
            });
            put_box(output, b"minf", |output| {
                put_box(output, b"stbl", |output| {
                    put_full_box(output, b"stsd", 0, 0, |output| {
                        put_u32(output, 1);
                        entry(output);
                    });
                    tables(output);
                });
            });
        });
    });
}

fn put_video(output: &mut Vec<u8>, codec: &Kind, offset: u32) {
    let entry = |output: &mut Vec<u8>| {
        put_box(output, codec, |output| {
            output.extend_from_slice(&[0; 78]);
            put_box(output, b"avcC", |output| output.extend_from_slice(&RECORD));
        });
    };
    // Shown in the order 1, 3, 2, 4 and from the decoder's delay of one picture on.
    put_track(output, b"vide", 90_000, &[1_000, 3_600, 0x1_0000], entry, |output| {
        put_table(output, b"stts", 0, 1, &[4, 3_600]);
        put_table(output, b"ctts", 0, 4, &[1, 3_600, 1, 7_200, 1, 0, 1, 3_600]);
        put_table(output, b"stss", 0, 1, &[1]);
        put_table(output, b"stsc", 0, 2, &[1, 3, 1, 2, 1, 1]);
        put_full_box(output, b"stsz", 0, 0, |output| {
            [0, 4, 6, 5, 5, 5].iter().for_each(|number| put_u32(output, *number));
        });
        put_table(output, b"stco", 0, 2, &[offset, offset + 20]);
    });
}

fn put_sound(output: &mut Vec<u8>, object_type: u8, offset: u32) {
    let entry = |output: &mut Vec<u8>| {
        put_box(output, b"mp4a", |output| {
            output.extend_from_slice(&[0; 16]);
            put_u16(output, 2);
            output.extend_from_slice(&[0; 10]);
            put_full_box(output, b"esds", 0, 0, |output| {
                // The longer form of lengths that many writers use.
                output.extend_from_slice(&[3, 0x80, 0x80, 0x80, 28, 0, 0, 0]);
                output.extend_from_slice(&[4, 20, object_type, 0x15]);
                output.extend_from_slice(&[0; 11]);
                output.extend_from_slice(&[5, 0x80, 0x80, 0x80, 2, 0x11, 0x90, 6, 1, 2]);
            });
        });
    };
    // A tenth of a second late, and 1,024 samples of priming.
    let edits = [100, u32::MAX, 0x1_0000, 1_000, 1_024, 0x1_0000];
    put_track(output, b"soun", 48_000, &edits, entry, |output| {
        put_table(output, b"stts", 0, 1, &[3, 1_024]);
        put_table(output, b"stsc", 0, 1, &[1, 3, 1]);
        put_full_box(output, b"stsz", 0, 0, |output| {
            [2, 3].iter().for_each(|number| put_u32(output, *number));
        });
        put_table(output, b"stco", 0, 1, &[offset]);
    });
}

/// A file whose media stands before its index.
fn file(codec: &Kind, object_type: u8) -> Vec<u8> {
    let mut file = vec![];
    put_box(&mut file, b"ftyp", |file| file.extend_from_slice(b"isom\0\0\0\0isom"));
    let media = file.len() as u32 + 8;
    put_box(&mut file, b"mdat", |file| {
        file.extend_from_slice(&[0, 0, 0, 2, 0x65, 1, 0, 0, 0, 1, 0x41, 0, 0, 0, 1, 0x01]);
        file.extend_from_slice(&[9, 9, 9, 9, 0, 0, 0, 1, 0x41]);
        file.extend_from_slice(&[1, 2, 3, 4, 5, 6]);
    });
    put_box(&mut file, b"moov", |file| {
        put_full_box(file, b"mvhd", 0, 0, |file| {
            [0, 0, 1_000, 0].iter().for_each(|number| put_u32(file, *number));
        });
        put_video(file, codec, media);
        put_sound(file, object_type, media + 25);
    });
    file
}

fn millis(samples: &[Sample]) -> Vec<(i64, i64)> {
    let millis = |time: MediaTime| time.as_micros() / 1_000;
    samples.iter().map(|sample| (millis(sample.dts), millis(sample.pts))).collect()
}

#[test]
fn pictures_have_their_place_in_time_and_in_the_file() {
    let file = file(b"avc1", 0x40);
    let video = read(&file).unwrap().video.unwrap();
    assert_eq!(millis(&video.samples), [(-40, 0), (0, 80), (40, 40), (80, 120)]);
    let keyframes: Vec<_> = video.samples.iter().map(|sample| sample.keyframe).collect();
    assert_eq!(keyframes, [true, false, false, false]);
    assert_eq!(video.end, MediaTime::from_millis(160));
    let data: Vec<_> =
        video.samples.iter().map(|sample| video.access_unit(&file, sample).unwrap().data).collect();
    assert_eq!(data[0], [&video.configuration.to_annex_b(), &[0, 0, 0, 1, 0x65, 1][..]].concat());
    assert_eq!(data[1], [0, 0, 0, 1, 0x41][..]);
    assert_eq!(data[2], [0, 0, 0, 1, 0x01][..]);
    assert_eq!(data[3], [0, 0, 0, 1, 0x41][..]);
}

#[test]
fn an_edit_list_puts_priming_before_the_sound() {
    let file = file(b"avc3", 0x40);
    let audio = read(&file).unwrap().audio.unwrap();
    assert_eq!(audio.format, AudioFormat { sample_rate: 48_000, channels: 2 });
    assert_eq!(audio.config, [0x11, 0x90][..]);
    assert_eq!(millis(&audio.samples), [(78, 78), (100, 100), (121, 121)]);
    let last = audio.access_unit(&file, &audio.samples[2]).unwrap();
    assert_eq!((last.track, last.data.as_ref()), (Track::Audio, &[5, 6][..]));
}

#[test]
fn another_codec_is_named_and_the_other_track_still_read() {
    let movie = read(&file(b"hvc1", 0x40)).unwrap();
    let codec = "hvc1".to_owned();
    assert_eq!(movie.video, Err(Error::UnsupportedCodec { track: Track::Video, codec }));
    assert!(movie.audio.is_ok());
    let movie = read(&file(b"avc1", 0x6B)).unwrap();
    let codec = "mp4a.6b".to_owned();
    assert_eq!(movie.audio, Err(Error::UnsupportedCodec { track: Track::Audio, codec }));
    assert!(movie.video.is_ok());
}

#[test]
fn a_file_without_pictures_says_so() {
    let mut file = file(b"avc1", 0x40);
    let handler = file.windows(4).position(|bytes| bytes == b"vide").unwrap();
    file[handler..handler + 4].copy_from_slice(b"text");
    let movie = read(&file).unwrap();
    assert_eq!(movie.video, Err(Error::NoTrack(Track::Video)));
    assert_eq!(movie.video.unwrap_err().to_string(), "this MP4 file has no video");
}

#[test]
fn what_is_not_an_mp4_file_is_told_from_what_is_cut_short() {
    for other in [&b""[..], b"short", b"\x1A\x45\xDF\xA3matroska and more", &[0x47; 376]] {
        assert_eq!(read(other), Err(Error::NotMp4), "{other:?}");
    }
    let file = file(b"avc1", 0x40);
    for length in 21..file.len() {
        assert!(read(&file[..length]).is_err(), "{length}");
    }
    assert_eq!(read(&file[..40]), Err(Error::Truncated("mdat".to_owned())));
    assert_eq!(read(&file[..file.len() - 1]), Err(Error::Truncated("moov".to_owned())));
    assert_eq!(read(&file[..61]), Err(Error::Malformed("moov")));
}

#[test]
fn a_sample_past_the_end_of_the_file_is_an_error() {
    let whole = file(b"avc1", 0x40);
    let mut moved = whole.clone();
    let stco = moved.windows(4).rposition(|bytes| bytes == b"stco").unwrap();
    moved[stco + 12..stco + 16].copy_from_slice(&(whole.len() as u32 - 5).to_be_bytes());
    let movie = read(&moved).unwrap();
    assert_eq!(movie.audio, Err(Error::Truncated("mdat".to_owned())));
    assert!(movie.video.is_ok());
}

#[test]
fn changed_bytes_never_panic_and_never_grow() {
    let whole = file(b"avc1", 0x40);
    for position in 0..whole.len() {
        for value in [0, 1, 0x7F, 0x80, 0xFF] {
            let mut changed = whole.clone();
            changed[position] = value;
            let Ok(movie) = read(&changed) else { continue };
            if let Ok(video) = movie.video {
                assert!(video.samples.len() <= changed.len());
                for sample in &video.samples {
                    let _ = video.access_unit(&changed, sample);
                }
            }
            if let Ok(audio) = movie.audio {
                assert!(audio.samples.len() <= changed.len());
                for sample in &audio.samples {
                    assert!(audio.access_unit(&changed, sample).is_ok());
                }
            }
        }
    }
}
