//! Runs the command, and stops it whatever happens.

#![allow(dead_code, reason = "each test program uses a part of it")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests may fail")]

use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Longer than anything here takes, even on a busy machine.
const LONGEST: Duration = Duration::from_secs(60);

/// A running command. Dropping it kills it.
pub(crate) struct Golive {
    child: Child,
    lines: Receiver<String>,
    seen: String,
    stderr: Option<JoinHandle<String>>,
}

/// A command that has ended.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs the command to its end.
pub(crate) fn golive(arguments: &[&str]) -> Finished {
    Golive::start(arguments).wait()
}

/// A path for a file of this test program's own.
pub(crate) fn scratch(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(std::process::id().to_string());
    std::fs::create_dir_all(&folder).unwrap();
    folder.join(name)
}

impl Golive {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::start_with(arguments, &[], "")
    }

    pub(crate) fn start_with(arguments: &[&str], variables: &[(&str, &str)], input: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_golive"));
        for name in ["GOLIVE_STREAM_KEY", "GOLIVE_PASSPHRASE", "GOLIVE_INGEST_KEY", "RUST_LOG"] {
            command.env_remove(name);
        }
        command.args(arguments).envs(variables.iter().copied());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A command that does not read its input may be gone already.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        thread::spawn(move || {
            stdout.lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        let mut errors = child.stderr.take().unwrap();
        let stderr = thread::spawn(move || {
            let mut text = String::new();
            errors.read_to_string(&mut text).unwrap();
            text
        });
        Self { child, lines, seen: String::new(), stderr: Some(stderr) }
    }

    /// The next line of standard output, which must be JSON.
    pub(crate) fn next_json(&mut self) -> Value {
        let line = self.lines.recv_timeout(LONGEST).unwrap();
        self.seen.push_str(&line);
        self.seen.push('\n');
        serde_json::from_str(&line).unwrap()
    }

    /// Asks it to end as a service manager does, and waits.
    pub(crate) fn stop(self) -> Finished {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.wait()
    }

    /// Waits for its end.
    pub(crate) fn wait(mut self) -> Finished {
        let deadline = Instant::now() + LONGEST;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status.code();
            }
            if Instant::now() > deadline {
                break None;
            }
            thread::sleep(Duration::from_millis(20));
        };
        // Readers come to their end only with the process.
        let _ = self.child.kill();
        let mut stdout = std::mem::take(&mut self.seen);
        for line in self.lines.iter() {
            stdout.push_str(&line);
            stdout.push('\n');
        }
        let stderr = self.stderr.take().unwrap().join().unwrap();
        Finished { status, stdout, stderr }
    }
}

impl Drop for Golive {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Finished {
    /// The last line, which must be JSON.
    pub(crate) fn last_json(&self) -> Value {
        let last = self.stdout.lines().last().unwrap_or_else(|| panic!("no line: {self:?}"));
        serde_json::from_str(last).unwrap()
    }

    /// The events of this name.
    pub(crate) fn events(&self, name: &str) -> Vec<Value> {
        self.objects().filter(|object| object["event"] == name).collect()
    }

    /// The reports, without the last one.
    pub(crate) fn reports(&self) -> Vec<Value> {
        let plain = |object: &Value| object.get("event").is_none() && object.get("final").is_none();
        self.objects().filter(plain).collect()
    }

    fn objects(&self) -> impl Iterator<Item = Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).unwrap())
    }
}
