//! Weights of four bits in blocks of 32 inputs, each output's block with a scale of its own: ggml's `Q4_0`, laid out by panels.
//!
//! A number is `(code − 8) · scale`, which f32 holds exactly; a product is that of the same numbers stored as f32, bit for bit. One or two
//! rows expand the codes in registers, more of them expand a panel once.

use half::f16;

use super::gemm::padded;
use super::panels::{PANEL, Panels, Stored};
use super::strip::Strip;
use super::threads::{each, work};
use super::tile::{ByF32, Start, Task, strip};
use super::vector::{LANES, Vector, call_for, on_isa};
use super::{Isa, scratch};

/// Inputs of a block.
pub(super) const BLOCK: usize = 32;
/// Codes in a word, of neighbouring inputs.
const CODES: usize = 8;
/// Words of sixteen outputs' scales.
const SCALES: usize = LANES / 2;
/// Words of sixteen outputs of a block: their scales, then their codes.
const VECTOR: usize = SCALES + BLOCK / CODES * LANES;
/// Words of a block of a panel.
pub(super) const WORDS: usize = PANEL / LANES * VECTOR;

/// Words of a panel.
pub(super) fn panel_words(input: usize) -> usize {
    input.div_ceil(BLOCK) * WORDS
}

/// The scale of a block: one by which all its numbers are codes already, so that a file of four bits is not rounded a second time; else that
/// of ggml's `quantize_row_q4_0`, by which the number furthest from 0 has the code 0.
fn scale_of<S: Stored>(values: &[S]) -> f32 {
    let further = |most: f32, x: &S| if most.abs() < x.to_f32().abs() { x.to_f32() } else { most };
    let furthest = values.iter().fold(0.0, further);
    let is_exact = |scale: &f32| {
        let is_code = |x: &S| {
            let code = x.to_f32() / scale;
            (-8.0..=7.0).contains(&code) && code.fract() == 0.0
        };
        f16::from_f32(*scale).to_f32().to_bits() == scale.to_bits() && values.iter().all(is_code)
    };
    let steps = (-8_i8..=7).filter(|step| *step != 0).map(|step| furthest / f32::from(step));
    steps.clone().find(is_exact).or_else(|| steps.clone().next()).unwrap_or(0.0)
}

/// Packs rows `input` long into `panel`, as its columns from `first` on.
pub(super) fn pack<S: Stored>(rows: &[S], input: usize, panel: &mut [u32], first: usize) {
    for (column, row) in (first..).zip(rows.chunks_exact(input)) {
        let (vector, lane) = (column / LANES * VECTOR, column % LANES);
        for (words, values) in panel.chunks_exact_mut(WORDS).zip(row.chunks(BLOCK)) {
            let scale = scale_of(values);
            let inverse = if scale == 0.0 { 0.0 } else { 1.0 / scale };
            let words = &mut words[vector..vector + VECTOR];
            let (scales, codes) = words.split_at_mut(SCALES);
            bytemuck::cast_slice_mut::<u32, u16>(scales)[lane] = f16::from_f32(scale).to_bits();
            for (group, codes) in codes.chunks_exact_mut(LANES).enumerate() {
                codes[lane] = (0..CODES).fold(0, |word, place| {
                    let value = values.get(group * CODES + place).map_or(0.0, |x| x.to_f32());
                    word | (((value * inverse + 8.5) as u32).min(15)) << (4 * place)
                });
            }
        }
    }
}

/// Output `column` of a panel, as numbers.
pub(super) fn row(panel: &[u32], column: usize, to: &mut [f32]) {
    let (vector, lane) = (column / LANES * VECTOR, column % LANES);
    for (to, words) in to.chunks_mut(BLOCK).zip(panel.chunks_exact(WORDS)) {
        let (scales, codes) = words[vector..vector + VECTOR].split_at(SCALES);
        let scale = f16::from_bits(bytemuck::cast_slice::<u32, u16>(scales)[lane]).to_f32();
        for (input, to) in to.iter_mut().enumerate() {
            let code = codes[input / CODES * LANES + lane] >> (input % CODES * 4) & 15;
            *to = (code as f32 - 8.0) * scale;
        }
    }
}

/// Vectors of sums that one row goes through side by side, or two rows two by two: a sum waits for its last multiply-add, so that others have to lie between.
const VECTORS: usize = 4;
/// Blocks from the one that is multiplied to the one that is called for: each panel is a stream of its own, and the processor foresees too little of it.
const AHEAD: usize = 8;

/// Some panels' share of a product of one or two rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Few<'a> {
    /// Rows of whole blocks.
    x: &'a [[f32; BLOCK]],
    weight: &'a Panels,
    /// The first panel.
    first: usize,
    start: Start,
}

/// y [rows, out] = x [rows, input] · Wᵀ, or that added to y, for one or two rows.
pub(super) fn multiply_few(isa: Isa, x: &[f32], weight: &Panels, start: Start, y: &mut [f32]) {
    let (input, out) = (weight.input(), weight.out());
    let x = padded(x, input, BLOCK);
    let x = bytemuck::cast_slice::<u32, f32>(&x).as_chunks().0;
    let mut left = Strip::new(y, out);
    let panels = if left.rows() == 1 { VECTORS * LANES / PANEL } else { 1 };
    let firsts = (0..out.div_ceil(PANEL)).step_by(panels);
    let tasks = firsts.map(|first| (Few { x, weight, first, start }, left.cut(panels * PANEL)));
    each(tasks, work(x.len() * BLOCK * out, weight.bytes()), |(few, strip)| strip_few(isa, few, strip));
}

#[inline(always)]
fn strip_few_body<V: Vector>(few: Few<'_>, y: Strip<'_>) {
    match (y.rows(), y.columns() > PANEL) {
        (1, true) => few_rows::<V, 1, VECTORS>(few, y),
        (1, false) => few_rows::<V, 1, 2>(few, y),
        _ => few_rows::<V, 2, 2>(few, y),
    }
}

on_isa! {
    /// Some panels' columns for few rows.
    fn strip_few(few: Few<'_>, y: Strip<'_>) = strip_few_body
}

/// `R` rows and `C` vectors of columns, of which the last ones may lie past the last column of y.
#[inline(always)]
fn few_rows<V: Vector, const R: usize, const C: usize>(few: Few<'_>, mut y: Strip<'_>) {
    let mut sums = [[V::zero(); C]; R];
    let width = y.columns();
    let mut whole = [[0.0; LANES]; C];
    if few.start == Start::Onto {
        for (row, sums) in sums.iter_mut().enumerate() {
            whole.as_flattened_mut()[..width].copy_from_slice(y.row(row));
            for (sum, from) in sums.iter_mut().zip(&whole) {
                *sum = V::load(from);
            }
        }
    }
    let panels: [&[[u32; VECTOR]]; C] =
        std::array::from_fn(|vector| few.weight.panel(few.first + vector * LANES / PANEL).as_chunks().0);
    let blocks = few.x.len() / R;
    for block in 0..blocks {
        let words: [&[u32; VECTOR]; C] =
            std::array::from_fn(|vector| &panels[vector][block * PANEL / LANES + vector % (PANEL / LANES)]);
        for words in words {
            call_for(words.as_ptr().wrapping_add(AHEAD * WORDS), VECTOR);
        }
        let x = std::array::from_fn(|row| &few.x[row * blocks + block]);
        one_block(x, words, &mut sums);
    }
    for (row, sums) in sums.into_iter().enumerate() {
        for (sum, to) in sums.into_iter().zip(&mut whole) {
            sum.store(to);
        }
        y.row(row).copy_from_slice(&whole.as_flattened()[..width]);
    }
}

/// Adds the products with one block of inputs.
#[inline(always)]
fn one_block<V: Vector, const R: usize, const C: usize>(
    x: [&[f32; BLOCK]; R],
    words: [&[u32; VECTOR]; C],
    sums: &mut [[V; C]; R],
) {
    let (mut scales, mut codes) = ([V::zero(); C], [[].as_slice(); C]);
    for ((words, scale), codes) in words.iter().zip(&mut scales).zip(&mut codes) {
        let (of_scales, of_codes) = words.split_at(SCALES);
        *scale = V::widen_half(bytemuck::cast_slice(of_scales).try_into().expect("sixteen halves"));
        *codes = of_codes.as_chunks::<LANES>().0;
    }
    for group in 0..BLOCK / CODES {
        for place in 0..CODES {
            let mut numbers = scales;
            for (number, codes) in numbers.iter_mut().zip(&codes) {
                *number = V::codes(&codes[group], place).mul(*number);
            }
            for (x, sums) in x.iter().zip(sums.iter_mut()) {
                let x = V::splat(x[group * CODES + place]);
                for (sum, number) in sums.iter_mut().zip(numbers) {
                    *sum = x.fma(number, *sum);
                }
            }
        }
    }
}

/// Numbers of whole blocks of a panel: [inputs, 32].
#[inline(always)]
pub(super) fn expand<V: Vector>(panel: &[u32], to: &mut [f32]) {
    for (words, to) in panel.chunks_exact(WORDS).zip(to.chunks_mut(BLOCK * PANEL)) {
        for (vector, words) in words.chunks_exact(VECTOR).enumerate() {
            let (scales, codes) = words.split_at(SCALES);
            let scale = V::widen_half(bytemuck::cast_slice(scales).try_into().expect("sixteen halves"));
            for (group, codes) in codes.as_chunks::<LANES>().0.iter().enumerate() {
                let rows = to.chunks_exact_mut(PANEL).skip(group * CODES).take(CODES);
                for (place, to) in rows.enumerate() {
                    V::codes(codes, place).mul(scale).store(&mut to.as_chunks_mut().0[vector]);
                }
            }
        }
    }
}

#[inline(always)]
fn strip_many_body<V: Vector>(task: Task<'_>, y: Strip<'_>) {
    let len = task.steps * PANEL;
    let mut numbers = scratch::take(len);
    expand::<V>(task.panel, &mut numbers[..len]);
    strip::<V, ByF32>(Task { panel: bytemuck::cast_slice(&numbers[..len]), ..task }, y);
    scratch::give(numbers);
}

on_isa! {
    /// One panel's columns for many rows: `steps` counts inputs.
    fn strip_many(task: Task<'_>, y: Strip<'_>) = strip_many_body
}

#[cfg(test)]
mod tests {
    use candle_core::quantized::{GgmlDType, QTensor};
    use candle_core::{Device, Tensor};
    use half::f16;
    use proptest::prelude::*;

    use crate::kernels::{Arithmetic, Format, Isa, Panels, Start, multiply};

    fn numbers(count: usize, seed: u32) -> Vec<f32> {
        let mut at = seed;
        let mut next = || {
            at = at.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (at >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        (0..count).map(|_| next()).collect()
    }

    #[test]
    fn numbers_are_those_of_candle() {
        let (out, input) = (70, 96);
        let w = numbers(out * input, 3);
        let tensor = Tensor::from_slice(&w, (out, input), &Device::Cpu).unwrap();
        let theirs = QTensor::quantize(&tensor, GgmlDType::Q4_0).unwrap().dequantize(&Device::Cpu).unwrap();
        let theirs = theirs.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let panels = Panels::of(&w, out, input, Format::Q4);
        assert_eq!(panels.bytes(), out.div_ceil(32) * 32 * input * 18 / 32, "4.5 bits a number");
        let again = Panels::of(&theirs, out, input, Format::Q4);
        for (at, expected) in theirs.chunks_exact(input).enumerate() {
            for panels in [&panels, &again] {
                let mut found = vec![0.0; input];
                panels.row(at, &mut found);
                assert_eq!(found, expected, "row {at}");
            }
        }
    }

    proptest! {
        #[test]
        fn what_four_bits_hold_already_is_not_rounded_again(
            codes in proptest::collection::vec(0u8..16, 64), lowest in 0u8..9, scales in [1u16..0x7c00, 0x8001u16..0xfc00],
        ) {
            let number = |(at, &code): (usize, &u8)| f32::from(i16::from(code.max(lowest)) - 8) * f16::from_bits(scales[at / 32]).to_f32();
            let w: Vec<f32> = codes.iter().enumerate().map(number).collect();
            let mut found = vec![0.0; 64];
            Panels::of(&w, 1, 64, Format::Q4).row(0, &mut found);
            prop_assert_eq!(found, w);
        }

        #[test]
        fn products_are_those_of_the_same_numbers_in_f32(
            rows in 1usize..30, out in 1usize..80, input in 1usize..300, onto in any::<bool>(), seed: u32,
        ) {
            let (x, before) = (numbers(rows * input, seed), numbers(rows * out, !seed));
            let weight = Panels::of(&numbers(out * input, seed ^ 0x4d), out, input, Format::Q4);
            let mut w = vec![0.0; out * input];
            w.chunks_exact_mut(input).enumerate().for_each(|(at, row)| weight.row(at, row));
            let wide = Panels::of(&w, out, input, Format::F32);
            let start = if onto { Start::Onto } else { Start::Zero };
            for isa in Isa::paths() {
                let run = |weight: &Panels, rows: usize| {
                    let mut y = before[..rows * out].to_vec();
                    multiply(isa, Arithmetic::F32, &x[..rows * input], weight, start, &mut y);
                    y
                };
                let expected = run(&wide, rows);
                prop_assert_eq!(&run(&weight, rows), &expected, "{:?}", isa);
                prop_assert_eq!(&run(&weight, 1)[..], &expected[..out], "{:?}", isa);
            }
        }
    }
}
