//! Colours, questions and durations for the person at the terminal.

use std::io::{BufRead, IsTerminal, Write};
use std::time::Duration;

pub(crate) fn bold(text: &str) -> String {
    styled("1", text)
}

pub(crate) fn red(text: &str) -> String {
    styled("1;31", text)
}

pub(crate) fn green(text: &str) -> String {
    styled("32", text)
}

/// Prints a line that says what is being done now, so that nothing over two seconds is silent.
pub(crate) fn announce(doing: &str) {
    println!("{} {doing}", bold("==>"));
}

/// Whether somebody is there to answer a question.
pub(crate) fn somebody_is_there() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks a question; only `y` and `yes` are a yes.
pub(crate) fn ask(question: &str) -> bool {
    eprint!("{question} [y/N] ");
    let _ = std::io::stderr().flush();
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    read.is_ok() && matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
}

/// `4.2 s` or `3 min 05 s`.
pub(crate) fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    if seconds < 60 {
        format!("{:.1} s", time.as_secs_f64())
    } else {
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    }
}

fn styled(style: &str, text: &str) -> String {
    let plain = std::env::var_os("NO_COLOR").is_some() || !std::io::stdout().is_terminal();
    if plain { text.to_owned() } else { format!("\u{1b}[{style}m{text}\u{1b}[0m") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_say_them() {
        assert_eq!(duration(Duration::from_millis(4_230)), "4.2 s");
        assert_eq!(duration(Duration::from_secs(185)), "3 min 05 s");
    }
}
