//! The product of bf16 pairs: `vdpbf16ps` where the CPU has it, the same two fused multiply-adds where not.
//!
//! A step adds two products to an f32 sum, the second of the pair first. The instruction takes denormal numbers for zeros; the emulation does not.
#![expect(unsafe_code, reason = "an intrinsic and the entry into code for it")]

use super::Isa;
use super::strip::Strip;
use super::tile::{Step, Task, strip};
use super::vector::{Vector, on_isa};

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
