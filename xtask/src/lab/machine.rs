//! The guest: a PC in software, without a network, whose console is read line by line.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::failure::{Context, Failure};
use crate::{process, terminal};

/// The guest boots in 5 to 10 s and is on air for 45; the rest is for machines that are busy.
const PATIENCE: Duration = Duration::from_secs(300);

/// Room for what the guest leaves behind.
const DISK_BYTES: u64 = 256 * 1024 * 1024;

/// What to boot, and the file that is the guest's disk.
#[derive(Debug)]
pub(super) struct Machine<'a> {
    pub(super) kernel: &'a Path,
    pub(super) image: &'a Path,
    pub(super) disk: &'a Path,
}

impl Machine<'_> {
    /// Runs the guest until it turns itself off. Its console goes to `log`; lines that begin with
    /// `LAB` are for the person who waits.
    pub(super) fn run(&self, log: &Path) -> Result<(), Failure> {
        let disk = std::fs::File::create(self.disk).context("cannot make the guest's disk")?;
        disk.set_len(DISK_BYTES).context("cannot size the guest's disk")?;
        let mut command = self.command();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .context(format_args!("cannot start {}", process::shown(&command)))?;
        let console = child.stdout.take();
        let lines = console.map(lines_of);
        let deadline = Instant::now() + PATIENCE;
        let mut printed = String::new();
        let ended = loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match lines.as_ref().map(|lines| lines.recv_timeout(left)) {
                Some(Ok(line)) => {
                    if line.starts_with("LAB ") {
                        println!("  guest {}", line.trim_start_matches("LAB "));
                    }
                    printed.push_str(&line);
                    printed.push('\n');
                }
                Some(Err(mpsc::RecvTimeoutError::Timeout)) => break false,
                Some(Err(mpsc::RecvTimeoutError::Disconnected)) | None => break true,
            }
        };
        if !ended {
            // One that has ended by itself in this moment needs no killing.
            let _ = child.kill();
        }
        let status = child.wait().context("cannot wait for the guest")?;
        std::fs::write(log, &printed).context("cannot keep the guest's console")?;
        if !ended || !status.success() {
            return Err(Failure::failed(format!(
                "the guest {}; its console is in {}, and ends so:\n{}",
                if ended { "broke off" } else { "did not end within five minutes" },
                log.display(),
                last_lines(&printed, 15)
            )));
        }
        Ok(())
    }

    fn command(&self) -> Command {
        let mut qemu = Command::new("qemu-system-x86_64");
        // In software, so that it also runs where a machine is itself a guest.
        qemu.args(["-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", "1024"]);
        qemu.args(["-nodefaults", "-display", "none", "-nic", "none", "-no-reboot"]);
        qemu.args(["-serial", "stdio", "-append", "console=ttyS0 panic=-1 quiet"]);
        qemu.arg("-kernel").arg(self.kernel).arg("-initrd").arg(self.image);
        qemu.arg("-drive");
        qemu.arg(format!("file={},format=raw,if=virtio", self.disk.display()));
        qemu
    }
}

/// The console's lines, as they come; the channel closes with the console.
fn lines_of(console: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut console = BufReader::new(console);
        let mut line = Vec::new();
        while console.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            line.clear();
            if sender.send(text).is_err() {
                break;
            }
        }
    });
    receiver
}

fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let from = lines.len().saturating_sub(count);
    let last = lines.get(from..).unwrap_or_default();
    last.iter().map(|line| format!("{}{line}\n", terminal::bold("| "))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guest_has_no_network() {
        let path = Path::new("x");
        let shown = process::shown(&Machine { kernel: path, image: path, disk: path }.command());
        assert!(shown.contains("-nic none") && shown.contains("tcg"), "{shown}");
    }

    #[test]
    fn the_end_of_a_console_is_shown() {
        assert!(!last_lines("a\nb\nc\n", 2).contains('a'));
        assert!(last_lines("a\nb\nc\n", 9).contains('a'));
    }
}
