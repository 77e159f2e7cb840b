//! A child process whose output is kept.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A running program; killed and collected when dropped.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    log: Arc<Log>,
}

/// What is done with a program's standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// Lines of text, kept beside those of standard error.
    Log,
    /// Taken by the test with [`Process::take_stdout`].
    Taken,
}

#[derive(Debug, Default)]
struct Log {
    lines: Mutex<Vec<String>>,
    changed: Condvar,
    /// Streams that have not come to their end.
    open: AtomicUsize,
}

/// What a child printed last is waited for this long after its end; a child of its own may keep
/// its streams open.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// How often a child is looked at while it is waited for.
const LOOK: Duration = Duration::from_millis(5);

impl Process {
    /// Starts `command` with pipes on all three ends.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn start(mut command: Command, output: Output) -> Self {
        let name = command.get_program().display().to_string();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child =
            command.spawn().unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        let log = Arc::new(Log::default());
        if let Some(stderr) = child.stderr.take() {
            keep_lines(stderr, Arc::clone(&log));
        }
        if output == Output::Log
            && let Some(stdout) = child.stdout.take()
        {
            keep_lines(stdout, Arc::clone(&log));
        }
        Self { name, child, log }
    }

    /// Its standard input; dropping it closes the pipe.
    ///
    /// # Panics
    /// If it was taken before.
    pub fn take_stdin(&mut self) -> ChildStdin {
        self.child.stdin.take().expect("standard input is taken once")
    }

    /// Its standard output, if it was started with [`Output::Taken`].
    ///
    /// # Panics
    /// If it was taken before.
    pub fn take_stdout(&mut self) -> ChildStdout {
        self.child.stdout.take().expect("standard output is taken once")
    }

    /// What it printed so far.
    pub fn log(&self) -> Vec<String> {
        self.log.lock().clone()
    }

    /// Waits for a line that contains `text`, including those already printed, and returns it.
    ///
    /// # Panics
    /// If none comes within `patience`, showing what was printed instead.
    pub fn wait_for_line(&self, text: &str, patience: Duration) -> String {
        let until = Instant::now() + patience;
        let mut lines = self.log.lock();
        let mut read = 0;
        loop {
            if let Some(line) = lines.iter().skip(read).find(|line| line.contains(text)) {
                return line.clone();
            }
            read = lines.len();
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let printed = lines.join("\n");
                drop(lines);
                panic!("{} did not print `{text}` within {patience:?}, but:\n{printed}", self.name);
            }
            let waited = self.log.changed.wait_timeout(lines, left);
            lines = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// If it does not end within `patience`.
    pub fn wait(&mut self, patience: Duration) -> ExitStatus {
        let until = Instant::now() + patience;
        while Instant::now() < until {
            match self.child.try_wait() {
                Ok(Some(status)) => {
                    self.hear_last_words();
                    return status;
                }
                Ok(None) => std::thread::sleep(LOOK),
                Err(error) => panic!("{} cannot be waited for: {error}", self.name),
            }
        }
        panic!("{} did not end within {patience:?}:\n{}", self.name, self.log().join("\n"));
    }

    fn hear_last_words(&self) {
        let until = Instant::now() + LAST_WORDS;
        while self.log.open.load(Ordering::Acquire) > 0 && Instant::now() < until {
            std::thread::sleep(LOOK);
        }
    }

    /// Whether it has not ended yet.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Asks it to end, as a person does with Ctrl-C.
    #[cfg(unix)]
    pub fn interrupt(&self) {
        use rustix::process::{Pid, Signal, kill_process};
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            // One that has ended already needs no signal.
            let _ = kill_process(pid, Signal::INT);
        }
    }

    /// Ends it at once, as a crash would.
    pub fn kill(&mut self) {
        // One that has ended already needs no signal.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// The processor time of all its threads so far, in steps of 10 ms; nothing where the system
    /// does not tell, or once it has been waited for.
    pub fn cpu_time(&self) -> Option<Duration> {
        cpu_time_of(self.child.id())
    }

    /// As [`Process::cpu_time`], of its threads of this name alone.
    pub fn cpu_time_of_threads(&self, name: &str) -> Option<Duration> {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.child.id())).ok()?;
        let named = threads.flatten().filter(|thread| {
            let comm = std::fs::read_to_string(thread.path().join("comm")).unwrap_or_default();
            comm.trim_end() == name
        });
        Some(named.filter_map(|thread| cpu_time_in(&thread.path().join("stat"))).sum())
    }
}

/// The processor time of all threads of a process so far, in steps of 10 ms; nothing where the
/// system does not tell.
pub fn cpu_time_of(process: u32) -> Option<Duration> {
    cpu_time_in(format!("/proc/{process}/stat").as_ref())
}

fn cpu_time_in(stat: &Path) -> Option<Duration> {
    let stat = std::fs::read_to_string(stat).ok()?;
    // proc(5): the name in parentheses may hold spaces; utime and stime are fields 14 and 15.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(Duration::from_millis((user + system) * 10))
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            let name = OsStr::new(&self.name).display();
            eprintln!("--- {name} printed:\n{}\n---", self.log().join("\n"));
        }
    }
}

impl Log {
    fn lock(&self) -> MutexGuard<'_, Vec<String>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn keep_lines(stream: impl Read + Send + 'static, log: Arc<Log>) {
    log.open.fetch_add(1, Ordering::Release);
    std::thread::spawn(move || {
        let mut stream = BufReader::new(stream);
        let mut line = Vec::new();
        // Ends with the pipe, which ends with the process.
        while stream.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            line.clear();
            log.lock().push(text);
            log.changed.notify_all();
        }
        log.open.fetch_sub(1, Ordering::Release);
    });
}
