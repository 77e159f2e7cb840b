//! What the libraries log, on standard error.

use std::io::IsTerminal;
use std::str::FromStr;

use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;

use crate::exit::{Exit, Failure};

const VARIABLE: &str = "RUST_LOG";

/// Starts logging to standard error, if `--verbose` or RUST_LOG asks for it. Says whether it did.
///
/// # Errors
///
/// A RUST_LOG that cannot be read is wrong usage.
pub(crate) fn start(verbose: u8) -> Result<bool, Failure> {
    let Some(targets) = targets(verbose, std::env::var(VARIABLE).ok())? else { return Ok(false) };
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(colour)
        .with_filter(targets);
    let subscriber = tracing_subscriber::registry().with(layer);
    tracing::subscriber::set_global_default(subscriber)
        .map_err(|error| Failure::new(Exit::Failed, error))?;
    Ok(true)
}

/// `--verbose` shows what Golive does, twice what it does to each packet; RUST_LOG is more exact.
fn targets(verbose: u8, variable: Option<String>) -> Result<Option<Targets>, Failure> {
    let text = match (variable, verbose) {
        (Some(text), _) if !text.is_empty() => text,
        (_, 0) => return Ok(None),
        (_, 1) => "info,golive=debug".to_owned(),
        (_, _) => "debug,golive=trace".to_owned(),
    };
    Targets::from_str(&text).map(Some).map_err(|error| {
        Failure::new(
            Exit::Usage,
            format_args!("{VARIABLE} cannot be read ({error}): write it like golive=debug"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_logged_unless_asked() {
        assert!(targets(0, None).unwrap().is_none());
        assert!(targets(0, Some(String::new())).unwrap().is_none());
    }

    #[test]
    fn the_variable_is_more_exact_than_the_option() {
        let targets = targets(2, Some("golive_proto=info".into())).unwrap().unwrap();
        assert!(targets.would_enable("golive_proto", &tracing::Level::INFO));
        assert!(!targets.would_enable("golive_proto", &tracing::Level::DEBUG));
        assert!(!targets.would_enable("ratatui", &tracing::Level::ERROR));
    }

    #[test]
    fn a_variable_that_makes_no_sense_is_wrong_usage() {
        let failure = targets(0, Some("golive=loud".into())).unwrap_err();
        assert_eq!(failure.exit(), Exit::Usage);
    }
}
