//! The wish to stop, from a signal or a key.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::exit::{Exit, Failure};

/// Whether the command was asked to stop. Clones share the answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stop {
    wishes: Arc<AtomicUsize>,
}

/// A second wish ends the program at once, with the status of an interrupted one (128 + SIGINT).
const INTERRUPTED: i32 = 130;

impl Stop {
    /// Listens for SIGINT, SIGTERM and SIGHUP (on Windows: Ctrl-C and closing the console).
    ///
    /// The first one asks for a clean end; a second one does not wait for it.
    pub(crate) fn on_signals() -> Result<Self, Failure> {
        let stop = Self::default();
        let wishes = Arc::clone(&stop.wishes);
        ctrlc::set_handler(move || {
            if wishes.fetch_add(1, Ordering::Relaxed) > 0 {
                ratatui::restore();
                std::process::exit(INTERRUPTED);
            }
        })
        .map_err(|error| {
            Failure::new(Exit::Failed, format_args!("cannot listen for signals: {error}"))
        })?;
        Ok(stop)
    }

    /// Asks for an end, as a signal does.
    pub(crate) fn ask(&self) {
        self.wishes.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether an end was asked for.
    pub(crate) fn asked(&self) -> bool {
        self.wishes.load(Ordering::Relaxed) > 0
    }
}
