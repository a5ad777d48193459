//! Groups: tasks whose scores are shown together.

use super::group_file::{GroupFile, GroupMetricEntry, Member};
use crate::metric::{GroupMetric, Weighting};

/// A group of tasks or of other groups.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Name.
    pub name: String,
    /// Name in tables.
    pub alias: String,
    /// Names of its leaf tasks or groups, tags resolved.
    pub members: Vec<String>,
    /// What is computed over the members; empty for a group that only gathers.
    pub metrics: Vec<GroupMetric>,
    /// One line for the list of tasks.
    pub about: Option<String>,
    /// `version` and whatever else the file says.
    pub metadata: Option<serde_json::Value>,
}

impl Group {
    /// The groups of a file, the outer one first. A group written out inside another is called `outer::inner`.
    pub(super) fn of_file(file: &GroupFile) -> Vec<Self> {
        let mut groups = Vec::new();
        Self::add(file, None, &mut groups);
        groups
    }

    fn add(file: &GroupFile, outer: Option<&str>, groups: &mut Vec<Self>) -> String {
        let name = outer.map_or_else(|| file.group.clone(), |outer| format!("{outer}::{}", file.group));
        let at = groups.len();
        groups.push(Self {
            alias: file.group_alias.clone().unwrap_or_else(|| name.clone()),
            name: name.clone(),
            members: Vec::new(),
            metrics: file.aggregate_metric_list.iter().map(GroupMetricEntry::metric).collect(),
            about: file.about.clone(),
            metadata: file.metadata.clone(),
        });
        let members = file.task.iter().map(|member| match member {
            Member::Name(member) => member.clone(),
            Member::Group(inner) => Self::add(inner, Some(&name), groups),
        });
        groups[at].members = members.collect();
        name
    }
}

impl GroupMetricEntry {
    fn metric(&self) -> GroupMetric {
        let weighting = if self.weight_by_size { Weighting::BySize } else { Weighting::Plain };
        GroupMetric { name: self.metric.clone(), weighting }
    }
}
