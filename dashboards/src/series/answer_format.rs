//! Whether a task is asked by letters, by choices or by words, and its twin of the other kind.

use serde::Serialize;
use spyglass_tasks::ItemRecord;

use crate::run::Subject;

/// How a task's questions are answered: tasks of one format may be siblings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerFormat {
    /// By the letter of an option: every option is one character.
    Letters,
    /// By the likelihood of an option's text.
    Options,
    /// By the likelihood of the one right text.
    Single,
    /// By writing it.
    Generated,
    /// Anything else.
    Other,
}

impl AnswerFormat {
    pub(super) fn of(items: &[ItemRecord]) -> Self {
        let all = |test: fn(&ItemRecord) -> bool| !items.is_empty() && items.iter().all(test);
        if all(|item| item.choices.len() > 1 && item.choices.iter().all(|choice| choice.chars == 1)) {
            Self::Letters
        } else if all(|item| item.choices.len() > 1) {
            Self::Options
        } else if all(|item| item.choices.len() == 1) {
            Self::Single
        } else if all(|item| item.generation.is_some()) {
            Self::Generated
        } else {
            Self::Other
        }
    }
}

/// The subject that asks the same facts without letters, found by name: `mmlu_law` → `mmlu_continuation_law`, `pilot_letters` →
/// `pilot_cloze` or else the first `pilot_facts…`.
pub(crate) fn cloze_twin<'a>(
    lettered: &Subject,
    others: impl Iterator<Item = &'a Subject> + Clone,
) -> Option<&'a Subject> {
    let rank = |other: &Subject| -> Option<usize> {
        if other.is_group != lettered.is_group || other.perturb.is_some() {
            return None;
        }
        let mut words: Vec<&str> = other.task.split('_').collect();
        let marked = words.iter().position(|word| matches!(*word, "continuation" | "cloze"));
        if let Some(mark) = marked {
            words.remove(mark);
            if words.join("_") == lettered.task {
                return Some(0);
            }
        }
        let family = lettered.task.strip_suffix("_letters")?;
        let rest = other.task.strip_prefix(family)?;
        if rest == "_cloze" { Some(1) } else { rest.starts_with("_facts").then_some(2) }
    };
    others.filter_map(|other| Some((rank(other)?, other))).min().map(|(_, other)| other)
}
