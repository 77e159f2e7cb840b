//! What comes back of a stream of our own, whole or damaged.

use super::*;
use crate::units::ByteCount;

#[test]
fn a_broadcast_comes_back_whatever_the_pieces() {
    let written = broadcast(MediaTime::from_millis(-40), 30);
    let stream = write(BOTH, &written);
    for step in [1, 100, 188, 1_316, 100_000] {
        let outputs = read(&stream, step);
        assert_eq!(sorted(units(&outputs)), expected(&written), "{step}");
        assert_eq!(causes(&outputs), []);
        let program = Program {
            number: 1,
            video_pid: Some(0x100),
            video_codec: Some(VideoCodec::H264),
            audio_pid: Some(0x101),
            clock_pid: 0x100,
            skipped: vec![],
        };
        assert_eq!(outputs[0], Output::Program(program));
        let formats = outputs.iter().filter(|output| matches!(output, Output::AudioFormat(_)));
        assert!(formats.eq([&Output::AudioFormat(STEREO)]));
    }
}

#[test]
fn reordered_pictures_keep_both_times() {
    let at = MediaTime::from_millis;
    let mut unit = picture(at(80), true, 500);
    unit.dts = at(0);
    let stream = write(Config { video: Some(VideoCodec::H264), audio: None }, &[unit.clone()]);
    assert_eq!(units(&read(&stream, 1_316)), expected(&[unit]));
}

#[test]
fn a_picture_that_tells_its_length_is_there_with_its_last_payload() {
    let mut writer = Writer::new(Config { video: Some(VideoCodec::H264), audio: None });
    let mut reader = Reader::new();
    for (_, bytes) in payloads(&mut writer, &picture(MediaTime::ZERO, true, 60_000)) {
        reader.push(&bytes);
    }
    let outputs: Vec<_> = std::iter::from_fn(|| reader.poll()).collect();
    assert_eq!(units(&outputs).len(), 1);
}

#[test]
fn time_goes_on_over_the_wrap_of_its_33_bits() {
    // 2^33 ticks after zero, less the writer's offset and half a second.
    let start = MediaTime::from_90khz((1 << 33) - 135_000);
    let written = broadcast(start, 45);
    let outputs = read(&write(BOTH, &written), 1_316);
    assert_eq!(sorted(units(&outputs)), expected(&written));
    assert_eq!(causes(&outputs), []);
}

#[test]
fn garbage_in_the_middle_costs_only_what_it_tore() {
    let written = broadcast(MediaTime::ZERO, 30);
    let mut stream = write(BOTH, &written);
    let middle = stream.len() / 2 + 77;
    stream.splice(middle..middle, (0..5_000).map(|number| (number % 256) as u8));
    let outputs = read(&stream, 100_000);
    let back = sorted(units(&outputs));
    let expected = expected(&written);
    assert!(back.iter().all(|unit| expected.contains(unit)));
    assert!(back.len() >= expected.len() - 2, "{} of {}", back.len(), expected.len());
    let torn = stream.len() % PACKET_LENGTH;
    assert_ne!(torn, 0);
    assert!(causes(&outputs).contains(&Cause::Synchronisation { skipped: ByteCount::new(5_188) }));
}

#[test]
fn a_lost_payload_costs_the_units_in_it_and_is_reported() {
    let written = broadcast(MediaTime::ZERO, 12);
    let expected = expected(&written);
    let mut writer = Writer::new(BOTH);
    let all: Vec<_> = written
        .iter()
        .enumerate()
        .flat_map(|(number, unit)| {
            payloads(&mut writer, unit).into_iter().map(move |(_, bytes)| (number, bytes))
        })
        .collect();
    // The first payloads hold the tables, without which there is nothing to read.
    for lost in 1..all.len() {
        let kept = all.iter().enumerate().filter(|(number, _)| *number != lost);
        let stream: Vec<u8> = kept.flat_map(|(_, (_, bytes))| bytes.clone()).collect();
        let outputs = read(&stream, 1_316);
        let back = sorted(units(&outputs));
        assert!(back.iter().all(|unit| expected.contains(unit)), "{lost}");
        let missing = expected.len() - back.len();
        // Behind a picture of untold length a loss may have cost its end, too.
        assert!((1..=2).contains(&missing), "{lost}: {missing}");
        // A track's first packet is not missed, and nor is what nothing follows.
        let track = |index: &usize| written[*index].track;
        let is_of_track = |(unit, _): &&(usize, Vec<u8>)| track(unit) == track(&all[lost].0);
        let is_first = all[..lost].iter().find(is_of_track).is_none();
        let is_last = all[lost + 1..].iter().find(is_of_track).is_none();
        assert!(is_first || is_last || !causes(&outputs).is_empty(), "{lost}");
    }
}

#[test]
fn a_repeated_packet_is_taken_once() {
    let written = broadcast(MediaTime::ZERO, 12);
    let stream = write(BOTH, &written);
    let (packets, _) = stream.as_chunks::<PACKET_LENGTH>();
    let twice: Vec<u8> =
        packets.iter().flat_map(|packet| [packet, packet]).flatten().copied().collect();
    let outputs = read(&twice, 1_316);
    assert_eq!(sorted(units(&outputs)), expected(&written));
    assert_eq!(causes(&outputs), []);
}

#[test]
fn sixteen_lost_packets_do_not_pass_for_a_whole_picture() {
    let written =
        [picture(MediaTime::ZERO, true, 9_000), picture(MediaTime::from_millis(40), false, 500)];
    let stream = write(Config { video: Some(VideoCodec::H264), audio: None }, &written);
    for lost in [15, 16] {
        let mut damaged = stream.clone();
        damaged.drain(10 * PACKET_LENGTH..(10 + lost) * PACKET_LENGTH);
        let outputs = read(&damaged, 1_316);
        assert_eq!(units(&outputs), expected(&written[1..]), "{lost}");
        assert_eq!(causes(&outputs).len(), 1, "{lost}");
    }
}

#[test]
fn every_beginning_of_a_stream_gives_a_beginning_of_its_units() {
    let written = broadcast(MediaTime::ZERO, 4);
    let stream = write(BOTH, &written);
    let whole = units(&read(&stream, 1_316));
    for length in (0..stream.len()).step_by(97).chain(stream.len() - 400..stream.len()) {
        let mut reader = Reader::new();
        reader.push(&stream[..length]);
        let part = units(&std::iter::from_fn(|| reader.poll()).collect::<Vec<_>>());
        assert_eq!(part, whole[..part.len()], "{length}");
        reader.finish();
    }
}

#[test]
fn changed_bytes_never_panic_and_never_grow() {
    let stream = write(BOTH, &broadcast(MediaTime::ZERO, 12));
    let mut numbers = Numbers(0x5EED);
    for _ in 0..200 {
        let mut changed = stream.clone();
        for _ in 0..1 + numbers.below(100) {
            let position = numbers.below(changed.len());
            changed[position] = numbers.below(256) as u8;
        }
        let step = 1 + numbers.below(3_000);
        let bytes: usize = units(&read(&changed, step)).iter().map(|unit| unit.data.len()).sum();
        assert!(bytes <= stream.len());
        latest_time(&changed);
        let mut pacing = Pacing::new();
        if pacing.push(&changed).is_ok() && pacing.finish().is_ok() {
            let departures = (0..changed.len() as u64).step_by(1_000);
            let times: Vec<_> = departures.map(|offset| pacing.departure(offset)).collect();
            assert!(times.is_sorted_by_key(|time| match time {
                Departure::At(time) => *time,
                Departure::Unknown => panic!("unknown after the end"),
            }));
        }
    }
}

#[test]
fn noise_is_not_a_stream() {
    let mut numbers = Numbers(3);
    let noise: Vec<u8> = (0..200_000).map(|_| numbers.below(256) as u8).collect();
    assert_eq!(units(&read(&noise, 1_000)), []);
}

#[test]
fn a_recording_ends_with_its_latest_time() {
    let written = broadcast(MediaTime::ZERO, 60);
    let stream = write(BOTH, &written);
    let latest = expected(&written).iter().map(|unit| unit.pts).max();
    assert_eq!(latest_time(&stream[stream.len() - 20_001..]), latest);
    assert_eq!(latest_time(&[]), None);
    assert_eq!(latest_time(&[0x47; 1_000]), None);
}
