//! Tests of `text`.

use super::*;
use crate::overlap::Passages;

const QUESTION: &str = "In which year did the old harbour of Lindau freeze over for the very last time, according to the town's chronicle?";

fn item(doc_id: usize, texts: &[&str]) -> Passages {
    Passages { task: "quiz".into(), doc_id, texts: texts.iter().map(|text| (*text).to_owned()).collect() }
}

fn write(dir: &Path, name: &str, bytes: &[u8]) -> std::path::PathBuf {
    let path = dir.join(name);
    fs_err::write(&path, bytes).unwrap();
    path
}

#[test]
fn a_planted_item_is_found_in_every_format() {
    let other = "A question about something else entirely, which no text in this world holds in these words.";
    let items = [item(0, &[QUESTION, "1963"]), item(1, &[other]), item(2, &["too short"])];
    let index = Index::new(&items);
    let dir = tempfile::tempdir().unwrap();
    // Another case, other punctuation, line breaks; and enough before it to cross the pieces that are read.
    let planted = QUESTION.to_uppercase().replace(' ', "\n").replace(',', " --");
    let plain = format!("{} {planted} {}", "filler wörds ".repeat(9000), "and more ".repeat(9000));
    let lines = format!("{{\"text\": \"nothing\"}}\n\n{}\n", serde_json::json!({"text": QUESTION, "id": 7}));
    let files = [
        (write(dir.path(), "a.txt", plain.as_bytes()), 1),
        (write(dir.path(), "b.txt.zst", &zstd::encode_all(plain.as_bytes(), 1).unwrap()), 1),
        (write(dir.path(), "c.jsonl", lines.as_bytes()), 3),
        (write(dir.path(), "d.jsonl.zst", &zstd::encode_all(lines.as_bytes(), 1).unwrap()), 3),
    ];
    for (path, document) in &files {
        let overlap = index.overlap(&scan_file(&index, path).unwrap());
        let [task] = overlap.tasks.as_slice() else { panic!("{overlap:?}") };
        assert_eq!((task.items, task.not_checked, task.share), (3, 1, Some(0.5)), "{}", path.display());
        let [found] = overlap.found.as_slice() else { panic!("{overlap:?}") };
        assert_eq!((found.doc_id, found.found, found.share), (0, found.grams, 1.0));
        assert_eq!(found.place.document, *document);
        assert!(found.words.starts_with("in which year did the old harbour"));
    }
    let all = files.iter().map(|(path, _)| scan_file(&index, path).unwrap()).fold(Findings::default(), Findings::and);
    fs_err::write(dir.path().join("weights.bin"), "no text").unwrap();
    let (found, others) = scan_folder(&index, dir.path()).unwrap();
    assert_eq!((found, others.len()), (all.clone(), 1));
    assert!(index.overlap(&all).found[0].place.source.ends_with("a.txt"));
    assert_eq!(
        all,
        files.iter().rev().map(|(path, _)| scan_file(&index, path).unwrap()).fold(Findings::default(), Findings::and)
    );
}

#[test]
fn twelve_words_of_a_long_passage_are_no_overlap() {
    let index = Index::new(&[item(0, &[QUESTION])]);
    let dir = tempfile::tempdir().unwrap();
    let twelve = QUESTION.split(' ').take(12).collect::<Vec<_>>().join(" ");
    let broken = format!("{twelve} but {twelve}");
    assert!(
        index.overlap(&scan_file(&index, &write(dir.path(), "a.txt", broken.as_bytes())).unwrap()).found.is_empty()
    );
    // Two documents that only together hold the words.
    let (start, end) = QUESTION.split_at(60);
    let lines = format!("{}\n{}\n", serde_json::json!({"text": start}), serde_json::json!({"text": end}));
    let findings = scan_file(&index, &write(dir.path(), "b.jsonl", lines.as_bytes())).unwrap();
    assert!(index.overlap(&findings).found.is_empty());
}

#[test]
fn short_passages_count_as_a_whole_and_templates_not_at_all() {
    let short = "Who wrote the book about the whale?"; // seven words
    let eight = "Who wrote the long book about the whale?";
    let template = "For which of these two scenarios does the main character do something that is clearly wrong today?";
    let mut items = vec![item(0, &[short]), item(1, &[eight])];
    items.extend((2..14).map(|id| item(id, &[template])));
    let index = Index::new(&items);
    let dir = tempfile::tempdir().unwrap();
    let text = format!("{short} {eight} {template}");
    let overlap = index.overlap(&scan_file(&index, &write(dir.path(), "a.txt", text.as_bytes())).unwrap());
    assert_eq!(overlap.found.iter().map(|item| item.doc_id).collect::<Vec<_>>(), [1]);
    assert_eq!(overlap.tasks[0].not_checked, 13);
}

#[test]
fn dirty_bytes_separate_words_and_broken_json_is_named() {
    let index = Index::new(&[item(0, &[QUESTION])]);
    let dir = tempfile::tempdir().unwrap();
    let mut dirty = b"bad \xff\xfe bytes ".to_vec();
    dirty.extend(QUESTION.as_bytes());
    dirty.push(0xc3);
    let overlap = index.overlap(&scan_file(&index, &write(dir.path(), "a.txt", &dirty)).unwrap());
    assert_eq!(overlap.found.len(), 1);
    let broken = write(dir.path(), "b.jsonl", b"{\"text\": \"fine\"}\n{\"text\": \n");
    let error = scan_file(&index, &broken).unwrap_err().to_string();
    assert!(error.contains("b.jsonl:2"), "{error}");
    assert!(scan_file(&index, Path::new("weights.safetensors")).is_err());
}
