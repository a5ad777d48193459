//! A pack over the course of training: the share that passes, the margins under the verdicts, how many turns it holds.

use super::story::arrows;
use crate::analysis::{
    Curve, Noise, PackInterval, Survival, VerdictHops, Z95, onset, pack_interval, survival, verdict_hops,
};
use crate::plots::{Point, Series, percent, tokens};
use crate::report::curves::{Measured, Subject, TaskCurves, colour, fork_point, range};
use crate::run::{At, Checkpoint, PackUnit, Run};
use spyglass_tasks::MetricValue;
use spyglass_tasks::vibes::PackSummary;
use std::collections::BTreeMap;

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
}

impl Reading {
    pub(super) fn of(unit: &PackUnit) -> Self {
        let summary = PackSummary::of(&unit.transcripts);
        let number = |passes: &Vec<bool>| passes.iter().map(|&pass| f64::from(u8::from(pass))).collect();
        let passes: Vec<Vec<f64>> = summary.passes().iter().map(number).collect();
        let kept: Vec<usize> = summary.talks.iter().map(|talk| talk.turns_kept).collect();
        let dropped: Vec<bool> = summary.talks.iter().map(|talk| talk.dropped).collect();
        let weights: Vec<f64> = summary.talks.iter().map(|talk| talk.weight).collect();
        Self {
            passed: pack_interval(&passes),
            prompts: passes.len(),
            talks: passes.iter().map(Vec::len).sum(),
            baseline: summary.baseline(),
            margin: summary.metrics().into_iter().find(|metric| metric.name == "margin"),
            kept: survival(&kept, &dropped, Some(&weights)),
            sticky: kept.len(),
            dropped: dropped.contains(&true),
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
        Some(format!("{passed} (95 % {} to {})", percent(share.interval.0), percent(share.interval.1)))
    }

    /// `8`, and `8.0 turns on average; half fail by turn 9`.
    pub(super) fn turns(&self) -> Option<(String, String)> {
        let kept = self.kept.as_ref()?;
        Some((format!("{:.0}", kept.mean), format!("{:.1} turns on average; {}", kept.mean, half(kept))))
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
        let (mut series, mut measured) = (Vec::new(), Vec::new());
        for (index, branch) in run.tree.branches.iter().enumerate() {
            let all: Vec<Option<Measured<'_>>> = branch.checkpoints.iter().map(point).collect();
            if all.iter().any(Option::is_some) {
                let fork = fork_point(run, branch).and_then(point).map(|m| m.point);
                let points = all.iter().map(|m| m.as_ref().map(|m| m.point.clone())).collect();
                series.push(Series { name: branch.name.clone(), colour: colour(index), fork, points });
                measured.push(all.into_iter().flatten().collect());
            }
        }
        let chance = self.readings.values().next().filter(|_| !series.is_empty())?;
        let chance = measure.chance(chance);
        let fractions = measure == Measure::Passed;
        Some(TaskCurves {
            subject: Subject { task: self.pack.to_owned(), shots: 0, perturb: None },
            metric: measure.name().to_owned(),
            range: range(&series, chance, fractions),
            chance,
            fractions,
            series,
            measured,
        })
    }

    /// How it went on the way to its newest checkpoint: since when most of it passes, whether the margins turned first, where it
    /// stands. `None` where nothing is checked.
    pub(super) fn story(&self, run: &Run) -> Option<String> {
        let all = run.tree.branches.iter().flat_map(|branch| &branch.checkpoints);
        let newest =
            all.filter(|checkpoint| self.at(checkpoint).is_some()).max_by_key(|checkpoint| checkpoint.tokens)?;
        let path = run.tree.path(&newest.branch);
        let path: Vec<(&Checkpoint, &Reading)> =
            path.into_iter().filter_map(|checkpoint| Some((checkpoint, self.at(checkpoint)?))).collect();
        let shares: Vec<(u64, &PackInterval)> =
            path.iter().filter_map(|(at, reading)| Some((at.tokens, reading.passed.as_ref()?))).collect();
        let margins: Vec<(u64, f64)> =
            path.iter().filter_map(|(at, reading)| Some((at.tokens, reading.margin.as_ref()?.value))).collect();
        let last = self.at(newest)?;
        let mut parts = vec![came(&shares)?];
        parts.extend(statistics(&shares, last.baseline));
        parts.extend(turned(&margins, &shares));
        let way = if path.len() < self.readings.len() {
            format!("on {}, ", arrows(path.iter().map(|(at, _)| at.branch.as_str())))
        } else {
            String::new()
        };
        let place = format!("At {} tokens on {}", tokens(newest.tokens as f64), newest.branch);
        let now: Vec<String> = last.share_words().into_iter().chain(last.kept_words()).collect();
        Some(format!("{way}{}. {place}, {}", parts.join("; "), now.join("; ")))
    }
}

fn most(shares: &[(u64, &PackInterval)]) -> VerdictHops {
    verdict_hops(&shares.iter().map(|(_, share)| share.share >= 0.5).collect::<Vec<_>>())
}

/// Since when at least half of the pack passes. Shares are means over its prompts.
fn came(shares: &[(u64, &PackInterval)]) -> Option<String> {
    let hops = most(shares);
    let share = |index: usize| percent(shares[index].1.share);
    let at = |index: usize| tokens(shares[index].0 as f64);
    let words = match hops.first_passed {
        None => {
            let best = shares.iter().map(|(_, share)| share.share).reduce(f64::max)?;
            format!("has not come yet: half of it never passed (at most {} %)", percent(best))
        }
        Some(0) if hops.since => format!("is there from the first checkpoint on ({} % pass)", share(0)),
        Some(0) => format!("is there at first ({} % pass), and comes and goes: {} changes", share(0), hops.flips),
        Some(first) => {
            let (before, there) = (share(first - 1), share(first));
            let jump = format!("{before} % pass at {}, {there} % at {} tokens", at(first - 1), at(first));
            let stays =
                if hops.since { "and stays".to_owned() } else { format!("and comes and goes: {} changes", hops.flips) };
            format!("comes between {} and {} tokens {stays} ({jump})", at(first - 1), at(first))
        }
    };
    Some(format!("what it asks for {words}"))
}

/// What holds for prompts like these and not only for these; needs more of them than a small pack has.
fn statistics(shares: &[(u64, &PackInterval)], baseline: Option<f64>) -> Option<String> {
    let curve = Curve {
        tokens: shares.iter().map(|(tokens, _)| *tokens).collect(),
        score: shares.iter().map(|(_, share)| share.share).collect(),
        noise: Noise::Items(shares.iter().map(|(_, share)| share.effective).collect()),
        chance: baseline.unwrap_or(0.0),
        delta: None,
        item_diff_var: None,
    };
    let found = onset(&curve);
    found.came().then(|| format!("for prompts like these it {}", found.words(&curve)))
}

/// Since when the margins favour what is right, and whether they turned before the verdicts did.
fn turned(margins: &[(u64, f64)], shares: &[(u64, &PackInterval)]) -> Option<String> {
    let hops = verdict_hops(&margins.iter().map(|(_, margin)| *margin > 0.0).collect::<Vec<_>>());
    // From the last time that they were against it: a coin's first toss is no sign.
    let since = margins.iter().rposition(|(_, margin)| *margin <= 0.0).map_or(0, |last| last + 1);
    if hops.first_passed.is_none() || since == margins.len() {
        return margins.last().map(|_| "the margins are against it still".to_owned());
    }
    let at = margins[since].0;
    let first = most(shares).first_passed.map(|first| shares[first].0);
    let order = match first {
        Some(first) if at < first => ", before the verdicts did",
        None => ", and the verdicts have yet to follow",
        Some(_) => "",
    };
    Some(format!("the margins favour it since {} tokens{order}", tokens(at as f64)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(shares: &[f64]) -> Vec<PackInterval> {
        let share = |&share| PackInterval { share, effective: 6.0, interval: (0.0, 1.0) };
        shares.iter().map(share).collect()
    }

    fn at(shares: &[PackInterval]) -> Vec<(u64, &PackInterval)> {
        (0_u64..).map(|k| k * 1_000_000).zip(shares).collect()
    }

    #[test]
    fn half_of_the_prompts_make_an_onset_that_stays_or_hops() {
        let cases: [(&[f64], &str); 4] = [
            (
                &[0.0, 0.2, 0.9, 0.7],
                "comes between 1 M and 2 M tokens and stays (20.0 % pass at 1 M, 90.0 % at 2 M tokens)",
            ),
            (
                &[0.0, 0.6, 0.2, 0.7],
                "comes between 0 and 1 M tokens and comes and goes: 3 changes (0.0 % pass at 0, 60.0 % at 1 M tokens)",
            ),
            (&[0.1, 0.4], "has not come yet: half of it never passed (at most 40.0 %)"),
            (&[0.5, 0.8], "is there from the first checkpoint on (50.0 % pass)"),
        ];
        for (values, words) in cases {
            assert_eq!(came(&at(&shares(values))).unwrap(), format!("what it asks for {words}"));
        }
        assert_eq!(came(&[]), None);
    }

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
        };
        assert_eq!(reading(4).share_words().unwrap(), "75.0 % of its 4 prompts pass (95 % 30.0 to 95.0)");
        let mean = "a mean of 75.0 % over 4 prompts (30 conversations) passes (95 % 30.0 to 95.0)";
        assert_eq!(reading(30).share_words().unwrap(), mean);
        let kept = "what is asked of every turn holds for 2.5 turns on average (half fail by turn 2)";
        assert_eq!(reading(4).kept_words().unwrap(), kept);
    }

    #[test]
    fn margins_may_turn_before_the_verdicts() {
        let shares = shares(&[0.0, 0.2, 0.9]);
        let margins = |values: [f64; 3]| (0_u64..).map(|k| k * 1_000_000).zip(values).collect::<Vec<_>>();
        let told = |values| turned(&margins(values), &at(&shares)).unwrap();
        assert_eq!(told([-1.0, 0.5, 3.0]), "the margins favour it since 1 M tokens, before the verdicts did");
        assert_eq!(
            told([0.1, -0.9, 3.0]),
            "the margins favour it since 2 M tokens",
            "a chance hit at first is no turn"
        );
        assert_eq!(told([0.1, 0.2, -0.1]), "the margins are against it still");
        assert_eq!(turned(&[], &at(&shares)), None);
    }
}
