//! Vibes: prompt packs, the conversations they ask for, the checks on what a model says, and what is kept of it.
//!
//! Everything here is text in, text out: the harness renders, tokenises and samples.

mod catalogue;
pub mod checks;
mod conversation;
mod fill;
mod pack;
mod plain;
mod sampling;
mod schema;
mod summary;
mod transcript;
mod variables;
mod visible;
mod written;

pub use catalogue::PackCatalogue;
pub use checks::{Assertion, Check, CheckInfo, Reply, Verdict};
pub use conversation::{Choose, Conversation, Turn};
pub use pack::PromptPack;
pub use plain::{Example, TranscriptFormat};
pub use sampling::Sampling;
pub use schema::schema;
pub use summary::{PackSummary, PromptSummary, StickyTalk};
pub use transcript::{ChoiceScore, Choices, Reference, Rendering, Stickiness, Stop, Transcript, TurnRecord};
pub use variables::Variables;
pub use visible::visible;
