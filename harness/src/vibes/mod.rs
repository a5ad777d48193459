//! Vibes: prompt packs are talked through with a checkpoint, and what it says is judged and kept.

mod chat;
mod hold;
mod memory;
mod packs;
pub mod show;
mod voice;

pub use chat::Chat;
pub use hold::{Heard, Speaker, Talks, hold};
pub use packs::packs;
