//! `cargo deny`, with the policy in `deny.toml`.

use crate::failure::Failure;
use crate::{process, terminal};

pub(crate) fn cargo_deny_is_here() -> bool {
    process::succeeds(process::cargo().args(["deny", "--version"]))
}

/// Checks licences, bans and sources. Advisories are left out: their database lies on another
/// host than the packages, which a machine behind a proxy may not reach.
pub(crate) fn cargo_deny() -> Result<(), Failure> {
    if !cargo_deny_is_here() {
        terminal::announce("installing cargo-deny, which takes some minutes once");
        process::run(process::cargo().args(["install", "cargo-deny", "--locked"]))?;
    }
    let checks = ["licenses", "bans", "sources"];
    process::run(process::cargo().args(["deny", "--all-features", "check"]).args(checks))
}
