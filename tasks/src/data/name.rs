//! What a data file's name tells: the name without its ending, the form, and how the file is packed.

use std::path::Path;

/// File name endings that are read, the preferred ones first.
pub(super) const ENDINGS: [&str; 7] = ["jsonl", "ndjson", "json", "csv", "tsv", "parquet", "txt"];
/// Endings of data files that are not read: found, so that the message can name the file.
const UNREAD: [&str; 2] = ["arrow", "xlsx"];

/// How a file is packed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Packing {
    None,
    Gzip,
    Zstd,
    /// A packing that is not read, by its ending.
    Other(String),
}

/// The name of a data file, in its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    /// Without the endings.
    pub(super) stem: String,
    /// The ending that tells the form, in lower case.
    pub(super) ending: String,
    pub(super) packing: Packing,
}

impl Name {
    /// The parts of a data file's name; `None` for other files, and for those that a system hides: a name that begins
    /// with a dot is some program's own.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_string_lossy().into_owned();
        if name.starts_with('.') {
            return None;
        }
        let (inner, last) = name.rsplit_once('.')?;
        let (rest, packing) = match last.to_lowercase().as_str() {
            "gz" | "gzip" => (inner, Packing::Gzip),
            "zst" | "zstd" => (inner, Packing::Zstd),
            other @ ("bz2" | "xz" | "zip" | "br" | "lz4") => (inner, Packing::Other(other.to_owned())),
            _ => (name.as_str(), Packing::None),
        };
        let (stem, ending) = rest.rsplit_once('.')?;
        let ending = ending.to_lowercase();
        let known = ENDINGS.contains(&ending.as_str()) || UNREAD.contains(&ending.as_str());
        known.then(|| Self { stem: stem.to_owned(), ending, packing })
    }

    /// Where the same split lies there in several forms, the first in this order counts.
    pub(super) fn rank(&self) -> (usize, Packing) {
        let form = ENDINGS.iter().position(|known| *known == self.ending).unwrap_or(ENDINGS.len());
        (form, self.packing.clone())
    }
}
