//! Zamba2: config → weights → forward (SPEC §2).

mod angles;
mod batch;
mod clock;
mod forward;
mod load;
mod size;

use std::path::Path;
use std::sync::Arc;

use angles::AngleTable;
pub(crate) use clock::Clock;
pub use clock::Part;

use crate::config::Zamba2Config;
use crate::error::Result;
use crate::kernels::Pool;
use crate::language_model::{LanguageModel, Logits, Sequence};
use crate::ops::{Linear, MixerWeights};
use crate::state::State;

/// What is multiplied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// f32 arithmetic on the weights as they lie on disk.
    #[default]
    F32,
    /// Inputs and weights of linear layers rounded to bf16, sums in f32.
    Bf16,
}

/// The smallest Δt, the same for every token however it is computed (SPEC §6.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DtFloor {
    /// `time_step_min` of config.json, as transformers' prefill has it.
    #[default]
    Config,
    /// None, as the training kernels have it.
    Zero,
}

/// What computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Backend {
    /// Our kernels, on the CPU.
    #[default]
    Kernels,
    /// Compositions of candle tensors: slow and plain, what the kernels are compared with.
    Candle,
}

/// How a checkpoint is to be loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the types of the fields explain them")]
pub struct LoadOptions {
    pub precision: Precision,
    pub dt_floor: DtFloor,
    pub backend: Backend,
}

/// A Zamba2 in memory.
#[derive(Debug)]
pub struct Zamba2 {
    config: Zamba2Config,
    embedding: Linear, // [V, H], the head too where they are tied
    head: Linear,
    final_norm: Vec<f32>,
    layers: Vec<Layer>,
    blocks: Vec<Block>,
    angles: Option<AngleTable>,
    /// The state before any token, which new ones share.
    empty: State,
    pool: Arc<Pool>,
    weight_bytes: u64,
}

#[derive(Debug)]
struct Layer {
    norm: Vec<f32>, // [H]
    in_proj: Linear,
    mixer: MixerWeights,
    out_proj: Linear,
    call: Option<Call>,
}

/// A hybrid layer's call of a shared block: what is its own.
#[derive(Debug)]
struct Call {
    block: usize,
    adapters: Option<[Adapter; 3]>, // of queries, keys, values
    gate_up: Adapter,
    linear: Linear, // [H, H]
}

/// A low-rank addition: `(x Aᵀ) Bᵀ`.
#[derive(Debug)]
struct Adapter {
    down: Linear,
    up: Linear,
}

/// A shared attention block.
#[derive(Debug)]
struct Block {
    input_norm: Vec<f32>,  // [2H]
    qkv: [Linear; 3],      // [2H, 2H] each
    output: Linear,        // [H, 2H]
    pre_ff_norm: Vec<f32>, // [H]
    gate_up: Linear,       // [2F, H], gate rows first
    down: Linear,          // [H, F]
}

impl Zamba2 {
    /// Reads the checkpoint in `dir`. Memory at its peak: the weights, in f32 or bf16 as they lie on disk, and little more.
    ///
    /// # Errors
    /// Whatever is wrong with config.json or the weights, by file, tensor, what was expected and what was found.
    pub fn load(dir: &Path, options: &LoadOptions) -> Result<Self> {
        load::load(dir, options)
    }

    /// Its sizes.
    pub fn config(&self) -> &Zamba2Config {
        &self.config
    }

    /// Bytes of weights in memory.
    pub fn weight_bytes(&self) -> u64 {
        self.weight_bytes
    }
}

impl LanguageModel for Zamba2 {
    type State = State;

    fn new_state(&self) -> State {
        self.empty.clone()
    }

    fn forward(&self, sequences: &mut [Sequence<'_, State>]) -> Result<Vec<Logits>> {
        self.run(sequences, &Clock::stopped())
    }

    fn vocab_size(&self) -> usize {
        self.config.vocab_size
    }

    fn state_bytes(&self, position: usize) -> u64 {
        let config = &self.config;
        let fixed = (config.conv_width - 1) * config.conv_size() + config.inner_size * config.state_size;
        let cached = position.div_ceil(crate::kernels::BLOCK) * self.attention_sizes().block_len();
        ((config.layers.len() * fixed + config.hybrid_layers().len() * cached) * size_of::<f32>()) as u64
    }
}
