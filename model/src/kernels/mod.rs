//! Arithmetic on slices, compiled for AVX-512, AVX2, NEON and any machine, and chosen at run time. The only place with `unsafe`.
//!
//! Whatever the batch, the split or the threads, a number is computed by the same operations in the same order: on one
//! instruction set results are equal bit for bit.
#![expect(
    clippy::inline_always,
    reason = "a body takes on its caller's target features only when it is inlined into it"
)]

mod amx;
mod attention;
mod convolution;
mod dot;
#[cfg(target_arch = "x86_64")]
mod family;
mod gemm;
mod int8;
mod isa;
mod math;
mod memory;
#[cfg(target_arch = "aarch64")]
mod neon;
mod norm;
mod packed;
mod panels;
mod peak;
mod q4;
mod scan;
mod scratch;
mod selective;
mod strip;
mod threads;
mod tile;
mod vector;
mod vnni;
mod wide;

pub(crate) use attention::{AttentionSizes, BLOCK, Block, QUERIES, Queries, attend};
pub(crate) use convolution::{Convolution, Inputs, convolve};
pub(crate) use gemm::{Arithmetic, multiply};
pub(crate) use int8::MOST_INPUTS;
pub use isa::{Isa, Tile};
pub(crate) use math::Activation;
pub(crate) use memory::{Buffer, Memory, Pool};
pub(crate) use norm::{Row, activate, add, gate, gated_norm, layer_norm, rms_norm, rotate};
pub(crate) use panels::{Format, PANEL, Panels, Stored, pack};
pub(crate) use peak::{multiply_adds, per_round, read};
pub(crate) use scan::{Head, Recurrent, scan};
pub(crate) use selective::{Channels, Columns, SCANNED, selective_scan};
pub(crate) use strip::Strip;
pub(crate) use threads::{alone, each, work};
pub(crate) use tile::Start;
