//! Products of many rows through tiles of 8 rows × 48 columns, the rows of x packed by tiles: 11 loads for 24 multiply-adds a step, where
//! 10 × 32 takes 12 for 20. Each element is the same chain of multiply-adds as in every other tile.
//!
//! Three panels are six vectors of columns, two tiles wide. Weights that are no f32 are expanded, some hundred steps at a time.
#![expect(unsafe_code, reason = "the entry into code for AVX-512, and tiles that read through pointers")]

use super::gemm::BLOCK;
use super::packed::{self, ROWS, Rounding};
use super::panels::{Format, PANEL, Panels};
use super::strip::Strip;
use super::threads::each;
use super::tile::Start;
use super::{Arithmetic, Isa, scratch};

/// Panels of a strip.
const PANELS: usize = 3;

/// Some rows of x, packed, and the panels of a strip.
#[derive(Debug, Clone, Copy)]
struct Group<'a> {
    x: &'a [f32],
    weight: &'a Panels,
    first: usize,
    rounding: Rounding,
    start: Start,
}

/// So many rows of weights stored so are faster without packing: f32 in one tile of rows, and what is widened in registers at hand.
pub(super) fn few(format: Format) -> usize {
    match format {
        Format::Bf16 | Format::F16 => 128,
        Format::F32 | Format::Q4 | Format::Int8 => ROWS,
    }
}

/// y [rows, out] = x [rows, input] · Wᵀ, or that added to y, by AVX-512.
pub(super) fn multiply(isa: Isa, arithmetic: Arithmetic, (x, weight): (&[f32], &Panels), start: Start, y: &mut [f32]) {
    let (input, out) = (weight.input(), weight.out());
    let rounding = match (weight.format(), arithmetic) {
        (Format::Bf16, Arithmetic::Bf16) => Rounding::Swapped,
        _ => Rounding::None,
    };
    let width = if weight.format() == Format::Bf16 { input.next_multiple_of(2) } else { input };
    let numbers = packed::pack(isa, x, [input, width], rounding);
    let block = block(x.len() / input, out.div_ceil(PANELS * PANEL));
    let mut below = Strip::new(y, out);
    let mut tasks = Vec::new();
    for x in numbers[..(x.len() / input).div_ceil(ROWS) * ROWS * width].chunks(block * width) {
        let mut left = below.cut_rows(block);
        let firsts = (0..out.div_ceil(PANEL)).step_by(PANELS);
        tasks.extend(firsts.map(|first| (Group { x, weight, first, rounding, start }, left.cut(PANELS * PANEL))));
    }
    each(tasks, x.len() * out, |(group, strip)| run(isa, group, strip));
    scratch::give_packed(numbers);
}

/// Rows of a strip: as many as the second cache holds of x, but so few that every thread gets strips.
fn block(rows: usize, groups: usize) -> usize {
    let blocks = (2 * rayon::current_num_threads()).div_ceil(groups).max(rows.div_ceil(BLOCK));
    rows.div_ceil(blocks).next_multiple_of(ROWS)
}

fn run(isa: Isa, group: Group<'_>, y: Strip<'_>) {
    match isa {
        // SAFETY: an `Isa` of AVX-512 is made only where it was found
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 { .. } => unsafe { by_avx512::run(group, y) },
        _ => unreachable!("{isa:?} has no registers for 8 × 48 sums"),
    }
}

#[cfg(target_arch = "x86_64")]
mod by_avx512 {
    use super::{Format, Group, PANEL, PANELS, ROWS, Rounding, Start, Strip, scratch};
    use crate::kernels::tile::{ByF32, Columns, Rows, tile};
    use crate::kernels::vector::{LANES, Vector, Wide};
    use crate::kernels::{dot, q4};

    /// Steps at a time, a multiple of what any format keeps together: the panels' numbers stay in the second cache while the rows pass by.
    const STEPS: usize = 256;
    /// Most vectors of columns of a tile.
    const VECTORS: usize = 3;

    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
    pub(super) fn run(group: Group<'_>, mut y: Strip<'_>) {
        let panels = y.columns().div_ceil(PANEL);
        let height = y.rows();
        let steps = group.x.len() / height.next_multiple_of(ROWS);
        let is_f32 = group.weight.format() == Format::F32;
        let mut numbers = if is_f32 { Vec::new() } else { scratch::take(PANELS * STEPS * PANEL) };
        for from in (0..steps).step_by(STEPS) {
            let here = STEPS.min(steps - from);
            let start = if from > 0 { Start::Onto } else { group.start };
            for (panel, to) in numbers.chunks_exact_mut(STEPS * PANEL).enumerate().take(panels) {
                expand(group, panel, from, &mut to[..here * PANEL]);
            }
            let mut at: [&[f32]; PANELS] = [&[]; PANELS];
            for (panel, at) in at.iter_mut().enumerate().take(panels) {
                *at = if is_f32 {
                    let words = group.weight.panel(group.first + panel);
                    &bytemuck::cast_slice(words)[from * PANEL..(from + here) * PANEL]
                } else {
                    &numbers[panel * STEPS * PANEL..][..here * PANEL]
                };
            }
            for (tile, x) in group.x.chunks_exact(steps * ROWS).enumerate() {
                let rows = ROWS.min(height - tile * ROWS);
                let x = &x[from * ROWS..(from + here) * ROWS];
                if panels == PANELS {
                    tiles::<VECTORS>(x, &at[..panels], (tile * ROWS, rows), start, &mut y);
                } else {
                    tiles::<2>(x, &at[..panels], (tile * ROWS, rows), start, &mut y);
                }
            }
        }
        if !is_f32 {
            scratch::give(numbers);
        }
    }

    /// The numbers of a panel of the group from step `from` on: [steps, 32].
    #[inline(always)]
    fn expand(group: Group<'_>, panel: usize, from: usize, to: &mut [f32]) {
        let words = group.weight.panel(group.first + panel);
        match group.weight.format() {
            Format::Bf16 => dot::expand::<Wide>(&words[from / 2 * PANEL..], group.rounding == Rounding::Swapped, to),
            Format::F16 => halves(&words[from * PANEL / 2..], to),
            Format::Q4 => q4::expand::<Wide>(&words[from / q4::BLOCK * q4::WORDS..], to),
            Format::F32 | Format::Int8 => unreachable!("they are not expanded"),
        }
    }

    #[inline(always)]
    fn halves(words: &[u32], to: &mut [f32]) {
        let halves: &[u16] = bytemuck::cast_slice(words);
        for (halves, to) in halves.as_chunks().0.iter().zip(to.as_chunks_mut().0) {
            Wide::widen_half(halves).store(to);
        }
    }

    /// Rows `first..first + rows` of a strip, `C` vectors of columns at a time: `at` are its panels' numbers, x a tile's.
    #[inline(always)]
    fn tiles<const C: usize>(x: &[f32], at: &[&[f32]], (first, rows): (usize, usize), start: Start, y: &mut Strip<'_>) {
        let steps = x.len() / ROWS;
        for vector in (0..at.len() * PANEL / LANES).step_by(C) {
            let mut columns = Columns { at: [std::ptr::null(); C], step: PANEL, steps };
            for (to, vector) in columns.at.iter_mut().zip(vector..) {
                *to = at[vector * LANES / PANEL][vector * LANES % PANEL..].as_ptr().cast();
            }
            let column = vector * LANES;
            // SAFETY: x holds eight rows of each step and every panel 32 columns of each; what the strip has no columns for goes
            // through a tile of its own
            unsafe {
                if column + C * LANES <= y.columns() {
                    let to = (y.pointer(first).add(column), y.stride());
                    rows_of_tile::<C>(rows, x, columns, to, start);
                } else if column < y.columns() {
                    let mut whole = [0.0; ROWS * VECTORS * LANES];
                    let width = y.columns() - column;
                    if start == Start::Onto {
                        for (row, whole) in whole.chunks_exact_mut(VECTORS * LANES).enumerate().take(rows) {
                            whole[..width].copy_from_slice(&y.row(first + row)[column..]);
                        }
                    }
                    rows_of_tile::<C>(rows, x, columns, (whole.as_mut_ptr(), VECTORS * LANES), start);
                    for (row, whole) in whole.chunks_exact(VECTORS * LANES).enumerate().take(rows) {
                        y.row(first + row)[column..].copy_from_slice(&whole[..width]);
                    }
                }
            }
        }
    }

    /// # Safety
    /// x holds a row of eight at each step, `columns` `C` vectors; `y` has `rows` rows, at most eight.
    #[inline(always)]
    unsafe fn rows_of_tile<const C: usize>(
        rows: usize,
        x: &[f32],
        columns: Columns<C>,
        y: (*mut f32, usize),
        start: Start,
    ) {
        let x = Rows { at: x.as_ptr().cast(), row: 1, step: ROWS };
        macro_rules! of {
            ($($rows:literal)*) => {
                match rows {
                    // SAFETY: the caller's
                    $($rows => unsafe { tile::<Wide, ByF32, $rows, C>(x, columns, y, start) },)*
                    _ => unreachable!("no tile has {rows} rows"),
                }
            };
        }
        of!(1 2 3 4 5 6 7 8);
    }
}
