//! How a checkpoint is to be loaded.

use crate::kernels::Isa;

/// What is multiplied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// f32 arithmetic on the weights as they lie on disk.
    #[default]
    F32,
    /// Inputs and weights of linear layers rounded to bf16, sums in f32.
    Bf16,
    /// Weights of linear layers rounded to eight bits by output, their inputs by token, sums exact. Embeddings, norms, convolution, scan
    /// and attention stay f32.
    Int8,
    /// Weights of linear layers rounded to four bits in blocks of 32 inputs, f32 arithmetic. An embedding that is the head, too, is
    /// rounded with it; everything else stays f32.
    Q4,
}

/// What a person should know who asks for `precision` on this machine: that it has no instruction for it that pays, and the same numbers
/// are computed otherwise.
pub fn slow_path(precision: Precision) -> Option<&'static str> {
    let isa = Isa::current();
    match precision {
        Precision::Int8 if !isa.has_vnni() => {
            Some("int8: this machine has no `vpdpbusd`, so products go through 16 bits: the same numbers, more slowly")
        }
        Precision::Bf16 if !isa.has_bf16() => Some(
            "bf16: this machine multiplies bf16 no faster than f32, so products go through f32: the same numbers, no time saved in prefill",
        ),
        Precision::F32 | Precision::Bf16 | Precision::Int8 | Precision::Q4 => None,
    }
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
