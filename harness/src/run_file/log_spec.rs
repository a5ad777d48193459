//! The log of a branch, as a run file says it.

use std::borrow::Cow;
use std::path::PathBuf;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};

use crate::values::WordOrMap;
use crate::{Result, values};

/// A training log.
#[derive(Debug, Clone, PartialEq)]
pub struct LogSpec {
    /// `trainer_state.json`, JSON with one object a line, a table (CSV, TSV), or lines that a trainer prints: told by what is in it.
    pub file: PathBuf,
    /// Its columns, where they are not named as usual.
    pub columns: LogColumns,
}

/// The map form of [`LogSpec`].
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogMap {
    file: PathBuf,
    #[serde(default)]
    columns: LogColumns,
}

impl From<LogMap> for LogSpec {
    fn from(map: LogMap) -> Self {
        Self { file: map.file, columns: map.columns }
    }
}

impl WordOrMap for LogSpec {
    type Map = LogMap;
    const EXPECTING: &'static str = "a log file, or a map with `file` and `columns`";
    fn from_word(word: &str) -> Self {
        Self { file: word.into(), columns: LogColumns::default() }
    }
}

impl JsonSchema for LogSpec {
    fn schema_name() -> Cow<'static, str> {
        "LogSpec".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        values::word_or_map_schema::<Self>(generator)
    }
}

impl<'de> Deserialize<'de> for LogSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        values::word_or_map(deserializer)
    }
}

/// The columns of a log, where they are not named as usual.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogColumns {
    pub step: Option<String>,
    pub tokens: Option<String>,
    pub lr: Option<String>,
    pub loss: Option<String>,
}
