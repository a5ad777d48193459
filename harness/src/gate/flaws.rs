//! What in a policy cannot be meant, each with its place and its mend.

use spyglass_tasks::yaml::Step;

use super::{Policy, RuleSpec};
use crate::Error;

/// A key of a rule, what is wrong with it, and the mend.
type Flaw = (&'static str, String, &'static str);

impl Policy {
    /// The first thing that cannot be meant.
    pub(super) fn flaw(&self) -> Option<Error> {
        if !(self.error_rate > 0.0 && self.error_rate < 0.5) {
            let problem = format!("`error_rate` is a chance between 0 and 0.5, not {}", self.error_rate);
            return Some(self.refuse(&[Step::Key("error_rate")], problem, "0.05 is one gate in twenty"));
        }
        if self.rules.is_empty() {
            let help = "write one, such as `- {task: hellaswag, max_drop: 0.02}`";
            return Some(self.refuse(&[Step::Key("rules")], "there are no rules".into(), help));
        }
        let flawed = self.rules.iter().enumerate().find_map(|(rule, spec)| Some((rule, spec.flaw()?)));
        flawed.map(|(rule, (key, problem, help))| self.refuse_rule(rule, key, problem, help))
    }
}

impl RuleSpec {
    /// What it is about: its key, and what is written there.
    pub(crate) fn subject(&self) -> Option<(&'static str, &str)> {
        let named = [("task", &self.task), ("pack", &self.pack), ("persona", &self.persona)];
        named.into_iter().find_map(|(key, name)| Some((key, name.as_deref()?)))
    }

    /// The limits that are written.
    fn limits(&self) -> Vec<(&'static str, f64)> {
        let all = [("max_drop", self.max_drop), ("min_score", self.min_score), ("max_score", self.max_score)];
        all.into_iter().filter_map(|(key, limit)| Some((key, limit?))).collect()
    }

    fn flaw(&self) -> Option<Flaw> {
        self.flaw_of_subject().or_else(|| self.flaw_of_limit()).or_else(|| self.flaw_of_settings())
    }

    fn flaw_of_subject(&self) -> Option<Flaw> {
        let named = [("pack", self.pack.is_some()), ("persona", self.persona.is_some())];
        let others = named.into_iter().filter(|(_, is)| *is).map(|(key, _)| key).collect::<Vec<_>>();
        let first = if self.task.is_some() { "task" } else { "alarm" };
        let taken = self.task.is_some() || self.alarm.is_some();
        match others.as_slice() {
            [] if !taken => Some((
                "level",
                "the rule is about nothing".into(),
                "name a `task`, a `pack`, a `persona` or an `alarm`",
            )),
            [other] if taken => {
                Some((*other, format!("the rule is about two things, `{first}` and `{other}`"), "write two rules"))
            }
            [_, other] => {
                Some((*other, "the rule is about two things, `pack` and `persona`".into(), "write two rules"))
            }
            _ => None,
        }
        .or_else(|| {
            let (key, name) = self.subject()?;
            name.trim()
                .is_empty()
                .then(|| (key, format!("`{key}` names nothing"), "write the name of one that was scored"))
        })
    }

    fn flaw_of_limit(&self) -> Option<Flaw> {
        let limits = self.limits();
        if let Some((key, limit)) = limits.iter().find(|(_, limit)| !limit.is_finite()) {
            return Some((*key, format!("`{key}` is {limit}, which is no limit"), "write a number"));
        }
        if self.alarm.is_some() {
            let (key, _) = limits.first()?;
            return Some((
                key,
                format!("an alarm speaks or does not: `{key}` says nothing"),
                "remove it, or write two rules",
            ));
        }
        let (about, _) = self.subject()?;
        let wanted: &[&str] = match about {
            "task" => &["max_drop", "min_score", "max_score"],
            "pack" => &["max_drop", "min_score"],
            _ => &["min_score"],
        };
        match limits.as_slice() {
            [] if about == "persona" => Some((about, "the rule has no limit".into(), "add `min_score: 0.9`")),
            [] => Some((about, "the rule has no limit".into(), "add `max_drop: 0.02`, or `min_score: 0.5`")),
            [_, (key, _), ..] => Some((key, "the rule has two limits".into(), "write two rules")),
            [(key, _)] if !wanted.contains(key) => {
                Some((key, format!("`{key}` is no limit for a `{about}`"), "`min_score` is the smallest share"))
            }
            [("max_drop", drop)] if *drop < 0.0 => {
                Some(("max_drop", "a drop that is allowed is no less than 0".into(), "0.02 allows two points"))
            }
            [(key, limit)] if about != "task" && !(0.0..=1.0).contains(limit) => {
                Some((key, format!("{limit} is no share"), "shares are written from 0 to 1: 2 points are 0.02"))
            }
            _ => None,
        }
    }

    fn flaw_of_settings(&self) -> Option<Flaw> {
        let of_tasks = [("shots", self.shots.is_some()), ("perturb", self.perturb.is_some())];
        if let Some((key, _)) = of_tasks.into_iter().find(|(_, is)| *is && self.task.is_none()) {
            return Some((key, format!("`{key}` is of tasks only"), "remove it"));
        }
        (self.baseline.is_some() && self.max_drop.is_none()).then(|| {
            ("baseline", "only a `max_drop` is measured against a baseline".into(), "remove it, or write `max_drop`")
        })
    }
}
