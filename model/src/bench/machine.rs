//! The machine's own limits, measured in the same run as what is held against them.

use std::hint::black_box;
use std::time::{Duration, Instant};

use rayon::prelude::*;

use crate::error::Result;
use crate::kernels::{Isa, Memory, multiply_adds, per_round, read};

/// What all threads of this machine do together.
#[derive(Debug, Clone, PartialEq)]
pub struct Machine {
    /// Name of the instruction set in use.
    pub isa: &'static str,
    /// Threads that share the work.
    pub threads: usize,
    /// Floating-point operations a second, f32: fused multiply-adds in registers, two each.
    pub flops: f64,
    /// Bytes a second, read from memory over one GiB.
    pub bandwidth: f64,
}

/// Multiply-adds of a thread in a round: some tens of milliseconds.
const MULTIPLY_ADDS: usize = 3 << 30;
/// Bytes that bandwidth is measured over: far more than any cache holds.
const BYTES: usize = 1 << 30;

impl Machine {
    /// Measures this one; takes about two seconds. Medians of several rounds, each long enough that threads which were woken on one
    /// core have been moved apart (rounds of a millisecond showed half the speed).
    ///
    /// # Errors
    /// No memory for one GiB.
    pub fn measure() -> Result<Self> {
        let (isa, threads) = (Isa::current(), rayon::current_num_threads());
        let rounds = MULTIPLY_ADDS / per_round(isa);
        let seconds = median(7, || {
            rayon::broadcast(|_| black_box(multiply_adds(isa, black_box(rounds))));
        });
        let flops = 2.0 * (rounds * per_round(isa) * threads) as f64 / seconds.as_secs_f64();
        let mut memory = Memory::new(BYTES)?;
        memory.values_mut::<f32>().par_chunks_mut(1 << 20).for_each(|chunk| chunk.fill(1.0));
        let values = memory.values::<f32>();
        let seconds = median(7, || {
            black_box(values.par_chunks(values.len().div_ceil(4 * threads)).map(|part| read(isa, part)).sum::<f32>());
        });
        Ok(Self { isa: isa.name(), threads, flops, bandwidth: BYTES as f64 / seconds.as_secs_f64() })
    }
}

/// The median of `rounds` times of `f`, after one that does not count.
pub(super) fn median(rounds: usize, mut f: impl FnMut()) -> Duration {
    f();
    let mut times: Vec<Duration> = (0..rounds)
        .map(|_| {
            let start = Instant::now();
            f();
            start.elapsed()
        })
        .collect();
    times.sort();
    times[times.len() / 2]
}
