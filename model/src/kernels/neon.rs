//! Sixteen f32 in four registers of NEON, which every 64-bit ARM has: closures need no instruction set of their own here.
#![expect(unsafe_code, reason = "loads and stores")]

use std::arch::aarch64::*;
use std::array::from_fn;

use super::vector::{LANES, ONE, Vector};

/// A call of an intrinsic.
macro_rules! neon {
    ($call:expr) => {
        // SAFETY: every 64-bit ARM has NEON
        unsafe { $call }
    };
}

/// Numbers in a register.
const OWN: usize = 4;

/// Four registers.
#[derive(Clone, Copy)]
pub(super) struct Neon([float32x4_t; OWN]);

impl Neon {
    #[inline(always)]
    fn with(self, other: Self, f: impl Fn(float32x4_t, float32x4_t) -> float32x4_t) -> Self {
        Self(from_fn(|i| f(self.0[i], other.0[i])))
    }

    #[inline(always)]
    fn of_words(words: &[u32; LANES], f: impl Fn(uint32x4_t) -> float32x4_t) -> Self {
        // SAFETY: four words from each of 0, 4, 8 and 12 lie within the sixteen
        Self(from_fn(|i| f(unsafe { vld1q_u32(words.as_ptr().add(i * OWN)) })))
    }
}

impl Vector for Neon {
    const TILE_ROWS: usize = 6;
    const TILE_VECTORS: usize = 1;

    #[inline(always)]
    fn splat(x: f32) -> Self {
        Self([neon!(vdupq_n_f32(x)); OWN])
    }
    #[inline(always)]
    fn load(from: &[f32; LANES]) -> Self {
        // SAFETY: four numbers from each of 0, 4, 8 and 12 lie within the sixteen
        Self(from_fn(|i| unsafe { vld1q_f32(from.as_ptr().add(i * OWN)) }))
    }
    #[inline(always)]
    fn store(self, to: &mut [f32; LANES]) {
        for (i, register) in self.0.into_iter().enumerate() {
            // SAFETY: as in `load`
            unsafe { vst1q_f32(to.as_mut_ptr().add(i * OWN), register) }
        }
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.with(other, |a, b| neon!(vaddq_f32(a, b)))
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.with(other, |a, b| neon!(vsubq_f32(a, b)))
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.with(other, |a, b| neon!(vmulq_f32(a, b)))
    }
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        self.with(other, |a, b| neon!(vdivq_f32(a, b)))
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        self.with(other, |a, b| neon!(vbslq_f32(vcgtq_f32(a, b), a, b))) // `vmaxq_f32` would keep a NaN
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        self.with(other, |a, b| neon!(vbslq_f32(vcltq_f32(a, b), a, b)))
    }
    #[inline(always)]
    fn abs(self) -> Self {
        Self(self.0.map(|x| neon!(vabsq_f32(x))))
    }
    #[inline(always)]
    fn fma(self, factor: Self, term: Self) -> Self {
        Self(from_fn(|i| neon!(vfmaq_f32(term.0[i], self.0[i], factor.0[i]))))
    }
    #[inline(always)]
    fn power_of_shifted(self) -> Self {
        let shift = |x| neon!(vshlq_n_s32::<23>(vreinterpretq_s32_f32(x)));
        let power = |x| neon!(vreinterpretq_f32_s32(vaddq_s32(shift(x), vdupq_n_s32(ONE))));
        Self(self.0.map(power))
    }
    #[inline(always)]
    fn widen(pairs: &[u32; LANES]) -> [Self; 2] {
        let high = neon!(vdupq_n_u32(0xffff_0000));
        [
            Self::of_words(pairs, |pair| neon!(vreinterpretq_f32_u32(vshlq_n_u32::<16>(pair)))),
            Self::of_words(pairs, |pair| neon!(vreinterpretq_f32_u32(vandq_u32(pair, high)))),
        ]
    }
    #[inline(always)]
    fn widen_half(halves: &[u16; LANES]) -> Self {
        Self::load(&halves.map(|half| half::f16::from_bits(half).to_f32()))
    }
    #[inline(always)]
    fn codes(words: &[u32; LANES], place: usize) -> Self {
        let (down, four) = neon!((vdupq_n_s32(-4 * place as i32), vdupq_n_u32(15)));
        Self::of_words(words, |word| {
            neon!(vsubq_f32(vcvtq_f32_u32(vandq_u32(vshlq_u32(word, down), four)), vdupq_n_f32(8.0)))
        })
    }
    #[inline(always)]
    fn quads(words: &[u32; LANES]) -> [Self; 2] {
        let upper = |bytes| neon!(vreinterpretq_f32_s16(vshrq_n_s16::<8>(bytes)));
        [
            Self::of_words(words, |word| upper(neon!(vshlq_n_s16::<8>(vreinterpretq_s16_u32(word))))),
            Self::of_words(words, |word| upper(neon!(vreinterpretq_s16_u32(word)))),
        ]
    }
    #[inline(always)]
    fn add_pairs(self, two: u32, pairs: Self) -> Self {
        self.with(pairs, |sum, pairs| {
            neon!({
                let (two, pairs) = (vreinterpretq_s16_u32(vdupq_n_u32(two)), vreinterpretq_s16_f32(pairs));
                let low = vmull_s16(vget_low_s16(two), vget_low_s16(pairs));
                let products = vpaddq_s32(low, vmull_high_s16(two, pairs));
                vreinterpretq_f32_s32(vaddq_s32(vreinterpretq_s32_f32(sum), products))
            })
        })
    }
}
