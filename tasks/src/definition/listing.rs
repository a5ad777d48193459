//! What `spyglass list tasks` shows.

use serde::Serialize;

use super::catalogue::Catalogue;
use super::chance::Chance;

/// One line of the list of tasks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entry {
    /// Name.
    pub name: String,
    /// What it is.
    pub kind: EntryKind,
    /// Where the data come from.
    pub source: Option<String>,
    /// Licence of the data.
    pub licence: Option<String>,
    /// The split that is asked.
    pub split: Option<String>,
    /// Score of guessing, where the file states one.
    pub chance: Option<Chance>,
    /// One line on it.
    pub about: Option<String>,
}

/// What an entry of the list is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// Tasks whose scores are shown together.
    Group,
    /// A leaf task.
    Task,
    /// One subject of a task with many.
    Subject,
}

impl Catalogue {
    /// All groups and tasks, in the order of their names; the subjects of a task after all others.
    pub fn entries(&self) -> Vec<Entry> {
        let group = |group: &super::Group| Entry {
            name: group.name.clone(),
            kind: EntryKind::Group,
            source: None,
            licence: None,
            split: None,
            chance: None,
            about: group.about.clone(),
        };
        let leaf = |leaf: &super::leaf::Leaf| Entry {
            name: leaf.name.clone(),
            kind: if leaf.subject.is_some() { EntryKind::Subject } else { EntryKind::Task },
            source: leaf.file.source.clone(),
            licence: leaf.file.licence.clone(),
            split: leaf.file.test_split.clone().or_else(|| leaf.file.validation_split.clone()),
            chance: leaf.file.chance,
            about: leaf.file.about.clone(),
        };
        let mut entries: Vec<Entry> = self.groups.iter().map(group).chain(self.leaves.iter().map(leaf)).collect();
        entries.sort_by(|a, b| (a.kind == EntryKind::Subject, &a.name).cmp(&(b.kind == EntryKind::Subject, &b.name)));
        entries
    }
}
