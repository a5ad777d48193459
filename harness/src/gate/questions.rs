//! A policy's rules as questions about results.

use globset::{Glob, GlobMatcher};
use spyglass_dashboards::analysis::Bound;
use spyglass_dashboards::findings::{Comparison, compare};
use spyglass_dashboards::gate::{self, Ask, Asked, Found, Question};
use spyglass_dashboards::run::{Subject, Unit};
use spyglass_dashboards::series::is_fraction;

use super::{Policy, RuleSpec, Sides};
use crate::Result;
use crate::results::Side;

/// Everything that the policy asks: a question for each task or pack that a rule fits.
///
/// # Errors
/// A rule names what no checkpoint of the run has results of, or sets a limit that its metric cannot have.
pub(crate) fn questions(policy: &Policy, sides: &Sides) -> Result<Vec<Question>> {
    let mut all = Vec::new();
    for (index, spec) in policy.rules.iter().enumerate() {
        all.extend(Rule { policy, sides, index, spec }.questions()?);
    }
    Ok(all)
}

/// A rule with what it is asked of.
pub(super) struct Rule<'a> {
    pub(super) policy: &'a Policy,
    pub(super) sides: &'a Sides,
    pub(super) index: usize,
    pub(super) spec: &'a RuleSpec,
}

impl Rule<'_> {
    fn questions(&self) -> Result<Vec<Question>> {
        if let Some(kind) = self.spec.alarm {
            return Ok(vec![self.alarm(kind)?]);
        }
        match self.spec.subject() {
            Some(("task", name)) => self.tasks(name),
            Some(("pack", name)) => self.packs(name),
            Some((_, name)) => Ok(vec![self.persona(name)?]),
            None => Ok(Vec::new()), // the policy was read without it
        }
    }

    pub(super) fn question(&self, asked: Asked, about: String, found: Found) -> Question {
        let against = if asked == Asked::Drop { self.baseline_name().map(ToOwned::to_owned) } else { None };
        let ask = Ask {
            rule: self.index + 1,
            level: self.spec.level,
            asked,
            about,
            against,
            metric: None,
            fraction: true,
            items: None,
            unpaired: false,
        };
        Question { ask, found }
    }

    pub(super) fn refuse(&self, key: &str, problem: String, help: &str) -> crate::Error {
        self.policy.refuse_rule(self.index, key, problem, help)
    }

    pub(super) fn baseline_name(&self) -> Option<&str> {
        self.spec.baseline.as_deref().or(self.policy.baseline.as_deref())
    }

    pub(super) fn baseline(&self) -> Result<&Side> {
        let help = "add `baseline: BRANCH@STEP` to the policy or to the rule, or give --baseline";
        let name = self.baseline_name();
        let side = name.and_then(|name| self.sides.baselines.get(name));
        side.ok_or_else(|| self.refuse("max_drop", "there is no baseline to drop from".into(), help))
    }

    /// What a name or glob fits.
    pub(super) fn matcher(&self, key: &str, name: &str) -> Result<GlobMatcher> {
        let glob = Glob::new(name);
        let glob =
            glob.map_err(|error| self.refuse(key, format!("`{name}` is not a glob: {}", error.kind()), "`arc_*`"));
        let matcher = glob?.compile_matcher();
        if self.sides.known.iter().any(|known| matcher.is_match(known)) {
            return Ok(matcher);
        }
        let help = match spyglass_tasks::nearest(name, self.sides.known.iter().map(String::as_str)) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => "name one that the run file asks for; `spyglass status` lists them".into(),
        };
        Err(self.refuse(key, format!("no checkpoint of the run has results of `{name}`"), &help))
    }

    fn tasks(&self, name: &str) -> Result<Vec<Question>> {
        let (matcher, spec) = (self.matcher("task", name)?, self.spec);
        let fits = |unit: &&Unit| {
            let subject = unit.record.subject();
            matcher.is_match(&subject.task)
                && spec.shots.is_none_or(|shots| shots == subject.shots)
                && spec.perturb == subject.perturb
        };
        let units: Vec<&Unit> = self.sides.here.run.units.iter().filter(fits).collect();
        if units.is_empty() {
            let asked = if spec.max_drop.is_some() { Asked::Drop } else { Asked::Score };
            let why = "it was not scored so on this checkpoint: sweep it, then ask again";
            return Ok(vec![self.question(asked, name.to_owned(), Found::Nothing(why.into()))]);
        }
        match spec.max_drop {
            Some(limit) => {
                let baseline = self.baseline()?;
                let groups = [baseline.run.groups.as_slice(), self.sides.here.run.groups.as_slice()];
                // All of them: a composite is compared by its members.
                let compared = compare(&baseline.units(), &self.sides.here.units(), groups);
                units.iter().map(|unit| self.drop(unit, &compared, limit)).collect()
            }
            None => units.iter().map(|unit| self.score(unit)).collect(),
        }
    }

    fn drop(&self, unit: &Unit, compared: &Comparison, limit: f64) -> Result<Question> {
        let subject = unit.record.subject();
        let mut question = self.question(Asked::Drop, subject.title(), Found::Nothing(String::new()));
        match compared.rows.iter().find(|row| row.subject == subject) {
            Some(row) => {
                self.share("max_drop", limit, row.fraction)?;
                let measured = gate::drop_of(row, unit.record.higher_is_better(&row.metric));
                let (metric, items) = (Some(row.metric.clone()), Some(row.difference.items));
                question.ask = Ask { metric, fraction: row.fraction, items, unpaired: row.unpaired, ..question.ask };
                question.found = Found::Number(measured, Bound::AtMost(limit));
            }
            None => question.found = Found::Nothing(why_not(&subject, compared)),
        }
        Ok(question)
    }

    fn score(&self, unit: &Unit) -> Result<Question> {
        let (record, subject) = (&unit.record, unit.record.subject());
        let (name, higher) = (&record.primary_metric, record.higher_is_better(&record.primary_metric));
        let (key, limit) = match (self.spec.min_score, self.spec.max_score) {
            (Some(limit), _) => ("min_score", limit),
            (_, limit) => ("max_score", limit.unwrap_or_default()),
        };
        if higher != (key == "min_score") {
            let (word, other) = if higher { ("more", "min_score") } else { ("less", "max_score") };
            let problem = format!("of `{name}`, in which `{}` is scored, {word} is better", subject.task);
            return Err(self.refuse(key, problem, &format!("write `{other}`")));
        }
        let fraction = is_fraction(name);
        self.share(key, limit, fraction)?;
        let of_group = self.sides.here.run.groups.iter().any(|group| group.name == subject.task);
        let found = record.metric(name).and_then(|metric| Some((gate::score_of(unit, metric, of_group)?, metric.n)));
        let mut question = self.question(Asked::Score, subject.title(), Found::Nothing(String::new()));
        (question.ask.fraction, question.ask.metric) = (fraction, Some(name.clone()));
        match found {
            Some((measured, items)) => {
                let bound = if higher { Bound::AtLeast(limit) } else { Bound::AtMost(limit) };
                (question.ask.items, question.found) = (Some(items), Found::Number(measured, bound));
            }
            None => question.found = Found::Nothing("the error of its score is not known".into()),
        }
        Ok(question)
    }

    /// Refuses a share above 1: points were meant.
    fn share(&self, key: &str, limit: f64, fraction: bool) -> Result<()> {
        if fraction && !(0.0..=1.0).contains(&limit) {
            let help = "shares are written from 0 to 1: 2 points are 0.02";
            return Err(self.refuse(key, format!("{limit} is no share"), help));
        }
        Ok(())
    }
}

/// Why the comparison says nothing of a subject.
fn why_not(subject: &Subject, compared: &Comparison) -> String {
    let title = format!("{}: ", subject.title());
    let reason = compared.left_out.iter().find_map(|reason| reason.strip_prefix(&title));
    match reason {
        Some("only on the second side") | None => "the baseline was not scored on it".into(),
        Some(reason) => reason.to_owned(),
    }
}
