//! Stream ids, and the access control syntax inside them (appendix B of the draft).

use std::fmt;

use zeroize::Zeroizing;

/// What a caller asks a listener for: at most 512 bytes of text.
///
/// It often holds a stream key, so it prints as dots; [`StreamId::as_str`] is the text itself.
#[derive(Clone, PartialEq, Eq)]
pub struct StreamId(Zeroizing<String>);

/// A text cannot be a stream id. The message never holds the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StreamIdError {
    /// More than 512 bytes.
    #[error("the stream id has {0} bytes: SRT carries at most 512")]
    TooLong(usize),
    /// A zero byte ends a stream id on the way.
    #[error("the stream id holds a zero byte, which SRT cannot carry")]
    ZeroByte,
    /// A part after `#!::` is not `key=value`.
    #[error("part {0} of the stream id after `#!::` is not of the form key=value")]
    Malformed(usize),
    /// A key or a value holds `,` or `=`, which separate them.
    #[error("the stream id's `{0}` holds a comma or an equals sign, which access control reserves")]
    Reserved(&'static str),
}

/// The longest stream id in bytes.
const MAX_BYTES: usize = 512;

/// What a stream id in access control syntax begins with.
const PREFIX: &str = "#!::";

impl StreamId {
    /// Takes `text` as it is.
    ///
    /// # Errors
    ///
    /// It is longer than 512 bytes, or holds a zero byte.
    pub fn new(text: impl Into<String>) -> Result<Self, StreamIdError> {
        let text = Zeroizing::new(text.into());
        if text.len() > MAX_BYTES {
            return Err(StreamIdError::TooLong(text.len()));
        }
        if text.contains('\0') {
            return Err(StreamIdError::ZeroByte);
        }
        Ok(Self(text))
    }

    /// The text itself, secrets included.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What it asks for, if it is in access control syntax (`#!::key=value,…`).
    ///
    /// # Errors
    ///
    /// It begins with `#!::` and a part after that is not `key=value`.
    pub fn access_control(&self) -> Result<Option<AccessControl<'_>>, StreamIdError> {
        let Some(parts) = self.0.strip_prefix(PREFIX) else { return Ok(None) };
        let mut access = AccessControl::default();
        for (index, part) in parts.split(',').enumerate() {
            if part.is_empty() {
                continue;
            }
            let (key, value) = part.split_once('=').ok_or(StreamIdError::Malformed(index + 1))?;
            match access.field(key) {
                Some(field) => *field = Some(value),
                None => access.other.push((key, value)),
            }
        }
        Ok(Some(access))
    }
}

/// What a stream id asks for, in the standard keys. It prints as the names of the keys only.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct AccessControl<'a> {
    /// `u`: who asks.
    pub user: Option<&'a str>,
    /// `r`: the name of the stream.
    pub resource: Option<&'a str>,
    /// `h`: the host that serves it.
    pub host: Option<&'a str>,
    /// `m`: `request` (the default), `publish` or `bidirectional`.
    pub mode: Option<&'a str>,
    /// `s`: a session id, or whatever proves who asks.
    pub session: Option<&'a str>,
    /// `t`: `stream` (the default), `file` or `auth`.
    pub kind: Option<&'a str>,
    /// Keys of the server's own.
    pub other: Vec<(&'a str, &'a str)>,
}

impl<'a> AccessControl<'a> {
    /// The stream id that asks for this.
    ///
    /// # Errors
    ///
    /// A key or value holds `,` or `=`, or the whole is longer than 512 bytes.
    pub fn to_stream_id(&self) -> Result<StreamId, StreamIdError> {
        let standard = [
            ("u", self.user),
            ("r", self.resource),
            ("h", self.host),
            ("m", self.mode),
            ("s", self.session),
            ("t", self.kind),
        ];
        let standard = standard.into_iter().filter_map(|(key, value)| Some((key, value?)));
        let mut text = Zeroizing::new(String::from(PREFIX));
        for (key, value) in standard.chain(self.other.iter().copied()) {
            check(key, &[',', '='], "key")?;
            check(value, &[','], "value")?;
            if text.len() > PREFIX.len() {
                text.push(',');
            }
            text.push_str(key);
            text.push('=');
            text.push_str(value);
        }
        StreamId::new(text.as_str())
    }

    fn field(&mut self, key: &str) -> Option<&mut Option<&'a str>> {
        Some(match key {
            "u" => &mut self.user,
            "r" => &mut self.resource,
            "h" => &mut self.host,
            "m" => &mut self.mode,
            "s" => &mut self.session,
            "t" => &mut self.kind,
            _ => return None,
        })
    }
}

fn check(text: &str, reserved: &[char], what: &'static str) -> Result<(), StreamIdError> {
    if text.contains(reserved) { Err(StreamIdError::Reserved(what)) } else { Ok(()) }
}

impl fmt::Debug for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("••••")
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("••••")
    }
}

impl fmt::Debug for AccessControl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessControl(••••)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn access_control_is_read_as_servers_write_it() {
        let id = StreamId::new("#!::u=admin,r=bluesbrothers1_hi,m=publish,x=a=b").unwrap();
        let access = id.access_control().unwrap().unwrap();
        assert_eq!(access.user, Some("admin"));
        assert_eq!(access.resource, Some("bluesbrothers1_hi"));
        assert_eq!(access.mode, Some("publish"));
        assert_eq!(access.other, [("x", "a=b")]);
        assert_eq!(access.host.or(access.session).or(access.kind), None);
    }

    #[test]
    fn access_control_is_written_as_it_is_read() {
        let access = AccessControl {
            resource: Some("live/one"),
            session: Some("k3y"),
            ..Default::default()
        };
        let id = access.to_stream_id().unwrap();
        assert_eq!(id.as_str(), "#!::r=live/one,s=k3y");
        assert_eq!(id.access_control().unwrap().unwrap(), access);
        let wrong = AccessControl { resource: Some("a,m=publish"), ..Default::default() };
        assert_eq!(wrong.to_stream_id(), Err(StreamIdError::Reserved("value")));
    }

    #[test]
    fn any_other_text_is_a_stream_id_without_access_control() {
        assert_eq!(StreamId::new("publish:key").unwrap().access_control(), Ok(None));
        let broken = StreamId::new("#!::r=a,publish").unwrap();
        assert_eq!(broken.access_control(), Err(StreamIdError::Malformed(2)));
        assert_eq!(StreamId::new("x".repeat(513)), Err(StreamIdError::TooLong(513)));
    }

    #[test]
    fn a_stream_id_never_prints() {
        let id = StreamId::new("#!::r=a,s=secret").unwrap();
        let access = id.access_control().unwrap().unwrap();
        assert!(!format!("{id} {id:?} {access:?}").contains("secret"));
    }
}
