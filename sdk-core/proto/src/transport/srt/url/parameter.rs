//! What each parameter of a URL does.

use percent_encoding::percent_decode_str;
use zeroize::Zeroizing;

use super::{Duration, KeyLength, Mode, PacketFilter, Passphrase, StreamId, Url, UrlError};

/// Options of libsrt that change nothing that a peer sees here: buffers and queues are sized, and
/// media is paced, by other means.
const HARMLESS: [&str; 21] = [
    "blocking",
    "fc",
    "inputbw",
    "iptos",
    "ipttl",
    "ipv6only",
    "linger",
    "lossmaxttl",
    "maxbw",
    "mininputbw",
    "minversion",
    "mss",
    "oheadbw",
    "payloadsize",
    "rcvbuf",
    "retransmitalgo",
    "sndbuf",
    "snddropdelay",
    "timeout",
    "udprcvbuf",
    "udpsndbuf",
];

/// Options of libsrt that are always as live mode wants them.
const ALWAYS_ON: [(&str, &str); 5] = [
    ("enforcedencryption", "a passphrase on one side only is always refused"),
    ("messageapi", "live mode always sends messages"),
    ("nakreport", "losses are always reported"),
    ("tlpktdrop", "what comes too late is always skipped"),
    ("tsbpdmode", "delivery is always paced by timestamps"),
];

/// Options of libsrt that ask for what there is not.
const UNSUPPORTED: [(&str, &str); 5] = [
    ("adapter", "the system chooses the network interface"),
    ("bindtodevice", "the system chooses the network interface"),
    ("cryptomode", "the cipher is always AES-CTR"),
    ("groupconnect", "bonding is not available"),
    ("port", "a caller's own port is chosen by the system"),
];

const MILLISECONDS: &str = "milliseconds, 0 to 65535";
const SWITCH: &str = "1 or 0";

/// Applies one parameter to `url`.
pub(super) fn apply(url: &mut Url, name: &str, value: &str) -> Result<(), UrlError> {
    match name {
        "mode" => url.mode = mode(value)?,
        "rendezvous" if switch("rendezvous", value)? => return Err(UrlError::Rendezvous),
        "rendezvous" => {}
        "latency" => {
            url.config.latency = latency("latency", value)?;
            url.config.peer_latency = None;
        }
        "rcvlatency" => {
            let peer = url.config.peer_latency.unwrap_or(url.config.latency);
            url.config.latency = latency("rcvlatency", value)?;
            url.config.peer_latency = Some(peer);
        }
        "peerlatency" => url.config.peer_latency = Some(latency("peerlatency", value)?),
        "streamid" => {
            url.config.stream_id = Some(StreamId::new(text("streamid", value)?.as_str())?)
        }
        "passphrase" => {
            let secret = text("passphrase", value)?;
            // As in libsrt, an empty one turns encryption off.
            url.config.passphrase = match secret.is_empty() {
                true => None,
                false => Some(Passphrase::new(secret.as_str())?),
            };
        }
        "pbkeylen" => url.config.key_length = key_length(value)?,
        "packetfilter" => {
            url.config.automatic_filter = text("packetfilter", value)?.as_str() == "auto";
            url.config.packet_filter = packet_filter(value)?;
        }
        "conntimeo" => url.config.connect_timeout = millis("conntimeo", value)?,
        "peeridletimeo" => url.config.silence_timeout = millis("peeridletimeo", value)?,
        "kmrefreshrate" => {
            url.config.key_refresh.after_packets = number("kmrefreshrate", value, "packets")?;
        }
        "kmpreannounce" => {
            url.config.key_refresh.announce_packets = number("kmpreannounce", value, "packets")?;
        }
        "transtype" => only("transtype", value, "live", "only live mode is available")?,
        "congestion" => only("congestion", value, "live", "only live mode is available")?,
        _ => return apply_other(name, value),
    }
    Ok(())
}

fn apply_other(name: &str, value: &str) -> Result<(), UrlError> {
    if HARMLESS.contains(&name) {
        return Ok(());
    }
    if let Some((name, reason)) = ALWAYS_ON.into_iter().find(|(known, _)| *known == name) {
        return match switch(name, value)? {
            true => Ok(()),
            false => Err(UrlError::Unsupported { name, reason }),
        };
    }
    match UNSUPPORTED.into_iter().find(|(known, _)| *known == name) {
        Some((name, reason)) => Err(UrlError::Unsupported { name, reason }),
        None => Err(UrlError::UnknownParameter(name.to_owned())),
    }
}

fn mode(value: &str) -> Result<Mode, UrlError> {
    match value {
        "caller" | "client" => Ok(Mode::Caller),
        "listener" | "server" => Ok(Mode::Listener),
        "rendezvous" => Err(UrlError::Rendezvous),
        _ => Err(UrlError::BadValue { name: "mode", expected: "`caller` or `listener`" }),
    }
}

fn key_length(value: &str) -> Result<KeyLength, UrlError> {
    match value {
        "0" => Ok(KeyLength::default()),
        _ => value
            .parse()
            .ok()
            .and_then(KeyLength::from_bytes)
            .ok_or(UrlError::BadValue { name: "pbkeylen", expected: "16, 24 or 32" }),
    }
}

/// As in libsrt, an empty one is none; `auto` begins with none.
fn packet_filter(value: &str) -> Result<Option<PacketFilter>, UrlError> {
    match text("packetfilter", value)?.as_str() {
        "" | "auto" => Ok(None),
        filter => Ok(Some(filter.parse()?)),
    }
}

fn latency(name: &'static str, value: &str) -> Result<Duration, UrlError> {
    let millis: u16 = number(name, value, MILLISECONDS)?;
    Ok(Duration::from_millis(millis.into()))
}

fn millis(name: &'static str, value: &str) -> Result<Duration, UrlError> {
    let millis: u32 = number(name, value, "milliseconds")?;
    Ok(Duration::from_millis(millis.into()))
}

fn number<T: std::str::FromStr>(
    name: &'static str,
    value: &str,
    expected: &'static str,
) -> Result<T, UrlError> {
    value.parse().map_err(|_| UrlError::BadValue { name, expected })
}

fn switch(name: &'static str, value: &str) -> Result<bool, UrlError> {
    match value {
        "1" | "yes" | "on" | "true" => Ok(true),
        "0" | "no" | "off" | "false" => Ok(false),
        _ => Err(UrlError::BadValue { name, expected: SWITCH }),
    }
}

fn only(
    name: &'static str,
    value: &str,
    allowed: &str,
    reason: &'static str,
) -> Result<(), UrlError> {
    if value == allowed { Ok(()) } else { Err(UrlError::Unsupported { name, reason }) }
}

fn text(name: &'static str, value: &str) -> Result<Zeroizing<String>, UrlError> {
    let decoded = percent_decode_str(value).decode_utf8();
    let decoded = decoded.map_err(|_| UrlError::BadValue { name, expected: "UTF-8 text" })?;
    Ok(Zeroizing::new(decoded.into_owned()))
}
