//! Layers of Mamba mixers, and the attention blocks that some layers of the two Zambas call before theirs and share.

use std::sync::Arc;

use super::{Block, Cost, Part, Pass};
use crate::error::{Error, Result};
use crate::kernels::{Activation, AttentionSizes};
use crate::layers::{LayerState, Mamba1, Mamba2, Memory, Rotary, attend};
use crate::ops::{self, Input, Linear, Norm, Rows};

/// A layer: `x + mixer(norm(x + call(x)))`. What is called is not added to the stream itself.
#[derive(Debug)]
pub(super) struct Layer {
    pub(super) norm: Norm,
    pub(super) mixer: Mixer,
    pub(super) call: Option<Call>,
}

/// A hybrid layer's call of a shared block: what is its own.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) block: Arc<Shared>,
    pub(super) adapters: Option<[Adapter; 3]>, // of queries, keys, values
    pub(super) gate_up: Option<Adapter>,
    pub(super) linear: Linear, // [H, H]
}

/// A Mamba mixer of either kind.
#[derive(Debug)]
pub(super) enum Mixer {
    First(Mamba1),
    Second(Mamba2),
}

impl Mixer {
    fn forward(&self, x: &Rows, pass: &Pass<'_>, states: &mut [&mut LayerState]) -> Result<Rows> {
        match self {
            Self::First(mixer) => mixer.forward(x, pass, states),
            Self::Second(mixer) => mixer.forward(x, pass, states),
        }
    }

    fn memory(&self) -> Memory {
        match self {
            Self::First(mixer) => mixer.memory(),
            Self::Second(mixer) => mixer.memory(),
        }
    }

    fn cost(&self) -> Cost {
        match self {
            Self::First(mixer) => mixer.cost(),
            Self::Second(mixer) => mixer.cost(),
        }
    }
}

/// A low-rank addition: `(x Aᵀ) Bᵀ`.
#[derive(Debug)]
pub(super) struct Adapter {
    pub(super) down: Linear,
    pub(super) up: Linear,
}

/// A shared attention block. It reads the stream beside the embedding, so it is 2H wide.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) input_norm: Norm,  // [2H]
    pub(super) qkv: [Linear; 3],  // [NA·HD, 2H] each
    pub(super) output: Linear,    // [H, NA·HD]
    pub(super) pre_ff_norm: Norm, // [H]
    pub(super) gate_up: Linear,   // [2F, H], gate rows first
    pub(super) down: Linear,      // [H, F]
    pub(super) activation: Activation,
    pub(super) rotary: Option<Arc<Rotary>>,
    pub(super) sizes: AttentionSizes,
}

impl Block for Layer {
    fn forward(&self, x: &mut Rows, pass: &Pass<'_>, states: &mut [&mut LayerState]) -> Result<()> {
        let called = self.call.as_ref().map(|call| call.forward(x, pass, states)).transpose()?;
        let input = called.as_ref().map_or(Input::One(x), |called| Input::Sum(x, called));
        let normed = pass.clock.time(Part::Rest, || self.norm.apply(input))?;
        let out = self.mixer.forward(&normed, pass, states)?;
        pass.clock.time(Part::Rest, || ops::add(x, &out))
    }

    fn memory(&self) -> Memory {
        let attention = self.call.as_ref().map(|call| call.block.sizes);
        self.mixer.memory() + Memory { attention, ..Memory::default() }
    }

    /// A shared block counts at every call: it is larger than what caches keep until the next one.
    fn cost(&self, position: usize) -> Cost {
        let Some(Call { block, adapters, gate_up, linear }) = &self.call else { return self.mixer.cost() };
        let shared = block.qkv.iter().chain([&block.output, &block.gate_up, &block.down, linear]);
        let low_rank = adapters.iter().flatten().chain(gate_up).flat_map(|adapter| [&adapter.down, &adapter.up]);
        self.mixer.cost() + Cost::of(shared.chain(low_rank)) + Cost::of_attention(block.sizes, position)
    }
}

impl Call {
    /// x [rows, H] → [rows, H].
    fn forward(&self, x: &Rows, pass: &Pass<'_>, states: &mut [&mut LayerState]) -> Result<Rows> {
        let (block, clock) = (&self.block, pass.clock);
        let u = clock.time(Part::Rest, || block.input_norm.apply(Input::Joined(x, &pass.embedded)))?; // [rows, 2H]
        let project =
            |index: usize| adapted(&u, &block.qkv[index], self.adapters.as_ref().map(|adapters| &adapters[index]));
        let qkv = clock.time(Part::AttentionProducts, || Ok::<_, Error>([project(0)?, project(1)?, project(2)?]))?;
        let attended =
            clock.time(Part::Attention, || attend(block.sizes, qkv, block.rotary.as_deref(), pass, states))?;
        let attended = clock.time(Part::AttentionProducts, || block.output.apply(&attended))?;
        let m = clock.time(Part::Rest, || block.pre_ff_norm.apply(Input::One(&attended)))?; // [rows, H]
        let gate_up = clock.time(Part::MlpProducts, || adapted(&m, &block.gate_up, self.gate_up.as_ref()))?; // [rows, 2F]
        let gated = clock.time(Part::Gate, || ops::gate(block.activation, &gate_up))?;
        clock.time(Part::MlpProducts, || self.linear.apply(&block.down.apply(&gated)?))
    }
}

/// `x Wᵀ + b`, plus `(x Aᵀ) Bᵀ` where there is an adapter.
fn adapted(x: &Rows, layer: &Linear, adapter: Option<&Adapter>) -> Result<Rows> {
    let mut y = layer.apply(x)?;
    if let Some(adapter) = adapter {
        adapter.up.apply_onto(&adapter.down.apply(x)?, &mut y)?;
    }
    Ok(y)
}
