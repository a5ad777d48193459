//! What another arithmetic does to a task's answers: the same items scored twice, side by side.

use serde::Serialize;
use spyglass_dashboards::findings::{ComparedTask, compare};
use spyglass_dashboards::run::Unit;
use spyglass_tasks::ItemRecord;
use spyglass_tasks::metric::argmax;

use crate::results::Price;

/// How the answers to one task differ between two arithmetics.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Effect {
    /// The task.
    pub task: String,
    /// Examples before each question.
    pub shots: usize,
    /// Items that both scored.
    pub items: usize,
    /// Log-likelihoods compared: of choices and of whole texts.
    pub log_likelihoods: usize,
    /// Largest absolute change of a log-likelihood, in nats; `None` when there are none.
    pub largest_change: Option<f64>,
    /// Mean absolute change of a log-likelihood, in nats.
    pub mean_change: Option<f64>,
    /// Items whose likeliest choice is another (with a single choice: whether every token of it is the likeliest; of replies: the text).
    pub flipped: usize,
    /// The task's metrics, before and after.
    pub metrics: Vec<MetricChange>,
    /// What changed of the items in the task's main metric, and whether it is more than chance; `None` where it is no mean over items.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tested: Option<ComparedTask>,
    /// What changed before the tokens of its texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<Price>,
}

/// One metric, before and after.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct MetricChange {
    pub name: String,
    pub before: f64,
    pub after: f64,
}

impl Effect {
    /// Every task that both sides scored.
    pub(crate) fn all(before: &[Unit], after: &[Unit]) -> Vec<Self> {
        let same = |one: &Unit, other: &Unit| one.record.subject() == other.record.subject();
        let pairs = before.iter().filter_map(|one| Some((one, after.iter().find(|other| same(one, other))?)));
        pairs.map(|(one, other)| Self::of(one, other)).collect()
    }

    /// Compares the same items of one task.
    fn of(before: &Unit, after: &Unit) -> Self {
        let pairs = || before.items.iter().zip(after.items.iter());
        let changes: Vec<f64> = pairs()
            .flat_map(|(one, other)| log_likelihoods(one).zip(log_likelihoods(other)).map(|(a, b)| (a - b).abs()))
            .collect();
        let metric = |(one, other): (&spyglass_tasks::MetricValue, &spyglass_tasks::MetricValue)| MetricChange {
            name: one.name.clone(),
            before: one.value,
            after: other.value,
        };
        Self {
            task: before.record.task.clone(),
            shots: before.record.shots,
            items: pairs().count(),
            log_likelihoods: changes.len(),
            largest_change: changes.iter().copied().reduce(f64::max),
            mean_change: (!changes.is_empty()).then(|| changes.iter().sum::<f64>() / changes.len() as f64),
            flipped: pairs().filter(|(one, other)| answer(one) != answer(other)).count(),
            metrics: before.record.metrics.iter().zip(&after.record.metrics).map(metric).collect(),
            tested: compare(&[before], &[after], [&[], &[]]).rows.pop(),
            tokens: None,
        }
    }
}

fn log_likelihoods(item: &ItemRecord) -> impl Iterator<Item = f64> {
    item.choices.iter().map(|choice| choice.logprob).chain(item.rolling.as_ref().map(|rolling| rolling.logprob))
}

/// What an item was answered with.
#[derive(Debug, PartialEq)]
enum Given<'a> {
    Nothing,
    Greedy(bool),
    Choice(usize),
    Reply(&'a str),
}

fn answer(item: &ItemRecord) -> Given<'_> {
    match (item.choices.as_slice(), &item.generation) {
        ([], Some(reply)) => Given::Reply(&reply.filtered),
        ([], None) => Given::Nothing,
        ([only], _) => Given::Greedy(only.is_greedy),
        (choices, _) => argmax(choices.iter().map(|choice| choice.logprob)).map_or(Given::Nothing, Given::Choice),
    }
}

#[cfg(test)]
mod tests;
