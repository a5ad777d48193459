//! Answers: Zamba2 inference with explicit states, scoring by shared prefixes, sampling, and the tokenizer.

pub mod bench;
mod config;
mod error;
mod kernels;
mod language_model;
mod layout;
mod ops;
mod state;
mod weights;
mod zamba2;

pub use config::{LayerKind, Zamba2Config, max_length};
pub use error::{Error, Result};
pub use kernels::Isa;
pub use language_model::{LanguageModel, Logits, Sequence, Wanted};
pub use state::State;
pub use weights::{check, weight_files};
pub use zamba2::{Backend, DtFloor, LoadOptions, Part, Precision, Zamba2};
