//! Inputs that nobody wrote: good ones, broken in many ways, the same on every machine.
//!
//! A test without more takes a second; `SPYGLASS_FUZZ_SECONDS=300` makes each take five minutes, with other inputs. An input that fails is
//! written beside the test's other files, and belongs into the test's list of good and bad ones.

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant};

/// Inputs of a test without more.
const INPUTS: usize = 400;
/// How long one input may take: none here needs more than milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes by which the program may grow over all inputs: they are a few kilobytes each.
const GROWTH: u64 = 1 << 30;

/// What often breaks a reader: limits of numbers, ends of texts, marks of formats, depth.
const WORDS: [&str; 40] = [
    "0",
    "-1",
    "1e999",
    "18446744073709551616",
    "9223372036854775807",
    "4294967295",
    "NaN",
    ".nan",
    "-Infinity",
    "null",
    "~",
    "true",
    "\"\"",
    "{}",
    "[]",
    "[[[[[[[[[[[[[[[[",
    "{\"a\":{\"a\":{\"a\":",
    "\u{0}",
    "\u{feff}",
    "\n",
    "\r\n",
    "\t",
    "---\n",
    "...\n",
    "&a",
    "*a",
    "<<: *a",
    "!!binary",
    "!x",
    "| ",
    "> ",
    "# ",
    ": ",
    "- ",
    "{{",
    "}}",
    "{%",
    "\u{1f600}\u{200d}",
    "\\ud800",
    "../../",
];

/// A source of numbers (xorshift).
pub(crate) struct Draw(u64);

impl Draw {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % end.max(1)
    }

    /// A stretch of `length` bytes, mostly short.
    fn stretch(&mut self, length: usize) -> std::ops::Range<usize> {
        let start = self.below(length + 1);
        let most = [1, 4, 32, length][self.below(4)];
        start..(start + self.below(most + 1)).min(length)
    }

    /// A good input with a few things wrong.
    fn broken(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = seeds[self.below(seeds.len())].clone();
        for _ in 0..=self.below(6) {
            let place = self.stretch(bytes.len());
            match self.below(8) {
                0 => bytes.truncate(place.start),
                1 => drop(bytes.drain(place)),
                2 => {
                    let again = bytes[place.clone()].to_vec();
                    bytes.splice(place.start..place.start, again);
                }
                3 => {
                    let other = &seeds[self.below(seeds.len())];
                    let part = self.stretch(other.len());
                    bytes.splice(place, other[part].iter().copied());
                }
                4 | 5 => {
                    let word = WORDS[self.below(WORDS.len())];
                    bytes.splice(place, word.bytes());
                }
                6 => bytes.iter_mut().skip(place.start).take(1).for_each(|byte| *byte ^= 1 << self.below(8)),
                _ => bytes
                    .iter_mut()
                    .skip(place.start)
                    .take(8)
                    .for_each(|byte| *byte = [0, 0xff, 0x7f, 0x80][self.below(4)]),
            }
        }
        bytes
    }
}

/// Gives `test` every seed, then broken ones: it must return, soon, and keep little.
pub(crate) fn each(name: &str, seeds: &[Vec<u8>], mut test: impl FnMut(&[u8])) {
    let seconds = std::env::var("SPYGLASS_FUZZ_SECONDS").ok().and_then(|seconds| seconds.parse::<u64>().ok());
    let salt = seconds.map_or(0, |_| std::process::id()); // longer runs see others each time
    let mut draw =
        Draw::new(name.bytes().fold(u64::from(salt) + 7, |all, byte| all * 31 % 1_000_003 + u64::from(byte)));
    let (began, before, mut slowest, mut count) = (Instant::now(), peak(), Duration::ZERO, 0);
    let goes_on = |count: usize| match seconds {
        Some(seconds) => began.elapsed() < Duration::from_secs(seconds),
        None => count < seeds.len() + INPUTS,
    };
    while goes_on(count) {
        let input = seeds.get(count).cloned().unwrap_or_else(|| draw.broken(seeds));
        let started = Instant::now();
        let ended = catch_unwind(AssertUnwindSafe(|| test(&input)));
        let (taken, grown) = (started.elapsed(), peak().saturating_sub(before));
        if ended.is_err() || taken > PATIENCE || grown > GROWTH {
            let file = std::path::Path::new(option_env!("CARGO_TARGET_TMPDIR").unwrap_or("../target"))
                .join(format!("fuzz-{name}"));
            drop(fs_err::write(&file, &input));
            let said = format!("{name}, input {count} ({}): {taken:?}, {grown} bytes", file.display());
            writeln!(std::io::stderr(), "{said}\n{}", String::from_utf8_lossy(&input)).expect("stderr takes a line");
            if let Err(panic) = ended {
                resume_unwind(panic);
            }
            panic!("{said}");
        }
        slowest = slowest.max(taken);
        count += 1;
    }
    let grown = peak().saturating_sub(before) >> 20;
    let said =
        format!("fuzzed {name}: {count} inputs in {:?}, slowest {slowest:?}, grown by {grown} MiB", began.elapsed());
    writeln!(std::io::stderr(), "{said}").expect("stderr takes a line");
}

/// The most bytes that the program had of the system so far; 0 where that is not told.
fn peak() -> u64 {
    let status = fs_err::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmPeak:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()).unwrap_or(0) << 10
}
