//! Which system this is, as far as it decides what packages are called.

/// A family of systems whose packages have the same names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Platform {
    Debian,
    Ubuntu,
    Fedora,
    OtherLinux,
    MacOs,
    Windows,
}

impl Platform {
    /// The system that this command runs on.
    pub(crate) fn here() -> Self {
        match std::env::consts::OS {
            "macos" => Self::MacOs,
            "windows" => Self::Windows,
            _ => Self::from_os_release(
                &std::fs::read_to_string("/etc/os-release").unwrap_or_default(),
            ),
        }
    }

    /// Reads the `ID` and `ID_LIKE` of an os-release file (`man 5 os-release`); a derivative
    /// counts as the first system in `ID_LIKE` that is known here.
    fn from_os_release(text: &str) -> Self {
        let value = |key: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
            line.unwrap_or_default().trim_matches('"').to_owned()
        };
        let names = format!("{} {}", value("ID"), value("ID_LIKE"));
        let known = |name| match name {
            "ubuntu" => Some(Self::Ubuntu),
            "debian" => Some(Self::Debian),
            "fedora" | "rhel" => Some(Self::Fedora),
            _ => None,
        };
        names.split_whitespace().find_map(known).unwrap_or(Self::OtherLinux)
    }

    /// Whether `setup` can install packages here itself.
    pub(crate) fn has_apt(self) -> bool {
        matches!(self, Self::Debian | Self::Ubuntu)
    }

    pub(crate) fn is_linux(self) -> bool {
        !matches!(self, Self::MacOs | Self::Windows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derivatives_count_as_what_they_come_from() {
        let read = Platform::from_os_release;
        assert_eq!(read("NAME=x\nID=debian\n"), Platform::Debian);
        assert_eq!(read("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n"), Platform::Ubuntu);
        assert_eq!(read("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n"), Platform::Fedora);
        assert_eq!(read("ID=arch\n"), Platform::OtherLinux);
        assert_eq!(read(""), Platform::OtherLinux);
    }
}
