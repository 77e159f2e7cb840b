//! Secrets that a derived `Debug` would print.

use super::tree::{File, Finding, Tree};

pub(super) const KEEPS: &str = "no type with a derived Debug holds a secret as plain text or bytes";

/// Parts of a field's name that make its value a secret.
const SECRET: &[&str] = &["passphrase", "password", "secret", "stream_key", "token"];

/// Types that print what they hold.
const PLAIN: &[&str] = &["String", "str", "u8"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.with_extension("rs").flat_map(in_file).collect()
}

fn in_file(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut derived = false;
    let mut inside = false;
    for (number, line) in (1..).zip(file.code.lines()) {
        let line = line.trim();
        if line.starts_with("#[derive(") {
            derived = line.contains("Debug");
        } else if line.contains("struct ") || line.contains("enum ") {
            inside = derived && line.ends_with('{');
            derived = false;
        } else if line == "}" {
            inside = false;
        } else if inside && leaks(line) {
            let message = "a derived Debug prints this secret: give it a type that prints as dots";
            findings.push(file.finding(number, message));
        }
    }
    findings
}

/// `passphrase: Option<String>,` leaks; `passphrase: Option<Passphrase>,` does not.
fn leaks(field: &str) -> bool {
    let Some((name, kind)) = field.split_once(": ") else { return false };
    let words = |text: &str| -> Vec<String> {
        text.split(|character| !super::code::is_word(character)).map(str::to_owned).collect()
    };
    let secret = SECRET.iter().any(|part| name.contains(part));
    secret && words(kind).iter().any(|word| PLAIN.contains(&word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(derive: &str, field: &str) -> usize {
        let text = format!("{derive}\npub struct Config {{\n    {field}\n}}\n");
        check(&Tree::of(&[("a.rs", &text)])).len()
    }

    #[test]
    fn a_plain_secret_under_a_derived_debug_is_found() {
        let derive = "#[derive(Clone, Debug)]";
        assert_eq!(found(derive, "pub passphrase: Option<String>,"), 1);
        assert_eq!(found(derive, "pub(crate) stream_key: Vec<u8>,"), 1);
        assert_eq!(found(derive, "secret: [u8; 32],"), 1);
        assert_eq!(found(derive, "pub passphrase: Option<Passphrase>,"), 0);
        assert_eq!(found(derive, "pub name: String,"), 0);
        assert_eq!(found("#[derive(Clone)]", "pub passphrase: String,"), 0);
    }
}
