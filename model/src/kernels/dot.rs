//! The product of bf16 pairs: `vdpbf16ps` where the CPU has it, the same two fused multiply-adds where not.
//!
//! A step adds two products to an f32 sum, the second of the pair first. The instruction takes denormal numbers for zeros; the emulation does not.
//! Without the instruction many rows expand a panel to f32 once, the second of each pair first: the same chain through the tile of f32.
#![expect(unsafe_code, reason = "an intrinsic and the entry into code for it")]

use half::bf16;
use rayon::prelude::*;

use super::Isa;
use super::panels::PANEL;
use super::scratch;
use super::strip::Strip;
use super::tile::{ByF32, Step, Task, strip};
use super::vector::{LANES, Vector, on_isa};

struct Emulated;

impl<V: Vector> Step<V> for Emulated {
    const WORDS: usize = 1;
    type Columns = [V; 2];

    #[inline(always)]
    unsafe fn columns(words: *const u32) -> [V; 2] {
        // SAFETY: the caller's
        V::widen(unsafe { &*words.cast() })
    }

    #[inline(always)]
    unsafe fn step(sum: V, x: *const u32, columns: [V; 2]) -> V {
        // SAFETY: the caller's
        let pair = unsafe { *x };
        let (first, second) = (f32::from_bits(pair << 16), f32::from_bits(pair & 0xffff_0000));
        V::splat(first).fma(columns[0], V::splat(second).fma(columns[1], sum))
    }
}

#[inline(always)]
fn strip_emulated_body<V: Vector>(task: Task<'_>, y: Strip<'_>) {
    strip::<V, Emulated>(task, y);
}

on_isa! {
    /// One panel's columns, without the instruction.
    fn strip_emulated(task: Task<'_>, y: Strip<'_>) = strip_emulated_body
}

#[inline(always)]
fn strip_expanded_body<V: Vector>(task: Task<'_>, y: Strip<'_>) {
    let len = task.steps * PANEL;
    let mut numbers = scratch::take(len);
    for (words, to) in task.panel.as_chunks::<PANEL>().0.iter().zip(numbers.chunks_exact_mut(2 * PANEL)) {
        let (one, other) = to.split_at_mut(PANEL);
        for (vector, words) in words.as_chunks::<LANES>().0.iter().enumerate() {
            let [first, second] = V::widen(words);
            second.store(&mut one.as_chunks_mut().0[vector]);
            first.store(&mut other.as_chunks_mut().0[vector]);
        }
    }
    strip::<V, ByF32>(Task { panel: bytemuck::cast_slice(&numbers[..len]), ..task }, y);
    scratch::give(numbers);
}

on_isa! {
    /// One panel's columns for many rows, without the instruction: `steps` counts inputs, those of x lie as [`swapped`] has them.
    fn strip_expanded(task: Task<'_>, y: Strip<'_>) = strip_expanded_body
}

/// x rounded to bf16, as f32, the second of each pair first; an odd last number beside a zero.
pub(super) fn swapped(x: &[f32], input: usize) -> Vec<u32> {
    let round = |x: f32| bf16::from_f32(x).to_f32().to_bits();
    let width = input.next_multiple_of(2);
    let mut words = vec![0; x.len() / input * width];
    let rows = words.par_chunks_exact_mut(width).zip(x.par_chunks_exact(input)).with_min_len(8);
    rows.for_each(|(to, row)| {
        for (to, pair) in to.chunks_exact_mut(2).zip(row.chunks(2)) {
            (to[0], to[1]) = (pair.get(1).map_or(0, |&second| round(second)), round(pair[0]));
        }
    });
    words
}

/// One panel's columns.
pub(super) fn strip_dot(isa: Isa, task: Task<'_>, y: Strip<'_>) {
    match isa {
        // SAFETY: `bf16` is set only where the instruction was found
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 { bf16: true, .. } => unsafe { by_instruction::run(task, y) },
        _ => strip_emulated(isa, task, y),
    }
}

#[cfg(target_arch = "x86_64")]
mod by_instruction {
    use std::arch::x86_64::{__m512bh, __m512i, _mm512_dpbf16_ps, _mm512_loadu_si512, _mm512_set1_epi32};

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
            // SAFETY: entered through `run` alone; the pointer is the caller's; all 512 bits are 32 bf16
            unsafe {
                let pair: __m512bh = std::mem::transmute(_mm512_set1_epi32(*x as i32));
                let columns: __m512bh = std::mem::transmute(columns);
                Wide([_mm512_dpbf16_ps(sum.0[0], pair, columns)])
            }
        }
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma")]
    pub(super) fn run(task: Task<'_>, y: Strip<'_>) {
        strip::<Wide, ByInstruction>(task, y);
    }
}
