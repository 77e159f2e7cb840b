//! The networks, as they are told to `golive netlab`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use golive_proto::units::{Bitrate, Time};
use golive_tests::network::{Conditions, Profile, Trace};

/// What chance comes from.
const SEED: u64 = 1;
/// Of a link that was recorded, and of the clean one.
const ONE_WAY: Duration = Duration::from_millis(30);

/// A network with a name.
pub(crate) struct Network {
    pub(crate) name: String,
    /// What `golive netlab` is told.
    pub(crate) arguments: Vec<String>,
    /// How long a packet is under way at most, but for what waits before the bottleneck.
    pub(crate) one_way: Duration,
    /// Nothing where all is carried.
    trace: Option<Trace>,
}

impl Network {
    /// The invented ones.
    pub(crate) fn profiles() -> Vec<Self> {
        Profile::ALL.map(Self::profile).into()
    }

    /// A profile, a link without limit (`clean`), or the recordings of a folder.
    pub(crate) fn named(word: &str) -> Vec<Self> {
        if word == "clean" {
            return vec![Self::new(word, &[], ONE_WAY, None)];
        }
        if let Ok(profile) = word.parse::<Profile>() {
            return vec![Self::profile(profile)];
        }
        let files = std::fs::read_dir(word).expect("a profile, or a folder with recordings");
        let mut files: Vec<PathBuf> = files.filter_map(|file| Some(file.ok()?.path())).collect();
        files.retain(|file| file.extension().is_some_and(|end| end == "up"));
        files.sort();
        files.iter().map(|file| Self::recorded(file)).collect()
    }

    fn profile(profile: Profile) -> Self {
        let Conditions { delay, jitter, trace, .. } = profile.uplink(SEED);
        let trace = trace.map(|limit| limit.trace);
        Self::new(profile.name(), &["--profile", profile.name()], delay + jitter, trace)
    }

    fn recorded(file: &Path) -> Self {
        let text = std::fs::read_to_string(file).expect("a trace");
        let trace = Trace::parse(&text).expect("a trace as the Saturator writes it");
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        let path = file.to_string_lossy();
        let delay = format!("{}ms", ONE_WAY.as_millis());
        Self::new(&name, &["--trace", &path, "--delay", &delay], ONE_WAY, Some(trace))
    }

    fn new(name: &str, arguments: &[&str], one_way: Duration, trace: Option<Trace>) -> Self {
        let seed = SEED.to_string();
        let mut arguments: Vec<String> = arguments.iter().map(|word| (*word).to_owned()).collect();
        if trace.is_none() {
            arguments.extend(["--delay".to_owned(), format!("{}ms", one_way.as_millis())]);
        }
        arguments.extend(["--seed".to_owned(), seed]);
        Self { name: name.to_owned(), arguments, one_way, trace }
    }

    /// What it carries on average in so much time from its beginning.
    pub(crate) fn mean(&self, length: Duration) -> Option<Bitrate> {
        let carried = self.trace.as_ref()?.capacity(Time::ZERO, Time::ZERO + length);
        Some(Bitrate::average(carried, length))
    }
}
