//! Since when a pack passes and its margins favour it: said where its prompts turned by more than luck, else what was seen.

use std::collections::BTreeSet;

use spyglass_tasks::MetricValue;

use super::course::Reading;
use crate::analysis::{ALPHA, Curve, Noise, Z95, onset, rise_by_luck, verdict_hops};
use crate::number::{percent, tokens};
use crate::run::Checkpoint;

/// Something of a pack that may turn: its passes, its margins.
pub(super) struct Turn {
    /// Tokens and value.
    at: Vec<(u64, f64)>,
    /// Where the value speaks for what is asked.
    is_for: Vec<bool>,
    /// Each prompt's values there.
    prompts: Vec<Vec<Option<f64>>>,
}

impl Turn {
    /// Of the path's checkpoints that have a value: that of the pack, that of each prompt, and where it speaks for what is asked.
    pub(super) fn of(
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
        split > 0 && rise_by_luck(&self.prompts, split) * packs as f64 <= ALPHA
    }

    /// Where it turned for good; `None` where it did not or luck explains it.
    fn turned_at(&self, packs: usize) -> Option<usize> {
        // From the last time that it was against: a coin's first toss is no sign.
        let since = self.is_for.iter().rposition(|is_for| !is_for)? + 1;
        (since < self.is_for.len() && self.is_clear(since, packs)).then_some(since)
    }
}

/// Since when at least half of the pack passes, where the change is more than luck; else at how many checkpoints it did.
pub(super) fn came(shares: &Turn, packs: usize) -> Option<String> {
    let hops = verdict_hops(&shares.is_for);
    let share = |index: usize| percent(shares.at[index].1);
    let at = |index: usize| tokens(shares.at[index].0 as f64);
    let comes_and_goes = !hops.since && hops.luck() * packs as f64 <= ALPHA;
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
pub(super) fn statistics(
    path: &[(&Checkpoint, &Reading)],
    baseline: Option<f64>,
    seen: &Turn,
    packs: usize,
) -> Option<String> {
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
pub(super) fn turned(margins: &Turn, shares: &Turn, last: Option<&MetricValue>, packs: usize) -> Option<String> {
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
