//! Readers' notes as they come in one by one: lines that are appended, and on disk before they are confirmed.

use std::path::PathBuf;

use spyglass_dashboards::run::Note;

use super::{Store, append_line, whole_lines};
use crate::Result;

impl Store {
    fn notes_file(&self) -> PathBuf {
        self.root().join("notes.jsonl")
    }

    /// The notes that count, and a message for each line that is no note.
    pub fn notes(&self) -> (Vec<Note>, Vec<String>) {
        let path = self.notes_file();
        if !path.exists() {
            return (Vec::new(), Vec::new());
        }
        let text = match whole_lines(&path) {
            Ok(text) => text,
            Err(error) => return (Vec::new(), vec![error.in_full()]),
        };
        let (mut notes, mut damaged) = (Vec::new(), Vec::new());
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let read = serde_json::from_str::<Note>(line).map_err(|error| error.to_string());
            match read.and_then(|note| note.flaw().map_or(Ok(note), Err)) {
                Ok(note) => notes.push(note),
                Err(why) => damaged.push(format!("{}, line {}: is not a note ({why})", path.display(), index + 1)),
            }
        }
        (Note::latest(notes), damaged)
    }

    /// Adds a note; it is on disk when this returns.
    ///
    /// # Errors
    /// The folder cannot be written, or the disk is full.
    pub(crate) fn add_note(&self, note: &Note) -> Result<()> {
        append_line(&self.notes_file(), &serde_json::to_string(note).expect("plain data"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use spyglass_dashboards::run::NoteAbout;

    #[test]
    fn a_line_cut_short_by_a_crash_costs_no_other() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path());
        let note = |id: &str| Note {
            id: id.into(),
            author: "ann".into(),
            about: NoteAbout::Run {},
            text: format!("text of {id}\nin two lines"),
            time: String::new(),
        };
        store.add_note(&note("one")).unwrap();
        let file = dir.path().join("notes.jsonl");
        let whole = fs_err::read_to_string(&file).unwrap();
        for cut in ["{", "{\"id\":\"two\"", "\u{feff}x"] {
            fs_err::write(&file, format!("{whole}{cut}")).unwrap();
            assert_eq!(store.notes(), (vec![note("one")], Vec::new()), "{cut}");
            store.add_note(&note("two")).unwrap();
            assert_eq!(store.notes(), (vec![note("one"), note("two")], Vec::new()), "{cut}");
        }
        fs_err::write(&file, format!("{whole}no note\n{{\"id\":3}}\n{whole}")).unwrap();
        let (notes, damaged) = store.notes();
        assert_eq!((notes, damaged.len()), (vec![note("one")], 2));
        assert!(damaged[0].contains("notes.jsonl, line 2: is not a note"), "{damaged:?}");
    }
}
