//! Vibes: prompt packs are talked through with a checkpoint, and what it says is judged and kept.

mod hold;
mod memory;
pub mod show;
mod voice;

pub use hold::{Heard, Speaker, hold};
