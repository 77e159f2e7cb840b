//! The platforms, and what each of them uses.

/// A platform as rustc knows it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) triple: &'static str,
    /// As people say it.
    pub(super) name: &'static str,
    /// What is checked there: each is one call of cargo, as features of one call are united.
    pub(super) parts: &'static [Part],
}

/// Packages that are checked together, and cargo's words for their features.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) packages: &'static [&'static str],
    pub(super) features: &'static [&'static str],
}

/// What an app with its own encoder links: it is without built-in capture.
const CORE: Part = Part { packages: &["golive-proto", "golive", "golive-ffi"], features: &[] };
/// What an iPhone's app links that leaves capture to Golive: the system's encoders, and no C.
const PHONE: Part = Part {
    packages: &["golive-media", "golive-ffi"],
    features: &[
        "--no-default-features",
        "--features",
        "golive-media/camera,golive-media/microphone,golive-ffi/media",
    ],
};
/// What runs on a desk, with capture and encoders built in.
const DESKTOP: Part = Part {
    packages: &["golive-media", "golive-ffi", "golive-cli", "xtask"],
    features: &["--features", "golive-ffi/media"],
};

pub(super) const TARGETS: &[Target] = &[
    Target { triple: "aarch64-linux-android", name: "Android", parts: &[CORE] },
    Target { triple: "aarch64-apple-ios", name: "iOS", parts: &[CORE, PHONE] },
    Target { triple: "aarch64-apple-darwin", name: "macOS", parts: &[CORE, DESKTOP] },
    Target { triple: "x86_64-pc-windows-gnu", name: "Windows", parts: &[CORE, DESKTOP] },
];

impl Target {
    /// Whether a person means this one.
    pub(super) fn is_called(&self, word: &str) -> bool {
        self.triple == word || self.name.eq_ignore_ascii_case(word)
    }
}
