//! The order in which checkpoints are scored to find an onset with few of them.

use super::onset::Onset;

/// What a search scores before it looks at a score, as far as it is not scored: first, last, then the checkpoints nearest to the three
/// inner points of an even grid of five in log tokens (the earlier on ties). A first checkpoint at 0 tokens counts as half the second.
///
/// Checkpoints before `own_from` are the parent's: the search on its path has a grid of its own there.
pub fn first_checkpoints(tokens: &[u64], scored: &[bool], own_from: usize) -> Vec<usize> {
    let place = places(tokens);
    let Some(last) = tokens.len().checked_sub(1) else { return Vec::new() };
    let inner = (1..4).filter_map(|quarter| {
        let to = place[0] + (place[last] - place[0]) * f64::from(quarter) / 4.0;
        nearest(&place, to, 0..=last)
    });
    let mut first: Vec<usize> = Vec::new();
    for index in [0, last].into_iter().chain(inner) {
        if index >= own_from && !is_scored(scored, index) && !first.contains(&index) {
            first.push(index);
        }
    }
    first
}

/// While `onset` came, the checkpoint that narrows its bracket: the unscored one strictly inside (after, by] nearest to its log-middle.
pub fn narrowing_checkpoint(tokens: &[u64], scored: &[bool], onset: Option<&Onset>) -> Option<usize> {
    let place = places(tokens);
    let onset = onset.filter(|onset| onset.came())?;
    let at = |tokens_seen: u64| tokens.iter().position(|&tokens| tokens == tokens_seen);
    let (after, by) = (at(onset.after()?)?, at(onset.by()?)?);
    let middle = f64::midpoint(place[after], place[by]);
    nearest(&place, middle, (after + 1..by).filter(|&index| !is_scored(scored, index)))
}

fn is_scored(scored: &[bool], index: usize) -> bool {
    scored.get(index).copied().unwrap_or(false)
}

/// How many more checkpoints a search scores at most while each of them is clearly below or above the level: what is left of the
/// first ones, then one each time the widest gap in which an onset may lie is halved.
///
/// `onset` is that of what is scored, and counts once the first ones are. An onset that is over by a checkpoint before `own_from`
/// is the business of the search on the parent's path, which scores the same checkpoints for it. Where a curve lingers near the
/// level the bracket does not halve, and the search may go on to all that lie in it.
pub fn most_left(tokens: &[u64], scored: &[bool], own_from: usize, onset: Option<&Onset>) -> usize {
    let mut scored = scored.to_vec();
    scored.resize(tokens.len(), false);
    let first = first_checkpoints(tokens, &scored, own_from);
    let place = places(tokens);
    if first.is_empty() {
        let at = |seen: u64| tokens.iter().position(|&tokens| tokens == seen);
        let ends = onset.filter(|onset| onset.came()).and_then(|onset| Some((at(onset.after()?)?, at(onset.by()?)?)));
        return ends.filter(|(_, by)| *by >= own_from).map_or(0, |(after, by)| halvings(&place, &scored, after, by));
    }
    // On the parent's part of the path its search has scored a grid by then.
    first_checkpoints(tokens, &scored, 0).iter().for_each(|&index| scored[index] = true);
    let known: Vec<usize> = (0..tokens.len()).filter(|&index| scored[index]).collect();
    let gaps = known.windows(2).filter(|gap| gap[1] >= own_from).map(|gap| halvings(&place, &scored, gap[0], gap[1]));
    first.len() + gaps.max().unwrap_or(0)
}

/// Checkpoints that are scored until nothing is left between the two ends of the last bracket, at worst.
fn halvings(place: &[f64], scored: &[bool], after: usize, by: usize) -> usize {
    let middle = f64::midpoint(place[after], place[by]);
    match nearest(place, middle, (after + 1..by).filter(|&index| !scored[index])) {
        Some(next) => 1 + halvings(place, scored, after, next).max(halvings(place, scored, next, by)),
        None => 0,
    }
}

/// How wide an onset's bracket is in log tokens: of several tasks, the widest is narrowed first.
pub fn bracket_width(tokens: &[u64], onset: &Onset) -> Option<f64> {
    let place = places(tokens);
    let at = |seen: u64| tokens.iter().position(|&tokens| tokens == seen).map(|index| place[index]);
    Some(at(onset.by()?)? - at(onset.after()?)?)
}

/// The one of `among` that lies nearest to `to`, the earlier on ties.
fn nearest(place: &[f64], to: f64, mut among: impl Iterator<Item = usize>) -> Option<usize> {
    let first = among.next()?;
    let closer = |index: usize, best: usize| (place[index] - to).abs() < (place[best] - to).abs();
    Some(among.fold(first, |best, index| if closer(index, best) { index } else { best }))
}

fn places(tokens: &[u64]) -> Vec<f64> {
    let first = match tokens {
        [0, second, ..] => *second as f64 / 2.0,
        [first, ..] => *first as f64,
        [] => 1.0,
    };
    let log = |(index, tokens): (usize, &u64)| if index == 0 { first } else { *tokens as f64 }.max(1.0).ln();
    tokens.iter().enumerate().map(log).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{Curve, Noise, onset};

    /// What a search that knows `onset` scores next.
    fn next(tokens: &[u64], scored: &[bool], onset: Option<&Onset>) -> Option<usize> {
        first_checkpoints(tokens, scored, 0).first().copied().or_else(|| narrowing_checkpoint(tokens, scored, onset))
    }

    #[test]
    fn short_runs_are_scored_whole_once() {
        for count in 0..6_u64 {
            let tokens: Vec<u64> = (0..count).map(|k| k * 10).collect();
            let mut scored = vec![false; tokens.len()];
            assert!(most_left(&tokens, &scored, 0, None) <= tokens.len());
            while let Some(index) = next(&tokens, &scored, None) {
                assert!(!scored[index], "{count}: {index} twice");
                scored[index] = true;
            }
            assert_eq!(most_left(&tokens, &scored, 0, None), 0);
            assert!(count > 5 || scored.iter().filter(|s| **s).count() >= scored.len().min(4));
        }
    }

    #[test]
    fn a_sharp_onset_takes_no_more_than_was_told() {
        let tokens: Vec<u64> = (0..40).map(|k| 1_000_000 * 1.2_f64.powi(k) as u64).collect();
        for emerges in 1..tokens.len() {
            let mut scored = vec![false; tokens.len()];
            let mut found = None;
            let told = most_left(&tokens, &scored, 0, None);
            let mut left = told;
            while let Some(index) = next(&tokens, &scored, found.as_ref()) {
                scored[index] = true;
                let known: Vec<usize> = (0..tokens.len()).filter(|&index| scored[index]).collect();
                found = Some(onset(&Curve {
                    tokens: known.iter().map(|&index| tokens[index]).collect(),
                    score: known.iter().map(|&index| if index < emerges { 0.25 } else { 0.9 }).collect(),
                    noise: Noise::Items(vec![2000.0; known.len()]),
                    chance: 0.25,
                    delta: None,
                    item_diff_var: None,
                }));
                let now = most_left(&tokens, &scored, 0, found.as_ref());
                assert!(now < left, "{emerges}: {now} left, {left} before");
                left = now;
            }
            let found = found.unwrap();
            assert_eq!((found.after(), found.by()), (Some(tokens[emerges - 1]), Some(tokens[emerges])));
            assert!(told <= 10, "{told}");
        }
    }
}
