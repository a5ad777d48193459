//! The operations that models are made of. Rows of all sequences are joined for the products; convolution, scan and attention run per
//! sequence, each on its own state.
//!
//! One file an operation, its bodies side by side: on the CPU our kernel, and a composition of candle tensors, which is the twin
//! that tests compare with and what a device without kernels of its own would run.

mod activation;
mod attention;
mod convolution;
mod linear;
mod mixer;
mod norm;
mod rows;
mod selective;
#[cfg(test)]
mod twins;

pub(crate) use activation::{activate, gate};
pub(crate) use attention::{Angles, attention};
pub(crate) use convolution::convolve;
pub(crate) use linear::{Linear, Packed};
pub(crate) use mixer::{MixerSizes, MixerWeights, mixer};
pub(crate) use norm::{Input, Norm};
pub(crate) use rows::{Host, Rows, Span, add, beside, clamp, columns, select};
pub(crate) use selective::{Selected, SelectiveWeights, selective_scan};
