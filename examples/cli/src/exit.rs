//! How the command ends: a status that scripts read, and a sentence that people read.

use std::fmt;
use std::io;
use std::process::ExitCode;

use crate::arguments::SecretError;

/// The command's exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// It ended as asked.
    Done = 0,
    /// Something on this machine failed: a file, a disk, a codec, a port.
    Failed = 1,
    /// Wrong usage.
    Usage = 2,
    /// The ingest refused, or could not be reached.
    Ingest = 3,
    /// A camera or microphone is missing or forbidden.
    Device = 4,
}

impl Exit {
    /// The status as a number.
    pub(crate) const fn status(self) -> u8 {
        self as u8
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit.status())
    }
}

/// Why the command ends early.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    message: Message,
}

#[derive(Debug)]
enum Message {
    /// What happened and what to do, to be shown after the word "error".
    Sentence(String),
    /// A text that is shown as it is, styles included.
    Rendered(String),
    /// All is said already.
    Silent,
}

impl Failure {
    /// A failure with a sentence that says what happened and what to do.
    pub(crate) fn new(exit: Exit, sentence: impl fmt::Display) -> Self {
        Self { exit, message: Message::Sentence(sentence.to_string()) }
    }

    /// A failure whose whole text is given, styles included.
    pub(crate) fn rendered(exit: Exit, text: String) -> Self {
        Self { exit, message: Message::Rendered(text) }
    }

    /// A failure that has been told already.
    pub(crate) fn silent(exit: Exit) -> Self {
        Self { exit, message: Message::Silent }
    }

    /// The status to end with.
    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    /// Tells the failure on standard error, once.
    pub(crate) fn tell(&self) {
        use io::Write;
        let mut stderr = anstream::stderr().lock();
        let style = anstyle::AnsiColor::Red.on_default().bold();
        // Where standard error is closed there is nobody left to tell; the status remains.
        let _ = match &self.message {
            Message::Sentence(text) => writeln!(stderr, "{style}error:{style:#} {text}"),
            Message::Rendered(text) => write!(stderr, "{text}"),
            Message::Silent => Ok(()),
        };
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.message {
            Message::Sentence(text) | Message::Rendered(text) => f.write_str(text),
            Message::Silent => Ok(()),
        }
    }
}

impl From<SecretError> for Failure {
    fn from(error: SecretError) -> Self {
        Self::new(Exit::Usage, error)
    }
}

/// Writing to standard output failed. A reader that went away wants no more: that is an end as
/// asked, and no error.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::silent(Exit::Done);
        }
        Self::new(Exit::Failed, format_args!("cannot write to standard output: {error}"))
    }
}
