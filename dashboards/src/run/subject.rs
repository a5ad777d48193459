//! What one curve is about: the one identity of a task with its settings.

use std::fmt::Write;

use serde::Serialize;
use spyglass_tasks::Perturb;

/// A task with its settings, or a group of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Subject {
    /// The leaf task, or the group.
    pub task: String,
    /// Shots of every item.
    pub shots: usize,
    /// How its items are perturbed, where they are.
    pub perturb: Option<String>,
    /// A group of tasks (MMLU and its subjects).
    pub is_group: bool,
}

impl Subject {
    /// A task that is not a group.
    pub fn task(name: &str, shots: usize, perturb: Option<String>) -> Self {
        Self { task: name.to_owned(), shots, perturb, is_group: false }
    }

    /// The group of that name, asked as this is.
    #[must_use]
    pub fn group(&self, name: &str) -> Self {
        Self { task: name.to_owned(), is_group: true, ..self.clone() }
    }

    /// Whether both are asked alike: with as many shots, perturbed in the same way.
    pub fn is_asked_as(&self, other: &Self) -> bool {
        (self.shots, &self.perturb) == (other.shots, &other.perturb)
    }

    /// How its items are perturbed, in words: `shuffled`; of a perturbation that is not known here, its name. `None` of plain items.
    pub fn perturbed_words(&self) -> Option<String> {
        let name = self.perturb.as_deref()?;
        Some(match Perturb::named(name) {
            Some(Perturb::Shuffle) => "shuffled".to_owned(),
            None => format!("perturbed ({name})"),
        })
    }

    /// The name with its settings where they are not plain: `mmlu · 5-shot`.
    pub fn title(&self) -> String {
        let mut title = self.task.clone();
        if self.shots > 0 {
            let _ = write!(title, " · {}-shot", self.shots);
        }
        if let Some(perturb) = &self.perturb {
            let _ = write!(title, " · {perturb}");
        }
        title
    }
}
