//! Stream keys and passphrases: from the environment, standard input or the address, never printed.

use std::ffi::OsString;
use std::fmt;
use std::io::{self, BufRead};
use std::str::FromStr;

use clap::Args;

use super::{Ingest, Send, To};

/// An address as it was typed. It may hold a passphrase or a stream key, so it does not print.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Address(String);

impl Address {
    /// The whole text, secrets included.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether the address itself carries the parameter `name`.
    fn has(&self, name: &str) -> bool {
        let Some((_, query)) = self.0.split_once('?') else { return false };
        query.split('&').any(|pair| {
            pair.split_once('=').is_some_and(|(key, value)| key == name && !value.is_empty())
        })
    }
}

impl FromStr for Address {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&concealed(&self.0))
    }
}

/// A stream key as it was typed, which does not print.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Key(String);

impl Key {
    /// The key itself.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl FromStr for Key {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("•••")
    }
}

/// Ways to hand over secrets without putting them on the command line.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct SecretArguments {
    /// Read the stream key (the stream id) from standard input, one line
    #[arg(long)]
    pub(crate) key_stdin: bool,

    /// Read the passphrase from standard input, one line (after the key's, if both are read)
    #[arg(long)]
    pub(crate) passphrase_stdin: bool,
}

/// What is to be set on a destination beyond what its address says.
#[derive(Default, PartialEq, Eq)]
pub(crate) struct Secrets {
    /// The stream id.
    pub(crate) key: Option<Key>,
    /// The passphrase.
    pub(crate) passphrase: Option<Key>,
}

/// A secret could not be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SecretError {
    /// Standard input is the stream itself.
    #[error(
        "standard input carries the stream: give the key as GOLIVE_STREAM_KEY and the passphrase \
         as GOLIVE_PASSPHRASE"
    )]
    StandardInputTaken,
    /// The same secret twice.
    #[error("the address already has a {0}: leave it out there or leave out {1}")]
    Twice(&'static str, &'static str),
    /// Standard input ended.
    #[error("standard input ended before the {0} came: write it as one line")]
    Missing(&'static str),
    /// The environment holds bytes that are no text.
    #[error("{0} is not UTF-8 text")]
    NotText(&'static str),
    /// Standard input cannot be read.
    #[error("cannot read the {0} from standard input: {1}")]
    Unreadable(&'static str, io::Error),
}

const KEY_VARIABLE: &str = "GOLIVE_STREAM_KEY";
const INGEST_KEY_VARIABLE: &str = "GOLIVE_INGEST_KEY";
const PASSPHRASE_VARIABLE: &str = "GOLIVE_PASSPHRASE";

impl To {
    /// The secrets to set on the destination.
    pub(crate) fn secrets(&self) -> Result<Secrets, SecretError> {
        collect(&self.address, self.secrets, &environment, &mut io::stdin().lock())
    }
}

impl Send {
    /// Whether the stream comes from standard input.
    pub(crate) fn reads_standard_input(&self) -> bool {
        self.input.as_os_str() == "-"
    }

    /// The secrets to set on the destination.
    pub(crate) fn secrets(&self) -> Result<Secrets, SecretError> {
        let asked = self.secrets.key_stdin || self.secrets.passphrase_stdin;
        if asked && self.reads_standard_input() {
            return Err(SecretError::StandardInputTaken);
        }
        collect(&self.address, self.secrets, &environment, &mut io::stdin().lock())
    }
}

/// The key and the passphrase that the ingest asks of broadcasters.
pub(crate) fn ingest_secrets(arguments: &Ingest) -> Result<Secrets, SecretError> {
    let key = match &arguments.key {
        Some(Key(dash)) if dash == "-" => Some(line(&mut io::stdin().lock(), "key")?),
        Some(key) => Some(key.clone()),
        None => environment(INGEST_KEY_VARIABLE)?,
    };
    Ok(Secrets { key, passphrase: environment(PASSPHRASE_VARIABLE)? })
}

/// Standard input wins over the address, which it must not contradict, and the address over the
/// environment.
fn collect(
    address: &Address,
    asked: SecretArguments,
    environment: &dyn Fn(&'static str) -> Result<Option<Key>, SecretError>,
    input: &mut dyn BufRead,
) -> Result<Secrets, SecretError> {
    let mut one = |asked, parameter, option, variable, what| match (asked, address.has(parameter)) {
        (true, true) => Err(SecretError::Twice(parameter, option)),
        (true, false) => line(input, what).map(Some),
        (false, true) => Ok(None),
        (false, false) => environment(variable),
    };
    Ok(Secrets {
        key: one(asked.key_stdin, "streamid", "--key-stdin", KEY_VARIABLE, "stream key")?,
        passphrase: one(
            asked.passphrase_stdin,
            "passphrase",
            "--passphrase-stdin",
            PASSPHRASE_VARIABLE,
            "passphrase",
        )?,
    })
}

fn environment(variable: &'static str) -> Result<Option<Key>, SecretError> {
    match std::env::var(variable) {
        Ok(text) if text.is_empty() => Ok(None),
        Ok(text) => Ok(Some(Key(text))),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => Err(SecretError::NotText(variable)),
    }
}

fn line(input: &mut dyn BufRead, what: &'static str) -> Result<Key, SecretError> {
    let mut text = String::new();
    input.read_line(&mut text).map_err(|error| SecretError::Unreadable(what, error))?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() { Err(SecretError::Missing(what)) } else { Ok(Key(text.to_owned())) }
}

/// `text` with every address in `words` cut down to what may be shown.
pub(super) fn without_secrets(text: &str, words: &[OsString]) -> String {
    let mut text = text.to_owned();
    for word in words.iter().filter_map(|word| word.to_str()) {
        if word.contains("://") && word.contains('?') {
            text = text.replace(word, &concealed(word));
        }
    }
    text
}

/// An address without its parameters.
fn concealed(address: &str) -> String {
    match address.split_once('?') {
        Some((shown, _)) => format!("{shown}?…"),
        None => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        text.parse().unwrap()
    }

    fn from_environment(variable: &'static str) -> Result<Option<Key>, SecretError> {
        Ok(Some(Key(format!("value of {variable}"))))
    }

    const BOTH: SecretArguments = SecretArguments { key_stdin: true, passphrase_stdin: true };

    #[test]
    fn the_environment_fills_in_what_the_address_leaves_out() {
        let address = address("srt://host:1?streamid=live&passphrase=");
        let none = SecretArguments::default();
        let secrets = collect(&address, none, &from_environment, &mut io::empty()).unwrap();
        assert_eq!(secrets.key, None, "the address has its own");
        assert_eq!(secrets.passphrase.unwrap().reveal(), "value of GOLIVE_PASSPHRASE");
    }

    #[test]
    fn standard_input_gives_the_key_first_and_the_passphrase_second() {
        let mut input = &b"key one\r\npass phrase\nrest"[..];
        let address = address("srt://host:1");
        let secrets = collect(&address, BOTH, &from_environment, &mut input).unwrap();
        assert_eq!(secrets.key.unwrap().reveal(), "key one");
        assert_eq!(secrets.passphrase.unwrap().reveal(), "pass phrase");
    }

    #[test]
    fn a_secret_given_twice_or_not_at_all_is_an_error() {
        let twice = address("srt://host:1?streamid=live");
        let result = collect(&twice, BOTH, &from_environment, &mut &b"key\npass\n"[..]);
        assert!(matches!(result, Err(SecretError::Twice("streamid", _))));
        let once = address("srt://host:1");
        let result = collect(&once, BOTH, &from_environment, &mut &b"key\n"[..]);
        assert!(matches!(result, Err(SecretError::Missing("passphrase"))));
    }

    #[test]
    fn nothing_prints_what_stands_behind_the_question_mark() {
        let text = "srt://host:1?streamid=secret&passphrase=hidden";
        let printed = format!("{:?} {:?}", address(text), Key("secret".into()));
        assert!(!printed.contains("secret") && !printed.contains("hidden"), "{printed}");
        assert!(printed.contains("srt://host:1"), "{printed}");
        let message = without_secrets(&format!("unknown `{text}`"), &[text.into()]);
        assert_eq!(message, "unknown `srt://host:1?…`");
    }
}
