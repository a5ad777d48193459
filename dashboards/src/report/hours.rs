//! Hours of training at each count of tokens, by the clock of the training log; pauses count, waiting before a fork's own log does not.

use crate::run::{LogEntry, RunTree};

/// So many strides of the log may lie between a place and the entry nearest to it: what lies farther off is not told.
const STRIDES: f64 = 2.0;

/// Tokens seen and hours since training began, along the path to a branch's end; both ascend.
pub(super) type Clock = Vec<(f64, f64)>;

/// The clock of the path to the end of a branch; empty where a log on it has no times, or times that go back, as of a counter that begins
/// again at a restart.
pub(super) fn clock(tree: &RunTree, name: &str) -> Clock {
    let Some(branch) = tree.branch(name) else { return Clock::new() };
    let own = ticks(&branch.log.entries);
    let Some(fork) = &branch.fork else {
        return from(&own, 0.0, 0.0);
    };
    let mut path = clock(tree, &fork.branch);
    let Some(begun) = hours_at(&path, fork.tokens) else { return Clock::new() };
    path.retain(|(tokens, _)| *tokens <= fork.tokens as f64);
    let after: Clock = own.into_iter().filter(|(tokens, _)| *tokens > fork.tokens as f64).collect();
    path.extend(from(&after, fork.tokens as f64, begun));
    path
}

/// Hours at a count: between two entries in proportion, a little before the first or after the last at their pace.
pub(super) fn hours_at(clock: &Clock, tokens: u64) -> Option<f64> {
    let tokens = tokens as f64;
    let next = clock.partition_point(|(at, _)| *at < tokens);
    if let Some((_, hours)) = clock.get(next).filter(|(at, _)| at.total_cmp(&tokens).is_eq()) {
        return Some(*hours);
    }
    let last = clock.len().checked_sub(1)?;
    let right = next.clamp(1, last.max(1));
    let (a, b) = (clock.get(right - 1)?, clock.get(right)?);
    let beyond = (a.0 - tokens).max(tokens - b.0).max(0.0);
    (beyond <= STRIDES * (b.0 - a.0)).then(|| (a.1 + (b.1 - a.1) * (tokens - a.0) / (b.0 - a.0)).max(0.0))
}

/// Tokens and hours of the entries that have both; none where the times go back.
fn ticks(entries: &[LogEntry]) -> Clock {
    let mut ticks: Clock =
        entries.iter().filter_map(|entry| Some((entry.tokens? as f64, entry.seconds? / 3600.0))).collect();
    ticks.dedup_by(|later, earlier| later.0 <= earlier.0);
    let goes_on = ticks.len() > 1 && ticks.windows(2).all(|pair| pair[0].1 <= pair[1].1);
    if goes_on { ticks } else { Clock::new() }
}

/// The ticks, so that the hours are `begun` at `tokens`: the first entry comes a little later, at the pace of the next ones.
fn from(ticks: &[(f64, f64)], tokens: f64, begun: f64) -> Clock {
    let [first, second, ..] = ticks else { return Clock::new() };
    let stride = second.0 - first.0;
    let late = first.0 - tokens;
    let since = if late <= STRIDES * stride { (second.1 - first.1) * late / stride } else { 0.0 };
    let ticks = ticks.iter().map(|(at, hours)| (*at, begun + since + hours - first.1));
    (late > 0.0 && late <= STRIDES * stride).then_some((tokens, begun)).into_iter().chain(ticks).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::made_up::{branch, run};
    use crate::run::Fork;

    fn entry(tokens: u64, hours: f64) -> LogEntry {
        let tokens = tokens * 1_000_000;
        LogEntry { step: tokens, tokens: Some(tokens), seconds: Some(1e9 + hours * 3600.0), ..LogEntry::default() }
    }

    #[test]
    fn a_branch_goes_on_where_its_parent_was() {
        let mut trunk = branch("trunk", None, &[0, 2, 4, 6]);
        trunk.log.entries = [(1, 5.0), (2, 6.0), (3, 9.0), (6, 12.0)].map(|(at, hours)| entry(at, hours)).into();
        let fork = Fork { branch: "trunk".into(), step: 4, tokens: 4_000_000 };
        let mut anneal = branch("anneal", Some(fork), &[6]);
        anneal.log.entries = [(5, 70.0), (6, 70.5)].map(|(at, hours)| entry(at, hours)).into();
        let tree = run(vec![trunk, anneal], Vec::new()).tree;
        let hours = |branch: &str| [0, 2, 4, 6, 60].map(|at| hours_at(&clock(&tree, branch), at * 1_000_000));
        // An hour for each million, a pause before the third, then an hour for each again; the fork at 4 M is at 6 hours.
        assert_eq!(hours("trunk"), [Some(0.0), Some(2.0), Some(6.0), Some(8.0), None]);
        assert_eq!(hours("anneal"), [Some(0.0), Some(2.0), Some(6.0), Some(7.0), None]);
    }

    #[test]
    fn without_a_clock_there_are_no_hours() {
        let mut trunk = branch("trunk", None, &[0, 2]);
        for entries in [vec![], vec![entry(1, 1.0)], vec![entry(1, 3.0), entry(2, 1.0)], vec![LogEntry::default(); 3]] {
            trunk.log.entries = entries;
            assert_eq!(clock(&run(vec![trunk.clone()], Vec::new()).tree, "trunk"), []);
        }
        trunk.log.entries = vec![entry(9, 1.0), entry(10, 2.0)];
        let late = clock(&run(vec![trunk], Vec::new()).tree, "trunk");
        assert_eq!((hours_at(&late, 0), hours_at(&late, 10_000_000)), (None, Some(1.0)), "a log that begins late");
    }
}
