//! Texts drawn from a model: token by token, where an answer ends, and how a token is chosen.

mod generate;
mod generated;
mod reply;
mod sampler;
mod sampling;
mod shared;
mod talk;

pub use generate::{generate, generate_batch};
pub use generated::{Generated, Prompt, Stopped, Token};
pub use sampling::Sampling;
pub use shared::{Begun, read_shared};
