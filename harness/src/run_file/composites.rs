//! `composites:` of the run file, and the same in a word of the command line.

use std::borrow::Cow;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};
use spyglass_dashboards::run::{Composite, CompositeMember};
use spyglass_tasks::yaml::count;

use crate::values::{self, WordOrMap};

/// Several tasks as one score: the weighted mean of how far each has come from guessing (0) to all right (1).
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CompositeSpec {
    /// Its name in the report; no task may have it.
    name: String,
    /// Its tasks or groups: names, or maps with `task`, `weight`, `shots` and `chance`.
    tasks: Vec<MemberSpec>,
}

/// One task of a composite; a bare name counts once.
#[derive(Debug, Clone)]
pub(crate) struct MemberSpec(CompositeMember);

/// The map form of [`MemberSpec`].
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MemberMap {
    /// The task or group.
    task: String,
    /// How much it counts beside the others; 1 when absent.
    weight: Option<f64>,
    /// With how many shots, where the run asks it with several.
    #[serde(default, deserialize_with = "count::optional")]
    #[schemars(schema_with = "values::count_schema")]
    shots: Option<usize>,
    /// Score of guessing, where the task does not tell.
    chance: Option<f64>,
}

impl From<MemberMap> for MemberSpec {
    fn from(map: MemberMap) -> Self {
        let MemberMap { task, weight, shots, chance } = map;
        Self(CompositeMember { task, shots, weight: weight.unwrap_or(1.0), chance })
    }
}

impl WordOrMap for MemberSpec {
    type Map = MemberMap;
    const EXPECTING: &'static str = "a task's name, or a map with `task`, `weight`, `shots` and `chance`";
    fn from_word(word: &str) -> Self {
        Self(CompositeMember { task: word.into(), shots: None, weight: 1.0, chance: None })
    }
}

impl JsonSchema for MemberSpec {
    fn schema_name() -> Cow<'static, str> {
        "MemberSpec".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        values::word_or_map_schema::<Self>(generator)
    }
}

impl<'de> Deserialize<'de> for MemberSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        values::word_or_map(deserializer)
    }
}

impl CompositeSpec {
    /// As the report reads it.
    pub(crate) fn composite(&self) -> Composite {
        let members = self.tasks.iter().map(|member| member.0.clone()).collect();
        Composite { name: self.name.clone(), members }
    }
}

/// A composite as an option says it: `core=arc_easy,hellaswag:2`.
#[derive(Debug, Clone)]
pub(crate) struct CompositeOption(pub(crate) Composite);

impl FromStr for CompositeOption {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (name, tasks) = text.split_once('=').ok_or("write it as NAME=TASK[:WEIGHT],TASK…")?;
        let member = |written: &str| -> Result<CompositeMember, String> {
            let (task, weight) = written.rsplit_once(':').unwrap_or((written, "1"));
            let weight = weight.trim().parse().map_err(|_| format!("`{weight}` is no weight"))?;
            Ok(CompositeMember { task: task.trim().into(), shots: None, weight, chance: None })
        };
        let members = tasks.split(',').filter(|task| !task.trim().is_empty()).map(member).collect::<Result<_, _>>()?;
        Ok(Self(Composite { name: name.trim().into(), members }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_says_what_a_run_file_says() {
        let found: CompositeOption = "core=arc_easy, hellaswag:2".parse().unwrap();
        let text = "name: core\ntasks: [arc_easy, {task: hellaswag, weight: 2}]\n";
        let spec: CompositeSpec = spyglass_tasks::yaml::parse("run.yaml", text).unwrap();
        assert_eq!(found.0, spec.composite());
        assert_eq!("core".parse::<CompositeOption>().unwrap_err(), "write it as NAME=TASK[:WEIGHT],TASK…");
        assert_eq!("core=a:b".parse::<CompositeOption>().unwrap_err(), "`b` is no weight");
    }
}
