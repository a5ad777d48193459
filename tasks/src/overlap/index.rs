//! The items' n-grams, and the search for them in a stream of words.

mod search;
mod window;

pub(super) use search::Search;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::normalise::{Words, hash, words};
use super::{ItemOverlap, N, Overlap, Passages, SHARED_BY, SHORTEST, TaskOverlap};
use window::Window;

/// Any odd number with many bits set serves as the base of the rolling hash.
const BASE: u64 = 0x9e37_79b9_7f4a_7c15;

/// One n-gram of one item.
#[derive(Debug, Clone, Copy)]
struct Gram {
    hash: u64,
    item: u32,
    /// Where its words begin among all words.
    start: u32,
    /// How many they are.
    len: u8,
}

/// The n-grams of a task's items, ready to be looked for.
#[derive(Debug)]
pub struct Index {
    /// Task and document of each item.
    items: Vec<(String, usize)>,
    /// The words of all passages, one after the other.
    words: Vec<String>,
    /// In the order of their hashes.
    grams: Vec<Gram>,
    /// Lengths that occur, each with `BASE` to that power.
    lengths: Vec<(usize, u64)>,
    /// Which top bits of a hash occur: one look tells most words of a text apart from all n-grams.
    bitmap: Vec<u64>,
    bitmap_bits: u32,
}

/// Where in the text something was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// The file, as it was named.
    pub source: String,
    /// The document in it, from 1 (the line of a JSONL file).
    pub document: u64,
}

/// What one or several texts hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// Number of the n-gram, and where it was found first.
    grams: BTreeMap<u32, Place>,
    words: u64,
    documents: u64,
}

impl Findings {
    /// Both together; of two places the earlier one in the order of names stays.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        for (gram, place) in other.grams {
            let known = self.grams.entry(gram).or_insert_with(|| place.clone());
            if place < *known {
                *known = place;
            }
        }
        self.words += other.words;
        self.documents += other.documents;
        self
    }
}

impl Index {
    /// Cuts the items into n-grams.
    pub fn new(items: &[Passages]) -> Self {
        let mut all_words = Vec::new();
        let mut grams = Vec::new();
        for (item, passages) in items.iter().enumerate() {
            let mut seen = BTreeSet::new();
            for text in &passages.texts {
                let words = words(text);
                let len = words.len().min(N);
                if len < SHORTEST {
                    continue;
                }
                let hashes: Vec<u64> = words.iter().map(|word| hash(word)).collect();
                for (at, window) in hashes.windows(len).enumerate() {
                    let hash = window.iter().fold(0_u64, |sum, word| sum.wrapping_mul(BASE).wrapping_add(*word));
                    if seen.insert((hash, len)) {
                        let start = (all_words.len() + at) as u32;
                        grams.push(Gram { hash, item: item as u32, start, len: len as u8 });
                    }
                }
                all_words.extend(words);
            }
        }
        grams.sort_by_key(|gram| (gram.hash, gram.item));
        let grams: Vec<Gram> = grams
            .chunk_by(|a, b| a.hash == b.hash)
            .filter(|same| same.len() <= SHARED_BY)
            .flat_map(|same| same.iter().copied())
            .collect();
        let lengths: BTreeSet<usize> = grams.iter().map(|gram| usize::from(gram.len)).collect();
        let lengths = lengths.into_iter().map(|len| (len, BASE.wrapping_pow(len as u32))).collect();
        // Sixteen bits an n-gram: a random hash passes once in sixteen times at most.
        let bitmap_bits = (grams.len().max(4) * 16).next_power_of_two().ilog2();
        let mut bitmap = vec![0; 1 << (bitmap_bits - 6)];
        for gram in &grams {
            let (slot, bit) = place(gram.hash, bitmap_bits);
            bitmap[slot] |= bit;
        }
        let items = items.iter().map(|item| (item.task.clone(), item.doc_id)).collect();
        Self { items, words: all_words, grams, lengths, bitmap, bitmap_bits }
    }

    /// A search through documents of one source.
    pub(super) fn search<'i>(&'i self, source: &str) -> Search<'i> {
        Search {
            index: self,
            place: Place { source: source.to_owned(), document: 0 },
            words: Words::default(),
            window: Window { recent: std::array::from_fn(|_| String::new()), sums: [0; N + 1], count: 0 },
            findings: Findings::default(),
        }
    }

    /// What was found, item by item.
    pub fn overlap(&self, findings: &Findings) -> Overlap {
        let mut grams = vec![0; self.items.len()];
        self.grams.iter().for_each(|gram| grams[gram.item as usize] += 1);
        let mut found: BTreeMap<u32, Vec<(u32, &Place)>> = BTreeMap::new();
        for (gram, place) in &findings.grams {
            found.entry(self.grams[*gram as usize].item).or_default().push((*gram, place));
        }
        let found: Vec<ItemOverlap> = found
            .into_iter()
            .map(|(item, hits)| self.item_overlap(item as usize, grams[item as usize], &hits))
            .collect();
        Overlap { tasks: self.tasks(&grams, &found), words: findings.words, documents: findings.documents, found }
    }

    /// Each task's share; `grams` is how many n-grams each item has.
    fn tasks(&self, grams: &[usize], found: &[ItemOverlap]) -> Vec<TaskOverlap> {
        let mut tasks: Vec<TaskOverlap> = Vec::new();
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        for ((task, _), grams) in self.items.iter().zip(grams) {
            let at = *places.entry(task).or_insert_with(|| {
                tasks.push(TaskOverlap { task: task.clone(), items: 0, not_checked: 0, found: 0, share: None });
                tasks.len() - 1
            });
            tasks[at].items += 1;
            tasks[at].not_checked += usize::from(*grams == 0);
        }
        for item in found {
            tasks[places[item.task.as_str()]].found += 1;
        }
        for task in &mut tasks {
            let checked = task.items - task.not_checked;
            task.share = (checked > 0).then(|| task.found as f64 / checked as f64);
        }
        tasks
    }

    fn item_overlap(&self, item: usize, grams: usize, hits: &[(u32, &Place)]) -> ItemOverlap {
        let start = |gram: u32| self.grams[gram as usize].start;
        let (gram, place) =
            hits.iter().min_by_key(|(gram, place)| (*place, start(*gram))).expect("an item is listed for a hit");
        let (task, doc_id) = self.items[item].clone();
        ItemOverlap {
            task,
            doc_id,
            grams,
            found: hits.len(),
            share: hits.len() as f64 / grams as f64,
            words: self.gram_words(&self.grams[*gram as usize]).join(" "),
            place: (*place).clone(),
        }
    }

    fn gram_words(&self, gram: &Gram) -> &[String] {
        let start = gram.start as usize;
        &self.words[start..start + usize::from(gram.len)]
    }
}

/// Slot and bit of a hash in the bitmap.
fn place(hash: u64, bits: u32) -> (usize, u64) {
    let top = (hash >> (64 - bits)) as usize;
    (top / 64, 1 << (top % 64))
}
