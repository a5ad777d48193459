//! Tensors from disk: as f32, or packed straight to where they will live, checked while they pass.

use half::slice::HalfBitsSliceExt;
use half::{bf16, f16};
use rayon::prelude::*;

use super::{Dtype, Entry, Weights};
use crate::error::{Error, Result};
use crate::kernels::{Format, PANEL, Panels, pack};

/// Bytes read at a time, at least: few calls for small tensors.
const CHUNK: usize = 1 << 16;

impl Weights {
    /// Reads tensor `name` as f32; it must be of `shape` and finite.
    pub(crate) fn get(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let entry = self.entry(name, shape)?;
        let values = entry.read().map_err(Error::io(&entry.file))?;
        match values.iter().position(|value| !value.is_finite()) {
            Some(element) => {
                let (file, tensor) = (entry.file.clone(), entry.name.clone());
                Err(Error::NotFinite { file, tensor, element, found: values[element] })
            }
            None => Ok(values),
        }
    }

    /// Reads tensor `name` [out, input] into panels, a few rows at a time: bf16 if it is so on disk or to be `rounded`, else f32.
    pub(crate) fn panels(&self, name: &str, [out, input]: [usize; 2], rounded: bool) -> Result<Panels> {
        let entry = self.entry(name, &[out, input])?;
        let format = if rounded || entry.dtype == Dtype::Bf16 { Format::Bf16 } else { Format::F32 };
        let mut panels = Panels::new(out, input, format)?;
        let file = fs_err::File::open(&entry.file).map_err(Error::io(&entry.file))?;
        let bytes = PANEL * input * entry.dtype.bytes(); // of a whole panel on disk
        let group = CHUNK.div_ceil(bytes);
        let read = panels.groups_mut(group).enumerate().map_init(Vec::new, |buffer: &mut Vec<u32>, (index, panels)| {
            let from = index * group * bytes;
            let len = (group * bytes).min(out * input * entry.dtype.bytes() - from);
            buffer.resize(len.div_ceil(size_of::<u32>()), 0);
            let here = &mut bytemuck::cast_slice_mut(buffer)[..len];
            read_at(file.file(), here, entry.start + from as u64).map_err(Error::io(&entry.file))?;
            Ok::<_, Error>(entry.dtype.pack(buffer, len, input, format, panels))
        });
        if !read.try_reduce(|| true, |all, finite| Ok(all && finite))? {
            self.get(name, &[out, input])?; // says which is the first that is not finite
        }
        Ok(panels)
    }
}

impl Dtype {
    fn bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::Bf16 | Self::F16 => 2,
        }
    }

    /// Packs rows of `input` numbers, `len` bytes in all, into `panels`, and says whether all are finite.
    #[expect(clippy::needless_bitwise_bool, reason = "without a branch the loop becomes vectors")]
    fn pack(self, words: &mut [u32], len: usize, input: usize, format: Format, panels: &mut [u32]) -> bool {
        let rows = PANEL * input;
        let panel_words = panels.len() / (len / self.bytes()).div_ceil(rows);
        if self == Self::F32 {
            words.iter_mut().for_each(|word| *word = u32::from_le(*word));
            let values: &[f32] = bytemuck::cast_slice(words);
            values
                .chunks(rows)
                .zip(panels.chunks_mut(panel_words))
                .for_each(|(rows, panel)| pack(rows, input, format, panel));
            return !words.iter().fold(false, |bad, word| bad | (word & 0x7f80_0000 == 0x7f80_0000));
        }
        let halves: &mut [u16] = &mut bytemuck::cast_slice_mut(words)[..len / size_of::<u16>()];
        halves.iter_mut().for_each(|half| *half = u16::from_le(*half));
        let exponent: u16 = if self == Self::Bf16 { 0x7f80 } else { 0x7c00 };
        for (rows, panel) in halves.chunks(rows).zip(panels.chunks_mut(panel_words)) {
            match self {
                Self::Bf16 => pack::<bf16>(rows.reinterpret_cast(), input, format, panel),
                _ => pack::<f16>(rows.reinterpret_cast(), input, format, panel),
            }
        }
        !halves.iter().fold(false, |bad, half| bad | (half & exponent == exponent))
    }
}

impl Entry {
    fn read(&self) -> std::io::Result<Vec<f32>> {
        let count = self.shape.iter().product();
        let file = fs_err::File::open(&self.file)?;
        if self.dtype == Dtype::F32 {
            let mut values = vec![0f32; count];
            read_at(file.file(), bytemuck::cast_slice_mut(&mut values), self.start)?;
            for value in &mut values {
                *value = f32::from_bits(u32::from_le(value.to_bits()));
            }
            return Ok(values);
        }
        let mut halves = vec![0u16; count];
        read_at(file.file(), bytemuck::cast_slice_mut(&mut halves), self.start)?;
        let widen = |bits: u16| match self.dtype {
            Dtype::F16 => f16::from_bits(u16::from_le(bits)).to_f32(),
            _ => bf16::from_bits(u16::from_le(bits)).to_f32(),
        };
        Ok(halves.into_iter().map(widen).collect())
    }
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
