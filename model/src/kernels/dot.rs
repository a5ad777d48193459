//! The product of bf16 pairs: `vdpbf16ps` where the CPU has it, the same two fused multiply-adds where not.
//!
//! A step adds two products to an f32 sum, the second of the pair first (but see `amx.rs`). The instruction takes denormal numbers for zeros; the emulation does not.
//! Without the instruction a panel is expanded to f32, the second of each pair first: the same chain through the tile of f32.
#![expect(unsafe_code, reason = "an intrinsic and the entry into code for it")]

use super::panels::PANEL;
use super::scratch;
use super::strip::Strip;
use super::tile::{ByF32, Step, Task, strip};
use super::vector::{LANES, Vector, on_isa};
use super::{Isa, amx};

struct Emulated;

impl<V: Vector> Step<V> for Emulated {
    const WORDS: usize = 2;
    type Columns = [V; 2];

    #[inline(always)]
    unsafe fn columns(words: *const u32) -> [V; 2] {
        // SAFETY: the caller's
        V::widen(unsafe { &*words.cast() })
    }

    #[inline(always)]
    unsafe fn step(sum: V, x: *const u32, columns: [V; 2]) -> V {
        // SAFETY: the caller's
        let [second, first] = unsafe { *x.cast::<[f32; 2]>() };
        V::splat(first).fma(columns[0], V::splat(second).fma(columns[1], sum))
    }
}

#[inline(always)]
fn strip_emulated_body<V: Vector>(task: Task<'_>, y: Strip<'_>) {
    strip::<V, Emulated>(task, y);
}

on_isa! {
    /// One panel's columns for few rows, without the instruction: those of x lie as [`super::packed::swapped`] has them.
    fn strip_emulated(task: Task<'_>, y: Strip<'_>) = strip_emulated_body
}

/// Numbers of a panel as f32, [inputs, 32], the second of each pair first where `swaps`.
#[inline(always)]
pub(super) fn expand<V: Vector>(words: &[u32], swaps: bool, to: &mut [f32]) {
    for (words, to) in words.as_chunks::<PANEL>().0.iter().zip(to.chunks_exact_mut(2 * PANEL)) {
        let (one, other) = to.split_at_mut(PANEL);
        for (vector, words) in words.as_chunks::<LANES>().0.iter().enumerate() {
            let [first, second] = V::widen(words);
            let (one_has, other_has) = if swaps { (second, first) } else { (first, second) };
            one_has.store(&mut one.as_chunks_mut().0[vector]);
            other_has.store(&mut other.as_chunks_mut().0[vector]);
        }
    }
}

#[inline(always)]
fn strip_expanded_body<V: Vector>(task: Task<'_>, y: Strip<'_>) {
    let len = task.steps * PANEL;
    let mut numbers = scratch::take(len);
    expand::<V>(task.panel, true, &mut numbers[..len]);
    strip::<V, ByF32>(Task { panel: bytemuck::cast_slice(&numbers[..len]), ..task }, y);
    scratch::give(numbers);
}

on_isa! {
    /// One panel's columns for many rows, without the instruction: `steps` counts inputs, those of x lie as [`super::packed::swapped`] has them.
    fn strip_expanded(task: Task<'_>, y: Strip<'_>) = strip_expanded_body
}

/// One panel's columns by the instruction, of an `isa` that has it.
pub(super) fn strip_dot(isa: Isa, task: Task<'_>, y: Strip<'_>) {
    match isa {
        Isa::Avx512 { amx: true, .. } => amx::strip(amx::Words::Pairs, task, y),
        // SAFETY: `bf16` is set only where the instruction was found
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 { bf16: true, .. } => unsafe { by_instruction::run(task, y) },
        _ => unreachable!("{isa:?} has no dot product of bf16"),
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
