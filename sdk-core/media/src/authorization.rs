//! Whether a person lets a program see or hear, as Apple's systems put it.

/// What the person said to a program's wish to see or to hear (`AVAuthorizationStatus`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Authorization {
    NotAsked,
    Restricted,
    Denied,
    Granted,
}

impl Authorization {
    /// What the system's number means. One that is not known yet is taken for a refusal.
    pub(crate) fn of(status: isize) -> Self {
        match status {
            0 => Self::NotAsked,
            1 => Self::Restricted,
            3 => Self::Granted,
            _ => Self::Denied,
        }
    }

    /// Why the device may not be used, if it may not.
    pub(crate) fn refusal(self) -> Option<&'static str> {
        match self {
            Self::Granted => None,
            Self::NotAsked => Some("nobody answered when the system asked"),
            Self::Restricted => Some("this device is managed, and its policy forbids it"),
            Self::Denied => Some("access was not granted"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_yes_opens_a_device_and_every_no_says_why() {
        assert_eq!(Authorization::of(3).refusal(), None);
        let reasons: Vec<_> =
            [0, 1, 2, 9].map(|status| Authorization::of(status).refusal().unwrap()).to_vec();
        assert!(reasons[0].contains("nobody answered"), "{reasons:?}");
        assert!(reasons[1].contains("policy"), "{reasons:?}");
        assert_eq!(reasons[2], reasons[3], "what is not known is a no");
    }
}
