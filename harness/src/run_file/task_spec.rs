//! A task, as a run file says it.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};
use spyglass_tasks::yaml::count;

use crate::values::WordOrMap;
use crate::{Result, values};

/// A task with its settings; a bare name stands for the task as it is defined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskSpec {
    /// Name, group, glob or path of a task file.
    pub task: String,
    /// Examples before each question; the task's own number when absent.
    pub shots: Option<usize>,
    /// Items of each leaf task; all when absent.
    pub limit: Option<usize>,
    /// `shuffle` asks every item with its choices in another order.
    pub perturb: Option<String>,
}

/// The map form of [`TaskSpec`].
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskMap {
    task: String,
    #[serde(default, deserialize_with = "count::optional")]
    #[schemars(schema_with = "values::count_schema")]
    shots: Option<usize>,
    #[serde(default, deserialize_with = "count::optional")]
    #[schemars(schema_with = "values::count_schema")]
    limit: Option<usize>,
    perturb: Option<String>,
}

impl From<TaskMap> for TaskSpec {
    fn from(map: TaskMap) -> Self {
        Self { task: map.task, shots: map.shots, limit: map.limit, perturb: map.perturb }
    }
}

impl WordOrMap for TaskSpec {
    type Map = TaskMap;
    const EXPECTING: &'static str = "a task's name, or a map with `task`, `shots` and `limit`";
    fn from_word(word: &str) -> Self {
        Self { task: word.into(), shots: None, limit: None, perturb: None }
    }
}

impl JsonSchema for TaskSpec {
    fn schema_name() -> Cow<'static, str> {
        "TaskSpec".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        values::word_or_map_schema::<Self>(generator)
    }
}

impl<'de> Deserialize<'de> for TaskSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        values::word_or_map(deserializer)
    }
}
