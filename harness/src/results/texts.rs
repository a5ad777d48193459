//! The items of each task as text, kept beside the scores so that the report can show them when the data are gone.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use spyglass_dashboards::run::{ItemText, TaskTexts};
use spyglass_tasks::{Items, Task};

use super::{Store, slug, write_whole};
use crate::Result;

/// The first line of a file of texts.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Head {
    task: String,
    shots: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    perturb: Option<String>,
    /// Hashes of the task's definition and data: other ones make other texts.
    definition: String,
    data: String,
    items: usize,
}

impl Store {
    /// Keeps the items of tasks as text; those that are kept already are left as they are.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub(crate) fn keep_texts<'a>(&self, tasks: impl Iterator<Item = (&'a Task, &'a Items)>) -> Result<()> {
        let folder = self.root().join("texts");
        fs_err::create_dir_all(&folder)?;
        for (task, items) in tasks {
            let head = Head {
                task: task.name.clone(),
                shots: task.shots,
                perturb: task.perturb.clone(),
                definition: task.definition_hash(),
                data: items.data_hash.clone(),
                items: items.items.len(),
            };
            let path = folder.join(file_name(task));
            // A smaller limit than before asks for texts that are there already.
            let kept = read(&path).map(|(kept, _)| kept).filter(|kept| kept.items >= head.items);
            let enough = kept.map(|kept| Head { items: head.items, ..kept });
            if enough.as_ref() != Some(&head) {
                write_whole(&path, &packed(&head, items)?)?;
            }
        }
        Ok(())
    }

    /// All texts that are kept; files that cannot be read are passed over, since no number depends on them.
    pub fn texts(&self) -> Vec<TaskTexts> {
        let Ok(entries) = fs_err::read_dir(self.root().join("texts")) else { return Vec::new() };
        let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        paths.sort();
        paths.iter().filter_map(|path| read(path)).map(|(_, texts)| texts).collect()
    }
}

fn file_name(task: &Task) -> String {
    let perturb = task.perturb.as_ref().map(|perturb| format!("-{}", slug(perturb))).unwrap_or_default();
    format!("{}-{}shot{perturb}.jsonl.zst", slug(&task.name), task.shots)
}

fn packed(head: &Head, items: &Items) -> Result<Vec<u8>> {
    let mut lines = serde_json::to_string(head).expect("plain data") + "\n";
    for item in &items.items {
        let text = ItemText {
            doc_id: item.doc_id,
            subject: item.subject.clone(),
            context: item.context().to_owned(),
            choices: item.choices.clone(),
        };
        lines += &serde_json::to_string(&text).expect("plain data");
        lines.push('\n');
    }
    Ok(zstd::encode_all(lines.as_bytes(), 3)?)
}

fn read(path: &Path) -> Option<(Head, TaskTexts)> {
    let bytes = zstd::decode_all(&fs_err::read(path).ok()?[..]).ok()?;
    let mut lines = bytes.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    let head: Head = serde_json::from_slice(lines.next()?).ok()?;
    let items = lines.map(serde_json::from_slice).collect::<Result<Vec<ItemText>, _>>().ok()?;
    let texts =
        TaskTexts { task: head.task.clone(), shots: head.shots, perturb: head.perturb.clone(), items: Arc::new(items) };
    Some((head, texts))
}
