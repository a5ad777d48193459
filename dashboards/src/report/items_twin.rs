//! The same items asked otherwise, beside the list of a task's items: who has a test by heart is right on one of the two.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use spyglass_tasks::ItemRecord;

use super::curves::TaskUnits;
use super::items_bytes::{coded, p_byte, right_byte};
use crate::run::Checkpoint;

/// The same items asked otherwise, at the checkpoints of the list.
pub(super) struct Twin<'a> {
    pub(super) words: String,
    items: BTreeMap<usize, Vec<Option<&'a ItemRecord>>>,
    primary: &'a str,
}

impl Twin<'_> {
    /// P(gold) and verdicts beside those of the list.
    pub(super) fn data(&self, ids: &[usize]) -> Value {
        let width = self.items.values().next().map_or(0, Vec::len);
        let records =
            || ids.iter().flat_map(|id| (0..width).map(move |at| self.items.get(id).and_then(|item| item[at])));
        let right = |record: Option<&ItemRecord>| right_byte(record, self.primary);
        json!({"words": self.words, "p": coded(records(), p_byte), "right": coded(records(), right)})
    }
}

/// The task's items as `other` asks them; `None` where that is another task or asks them as they are.
pub(super) fn twin<'a>(
    task: &TaskUnits<'_>,
    other: &'a TaskUnits<'_>,
    checkpoints: &[(usize, &Checkpoint)],
) -> Option<Twin<'a>> {
    let (own, asked) = (&task.subject, &other.subject);
    let is_twin =
        own.perturb.is_none() && (&own.task, own.shots, own.is_group) == (&asked.task, asked.shots, asked.is_group);
    let words = asked.perturbed_words().filter(|_| is_twin)?;
    let mut items: BTreeMap<usize, Vec<Option<&ItemRecord>>> = BTreeMap::new();
    for (index, (_, checkpoint)) in checkpoints.iter().enumerate() {
        for record in other.at(checkpoint).into_iter().flat_map(|unit| unit.items.iter()) {
            items.entry(record.doc_id).or_insert_with(|| vec![None; checkpoints.len()])[index] = Some(record);
        }
    }
    (!items.is_empty()).then_some(Twin { words, items, primary: &other.primary })
}
