//! Answers: Zamba2 inference with explicit states, scoring by shared prefixes, sampling, and the tokenizer.

pub mod bench;
mod chat_template;
mod config;
mod decode_stream;
mod error;
mod generate;
mod kernels;
mod language_model;
mod layout;
mod likelihood;
mod ops;
mod python_json;
mod reply;
mod sampling;
mod scorer;
mod special_tokens;
mod state;
mod tokenizer;
mod trie;
mod walk;
mod weights;
mod zamba2;

pub use chat_template::{ChatTemplate, Message};
pub use config::{LayerKind, Zamba2Config, max_length};
pub use decode_stream::DecodeStream;
pub use error::{Error, Result};
pub use generate::{Generated, Prompt, Stopped, Token, generate, generate_batch};
pub use kernels::Isa;
pub use language_model::{LanguageModel, Logits, Sequence, Wanted};
pub use sampling::Sampling;
pub use scorer::{LogLikelihood, Progress, Request, Scorer, ScorerOptions};
pub use state::State;
pub use tokenizer::{EncodedPair, Tokenizer};
pub use trie::Plan;
pub use weights::{check, weight_files};
pub use zamba2::{Backend, DtFloor, LoadOptions, Part, Precision, Zamba2};
