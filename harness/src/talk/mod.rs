//! Vibes: prompt packs are talked through with a checkpoint, and what it says is judged and kept.

mod chat;
mod packs;
mod prefix_cache;
mod prompt_format;
mod run_conversations;
mod unit;

pub use chat::Chat;
pub use packs::packs;
pub use run_conversations::{ChatModel, TalkEvent, Talks, run_conversations};
pub(crate) use unit::{PackJob, Talked};
