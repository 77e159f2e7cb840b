//! Whether a library holds what its header declares: one of another version would only be found out
//! by an app that starts.

use std::collections::BTreeSet;

use crate::failure::Failure;

/// How the library's own functions begin.
const PREFIXES: [&str; 2] = ["uniffi_golive_ffi_", "ffi_golive_ffi_"];

/// Fails if the header declares a function that the library does not hold.
pub(super) fn check(header: &str, library: &[u8], name: &str) -> Result<(), Failure> {
    let declared: BTreeSet<&str> = words(header.as_bytes()).collect();
    if declared.is_empty() {
        return Err(Failure::failed("the generated header declares no function of the library's"));
    }
    let held: BTreeSet<&str> = words(library).collect();
    let lacking: Vec<_> = declared.difference(&held).copied().collect();
    let Some(first) = lacking.first() else { return Ok(()) };
    Err(Failure::failed(format!(
        "the library for {name} lacks {} of the {} functions that the header declares, {first} \
         among them: they were not built from the same sources",
        lacking.len(),
        declared.len()
    )))
}

/// The names of the library's own functions in a text or in a table of symbols, where each has one
/// more `_` before it.
fn words(bytes: &[u8]) -> impl Iterator<Item = &str> {
    let runs = bytes.split(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_');
    runs.filter_map(|run| {
        let word = std::str::from_utf8(run).ok()?;
        let word = word.strip_prefix('_').unwrap_or(word);
        PREFIXES.iter().any(|prefix| word.starts_with(prefix)).then_some(word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "#define UNIFFI_FFIDEF\nvoid uniffi_golive_ffi_fn_a(void *_Nonnull ptr);\n\
                          uint32_t ffi_golive_ffi_rustbuffer_free(void);\n";

    #[test]
    fn a_library_of_the_same_sources_holds_every_function() {
        let library = b"\0\x01_uniffi_golive_ffi_fn_a\0_ffi_golive_ffi_rustbuffer_free\0\xff";
        check(HEADER, library, "ios").unwrap();
    }

    #[test]
    fn a_function_that_is_lacking_is_named() {
        let failure = check(HEADER, b"_uniffi_golive_ffi_fn_ab\0_main", "ios-arm64").unwrap_err();
        let message = failure.to_string();
        assert!(message.contains("ios-arm64") && message.contains("2 of the 2"), "{message}");
        assert!(check("int main(void);", b"", "ios").is_err(), "and so is a header without any");
    }
}
