//! Vibes: prompt packs are talked through with a checkpoint, and what it says is judged and kept.

mod chat;
mod continuations;
mod held;
mod packs;
mod prefix_cache;
mod prompt_format;
mod run_conversations;
mod unit;

pub(crate) use chat::Chat;
pub(crate) use packs::packs;
pub use run_conversations::{ChatModel, run_conversations};
pub(crate) use run_conversations::{TalkEvent, Talks};
pub(crate) use unit::{PackJob, Talked};
