//! Vibes: prompt packs, the conversations they ask for, the checks on what a model says, and what is kept of it.
//!
//! Everything here is text in, text out: the harness renders, tokenises and samples.

mod catalogue;
pub mod checks;
mod combinations;
mod conversation;
pub mod dryness;
mod pack;
mod pack_file;
mod reader;
mod sampling;
mod schema;
mod stop;
mod substitute;
mod summary;
mod transcript;
mod transcript_format;
mod variables;
mod visible;
mod words;

pub use catalogue::PackCatalogue;
pub use checks::{Assertion, Check, CheckInfo, Reply, Verdict};
pub use conversation::{Choose, Conversation, Turn};
pub use pack::PromptPack;
pub use sampling::Sampling;
pub use schema::schema;
pub use stop::Stop;
pub use summary::{PackSummary, PromptSummary, StickyTalk};
pub use transcript::{ChoiceScore, Choices, Reference, Rendering, Stickiness, Transcript, TurnRecord};
pub use transcript_format::{Example, TranscriptFormat};
pub use variables::Variables;
pub use visible::visible;
