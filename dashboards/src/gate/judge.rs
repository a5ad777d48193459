//! All rules of a gate together: what is broken beyond what their number explains, what is kept, and what nobody can tell.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::analysis::{Bound, Measured, holm};

/// What a broken rule does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// It blocks; where nobody can tell, the verdict is that nobody can tell.
    #[default]
    Critical,
    /// It warns, and so does not knowing.
    Watched,
    /// It is told, and changes no verdict.
    Advisory,
}

/// What is asked of one task or pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Asked {
    /// How much worse than the baseline it may be.
    Drop,
    /// How good it must be.
    Score,
    /// An alarm that must not speak.
    Alarm,
    /// A persona that must hold.
    Persona,
}

/// One thing that a rule asks; a rule over several tasks asks several.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Ask {
    /// The rule's number in the policy, from 1.
    pub rule: usize,
    /// What happens where it is broken.
    pub level: Level,
    /// What is asked.
    pub asked: Asked,
    /// The task with its settings, the pack, or the alarm.
    pub about: String,
    /// The baseline's name in the policy, of a drop.
    pub against: Option<String>,
    /// The metric, where there is one.
    pub metric: Option<String>,
    /// Its values are shares in [0, 1].
    pub fraction: bool,
    /// Items, prompts or conversations behind it.
    pub items: Option<usize>,
    /// The two sides of a drop could not be paired item by item: the scores alone were compared, as if other items had been asked, which shows less.
    pub unpaired: bool,
}

/// What is asked, and what was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// What is asked.
    pub ask: Ask,
    /// What was found.
    pub found: Found,
}

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// A number and where it may lie.
    Number(Measured, Bound),
    /// The sentences of the alarms that spoke.
    Alarms(Vec<String>),
    /// There is nothing to go by, and why.
    Nothing(String),
}

/// What became of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Even the worst that the items allow is within the limit.
    Held,
    /// Even the best that the items allow is beyond it.
    Broken,
    /// The limit lies between the two.
    CannotTell,
}

/// May the checkpoint go on?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every critical and watched rule is kept.
    Pass,
    /// No critical rule is broken or open, but a watched one is.
    Warn,
    /// A critical rule is broken.
    Block,
    /// No critical rule is broken, but of one nobody can tell.
    CannotTell,
}

/// A question with its answer.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Judged {
    /// What was asked.
    #[serde(flatten)]
    pub ask: Ask,
    /// What became of it.
    pub outcome: Outcome,
    /// The limit: of a drop the largest, of a score or a persona the smallest (of a metric of which less is better, the largest).
    pub limit: Option<f64>,
    /// What was measured: of a drop how much worse it is, negative where it is better.
    pub value: Option<f64>,
    /// The least that it may be: one-sided, with the correction for all rules where that would break the limit.
    pub low: Option<f64>,
    /// The most that it may be, likewise.
    pub high: Option<f64>,
    /// Chance of so bad a number where the truth is the limit, corrected for all rules (Holm): below the policy's `error_rate` it is broken.
    pub p_broken: Option<f64>,
    /// Chance of so good a number where the truth is the limit: below `error_rate` it is held.
    pub p_held: Option<f64>,
    /// How far beyond the limit the truth must lie to be found there four times in five, with items like these.
    pub smallest_shown: Option<f64>,
    /// What the alarm said, or why nobody can tell.
    pub said: Vec<String>,
}

/// Answers all questions together.
///
/// Broken: Holm's p over all numbers is below `alpha`, so that the chance of calling *any* limit broken that is not is below `alpha`. Held: its
/// plain p is, since the gate opens only where every rule is held: a false pass needs that of a rule that is broken in truth, whose chance is
/// below `alpha` whatever the others say. Source: Berger (1982), Technometrics 24, 295–300 (intersection–union tests). Alarms speak or do not.
pub fn judge(questions: Vec<Question>, alpha: f64) -> (Verdict, Vec<Judged>) {
    let p: Vec<f64> = questions.iter().filter_map(|question| question.number().map(|(m, b)| m.p_broken(b))).collect();
    let levels = step_levels(&p, alpha);
    let mut corrected = holm(&p).into_iter().zip(levels);
    let judged: Vec<Judged> = questions
        .into_iter()
        .map(|question| {
            let own = if question.number().is_some() { corrected.next() } else { None };
            question.judged(own, alpha)
        })
        .collect();
    (verdict(&judged), judged)
}

/// The level at which Holm's procedure looks at each: α/m at the smallest p, α/(m−1) at the next, …; those that are not rejected are all
/// looked at as the first of them is.
fn step_levels(p: &[f64], alpha: f64) -> Vec<f64> {
    let adjusted = holm(p);
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    let rejected = order.iter().take_while(|index| adjusted[**index] < alpha).count();
    let mut levels = vec![alpha; p.len()];
    for (rank, index) in order.into_iter().enumerate() {
        levels[index] = alpha / (p.len() - rank.min(rejected)) as f64;
    }
    levels
}

fn verdict(judged: &[Judged]) -> Verdict {
    let any = |level, outcome| judged.iter().any(|row| (row.ask.level, row.outcome) == (level, outcome));
    if any(Level::Critical, Outcome::Broken) {
        Verdict::Block
    } else if any(Level::Critical, Outcome::CannotTell) {
        Verdict::CannotTell
    } else if any(Level::Watched, Outcome::Broken) || any(Level::Watched, Outcome::CannotTell) {
        Verdict::Warn
    } else {
        Verdict::Pass
    }
}

impl Question {
    fn number(&self) -> Option<(Measured, Bound)> {
        match self.found {
            Found::Number(measured, bound) => Some((measured, bound)),
            _ => None,
        }
    }

    /// `corrected` is Holm's p and the level at which it looked, of a number.
    fn judged(self, corrected: Option<(f64, f64)>, alpha: f64) -> Judged {
        let number = self.number().zip(corrected);
        let (outcome, said) = match (self.found, number) {
            (Found::Nothing(why), _) => (Outcome::CannotTell, vec![why]),
            (Found::Alarms(said), _) => (if said.is_empty() { Outcome::Held } else { Outcome::Broken }, said),
            (_, Some((_, (p, _)))) if p < alpha => (Outcome::Broken, Vec::new()),
            (_, Some(((measured, bound), _))) if measured.p_held(bound) < alpha => (Outcome::Held, Vec::new()),
            _ => (Outcome::CannotTell, Vec::new()),
        };
        let ends = number.map(|((measured, bound), (_, level))| match bound {
            Bound::AtMost(_) => (measured.lower(level), measured.upper(alpha)),
            Bound::AtLeast(_) => (measured.lower(alpha), measured.upper(level)),
        });
        Judged {
            ask: self.ask,
            outcome,
            limit: number.map(|((_, bound), _)| bound.limit()),
            value: number.map(|((measured, _), _)| measured.value()),
            low: ends.map(|ends| ends.0),
            high: ends.map(|ends| ends.1),
            p_broken: number.map(|(_, (p, _))| p),
            p_held: number.map(|((measured, bound), _)| measured.p_held(bound)),
            smallest_shown: number.map(|((measured, bound), (_, level))| measured.smallest_shown(bound, level)),
            said,
        }
    }
}

#[cfg(test)]
mod tests;
