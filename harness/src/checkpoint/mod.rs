//! Checkpoints on disk: which there are, how many tokens each has seen, and how the branches hang together.

mod discover;
mod log;
mod tokens;
mod tree;

pub use discover::{Found, LeftAlone, discover};
pub use log::read_log;
pub use tree::{Discovered, discover_tree};
