//! Weights of a linear layer, packed once so that a product reads them from beginning to end.
//!
//! Thirty-two outputs make a panel. f32 and f16: `[input][32]`; bf16: `[input / 2][32][2]`, pairs of neighbouring inputs side by side, an odd
//! last one beside a zero; int8: a scale and a sum for each output, then `[input / 4][32][4]`; 4 bits: see `q4.rs`. Outputs past the last one are zeros.

use std::ops::Range;

use half::{bf16, f16};
use rayon::prelude::*;

use super::memory::Memory;
use super::{int8, q4};
use crate::error::Result;

/// Outputs in a panel.
pub(crate) const PANEL: usize = 32;

/// How the numbers of a panel are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    F32,
    Bf16,
    F16,
    /// Whole numbers of eight bits, with a scale for each output.
    Int8,
    /// Codes of four bits, with a scale for each 32 inputs of an output.
    Q4,
}

/// A packed weight [out, input].
#[derive(Debug)]
pub(crate) struct Panels {
    memory: Memory,
    format: Format,
    out: usize,
    input: usize,
}

/// A number as it lies on disk.
pub(crate) trait Stored: Copy + Send + Sync {
    fn to_f32(self) -> f32;
    /// Rounded to the nearest bf16.
    fn to_bf16(self) -> u16;
    /// Rounded to the nearest f16.
    fn to_f16(self) -> u16;
}

impl Stored for f32 {
    fn to_f32(self) -> f32 {
        self
    }
    fn to_bf16(self) -> u16 {
        bf16::from_f32(self).to_bits()
    }
    fn to_f16(self) -> u16 {
        f16::from_f32(self).to_bits()
    }
}

impl Stored for bf16 {
    fn to_f32(self) -> f32 {
        bf16::to_f32(self)
    }
    fn to_bf16(self) -> u16 {
        self.to_bits()
    }
    fn to_f16(self) -> u16 {
        f16::from_f32(bf16::to_f32(self)).to_bits()
    }
}

impl Stored for f16 {
    fn to_f32(self) -> f32 {
        f16::to_f32(self)
    }
    fn to_bf16(self) -> u16 {
        bf16::from_f32(f16::to_f32(self)).to_bits()
    }
    fn to_f16(self) -> u16 {
        self.to_bits()
    }
}

impl Panels {
    /// Zeros, to be filled panel by panel.
    pub(crate) fn new(out: usize, input: usize, format: Format) -> Result<Self> {
        let words = out.div_ceil(PANEL) * panel_words(input, format);
        Ok(Self { memory: Memory::new(words * size_of::<u32>())?, format, out, input })
    }

    /// The sizes of a weight without its numbers.
    pub(crate) fn hollow(out: usize, input: usize, format: Format) -> Self {
        Self { memory: Memory::Heap(Vec::new()), format, out, input }
    }

    /// Packs `values` [out, input].
    #[cfg(test)]
    pub(crate) fn of<S: Stored>(values: &[S], out: usize, input: usize, format: Format) -> Self {
        let mut panels = Self::new(out, input, format).unwrap();
        panels.fill(|panel, rows| pack(&values[rows.start * input..rows.end * input], input, format, panel, 0));
        panels
    }

    /// Fills every panel by `f`, which is told the rows that belong there.
    pub(crate) fn fill(&mut self, f: impl Fn(&mut [u32], Range<usize>) + Sync) {
        let out = self.out;
        self.groups_mut(1).enumerate().for_each(|(index, panel)| f(panel, index * PANEL..out.min((index + 1) * PANEL)));
    }

    /// The panels in order, `count` at a time, to be filled by [`pack`].
    pub(crate) fn groups_mut(&mut self, count: usize) -> rayon::slice::ChunksMut<'_, u32> {
        let words = self.panel_words();
        let all = self.out.div_ceil(PANEL) * words;
        self.memory.values_mut()[..all].par_chunks_mut(count * words)
    }

    /// Panel `index`, as words.
    pub(crate) fn panel(&self, index: usize) -> &[u32] {
        let words = self.panel_words();
        &self.memory.values()[index * words..(index + 1) * words]
    }

    /// Row `row` of the weight: what an embedding looks up.
    pub(crate) fn row(&self, row: usize, to: &mut [f32]) {
        assert!(row < self.out && to.len() == self.input, "row {row} of {} × {}", self.out, self.input);
        let (panel, column) = (self.panel(row / PANEL), row % PANEL);
        match self.format {
            Format::F32 => {
                for (to, words) in to.iter_mut().zip(panel.chunks_exact(PANEL)) {
                    *to = f32::from_bits(words[column]);
                }
            }
            Format::Bf16 => {
                for (to, words) in to.chunks_mut(2).zip(panel.chunks_exact(PANEL)) {
                    let pair = [f32::from_bits(words[column] << 16), f32::from_bits(words[column] & 0xffff_0000)];
                    to.copy_from_slice(&pair[..to.len()]);
                }
            }
            Format::F16 => {
                let halves: &[u16] = bytemuck::cast_slice(panel);
                for (to, halves) in to.iter_mut().zip(halves.chunks_exact(PANEL)) {
                    *to = f16::from_bits(halves[column]).to_f32();
                }
            }
            Format::Int8 => int8::row(panel, column, to),
            Format::Q4 => q4::row(panel, column, to),
        }
    }

    pub(crate) fn out(&self) -> usize {
        self.out
    }

    pub(crate) fn input(&self) -> usize {
        self.input
    }

    pub(crate) fn format(&self) -> Format {
        self.format
    }

    /// Bytes it takes.
    pub(crate) fn bytes(&self) -> usize {
        self.out.div_ceil(PANEL) * self.panel_words() * size_of::<u32>()
    }

    /// Steps of a product over the inputs: one for each number of f32 or f16, for each pair of bf16, four of int8 and block of q4.
    pub(crate) fn steps(&self) -> usize {
        steps(self.input, self.format)
    }

    /// Words of a panel.
    pub(crate) fn panel_words(&self) -> usize {
        panel_words(self.input, self.format)
    }
}

fn panel_words(input: usize, format: Format) -> usize {
    match format {
        Format::F32 | Format::Bf16 => PANEL * steps(input, format),
        Format::F16 => PANEL / 2 * input,
        Format::Int8 => int8::panel_words(input),
        Format::Q4 => q4::panel_words(input),
    }
}

fn steps(input: usize, format: Format) -> usize {
    match format {
        Format::F32 | Format::F16 => input,
        Format::Bf16 => input.div_ceil(2),
        Format::Int8 => int8::steps(input),
        Format::Q4 => input.div_ceil(q4::BLOCK),
    }
}

/// Steps that are packed at a time: a cache line of each row is read once.
const LINE: usize = 16;

/// Packs rows `input` long into `panel`, as its columns from `first` on.
pub(crate) fn pack<S: Stored>(rows: &[S], input: usize, format: Format, panel: &mut [u32], first: usize) {
    match format {
        Format::Int8 => int8::pack(rows, input, panel, first),
        Format::Q4 => q4::pack(rows, input, panel, first),
        Format::F32 => {
            for (block, panel) in panel.chunks_mut(LINE * PANEL).enumerate() {
                for (column, row) in (first..).zip(rows.chunks_exact(input)) {
                    for (step, value) in panel.chunks_exact_mut(PANEL).zip(&row[block * LINE..]) {
                        step[column] = value.to_f32().to_bits();
                    }
                }
            }
        }
        Format::F16 => {
            let halves: &mut [u16] = bytemuck::cast_slice_mut(panel);
            for (block, panel) in halves.chunks_mut(LINE * PANEL).enumerate() {
                for (column, row) in (first..).zip(rows.chunks_exact(input)) {
                    for (step, value) in panel.chunks_exact_mut(PANEL).zip(&row[block * LINE..]) {
                        step[column] = value.to_f16();
                    }
                }
            }
        }
        Format::Bf16 => {
            for (block, panel) in panel.chunks_mut(LINE * PANEL).enumerate() {
                for (column, row) in (first..).zip(rows.chunks_exact(input)) {
                    for (step, values) in panel.chunks_exact_mut(PANEL).zip(row[block * LINE * 2..].chunks(2)) {
                        let second = values.get(1).map_or(0, |value| value.to_bf16());
                        step[column] = u32::from(values[0].to_bf16()) | u32::from(second) << 16;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_as_they_went_in() {
        for (out, input) in [(1, 1), (5, 3), (32, 16), (33, 47), (97, 60), (64, 130)] {
            let values: Vec<f32> = (0..out * input).map(|i| i as f32 * 0.25).collect(); // exact in bf16 below 64
            for format in [Format::F32, Format::Bf16, Format::F16] {
                let panels = Panels::of(&values, out, input, format);
                for row in 0..out {
                    let mut found = vec![0.0; input];
                    panels.row(row, &mut found);
                    let expected = values[row * input..(row + 1) * input].iter();
                    let expected: Vec<f32> = match format {
                        Format::F32 => expected.copied().collect(),
                        Format::F16 => expected.map(|&x| f16::from_f32(x).to_f32()).collect(),
                        Format::Bf16 => expected.map(|&x| bf16::from_f32(x).to_f32()).collect(),
                        Format::Int8 | Format::Q4 => unreachable!("they have tests of their own"),
                    };
                    assert_eq!(found, expected, "row {row} of {out} × {input} as {format:?}");
                }
            }
        }
    }
}
