//! A checkpoint in one `.gguf` file: its header, read by candle-core's `gguf_file` and held against the file.
//!
//! What the header says of the model becomes the keys of a config.json ([`config`]), so that an architecture is read as from a folder;
//! tensors get the names that its folder would have ([`names`]), and blocks of few bits are expanded as they are read ([`blocks`]).

mod blocks;
mod config;
mod names;
mod reader;
mod tensors;
mod told;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use candle_core::quantized::gguf_file::{Content, Value};

pub(super) use self::blocks::expand;
pub(super) use self::config::config;
pub(super) use self::tensors::entries;
pub(crate) use self::told::told;
use crate::error::{Error, Result};

/// How the file begins.
const MAGIC: &[u8; 4] = b"GGUF";
pub(super) const COPY_AGAIN: &str = "the file is damaged or was cut short; copy it again";
const CONVERT_AGAIN: &str = "convert the model again with llama.cpp's `convert_hf_to_gguf.py`, in one file";

/// Whether `path` is meant as such a file: by its name, or by how it begins.
pub fn is_gguf(path: &Path) -> bool {
    path.is_file() && (path.extension().is_some_and(|form| form == "gguf") || begins_so(path))
}

/// What the header of a `.gguf` file says of the tokenizer, and what it says of all else, as texts that are equal where it says the same;
/// `None` for a folder.
///
/// # Errors
/// The header cannot be read, or names tensors that do not lie in the file whole.
pub fn gguf_header(path: &Path) -> Result<Option<[String; 2]>> {
    if !is_gguf(path) {
        return Ok(None);
    }
    let header = Header::read(path)?;
    entries(&header)?;
    let mut keys: Vec<(&String, &Value)> = header.metadata().iter().collect();
    keys.sort_by_key(|(key, _)| *key);
    let text = |tokenizer: bool| -> String {
        let chosen = keys.iter().filter(|(key, _)| key.starts_with("tokenizer.") == tokenizer);
        chosen.map(|(key, value)| format!("{key} = {value:?}\n")).collect()
    };
    Ok(Some([text(true), text(false)]))
}

fn begins_so(path: &Path) -> bool {
    use std::io::Read;
    let mut first = [0; 4];
    fs_err::File::open(path).is_ok_and(|mut file| file.read_exact(&mut first).is_ok()) && &first == MAGIC
}

/// A file's header.
#[derive(Debug)]
pub(crate) struct Header {
    pub(crate) file: PathBuf,
    content: Content,
    /// Bytes of the file.
    size: u64,
}

impl Header {
    /// Reads the header of `file`.
    ///
    /// # Errors
    /// No such file, one that is cut, damaged, of another byte order or version, or one of several.
    pub(crate) fn read(file: &Path) -> Result<Self> {
        let (content, size) = reader::header(file)?;
        let header = Self { file: file.to_owned(), content, size };
        header.alignment()?;
        match header.whole("split.count")? {
            Some(count @ 2..) => {
                let mend = "put the parts together once: `llama-gguf-split --merge FIRST.gguf WHOLE.gguf`";
                Err(header.error(format!("is one of {count} files that a model was split into"), mend))
            }
            _ => Ok(header),
        }
    }

    /// What the header says under `key`.
    pub(crate) fn value(&self, key: &str) -> Option<&Value> {
        self.content.metadata.get(key)
    }

    /// The text under `key`.
    ///
    /// # Errors
    /// Something else lies there.
    pub(crate) fn text(&self, key: &str) -> Result<Option<&str>> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.wrong(key, "is no text")),
        }
    }

    /// The whole number under `key`.
    ///
    /// # Errors
    /// Something else lies there.
    pub(crate) fn whole(&self, key: &str) -> Result<Option<u64>> {
        self.value(key).map(|value| whole(value).ok_or_else(|| self.wrong(key, "is no whole number"))).transpose()
    }

    /// The number under `key`.
    ///
    /// # Errors
    /// Something else lies there.
    pub(crate) fn number(&self, key: &str) -> Result<Option<f64>> {
        let number = |value: &Value| match value {
            Value::F32(number) => Some(f64::from(*number)),
            Value::F64(number) => Some(*number),
            other => whole(other).map(|number| number as f64),
        };
        let finite = |value| number(value).filter(|number| number.is_finite());
        self.value(key).map(|value| finite(value).ok_or_else(|| self.wrong(key, "is no number"))).transpose()
    }

    /// What tensors begin at multiples of: what candle-core takes for it, which is 32 where it does not know the type.
    fn alignment(&self) -> Result<u64> {
        let key = "general.alignment";
        let wide = matches!(self.value(key), Some(Value::U64(_) | Value::I64(_)));
        match self.whole(key)? {
            None => Ok(32),
            Some(bytes) if bytes.is_power_of_two() && !wide => Ok(bytes),
            Some(bytes) => Err(self.wrong(key, &format!("is {bytes}, expected a power of two, in 32 bits"))),
        }
    }

    /// True or false under `key`.
    ///
    /// # Errors
    /// Something else lies there.
    pub(crate) fn flag(&self, key: &str) -> Result<Option<bool>> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(self.wrong(key, "is neither true nor false")),
        }
    }

    /// The list under `key`.
    ///
    /// # Errors
    /// Something else lies there.
    pub(crate) fn list(&self, key: &str) -> Result<Option<&[Value]>> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::Array(list)) => Ok(Some(list)),
            Some(_) => Err(self.wrong(key, "is no list")),
        }
    }

    /// The texts in the list under `key`.
    ///
    /// # Errors
    /// Something else lies there.
    pub(crate) fn texts(&self, key: &str) -> Result<Option<Vec<&str>>> {
        let Some(list) = self.list(key)? else { return Ok(None) };
        let mut texts = Vec::with_capacity(list.len());
        for value in list {
            let Value::String(text) = value else { return Err(self.wrong(key, "holds something other than texts")) };
            texts.push(text.as_str());
        }
        Ok(Some(texts))
    }

    /// All that the header says, by key.
    fn metadata(&self) -> &HashMap<String, Value> {
        &self.content.metadata
    }

    /// What is wrong with what lies under `key`.
    pub(crate) fn wrong(&self, key: &str, problem: &str) -> Error {
        self.error(format!("`{key}` {problem}"), CONVERT_AGAIN)
    }

    /// What is wrong with the file, and the mend.
    pub(crate) fn error(&self, problem: String, mend: &str) -> Error {
        broken(&self.file, problem, mend)
    }
}

/// A whole number of any width.
pub(crate) fn whole(value: &Value) -> Option<u64> {
    match value {
        Value::I8(number) => u64::try_from(*number).ok(),
        Value::I16(number) => u64::try_from(*number).ok(),
        Value::I32(number) => u64::try_from(*number).ok(),
        Value::I64(number) => u64::try_from(*number).ok(),
        Value::Bool(_) => None,
        other => other.to_u64().ok(),
    }
}

fn broken(file: &Path, problem: String, mend: &str) -> Error {
    Error::Gguf { file: file.to_owned(), problem, mend: mend.into() }
}
