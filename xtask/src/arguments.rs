//! The words after a command's name: flags, options with a value, and the rest.

use crate::failure::Failure;

/// What is left of the command line. A command takes out what it knows, then calls
/// [`finish`](Self::finish), [`one`](Self::one) or [`all`](Self::all), which refuse what nobody
/// knew.
#[derive(Debug)]
pub(crate) struct Arguments {
    command: &'static str,
    words: Vec<String>,
    passed_on: Vec<String>,
}

impl Arguments {
    /// Words after `--` are kept apart, for the program that the command starts.
    pub(crate) fn new(command: &'static str, mut words: Vec<String>) -> Self {
        let passed_on = match words.iter().position(|word| word == "--") {
            Some(dashes) => words.split_off(dashes).split_off(1),
            None => Vec::new(),
        };
        Self { command, words, passed_on }
    }

    /// Whether `--name` was given; it is taken out.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        let before = self.words.len();
        self.words.retain(|word| word != name);
        self.words.len() < before
    }

    /// The value of `--name VALUE` or `--name=VALUE`, if it was given; it is taken out.
    pub(crate) fn option(&mut self, name: &str) -> Result<Option<String>, Failure> {
        let joined = format!("{name}=");
        let found = self.words.iter().position(|word| word == name || word.starts_with(&joined));
        let Some(position) = found else { return Ok(None) };
        let word = self.words.remove(position);
        if let Some(value) = word.strip_prefix(&joined) {
            return Ok(Some(value.to_owned()));
        }
        if position < self.words.len() {
            return Ok(Some(self.words.remove(position)));
        }
        Err(self.misused(&format!("`{name}` needs a value")))
    }

    /// The words after `--`.
    pub(crate) fn passed_on(&mut self) -> Vec<String> {
        std::mem::take(&mut self.passed_on)
    }

    /// At most one plain word, and nothing else.
    pub(crate) fn one(mut self) -> Result<Option<String>, Failure> {
        let first = match self.words.first() {
            Some(word) if !word.starts_with('-') => Some(self.words.remove(0)),
            _ => None,
        };
        self.finish()?;
        Ok(first)
    }

    /// Plain words only, however many.
    pub(crate) fn all(mut self) -> Result<Vec<String>, Failure> {
        let words = std::mem::take(&mut self.words);
        let plain: Vec<_> = words.iter().filter(|word| !word.starts_with('-')).cloned().collect();
        self.words = words.into_iter().filter(|word| word.starts_with('-')).collect();
        self.finish()?;
        Ok(plain)
    }

    /// Nothing is left over.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        match self.words.first().or(self.passed_on.first()) {
            Some(word) => Err(self.misused(&format!("`{word}` is not understood here"))),
            None => Ok(()),
        }
    }

    fn misused(&self, what: &str) -> Failure {
        let command = self.command;
        Failure::usage(format!("{what}; `cargo xtask {command} --help` says what is"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(line: &str) -> Arguments {
        Arguments::new("test", line.split_whitespace().map(str::to_owned).collect())
    }

    #[test]
    fn flags_options_and_one_word_are_taken_in_any_order() {
        let mut given = arguments("--long srt --seconds 5 --target=x");
        assert!(given.flag("--long"));
        assert!(!given.flag("--yes"));
        assert_eq!(given.option("--seconds").unwrap().as_deref(), Some("5"));
        assert_eq!(given.option("--target").unwrap().as_deref(), Some("x"));
        assert_eq!(given.one().unwrap().as_deref(), Some("srt"));
    }

    #[test]
    fn what_nobody_knows_is_refused_by_name() {
        let failure = arguments("--lnog").finish().unwrap_err();
        assert_eq!(failure.exit_code(), 2);
        assert!(failure.to_string().contains("--lnog"));
        assert!(arguments("one two").one().is_err());
        assert_eq!(arguments("one two").all().unwrap(), ["one", "two"]);
        assert!(arguments("one --two").all().is_err());
        assert!(arguments("--seconds").option("--seconds").is_err());
    }

    #[test]
    fn words_after_the_dashes_belong_to_the_program_started() {
        let mut given = arguments("-- --long");
        assert!(!given.flag("--long"));
        assert_eq!(given.passed_on(), ["--long"]);
        assert!(given.finish().is_ok());
        assert!(arguments("-- --long").finish().is_err(), "and nobody may lose them");
    }
}
