//! What readers wrote beside a run, a checkpoint, a task, an item or a conversation.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::rating::RatingPlace;

/// A remark: a line of `notes.jsonl` in the results. Of several with one id the last counts; one without text takes it back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// Tells it from the others.
    pub id: String,
    /// Who wrote it.
    pub author: String,
    /// What it is about.
    pub about: NoteAbout,
    /// The text.
    pub text: String,
    /// When, RFC 3339.
    #[serde(default)]
    pub time: String,
}

/// What a note is about. Tasks are named as the report names them: `mmlu · 5-shot`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
#[expect(missing_docs, reason = "a variant's line explains its fields")]
pub enum NoteAbout {
    /// The run.
    Run {},
    /// One checkpoint.
    Checkpoint { at: RatingPlace },
    /// A task or group, at all checkpoints.
    Task { task: String },
    /// One item of a task.
    Item { task: String, item: usize },
    /// A conversation, at one checkpoint.
    Transcript {
        pack: String,
        prompt: String,
        #[serde(default)]
        variables: Map<String, Value>,
        #[serde(default)]
        repeat: usize,
        at: RatingPlace,
    },
}

/// Letters of a note, at most: one that is longer is a document, and wants a place of its own.
pub const NOTE_LETTERS: usize = 10_000;
/// Letters of an id or an author.
const NAME_LETTERS: usize = 200;

impl Note {
    /// What is wrong with it.
    pub fn flaw(&self) -> Option<String> {
        for (key, text, most) in
            [("id", &self.id, NAME_LETTERS), ("author", &self.author, NAME_LETTERS), ("text", &self.text, NOTE_LETTERS)]
        {
            if text.chars().count() > most {
                return Some(format!("`{key}` has more than {most} letters"));
            }
            if key != "text" && text.trim().is_empty() {
                return Some(format!("`{key}` is empty"));
            }
        }
        None
    }

    /// The notes that count, in the order in which they were first written.
    pub fn latest(lines: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let mut notes: Vec<Self> = Vec::new();
        let mut places = std::collections::HashMap::new();
        for note in lines {
            let place = *places.entry(note.id.clone()).or_insert(notes.len());
            match notes.get_mut(place) {
                Some(known) => *known = note,
                None => notes.push(note),
            }
        }
        notes.retain(|note| !note.text.trim().is_empty());
        notes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(id: &str, text: &str) -> Note {
        let line = format!(r#"{{"id":"{id}","author":"ann","about":{{"kind":"run"}},"text":"{text}"}}"#);
        serde_json::from_str(&line).unwrap()
    }

    #[test]
    fn the_last_line_of_an_id_counts_and_an_empty_one_takes_it_back() {
        let lines = [note("a", "first"), note("b", "second"), note("a", "again"), note("c", "third"), note("c", " ")];
        let texts: Vec<String> = Note::latest(lines).into_iter().map(|note| note.text).collect();
        assert_eq!(texts, ["again", "second"]);
    }

    #[test]
    fn a_note_has_an_author_an_id_and_an_end() {
        let long = "x".repeat(NOTE_LETTERS + 1);
        for (note, wanted) in
            [(note(" ", "x"), "`id` is empty"), (note("a", &long), "`text` has more than 10000 letters")]
        {
            assert_eq!(note.flaw().as_deref(), Some(wanted));
        }
        assert_eq!(note("a", "").flaw(), None);
        for line in [
            r#"{"id":"a","author":"b","about":{"kind":"page"},"text":"c"}"#,
            r#"{"id":"a","author":"b","about":{"kind":"item","task":"t","item":-1},"text":"c"}"#,
            r#"{"id":"a","author":"b","about":{"kind":"task","task":"t"},"text":"c","x":1}"#,
        ] {
            assert!(serde_json::from_str::<Note>(line).is_err(), "{line}");
        }
    }
}
