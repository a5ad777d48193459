//! What `tokenizer_config.json` and its neighbours say beside `tokenizer.json`: special tokens, BOS, ends, chat template.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::python_json;
use crate::checkpoint::token_ids;
use crate::error::{Error, Result};

/// Facts about a tokenizer that `tokenizer.json` does not hold.
#[derive(Debug, Default)]
pub(crate) struct SpecialTokens {
    /// Texts by key: `bos_token` → `<s>`.
    pub(crate) texts: BTreeMap<String, String>,
    /// `add_bos_token`, where the file says so.
    pub(crate) add_bos: Option<bool>,
    /// Ids that begin a text by config.json; taken only where no `tokenizer_config.json` names a token.
    pub(crate) config_bos: Option<u32>,
    /// Ids that end an answer by config.json and `generation_config.json`.
    pub(crate) end_ids: Vec<u32>,
    /// Whether the tokenizer is of transformers' Llama class.
    pub(crate) llama: bool,
    /// Whether the space before the first word is put at the beginning of a text alone, not after every special token.
    pub(crate) prefix_space_once: bool,
    /// The chat template and the file it stands in.
    pub(crate) chat_template: Option<(PathBuf, String)>,
    /// The files read.
    pub(crate) files: Vec<PathBuf>,
}

impl SpecialTokens {
    /// Reads what lies beside the tokenizer in `dir`; token ids are those of the checkpoint in `checkpoint`, the same folder or another.
    pub(crate) fn read(dir: &Path, checkpoint: &Path) -> Result<Self> {
        let mut special = Self::default();
        let file = dir.join("tokenizer_config.json");
        if let Some(map) = object(&file)? {
            special.take_config(&file, &map)?;
            special.files.push(file);
        } else if let Some(map) = object(&checkpoint.join("config.json"))? {
            special.config_bos = map.get("bos_token_id").and_then(token_ids).and_then(|ids| ids.first().copied());
        }
        let file = dir.join("special_tokens_map.json");
        if let Some(map) = object(&file)? {
            for (key, text) in texts(&map) {
                special.texts.entry(key).or_insert(text);
            }
            special.files.push(file);
        }
        let file = dir.join("chat_template.jinja");
        if file.is_file() {
            let text = fs_err::read_to_string(&file).map_err(Error::io(&file))?;
            special.files.push(file.clone());
            special.chat_template = Some((file, text)); // as in transformers, it goes before the one in tokenizer_config.json
        }
        special.end_ids = end_ids(checkpoint)?;
        let file = checkpoint.join("generation_config.json");
        if file.is_file() {
            special.files.push(file);
        }
        Ok(special)
    }

    pub(super) fn take_config(&mut self, file: &Path, map: &Map<String, Value>) -> Result<()> {
        self.texts = texts(map).collect();
        self.add_bos = match map.get("add_bos_token") {
            None | Some(Value::Null) => None,
            Some(Value::Bool(add)) => Some(*add),
            Some(other) => {
                return Err(Error::Config {
                    file: file.to_owned(),
                    key: "add_bos_token".into(),
                    problem: format!("is {other}, expected true or false"),
                });
            }
        };
        self.llama =
            matches!(map.get("tokenizer_class").and_then(Value::as_str), Some("LlamaTokenizer" | "LlamaTokenizerFast"));
        self.prefix_space_once = self.llama && map.get("legacy").and_then(Value::as_bool) != Some(true);
        self.chat_template = template(map.get("chat_template")).map(|text| (file.to_owned(), text));
        Ok(())
    }
}

/// Ids that end an answer: `eos_token_id` of config.json and `generation_config.json` in `dir`, each a number or a list.
fn end_ids(dir: &Path) -> Result<Vec<u32>> {
    let mut ids = Vec::new();
    for name in ["config.json", "generation_config.json"] {
        let file = dir.join(name);
        let Some(map) = object(&file)? else { continue };
        match map.get("eos_token_id") {
            None | Some(Value::Null) => {}
            Some(value) => ids.extend(token_ids(value).ok_or_else(|| Error::Config {
                file,
                key: "eos_token_id".into(),
                problem: format!("is {value}, expected a token id or a list of them"),
            })?),
        }
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

/// The JSON object in `file`, or `None` where there is no file.
pub(super) fn object(file: &Path) -> Result<Option<Map<String, Value>>> {
    if !file.is_file() {
        return Ok(None);
    }
    let text = fs_err::read_to_string(file).map_err(Error::io(file))?;
    python_json::read(&text).map(Some).map_err(Error::json(file))
}

/// Entries named `…_token`: a text, or an object that holds it as `content`.
fn texts(map: &Map<String, Value>) -> impl Iterator<Item = (String, String)> {
    map.iter().filter(|(key, _)| key.ends_with("_token")).filter_map(|(key, value)| {
        let text = value.as_str().or_else(|| value.get("content").and_then(Value::as_str))?;
        Some((key.clone(), text.to_owned()))
    })
}

/// One template, or among named ones (a list of `{name, template}`, or an object) the one called `default`.
fn template(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.clone()),
        Value::Array(list) => {
            let named = list.iter().find(|entry| entry.get("name").and_then(Value::as_str) == Some("default"));
            let only = if list.len() == 1 { list.first() } else { None };
            named.or(only)?.get("template")?.as_str().map(str::to_owned)
        }
        Value::Object(map) => map.get("default")?.as_str().map(str::to_owned),
        _ => None,
    }
}
