//! A checkpoint's files: config.json, weights, and what a model asks of them. Nothing here knows an architecture.
//!
//! Every format of weights is read into the same list of entries: where a tensor lies, how wide its numbers are and what shape they have.
//! A new format is one file with a function that gives such a list, and a line in `weights.rs`.

mod config_json;
pub(crate) mod gguf;
mod quantised;
mod read;
mod tensors;
mod torch;
mod weights;

pub(crate) use config_json::{Keys, LARGEST_SIZE, MOST_LAYERS, context_limit, token_ids};
pub use gguf::{gguf_header, is_gguf};
pub(crate) use quantised::UNQUANTISED;
pub(crate) use tensors::{NEVER, Shape, Tensors};
pub(crate) use weights::Weights;
pub use weights::{WEIGHT_FORMS, weight_files};
