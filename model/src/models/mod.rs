//! The architectures, and what they share. An architecture is one file: its config, its tensors, its blocks; and a line in [`registry`].

mod bamba;
mod config;
mod cost;
mod decoder;
mod dense;
mod dense_config;
mod gpt2;
mod gpt_neox;
mod hf_olmo;
mod language_model;
mod llama;
mod logits;
mod mamba;
mod mamba2;
mod olmo;
mod passes;
mod phi;
mod profile;
mod qwen;
mod registry;
mod rope;
mod shared_block;
mod smollm3;
mod zamba;
mod zamba2;

pub use config::{ModelConfig, check};
pub use cost::Cost;
pub use decoder::Model;
pub(crate) use decoder::{Block, Parts, Pass};
pub use language_model::{LanguageModel, Sequence, Wanted};
pub use logits::Logits;
pub(crate) use profile::Clock;
pub use profile::Part;
pub use registry::{Known, architectures};
