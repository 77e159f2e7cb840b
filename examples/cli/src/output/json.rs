//! One JSON object a line, written at once.

use std::io::{self, Write};

use serde::Serialize;

/// Writes JSON lines to standard output.
pub(crate) struct Json {
    _private: (),
}

impl Json {
    pub(super) fn new() -> Self {
        Self { _private: () }
    }

    pub(super) fn line(&mut self, value: &impl Serialize) -> io::Result<()> {
        let mut line = serde_json::to_vec(value)?;
        line.push(b'\n');
        let mut stdout = io::stdout().lock();
        stdout.write_all(&line)?;
        stdout.flush()
    }
}
