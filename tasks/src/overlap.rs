//! Does training text hold a task's items? Word n-grams of the items are looked for in any amount of text.
//!
//! The items' n-grams are hashed, sorted and put into a bitmap; the text is read once, word by word, with a rolling hash,
//! and each hit is compared word by word. So time is linear in the text and memory depends on the items alone.

mod index;
mod normalise;
mod text;

use serde::Serialize;

use crate::item::Item;

pub use index::{Findings, Index, Place};
pub use text::{is_text_file, scan_file, scan_folder};

/// Words of an n-gram: 13, as Brown et al. (2020), "Language models are few-shot learners", appendix C, used.
pub const N: usize = 13;
/// A passage shorter than [`N`] words is looked for as a whole, unless it has fewer words than this.
pub const SHORTEST: usize = 8;
/// An n-gram that more items of the task share belongs to the task's template, not to an item.
pub const SHARED_BY: usize = 10;

/// What is looked for of one item: its passages, each by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passages {
    /// The leaf task it belongs to.
    pub task: String,
    /// Number of the document in its split.
    pub doc_id: usize,
    /// Question, choices and whatever else its row says.
    pub texts: Vec<String>,
}

impl Passages {
    /// All texts in an item's row. Not its prompt: shots and description are not part of the item.
    pub fn of(task: &str, item: &Item) -> Self {
        let mut texts = Vec::new();
        item.doc.values().for_each(|value| strings(value, &mut texts));
        Self { task: task.to_owned(), doc_id: item.doc_id, texts }
    }
}

fn strings(value: &serde_json::Value, found: &mut Vec<String>) {
    match value {
        serde_json::Value::String(text) => found.push(text.clone()),
        serde_json::Value::Array(values) => values.iter().for_each(|value| strings(value, found)),
        serde_json::Value::Object(table) => table.values().for_each(|value| strings(value, found)),
        _ => {}
    }
}

/// One item of which something was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ItemOverlap {
    /// The leaf task it belongs to.
    pub task: String,
    /// Number of the document in its split.
    pub doc_id: usize,
    /// Its different n-grams.
    pub grams: usize,
    /// Those of them that the text holds.
    pub found: usize,
    /// `found / grams`.
    pub share: f64,
    /// One n-gram that was found, normalised.
    pub words: String,
    /// Where it was found first.
    pub place: Place,
}

/// How much of one task was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TaskOverlap {
    /// The leaf task.
    pub task: String,
    /// Items.
    pub items: usize,
    /// Items too short to be looked for, or made of nothing but their task's template.
    pub not_checked: usize,
    /// Items of which at least one n-gram was found.
    pub found: usize,
    /// `found` over the items that were checked; `None` when none was.
    pub share: Option<f64>,
}

/// What was found of the items of one or several tasks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Overlap {
    /// Each task, in the order of their items.
    pub tasks: Vec<TaskOverlap>,
    /// Words of text that were read.
    pub words: u64,
    /// Documents that were read.
    pub documents: u64,
    /// The items of which at least one n-gram was found, in their order.
    pub found: Vec<ItemOverlap>,
}
