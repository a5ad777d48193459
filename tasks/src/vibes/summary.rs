//! A pack on one checkpoint in numbers; the unit that is counted is the prompt, not its repeats.

use serde::{Deserialize, Serialize};

use super::transcript::{Transcript, mean};
use crate::record::MetricValue;

/// What came of one prompt, all its variables and repeats together.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PromptSummary {
    /// Id of the prompt.
    pub prompt: String,
    /// Whether each conversation passed; empty where nothing is checked.
    pub passes: Vec<bool>,
    /// Mean score of its conversations.
    pub score: Option<f64>,
    /// Mean margin of its `choose`.
    pub margin: Option<f64>,
    /// Mean log-likelihood per token of its references.
    pub reference: Option<f64>,
    /// Share that passes by chance.
    pub baseline: f64,
}

/// One conversation with a persona, as a survival analysis wants it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct StickyTalk {
    /// Turns before the persona was dropped, or all of them.
    pub turns_kept: usize,
    /// Whether it was dropped; otherwise the talk ended first.
    pub dropped: bool,
    /// One over the number of conversations of the same prompt, so that prompts are counted.
    pub weight: f64,
}

/// A pack on one checkpoint.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PackSummary {
    /// The prompts, in the pack's order.
    pub prompts: Vec<PromptSummary>,
    /// The conversations with a persona.
    pub talks: Vec<StickyTalk>,
}

impl PackSummary {
    /// Counts transcripts of one pack.
    pub fn of(transcripts: &[Transcript]) -> Self {
        let mut groups: Vec<(&str, Vec<&Transcript>)> = Vec::new();
        for transcript in transcripts {
            match groups.iter_mut().find(|(id, _)| *id == transcript.prompt) {
                Some((_, group)) => group.push(transcript),
                None => groups.push((&transcript.prompt, vec![transcript])),
            }
        }
        let prompts = groups.iter().map(|(id, group)| prompt_summary(id, group)).collect();
        let sticky = |group: &Vec<&Transcript>| {
            let talks: Vec<_> = group.iter().filter_map(|transcript| transcript.stickiness).collect();
            let weight = 1.0 / talks.len() as f64;
            talks.into_iter().map(move |talk| StickyTalk { turns_kept: talk.turns_kept, dropped: talk.dropped, weight })
        };
        Self { prompts, talks: groups.iter().flat_map(|(_, group)| sticky(group)).collect() }
    }

    /// Passes of every prompt that is checked: what an interval for the share is made of.
    pub fn passes(&self) -> Vec<Vec<bool>> {
        self.prompts.iter().map(|prompt| prompt.passes.clone()).filter(|passes| !passes.is_empty()).collect()
    }

    /// Share that passes by chance: the mean over prompts that are checked.
    pub fn baseline(&self) -> Option<f64> {
        self.mean_of(|prompt| (!prompt.passes.is_empty()).then_some(prompt.baseline)).map(|metric| metric.value)
    }

    /// `passed`, `score`, `margin` and `reference_logprob`, as far as the pack has them: means of the prompt means, with
    /// the standard error over prompts.
    pub fn metrics(&self) -> Vec<MetricValue> {
        let passed = |prompt: &PromptSummary| {
            mean(&prompt.passes.iter().map(|pass| f64::from(u8::from(*pass))).collect::<Vec<_>>())
        };
        let metrics = [
            ("passed", self.mean_of(passed)),
            ("score", self.mean_of(|prompt| prompt.score)),
            ("margin", self.mean_of(|prompt| prompt.margin)),
            ("reference_logprob", self.mean_of(|prompt| prompt.reference)),
        ];
        metrics.into_iter().filter_map(|(name, metric)| Some(MetricValue { name: name.into(), ..metric? })).collect()
    }

    /// The mean over prompts that have the number: SE² = Σ(m − mean)² / (K(K − 1)).
    fn mean_of(&self, number: impl Fn(&PromptSummary) -> Option<f64>) -> Option<MetricValue> {
        let numbers: Vec<f64> = self.prompts.iter().filter_map(number).collect();
        let (value, n) = (mean(&numbers)?, numbers.len());
        let squares: f64 = numbers.iter().map(|number| (number - value).powi(2)).sum();
        let stderr = (n > 1).then(|| (squares / (n * (n - 1)) as f64).sqrt());
        Some(MetricValue { value, stderr, n, ..MetricValue::default() })
    }
}

fn prompt_summary(id: &str, group: &[&Transcript]) -> PromptSummary {
    let references =
        group.iter().flat_map(|transcript| &transcript.turns).filter_map(|turn| Some(turn.reference.as_ref()?.logprob));
    PromptSummary {
        prompt: id.to_owned(),
        passes: group.iter().filter_map(|transcript| transcript.passed).collect(),
        score: mean(&group.iter().filter_map(|transcript| transcript.score).collect::<Vec<_>>()),
        margin: mean(&group.iter().filter_map(|transcript| transcript.margin).collect::<Vec<_>>()),
        reference: mean(&references.collect::<Vec<_>>()),
        baseline: group.first().map_or(0.0, |transcript| transcript.baseline),
    }
}
