//! Why a connection was refused, in words.

use std::fmt;

/// Why a listener refused a connection.
///
/// Codes below 1000 are the protocol's own (`SRT_REJ_*`); 1000 to 1999 are the access control
/// codes of libsrt's `docs/features/access-control.md`, after HTTP's; from 2000 on, an
/// application's own.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rejection(u32);

/// Names, codes and words in one list, so that none of the three can be forgotten.
macro_rules! rejections {
    ($($name:ident = $code:literal, $words:literal;)*) => {
        impl Rejection {
            $(
                #[doc = concat!("Code ", stringify!($code), ": ", $words, ".")]
                pub const $name: Rejection = Rejection($code);
            )*

            /// What the code means, if it is a known one.
            fn words(self) -> Option<&'static str> {
                match self.0 {
                    $($code => Some($words),)*
                    _ => None,
                }
            }
        }
    };
}

rejections! {
    UNKNOWN = 0, "the peer gave no reason";
    SYSTEM = 1, "a system call failed at the peer";
    PEER = 2, "the application at the peer refused the connection";
    RESOURCE = 3, "the peer has no resources left";
    ROGUE = 4, "the handshake is malformed";
    BACKLOG = 5, "too many connections wait to be accepted";
    INTERNAL_ERROR = 6, "the peer's SRT library failed";
    CLOSE = 7, "the listener is closing";
    VERSION = 8, "the SRT version is too old";
    RENDEZVOUS_COOKIE = 9, "the rendezvous cookies collide";
    BAD_SECRET = 10, "the passphrase is wrong";
    UNSECURE = 11, "only one side has a passphrase";
    MESSAGE_API = 12, "one side sends messages, the other a stream";
    CONGESTION = 13, "the congestion controls differ (live or file mode)";
    FILTER = 14, "the packet filters do not fit together";
    GROUP = 15, "the bonding groups do not fit together";
    TIMEOUT = 16, "the handshake took too long";
    CRYPTO = 17, "the encryption modes differ";
    FALLBACK = 1000, "the application cannot say why";
    KEY_UNSUPPORTED = 1001, "the stream id has a key that the server does not know";
    FILE_PATH = 1002, "the stream id names a file that cannot be";
    HOST_NOT_FOUND = 1003, "the stream id names a host that the server does not know";
    BAD_REQUEST = 1400, "the stream id cannot be read";
    UNAUTHORIZED = 1401, "the user or the key in the stream id is not accepted";
    OVERLOAD = 1402, "the server is too busy or the account's credit is used up";
    FORBIDDEN = 1403, "access to this stream is forbidden";
    NOT_FOUND = 1404, "there is no such stream";
    BAD_MODE = 1405, "the mode (m=) is not possible for this stream";
    UNACCEPTABLE = 1406, "the server cannot do what the stream id asks for";
    CONFLICT = 1409, "someone else is publishing this stream";
    UNSUPPORTED_MEDIA = 1415, "the server does not take this kind of media";
    LOCKED = 1423, "the stream is locked";
    FAILED_DEPENDENCY = 1424, "a session that this one depends on has ended";
    SERVER_ERROR = 1500, "the server failed";
    UNIMPLEMENTED = 1501, "the server does not support what was asked";
    GATEWAY = 1502, "the server behind this gateway refused the connection";
    DOWN = 1503, "the service is down";
    VERSION_UNSUPPORTED = 1505, "the server does not support this SRT version";
    NO_ROOM = 1507, "the server has no room left to record";
}

impl Rejection {
    /// The reason with this code.
    pub const fn from_code(code: u32) -> Self {
        Self(code)
    }

    /// The code, without the 1000 that handshakes add to it.
    pub const fn code(self) -> u32 {
        self.0
    }

    /// Whether trying again with the same settings can help: the peer is busy or failing, or
    /// still holds an earlier session.
    pub const fn is_temporary(self) -> bool {
        matches!(
            self,
            Self::UNKNOWN
                | Self::SYSTEM
                | Self::PEER
                | Self::RESOURCE
                | Self::BACKLOG
                | Self::INTERNAL_ERROR
                | Self::CLOSE
                | Self::TIMEOUT
                | Self::FALLBACK
                | Self::OVERLOAD
                | Self::NOT_FOUND
                | Self::CONFLICT
                | Self::LOCKED
                | Self::FAILED_DEPENDENCY
                | Self::SERVER_ERROR
                | Self::GATEWAY
                | Self::DOWN
        )
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.words() {
            Some(words) => write!(f, "{words} (code {})", self.0),
            None => write!(f, "reason {} is not known to this side", self.0),
        }
    }
}

impl fmt::Debug for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rejection({}: {})", self.0, self.words().unwrap_or("unknown"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_reasons_are_words_and_unknown_ones_keep_their_code() {
        assert_eq!(Rejection::BAD_SECRET.to_string(), "the passphrase is wrong (code 10)");
        assert_eq!(Rejection::from_code(1_403), Rejection::FORBIDDEN);
        assert!(Rejection::from_code(2_345).to_string().contains("2345"));
    }
}
