//! Whether the person agrees that something is installed.

use crate::terminal;

/// An answer, or that there is nobody to give one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Consent {
    Given,
    Refused,
    NobodyToAsk,
}

/// `--yes` and a CI's environment agree beforehand; otherwise the person is asked. A script that
/// said nothing has not agreed, not even root's.
pub(crate) fn obtain(yes: bool, shown: impl IntoIterator<Item = String>) -> Consent {
    if yes || in_continuous_integration(std::env::var("CI").ok().as_deref()) {
        return Consent::Given;
    }
    if !terminal::somebody_is_there() {
        return Consent::NobodyToAsk;
    }
    for line in shown {
        println!("  {line}");
    }
    if terminal::ask("Run this now?") { Consent::Given } else { Consent::Refused }
}

/// CI services set `CI` to `true` or `1`; people who want it off set it empty, `false` or `0`.
fn in_continuous_integration(variable: Option<&str>) -> bool {
    !matches!(variable, None | Some("" | "false" | "0"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_set_variable_means_continuous_integration() {
        assert!(in_continuous_integration(Some("true")));
        assert!(in_continuous_integration(Some("1")));
        for off in [None, Some(""), Some("false"), Some("0")] {
            assert!(!in_continuous_integration(off), "{off:?}");
        }
    }
}
