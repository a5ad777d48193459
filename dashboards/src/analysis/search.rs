//! The order in which checkpoints are scored to find an onset with few of them.

use super::onset::Onset;

/// The checkpoint to score next, as an index into `tokens` (ascending); `None` when the search is done.
///
/// First, last, then the checkpoints nearest to the three inner points of an even grid of five in log tokens (the earlier on ties);
/// then, while `onset` (of what is scored) came, the unscored one strictly inside (after, by] nearest to its log-middle. A first
/// checkpoint at 0 tokens counts as half the second. RUN.md §17.
pub fn next_checkpoint(tokens: &[u64], scored: &[bool], onset: Option<&Onset>) -> Option<usize> {
    let place = places(tokens);
    let is_scored = |index: usize| scored.get(index).copied().unwrap_or(false);
    let nearest = |to: f64, among: &mut dyn Iterator<Item = usize>| {
        among.reduce(|best, index| if (place[index] - to).abs() < (place[best] - to).abs() { index } else { best })
    };
    let last = tokens.len().checked_sub(1)?;
    let inner = (1..4).filter_map(|quarter| {
        let to = place[0] + (place[last] - place[0]) * f64::from(quarter) / 4.0;
        nearest(to, &mut (0..=last))
    });
    if let Some(index) = [0, last].into_iter().chain(inner).find(|&index| !is_scored(index)) {
        return Some(index);
    }
    let onset = onset.filter(|onset| onset.came())?;
    let at = |tokens_seen: u64| tokens.iter().position(|&tokens| tokens == tokens_seen);
    let (after, by) = (at(onset.after()?)?, at(onset.by()?)?);
    let middle = f64::midpoint(place[after], place[by]);
    nearest(middle, &mut (after + 1..by).filter(|&index| !is_scored(index)))
}

/// How wide an onset's bracket is in log tokens: of several tasks, the widest is narrowed first.
pub fn bracket_width(tokens: &[u64], onset: &Onset) -> Option<f64> {
    let place = places(tokens);
    let at = |seen: u64| tokens.iter().position(|&tokens| tokens == seen).map(|index| place[index]);
    Some(at(onset.by()?)? - at(onset.after()?)?)
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

    #[test]
    fn short_runs_are_scored_whole_once() {
        for count in 0..6_u64 {
            let tokens: Vec<u64> = (0..count).map(|k| k * 10).collect();
            let mut scored = vec![false; tokens.len()];
            while let Some(next) = next_checkpoint(&tokens, &scored, None) {
                assert!(!scored[next], "{count}: {next} twice");
                scored[next] = true;
            }
            assert!(count > 5 || scored.iter().filter(|s| **s).count() >= scored.len().min(4));
        }
    }
}
