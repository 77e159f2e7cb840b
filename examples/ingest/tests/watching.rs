//! What a viewer's program gets over HTTP and WebSocket.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod common;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use golive_ingest::{BroadcasterReport, Ingest, LinkHealth};
use golive_tests::peers;
use serde_json::Value;
use tungstenite::client::IntoClientRequest;
use tungstenite::{Message, WebSocket};

use common::{OnAir, ingest, synthetic};

const PATIENCE: Duration = Duration::from_secs(30);

/// Opens `/live/live` as a page with this origin would.
fn watch(ingest: &Ingest, origin: Option<&str>) -> tungstenite::Result<WebSocket<TcpStream>> {
    let address = ingest.http_address();
    let mut request = format!("ws://{address}/live/live").into_client_request()?;
    if let Some(origin) = origin {
        request.headers_mut().insert("Origin", origin.parse().unwrap());
    }
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    match tungstenite::client(request, stream) {
        Ok((socket, _)) => Ok(socket),
        Err(tungstenite::HandshakeError::Failure(error)) => Err(error),
        Err(tungstenite::HandshakeError::Interrupted(_)) => panic!("the handshake took too long"),
    }
}

/// What a viewer was sent, in order.
#[derive(Debug, PartialEq)]
enum Sent {
    Start(Value),
    Health(Value),
    Initialization(u8),
    Fragment(u8),
}

fn read(socket: &mut WebSocket<TcpStream>) -> Sent {
    match socket.read().unwrap() {
        Message::Text(text) => {
            let json: Value = serde_json::from_str(&text).unwrap();
            match json["type"].as_str() {
                Some("start") => Sent::Start(json),
                Some("health") => Sent::Health(json),
                _ => panic!("{json}"),
            }
        }
        Message::Binary(bytes) => {
            let (track, segment) = bytes.split_last().unwrap();
            match &segment[4..8] {
                b"ftyp" => Sent::Initialization(*track),
                b"moof" => Sent::Fragment(*track),
                kind => panic!("a segment that begins with {kind:?}"),
            }
        }
        message => panic!("{message:?}"),
    }
}

/// Reads until `found` holds; returns all that was read.
fn read_until(socket: &mut WebSocket<TcpStream>, found: impl Fn(&Sent) -> bool) -> Vec<Sent> {
    let end = Instant::now() + PATIENCE;
    let mut all = Vec::new();
    while Instant::now() < end {
        all.push(read(socket));
        if found(&all[all.len() - 1]) {
            return all;
        }
    }
    panic!("it did not come; what came: {} messages", all.len());
}

#[test]
fn a_viewer_gets_the_way_to_read_the_media_and_then_the_media() {
    let ingest = ingest();
    let _on_air = OnAir::start(&ingest, "", synthetic(true, true));
    let mut socket = watch(&ingest, Some(&format!("http://{}", ingest.http_address()))).unwrap();
    let mut sent = Vec::new();
    while sent.iter().filter(|sent| **sent == Sent::Fragment(0)).count() < 10
        || sent.iter().filter(|sent| **sent == Sent::Fragment(1)).count() < 10
    {
        sent.extend(read_until(&mut socket, |sent| matches!(sent, Sent::Fragment(_))));
    }
    let media: Vec<&Sent> = sent.iter().filter(|sent| !matches!(sent, Sent::Health(_))).collect();
    let Sent::Start(start) = media[0] else { panic!("{:?}", media[0]) };
    assert!(start["tracks"]["video"].as_str().unwrap().starts_with("video/mp4; codecs=\"avc1."));
    assert_eq!(start["tracks"]["audio"], "audio/mp4; codecs=\"mp4a.40.2\"");
    assert_eq!(media[1..3], [&Sent::Initialization(0), &Sent::Initialization(1)]);
    assert!(media[3..].iter().all(|sent| matches!(sent, Sent::Fragment(_))), "no second start");
}

#[test]
fn a_viewer_learns_once_a_second_how_the_broadcast_is_doing() {
    let ingest = ingest();
    let on_air = OnAir::start(&ingest, "", synthetic(true, true));
    let mut socket = watch(&ingest, None).unwrap();
    let is_measured = |sent: &Sent| {
        let Sent::Health(health) = sent else { return false };
        health["media"]["video"]["fps"].as_f64().is_some_and(|fps| fps > 5.0)
            && health["media"]["audio"]["kbps"].as_f64().is_some_and(|rate| rate > 5.0)
    };
    let sent = read_until(&mut socket, is_measured);
    let Some(Sent::Health(health)) = sent.last() else { panic!("no health") };
    assert_eq!(health["live"], true);
    assert_eq!(health["viewers"], 1);
    assert_eq!(health["media"]["video"]["width"], common::SIZE.width);
    assert_eq!(health["media"]["video"]["height"], common::SIZE.height);
    assert_eq!(health["media"]["audio"]["sample_rate"], 48_000);

    drop(on_air);
    read_until(&mut socket, |sent| matches!(sent, Sent::Health(health) if health["live"] == false));
}

#[test]
fn a_viewer_of_h265_is_told_so_in_words_that_a_browser_knows() {
    if !peers::available(&["ffmpeg"]) {
        return;
    }
    let ingest = ingest();
    let publisher = ingest.publish("").unwrap();
    let mut socket = watch(&ingest, None).unwrap();
    publisher.push_ts(&common::h265()).unwrap();
    let sent = read_until(&mut socket, |sent| *sent == Sent::Fragment(0));
    let start = sent.iter().find_map(|sent| match sent {
        Sent::Start(start) => Some(start["tracks"]["video"].as_str().unwrap().to_owned()),
        _ => None,
    });
    // Main profile, main tier: the level is the encoder's choice.
    assert!(start.as_ref().unwrap().starts_with("video/mp4; codecs=\"hvc1.1.6.L"), "{start:?}");
    let is_known = |sent: &Sent| match sent {
        Sent::Health(health) => health["media"]["video"].is_object(),
        _ => false,
    };
    let sent = read_until(&mut socket, is_known);
    let Some(Sent::Health(health)) = sent.last() else { panic!("no health") };
    let video = &health["media"]["video"];
    assert!(video["codec"].as_str().unwrap().starts_with("hvc1."), "{video}");
    assert_eq!((&video["width"], &video["height"]), (&640.into(), &362.into()));
    assert_eq!(health["media"]["unplayable"], Value::Null);
}

#[test]
fn a_viewer_sees_the_link_and_what_the_broadcaster_reports() {
    let ingest = ingest();
    let publisher = ingest.publish("").unwrap();
    let link = LinkHealth { rtt_ms: Some(12.5), packets_lost: 7, ..LinkHealth::default() };
    publisher.set_link_health(link).unwrap();
    let report = br#"{"state":"live","target_kbps":2500,"queue_ms":3}"#;
    publisher.set_report(BroadcasterReport::parse(report).unwrap()).unwrap();
    let mut socket = watch(&ingest, None).unwrap();
    let sent = read_until(&mut socket, |sent| matches!(sent, Sent::Health(_)));
    let Some(Sent::Health(health)) = sent.last() else { panic!("no health") };
    assert_eq!(health["link"]["rtt_ms"], 12.5);
    assert_eq!(health["link"]["packets_lost"], 7);
    assert_eq!(health["broadcaster"]["state"], "live");
    assert_eq!(health["broadcaster"]["target_kbps"], 2_500.0);
}

#[test]
fn a_page_of_another_site_may_not_watch() {
    let ingest = ingest();
    let _publisher = ingest.publish("").unwrap();
    for origin in ["http://evil.example", "http://127.0.0.1", "null"] {
        let Err(tungstenite::Error::Http(response)) = watch(&ingest, Some(origin)) else {
            panic!("{origin} was let in")
        };
        assert_eq!(response.status(), 403, "{origin}");
    }
    assert!(watch(&ingest, Some(&format!("http://{}", ingest.http_address()))).is_ok());
}

#[test]
fn a_broadcast_that_is_not_there_is_not_found() {
    let ingest = ingest();
    let Err(tungstenite::Error::Http(response)) = watch(&ingest, None) else {
        panic!("nobody is live")
    };
    assert_eq!(response.status(), 404);
}

#[test]
fn the_page_loads_nothing_from_elsewhere() {
    let ingest = ingest();
    let page = get(ingest.http_address(), "/", "");
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    assert!(page.contains("content-security-policy: default-src 'none'"), "{page}");
    let names = page.split(['"']).filter(|text| text.starts_with("/page/"));
    let mut files: Vec<&str> = names.collect();
    files.extend(["/page/player.js", "/page/clock.js", "/page/panel.js", "/page/plot.js"]);
    for file in files {
        let text = get(ingest.http_address(), file, "");
        assert!(text.starts_with("HTTP/1.1 200"), "{file}: {text}");
        let foreign = text.replace("http://www.w3.org/2000/svg", "");
        assert!(!foreign.contains("https://") && !foreign.contains("http://"), "{file}");
    }
    assert!(get(ingest.http_address(), "/page/secret", "").starts_with("HTTP/1.1 404"));
    assert!(get(ingest.http_address(), "/../../etc/passwd", "").starts_with("HTTP/1.1 404"));
}

#[test]
fn a_client_cannot_send_headers_without_end() {
    let ingest = ingest();
    let header = format!("X-Long: {}\r\n", "x".repeat(200_000));
    let answer = get(ingest.http_address(), "/", &header);
    assert!(!answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(get(ingest.http_address(), "/", "").starts_with("HTTP/1.1 200"), "it goes on");
}

#[test]
fn an_ingest_that_stops_lets_its_viewers_go() {
    let mut ingest = ingest();
    let _on_air = OnAir::start(&ingest, "", synthetic(false, true));
    let mut socket = watch(&ingest, None).unwrap();
    read_until(&mut socket, |sent| matches!(sent, Sent::Fragment(1)));
    let events = ingest.events();
    ingest.stop();
    ingest.stop();
    while socket.read().is_ok() {}
    while events.recv().is_some() {}
}

#[test]
fn an_address_that_is_taken_is_an_error_that_says_what_to_do() {
    let first = ingest();
    let config = golive_ingest::Config {
        srt: "127.0.0.1:0".parse().unwrap(),
        http: first.http_address(),
        ..golive_ingest::Config::default()
    };
    let error = Ingest::start(config).unwrap_err();
    assert!(matches!(error, golive_ingest::Error::AddressInUse { .. }), "{error:?}");
    assert!(error.to_string().contains("choose another port"), "{error}");
}

fn get(address: SocketAddr, path: &str, headers: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\r\n");
    // The server may have had enough before all is sent.
    let _ = stream.write_all(request.as_bytes());
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}
