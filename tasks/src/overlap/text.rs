//! Training text from files: plain text, JSON lines, and both compressed with zstd.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde_json::Value;

use super::index::{Findings, Index, Search};
use super::strings;
use crate::error::{Error, Result};
use crate::python::from_json;

/// How much plain text is read at once.
const PIECE: usize = 1 << 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Plain,
    JsonLines,
}

/// Format of a file and whether it is compressed, by its name.
fn format(path: &Path) -> Option<(Format, bool)> {
    let name = path.file_name()?.to_str()?.to_ascii_lowercase();
    let (name, compressed) = name.strip_suffix(".zst").map_or((name.as_str(), false), |inner| (inner, true));
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "jsonl" | "ndjson" | "json" => Some((Format::JsonLines, compressed)),
        "txt" | "text" | "md" => Some((Format::Plain, compressed)),
        _ => None,
    }
}

/// Whether [`scan_file`] reads files of that name: `.txt`, `.md`, `.jsonl`, `.json` (one document a line), each also `.zst`.
pub fn is_text_file(path: &Path) -> bool {
    format(path).is_some()
}

/// Looks for the items in one file: a plain text is one document, a line of JSON another each.
///
/// Of a JSON document the field `text` (or `content`) counts, all its texts where it has neither. Bytes that are no
/// UTF-8 separate words.
///
/// # Errors
/// The file cannot be read or unpacked, a line is not JSON, the name says nothing known.
pub fn scan_file(index: &Index, path: &Path) -> Result<Findings> {
    let name = path.display().to_string();
    let Some((format, compressed)) = format(path) else {
        return Err(Error::Definition {
            file: name,
            problem: "this is not a text file by its name".into(),
            help: "name it `.txt` or `.jsonl`, with `.zst` after it when it is compressed".into(),
        });
    };
    let file = fs_err::File::open(path)?;
    let reader: Box<dyn Read> = if compressed { Box::new(zstd::Decoder::new(file)?) } else { Box::new(file) };
    let mut search = index.search(&name);
    match format {
        Format::Plain => plain(&mut search, reader)?,
        Format::JsonLines => json_lines(&mut search, BufReader::with_capacity(PIECE, reader), path)?,
    }
    Ok(search.findings())
}

/// Looks for the items in all text files below a folder, many at once; also the files that are none by their name.
///
/// # Errors
/// As [`scan_file`]; the folder cannot be listed, or holds no text file.
pub fn scan_folder(index: &Index, folder: &Path) -> Result<(Findings, Vec<PathBuf>)> {
    let (mut files, mut others, mut folders) = (Vec::new(), Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs_err::read_dir(&folder)? {
            let entry = entry?;
            let path = entry.path();
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            match path.is_dir() {
                true => folders.push(path),
                false if is_text_file(&path) => files.push(path),
                false => others.push(path),
            }
        }
    }
    if files.is_empty() {
        return Err(Error::Definition {
            file: folder.display().to_string(),
            problem: "there is no text file here or below".into(),
            help: "text lies in `.txt`, `.md`, `.jsonl` or `.json` files, with `.zst` after it when compressed".into(),
        });
    }
    let findings = files.par_iter().map(|path| scan_file(index, path));
    let findings = findings.try_reduce(Findings::default, |one, other| Ok(one.and(other)))?;
    others.sort();
    Ok((findings, others))
}

fn plain(search: &mut Search, mut reader: impl Read) -> Result<()> {
    let mut bytes = Vec::with_capacity(2 * PIECE);
    search.begin();
    loop {
        let read = reader.by_ref().take(PIECE as u64).read_to_end(&mut bytes)?;
        let mut rest = bytes.as_slice();
        let broken_off = loop {
            match std::str::from_utf8(rest) {
                Ok(text) => {
                    search.push(text);
                    break 0;
                }
                Err(error) => {
                    let (good, after) = rest.split_at(error.valid_up_to());
                    search.push(std::str::from_utf8(good).expect("valid up to here"));
                    match error.error_len() {
                        Some(bad) => {
                            search.push("\u{fffd}");
                            rest = &after[bad..];
                        }
                        // A character that goes on in the next piece.
                        None => break after.len(),
                    }
                }
            }
        };
        if read == 0 {
            break;
        }
        bytes.drain(..bytes.len() - broken_off);
    }
    search.end();
    Ok(())
}

fn json_lines(search: &mut Search, mut reader: impl BufRead, path: &Path) -> Result<()> {
    let mut bytes = Vec::new();
    let mut line = 0;
    while reader.read_until(b'\n', &mut bytes)? > 0 {
        line += 1;
        if bytes.trim_ascii().is_empty() {
            search.skip();
        } else {
            search.document(&document(&bytes, path, line)?);
        }
        bytes.clear();
    }
    Ok(())
}

/// The texts of one line.
fn document(bytes: &[u8], path: &Path, line: usize) -> Result<Vec<String>> {
    let document: Value = from_json(&String::from_utf8_lossy(bytes)).map_err(|error| Error::Data {
        file: path.to_owned(),
        line,
        problem: format!("this line is not JSON: {error}"),
        help: "JSON lines hold one document a line".into(),
    })?;
    let mut texts = Vec::new();
    strings(["text", "content"].iter().find_map(|key| document.get(key)).unwrap_or(&document), &mut texts);
    Ok(texts)
}

#[cfg(test)]
mod tests {
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
        let all =
            files.iter().map(|(path, _)| scan_file(&index, path).unwrap()).fold(Findings::default(), Findings::and);
        fs_err::write(dir.path().join("weights.bin"), "no text").unwrap();
        let (found, others) = scan_folder(&index, dir.path()).unwrap();
        assert_eq!((found, others.len()), (all.clone(), 1));
        assert!(index.overlap(&all).found[0].place.source.ends_with("a.txt"));
        assert_eq!(
            all,
            files
                .iter()
                .rev()
                .map(|(path, _)| scan_file(&index, path).unwrap())
                .fold(Findings::default(), Findings::and)
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
        let template =
            "For which of these two scenarios does the main character do something that is clearly wrong today?";
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
}
