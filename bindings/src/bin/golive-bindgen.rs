//! Writes the Kotlin, Swift and Python half of the bindings: `cargo xtask bindings` runs it.

fn main() {
    uniffi::uniffi_bindgen_main();
}
