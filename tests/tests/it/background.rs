//! A program that runs beside a test, and what it says.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(4);

/// A program in the background; it is killed with the test.
pub(crate) struct Background {
    child: Child,
    said: Arc<Mutex<Vec<String>>>,
}

impl Background {
    /// Starts it; what it says on stderr is kept.
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let (said, stderr) = (Arc::new(Mutex::new(Vec::new())), child.stderr.take().unwrap());
        std::thread::spawn({
            let said = Arc::clone(&said);
            move || {
                BufReader::new(stderr).lines().map_while(Result::ok).for_each(|line| said.lock().unwrap().push(line));
            }
        });
        Self { child, said }
    }

    /// All lines so far.
    pub(crate) fn said(&self) -> Vec<String> {
        self.said.lock().unwrap().clone()
    }

    /// How many lines hold `words`.
    pub(crate) fn count(&self, words: &str) -> usize {
        self.said().iter().filter(|line| line.contains(words)).count()
    }

    /// Waits until a line holds `words`.
    pub(crate) fn wait_for(&mut self, words: &str) {
        self.wait_until(words, |own| own.count(words) > 0);
    }

    /// Waits until something holds; panics where it ends before, or much later.
    pub(crate) fn wait_until(&mut self, what: &str, mut holds: impl FnMut(&Self) -> bool) {
        let started = Instant::now();
        while !holds(self) {
            let ended = self.child.try_wait().unwrap();
            assert!(started.elapsed() < PATIENCE && ended.is_none(), "{what}: {ended:?}\n{}", self.said().join("\n"));
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Whether it has a way of its own to take the signal of this number; never where the system does not tell.
    pub(crate) fn catches(&self, signal: u32) -> bool {
        let status = fs_err::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let caught = caught.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok()).unwrap_or(0);
        caught >> (signal - 1) & 1 == 1
    }

    /// Sends a signal by name.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    /// Kills it.
    pub(crate) fn kill(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }

    /// Waits for its end: the exit code and all that it said.
    pub(crate) fn ended(mut self) -> (Option<i32>, String) {
        let started = Instant::now();
        let code = loop {
            if let Some(ended) = self.child.try_wait().unwrap() {
                break ended.code();
            }
            assert!(started.elapsed() < PATIENCE, "it does not end:\n{}", self.said().join("\n"));
            std::thread::sleep(Duration::from_millis(10));
        };
        std::thread::sleep(Duration::from_millis(50)); // the last lines are on their way
        (code, self.said().join("\n"))
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.kill();
    }
}
