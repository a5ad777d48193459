//! Answers: Zamba2 inference with explicit states, scoring by shared prefixes, sampling, and the tokenizer.

mod config;
mod decode_stream;
mod error;
mod language_model;
mod layout;
mod likelihood;
mod ops;
mod scorer;
mod special_tokens;
mod state;
mod tokenizer;
mod trie;
mod walk;
mod weights;
mod zamba2;

pub use config::{LayerKind, Zamba2Config, max_length};
pub use decode_stream::DecodeStream;
pub use error::{Error, Result};
pub use language_model::{LanguageModel, Logits, Sequence, Wanted};
pub use scorer::{LogLikelihood, Progress, Request, Scorer, ScorerOptions};
pub use state::State;
pub use tokenizer::{EncodedPair, Tokenizer};
pub use trie::Plan;
pub use weights::{check, weight_files};
pub use zamba2::{DtFloor, LoadOptions, Precision, Zamba2};
