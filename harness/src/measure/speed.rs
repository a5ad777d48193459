//! What a measurement of speed tells.

use serde::Serialize;

use crate::run_file::PrecisionSpec;

/// What was measured. Times in seconds, sizes in bytes, rates a second, shares in [0, 1].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Measured {
    pub machine: MachineLimits,
    /// Bytes of the weight files.
    pub file_bytes: u64,
    /// Most tokens of a request.
    pub context_limit: usize,
    pub start_up: Option<StartUp>,
    pub speeds: Vec<Speed>,
    /// Most memory that the program had at any time up to here; `None` where the system does not tell.
    pub peak_memory_bytes: Option<u64>,
}

/// What the machine can do at most.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct MachineLimits {
    pub instruction_set: &'static str,
    pub threads: usize,
    /// f32, two a fused multiply-add, on all threads.
    pub flops_per_second: f64,
    /// Read over one GiB by all threads.
    pub bytes_per_second: f64,
    /// Ways that products of many rows could go.
    pub products: Vec<ProductWay>,
}

/// A way that products of one arithmetic could go.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct ProductWay {
    pub precision: PrecisionSpec,
    pub way: &'static str,
    /// Whether it is the one that was chosen for this machine.
    pub is_chosen: bool,
    /// Two a multiply-add, on all threads.
    pub flops_per_second: f64,
}

/// From the start of the program to the first token.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct StartUp {
    /// Median of several starts; the weight files lie in the page cache.
    pub first_token_seconds: f64,
    /// Reading the weight files from the page cache, by one thread, into a buffer that is used again.
    pub read_seconds: f64,
}

/// One arithmetic.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Speed {
    pub precision: PrecisionSpec,
    pub weight_bytes: u64,
    pub load_seconds: f64,
    pub prefill: Prefill,
    /// In the order asked for.
    pub contexts: Vec<Context>,
    /// Contexts that the model cannot take.
    pub beyond_limit: Vec<usize>,
}

/// Many tokens at once.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Prefill {
    pub sequences: usize,
    pub length: usize,
    pub tokens_per_second: f64,
    pub flops_per_second: f64,
    /// Of the machine's f32 multiply-adds.
    pub share_of_peak: f64,
    pub parts: Vec<PartTime>,
}

/// One token after another, after a context.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Context {
    pub tokens: usize,
    pub first_token_seconds: f64,
    pub per_token_seconds: f64,
    pub tokens_per_second: f64,
    /// Weights, state, keys and values gone through.
    pub bytes_per_second: f64,
    pub share_of_bandwidth: f64,
    /// The part of the state that does not grow.
    pub state_bytes: u64,
    pub key_value_bytes: u64,
    pub parts: Vec<PartTime>,
}

/// The time of one part of the model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct PartTime {
    pub layer_kind: &'static str,
    pub part: &'static str,
    pub seconds: f64,
    pub share: f64,
}
