//! `golive devices`: what this machine can broadcast from.

use std::io::Write;

use golive::Devices;
use serde::Serialize;

use crate::arguments;
use crate::exit::{Exit, Failure};
use crate::sources::Available;

/// Lists cameras and microphones.
pub(crate) fn run(arguments: &arguments::Devices) -> Result<Exit, Failure> {
    let listing = Listing::from(golive::devices());
    let mut stdout = anstream::stdout().lock();
    if arguments.json {
        let line = serde_json::to_string(&listing).map_err(std::io::Error::from)?;
        writeln!(stdout, "{line}")?;
    } else {
        for line in listing.lines() {
            writeln!(stdout, "{line}")?;
        }
    }
    Ok(Exit::Done)
}

/// What a broadcast can take when nothing was asked for by name.
pub(crate) fn available() -> Available {
    let devices = golive::devices();
    Available {
        cameras: devices.cameras.iter().map(|camera| camera.index).collect(),
        microphones: devices.microphones.into_iter().map(|microphone| microphone.name).collect(),
    }
}

/// The devices as they are printed.
#[derive(Serialize)]
struct Listing {
    cameras: Vec<Camera>,
    microphones: Vec<Microphone>,
}

#[derive(Serialize)]
struct Camera {
    number: u32,
    name: String,
    modes: Vec<String>,
}

#[derive(Serialize)]
struct Microphone {
    name: String,
    default: bool,
    min_hz: Option<u32>,
    max_hz: Option<u32>,
}

impl From<Devices> for Listing {
    fn from(devices: Devices) -> Self {
        let cameras = devices.cameras.into_iter().map(|camera| Camera {
            number: camera.index,
            name: camera.name,
            modes: camera.modes,
        });
        let microphones = devices.microphones.into_iter().enumerate();
        let microphones = microphones.map(|(index, microphone)| Microphone {
            name: microphone.name,
            default: index == 0,
            min_hz: microphone.rates.map(|(lowest, _)| lowest),
            max_hz: microphone.rates.map(|(_, highest)| highest),
        });
        Self { cameras: cameras.collect(), microphones: microphones.collect() }
    }
}

impl Listing {
    fn lines(&self) -> Vec<String> {
        let mut lines = vec!["cameras".to_owned()];
        for Camera { number, name, modes } in &self.cameras {
            lines.push(format!("  --video camera:{number}  {name}"));
            lines.push(format!("      {}", summary(modes)));
        }
        if self.cameras.is_empty() {
            lines.push("  none: --video synthetic broadcasts a test picture".to_owned());
        }
        lines.push("microphones".to_owned());
        for Microphone { name, default, .. } in &self.microphones {
            let mark = if *default { "  (the default)" } else { "" };
            lines.push(format!("  --audio 'mic:{name}'{mark}"));
        }
        if self.microphones.is_empty() {
            lines.push("  none: --audio synthetic broadcasts a test tone".to_owned());
        }
        lines
    }
}

/// The first few of a camera's modes.
fn summary(modes: &[String]) -> String {
    const SHOWN: usize = 4;
    if modes.is_empty() {
        return "in use by another program".to_owned();
    }
    let shown: Vec<&str> = modes.iter().map(String::as_str).take(SHOWN).collect();
    match modes.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(cameras: &[&str], microphones: &[&str]) -> Listing {
        let camera = |(index, name): (usize, &&str)| golive::Camera {
            index: index as u32,
            name: (*name).to_owned(),
            facing: None,
            modes: vec!["1280x720 30 MJPEG".to_owned(); 6],
        };
        let microphone = |name: &&str| golive::Microphone {
            name: (*name).to_owned(),
            rates: Some((8_000, 48_000)),
        };
        Listing::from(Devices {
            cameras: cameras.iter().enumerate().map(camera).collect(),
            microphones: microphones.iter().map(microphone).collect(),
        })
    }

    #[test]
    fn each_device_is_listed_with_the_option_that_takes_it() {
        let text = listing(&["Front", "Back"], &["Built-in", "USB"]).lines().join("\n");
        assert!(text.contains("--video camera:1  Back"), "{text}");
        assert!(text.contains("and 2 more"), "{text}");
        assert!(text.contains("--audio 'mic:Built-in'  (the default)"), "{text}");
        assert!(text.contains("--audio 'mic:USB'\n") || text.ends_with("'mic:USB'"), "{text}");
    }

    #[test]
    fn a_machine_without_devices_is_told_what_to_do() {
        let text = listing(&[], &[]).lines().join("\n");
        assert!(text.contains("--video synthetic") && text.contains("--audio synthetic"), "{text}");
    }

    #[test]
    fn programs_get_one_object() {
        let value = serde_json::to_value(listing(&["Front"], &["USB"])).unwrap();
        assert_eq!(value["cameras"][0]["number"], 0);
        assert_eq!(value["microphones"][0]["default"], true);
        assert_eq!(value["microphones"][0]["max_hz"], 48_000);
    }
}
