//! Products with packed weights, y = x·Wᵀ (+ b).
//!
//! Every element of y is one chain of fused multiply-adds over its inputs in ascending order, from 0 (or from what y held). Blocks, tiles
//! and threads only choose which elements are computed next to each other, so one row and a thousand give the same bits. Weights
//! stored as bf16 are widened in registers, which is exact: the chain is that of the same weights stored as f32.
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
        (Format::F32, _) => (bytemuck::cast_slice(x), Kind::F32),
    };
    let mut left = Strip::new(y, out);
    let strips = (0..out.div_ceil(PANEL)).map(|panel| (panel, left.cut(PANEL)));
    each(strips, rows * out * input, |(panel, strip)| {
        let task = Task { x, panel: weight.panel(panel), steps: weight.steps(), start };
        match kind {
            Kind::F32 => strip_f32(isa, task, strip),
            Kind::Widened => strip_widened(isa, task, strip),
            Kind::Dot => super::dot::strip_dot(isa, task, strip),
        }
    });
}

enum Kind {
    F32,
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
    /// Sixteen columns of a step.
    type Columns: Copy;

    fn columns(words: &[u32; LANES]) -> Self::Columns;

    /// # Safety
    /// `x` points at [`Step::WORDS`] words.
    unsafe fn step(sum: V, x: *const u32, columns: Self::Columns) -> V;
}

pub(super) struct ByF32;
struct ByWidened;

impl<V: Vector> Step<V> for ByF32 {
    const WORDS: usize = 1;
    type Columns = V;

    #[inline(always)]
    fn columns(words: &[u32; LANES]) -> V {
        V::load(bytemuck::cast_ref(words))
    }

    #[inline(always)]
    unsafe fn step(sum: V, x: *const u32, columns: V) -> V {
        // SAFETY: the caller's
        V::splat(unsafe { *x.cast::<f32>() }).fma(columns, sum)
    }
}

impl<V: Vector> Step<V> for ByWidened {
    const WORDS: usize = 2;
    type Columns = [V; 2];

    #[inline(always)]
    fn columns(words: &[u32; LANES]) -> [V; 2] {
        V::widen(words)
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
/// `x` has `R` rows `stride` words apart, each of `steps` steps; `panel` has 32 words a step; `y` has `R` rows `y_stride` apart.
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
            let mut columns = [S::columns(&*panel.add(step * PANEL).cast()); C];
            for (vector, columns) in columns.iter_mut().enumerate().skip(1) {
                *columns = S::columns(&*panel.add(step * PANEL + vector * LANES).cast());
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
                        tile::<V, S, $rows, 1>(x, (panel.add(LANES), steps), (y.add(LANES), y_stride), start);
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
    assert!(x.len() == rows * stride && panel.len() == steps * PANEL && columns <= PANEL, "a strip that does not fit");
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
                let panel = (panel.as_ptr().add(from * PANEL), here);
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
fn strip_by_widened<V: Vector>(task: Task<'_>, y: Strip<'_>) {
    strip::<V, ByWidened>(task, y);
}

on_isa! {
    /// One panel's columns, f32 weights.
    fn strip_f32(task: Task<'_>, y: Strip<'_>) = strip_by_f32
}

on_isa! {
    /// One panel's columns, bf16 weights, f32 arithmetic.
    fn strip_widened(task: Task<'_>, y: Strip<'_>) = strip_by_widened
}
