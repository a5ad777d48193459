//! The keys of a group file.

use schemars::JsonSchema;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::single::Words;
use super::tree::{Tree, TreeVisitor};
use crate::yaml::told;

/// A group file: tasks whose scores are shown together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Spyglass group file")]
pub(crate) struct GroupFile {
    /// Name of the group.
    pub group: String,
    /// Name in tables.
    #[serde(default)]
    pub group_alias: Option<String>,
    /// Tasks, groups, tags, or groups written out here.
    pub task: Vec<Member>,
    /// Metrics of the group.
    #[serde(default)]
    pub aggregate_metric_list: Vec<GroupMetricEntry>,
    /// `version`, and whatever else.
    #[serde(default)]
    pub metadata: Option<Value>,
    /// One line for the list of tasks.
    #[serde(default)]
    pub about: Option<String>,
    /// Not used.
    #[serde(default)]
    pub tag: Words,
    /// A file whose keys this one takes over, unless it has them itself.
    #[serde(default)]
    pub include: Option<String>,
}

/// One entry of a group's `task` list.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Member {
    /// The name of a task, group or tag.
    Name(String),
    /// A group within the group; it is called `outer::inner`.
    Group(Box<GroupFile>),
}

impl<'de> Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameOrGroup;
        impl<'de> Visitor<'de> for NameOrGroup {
            type Value = Member;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("the name of a task, group or tag, or a group")
            }
            fn visit_str<E>(self, name: &str) -> Result<Member, E> {
                Ok(Member::Name(name.to_owned()))
            }
            fn visit_u64<E>(self, name: u64) -> Result<Member, E> {
                Ok(Member::Name(name.to_string()))
            }
            fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Member, A::Error> {
                let Tree(table) = Tree(TreeVisitor.visit_map(entries)?);
                if table.get("group").is_none() {
                    let name = table.get("task").map(|name| format!(" `{}`", name.as_str().unwrap_or("task")));
                    let problem = format!("a task written out inside a group{} is not read", name.unwrap_or_default());
                    return Err(told(&problem, "give it a file of its own, and put its name here"));
                }
                serde_json::from_value(table).map(Member::Group).map_err(Error::custom)
            }
        }
        deserializer.deserialize_any(NameOrGroup)
    }
}

/// One metric of a group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupMetricEntry {
    /// Name of the metric.
    pub metric: String,
    /// Only `mean`.
    #[serde(default)]
    pub aggregation: Option<String>,
    /// Each task counts by its items (or all tasks alike).
    #[serde(default = "yes")]
    pub weight_by_size: bool,
    /// Not used: there is one filter pipeline.
    #[serde(default)]
    pub filter_list: Words,
}

fn yes() -> bool {
    true
}
