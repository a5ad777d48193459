//! What models are put together from: layers with their weights, and what they leave behind.

mod attention;
mod mamba1;
mod mamba2;
mod mlp;
mod rotary;
mod state;

pub(crate) use attention::{Attention, HeadNorm, attend};
pub(crate) use mamba1::{Head, Mamba1};
pub(crate) use mamba2::Mamba2;
pub(crate) use mlp::Mlp;
pub(crate) use rotary::Rotary;
pub use state::State;
pub(crate) use state::{Cache, LayerState, Memory};
