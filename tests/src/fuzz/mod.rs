//! Everything that a stranger can feed to Golive, as functions that take bytes.
//!
//! A target must come back, whatever the bytes: no panic, no endless loop, no memory beyond a
//! small multiple of the input. Where bytes were understood, what was understood is written and
//! read again and must be the same. `tests/fuzz` runs the targets under libFuzzer; the test
//! `inputs_that_nobody_would_send` runs them with seeded [`Mutations`] of good input, everywhere
//! and in seconds.

mod containers;
mod headers;
mod mutations;
mod srt;
mod srtla;

pub use mutations::Mutations;

/// A way in for strangers' bytes.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// As `cargo fuzz run` takes it.
    pub name: &'static str,
    /// Feeds the bytes in.
    pub run: fn(&[u8]),
    /// Good input to begin with.
    pub examples: fn() -> Vec<Vec<u8>>,
}

/// Every way in.
pub const TARGETS: &[Target] = &[
    Target { name: "h264", run: headers::h264, examples: headers::h264_examples },
    Target { name: "h265", run: headers::h265, examples: headers::h265_examples },
    Target { name: "aac", run: headers::aac, examples: headers::aac_examples },
    Target { name: "mpegts", run: containers::mpegts, examples: containers::mpegts_examples },
    Target { name: "mp4", run: containers::mp4, examples: containers::mp4_examples },
    Target { name: "srt", run: srt::plain, examples: srt::plain_examples },
    Target { name: "srt_encrypted", run: srt::encrypted, examples: srt::encrypted_examples },
    Target { name: "srt_url", run: srt::url, examples: srt::url_examples },
    Target { name: "srtla", run: srtla::strangers, examples: srtla::examples },
    Target { name: "stream_id", run: srt::stream_id, examples: srt::stream_id_examples },
];

/// Feeds `data` to the target called `name`.
///
/// # Panics
/// If there is no such target, or the target finds a fault.
pub fn run(name: &str, data: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name);
    (target.expect("a target of this name").run)(data);
}
