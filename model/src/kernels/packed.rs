//! Rows of x packed by tiles, [input][8], so that a tile reads them from beginning to end: its rows do not fall on one set of the first cache, and
//! need one pointer.

use super::threads::each;
use super::vector::{Vector, on_isa};
use super::{Isa, scratch};

/// Rows of a tile.
pub(super) const ROWS: usize = 8;
/// Columns that are turned at a time.
const TURNED: usize = 8;
/// Work of a number, in multiply-adds.
const WORK: usize = 4;

/// What is done to numbers on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rounding {
    /// Nothing.
    None,
    /// To bf16, the second of each pair first.
    Swapped,
}

/// x [rows, `input`] as tiles [rows / 8][`width`][8], zeros from `input` on. What the last tile has beyond the rows is of no particular value.
/// The memory is to be given back to [`scratch::give_packed`].
pub(super) fn pack(isa: Isa, x: &[f32], [input, width]: [usize; 2], rounding: Rounding) -> Vec<f32> {
    let len = (x.len() / input).div_ceil(ROWS) * width * ROWS;
    let mut packed = scratch::take_packed(len);
    let tiles = packed[..len].chunks_exact_mut(width * ROWS).zip(x.chunks(ROWS * input));
    each(tiles, x.len() * WORK, |(to, x)| pack_tile(isa, x, input, rounding, to));
    packed
}

#[inline(always)]
fn pack_tile_body<V: Vector>(x: &[f32], input: usize, rounding: Rounding, to: &mut [f32]) {
    let turned = if x.len() == ROWS * input { input / TURNED * TURNED } else { 0 };
    for (at, to) in to.as_chunks_mut::<{ ROWS * TURNED }>().0.iter_mut().enumerate().take(turned / TURNED) {
        let mut block = [[0.0; TURNED]; ROWS];
        for (block, row) in block.iter_mut().zip(x.chunks_exact(input)) {
            block.copy_from_slice(&row[at * TURNED..(at + 1) * TURNED]);
            if rounding == Rounding::Swapped {
                block.iter_mut().for_each(|x| *x = rounded(*x));
            }
        }
        let other = usize::from(rounding == Rounding::Swapped);
        for (column, to) in to.as_chunks_mut::<ROWS>().0.iter_mut().enumerate() {
            for (to, block) in to.iter_mut().zip(&block) {
                *to = block[column ^ other];
            }
        }
    }
    let rest = to.as_chunks_mut::<ROWS>().0;
    for (row, values) in x.chunks_exact(input).enumerate() {
        for column in turned..rest.len() {
            let value = values.get(column).copied().unwrap_or(0.0);
            match rounding {
                Rounding::None => rest[column][row] = value,
                Rounding::Swapped => rest[column ^ 1][row] = rounded(value),
            }
        }
    }
}

on_isa! {
    /// The rows of one tile.
    fn pack_tile(x: &[f32], input: usize, rounding: Rounding, to: &mut [f32]) = pack_tile_body
}

/// The nearest bf16, ties to even: that of the crate `half`, without a branch.
#[inline(always)]
fn rounded(x: f32) -> f32 {
    let bits = x.to_bits();
    let nearest = bits.wrapping_add(0x7fff + (bits >> 16 & 1));
    let quiet = bits | 0x0040_0000;
    f32::from_bits(if bits & 0x7fff_ffff > 0x7f80_0000 { quiet } else { nearest } & 0xffff_0000)
}

/// x [rows, `input`] rounded to bf16, the second of each pair first; an odd last number beside a zero.
pub(super) fn swapped(x: &[f32], input: usize) -> Vec<u32> {
    let width = input.next_multiple_of(2);
    let mut words = vec![0; x.len() / input * width];
    each(words.chunks_mut(ROWS * width).zip(x.chunks(ROWS * input)), x.len() * WORK, |(to, x)| {
        for (to, row) in to.chunks_exact_mut(width).zip(x.chunks_exact(input)) {
            for (column, x) in row.iter().enumerate() {
                to[column ^ 1] = rounded(*x).to_bits();
            }
        }
    });
    words
}

#[cfg(test)]
mod tests {
    use half::bf16;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn rounding_is_that_of_bf16(bits: u32) {
            let x = f32::from_bits(bits);
            prop_assert_eq!(rounded(x).to_bits() >> 16, u32::from(bf16::from_f32(x).to_bits()));
        }

        #[test]
        fn every_number_lies_in_its_place(rows in 1usize..30, input in 1usize..70) {
            let x: Vec<f32> = (0..rows * input).map(|i| i as f32 + 0.3).collect();
            let width = input.next_multiple_of(2);
            let plain = swapped(&x, input);
            for isa in Isa::available() {
                for rounding in [Rounding::None, Rounding::Swapped] {
                    let packed = pack(isa, &x, [input, width], rounding);
                    for row in 0..rows {
                        for column in 0..width {
                            let expected = match rounding {
                                Rounding::Swapped => f32::from_bits(plain[row * width + column]),
                                Rounding::None if column < input => x[row * input + column],
                                Rounding::None => 0.0,
                            };
                            let found = packed[(row / ROWS * width + column) * ROWS + row % ROWS];
                            prop_assert_eq!(found.to_bits(), expected.to_bits());
                        }
                    }
                    scratch::give_packed(packed);
                }
            }
        }
    }
}
