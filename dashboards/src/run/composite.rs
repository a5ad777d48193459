//! Composite scores: several tasks as one number, as the run file or an import names them.

use serde::{Deserialize, Serialize};

/// A weighted mean over tasks, each centred at the score of guessing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Composite {
    /// Its name, unlike that of any task.
    pub name: String,
    /// What it is made of.
    pub members: Vec<CompositeMember>,
}

/// One task or group of a composite.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CompositeMember {
    /// The task or group.
    pub task: String,
    /// With how many shots, where it was asked with several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shots: Option<usize>,
    /// How much it counts beside the others; above 0.
    pub weight: f64,
    /// Score of guessing, where the task does not tell, in [0, 1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chance: Option<f64>,
}

impl Composite {
    /// What is wrong with it beside the composites `before` it, and the mend; whether its tasks are there is not asked.
    pub fn flaw(&self, before: &[Self]) -> Option<(String, String)> {
        let name = &self.name;
        let said = |what: String, mend: &str| Some((format!("the composite `{name}` {what}"), mend.to_owned()));
        if name.trim().is_empty() {
            return Some(("a composite has no name".into(), "name it: {name: core, tasks: [...]}".into()));
        }
        if before.iter().any(|other| other.name == *name) {
            return said("is there twice".into(), "give the second another name");
        }
        if self.members.is_empty() {
            return said("has no tasks".into(), "list its members: tasks: [hellaswag, {task: arc_easy, weight: 2}]");
        }
        for (index, CompositeMember { task, shots, weight, chance }) in self.members.iter().enumerate() {
            if self.members[..index].iter().any(|known| known.task == *task && known.shots == *shots) {
                return said(format!("has `{task}` twice"), "keep one of the two; `weight: 2` counts a task double");
            }
            if task == name {
                return said("is made of itself".into(), "give it a name that no task has");
            }
            if !weight.is_finite() || *weight <= 0.0 {
                let mend = "a weight is a number above 0; leave the task out to count it not at all";
                return said(format!("gives `{task}` the weight {weight}"), mend);
            }
            if chance.is_some_and(|chance| !(0.0..1.0).contains(&chance)) {
                return said(format!("has a chance of `{task}` outside 0 to 1"), "write a share below 1: chance: 0.25");
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn composite(name: &str, members: &[(&str, f64, Option<f64>)]) -> Composite {
        let member = |(task, weight, chance): &(&str, f64, Option<f64>)| CompositeMember {
            task: (*task).to_owned(),
            shots: None,
            weight: *weight,
            chance: *chance,
        };
        Composite { name: name.into(), members: members.iter().map(member).collect() }
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        let before = [composite("core", &[("a", 1.0, None)])];
        let cases: [(Composite, &str); 8] = [
            (composite(" ", &[("a", 1.0, None)]), "a composite has no name"),
            (composite("core", &[("b", 1.0, None)]), "the composite `core` is there twice"),
            (composite("x", &[]), "the composite `x` has no tasks"),
            (composite("x", &[("a", 1.0, None), ("a", 2.0, None)]), "the composite `x` has `a` twice"),
            (composite("x", &[("x", 1.0, None)]), "the composite `x` is made of itself"),
            (composite("x", &[("a", 0.0, None)]), "the composite `x` gives `a` the weight 0"),
            (composite("x", &[("a", f64::NAN, None)]), "the composite `x` gives `a` the weight NaN"),
            (composite("x", &[("a", 1.0, Some(1.0))]), "the composite `x` has a chance of `a` outside 0 to 1"),
        ];
        for (composite, wanted) in cases {
            assert_eq!(composite.flaw(&before).unwrap().0, wanted);
        }
        assert_eq!(composite("x", &[("a", 1.0, None), ("b", 0.5, Some(0.0))]).flaw(&before), None);
    }
}
