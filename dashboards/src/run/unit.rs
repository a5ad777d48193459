//! What was measured: one task, or one prompt pack, on one checkpoint.

use std::sync::Arc;

use spyglass_tasks::ItemRecord;
use spyglass_tasks::vibes::Transcript;

use super::unit_record::UnitRecord;

/// A unit with its item records.
#[derive(Debug, Clone)]
pub struct Unit {
    /// The summary.
    pub record: UnitRecord,
    /// The items, in order of `doc_id`.
    pub items: Arc<Vec<ItemRecord>>,
}

/// A prompt pack on one checkpoint, with what was said.
#[derive(Debug, Clone)]
pub struct PackUnit {
    /// The summary; its task is the pack, its metrics are those of [`spyglass_tasks::vibes::PackSummary`].
    pub record: UnitRecord,
    /// The conversations, in the pack's order.
    pub transcripts: Arc<Vec<Transcript>>,
}
