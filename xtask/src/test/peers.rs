//! What tests against real peers are told through the environment.

/// The variables that the tests read.
///
/// `GOLIVE_REQUIRE_PEERS` makes a test fail whose peer is not installed; without it, under a
/// plain `cargo test`, it says that it was skipped. `GOLIVE_MEDIA`, a folder with real footage,
/// reaches the tests by itself, as everything in the environment does. `GOLIVE_LONG` lets a test
/// with a length choose the long one.
pub(crate) fn environment(long: bool) -> Vec<(&'static str, &'static str)> {
    let mut variables = vec![("GOLIVE_REQUIRE_PEERS", "1")];
    variables.extend(long.then_some(("GOLIVE_LONG", "1")));
    variables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peers_are_always_required() {
        assert!(environment(false).contains(&("GOLIVE_REQUIRE_PEERS", "1")));
        assert!(!environment(false).iter().any(|(name, _)| *name == "GOLIVE_LONG"));
        assert!(environment(true).contains(&("GOLIVE_LONG", "1")));
    }
}
