//! What is kept of a conversation: a line of `transcripts.jsonl`.

mod turn_record;

pub use turn_record::{ChoiceScore, Choices, Reference, TurnRecord};

use serde::{Deserialize, Serialize};

use super::checks::{Reply, Verdict};
use super::conversation::Conversation;
use super::sampling::Sampling;
use super::stop::Stop;
use super::variables::Variables;

/// How the conversation was put to the model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rendering {
    /// Through the checkpoint's own chat template.
    ChatTemplate,
    /// As plain text, in the pack's `transcript:` form.
    #[default]
    Plain,
}

/// How long the persona was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stickiness {
    /// Turns before the first one out of character.
    pub turns_kept: usize,
    /// Whether there was such a turn; `false` is a talk that ended in character (censored).
    pub dropped: bool,
}

/// One conversation as it was held: a line of `transcripts.jsonl`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Transcript {
    /// Name of the pack.
    pub pack: String,
    /// Id of the prompt.
    pub prompt: String,
    /// Words to filter by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// What the prompt is meant to show.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub notes: String,
    /// The variables' values.
    #[serde(default, skip_serializing_if = "Variables::is_empty")]
    pub variables: Variables,
    /// Number of the repeat, from 0.
    pub repeat: usize,
    /// How replies were sampled.
    pub sampling: Sampling,
    /// How the conversation was put to the model.
    pub rendering: Rendering,
    /// The system text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// The turns.
    pub turns: Vec<TurnRecord>,
    /// Verdicts on all replies together.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub verdicts: Vec<Verdict>,
    /// Whether every check with a weight passed and the persona was kept; `None` when nothing was checked.
    pub passed: Option<bool>,
    /// Mean of the checks' scores by their weights; `None` when nothing was checked.
    pub score: Option<f64>,
    /// Share that passes by chance.
    pub baseline: f64,
    /// How long the persona was kept, where the prompt has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stickiness: Option<Stickiness>,
    /// Mean margin over the turns that compare continuations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin: Option<f64>,
}

impl Transcript {
    /// Judges a conversation that was held: `turns` have everything but their verdicts, one for each turn of `talk`.
    pub fn judge(talk: &Conversation, rendering: Rendering, mut turns: Vec<TurnRecord>) -> Self {
        for (turn, asked) in turns.iter_mut().zip(&talk.turns) {
            let reply = Reply { text: &turn.reply, stop: turn.stop };
            turn.verdicts = asked.checks.iter().map(|check| check.judge(reply)).collect();
            turn.persona = talk.persona.as_ref().map(|check| check.judge(reply));
        }
        let together = turns.iter().map(|turn| turn.reply.as_str()).collect::<Vec<_>>().join("\n");
        let stop = turns.iter().map(|turn| turn.stop).find(|stop| *stop == Stop::Limit);
        let whole = Reply { text: &together, stop: stop.or(turns.last().map(|turn| turn.stop)).unwrap_or_default() };
        let verdicts: Vec<Verdict> = talk.checks.iter().map(|check| check.judge(whole)).collect();
        let stickiness = talk.persona.as_ref().map(|_| stickiness(&turns));
        let margins: Vec<f64> = turns.iter().filter_map(|turn| Some(turn.choices.as_ref()?.margin)).collect();
        let mut all: Vec<&Verdict> = turns.iter().flat_map(|turn| turn.verdicts.iter().chain(&turn.persona)).collect();
        all.extend(&verdicts);
        all.retain(|verdict| verdict.weight > 0.0);
        let weights: f64 = all.iter().map(|verdict| verdict.weight).sum();
        let weighted: f64 = all.iter().map(|verdict| verdict.weight * verdict.score).sum();
        Self {
            passed: (!all.is_empty()).then(|| all.iter().all(|verdict| verdict.passed)),
            score: (!all.is_empty()).then(|| weighted / weights),
            pack: talk.pack.clone(),
            prompt: talk.prompt.clone(),
            tags: talk.tags.clone(),
            notes: talk.notes.clone(),
            variables: talk.variables.clone(),
            repeat: talk.repeat,
            sampling: talk.sampling.clone(),
            rendering,
            system: talk.system.clone(),
            baseline: talk.baseline,
            margin: mean(&margins),
            stickiness,
            verdicts,
            turns,
        }
    }

    /// Tokens of earlier turns that had to be computed again.
    pub fn recomputed(&self) -> usize {
        self.turns.iter().map(|turn| turn.recomputed).sum()
    }
}

fn stickiness(turns: &[TurnRecord]) -> Stickiness {
    let drop = turns.iter().position(|turn| turn.persona.as_ref().is_some_and(|verdict| !verdict.passed));
    Stickiness { turns_kept: drop.unwrap_or(turns.len()), dropped: drop.is_some() }
}

/// The mean; `None` of nothing.
pub(crate) fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

#[cfg(test)]
mod tests;
