//! Sums of products of eight bits: `vpdpbusd` where the CPU has it (or AMX), products of 16 bits where not. Sums travel as the bits of f32.
#![expect(unsafe_code, reason = "an intrinsic, the entry into code for it, and steps that read through pointers")]

use super::panels::PANEL;
use super::strip::Strip;
use super::tile::{Start, Step, Task, strip};
use super::vector::{Vector, on_isa};
use super::{Isa, amx};

/// How four numbers of a token lie in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quads {
    /// In one, 128 added to each: what the instruction takes.
    Unsigned,
    /// The first and the third, then the second and the fourth, 16 bits each.
    Pairs,
}

impl Quads {
    pub(super) fn of(isa: Isa) -> Self {
        if isa.has_vnni() { Self::Unsigned } else { Self::Pairs }
    }

    /// Words of four numbers.
    pub(super) fn words(self) -> usize {
        match self {
            Self::Unsigned => 1,
            Self::Pairs => 2,
        }
    }

    /// What was added to each number.
    pub(super) fn offset(self) -> i32 {
        match self {
            Self::Unsigned => 128,
            Self::Pairs => 0,
        }
    }
}

struct ByPairs;

impl<V: Vector> Step<V> for ByPairs {
    const WORDS: usize = 2;
    type Columns = [V; 2];

    #[inline(always)]
    unsafe fn columns(words: *const u32) -> [V; 2] {
        // SAFETY: the caller's
        V::quads(unsafe { &*words.cast() })
    }

    #[inline(always)]
    unsafe fn step(sum: V, x: *const u32, columns: [V; 2]) -> V {
        // SAFETY: the caller's
        let [first, second] = unsafe { *x.cast::<[u32; 2]>() };
        sum.add_pairs(first, columns[0]).add_pairs(second, columns[1])
    }
}

#[inline(always)]
fn strip_pairs_body<V: Vector>(task: Task<'_>, y: Strip<'_>) {
    strip::<V, ByPairs>(task, y);
}

on_isa! {
    /// One panel's sums, without the instruction.
    fn strip_pairs(task: Task<'_>, y: Strip<'_>) = strip_pairs_body
}

/// The sums of one panel: [rows, 32].
pub(super) fn sums(isa: Isa, x: &[u32], panel: &[u32], steps: usize, sums: &mut [f32]) {
    let (task, y) = (Task { x, panel, steps, start: Start::Zero }, Strip::new(sums, PANEL));
    match isa {
        Isa::Avx512 { amx: true, .. } => amx::strip(amx::Words::Quads, task, y),
        // SAFETY: `vnni` is set only where the instruction was found
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 { vnni: true, .. } => unsafe { by_instruction::run(task, y) },
        _ => strip_pairs(isa, task, y),
    }
}

#[cfg(target_arch = "x86_64")]
mod by_instruction {
    use std::arch::x86_64::{
        __m512i, _mm512_castps_si512, _mm512_castsi512_ps, _mm512_dpbusd_epi32, _mm512_loadu_si512, _mm512_set1_epi32,
    };

    use super::{Step, Strip, Task, strip};
    use crate::kernels::vector::Wide;

    struct ByInstruction;

    impl Step<Wide> for ByInstruction {
        const WORDS: usize = 1;
        type Columns = __m512i;

        #[inline(always)]
        unsafe fn columns(words: *const u32) -> __m512i {
            // SAFETY: entered through `run` alone; sixteen words are one register
            unsafe { _mm512_loadu_si512(words.cast()) }
        }

        #[inline(always)]
        unsafe fn step(sum: Wide, x: *const u32, columns: __m512i) -> Wide {
            // SAFETY: entered through `run` alone; the pointer is the caller's
            unsafe {
                let sum = _mm512_castps_si512(sum.0[0]);
                Wide([_mm512_castsi512_ps(_mm512_dpbusd_epi32(sum, _mm512_set1_epi32(*x as i32), columns))])
            }
        }
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma")]
    pub(super) fn run(task: Task<'_>, y: Strip<'_>) {
        strip::<Wide, ByInstruction>(task, y);
    }
}
