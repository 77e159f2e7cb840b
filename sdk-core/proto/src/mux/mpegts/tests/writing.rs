//! What the writer puts on the wire.

use super::super::packet::Packet;
use super::*;

fn packets(stream: &[u8]) -> Vec<Packet<'_>> {
    let (packets, rest) = stream.as_chunks::<PACKET_LENGTH>();
    assert!(rest.is_empty());
    packets.iter().map(|packet| Packet::parse(packet).unwrap()).collect()
}

/// The access unit of the only PES packet in `payloads`.
fn carried(payloads: &[(PayloadInfo, Vec<u8>)]) -> Vec<u8> {
    let stream: Vec<u8> = payloads.iter().flat_map(|(_, bytes)| bytes.clone()).collect();
    units(&read(&stream, 1_316)).first().unwrap().data.to_vec()
}

#[test]
fn a_first_small_key_frame_is_one_payload_of_known_bytes() {
    let mut writer = Writer::new(Config { video: Some(VideoCodec::H264), audio: None });
    let unit = picture(MediaTime::ZERO, true, 40);
    let payloads = payloads(&mut writer, &unit);
    let [(info, bytes)] = payloads.as_slice() else { panic!("{} payloads", payloads.len()) };
    let expected = PayloadInfo {
        length: 3 * PACKET_LENGTH,
        track: Track::Video,
        keyframe: true,
        first: true,
        last: true,
    };
    assert_eq!(*info, expected);
    assert_eq!(bytes[..5], [0x47, 0x40, 0x00, 0x10, 0]);
    assert_eq!(bytes[188..193], [0x47, 0x50, 0x00, 0x10, 0]);
    // Random access and clock: one second less 200 ms is 72,000 = 2 x 36,000 ticks.
    let picture = &bytes[376..];
    assert_eq!(picture[..12], [0x47, 0x41, 0x00, 0x30, 129, 0x50, 0, 0, 0x8C, 0xA0, 0x7E, 0]);
    let pes = &picture[188 - 54..];
    assert_eq!(pes[..9], [0, 0, 1, 0xE0, 0, 48, 0x84, 0x80, 5]);
    assert_eq!(pes[9..14], [0x21, 0, 0x05, 0xBF, 0x21]);
    assert_eq!(pes[14..], unit.data);
}

#[test]
fn a_picture_gets_what_it_lacks_and_nothing_twice() {
    let mut writer = Writer::new(Config { video: Some(VideoCodec::H264), audio: None });
    let at = MediaTime::from_millis;
    let bare = |time, kind| AccessUnit {
        data: Bytes::from(vec![0, 0, 0, 1, kind, 7, 7]),
        ..picture(at(time), kind == 0x65, 0)
    };
    let complete = picture(at(0), true, 100);
    assert_eq!(carried(&payloads(&mut writer, &complete)), complete.data);
    let key = carried(&payloads(&mut writer, &bare(40, 0x65)));
    assert_eq!(key, [DELIMITER, SETS, &[0, 0, 0, 1, 0x65, 7, 7]].concat());
    writer.mark_discontinuity();
    let other = carried(&payloads(&mut writer, &bare(80, 0x41)));
    assert_eq!(other, [DELIMITER, &[0, 0, 0, 1, 0x41, 7, 7]].concat());
}

#[test]
fn parameter_sets_told_apart_from_pictures_reach_the_first_one() {
    let mut writer = Writer::new(Config { video: Some(VideoCodec::H264), audio: None });
    writer.set_parameter_sets(SETS);
    let data = Bytes::from_static(&[0, 0, 0, 1, 0x65, 7, 7]);
    let unit = AccessUnit { data, ..picture(MediaTime::ZERO, true, 0) };
    let data = carried(&payloads(&mut writer, &unit));
    assert_eq!(data, [DELIMITER, SETS, &[0, 0, 0, 1, 0x65, 7, 7]].concat());
}

#[test]
fn an_h265_key_frame_of_any_kind_gets_its_three_parameter_sets() {
    const H265: Config = Config { video: Some(VideoCodec::H265), audio: None };
    const DELIMITER: &[u8] = &[0, 0, 0, 1, 0x46, 1, 0x50];
    let at = |millis, number: u8, lead: &[u8]| {
        let keyframe = (16..=21).contains(&number);
        let slice = [0, 0, 0, 1, number << 1, 1, 7, 7];
        let data = Bytes::from([lead, &slice].concat());
        AccessUnit { data, ..picture(MediaTime::from_millis(millis), keyframe, 0) }
    };
    let [vps, sps, pps] = [0x40, 0x42, 0x44].map(|header| vec![0, 0, 0, 1, header, 1, 9, header]);
    let sets = [vps.clone(), sps.clone(), pps.clone()].concat();
    let mut writer = Writer::new(H265);
    // Told once, and apart from the pictures.
    writer.set_parameter_sets(&sets);
    for (number, millis) in [(19, 0), (20, 40), (21, 80), (16, 120)] {
        let key = carried(&payloads(&mut writer, &at(millis, number, &[])));
        let slice = at(millis, number, &[]).data;
        assert_eq!(key, [DELIMITER, &sets, &slice].concat(), "type {number}");
        writer.mark_discontinuity();
    }
    // A picture's own delimiter and sets stay, and nothing comes twice.
    let own = [&[0, 0, 0, 1, 0x46, 1, 0x10][..], &vps, &[0, 0, 0, 1, 0x42, 1, 5], &pps].concat();
    let unit = at(160, 20, &own);
    assert_eq!(carried(&payloads(&mut writer, &unit)), unit.data);
    writer.mark_discontinuity();
    let next = carried(&payloads(&mut writer, &at(200, 21, &[])));
    let sets = [&vps[..], &[0, 0, 0, 1, 0x42, 1, 5], &pps].concat();
    assert_eq!(next, [DELIMITER, &sets, &at(200, 21, &[]).data].concat(), "the new sets");
    writer.mark_discontinuity();
    let other = carried(&payloads(&mut writer, &at(240, 1, &[])));
    assert_eq!(other, [DELIMITER, &at(240, 1, &[]).data].concat());
}

#[test]
fn frames_of_sound_that_leave_together_come_back_one_by_one() {
    let time = |number: i64| MediaTime::from_90khz(number * 1_920);
    let frames: Vec<_> = (0..5).map(|number| sound(time(number), 80 + number as usize)).collect();
    let mut writer = Writer::new(BOTH);
    payloads(&mut writer, &picture(MediaTime::ZERO, true, 100));
    let (last, earlier) = frames.split_last().unwrap();
    writer.begin_gathered(earlier, last).unwrap();
    let mut buffer = [0; PAYLOAD_LENGTH];
    let info = writer.next_payload(&mut buffer).unwrap();
    assert_eq!((info.length, info.last), (3 * PACKET_LENGTH, true), "449 bytes in 3 packets");
    let again = sound(time(5), 80);
    let mut stream = buffer[..info.length].to_vec();
    stream.extend(payloads(&mut writer, &again).into_iter().flat_map(|(_, bytes)| bytes));
    // The tables are read with the picture.
    let mut all = write(BOTH, &[picture(MediaTime::ZERO, true, 100)]);
    all.extend(stream);
    let outputs = read(&all, 1_316);
    let heard: Vec<_> =
        units(&outputs).into_iter().filter(|unit| unit.track == Track::Audio).collect();
    assert_eq!(sorted(heard), expected(&[frames, vec![again]].concat()));
    assert_eq!(causes(&outputs), []);
}

#[test]
fn payloads_hold_one_unit_each_and_say_where_it_ends() {
    let mut writer = Writer::new(BOTH);
    for unit in broadcast(MediaTime::ZERO, 30) {
        let payloads = payloads(&mut writer, &unit);
        for (number, (info, bytes)) in payloads.iter().enumerate() {
            let is_last = number == payloads.len() - 1;
            assert_eq!((info.track, info.keyframe), (unit.track, unit.keyframe));
            assert_eq!((info.first, info.last), (number == 0, is_last));
            assert!(is_last || bytes.len() == PAYLOAD_LENGTH);
        }
    }
    assert_eq!(writer.next_payload(&mut [0; PAYLOAD_LENGTH]), None);
}

#[test]
fn a_short_buffer_gets_fewer_packets_and_the_same_stream() {
    let unit = picture(MediaTime::ZERO, true, 5_000);
    let mut writer = Writer::new(BOTH);
    writer.begin(&unit).unwrap();
    assert_eq!(writer.next_payload(&mut [0; 187]), None);
    let mut stream = vec![];
    let mut buffer = [0; 400];
    while let Some(info) = writer.next_payload(&mut buffer) {
        stream.extend_from_slice(&buffer[..info.length]);
    }
    assert_eq!(stream, write(BOTH, &[unit]));
}

#[test]
fn dropped_units_leave_no_hole_in_the_counters() {
    let mut kept = broadcast(MediaTime::ZERO, 60);
    let mut numbers = Numbers(7);
    kept.retain(|_| numbers.below(3) > 0);
    let outputs = read(&write(BOTH, &kept), 1_316);
    assert_eq!(causes(&outputs), []);
    assert_eq!(sorted(units(&outputs)), expected(&kept));
}

#[test]
fn an_abandoned_unit_leaves_no_hole_either() {
    let all = broadcast(MediaTime::ZERO, 20);
    let mut writer = Writer::new(BOTH);
    let mut stream = vec![];
    for (number, unit) in all.iter().enumerate() {
        writer.begin(unit).unwrap();
        let mut buffer = [0; PAYLOAD_LENGTH];
        while let Some(info) = writer.next_payload(&mut buffer) {
            stream.extend_from_slice(&buffer[..info.length]);
            if number == 3 {
                break;
            }
        }
    }
    let (packets, _) = stream.as_chunks::<PACKET_LENGTH>();
    let mut last = std::collections::BTreeMap::new();
    for packet in packets.iter().map(|packet| Packet::parse(packet).unwrap()) {
        if packet.payload.is_some() {
            let before = last.insert(packet.pid, packet.continuity_counter);
            assert!(before.is_none_or(|before| (before + 1) & 15 == packet.continuity_counter));
        }
    }
}

#[test]
fn clock_and_tables_come_often_enough_whatever_is_dropped() {
    let mut kept = broadcast(MediaTime::ZERO, 300);
    let mut numbers = Numbers(11);
    kept.retain(|unit| unit.track == Track::Audio || numbers.below(5) > 0);
    for units in [kept, broadcast(MediaTime::ZERO, 100)] {
        let mut writer = Writer::new(BOTH);
        let (mut clock, mut tables) = (None, None);
        for unit in units {
            let stream: Vec<u8> =
                payloads(&mut writer, &unit).into_iter().flat_map(|(_, bytes)| bytes).collect();
            for packet in packets(&stream) {
                if let Some(pcr) = packet.pcr {
                    let ticks = pcr as i64 / 300;
                    assert!(clock.is_none_or(|last| (1..=3_600).contains(&(ticks - last))));
                    assert!(ticks < (unit.dts + TIMELINE_OFFSET).to_90khz());
                    clock = Some(ticks);
                }
                if packet.pid == 0 {
                    let now = unit.dts;
                    assert!(tables.is_none_or(|last| now.since(last).as_millis() <= 400));
                    tables = Some(now);
                }
            }
            let is_idr = unit.track == Track::Video && unit.keyframe;
            assert!(!is_idr || tables == Some(unit.dts));
        }
    }
}

#[test]
fn sound_alone_carries_the_clock() {
    let config = Config { video: None, audio: Some(STEREO) };
    let frames: Vec<_> =
        (0..50).map(|number| sound(MediaTime::from_90khz(number * 1_920), 200)).collect();
    let stream = write(config, &frames);
    let with_clock = packets(&stream).iter().filter(|packet| packet.pcr.is_some()).count();
    assert_eq!(with_clock, 50);
    assert_eq!(units(&read(&stream, 1_316)), expected(&frames));
}

#[test]
fn a_discontinuity_is_announced_once_a_track_and_the_tables_repeat() {
    let mut writer = Writer::new(BOTH);
    payloads(&mut writer, &picture(MediaTime::ZERO, true, 300));
    payloads(&mut writer, &sound(MediaTime::ZERO, 300));
    writer.mark_discontinuity();
    let later = MediaTime::from_millis(-5_000);
    let next: Vec<_> = [picture(later, false, 300), sound(later, 300), sound(later, 300)]
        .iter()
        .flat_map(|unit| payloads(&mut writer, unit))
        .flat_map(|(_, bytes)| bytes)
        .collect();
    let packets = packets(&next);
    let announced: Vec<_> =
        packets.iter().filter(|packet| packet.discontinuity).map(|packet| packet.pid).collect();
    assert_eq!(announced, [0x100, 0x101]);
    assert_eq!(packets[0].pid, 0);
}

#[test]
fn time_that_runs_back_is_announced_without_being_told() {
    let mut writer = Writer::new(BOTH);
    payloads(&mut writer, &picture(MediaTime::from_millis(60_000), true, 300));
    let back = payloads(&mut writer, &picture(MediaTime::ZERO, true, 300));
    assert!(packets(&back[0].1)[2].discontinuity);
}

#[test]
fn units_that_do_not_belong_are_refused_and_the_rest_goes_on() {
    let mut writer = Writer::new(Config { video: Some(VideoCodec::H264), audio: None });
    let frame = sound(MediaTime::ZERO, 10);
    assert_eq!(writer.begin(&frame), Err(WriteError::NoSuchTrack(Track::Audio)));
    let empty = AccessUnit { data: Bytes::new(), ..picture(MediaTime::ZERO, true, 0) };
    assert_eq!(writer.begin(&empty), Err(WriteError::Empty(Track::Video)));
    let mut writer = Writer::new(BOTH);
    let long = sound(MediaTime::ZERO, 8_185);
    assert!(matches!(writer.begin(&long), Err(WriteError::Audio(_))));
    assert_eq!(writer.next_payload(&mut [0; PAYLOAD_LENGTH]), None);
    assert!(writer.begin(&sound(MediaTime::ZERO, 100)).is_ok());
}
