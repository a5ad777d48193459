//! Units on disk: chunks of item records, and the summary that is written last.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use spyglass_dashboards::run::{Chunk, UnitRecord};
use spyglass_tasks::ItemRecord;

use super::{Brief, seal, slug, subfolders, write_whole};
use crate::{Error, Result};

/// Items of a full chunk. A chunk ends at a multiple of this, so the same items always lie in the same files
/// unless a `limit` cut one short; the rest of that one then is a chunk of its own.
pub(crate) const CHUNK_ITEMS: usize = 128;

/// Bytes of a chunk, unpacked: far more than records of its items take.
const LARGEST_CHUNK: u64 = 1 << 30;

/// The file that tells a results folder from others.
const MARK: &str = ".mark";
const MARK_LENGTH: usize = 8;

/// A results folder.
#[derive(Debug, Clone)]
pub struct Store {
    root: PathBuf,
}

impl Store {
    /// Opens a results folder for writing, making it where it is missing.
    ///
    /// # Errors
    /// It cannot be made or written: said now, before anything is scored.
    pub fn create(root: &Path) -> Result<Self> {
        let refused = |error: &std::io::Error| Error::Results {
            path: root.to_path_buf(),
            problem: format!("the results folder cannot be written ({error})"),
            help: "make it writable, or name another one in `results:`".into(),
        };
        for folder in ["units", "failed"] {
            fs_err::create_dir_all(root.join(folder)).map_err(|error| refused(&error))?;
        }
        tempfile::tempfile_in(root.join("units")).map_err(|error| refused(&error))?;
        let store = Self { root: root.to_path_buf() };
        store.keep_mark();
        Ok(store)
    }

    /// Gives the folder its mark, once: of two that do so at the same time the first counts. Without one, votes in a browser are told apart
    /// by the run's name alone.
    fn keep_mark(&self) {
        if let Ok(mut file) = fs_err::File::create_new(self.root.join(MARK)) {
            let born = format!("{:?} {} {}", std::time::SystemTime::now(), std::process::id(), self.root.display());
            drop(file.write_all(&blake3::hash(born.as_bytes()).to_hex().as_bytes()[..MARK_LENGTH]));
        }
    }

    /// What tells this folder from others, for ever; empty where it has no mark.
    pub(crate) fn mark(&self) -> String {
        let mark = fs_err::read_to_string(self.root.join(MARK)).unwrap_or_default();
        let is_mark = mark.len() == MARK_LENGTH && mark.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_mark { mark } else { String::new() }
    }

    /// Opens a results folder for reading; one that is not there holds nothing.
    pub fn open(root: &Path) -> Self {
        Self { root: root.to_path_buf() }
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder that holds the units of one checkpoint.
    pub(crate) fn checkpoint(&self, branch: &str, step: u64, variant: Option<&str>) -> PathBuf {
        let variant = variant.map(|variant| format!("-{}", slug(variant))).unwrap_or_default();
        self.root.join("units").join(slug(branch)).join(format!("step-{step:09}{variant}"))
    }

    /// The folder of one unit.
    pub fn unit(&self, place: &UnitPlace<'_>) -> UnitFolder {
        let shots = if place.shots > 0 { format!("-{}shot", place.shots) } else { String::new() };
        let folder = self.checkpoint(place.branch, place.step, place.variant);
        UnitFolder { folder: folder.join(format!("{}{shots}.{}", slug(place.task), &place.key[..8])) }
    }

    /// All finished units, and a message for each that cannot be read.
    ///
    /// # Errors
    /// The folder itself cannot be listed.
    pub fn units(&self) -> Result<(KeptUnits, Vec<String>)> {
        let (mut units, mut damaged) = (Vec::new(), Vec::new());
        let root = self.root.join("units");
        let branches = if root.is_dir() { subfolders(&root)? } else { Vec::new() };
        for branch in branches {
            for step in subfolders(&branch)? {
                for folder in subfolders(&step)? {
                    let folder = UnitFolder { folder };
                    match folder.record() {
                        Ok(Some(record)) => units.push((folder, record)),
                        Ok(None) => {}
                        Err(error) => damaged.push(error.in_full()),
                    }
                }
            }
        }
        Ok((units, damaged))
    }
}

/// Finished units with their folders.
pub(crate) type KeptUnits = Vec<(UnitFolder, UnitRecord)>;

/// What a unit's folder is named after.
#[derive(Debug, Clone, Copy)]
pub struct UnitPlace<'a> {
    pub branch: &'a str,
    pub step: u64,
    pub variant: Option<&'a str>,
    pub task: &'a str,
    pub shots: usize,
    pub key: &'a str,
}

/// The folder of one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitFolder {
    folder: PathBuf,
}

impl UnitFolder {
    /// The folder.
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// The summary of a finished unit; `None` while it is not finished.
    ///
    /// # Errors
    /// `unit.json` is damaged.
    pub fn record(&self) -> Result<Option<UnitRecord>> {
        self.summary(seal::open)
    }

    /// What a plan asks of [`UnitFolder::record`].
    ///
    /// # Errors
    /// `unit.json` is damaged.
    pub(crate) fn brief(&self) -> Result<Option<Brief>> {
        self.summary(seal::open_brief)
    }

    fn summary<T>(&self, open: fn(&str) -> Result<T, String>) -> Result<Option<T>> {
        let path = self.folder.join("unit.json");
        let text = match fs_err::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        open(&text).map(Some).map_err(|what| damaged(&path, &what))
    }

    /// Writes the summary, last of all.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn finish(&self, record: &UnitRecord) -> Result<()> {
        write_whole(&self.folder.join("unit.json"), seal::close(record).as_bytes())
    }

    /// Writes the records of consecutive items, the first of them number `first`.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn write_chunk(&self, first: usize, records: &[ItemRecord]) -> Result<Chunk> {
        let lines: String =
            records.iter().map(|record| serde_json::to_string(record).expect("plain data") + "\n").collect();
        let bytes = packed(lines.as_bytes())?;
        let file = format!("items-{first:05}.jsonl.zst");
        write_whole(&self.folder.join(&file), &bytes)?;
        Ok(Chunk { file, first, items: records.len(), blake3: blake3::hash(&bytes).to_hex().to_string() })
    }

    /// The chunks that lie here in order of items, without a gap from item 0 on: what an earlier sweep left. One that is
    /// damaged ends the list; it and what follows is scored again.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn chunks(&self) -> Result<Vec<(Chunk, Vec<ItemRecord>)>> {
        let mut chunks: Vec<(Chunk, Vec<ItemRecord>)> = Vec::new();
        loop {
            let first = chunks.last().map_or(0, |(chunk, _)| chunk.first + chunk.items);
            let file = format!("items-{first:05}.jsonl.zst");
            let path = self.folder.join(&file);
            if !path.exists() {
                return Ok(chunks);
            }
            let bytes = fs_err::read(&path)?;
            let Ok(records) = parse_chunk(&path, &bytes) else { return Ok(chunks) };
            let chunk = Chunk { file, first, items: records.len(), blake3: blake3::hash(&bytes).to_hex().to_string() };
            if records.is_empty() {
                return Ok(chunks);
            }
            chunks.push((chunk, records));
        }
    }

    /// How many items lie here, finished or not.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn items_there(&self) -> Result<usize> {
        Ok(self.chunks()?.iter().map(|(chunk, _)| chunk.items).sum())
    }

    /// Takes back that a unit is finished where it is damaged: its summary goes, and so do the chunks that are not those which it
    /// speaks of. The rest is scored again by the next sweep. Whether it was damaged: a file that could not be read a moment ago may
    /// be whole.
    ///
    /// # Errors
    /// A file is there and cannot be read, or the folder cannot be written; then the summary stays.
    pub(crate) fn reopen(&self) -> Result<bool> {
        let summary = self.folder.join("unit.json");
        if is_missing(&summary)? {
            return Ok(false);
        }
        let Ok(Some(record)) = self.record() else {
            remove(&summary)?;
            return Ok(true);
        };
        let mut is_damaged = false;
        for chunk in &record.chunks {
            let path = self.folder.join(&chunk.file);
            if is_missing(&path)? {
                is_damaged = true;
            } else if blake3::hash(&fs_err::read(&path)?).to_hex().as_str() != chunk.blake3 {
                remove(&path)?;
                is_damaged = true;
            }
        }
        if is_damaged {
            remove(&summary)?;
        }
        Ok(is_damaged)
    }

    /// The item records of a finished unit, checked against the checksums in its summary.
    ///
    /// # Errors
    /// A chunk is missing, damaged, or not the one the summary speaks of.
    pub fn items(&self, record: &UnitRecord) -> Result<Vec<ItemRecord>> {
        let mut items = Vec::new();
        for chunk in &record.chunks {
            let path = self.folder.join(&chunk.file);
            let bytes = fs_err::read(&path)?;
            if blake3::hash(&bytes).to_hex().as_str() != chunk.blake3 {
                return Err(damaged(&path, "its checksum is not the one in unit.json"));
            }
            items.extend(parse_chunk(&path, &bytes)?);
        }
        Ok(items)
    }
}

/// Packs a chunk, with a checksum of what it holds: until the summary is written no other tells of a bit that flipped.
fn packed(lines: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 3)?;
    encoder.include_checksum(true)?;
    encoder.write_all(lines)?;
    Ok(encoder.finish()?)
}

fn parse_chunk(path: &Path, bytes: &[u8]) -> Result<Vec<ItemRecord>> {
    let mut text = Vec::new();
    let read = zstd::Decoder::new(bytes).and_then(|whole| whole.take(LARGEST_CHUNK).read_to_end(&mut text));
    read.map_err(|error| damaged(path, &error.to_string()))?;
    if text.len() as u64 == LARGEST_CHUNK {
        return Err(damaged(path, "it unpacks to more than a gigabyte"));
    }
    let lines = text.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).map_err(|error| damaged(path, &error.to_string()))).collect()
}

/// Whether there is no such file, as against one that cannot be read.
fn is_missing(path: &Path) -> Result<bool> {
    match fs_err::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error.into()),
        Ok(_) => Ok(false),
    }
}

/// Removes a file that may be gone already.
fn remove(path: &Path) -> Result<()> {
    match fs_err::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

pub(super) fn damaged(path: &Path, what: &str) -> Error {
    Error::Results {
        path: path.to_path_buf(),
        problem: format!("is damaged ({what})"),
        help: "sweep again: only what is damaged of that unit is scored anew".into(),
    }
}
