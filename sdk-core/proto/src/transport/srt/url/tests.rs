//! URLs as people and other programs write them.

use super::*;

fn parse(text: &str) -> Url {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn error(text: &str) -> UrlError {
    match text.parse::<Url>() {
        Ok(url) => panic!("{text} became {url}"),
        Err(error) => error,
    }
}

#[test]
fn a_url_says_whom_to_call_and_how() {
    let url = parse(
        "srt://ingest.example.com:4200?streamid=live/one&latency=250\
         &passphrase=correct%20horse&pbkeylen=32&mode=caller",
    );
    assert_eq!((url.host.as_str(), url.port), ("ingest.example.com", 4_200));
    assert_eq!(url.mode, Mode::Caller);
    assert_eq!(url.config.latency, Duration::from_millis(250));
    assert_eq!(url.config.stream_id, Some(StreamId::new("live/one").unwrap()));
    assert_eq!(url.config.passphrase, Some(Passphrase::new("correct horse").unwrap()));
    assert_eq!(url.config.key_length, KeyLength::Bits256);
}

#[test]
fn an_access_control_stream_id_may_come_raw_or_encoded() {
    let expected = Some(StreamId::new("#!::r=live/one,m=publish").unwrap());
    for id in ["#!::r=live/one,m=publish", "%23!::r=live/one,m=publish"] {
        let url = parse(&format!("srt://a:1?latency=99&streamid={id}&mode=caller"));
        assert_eq!(url.config.stream_id, expected);
        assert_eq!(url.config.latency, Duration::from_millis(99));
    }
}

#[test]
fn an_ipv6_address_stands_in_brackets() {
    let url = parse("srt://[2001:db8::7]:4200");
    assert_eq!((url.host.as_str(), url.port), ("2001:db8::7", 4_200));
    assert!(url.to_string().starts_with("srt://[2001:db8::7]:4200?"));
    assert_eq!(error("srt://2001:db8::7:4200"), UrlError::BadHost);
    assert_eq!(error("srt://[2001:db8::7"), UrlError::BadHost);
    assert_eq!(error("srt://[host]:1"), UrlError::BadHost);
}

#[test]
fn without_a_host_it_listens_everywhere() {
    assert_eq!(parse("srt://:4200").mode, Mode::Listener);
    assert_eq!(parse("srt://0.0.0.0:4200?mode=listener").mode, Mode::Listener);
    assert_eq!(error("srt://:4200?mode=caller"), UrlError::MissingHost);
}

#[test]
fn both_latencies_can_differ() {
    let url = parse("srt://a:1?rcvlatency=80&peerlatency=300");
    assert_eq!(url.config.latency, Duration::from_millis(80));
    assert_eq!(url.config.peer_latency, Some(Duration::from_millis(300)));
    let url = parse("srt://a:1?latency=200&rcvlatency=80");
    assert_eq!(url.config.peer_latency, Some(Duration::from_millis(200)));
}

#[test]
fn what_changes_nothing_is_accepted_and_what_is_impossible_is_refused_by_name() {
    parse("srt://a:1?transtype=live&linger=0&messageapi=1&nakreport=true&payloadsize=1316");
    assert_eq!(error("srt://a:1?mode=rendezvous"), UrlError::Rendezvous);
    for (text, name) in [
        ("srt://a:1?transtype=file", "transtype"),
        ("srt://a:1?bindtodevice=eth0", "bindtodevice"),
        ("srt://a:1?tlpktdrop=0", "tlpktdrop"),
        ("srt://a:1?latency=fast", "latency"),
        ("srt://a:1?latency=65536", "latency"),
        ("srt://a:1?pbkeylen=17", "pbkeylen"),
        ("srt://a:1?latencyy=1", "latencyy"),
    ] {
        let message = error(text).to_string();
        assert!(message.contains(&format!("`{name}`")), "{text}: {message}");
    }
}

#[test]
fn a_missing_or_wrong_port_is_told() {
    assert_eq!(error("srt://host"), UrlError::MissingPort);
    assert_eq!(error("srt://host:"), UrlError::MissingPort);
    assert_eq!(error("srt://[::1]"), UrlError::MissingPort);
    assert_eq!(error("srt://host:0"), UrlError::BadPort);
    assert_eq!(error("srt://host:70000"), UrlError::BadPort);
    assert_eq!(error("rtmp://host:1"), UrlError::NotSrt);
    assert_eq!(error("srt:"), UrlError::NotSrt);
}

#[test]
fn no_secret_is_ever_printed() {
    let url = parse("srt://a:1?streamid=%23!::s=topsecret&passphrase=topsecret-too");
    let printed = format!("{url} {url:?}");
    assert!(!printed.contains("topsecret"), "{printed}");
    assert!(printed.contains("streamid=••••&passphrase=••••&pbkeylen=16"), "{printed}");
    for text in
        ["srt://a:1?passphrase=hush", "srt://a:1?streamid=a&hush", "srt://a:1?pbkeylen=hush"]
    {
        let error = error(text);
        assert!(!format!("{error} {error:?}").contains("hush"), "{error}");
    }
}

#[test]
fn a_packet_filter_is_asked_for_as_in_libsrt() {
    let filter = "fec,cols:10,rows:-5,layout:even,arq:never";
    let url = parse(&format!("srt://a:1?packetfilter={filter}"));
    assert_eq!(url.config.packet_filter.map(|filter| filter.to_string()).as_deref(), Some(filter));
    assert!(url.to_string().ends_with(&format!("&packetfilter={filter}")));
    assert_eq!(parse("srt://a:1?packetfilter=").config.packet_filter, None);
    let automatic = parse("srt://a:1?packetfilter=auto");
    assert!(automatic.config.automatic_filter && automatic.config.packet_filter.is_none());
    assert!(automatic.to_string().ends_with("&packetfilter=auto"));
    assert!(!parse("srt://a:1?packetfilter=auto&packetfilter=").config.automatic_filter);
    let error = error("srt://a:1?packetfilter=fec,cols:1");
    assert!(error.to_string().contains("2 to 127 columns"), "{error}");
}
