//! How a checkpoint is to be loaded.

/// What is multiplied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// f32 arithmetic on the weights as they lie on disk.
    #[default]
    F32,
    /// Inputs and weights of linear layers rounded to bf16, sums in f32.
    Bf16,
}

/// The smallest Δt of a recurrence, the same for every token however it is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DtFloor {
    /// What config.json says, as transformers' prefill has it.
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
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[expect(missing_docs, reason = "the types of the other fields explain them")]
pub struct LoadOptions {
    pub precision: Precision,
    pub dt_floor: DtFloor,
    pub backend: Backend,
    /// Position interpolation (Chen et al. 2023, arXiv:2306.15595): what the positions of rotary embeddings are divided by, on top of what
    /// config.json says of them.
    pub rope_scale: Option<f64>,
}
