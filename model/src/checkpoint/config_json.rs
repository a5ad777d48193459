//! `config.json` as keys that are asked for by name, whatever the architecture; what is wrong is told by file and key.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::gguf;
use crate::error::{Error, Result};
use crate::text::python_json;

/// No size of a real model comes near; beyond, products of sizes could overflow.
pub(crate) const LARGEST_SIZE: u64 = 1 << 24;
/// Likewise for layers: a few hundred is the most released.
pub(crate) const MOST_LAYERS: u64 = 1 << 12;

/// The file's keys. A key that is null counts as one that is not there, as in the files' own readers.
#[derive(Debug, Clone)]
pub(crate) struct Keys {
    file: PathBuf,
    map: Map<String, Value>,
}

impl Keys {
    /// Reads `config.json` in `dir`, or what a `.gguf` file says in its place.
    ///
    /// # Errors
    /// A folder or file that is not there, JSON that is none.
    pub(crate) fn read(dir: &Path) -> Result<Self> {
        if gguf::is_gguf(dir) {
            return Ok(Self { file: dir.to_owned(), map: gguf::config(&gguf::Header::read(dir)?)? });
        }
        let file = dir.join("config.json");
        match fs_err::metadata(dir) {
            Ok(found) if found.is_dir() => {}
            Ok(_) => {
                return Err(folder(
                    dir,
                    "is not a folder",
                    "point at the folder that holds config.json, or at a .gguf file",
                ));
            }
            Err(_) if dir.extension().is_some_and(|form| form == "gguf") => {
                return Err(folder(dir, "there is no such file", "check the path of the checkpoint"));
            }
            Err(_) => return Err(folder(dir, "there is no such folder", "check the path of the checkpoint")),
        }
        if !file.is_file() {
            let inside = fs_err::read_dir(dir).map_err(Error::io(dir))?.flatten().map(|entry| entry.path());
            if let Some(file) = inside.filter(|path| gguf::is_gguf(path)).min() {
                let mend = format!("a .gguf file is a checkpoint of its own: name it, as `{}`", file.display());
                return Err(folder(dir, "there is no config.json in the folder", &mend));
            }
            let empty = fs_err::read_dir(dir).map_err(Error::io(dir))?.next().is_none();
            let problem = if empty { "the folder is empty" } else { "there is no config.json in the folder" };
            return Err(folder(
                dir,
                problem,
                "point at a folder in the Hugging Face format: config.json, weights, tokenizer",
            ));
        }
        let text = fs_err::read_to_string(&file).map_err(Error::io(&file))?;
        Self::parse(&text, &file)
    }

    /// Reads the text of a `config.json`; `file` is named in errors.
    ///
    /// # Errors
    /// JSON that is none.
    pub(crate) fn parse(text: &str, file: &Path) -> Result<Self> {
        let map = python_json::read(text).map_err(Error::json(file))?;
        Ok(Self { file: file.to_owned(), map })
    }

    /// The file they are from.
    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    /// The keys of the object under `key`, as if they were a file of their own; `None` where there is none, or one that is empty.
    pub(crate) fn under(&self, key: &str) -> Result<Option<Self>> {
        match self.value(&[key]) {
            None => Ok(None),
            Some((_, Value::Object(map))) if map.is_empty() => Ok(None),
            Some((_, Value::Object(map))) => Ok(Some(Self { file: self.file.clone(), map: map.clone() })),
            Some((_, other)) => Err(self.error(key, format!("is {other}, expected an object"))),
        }
    }

    /// The first of `names` that is there and not null.
    pub(crate) fn value<'a>(&'a self, names: &[&'a str]) -> Option<(&'a str, &'a Value)> {
        names.iter().find_map(|&name| self.map.get(name).filter(|value| !value.is_null()).map(|value| (name, value)))
    }

    /// Whether the file says anything under `key`, be it null.
    pub(crate) fn contains(&self, key: &str) -> bool {
        self.map.contains_key(key)
    }

    /// Whether `key` holds objects by name.
    pub(crate) fn nests(&self, key: &str) -> bool {
        let inner = self.map.get(key).and_then(Value::as_object);
        inner.is_some_and(|inner| inner.values().any(Value::is_object))
    }

    /// The list under `key`, of `count` values.
    pub(crate) fn list(&self, key: &str, count: usize) -> Result<Option<&[Value]>> {
        match self.map.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Array(list)) if list.len() == count => Ok(Some(list)),
            Some(Value::Array(list)) => Err(self.error(key, format!("has {} values for {count} layers", list.len()))),
            Some(other) => Err(self.error(key, format!("is {other}, expected a list, a value for each layer"))),
        }
    }

    /// A number above 0, where the file gives one.
    pub(crate) fn positive(&self, key: &str) -> Result<Option<f32>> {
        let Some((key, _)) = self.value(&[key]) else { return Ok(None) };
        let value = self.number(&[key], 0.0)?;
        if value.is_finite() && value > 0.0 {
            return Ok(Some(value as f32));
        }
        Err(self.error(key, format!("is {value}, expected a number above 0")))
    }

    /// A whole number, which may be 0.
    pub(crate) fn whole(&self, key: &str, default: usize) -> Result<usize> {
        let Some((key, value)) = self.value(&[key]) else { return Ok(default) };
        match value.as_u64() {
            Some(number) if number <= LARGEST_SIZE => Ok(number as usize),
            _ => Err(self.error(key, format!("is {value}, expected a whole number"))),
        }
    }

    /// The rank of Δt: a size, or `auto`, a sixteenth of `hidden` rounded up.
    pub(crate) fn rank(&self, key: &str, hidden: usize) -> Result<usize> {
        match self.value(&[key]) {
            Some((_, value)) if value.as_str() != Some("auto") => self.size(&[key], 1),
            _ => Ok(hidden.div_ceil(16)),
        }
    }

    /// The least and the greatest of something, 0 and ∞ where the file gives none. Newer files write ∞ as `{"__float__": "Infinity"}`.
    pub(crate) fn limits(&self, key: &str) -> Result<[f32; 2]> {
        let Some((key, value)) = self.value(&[key]) else { return Ok([0.0, f32::INFINITY]) };
        let number = |value: &Value| match value.get("__float__").unwrap_or(value) {
            Value::String(text) if matches!(text.as_str(), "Infinity" | "inf") => Some(f32::INFINITY),
            value => value.as_f64().map(|number| number as f32),
        };
        let list: Option<Vec<f32>> = value.as_array().and_then(|list| list.iter().map(number).collect());
        match list.as_deref() {
            Some(&[least, most]) if least >= 0.0 && least <= most => Ok([least, most]),
            _ => Err(self.error(key, format!("is {value}, expected the least and the greatest"))),
        }
    }

    /// Whether a size made of several is one that a model may have.
    pub(crate) fn fits(&self, key: &str, size: usize) -> Result<()> {
        if size as u64 <= LARGEST_SIZE {
            return Ok(());
        }
        Err(self.error(key, format!("makes rows {size} wide, too wide to be true")))
    }

    /// A number from 0 to 1, such as ε.
    pub(crate) fn small_number(&self, key: &str, default: f64) -> Result<f64> {
        let value = self.number(&[key], default)?;
        if (0.0..=1.0).contains(&value) {
            return Ok(value);
        }
        Err(self.error(key, format!("is {value}, expected a number from 0 to 1")))
    }

    /// A whole number from 1 to `most`, with the name it was found under.
    pub(crate) fn bounded<'a>(&'a self, names: &[&'a str], most: u64) -> Result<Option<(&'a str, usize)>> {
        let Some((key, value)) = self.value(names) else { return Ok(None) };
        match value.as_u64() {
            Some(size) if (1..=most).contains(&size) => Ok(Some((key, size as usize))),
            _ => Err(self.error(key, format!("is {value}, expected a whole number from 1 to {most}"))),
        }
    }

    /// A size, `default` where the file gives none.
    pub(crate) fn size(&self, names: &[&str], default: usize) -> Result<usize> {
        Ok(self.bounded(names, LARGEST_SIZE)?.map_or(default, |(_, size)| size))
    }

    /// A size that the file must give.
    pub(crate) fn size_required(&self, names: &[&str]) -> Result<usize> {
        self.bounded(names, LARGEST_SIZE)?
            .map(|(_, size)| size)
            .ok_or_else(|| self.error(names[0], "is missing".into()))
    }

    /// A number, `default` where the file gives none.
    pub(crate) fn number(&self, names: &[&str], default: f64) -> Result<f64> {
        let Some((key, value)) = self.value(names) else { return Ok(default) };
        value.as_f64().ok_or_else(|| self.error(key, format!("is {value}, expected a number")))
    }

    /// True or false, `default` where the file says neither.
    pub(crate) fn flag(&self, names: &[&str], default: bool) -> Result<bool> {
        let Some((key, value)) = self.value(names) else { return Ok(default) };
        value.as_bool().ok_or_else(|| self.error(key, format!("is {value}, expected true or false")))
    }

    /// Whether `divisor` divides `whole`, which is described by `of`.
    pub(crate) fn divides(&self, key: &str, divisor: usize, whole: usize, of: &str) -> Result<()> {
        if whole.is_multiple_of(divisor) {
            return Ok(());
        }
        Err(self.error(key, format!("is {divisor}, which does not divide {of}, {whole}")))
    }

    /// What is wrong with `key`.
    pub(crate) fn error(&self, key: &str, problem: String) -> Error {
        Error::Config { file: self.file.clone(), key: key.into(), problem }
    }
}

fn folder(path: &Path, problem: &str, mend: &str) -> Error {
    Error::Folder { path: path.to_owned(), problem: problem.into(), mend: mend.into() }
}

/// A token id or a list of them, as config files write them.
pub(crate) fn token_ids(value: &Value) -> Option<Vec<u32>> {
    let one = |value: &Value| value.as_u64().and_then(|id| u32::try_from(id).ok());
    match value {
        Value::Array(list) => list.iter().map(one).collect(),
        other => one(other).map(|id| vec![id]),
    }
}

/// What lm-eval takes for the longest context where neither config.json nor the tokenizer says.
const DEFAULT_CONTEXT: usize = 2048;

/// The longest context of a checkpoint whose config.json gives none: `model_max_length` of its tokenizer, unless that is the huge number
/// which stands for none.
pub(crate) fn context_limit(dir: &Path) -> usize {
    let text = fs_err::read_to_string(dir.join("tokenizer_config.json")).unwrap_or_default();
    let config: Value = python_json::read(&text).unwrap_or_default();
    let length =
        config.get("model_max_length").and_then(Value::as_u64).filter(|length| (1..LARGEST_SIZE).contains(length));
    length.map_or(DEFAULT_CONTEXT, |length| length as usize)
}
