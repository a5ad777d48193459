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
mod tests;
