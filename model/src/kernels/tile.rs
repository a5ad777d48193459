//! The tiles of a product: some rows and a panel's columns, whatever one step of their chains is.
#![expect(unsafe_code, reason = "a tile reads and writes through pointers whose bounds the strip around it checks")]

use super::panels::PANEL;
use super::strip::Strip;
use super::vector::{LANES, Vector, call_for};

/// What the elements of y begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// 0.
    Zero,
    /// What y holds.
    Onto,
}

/// Steps that a tile goes at a time: so much of a panel stays in the first cache while the rows pass by.
const STEPS: usize = 256;
/// So few rows wait for the columns to come from memory.
const FEW: usize = 2;
/// Steps from the one that is multiplied to the one whose columns are called for.
const AHEAD: usize = 32;
/// Most rows of a tile on any instruction set.
const MOST_ROWS: usize = 10;

/// One panel's share of a product.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Task<'a> {
    /// Rows of x, as words: f32, pairs of bf16, or numbers of eight bits.
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
    /// Whether a step is so short that what a loop costs shows beside it.
    const IS_SHORT: bool = false;
    /// Sixteen columns of a step.
    type Columns: Copy;

    /// # Safety
    /// `words` points at [`Step::COLUMN_WORDS`] words.
    unsafe fn columns(words: *const u32) -> Self::Columns;

    /// # Safety
    /// `x` points at [`Step::WORDS`] words.
    unsafe fn step(sum: V, x: *const u32, columns: Self::Columns) -> V;
}

/// One f32 of each.
pub(super) struct ByF32;

impl<V: Vector> Step<V> for ByF32 {
    const WORDS: usize = 1;
    const IS_SHORT: bool = true;
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

/// Where the rows of x of a tile lie: words from one row to the next, and from one step to the next.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rows {
    pub(super) at: *const u32,
    pub(super) row: usize,
    pub(super) step: usize,
}

/// Where the vectors of columns of a tile lie: words from one step to the next, and how many steps.
#[derive(Debug, Clone, Copy)]
pub(super) struct Columns<const C: usize> {
    pub(super) at: [*const u32; C],
    pub(super) step: usize,
    pub(super) steps: usize,
}

/// `R` rows × `C` vectors of columns.
///
/// # Safety
/// `x` has `R` rows and `columns` `C` vectors of [`Step::COLUMN_WORDS`] at each step; `y` has `R` rows `y_stride` apart.
#[inline(always)]
pub(super) unsafe fn tile<V: Vector, S: Step<V>, const R: usize, const C: usize>(
    x: Rows,
    columns: Columns<C>,
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
        let mut step = 0;
        // written out, since a loop of its own would leave the sums in memory; more than twenty of them leave no registers for the
        // columns of four steps, and fewer rows wait for memory instead
        if S::IS_SHORT && R >= 8 && R * C <= 20 {
            while step + 4 <= columns.steps {
                one_step::<V, S, R, C>(x, columns, step, &mut sums);
                one_step::<V, S, R, C>(x, columns, step + 1, &mut sums);
                one_step::<V, S, R, C>(x, columns, step + 2, &mut sums);
                one_step::<V, S, R, C>(x, columns, step + 3, &mut sums);
                step += 4;
            }
        }
        while step < columns.steps {
            if R <= FEW {
                for at in columns.at {
                    call_for(at.wrapping_add((step + AHEAD) * columns.step), S::COLUMN_WORDS);
                }
            }
            one_step::<V, S, R, C>(x, columns, step, &mut sums);
            step += 1;
        }
        for (row, sums) in sums.into_iter().enumerate() {
            for (vector, sum) in sums.into_iter().enumerate() {
                sum.store(&mut *y.add(row * y_stride + vector * LANES).cast());
            }
        }
    }
}

/// # Safety
/// As [`tile`].
#[inline(always)]
unsafe fn one_step<V: Vector, S: Step<V>, const R: usize, const C: usize>(
    x: Rows,
    columns: Columns<C>,
    step: usize,
    sums: &mut [[V; C]; R],
) {
    // SAFETY: the caller's
    unsafe {
        let mut here = [S::columns(columns.at[0].add(step * columns.step)); C];
        for (vector, here) in here.iter_mut().enumerate().skip(1) {
            *here = S::columns(columns.at[vector].add(step * columns.step));
        }
        for (row, sums) in sums.iter_mut().enumerate() {
            let x = x.at.add(row * x.row + step * x.step);
            for (sum, &here) in sums.iter_mut().zip(&here) {
                *sum = S::step(*sum, x, here);
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
    let (x, step) = (Rows { at: x.0, row: x.1, step: S::WORDS }, 2 * S::COLUMN_WORDS);
    // SAFETY: the caller's: a panel has two vectors of columns at each step
    let second = unsafe { panel.add(S::COLUMN_WORDS) };
    macro_rules! of {
        ($($rows:literal)*) => {
            match rows {
                $(
                    // SAFETY: the caller's
                    $rows if V::TILE_VECTORS == 2 => unsafe {
                        tile::<V, S, $rows, 2>(x, Columns { at: [panel, second], step, steps }, (y, y_stride), start);
                    },
                    // SAFETY: the caller's; the second half lies 16 columns on
                    $rows => unsafe {
                        tile::<V, S, $rows, 1>(x, Columns { at: [panel], step, steps }, (y, y_stride), start);
                        tile::<V, S, $rows, 1>(x, Columns { at: [second], step, steps }, (y.add(LANES), y_stride), start);
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
