//! A pack over the course of training: the share that passes, the margins under the verdicts, how many turns it holds.

use super::story::arrows;
use crate::analysis::{
    Curve, LUCK, Noise, PackInterval, Survival, Z95, beyond_luck, onset, pack_interval, rise_by_luck, survival,
    verdict_hops,
};
use crate::plots::{Point, Series, percent, tokens};
use crate::report::curves::{Measured, Subject, TaskCurves, colour, fork_point, range};
use crate::run::{At, Checkpoint, PackUnit, Run};
use spyglass_tasks::MetricValue;
use spyglass_tasks::vibes::{PackSummary, PromptSummary};
use std::collections::{BTreeMap, BTreeSet};

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
    each: BTreeMap<String, (Option<f64>, Option<f64>)>,
}

impl Reading {
    pub(super) fn of(unit: &PackUnit) -> Self {
        let summary = PackSummary::of(&unit.transcripts);
        let number = |passes: &Vec<bool>| passes.iter().map(|&pass| f64::from(u8::from(pass))).collect();
        let passes: Vec<Vec<f64>> = summary.passes().iter().map(number).collect();
        let kept: Vec<usize> = summary.talks.iter().map(|talk| talk.turns_kept).collect();
        let dropped: Vec<bool> = summary.talks.iter().map(|talk| talk.dropped).collect();
        let share = |prompt: &PromptSummary| {
            let passes = prompt.passes.iter().filter(|pass| **pass).count();
            (!prompt.passes.is_empty()).then(|| passes as f64 / prompt.passes.len() as f64)
        };
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
        Some(format!("{way}{}. {place}, {}", parts.join("; "), now.join("; ")))
    }
}

/// Something of a pack that may turn: its passes, its margins.
struct Turn {
    /// Tokens and value.
    at: Vec<(u64, f64)>,
    /// Where the value speaks for what is asked.
    is_for: Vec<bool>,
    /// Each prompt's values there.
    prompts: Vec<Vec<Option<f64>>>,
}

impl Turn {
    fn of(
        path: &[(&Checkpoint, &Reading)],
        value: fn(&Reading) -> Option<f64>,
        of_prompt: fn(&(Option<f64>, Option<f64>)) -> Option<f64>,
        is_for: fn(f64) -> bool,
    ) -> Self {
        let known: Vec<(u64, f64, &Reading)> =
            path.iter().filter_map(|(at, reading)| Some((at.tokens, value(reading)?, *reading))).collect();
        let names: BTreeSet<&String> = known.iter().flat_map(|(_, _, reading)| reading.each.keys()).collect();
        let values = |name: &String| known.iter().map(|(_, _, reading)| of_prompt(reading.each.get(name)?)).collect();
        Self {
            is_for: known.iter().map(|(_, value, _)| is_for(*value)).collect(),
            prompts: names.into_iter().map(values).collect(),
            at: known.iter().map(|(tokens, value, _)| (*tokens, *value)).collect(),
        }
    }

    /// The prompts rose at that point by more than luck explains on a page with so many packs.
    fn is_clear(&self, split: usize, packs: usize) -> bool {
        split > 0 && rise_by_luck(&self.prompts, split) * packs as f64 <= LUCK
    }

    /// Where it turned for good; `None` where it did not or luck explains it.
    fn turned_at(&self, packs: usize) -> Option<usize> {
        // From the last time that it was against: a coin's first toss is no sign.
        let since = self.is_for.iter().rposition(|is_for| !is_for)? + 1;
        (since < self.is_for.len() && self.is_clear(since, packs)).then_some(since)
    }
}

/// Since when at least half of the pack passes, where the change is more than luck; else at how many checkpoints it did.
fn came(shares: &Turn, packs: usize) -> Option<String> {
    let hops = verdict_hops(&shares.is_for);
    let share = |index: usize| percent(shares.at[index].1);
    let at = |index: usize| tokens(shares.at[index].0 as f64);
    let comes_and_goes = beyond_luck(&vec![hops; packs]).contains(&true) && !hops.since;
    let changes = if hops.flips == 1 { "1 change".to_owned() } else { format!("{} changes", hops.flips) };
    let asked = match hops.first_passed {
        None => {
            let best = shares.at.iter().map(|(_, share)| *share).reduce(f64::max)?;
            format!("has not come yet: half of it never passed (at most {} %)", percent(best))
        }
        Some(0) if comes_and_goes => format!("is there at first ({} % pass), and comes and goes: {changes}", share(0)),
        Some(first) if comes_and_goes || (hops.since && shares.is_clear(first, packs)) => {
            let jump =
                format!("{} % pass at {}, {} % at {} tokens", share(first - 1), at(first - 1), share(first), at(first));
            let stays = if hops.since { "and stays".to_owned() } else { format!("and comes and goes: {changes}") };
            format!("comes between {} and {} tokens {stays} ({jump})", at(first - 1), at(first))
        }
        Some(first) => {
            let now = if hops.passed == hops.judged {
                format!("all {} checkpoints ({} % at first)", hops.judged, share(0))
            } else {
                format!(
                    "{} of {} checkpoints, first at {} tokens ({} %)",
                    hops.passed,
                    hops.judged,
                    at(first),
                    share(first)
                )
            };
            return Some(format!("at least half of it passed at {now}"));
        }
    };
    Some(format!("what it asks for {asked}"))
}

/// What holds for prompts like these and not only for these; needs more of them than a small pack has. Said where the prompts rose
/// there by more than luck: a pack that always passes half of the time is above its baseline, too.
fn statistics(path: &[(&Checkpoint, &Reading)], baseline: Option<f64>, seen: &Turn, packs: usize) -> Option<String> {
    let shares = || path.iter().filter_map(|(at, reading)| Some((at.tokens, reading.passed.as_ref()?)));
    let curve = Curve {
        tokens: shares().map(|(tokens, _)| tokens).collect(),
        score: shares().map(|(_, share)| share.share).collect(),
        noise: Noise::Items(shares().map(|(_, share)| share.effective).collect()),
        chance: baseline.unwrap_or(0.0),
        delta: None,
        item_diff_var: None,
    };
    let found = onset(&curve);
    let by = found.by().filter(|_| found.came() && found.after().is_some())?;
    let split = seen.at.iter().position(|(tokens, _)| *tokens >= by)?;
    seen.is_clear(split, packs).then(|| format!("for prompts like these it {}", found.words(&curve)))
}

/// Since when the margins favour what is right, and whether they turned before the verdicts did; `last` is the newest margin.
fn turned(margins: &Turn, shares: &Turn, last: Option<&MetricValue>, packs: usize) -> Option<String> {
    let last = last?;
    // No interval without an error, and no side without an interval.
    let clear = last.stderr.is_some_and(|se| last.value.abs() > Z95 * se);
    let Some(since) = margins.turned_at(packs).filter(|_| clear) else {
        return Some(match (clear, last.value > 0.0) {
            (true, true) => "the margins favour it".to_owned(),
            (true, false) => "the margins are against it".to_owned(),
            (false, _) => "the margins favour neither side clearly".to_owned(),
        });
    };
    let at = margins.at[since].0;
    let order = match shares.is_for.iter().position(|is_for| *is_for) {
        Some(first) if at < shares.at[first].0 && shares.turned_at(packs).is_some() => ", before the verdicts did",
        None => ", and the verdicts have yet to follow",
        Some(_) => "",
    };
    Some(format!("the margins favour it since {} tokens{order}", tokens(at as f64)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Twelve prompts; at each checkpoint so many of them pass, the first ones.
    fn shares(passing: &[usize]) -> Turn {
        let prompt = |prompt: usize| passing.iter().map(|&all| Some(f64::from(u8::from(prompt < all)))).collect();
        Turn {
            at: (0_u64..).map(|k| k * 1_000_000).zip(passing.iter().map(|&all| all as f64 / 12.0)).collect(),
            is_for: passing.iter().map(|&all| all >= 6).collect(),
            prompts: (0..12).map(prompt).collect(),
        }
    }

    #[test]
    fn half_of_the_prompts_make_an_onset_where_luck_makes_none() {
        let hopping = [0, 0, 0, 0, 0, 12, 12, 12, 12, 12, 0, 0, 0, 0, 0, 12, 12, 12, 12, 12];
        let asked: [(&[usize], &str); 4] = [
            (
                &[0, 3, 11, 9, 12],
                "comes between 1 M and 2 M tokens and stays (25.0 % pass at 1 M, 91.7 % at 2 M tokens)",
            ),
            (
                &hopping,
                "comes between 4 M and 5 M tokens and comes and goes: 3 changes (0.0 % pass at 4 M, 100.0 % at 5 M tokens)",
            ),
            (&hopping[5..], "is there at first (100.0 % pass), and comes and goes: 2 changes"),
            (&[1, 5], "has not come yet: half of it never passed (at most 41.7 %)"),
        ];
        for (passing, words) in asked {
            assert_eq!(came(&shares(passing), 1).unwrap(), format!("what it asks for {words}"));
        }
        let seen: [(&[usize], &str); 3] = [
            (&[5, 6, 7, 6], "3 of 4 checkpoints, first at 1 M tokens (50.0 %)"),
            (&[0, 7, 2, 8], "2 of 4 checkpoints, first at 1 M tokens (58.3 %)"),
            (&[6, 9], "all 2 checkpoints (50.0 % at first)"),
        ];
        for (passing, words) in seen {
            assert_eq!(came(&shares(passing), 1).unwrap(), format!("at least half of it passed at {words}"));
        }
        assert_eq!(came(&shares(&[]), 1), None);
        let small = shares(&[3, 4, 6, 8]);
        assert!(came(&small, 1).unwrap().contains("and stays"));
        assert!(came(&small, 40).unwrap().starts_with("at least half"), "one of forty packs may do so by luck");
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
            each: BTreeMap::new(),
        };
        assert_eq!(reading(4).share_words().unwrap(), "75.0 % of its 4 prompts pass (95 % 30.0 to 95.0)");
        let mean = "a mean of 75.0 % over 4 prompts (30 conversations) passes (95 % 30.0 to 95.0)";
        assert_eq!(reading(30).share_words().unwrap(), mean);
        let kept = "what is asked of every turn holds for 2.5 turns on average (half fail by turn 2)";
        assert_eq!(reading(4).kept_words().unwrap(), kept);
    }

    /// Twelve prompts whose margins stand around these means.
    fn margins(means: &[f64]) -> Turn {
        let prompt = |prompt: usize| means.iter().map(|mean| Some(mean + prompt as f64 * 0.01 - 0.055)).collect();
        Turn {
            at: (0_u64..).map(|k| k * 1_000_000).zip(means.iter().copied()).collect(),
            is_for: means.iter().map(|&mean| mean > 0.0).collect(),
            prompts: (0..12).map(prompt).collect(),
        }
    }

    #[test]
    fn margins_may_turn_before_the_verdicts() {
        let shares = shares(&[0, 0, 1, 12, 12, 12]);
        let told = |means: &[f64], stderr: f64| {
            let last = MetricValue { value: *means.last()?, stderr: Some(stderr), ..MetricValue::default() };
            turned(&margins(means), &shares, Some(&last), 1)
        };
        let early = "the margins favour it since 2 M tokens, before the verdicts did";
        assert_eq!(told(&[-1.0, -0.9, 3.0, 3.0, 3.2, 2.9], 0.1).unwrap(), early);
        let late = "the margins favour it since 4 M tokens";
        assert_eq!(told(&[0.1, -0.9, -1.0, -0.8, 3.0, 3.1], 0.1).unwrap(), late, "a chance hit at first is no turn");
        assert_eq!(told(&[0.1, 0.2, -0.1], 0.01).unwrap(), "the margins are against it");
        assert_eq!(told(&[0.1, 0.2, 0.1], 0.01).unwrap(), "the margins favour it");
        assert_eq!(told(&[0.1, -0.2, 0.1], 0.1).unwrap(), "the margins favour neither side clearly");
        assert_eq!(turned(&margins(&[]), &shares, None, 1), None);
    }
}
