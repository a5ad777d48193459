//! Products of eight bits: weights by output row, activations by token, both symmetric.
//!
//! Four products are added at a time to a sum of 32 bits, which is exact whatever the order: the same bits on every instruction set. Sums become f32 once, at the
//! end: `(sum · scale of the output) · scale of the token`.

use rayon::prelude::*;

use super::Isa;
use super::panels::{PANEL, Panels, Stored};
use super::strip::Strip;
use super::threads::{each, work};
use super::tile::Start;
use super::vector::{Vector, on_isa};
use super::vnni::{self, Quads};

/// The largest whole number either way.
const LARGEST: f32 = 127.0;
/// Words of a panel before its numbers: a scale and a sum for each output.
const HEAD: usize = 2 * PANEL;
/// Inputs that a word holds.
const QUAD: usize = 4;
/// Beyond so many inputs a sum could leave 32 bits.
pub(crate) const MOST_INPUTS: usize = 1 << 17;
/// Below, a row counts as zeros: its scale's inverse would be no number.
const LEAST: f32 = 1e-30;

/// Words of a panel.
pub(super) fn panel_words(input: usize) -> usize {
    HEAD + PANEL * steps(input)
}

/// Steps of a product, four inputs each.
pub(super) fn steps(input: usize) -> usize {
    input.div_ceil(QUAD)
}

/// The scale of numbers, and what they are multiplied by to become whole.
fn scale(largest: f32) -> (f32, f32) {
    if largest < LEAST { (0.0, 0.0) } else { (largest / LARGEST, LARGEST / largest) }
}

/// The nearest whole number, ties to even, of one that is no larger than 2²².
#[inline(always)]
fn whole(x: f32) -> i32 {
    const SHIFT: f32 = 12_582_912.0; // 1.5 · 2²³: the lowest bits of a sum with it count ones
    (x + SHIFT).to_bits() as i32 - SHIFT.to_bits() as i32
}

/// Packs rows `input` long into `panel`, as its columns from `first` on.
pub(super) fn pack<S: Stored>(rows: &[S], input: usize, panel: &mut [u32], first: usize) {
    for (column, row) in (first..).zip(rows.chunks_exact(input)) {
        let largest = row.iter().fold(0.0, |most: f32, x| most.max(x.to_f32().abs()));
        let (size, inverse) = scale(largest);
        let (head, words) = panel.split_at_mut(HEAD);
        let mut sum = 0;
        for (step, values) in words.chunks_exact_mut(PANEL).zip(row.chunks(QUAD)) {
            let mut quad = [0; QUAD];
            for (to, x) in quad.iter_mut().zip(values) {
                let number = whole(x.to_f32() * inverse);
                sum += number;
                *to = number as u8;
            }
            step[column] = u32::from_le_bytes(quad);
        }
        (head[column], head[PANEL + column]) = (size.to_bits(), sum as u32);
    }
}

/// Output `column` of a panel, as numbers.
pub(super) fn row(panel: &[u32], column: usize, to: &mut [f32]) {
    let size = f32::from_bits(panel[column]);
    for (to, words) in to.chunks_mut(QUAD).zip(panel[HEAD..].chunks_exact(PANEL)) {
        let quad = words[column].to_le_bytes().map(|byte| f32::from(byte as i8) * size);
        to.copy_from_slice(&quad[..to.len()]);
    }
}

/// Tokens as whole numbers, in the words that steps take, and the scale of each.
struct Tokens {
    words: Vec<u32>,
    scales: Vec<f32>,
}

impl Tokens {
    fn of(isa: Isa, x: &[f32], input: usize, quads: Quads) -> Self {
        let width = steps(input) * quads.words();
        let mut tokens = Self { words: vec![0; x.len() / input * width], scales: vec![0.0; x.len() / input] };
        let rows = tokens.words.par_chunks_exact_mut(width).zip(&mut tokens.scales).zip(x.par_chunks_exact(input));
        rows.with_min_len(8).for_each(|((to, scale), row)| round(isa, row, quads, to, scale));
        tokens
    }
}

#[inline(always)]
fn round_body<V: Vector>(x: &[f32], quads: Quads, to: &mut [u32], size: &mut f32) {
    // of the bits of finite numbers the order is that of their sizes; NaN and ∞ are larger than all
    let largest = x.iter().fold(0, |most, x| most.max((x.to_bits() & 0x7fff_ffff) as i32));
    let largest = f32::from_bits(largest as u32);
    if !largest.is_finite() {
        *size = f32::NAN; // as it would be in f32
        return;
    }
    let inverse;
    (*size, inverse) = scale(largest);
    match quads {
        Quads::Unsigned => {
            let (whole_words, rest) = x.as_chunks::<QUAD>();
            let word = |x: &[f32; QUAD]| x.map(|x| (whole(x * inverse) + 128) as u32);
            for (to, x) in to.iter_mut().zip(whole_words) {
                let [a, b, c, d] = word(x);
                *to = a | b << 8 | c << 16 | d << 24;
            }
            if let (Some(to), false) = (to.last_mut(), rest.is_empty()) {
                let mut last = [0.0; QUAD];
                last[..rest.len()].copy_from_slice(rest);
                let [a, b, c, d] = word(&last);
                *to = a | b << 8 | c << 16 | d << 24;
            }
        }
        Quads::Pairs => {
            for (to, x) in to.chunks_exact_mut(2).zip(x.chunks(QUAD)) {
                let at = |i: usize| x.get(i).map_or(0, |x| whole(x * inverse)) as u32 & 0xffff;
                (to[0], to[1]) = (at(0) | at(2) << 16, at(1) | at(3) << 16);
            }
        }
    }
}

on_isa! {
    /// One token rounded to whole numbers.
    fn round(x: &[f32], quads: Quads, to: &mut [u32], size: &mut f32) = round_body
}

/// y [rows, out] = x [rows, input] · Wᵀ, or that added to y.
pub(super) fn multiply(isa: Isa, x: &[f32], weight: &Panels, start: Start, y: &mut [f32]) {
    let (input, out) = (weight.input(), weight.out());
    let rows = x.len() / input;
    let quads = Quads::of(isa);
    let tokens = Tokens::of(isa, x, input, quads);
    let mut left = Strip::new(y, out);
    let strips = (0..out.div_ceil(PANEL)).map(|panel| (panel, left.cut(PANEL)));
    each(strips, work(rows * out * input, weight.bytes()), |(panel, mut strip)| {
        let (head, words) = weight.panel(panel).split_at(HEAD);
        let mut sums = vec![0.0; rows * PANEL];
        vnni::sums(isa, &tokens.words, words, steps(input), &mut sums);
        for (row, (sums, scale)) in sums.chunks_exact(PANEL).zip(&tokens.scales).enumerate() {
            finish(isa, sums, (head, quads.offset()), (*scale, start), strip.row(row));
        }
    });
}

#[inline(always)]
fn finish_body<V: Vector>(sums: &[f32], (head, offset): (&[u32], i32), (scale, start): (f32, Start), y: &mut [f32]) {
    let (sizes, of_weights) = head.split_at(PANEL);
    for (((y, sum), size), of_weight) in y.iter_mut().zip(sums).zip(sizes).zip(of_weights) {
        let sum = (sum.to_bits() as i32).wrapping_sub(offset.wrapping_mul(*of_weight as i32));
        let product = sum as f32 * f32::from_bits(*size) * scale;
        *y = if start == Start::Onto { *y + product } else { product };
    }
}

on_isa! {
    /// The numbers that one token's sums stand for.
    fn finish(sums: &[f32], head: (&[u32], i32), scale: (f32, Start), y: &mut [f32]) = finish_body
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::kernels::{Arithmetic, Format};

    /// The definition, one product at a time.
    fn plain(x: &[f32], w: &[f32], input: usize) -> Vec<f32> {
        let rounded = |row: &[f32]| {
            let largest = row.iter().fold(0.0, |most: f32, x| most.max(x.abs()));
            let inverse = if largest > 0.0 { 127.0 / largest } else { 0.0 };
            (row.iter().map(|x| (x * inverse).round_ties_even() as i64).collect::<Vec<_>>(), largest / 127.0)
        };
        let weights: Vec<_> = w.chunks_exact(input).map(rounded).collect();
        let of = |x: &[f32]| {
            let (x, scale) = rounded(x);
            let dot = |w: &[i64]| x.iter().zip(w).map(|(x, w)| x * w).sum::<i64>();
            weights.iter().map(|(w, size)| dot(w) as f32 * size * scale).collect::<Vec<_>>()
        };
        x.chunks_exact(input).flat_map(of).collect()
    }

    proptest! {
        #[test]
        fn every_instruction_set_gives_what_the_definition_gives(
            rows in 1usize..30, out in 1usize..80, input in 1usize..300, seed in 1u32..,
        ) {
            let mut at = seed;
            let mut numbers = |count: usize| -> Vec<f32> {
                (0..count).map(|_| { at = at.wrapping_mul(1_664_525).wrapping_add(1_013_904_223); (at >> 8) as f32 / (1 << 23) as f32 - 1.0 }).collect()
            };
            let (x, w, before) = (numbers(rows * input), numbers(out * input), numbers(rows * out));
            let expected = plain(&x, &w, input);
            let weight = Panels::of(&w, out, input, Format::Int8);
            for isa in Isa::available() {
                let run = |x: &[f32], start, before: &[f32]| {
                    let mut y = before.to_vec();
                    crate::kernels::multiply(isa, Arithmetic::F32, x, &weight, start, &mut y);
                    y
                };
                prop_assert_eq!(&run(&x, Start::Zero, &before), &expected, "{:?}", isa);
                prop_assert_eq!(&run(&x[..input], Start::Zero, &before[..out])[..], &expected[..out]);
                let onto: Vec<f32> = before.iter().zip(&expected).map(|(y, product)| y + product).collect();
                prop_assert_eq!(&run(&x, Start::Onto, &before), &onto);
            }
        }
    }

    #[test]
    fn the_largest_sums_stay_exact_and_what_is_no_number_stays_none() {
        let input = MOST_INPUTS;
        let weight = Panels::of(&vec![-3.0_f32; input], 1, input, Format::Int8);
        for isa in Isa::available() {
            let mut y = [0.0];
            multiply(isa, &vec![2.0; input], &weight, Start::Zero, &mut y);
            let exact = (-127_i32 * 127 * input as i32) as f32 * (3.0 / 127.0) * (2.0 / 127.0);
            assert_eq!(y[0].to_bits(), exact.to_bits(), "{isa:?}");
            let mut x = vec![0.0; input];
            multiply(isa, &x, &weight, Start::Zero, &mut y);
            assert!(y[0].abs() < f32::MIN_POSITIVE, "{isa:?}: {}", y[0]);
            for odd in [f32::NAN, f32::INFINITY] {
                x[7] = odd;
                multiply(isa, &x, &weight, Start::Zero, &mut y);
                assert!(y[0].is_nan(), "{isa:?}");
            }
        }
    }
}
