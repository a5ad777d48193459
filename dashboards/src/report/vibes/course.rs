//! A pack over the course of training: the share that passes, the margins under the verdicts, how many turns it holds.

use std::collections::BTreeMap;

use spyglass_tasks::MetricValue;
use spyglass_tasks::vibes::{PackSummary, PromptSummary};

use super::story::arrows;
use super::turn::{Turn, came, statistics, turned};
use crate::analysis::{CONFIDENCE, PackInterval, Survival, Z95, pack_interval, pack_survival};
use crate::number::{percent, tokens};
use crate::plots::Point;
use crate::report::checkpoint_curves::checkpoint_curves;
use crate::report::curves::{Lacking, Measured, TaskCurves, range};
use crate::run::{At, Checkpoint, PackUnit, Run, Subject};

/// One pack on one checkpoint in numbers.
#[derive(Debug)]
pub(super) struct Reading {
    /// Share of its prompts that pass, of those that are checked.
    pub(super) passed: Option<PackInterval>,
    /// How many prompts are checked.
    prompts: usize,
    /// In how many conversations.
    talks: usize,
    /// Share that passes by chance.
    baseline: Option<f64>,
    /// Mean margin of right over wrong continuations, nats per token.
    margin: Option<MetricValue>,
    /// For how many turns what is asked of every turn holds: a persona, a form.
    kept: Option<Survival>,
    /// Conversations in which something is asked of every turn.
    sticky: usize,
    /// Whether it failed in any of them.
    dropped: bool,
    /// Each prompt's share of passes and its margin.
    pub(super) each: BTreeMap<String, (Option<f64>, Option<f64>)>,
}

impl Reading {
    pub(super) fn of(unit: &PackUnit) -> Self {
        let summary = PackSummary::of(&unit.transcripts);
        let number = |passes: &Vec<bool>| passes.iter().map(|&pass| f64::from(u8::from(pass))).collect();
        let passes: Vec<Vec<f64>> = summary.passes().iter().map(number).collect();
        let share = |prompt: &PromptSummary| {
            let passes = prompt.passes.iter().filter(|pass| **pass).count();
            (!prompt.passes.is_empty()).then(|| passes as f64 / prompt.passes.len() as f64)
        };
        Self {
            passed: pack_interval(&passes),
            prompts: passes.len(),
            talks: passes.iter().map(Vec::len).sum(),
            baseline: summary.baseline(),
            margin: summary.metrics().into_iter().find(|metric| metric.name == "margin"),
            kept: pack_survival(&summary),
            sticky: summary.talks.len(),
            dropped: summary.talks.iter().any(|talk| talk.dropped),
            each: summary
                .prompts
                .iter()
                .map(|prompt| (prompt.prompt.clone(), (share(prompt), prompt.margin)))
                .collect(),
        }
    }

    /// `66.7 % of its 6 prompts pass (95 % 30.0 to 90.3)`; where prompts have several conversations, it is no count but a mean.
    pub(super) fn share_words(&self) -> Option<String> {
        let share = self.passed.as_ref()?;
        let (percents, prompts, talks) = (percent(share.share), self.prompts, self.talks);
        let passed = if talks == prompts {
            format!("{percents} % of its {prompts} prompts pass")
        } else {
            format!("a mean of {percents} % over {prompts} prompts ({talks} conversations) passes")
        };
        Some(format!("{passed} ({CONFIDENCE} {} to {})", percent(share.interval.0), percent(share.interval.1)))
    }

    /// `8`, and `8.0 turns on average; half fail by turn 9`.
    pub(super) fn turns(&self) -> Option<(String, String)> {
        let kept = self.kept.as_ref()?;
        Some((format!("{:.0}", kept.mean), format!("{:.1} turns on average; {}", kept.mean, half(kept))))
    }

    /// For how many turns what is asked of every turn holds, on average.
    pub(super) fn turns_held(&self) -> Option<f64> {
        Some(self.kept.as_ref()?.mean)
    }

    /// `what is asked of every turn holds for 2.1 turns on average (half fail by turn 2)`.
    pub(super) fn kept_words(&self) -> Option<String> {
        let kept = self.kept.as_ref()?;
        let how_long = if self.dropped {
            format!("for {:.1} turns on average ({})", kept.mean, half(kept))
        } else {
            format!("through all {:.0} turns", kept.mean)
        };
        Some(format!("what is asked of every turn holds {how_long}"))
    }
}

/// By when half of the conversations have failed what is asked of every turn.
fn half(kept: &Survival) -> String {
    kept.median.map_or_else(|| "over half never fail".to_owned(), |turn| format!("half fail by turn {turn}"))
}

/// What is drawn of a pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    Passed,
    Margin,
    TurnsKept,
}

impl Measure {
    pub(super) const ALL: [Self; 3] = [Self::Passed, Self::Margin, Self::TurnsKept];

    fn name(self) -> &'static str {
        match self {
            Self::Passed => "share passed",
            Self::Margin => "margin, nats per token",
            Self::TurnsKept => "turns held",
        }
    }

    fn point(self, reading: &Reading, tokens: f64) -> Option<(Point, usize)> {
        let (value, interval, n) = match self {
            Self::Passed => {
                let share = reading.passed.as_ref()?;
                (share.share, Some(share.interval), reading.prompts)
            }
            Self::Margin => {
                let margin = reading.margin.as_ref()?;
                let around = |se: f64| (margin.value - Z95 * se, margin.value + Z95 * se);
                (margin.value, margin.stderr.map(around), margin.n)
            }
            Self::TurnsKept => (reading.kept.as_ref()?.mean, None, reading.sticky),
        };
        value.is_finite().then_some((Point { tokens, value, interval }, n))
    }

    /// Where nothing is learned yet: the pack's baseline; margins are even at 0.
    fn chance(self, reading: &Reading) -> Option<f64> {
        match self {
            Self::Passed => reading.baseline,
            Self::Margin => Some(0.0),
            Self::TurnsKept => None,
        }
    }
}

/// One pack on every checkpoint that it was run on.
pub(super) struct Course<'a> {
    pub(super) pack: &'a str,
    readings: BTreeMap<At<'a>, Reading>,
}

/// The courses of all packs, by name.
pub(super) fn courses(run: &Run) -> Vec<Course<'_>> {
    let mut packs: BTreeMap<&str, Course<'_>> = BTreeMap::new();
    for unit in &run.packs {
        let pack = unit.record.task.as_str();
        let course = packs.entry(pack).or_insert_with(|| Course { pack, readings: BTreeMap::new() });
        course.readings.insert(unit.record.checkpoint.at(), Reading::of(unit));
    }
    packs.into_values().collect()
}

impl<'a> Course<'a> {
    pub(super) fn at<'s>(&'s self, checkpoint: &'s Checkpoint) -> Option<&'s Reading> {
        self.readings.get(&checkpoint.at())
    }

    /// The curves of one measure; `None` where the pack has none.
    pub(super) fn curves(&self, run: &'a Run, measure: Measure) -> Option<TaskCurves<'a>> {
        let point = |checkpoint: &'a Checkpoint| {
            let (point, items) = measure.point(self.at(checkpoint)?, checkpoint.tokens as f64)?;
            Some(Measured { checkpoint, point, items })
        };
        let (series, measured) = checkpoint_curves(run, point);
        let chance = self.readings.values().next().filter(|_| !series.is_empty())?;
        let chance = measure.chance(chance);
        let fractions = measure == Measure::Passed;
        let subject = Subject::task(self.pack, 0, None);
        Some(TaskCurves {
            run,
            lacking: Lacking::of(run, &subject),
            subject,
            metric: measure.name().to_owned(),
            range: range(&series, chance, fractions),
            chance,
            fractions,
            series,
            measured,
        })
    }

    /// How it went on the way to its newest checkpoint: since when most of it passes, whether the margins turned first, where it
    /// stands; as one of `packs` on the page. `None` where nothing is checked.
    pub(super) fn story(&self, run: &Run, packs: usize) -> Option<String> {
        let all = run.tree.branches.iter().flat_map(|branch| &branch.checkpoints);
        let newest =
            all.filter(|checkpoint| self.at(checkpoint).is_some()).max_by_key(|checkpoint| checkpoint.tokens)?;
        let path = run.tree.path(&newest.branch);
        let path: Vec<(&Checkpoint, &Reading)> =
            path.into_iter().filter_map(|checkpoint| Some((checkpoint, self.at(checkpoint)?))).collect();
        let last = self.at(newest)?;
        let shares = Turn::of(&path, |reading| Some(reading.passed.as_ref()?.share), |prompt| prompt.0, |v| v >= 0.5);
        let margins = Turn::of(&path, |reading| Some(reading.margin.as_ref()?.value), |prompt| prompt.1, |v| v > 0.0);
        let mut parts = vec![came(&shares, packs)?];
        parts.extend(statistics(&path, last.baseline, &shares, packs));
        parts.extend(turned(&margins, &shares, last.margin.as_ref(), packs));
        let way = if path.len() < self.readings.len() {
            format!("on {}, ", arrows(path.iter().map(|(at, _)| at.branch.as_str())))
        } else {
            String::new()
        };
        let place = format!("At {} tokens on {}", tokens(newest.tokens as f64), newest.branch);
        let now: Vec<String> = last.share_words().into_iter().chain(last.kept_words()).collect();
        Some(run.tree.axis.say(format!("{way}{}. {place}, {}", parts.join("; "), now.join("; "))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::survival;

    #[test]
    fn a_mean_over_variables_is_not_told_as_a_count() {
        let reading = |talks| Reading {
            passed: Some(PackInterval { share: 0.75, effective: 4.0, interval: (0.3, 0.95) }),
            prompts: 4,
            talks,
            baseline: None,
            margin: None,
            kept: survival(&[1, 3], &[true, false], None),
            sticky: 2,
            dropped: true,
            each: BTreeMap::new(),
        };
        assert_eq!(reading(4).share_words().unwrap(), "75.0 % of its 4 prompts pass (95 % 30.0 to 95.0)");
        let mean = "a mean of 75.0 % over 4 prompts (30 conversations) passes (95 % 30.0 to 95.0)";
        assert_eq!(reading(30).share_words().unwrap(), mean);
        let kept = "what is asked of every turn holds for 2.5 turns on average (half fail by turn 2)";
        assert_eq!(reading(4).kept_words().unwrap(), kept);
    }
}
