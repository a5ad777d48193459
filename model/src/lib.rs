//! Answers: inference with explicit states for the architectures that people train, scoring by shared prefixes, sampling, and the
//! tokenizer.
//!
//! [`Model::open`] reads a checkpoint of any architecture that [`architectures`] lists; nothing outside this crate needs to know which.

pub mod batch;
pub mod bench;
mod checkpoint;
mod error;
mod generation;
mod kernels;
mod layers;
mod models;
mod ops;
mod options;
mod scoring;
mod text;

pub use checkpoint::{WEIGHT_FORMS, gguf_header, is_gguf, weight_files};
pub use error::{Error, Result};
pub use generation::{Begun, Generated, Prompt, Sampling, Stopped, Token, generate, generate_batch, read_shared};
pub use kernels::{Isa, Tile};
pub use layers::State;
pub use models::{
    Cost, Known, LanguageModel, Logits, Model, ModelConfig, Part, Sequence, Wanted, architectures, check,
};
pub use options::{Backend, DtFloor, LoadOptions, Precision, slow_path};
pub use scoring::{Fork, LogLikelihood, Progress, Request, RequestTrie, Scorer, ScorerOptions, TokenShift, shifts};
pub use text::{Bos, ChatTemplate, Continued, DecodeStream, EncodedPair, Message, Tokenizer, has_tokenizer};
