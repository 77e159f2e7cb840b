//! Says whether there are encoders for both tracks, and says so when nasm is missing.
//!
//! `cfg(producer)` stands where pictures and sound can both be encoded. Without nasm openh264 builds
//! without its assembly, without a word, and takes almost three times the CPU.

use std::process::{Command, Stdio};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=PATH");
    println!("cargo::rustc-check-cfg=cfg(producer)");
    let has = |feature: &str| std::env::var_os(format!("CARGO_FEATURE_{feature}")).is_some();
    let apple = std::env::var("CARGO_CFG_TARGET_VENDOR").is_ok_and(|vendor| vendor == "apple");
    if apple || has("H264") && has("AAC") {
        println!("cargo::rustc-cfg=producer");
    }
    let x86 = std::env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch.starts_with("x86"));
    if x86 && has("H264") && !runs("nasm") {
        println!(
            "cargo::warning=nasm was not found: H.264 encoding will take almost three times the \
             CPU. Install nasm (`cargo xtask setup` does), then `cargo clean -p openh264-sys2`."
        );
    }
}

fn runs(program: &str) -> bool {
    let quiet =
        Command::new(program).arg("-v").stdout(Stdio::null()).stderr(Stdio::null()).status();
    quiet.is_ok_and(|status| status.success())
}
