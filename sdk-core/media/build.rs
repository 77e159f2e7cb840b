//! Says so when nasm is missing: openh264 then builds without its assembly, without a word, and
//! takes almost three times the CPU.

use std::process::{Command, Stdio};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=PATH");
    let x86 = std::env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch.starts_with("x86"));
    let h264 = std::env::var_os("CARGO_FEATURE_H264").is_some();
    if x86 && h264 && !runs("nasm") {
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
