//! What a YAML file of ours is, told by its top-level keys.

use serde::de::IgnoredAny;
use std::collections::BTreeMap;

/// What a YAML file of ours is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `checkpoints`: where a run lies and what is asked of it.
    Run,
    /// `pack` or `prompts`: conversations.
    Pack,
    /// `task`, `group` and their like: what is asked.
    Task,
    /// `rules`: what a checkpoint must keep.
    Policy,
    /// None of these keys.
    Unknown,
}

impl Kind {
    /// The kind of a document; one that cannot be read is taken by its lines, so that its own reader says what is wrong.
    #[expect(clippy::zero_sized_map_values, reason = "serde reads the keys of a map into a map, not into a set")]
    pub fn of(text: &str) -> Self {
        let has: Box<dyn Fn(&str) -> bool> = match serde_yaml::from_str::<BTreeMap<String, IgnoredAny>>(text) {
            Ok(keys) => Box::new(move |key| keys.contains_key(key)),
            Err(_) => Box::new(|key| {
                let is_key = |line: &str| line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with(':'));
                text.lines().any(is_key)
            }),
        };
        let task = ["task", "group", "include", "dataset_path", "dataset_name", "output_type"];
        if has("checkpoints") {
            Self::Run
        } else if task.into_iter().any(&has) {
            Self::Task
        } else if ["pack", "prompts"].into_iter().any(&has) {
            Self::Pack
        } else if has("rules") {
            Self::Policy
        } else {
            Self::Unknown
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn files_are_told_apart_by_their_keys() {
        let cases = [
            ("checkpoints: [{path: a}]\ntasks: [x]\nprompts: [y]\n", Kind::Run),
            ("{checkpoints: [], name: x}", Kind::Run),
            ("pack: p\nprompts: []\n", Kind::Pack),
            ("\"prompts\": []\n", Kind::Pack),
            ("pack: p\nprompts: [{id: {{a}}}]\n", Kind::Pack),
            ("task: t\ndoc_to_text: 'pack: x'\n", Kind::Task),
            ("group: g\ntask: [a]\n", Kind::Task),
            ("run: run.yaml\nrules: []\n", Kind::Policy),
            ("tsk: t\n", Kind::Unknown),
            ("", Kind::Unknown),
        ];
        for (text, kind) in cases {
            assert_eq!(Kind::of(text), kind, "{text}");
        }
    }
}
