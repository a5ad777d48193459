//! Products with packed weights, y = x·Wᵀ (+ b).
//!
//! Every element of y is one chain of fused multiply-adds over its inputs in ascending order, from 0 (or from what y held). Blocks, tiles
//! and threads only choose which elements are computed next to each other, so one row and a thousand give the same bits. Weights
//! stored as bf16 or f16 are widened in registers, which is exact: the chain is that of the same weights stored as f32.
#![expect(unsafe_code, reason = "a tile reads and writes through pointers whose bounds the strip around it checks")]

use half::bf16;
use rayon::prelude::*;

use super::Isa;
use super::panels::{Format, PANEL, Panels};
use super::strip::Strip;
use super::threads::each;
use super::vector::{LANES, Vector, on_isa};

/// What the elements of y begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// 0.
    Zero,
    /// What y holds.
    Onto,
}

/// How x and W are multiplied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arithmetic {
    /// f32.
    F32,
    /// x rounded to bf16, as the weights are; sums in f32, two products a step.
    Bf16,
}

/// Steps that a tile goes at a time: so much of a panel stays in the first cache while the rows pass by.
const STEPS: usize = 256;
/// Most rows of a tile on any instruction set.
const MOST_ROWS: usize = 10;

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
    let pairs;
    let (x, kind): (&[u32], _) = match (weight.format(), arithmetic) {
        (Format::Bf16, Arithmetic::Bf16) => {
            pairs = rounded_pairs(x, input);
            (&pairs, Kind::Dot)
        }
        (Format::Bf16, Arithmetic::F32) if input % 2 == 1 => {
            pairs = padded(x, input);
            (&pairs, Kind::Widened)
        }
        (Format::Bf16, Arithmetic::F32) => (bytemuck::cast_slice(x), Kind::Widened),
        (Format::F16, _) => (bytemuck::cast_slice(x), Kind::Half),
        (Format::F32, _) => (bytemuck::cast_slice(x), Kind::F32),
    };
    let mut left = Strip::new(y, out);
    let strips = (0..out.div_ceil(PANEL)).map(|panel| (panel, left.cut(PANEL)));
    each(strips, rows * out * input, |(panel, strip)| {
        let task = Task { x, panel: weight.panel(panel), steps: weight.steps(), start };
        match kind {
            Kind::F32 => strip_f32(isa, task, strip),
            Kind::Half => strip_half(isa, task, strip),
            Kind::Widened => strip_widened(isa, task, strip),
            Kind::Dot => super::dot::strip_dot(isa, task, strip),
        }
    });
}

enum Kind {
    F32,
    Half,
    Widened,
    Dot,
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

/// x with rows of odd length made even by a zero.
fn padded(x: &[f32], input: usize) -> Vec<u32> {
    x.chunks_exact(input).flat_map(|row| row.iter().map(|x| x.to_bits()).chain([0])).collect()
}

/// One panel's share of a product.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Task<'a> {
    /// Rows of x, as words: f32, or pairs of bf16.
    pub(super) x: &'a [u32],
    pub(super) panel: &'a [u32],
    pub(super) steps: usize,
    pub(super) start: Start,
}

/// How one step of a chain is done.
pub(super) trait Step<V: Vector> {
    /// Words of x that a step takes.
    const WORDS: usize;
    /// Words of a panel that sixteen columns of a step take.
    const COLUMN_WORDS: usize = LANES;
    /// Sixteen columns of a step.
    type Columns: Copy;

    /// # Safety
    /// `words` points at [`Step::COLUMN_WORDS`] words.
    unsafe fn columns(words: *const u32) -> Self::Columns;

    /// # Safety
    /// `x` points at [`Step::WORDS`] words.
    unsafe fn step(sum: V, x: *const u32, columns: Self::Columns) -> V;
}

pub(super) struct ByF32;
struct ByHalf;
struct ByWidened;

impl<V: Vector> Step<V> for ByF32 {
    const WORDS: usize = 1;
    type Columns = V;

    #[inline(always)]
    unsafe fn columns(words: *const u32) -> V {
        // SAFETY: the caller's
        V::load(unsafe { &*words.cast() })
    }

    #[inline(always)]
    unsafe fn step(sum: V, x: *const u32, columns: V) -> V {
        // SAFETY: the caller's
        V::splat(unsafe { *x.cast::<f32>() }).fma(columns, sum)
    }
}

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

/// `R` rows × `C` vectors of columns over `steps` steps.
///
/// # Safety
/// `x` has `R` rows `stride` words apart, each of `steps` steps; `panel` has twice [`Step::COLUMN_WORDS`] a step; `y` has `R` rows `y_stride` apart.
#[inline(always)]
unsafe fn tile<V: Vector, S: Step<V>, const R: usize, const C: usize>(
    (x, stride): (*const u32, usize),
    (panel, steps): (*const u32, usize),
    (y, y_stride): (*mut f32, usize),
    start: Start,
) {
    let mut sums = [[V::zero(); C]; R];
    // SAFETY: every pointer stays within what the caller vouches for
    unsafe {
        if start == Start::Onto {
            for (row, sums) in sums.iter_mut().enumerate() {
                for (vector, sum) in sums.iter_mut().enumerate() {
                    *sum = V::load(&*y.add(row * y_stride + vector * LANES).cast());
                }
            }
        }
        for step in 0..steps {
            let panel = panel.add(step * 2 * S::COLUMN_WORDS);
            let mut columns = [S::columns(panel); C];
            for (vector, columns) in columns.iter_mut().enumerate().skip(1) {
                *columns = S::columns(panel.add(vector * S::COLUMN_WORDS));
            }
            for (row, sums) in sums.iter_mut().enumerate() {
                let x = x.add(row * stride + step * S::WORDS);
                for (sum, &columns) in sums.iter_mut().zip(&columns) {
                    *sum = S::step(*sum, x, columns);
                }
            }
        }
        for (row, sums) in sums.into_iter().enumerate() {
            for (vector, sum) in sums.into_iter().enumerate() {
                sum.store(&mut *y.add(row * y_stride + vector * LANES).cast());
            }
        }
    }
}

/// A tile of `rows` rows and all columns of a panel: one call where two vectors of sums a row fit the registers, else two.
///
/// # Safety
/// As [`tile`].
#[inline(always)]
unsafe fn rows_of_tile<V: Vector, S: Step<V>>(
    rows: usize,
    x: (*const u32, usize),
    (panel, steps): (*const u32, usize),
    (y, y_stride): (*mut f32, usize),
    start: Start,
) {
    macro_rules! of {
        ($($rows:literal)*) => {
            match rows {
                $(
                    // SAFETY: the caller's
                    $rows if V::TILE_VECTORS == 2 => unsafe {
                        tile::<V, S, $rows, 2>(x, (panel, steps), (y, y_stride), start);
                    },
                    // SAFETY: the caller's; the second half lies 16 columns on
                    $rows => unsafe {
                        tile::<V, S, $rows, 1>(x, (panel, steps), (y, y_stride), start);
                        tile::<V, S, $rows, 1>(x, (panel.add(S::COLUMN_WORDS), steps), (y.add(LANES), y_stride), start);
                    },
                )*
                _ => unreachable!("no tile has {rows} rows"),
            }
        };
    }
    of!(1 2 3 4 5 6 7 8 9 10);
}

/// All rows of one strip.
#[inline(always)]
pub(super) fn strip<V: Vector, S: Step<V>>(task: Task<'_>, mut y: Strip<'_>) {
    let Task { x, panel, steps, start } = task;
    let (rows, stride, columns) = (y.rows(), steps * S::WORDS, y.columns());
    let step_words = 2 * S::COLUMN_WORDS;
    assert!(
        x.len() == rows * stride && panel.len() == steps * step_words && columns <= PANEL,
        "a strip that does not fit"
    );
    // one tile of rows reads a panel once, so there is nothing to keep near
    let block = if rows <= V::TILE_ROWS { steps } else { STEPS };
    let mut from = 0;
    while from < steps {
        let here = block.min(steps - from);
        let start = if from > 0 { Start::Onto } else { start };
        let mut row = 0;
        while row < rows {
            let height = V::TILE_ROWS.min(rows - row);
            // SAFETY: rows `row..row + height` and steps `from..from + here` lie within x, panel and y by the assertion above; a
            // strip narrower than a panel goes through a tile of its own
            unsafe {
                let x = (x.as_ptr().add(row * stride + from * S::WORDS), stride);
                let panel = (panel.as_ptr().add(from * step_words), here);
                if columns == PANEL {
                    rows_of_tile::<V, S>(height, x, panel, (y.pointer(row), y.stride()), start);
                } else {
                    let mut whole = [0f32; MOST_ROWS * PANEL];
                    if start == Start::Onto {
                        for (i, whole) in whole.chunks_exact_mut(PANEL).enumerate().take(height) {
                            whole[..columns].copy_from_slice(y.row(row + i));
                        }
                    }
                    rows_of_tile::<V, S>(height, x, panel, (whole.as_mut_ptr(), PANEL), start);
                    for (i, whole) in whole.chunks_exact(PANEL).enumerate().take(height) {
                        y.row(row + i).copy_from_slice(&whole[..columns]);
                    }
                }
            }
            row += height;
        }
        from += here;
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
            for isa in Isa::available() {
                for (format, arithmetic) in kinds {
                    let weight = Panels::of(&w, out, input, format);
                    let run = |x: &[f32], before: &[f32]| {
                        let mut y = before.to_vec();
                        multiply(isa, arithmetic, x, &weight, start, &mut y);
                        y
                    };
                    let y = run(&x, &before);
                    let of_x = if arithmetic == Arithmetic::Bf16 { Format::Bf16 } else { Format::F32 };
                    let stored = [of_x, format];
                    for ((y, product), before) in y.iter().zip(reference(&x, &w, input, stored)).zip(&before) {
                        let expected = product + if onto { f64::from(*before) } else { 0.0 };
                        // a chain of n roundings of sums no larger than √n or so
                        prop_assert!((f64::from(*y) - expected).abs() <= 1e-6 * input as f64, "{isa:?} {format:?}: {y} {expected}");
                    }
                    let first = first % rows;
                    let rest = run(&x[first * input..], &before[first * out..]);
                    prop_assert_eq!(&rest[..], &y[first * out..]);
                    prop_assert_eq!(&run(&x[..input], &before[..out])[..], &y[..out]);
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
        for isa in Isa::available() {
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
