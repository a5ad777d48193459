//! Texts drawn from a model: token by token, where an answer ends, and how a token is chosen.

mod generate;
mod reply;
mod sampling;

pub use generate::{Generated, Prompt, Stopped, Token, generate, generate_batch};
pub use sampling::Sampling;
