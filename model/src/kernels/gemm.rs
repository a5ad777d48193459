//! Products with packed weights, y = x·Wᵀ (+ b).
//!
//! Every element of y is one chain of fused multiply-adds over its inputs in ascending order, from 0 (or from what y held). Blocks, tiles
//! and threads only choose which elements are computed next to each other, so one row and a thousand give the same bits. Weights
//! stored as bf16 or f16 are widened in registers, which is exact: the chain is that of the same weights stored as f32.
#![expect(unsafe_code, reason = "a step reads through the pointers of its tile")]

use half::bf16;
use rayon::prelude::*;

use super::panels::{Format, PANEL, Panels};
use super::strip::Strip;
use super::threads::{each, work};
use super::tile::{ByF32, Start, Step, Task, strip};
use super::vector::{LANES, Vector, on_isa};
use super::{Isa, dot, int8, packed, q4, wide};

/// So many rows expand weights in registers, more of them expand a panel once.
const FEW: usize = 2;
/// Rows that go through all panels before the next ones do, so that x stays in the second cache.
pub(super) const BLOCK: usize = 256;

/// How x and W are multiplied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arithmetic {
    /// f32.
    F32,
    /// x rounded to bf16, as the weights are; sums in f32, two products a step.
    Bf16,
}

/// y [rows, out] = x [rows, input] · Wᵀ.
///
/// # Panics
/// When the sizes do not fit.
pub(crate) fn multiply(isa: Isa, arithmetic: Arithmetic, x: &[f32], weight: &Panels, start: Start, y: &mut [f32]) {
    let (input, out) = (weight.input(), weight.out());
    let rows = x.len() / input;
    assert!(x.len() == rows * input && y.len() == rows * out, "{} and {} for {out} × {input}", x.len(), y.len());
    if rows == 0 {
        return;
    }
    let is_dot = weight.format() == Format::Bf16 && arithmetic == Arithmetic::Bf16 && isa.has_bf16();
    if weight.format() == Format::Int8 {
        return int8::multiply(isa, x, weight, start, y);
    }
    if weight.format() == Format::Q4 && rows <= FEW {
        return q4::multiply_few(isa, x, weight, start, y);
    }
    if isa.is_wide() && rows > wide::few(weight.format()) && !is_dot {
        return wide::multiply(isa, arithmetic, (x, weight), start, y);
    }
    let few = if matches!(isa, Isa::Avx512 { .. }) { wide::few(Format::Bf16) } else { FEW };
    let pairs;
    let mut steps = weight.steps();
    let (x, kind): (&[u32], _) = match (weight.format(), arithmetic) {
        (Format::Bf16, Arithmetic::Bf16) if is_dot => {
            pairs = rounded_pairs(x, input);
            (&pairs, Kind::Dot)
        }
        (Format::Bf16, Arithmetic::Bf16) => {
            pairs = packed::swapped(x, input);
            if rows > few {
                steps = input.next_multiple_of(2);
            }
            (&pairs, if rows > few { Kind::Swapped } else { Kind::Emulated })
        }
        (Format::Bf16, Arithmetic::F32) if input % 2 == 1 => {
            pairs = padded(x, input, 2);
            (&pairs, Kind::Widened)
        }
        (Format::Q4, _) => {
            steps = input;
            (bytemuck::cast_slice(x), Kind::Expanded)
        }
        (Format::Bf16, Arithmetic::F32) => (bytemuck::cast_slice(x), Kind::Widened),
        (Format::F16, _) => (bytemuck::cast_slice(x), Kind::Half),
        (Format::F32 | Format::Int8, _) => (bytemuck::cast_slice(x), Kind::F32),
    };
    let mut below = Strip::new(y, out);
    let mut tasks = Vec::new();
    let width = x.len() / rows;
    for x in x.chunks(BLOCK * width) {
        let mut left = below.cut_rows(BLOCK);
        tasks.extend((0..out.div_ceil(PANEL)).map(|panel| (x, panel, left.cut(PANEL))));
    }
    each(tasks, work(rows * out * input, weight.bytes()), |(x, panel, strip)| {
        let task = Task { x, panel: weight.panel(panel), steps, start };
        match kind {
            Kind::F32 => strip_f32(isa, task, strip),
            Kind::Half => strip_half(isa, task, strip),
            Kind::Widened => strip_widened(isa, task, strip),
            Kind::Dot => dot::strip_dot(isa, task, strip),
            Kind::Emulated => dot::strip_emulated(isa, task, strip),
            Kind::Swapped => dot::strip_expanded(isa, task, strip),
            Kind::Expanded => q4::strip_many(isa, task, strip),
        }
    });
}

enum Kind {
    F32,
    Half,
    Widened,
    Dot,
    Emulated,
    Swapped,
    Expanded,
}

/// x rounded to bf16, in pairs; an odd last number beside a zero.
fn rounded_pairs(x: &[f32], input: usize) -> Vec<u32> {
    let round = |x: f32| u32::from(bf16::from_f32(x).to_bits());
    let mut pairs = vec![0; x.len() / input * input.div_ceil(2)];
    pairs.par_chunks_exact_mut(input.div_ceil(2)).zip(x.par_chunks_exact(input)).with_min_len(8).for_each(
        |(to, row)| {
            for (to, values) in to.iter_mut().zip(row.chunks(2)) {
                *to = round(values[0]) | values.get(1).map_or(0, |&second| round(second) << 16);
            }
        },
    );
    pairs
}

/// x with rows made whole multiples of `of` by zeros.
pub(super) fn padded(x: &[f32], input: usize, of: usize) -> Vec<u32> {
    let zeros = input.next_multiple_of(of) - input;
    let row = |row: &'_ [f32]| row.iter().map(|x| x.to_bits()).chain(std::iter::repeat_n(0, zeros)).collect::<Vec<_>>();
    x.chunks_exact(input).flat_map(row).collect()
}

struct ByHalf;
struct ByWidened;

impl<V: Vector> Step<V> for ByHalf {
    const WORDS: usize = 1;
    const COLUMN_WORDS: usize = LANES / 2;
    type Columns = V;

    #[inline(always)]
    unsafe fn columns(words: *const u32) -> V {
        // SAFETY: the caller's: sixteen halves
        V::widen_half(unsafe { &*words.cast() })
    }

    #[inline(always)]
    unsafe fn step(sum: V, x: *const u32, columns: V) -> V {
        // SAFETY: the caller's
        unsafe { <ByF32 as Step<V>>::step(sum, x, columns) }
    }
}

impl<V: Vector> Step<V> for ByWidened {
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
        let [first, second] = unsafe { *x.cast::<[f32; 2]>() };
        V::splat(second).fma(columns[1], V::splat(first).fma(columns[0], sum))
    }
}

#[inline(always)]
fn strip_by_f32<V: Vector>(task: Task<'_>, y: Strip<'_>) {
    strip::<V, ByF32>(task, y);
}

#[inline(always)]
fn strip_by_half<V: Vector>(task: Task<'_>, y: Strip<'_>) {
    strip::<V, ByHalf>(task, y);
}

#[inline(always)]
fn strip_by_widened<V: Vector>(task: Task<'_>, y: Strip<'_>) {
    strip::<V, ByWidened>(task, y);
}

on_isa! {
    /// One panel's columns, f32 weights.
    fn strip_f32(task: Task<'_>, y: Strip<'_>) = strip_by_f32
}

on_isa! {
    /// One panel's columns, f16 weights, f32 arithmetic.
    fn strip_half(task: Task<'_>, y: Strip<'_>) = strip_by_half
}

on_isa! {
    /// One panel's columns, bf16 weights, f32 arithmetic.
    fn strip_widened(task: Task<'_>, y: Strip<'_>) = strip_by_widened
}

#[cfg(test)]
mod tests {
    use half::{bf16, f16};
    use proptest::prelude::*;

    use super::*;

    fn numbers(len: usize, seed: u32) -> Vec<f32> {
        let mut at = seed.wrapping_mul(747_796_405).wrapping_add(1);
        let mut next = || {
            at = at.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (at >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        (0..len).map(|_| next()).collect()
    }

    /// x·Wᵀ in f64, after rounding each to what it is stored as.
    fn reference(x: &[f32], w: &[f32], input: usize, stored: [Format; 2]) -> Vec<f64> {
        let value = |x: f32, stored: Format| match stored {
            Format::F32 => f64::from(x),
            Format::Bf16 => bf16::from_f32(x).to_f64(),
            Format::F16 => f16::from_f32(x).to_f64(),
            Format::Int8 | Format::Q4 => unreachable!("they have tests of their own"),
        };
        let dot =
            |x: &[f32], w: &[f32]| x.iter().zip(w).map(|(&x, &w)| value(x, stored[0]) * value(w, stored[1])).sum();
        x.chunks_exact(input).flat_map(|x| w.chunks_exact(input).map(move |w| dot(x, w))).collect()
    }

    proptest! {
        #[test]
        fn products_are_right_and_a_row_is_the_same_alone(
            rows in 1usize..40, out in 1usize..80, input in 1usize..700, first in 0usize..40, onto in any::<bool>(), seed: u32,
        ) {
            let (x, w, before) = (numbers(rows * input, seed), numbers(out * input, !seed), numbers(rows * out, seed ^ 5));
            let start = if onto { Start::Onto } else { Start::Zero };
            let kinds = [
                (Format::F32, Arithmetic::F32),
                (Format::F16, Arithmetic::F32),
                (Format::Bf16, Arithmetic::F32),
                (Format::Bf16, Arithmetic::Bf16),
            ];
            for (format, arithmetic) in kinds {
                let weight = Panels::of(&w, out, input, format);
                let of_x = if arithmetic == Arithmetic::Bf16 { Format::Bf16 } else { Format::F32 };
                let products = reference(&x, &w, input, [of_x, format]);
                let mut fused: Option<Vec<u32>> = None; // the bits on every instruction set that rounds a multiply-add once
                for isa in Isa::paths() {
                    let run = |x: &[f32], before: &[f32]| {
                        let mut y = before.to_vec();
                        multiply(isa, arithmetic, x, &weight, start, &mut y);
                        y
                    };
                    let y = run(&x, &before);
                    for ((y, product), before) in y.iter().zip(&products).zip(&before) {
                        let expected = product + if onto { f64::from(*before) } else { 0.0 };
                        // a chain of n roundings of sums no larger than √n or so
                        prop_assert!((f64::from(*y) - expected).abs() <= 1e-6 * input as f64, "{isa:?} {format:?}: {y} {expected}");
                    }
                    let first = first % rows;
                    let rest = run(&x[first * input..], &before[first * out..]);
                    prop_assert_eq!(&rest[..], &y[first * out..]);
                    prop_assert_eq!(&run(&x[..input], &before[..out])[..], &y[..out]);
                    // AMX adds up products of bf16 in an order of its own
                    if isa != Isa::Portable && (isa.name() != "amx" || arithmetic == Arithmetic::F32) {
                        let bits: Vec<u32> = y.iter().map(|y| y.to_bits()).collect();
                        prop_assert_eq!(fused.get_or_insert_with(|| bits.clone()), &bits, "{:?} {:?}", isa, format);
                    }
                }
            }
        }
    }

    #[test]
    fn neither_blocks_of_rows_nor_tiles_show() {
        let (rows, out, input) = (2 * BLOCK + 11, 3 * PANEL + 14, 301);
        let (x, w) = (numbers(rows * input, 1), numbers(out * input, 2));
        for format in [Format::F32, Format::Bf16, Format::F16, Format::Q4] {
            let weight = Panels::of(&w, out, input, format);
            for arithmetic in [Arithmetic::F32, Arithmetic::Bf16] {
                let mut seen: Option<Vec<f32>> = None;
                for isa in Isa::paths().into_iter().filter(|&isa| isa != Isa::Portable && isa.name() != "amx") {
                    let run = |x: &[f32]| {
                        let mut y = vec![0.0; x.len() / input * out];
                        multiply(isa, arithmetic, x, &weight, Start::Zero, &mut y);
                        y
                    };
                    let y = run(&x);
                    for row in [0, 7, BLOCK - 1, BLOCK, rows - 1] {
                        assert_eq!(run(&x[row * input..][..input]), y[row * out..][..out], "{isa:?} {format:?} {row}");
                    }
                    assert_eq!(seen.get_or_insert_with(|| y.clone()), &y, "{isa:?} {format:?} {arithmetic:?}");
                }
            }
        }
    }

    #[test]
    fn weights_of_half_the_width_give_what_the_same_in_f32_give() {
        let (rows, out, input) = (23, 96, 515);
        let x = numbers(rows * input, 1);
        // the smallest are denormal in f16
        let w = numbers(out * input, 2).into_iter().enumerate().map(|(i, w)| if i % 9 == 0 { w * 1e-5 } else { w });
        let w: Vec<f32> = w.collect();
        for isa in Isa::paths() {
            let run = |w: &[f32], format| {
                let mut y = vec![0.0; rows * out];
                multiply(isa, Arithmetic::F32, &x, &Panels::of(w, out, input, format), Start::Zero, &mut y);
                y
            };
            let bf16s: Vec<f32> = w.iter().map(|&w| bf16::from_f32(w).to_f32()).collect();
            assert_eq!(run(&bf16s, Format::F32), run(&bf16s, Format::Bf16), "{isa:?}");
            let f16s: Vec<f32> = w.iter().map(|&w| f16::from_f32(w).to_f32()).collect();
            assert_eq!(run(&f16s, Format::F32), run(&f16s, Format::F16), "{isa:?}");
        }
    }

    #[test]
    fn threads_do_not_show() {
        let (rows, out, input) = (130, 200, 300);
        let (x, weight) = (numbers(rows * input, 1), Panels::of(&numbers(out * input, 2), out, input, Format::F32));
        let run = || {
            let mut y = vec![0.0; rows * out];
            multiply(Isa::current(), Arithmetic::F32, &x, &weight, Start::Zero, &mut y);
            y
        };
        assert_eq!(run(), crate::kernels::alone(run));
    }
}
