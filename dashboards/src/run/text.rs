//! Items as a person reads them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::subject::Subject;

/// An item as a person reads it; records hold only numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemText {
    /// Number of the document in its split, from 0.
    pub doc_id: usize,
    /// What part of the task it belongs to (an MMLU subject), where there are parts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// What the model reads before each choice.
    pub context: String,
    /// The choices.
    pub choices: Vec<String>,
}

/// The items of one task with its settings, as text: the same for every checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskTexts {
    /// Leaf task, as the catalogue names it.
    pub task: String,
    /// Shots of every item.
    pub shots: usize,
    /// How the items are perturbed, where they are.
    pub perturb: Option<String>,
    /// The items, in order of `doc_id`.
    pub items: Arc<Vec<ItemText>>,
}

impl TaskTexts {
    /// The task with its settings.
    pub fn subject(&self) -> Subject {
        Subject::task(&self.task, self.shots, self.perturb.clone())
    }
}
