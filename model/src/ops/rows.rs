//! Activations: rows of numbers, in memory of ours or in a tensor, and what is done to them one by one.
//!
//! The embedding makes the rows where the model's weights lie; every operation follows the rows it is given.

use std::ops::Range;
use std::sync::Arc;

use candle_core::Tensor;

use crate::error::Result;
use crate::kernels::{self, Buffer, Isa, Pool, each};

/// Activations [rows, width]: in memory of ours, or a tensor.
#[derive(Debug, Clone)]
pub(crate) enum Rows {
    Host(Host),
    Tensor(Tensor),
}

/// The rows of one sequence among the joined ones.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) len: usize,
    /// Position of its first token.
    pub(crate) position: usize,
    pub(crate) keep_state: bool,
}

/// Rows of numbers, `width` each.
#[derive(Debug, Clone)]
pub(crate) struct Host {
    pub(super) values: Buffer,
    pub(super) width: usize,
}

/// Rows that one thread does at a time.
pub(super) const ROWS: usize = 16;
/// Multiply-adds that one number costs in a pass over rows, roughly.
pub(super) const PASS: usize = 8;
/// All rows of a model lie where its embedding lies, so a mixture is a mistake of ours.
const ELSEWHERE: &str = "all rows of a model lie in one place";

impl Rows {
    /// Rows that lie in memory of ours, as another operand does.
    pub(super) fn host(&self) -> &Host {
        match self {
            Self::Host(host) => Some(host),
            Self::Tensor(_) => None,
        }
        .expect(ELSEWHERE)
    }

    /// The same, to be written.
    pub(super) fn host_mut(&mut self) -> &mut Host {
        match self {
            Self::Host(host) => Some(host),
            Self::Tensor(_) => None,
        }
        .expect(ELSEWHERE)
    }

    /// Rows that lie in a tensor, as another operand does.
    pub(super) fn tensor(&self) -> &Tensor {
        match self {
            Self::Tensor(tensor) => Some(tensor),
            Self::Host(_) => None,
        }
        .expect(ELSEWHERE)
    }

    /// The same numbers as rows `width` wide.
    pub(crate) fn rewrapped(self, width: usize) -> Result<Self> {
        Ok(match self {
            Self::Host(host) => Self::Host(Host { width, ..host }),
            Self::Tensor(tensor) => Self::Tensor(tensor.reshape(((), width))?),
        })
    }
}

impl Host {
    pub(super) fn lend(pool: &Arc<Pool>, rows: usize, width: usize) -> Result<Self> {
        Ok(Self { values: pool.lend(rows * width)?, width })
    }

    /// Rows that hold `values`.
    pub(crate) fn of(values: &[f32], width: usize, pool: &Arc<Pool>) -> Result<Self> {
        let mut rows = Self::lend(pool, values.len() / width, width)?;
        rows.values.copy_from_slice(values);
        Ok(rows)
    }

    /// As many rows, `width` wide.
    pub(super) fn like(&self, width: usize) -> Result<Self> {
        Self::lend(self.values.pool(), self.rows(), width)
    }

    pub(super) fn rows(&self) -> usize {
        self.values.len() / self.width.max(1)
    }

    pub(super) fn row(&self, index: usize) -> &[f32] {
        &self.values[index * self.width..(index + 1) * self.width]
    }

    /// Does `f` on every row, by number.
    pub(super) fn each_row(&mut self, f: impl Fn(usize, &mut [f32]) + Sync + Send) {
        let (width, work) = (self.width, self.values.len() * PASS);
        each(self.values.chunks_mut(ROWS * width).enumerate(), work, |(chunk, rows)| {
            rows.chunks_exact_mut(width).enumerate().for_each(|(row, values)| f(chunk * ROWS + row, values));
        });
    }
}

/// `x + y`, in place.
pub(crate) fn add(x: &mut Rows, y: &Rows) -> Result<()> {
    match x {
        Rows::Host(x) => {
            let (isa, y) = (Isa::current(), y.host());
            x.each_row(|row, x| kernels::add(isa, x, y.row(row)));
        }
        Rows::Tensor(x) => *x = (&*x + y.tensor())?,
    }
    Ok(())
}

/// Numbers beyond `most` either way are moved to it, in place; NaN stays NaN.
pub(crate) fn clamp(x: &mut Rows, most: f32) -> Result<()> {
    match x {
        Rows::Host(x) => x.each_row(|_, x| x.iter_mut().for_each(|x| *x = x.clamp(-most, most))),
        Rows::Tensor(x) => *x = x.clamp(-most, most)?,
    }
    Ok(())
}

/// Columns `range` of every row.
pub(crate) fn columns(x: &Rows, range: Range<usize>) -> Result<Rows> {
    Ok(match x {
        Rows::Host(x) => {
            let mut out = x.like(range.len())?;
            out.each_row(|row, to| to.copy_from_slice(&x.row(row)[range.clone()]));
            Rows::Host(out)
        }
        Rows::Tensor(x) => Rows::Tensor(x.narrow(1, range.start, range.len())?.contiguous()?),
    })
}

/// The rows of all parts, one beside the other. There is at least one part.
pub(crate) fn beside(mut parts: Vec<Rows>) -> Result<Rows> {
    if parts.len() == 1 {
        return Ok(parts.remove(0));
    }
    Ok(match &parts[0] {
        Rows::Host(first) => {
            let mut out = first.like(parts.iter().map(|part| part.host().width).sum())?;
            out.each_row(|row, mut to| {
                for part in &parts {
                    let (here, rest) = to.split_at_mut(part.host().width);
                    here.copy_from_slice(part.host().row(row));
                    to = rest;
                }
            });
            Rows::Host(out)
        }
        Rows::Tensor(_) => Rows::Tensor(Tensor::cat(&parts.iter().map(Rows::tensor).collect::<Vec<_>>(), 1)?),
    })
}

/// The rows at `indices`.
pub(crate) fn select(x: &Rows, indices: &[u32]) -> Result<Rows> {
    Ok(match x {
        Rows::Host(x) => {
            let mut out = Host::lend(x.values.pool(), indices.len(), x.width)?;
            out.each_row(|row, to| to.copy_from_slice(x.row(indices[row] as usize)));
            Rows::Host(out)
        }
        Rows::Tensor(x) => Rows::Tensor(x.index_select(&Tensor::new(indices, x.device())?, 0)?),
    })
}

/// A tensor's numbers, in memory of `pool`.
pub(super) fn to_buffer(x: &Tensor, pool: &Arc<Pool>) -> Result<Buffer> {
    let values = x.flatten_all()?.to_vec1::<f32>()?;
    let mut buffer = pool.lend(values.len())?;
    buffer.copy_from_slice(&values);
    Ok(buffer)
}

/// log(1 + eˣ), without overflow.
pub(super) fn softplus(x: &Tensor) -> Result<Tensor> {
    Ok((x.relu()? + (x.abs()?.neg()?.exp()? + 1.0)?.log()?)?)
}
