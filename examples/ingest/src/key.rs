//! Who may publish, and under which name the rest of the ingest knows them.
//!
//! A stream id may be a key, or hold one, so nothing in here passes one on: files, addresses, logs
//! and pages see a [`BroadcastId`], from which no key can be read.

use std::fmt;

use golive::Secret;
use sha2::{Digest, Sha256};

/// A stream key. Prints as dots.
#[derive(Clone, Debug)]
pub struct StreamKey(Secret);

impl StreamKey {
    /// Takes the key that a publisher has to show; nothing if it is empty.
    pub fn new(key: impl Into<String>) -> Option<Self> {
        let key = key.into();
        (!key.is_empty()).then(|| Self(Secret::new(key)))
    }

    /// Compares in a time that tells nothing of where, or whether, the two differ: digests are
    /// compared, each byte of them.
    fn is(&self, offered: &str) -> bool {
        let digests = Sha256::digest(self.0.expose()).into_iter().zip(Sha256::digest(offered));
        digests.fold(0, |difference, (ours, theirs)| difference | (ours ^ theirs)) == 0
    }
}

/// Names a broadcast in files, addresses, events and pages. Says nothing of a key.
///
/// It is the same each time the same stream id comes, also after a restart: `live`, or `live-`
/// and ten hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BroadcastId(String);

impl BroadcastId {
    /// The name itself: lower-case letters, digits and hyphens.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn of(name: &str) -> Self {
        if name.is_empty() {
            return Self("live".to_owned());
        }
        let digest = Sha256::new().chain_update("golive broadcast ").chain_update(name).finalize();
        let digits = digest.iter().take(5).map(|byte| format!("{byte:02x}"));
        Self(format!("live-{}", digits.collect::<String>()))
    }
}

impl fmt::Display for BroadcastId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a publisher is turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The stream id does not hold the key.
    #[error("the stream key is missing or wrong: set the stream id to the key of this ingest")]
    Unauthorized,
    /// The caller asked to watch, by `m=request` or `m=bidirectional`.
    #[error("this ingest only takes broadcasts: watch them on its page, not over SRT")]
    WrongMode,
    /// As many broadcasts are live as the ingest takes.
    #[error("the ingest has no room for another broadcast: end one of those that are live")]
    Overloaded,
}

/// Checks a stream id against the key, if there is one, and names the broadcast.
///
/// With a key, the whole stream id must be the key, or the `r` (resource) or `u` (user) of the
/// access-control syntax `#!::r=…,u=…,m=publish` (SRT Access Control Guidelines). A resource that
/// is not the key tells several broadcasts with the same key apart.
pub(crate) fn admit(key: Option<&StreamKey>, stream_id: &str) -> Result<BroadcastId, Refusal> {
    let Some(pairs) = stream_id.strip_prefix("#!::") else {
        return match key {
            None => Ok(BroadcastId::of(stream_id)),
            Some(key) if key.is(stream_id) => Ok(BroadcastId::of("")),
            Some(_) => Err(Refusal::Unauthorized),
        };
    };
    let find = |name| {
        let values = pairs.split(',').filter_map(|pair| pair.split_once('='));
        values.filter(|(key, _)| *key == name).map(|(_, value)| value).next_back().unwrap_or("")
    };
    let (resource, user, mode) = (find("r"), find("u"), find("m"));
    if matches!(mode, "request" | "bidirectional") {
        return Err(Refusal::WrongMode);
    }
    let Some(key) = key else { return Ok(BroadcastId::of(resource)) };
    match (key.is(resource), key.is(user)) {
        (true, _) => Ok(BroadcastId::of("")),
        (false, true) => Ok(BroadcastId::of(resource)),
        (false, false) => Err(Refusal::Unauthorized),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> StreamKey {
        StreamKey::new("sesame").unwrap()
    }

    #[test]
    fn without_a_key_anyone_may_publish() {
        for stream_id in ["", "anything", "#!::r=a,m=publish", "#!::", "#!::,,=,x"] {
            assert!(admit(None, stream_id).is_ok(), "{stream_id}");
        }
        assert_eq!(admit(None, "").unwrap().as_str(), "live");
    }

    #[test]
    fn with_a_key_only_those_who_show_it_may_publish() {
        for stream_id in ["sesame", "#!::r=sesame", "#!::u=sesame,m=publish", "#!::r=a,u=sesame"] {
            assert!(admit(Some(&key()), stream_id).is_ok(), "{stream_id}");
        }
        for stream_id in
            ["", "Sesame", "sesame ", "sesam", "#!::r=a,u=b", "#!::s=sesame", "#!::", "u=sesame"]
        {
            assert_eq!(admit(Some(&key()), stream_id), Err(Refusal::Unauthorized), "{stream_id}");
        }
    }

    #[test]
    fn watching_over_srt_is_refused_by_name() {
        for mode in ["request", "bidirectional"] {
            let stream_id = format!("#!::u=sesame,m={mode}");
            assert_eq!(admit(Some(&key()), &stream_id), Err(Refusal::WrongMode));
        }
    }

    #[test]
    fn a_broadcast_keeps_its_name_and_shares_it_with_no_other() {
        let name = |stream_id| admit(None, stream_id).unwrap();
        assert_eq!(name("studio"), name("studio"));
        assert_eq!(name("#!::r=studio,s=1"), name("#!::s=2,r=studio"));
        assert_ne!(name("studio"), name("stage"));
        let name = |stream_id| admit(Some(&key()), stream_id).unwrap();
        assert_eq!(name("sesame"), name("#!::r=sesame"));
        assert_ne!(name("#!::r=left,u=sesame"), name("#!::r=right,u=sesame"));
    }

    #[test]
    fn no_key_can_be_read_from_what_is_printed() {
        for stream_id in ["sesame", "#!::r=sesame", "#!::u=sesame,r=x"] {
            for key in [None, Some(&key())] {
                assert!(!admit(key, stream_id).unwrap().as_str().contains("sesame"));
            }
        }
        assert!(!format!("{:?}", key()).contains("sesame"));
    }
}
