//! Tensors from disk: as f32, or packed straight to where they will live, checked while they pass.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use half::slice::HalfBitsSliceExt;
use half::{bf16, f16};
use rayon::prelude::*;

use super::gguf::expand;
use super::tensors::go_on;
use super::weights::{Dtype, Entry, Form, Weights};
use crate::error::{Error, Result};
use crate::kernels::{Format, PANEL, Panels, pack};
use crate::options::Precision;

/// Bytes read at a time, at least: few calls for small tensors.
const CHUNK: usize = 1 << 16;

/// Rows of a weight, as they lie in a checkpoint: a linear layer is one or several of these, one below the other.
#[derive(Debug, Clone)]
pub(crate) struct Slice {
    /// The tensor's name.
    pub(crate) name: String,
    /// Its shape: […, input], or [input, out] where it is `turned`.
    pub(crate) shape: Vec<usize>,
    /// Which outputs of it.
    pub(crate) rows: Range<usize>,
    pub(crate) turned: bool,
}

impl Slice {
    /// All of a weight [out, input].
    pub(crate) fn all(name: String, shape: [usize; 2]) -> Self {
        Self { name, shape: shape.to_vec(), rows: 0..shape[0], turned: false }
    }

    pub(super) fn input(&self) -> usize {
        if self.turned { self.shape[0] } else { self.shape[self.shape.len() - 1] }
    }
}

/// Inputs and outputs of a weight made of `parts`, without its numbers.
pub(super) fn hollow(parts: &[Slice], format: Format) -> Panels {
    Panels::hollow(parts.iter().map(|part| part.rows.len()).sum(), parts[0].input(), format)
}

impl Weights {
    /// Reads tensor `name` as f32; it must be of `shape` and finite.
    pub(crate) fn get(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let entry = self.entry(name, shape)?;
        let values = entry.read()?;
        match values.iter().position(|value| !value.is_finite()) {
            Some(element) => {
                let (file, tensor) = (entry.file.clone(), entry.name.clone());
                Err(Error::NotFinite { file, tensor, element, found: values[element] })
            }
            None => Ok(values),
        }
    }

    /// How a weight made of `parts` lies in memory.
    fn format(&self, parts: &[Slice], precision: Precision) -> Result<Format> {
        let stored: Vec<Dtype> = (parts.iter())
            .map(|part| self.entry(&part.name, &part.shape).and_then(Entry::dtype))
            .collect::<Result<_>>()?;
        let all = |dtype| stored.iter().all(|stored| *stored == dtype);
        Ok(match precision {
            Precision::Bf16 => Format::Bf16,
            Precision::Int8 => Format::Int8,
            Precision::Q4 => Format::Q4,
            Precision::F32 if all(Dtype::Bf16) => Format::Bf16,
            Precision::F32 if all(Dtype::F16) => Format::F16,
            Precision::F32 => Format::F32,
        })
    }

    /// What [`Weights::panels`] gives, without its numbers.
    pub(crate) fn hollow_panels(&self, parts: &[Slice], precision: Precision) -> Result<Panels> {
        Ok(hollow(parts, self.format(parts, precision)?))
    }

    /// Reads a weight made of `parts`, one below the other, into panels, a few rows at a time: as `precision` has it; in f32
    /// as all lie on disk, be it bf16 or f16, else f32. Once `stop` is set, no further rows are read.
    pub(crate) fn panels(&self, parts: &[Slice], precision: Precision, stop: &AtomicBool) -> Result<Panels> {
        let (out, input) = (parts.iter().map(|part| part.rows.len()).sum(), parts[0].input());
        let mut sources: Vec<Source<'_>> = Vec::with_capacity(parts.len());
        let mut at = 0;
        for part in parts {
            go_on(stop)?;
            let entry = self.entry(&part.name, &part.shape)?;
            let before = sources.last().filter(|before| before.part.name == part.name);
            let numbers = match before {
                Some(before) => before.numbers.clone(),
                None if part.turned || !entry.lies_by_row() => {
                    Numbers::Read(Arc::new(self.get(&part.name, &part.shape)?))
                }
                None => Numbers::Stored(Arc::new(entry.open()?)),
            };
            sources.push(Source { dtype: entry.dtype()?, entry, numbers, part, outputs: at..at + part.rows.len() });
            at += part.rows.len();
        }
        let format = self.format(parts, precision)?;
        let mut panels = Panels::new(out, input, format)?;
        let group = CHUNK.div_ceil(PANEL * input * size_of::<f32>());
        let words = panels.panel_words();
        let read = panels.groups_mut(group).enumerate().map_init(Vec::new, |buffer, (index, panels)| {
            go_on(stop)?;
            let outputs = index * group * PANEL..out.min((index + 1) * group * PANEL);
            sources.iter().try_fold(true, |finite, source| {
                let here = source.outputs.start.max(outputs.start)..source.outputs.end.min(outputs.end);
                let first = here.start.saturating_sub(outputs.start);
                let good = here.is_empty() || source.pack(here, first, format, panels, words, buffer)?;
                Ok::<_, Error>(finite && good)
            })
        });
        if !read.try_reduce(|| true, |all, finite| Ok(all && finite))? {
            for source in &sources {
                self.get(&source.part.name, &source.part.shape)?; // says which is the first that is not finite
            }
        }
        Ok(panels)
    }
}

/// A part of a weight on its way to the panels.
struct Source<'a> {
    entry: &'a Entry,
    dtype: Dtype,
    numbers: Numbers,
    part: &'a Slice,
    /// The weight's rows that it is.
    outputs: Range<usize>,
}

/// Where the numbers of a part come from.
#[derive(Debug, Clone)]
enum Numbers {
    /// From its file, some rows at a time.
    Stored(Arc<fs_err::File>),
    /// From memory, where the weight's rows do not lie one after the other in the file.
    Read(Arc<Vec<f32>>),
}

impl Source<'_> {
    /// Packs the weight's rows `outputs` into panels of `words` words, as their columns from `first` on, and says whether all are finite.
    fn pack(
        &self,
        outputs: Range<usize>,
        first: usize,
        format: Format,
        panels: &mut [u32],
        words: usize,
        buffer: &mut Vec<u64>,
    ) -> Result<bool> {
        let input = self.part.input();
        let stored = self.part.rows.start + outputs.start - self.outputs.start;
        let mut to = Columns { panels, words, first, input, format };
        let file = match &self.numbers {
            Numbers::Stored(file) => file,
            Numbers::Read(values) => {
                let rows = stored..stored + outputs.len();
                if self.part.turned {
                    let width = self.part.shape[1];
                    let columns = rows.flat_map(|column| values[column..].iter().step_by(width).copied());
                    to.pack(&columns.collect::<Vec<f32>>());
                } else {
                    to.pack(&values[rows.start * input..rows.end * input]);
                }
                return Ok(true); // checked when it was read
            }
        };
        let dtype = self.dtype;
        let len = dtype.bytes(outputs.len() * input);
        buffer.resize(len.div_ceil(size_of::<u64>()), 0);
        let bytes = &mut bytemuck::cast_slice_mut(buffer)[..len];
        self.entry.read_bytes(file, bytes, dtype.bytes(stored * input))?;
        to.pack_stored(dtype, bytes)
    }
}

/// Columns of neighbouring panels, to be filled from the first of them on.
struct Columns<'a> {
    panels: &'a mut [u32],
    words: usize,
    first: usize,
    input: usize,
    format: Format,
}

impl Columns<'_> {
    fn pack<S: crate::kernels::Stored>(&mut self, rows: &[S]) {
        let (mut left, mut at) = (rows, self.first);
        while !left.is_empty() {
            let count = (PANEL - at % PANEL).min(left.len() / self.input);
            let (here, rest) = left.split_at(count * self.input);
            let panel = &mut self.panels[at / PANEL * self.words..(at / PANEL + 1) * self.words];
            pack(here, self.input, self.format, panel, at % PANEL);
            (left, at) = (rest, at + count);
        }
    }

    /// Packs numbers as they are stored, and says whether all are finite.
    #[expect(clippy::needless_bitwise_bool, reason = "without a branch the loops become vectors")]
    fn pack_stored(&mut self, dtype: Dtype, bytes: &mut [u8]) -> Result<bool> {
        Ok(match dtype {
            Dtype::F64 => {
                let values: Vec<f32> = wide(bytes).collect();
                self.pack(&values);
                values.iter().all(|value| value.is_finite())
            }
            Dtype::Blocks(kind) => {
                let values = expand(kind, bytes)?;
                self.pack(&values);
                values.iter().all(|value| value.is_finite())
            }
            Dtype::F32 => {
                let words: &mut [u32] = bytemuck::cast_slice_mut(bytes);
                words.iter_mut().for_each(|word| *word = u32::from_le(*word));
                self.pack::<f32>(bytemuck::cast_slice(words));
                !words.iter().fold(false, |bad, word| bad | (word & 0x7f80_0000 == 0x7f80_0000))
            }
            Dtype::Bf16 | Dtype::F16 => {
                let halves: &mut [u16] = bytemuck::cast_slice_mut(bytes);
                halves.iter_mut().for_each(|half| *half = u16::from_le(*half));
                let exponent: u16 = if dtype == Dtype::Bf16 { 0x7f80 } else { 0x7c00 };
                match dtype {
                    Dtype::Bf16 => self.pack::<bf16>(halves.reinterpret_cast()),
                    _ => self.pack::<f16>(halves.reinterpret_cast()),
                }
                !halves.iter().fold(false, |bad, half| bad | (half & exponent == exponent))
            }
        })
    }
}

impl Dtype {
    /// By its name in a file.
    pub(super) fn named(stored: &str) -> Option<Self> {
        match stored {
            "F64" => Some(Self::F64),
            "F32" => Some(Self::F32),
            "BF16" => Some(Self::Bf16),
            "F16" => Some(Self::F16),
            _ => None,
        }
    }

    /// Bytes of so many numbers, whole blocks of them.
    pub(super) fn bytes(self, numbers: usize) -> usize {
        match self {
            Self::F64 => 8 * numbers,
            Self::F32 => 4 * numbers,
            Self::Bf16 | Self::F16 => 2 * numbers,
            Self::Blocks(kind) => numbers / kind.block_size() * kind.type_size(),
        }
    }
}

impl Entry {
    /// What its numbers are.
    fn dtype(&self) -> Result<Dtype> {
        let other = || Error::Dtype { file: self.file.clone(), tensor: self.name.clone(), found: self.stored.clone() };
        self.dtype.ok_or_else(other)
    }

    /// Bytes that it takes in its file, if it is of a type that is read.
    pub(super) fn bytes(&self) -> usize {
        self.dtype.map_or(0, |dtype| dtype.bytes(self.span()))
    }

    /// Whether its rows lie one after the other as they are asked for.
    fn lies_by_row(&self) -> bool {
        self.strides.is_none() && self.form == Form::AsItIs
    }

    /// All its numbers, as they are asked for.
    pub(super) fn read(&self) -> Result<Vec<f32>> {
        let values = self.stored_values()?;
        Ok(match self.form {
            Form::AsItIs => values,
            Form::Pairs(rows) => {
                let input: usize = self.shape.get(1..).unwrap_or_default().iter().product();
                let row = |at: usize| &values[at * input..(at + 1) * input];
                let heads =
                    (0..self.shape[0]).map(|at| at / rows * rows + at % (rows / 2) * 2 + at % rows / (rows / 2));
                heads.flat_map(row).copied().collect()
            }
            Form::Decay => values.into_iter().map(|value| (-value).ln()).collect(),
        })
    }

    fn stored_values(&self) -> Result<Vec<f32>> {
        let dtype = self.dtype()?;
        let mut words = vec![0u64; dtype.bytes(self.span()).div_ceil(size_of::<u64>())]; // as blocks have to be aligned
        let bytes = &mut bytemuck::cast_slice_mut::<_, u8>(&mut words)[..dtype.bytes(self.span())];
        self.read_bytes(&self.open()?, bytes, 0)?;
        let bytes: &[u8] = bytes;
        let values: Vec<f32> = match dtype {
            Dtype::Blocks(kind) => expand(kind, bytes)?,
            Dtype::F64 => wide(bytes).collect(),
            Dtype::F32 => bytes.as_chunks::<4>().0.iter().map(|&word| f32::from_le_bytes(word)).collect(),
            Dtype::Bf16 => halves(bytes).map(|half| bf16::from_bits(half).to_f32()).collect(),
            Dtype::F16 => halves(bytes).map(|half| f16::from_bits(half).to_f32()).collect(),
        };
        let Some(strides) = &self.strides else { return Ok(values) };
        // side by side from the outermost: where each number of the sides so far begins
        let mut starts = vec![0];
        for (&side, &stride) in self.shape.iter().zip(strides) {
            starts = starts.iter().flat_map(|start| (0..side).map(move |at| start + at * stride)).collect();
        }
        Ok(starts.into_iter().map(|at| values[at]).collect())
    }

    /// Numbers from the first to the last of them in the file.
    fn span(&self) -> usize {
        match &self.strides {
            None => self.shape.iter().product(),
            Some(_) if self.shape.contains(&0) => 0,
            Some(strides) => {
                1 + self.shape.iter().zip(strides).map(|(&side, stride)| (side - 1) * stride).sum::<usize>()
            }
        }
    }

    fn open(&self) -> Result<fs_err::File> {
        fs_err::File::open(&self.file).map_err(Error::io(&self.file))
    }

    /// Fills `to` with its bytes from `at` on; `file` is its own, opened.
    fn read_bytes(&self, file: &fs_err::File, to: &mut [u8], at: usize) -> Result<()> {
        read_at(file.file(), to, self.start + at as u64).map_err(Error::io(&self.file))
    }
}

/// Numbers of sixteen bits.
fn halves(bytes: &[u8]) -> impl Iterator<Item = u16> {
    bytes.as_chunks::<2>().0.iter().map(|&half| u16::from_le_bytes(half))
}

/// Numbers of f64 as f32; what is too large becomes infinite, and is told as such.
fn wide(bytes: &[u8]) -> impl Iterator<Item = f32> {
    bytes.as_chunks::<8>().0.iter().map(|&word| f64::from_le_bytes(word) as f32)
}

/// Fills `to` with the bytes from `at` on; threads may read one file at once.
#[cfg(unix)]
fn read_at(file: &std::fs::File, to: &mut [u8], at: u64) -> std::io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, to, at)
}

/// Fills `to` with the bytes from `at` on; threads may read one file at once.
#[cfg(windows)]
fn read_at(file: &std::fs::File, mut to: &mut [u8], mut at: u64) -> std::io::Result<()> {
    use std::os::windows::fs::FileExt;
    while !to.is_empty() {
        match file.seek_read(to, at)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            read => (to, at) = (&mut to[read..], at + read as u64),
        }
    }
    Ok(())
}
