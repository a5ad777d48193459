//! The lines of a log in ascending steps: a restart replaces what it logs anew, a late line adds to the line of its step.

use std::collections::BTreeSet;

use spyglass_dashboards::run::LogEntry;

/// A stretch between two steps of a restart may be so many times the widest one that it replaces.
const WIDER: f64 = 1.5;
/// Lines whose strides tell the usual one.
const RECENT: usize = 50;

/// An entry and the number of the row it began in.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Logged {
    pub(super) at: usize,
    pub(super) entry: LogEntry,
}

/// The lines in ascending steps, and what of the file that took.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Ordered {
    pub(super) lines: Vec<Logged>,
    /// First and last step of each stretch that a restart replaced.
    pub(super) replaced: Vec<(u64, u64)>,
    /// Steps of which two lines say another loss or learning rate; the later line stands.
    pub(super) disputed: BTreeSet<u64>,
}

/// Puts the entries, in the order of the file, into ascending steps.
///
/// Entries of one step that follow each other complete each other, the later one winning. Where the step goes back, a *restart* logs
/// the steps anew in regular strides: what was logged from its first step on is replaced. Any other entry that comes late (an
/// evaluation that took long, a buffer written out of order) fills what its step still lacks.
pub(super) fn in_steps(logged: Vec<Logged>) -> Ordered {
    let mut ahead: Vec<Step> = logged.iter().map(Step::of).collect();
    if !ahead.iter().any(|step| step.is_told) {
        ahead.iter_mut().for_each(|step| step.is_told = true);
    }
    let mut ordered: Vec<Logged> = Vec::with_capacity(logged.len());
    let (mut replaced, mut disputed) = (Vec::new(), BTreeSet::new());
    for (index, line) in logged.into_iter().enumerate() {
        let step = line.entry.step;
        match ordered.last_mut() {
            Some(last) if last.entry.step == step => {
                if differ(&last.entry, &line.entry) {
                    disputed.insert(step);
                }
                merge(&mut last.entry, &line.entry);
            }
            Some(last) if last.entry.step > step => {
                let until = last.entry.step;
                let place = ordered.partition_point(|known| known.entry.step < step);
                if ahead[index].is_told && restarts(&ahead[index..], &ordered, place) {
                    replaced.push((step, until));
                    ordered.truncate(place);
                    ordered.push(line);
                } else if ordered[place].entry.step == step {
                    if differ(&ordered[place].entry, &line.entry) {
                        disputed.insert(step);
                    }
                    let mut entry = line.entry;
                    merge(&mut entry, &ordered[place].entry);
                    ordered[place].entry = entry;
                } else {
                    ordered.insert(place, line);
                }
            }
            _ => ordered.push(line),
        }
    }
    Ordered { lines: ordered, replaced, disputed }
}

/// Whether two lines of one step tell another loss or rate.
fn differ(a: &LogEntry, b: &LogEntry) -> bool {
    let apart = |a: Option<f64>, b: Option<f64>| {
        a.zip(b).is_some_and(|(a, b)| a.is_finite() && b.is_finite() && (a - b).abs() > 1e-9 * a.abs())
    };
    apart(a.loss, b.loss) || apart(a.learning_rate, b.learning_rate)
}

/// What tells a restart: the step, and whether the line holds a curve that a trainer writes at every log call. Where none does, all count.
#[derive(Debug, Clone, Copy)]
struct Step {
    step: u64,
    is_told: bool,
}

impl Step {
    fn of(line: &Logged) -> Self {
        Self { step: line.entry.step, is_told: line.entry.loss.is_some() || line.entry.learning_rate.is_some() }
    }
}

/// Whether the first of the lines `ahead` begins to log anew what was logged from `place` on: the next lines go on from it in strides
/// like those of the log so far (or in several strides over all that is replaced) until they pass the end. Lines that end before
/// it are one only where there are several and a step is logged anew: a log sorted as text goes back, too, and repeats nothing.
fn restarts(ahead: &[Step], so_far: &[Logged], place: usize) -> bool {
    let replaced = &so_far[place..];
    let (from, until) = (ahead[0].step, replaced[replaced.len() - 1].entry.step);
    let widest = replaced.windows(2).map(|pair| pair[1].entry.step - pair[0].entry.step).max().unwrap_or(0);
    let widest = widest.max(replaced[0].entry.step - from).max(usual_stride(so_far));
    let longest = (widest as f64 * WIDER).max((until - from) as f64 / 2.0);
    let is_replaced = |step| replaced.binary_search_by_key(&step, |line| line.entry.step).is_ok();
    // Where the end is not passed, only steps that were logged before tell a restart from lines out of order.
    let (mut at, mut is_anew) = (from, is_replaced(from));
    for next in ahead[1..].iter().filter(|next| next.is_told) {
        if next.step < at {
            return is_anew && at > from; // it goes back once more
        }
        if (next.step - at) as f64 > longest {
            return false;
        }
        at = next.step;
        is_anew |= is_replaced(at);
        if at > until {
            return true;
        }
    }
    is_anew && at > from
}

/// The median stride of the last lines.
fn usual_stride(so_far: &[Logged]) -> u64 {
    let recent = &so_far[so_far.len().saturating_sub(RECENT)..];
    let mut strides: Vec<u64> = recent.windows(2).map(|pair| pair[1].entry.step - pair[0].entry.step).collect();
    strides.sort_unstable();
    strides.get(strides.len() / 2).copied().unwrap_or(0)
}

/// What the later of two entries of one step says stands, but for a loss that is not a number beside one that is.
fn merge(into: &mut LogEntry, from: &LogEntry) {
    into.tokens = from.tokens.or(into.tokens);
    into.learning_rate = from.learning_rate.or(into.learning_rate);
    into.seconds = from.seconds.or(into.seconds);
    into.loss = match (from.loss, into.loss) {
        (Some(later), Some(earlier)) if !later.is_finite() && earlier.is_finite() => Some(earlier),
        (later, earlier) => later.or(earlier),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Steps with a loss each; a step written as `-step` has tokens alone. The loss counts the lines.
    fn ordered(steps: &[i64]) -> Vec<(u64, Option<f64>)> {
        let line = |(index, &step): (usize, &i64)| {
            let loss = (step >= 0).then_some(index as f64);
            let entry = LogEntry {
                step: step.unsigned_abs(),
                tokens: Some(step.unsigned_abs()),
                learning_rate: None,
                loss,
                ..LogEntry::default()
            };
            Logged { at: index + 1, entry }
        };
        let lines = steps.iter().enumerate().map(line).collect();
        in_steps(lines).lines.into_iter().map(|line| (line.entry.step, line.entry.loss)).collect()
    }

    #[test]
    fn what_was_replaced_and_what_is_disputed_is_told() {
        let line = |step, loss, learning_rate| Logged {
            at: 1,
            entry: LogEntry { step, tokens: None, learning_rate, loss, ..LogEntry::default() },
        };
        let told = |lines: &[(u64, f64)]| {
            let ordered = in_steps(lines.iter().map(|&(step, loss)| line(step, Some(loss), None)).collect());
            (ordered.replaced, ordered.disputed.into_iter().collect::<Vec<_>>())
        };
        assert_eq!(told(&[(0, 5.0), (1, 4.0), (2, 3.0), (1, 4.5), (2, 3.5), (3, 3.0)]), (vec![(1, 2)], vec![]));
        assert_eq!(told(&[(0, 5.0), (0, 6.0), (1, 4.0), (1, 4.0), (2, f64::NAN), (2, 3.0)]), (vec![], vec![0]));
        let whole = in_steps(vec![line(1, None, Some(0.1)), line(1, Some(3.0), None), line(1, Some(3.0), Some(0.2))]);
        assert_eq!(whole.disputed.into_iter().collect::<Vec<_>>(), [1], "a second rate");
    }

    #[test]
    fn a_restart_replaces_what_it_logs_anew_and_a_late_line_does_not() {
        let told =
            |pairs: &[(u64, usize)]| pairs.iter().map(|(step, line)| (*step, Some(*line as f64))).collect::<Vec<_>>();
        let cases: [(&str, &[i64], Vec<_>); 10] = [
            (
                "a restart",
                &[0, 100, 200, 300, 400, 200, 300, 400, 500],
                told(&[(0, 0), (100, 1), (200, 5), (300, 6), (400, 7), (500, 8)]),
            ),
            (
                "one between two steps",
                &[0, 100, 200, 150, 250, 350],
                told(&[(0, 0), (100, 1), (150, 3), (250, 4), (350, 5)]),
            ),
            ("one that has just begun", &[0, 100, 200, 300, 100, 200], told(&[(0, 0), (100, 4), (200, 5)])),
            (
                "one in wider strides",
                &[0, 10, 20, 30, 40, 50, 60, 20, 40, 60, 80],
                told(&[(0, 0), (10, 1), (20, 7), (40, 8), (60, 9), (80, 10)]),
            ),
            (
                "two of them",
                &[0, 100, 200, 300, 100, 200, 100, 200, 300],
                told(&[(0, 0), (100, 6), (200, 7), (300, 8)]),
            ),
            (
                "a late line with tokens",
                &[0, 100, 200, 300, -100, 400],
                told(&[(0, 0), (100, 1), (200, 2), (300, 3), (400, 5)]),
            ),
            (
                "late lines with tokens, in order",
                &[0, 100, 200, 300, -100, -200, -300, 400],
                told(&[(0, 0), (100, 1), (200, 2), (300, 3), (400, 7)]),
            ),
            (
                "sorted as text",
                &[0, 100, 1000, 200, 300, 400],
                told(&[(0, 0), (100, 1), (200, 3), (300, 4), (400, 5), (1000, 2)]),
            ),
            (
                "sorted as text, twice over",
                &[0, 1000, 1100, 200, 300, 250, 350],
                told(&[(0, 0), (200, 3), (250, 5), (300, 4), (350, 6), (1000, 1), (1100, 2)]),
            ),
            (
                "a line out of order",
                &[0, 100, 200, 400, 500, 300, 600],
                told(&[(0, 0), (100, 1), (200, 2), (300, 5), (400, 3), (500, 4), (600, 6)]),
            ),
        ];
        for (name, steps, wanted) in cases {
            assert_eq!(ordered(steps), wanted, "{name}");
        }
    }

    #[test]
    fn a_loss_that_is_a_number_stands_beside_one_that_is_none() {
        let entry = |loss| LogEntry { step: 1, tokens: None, learning_rate: None, loss, ..LogEntry::default() };
        for (first, second, wanted) in [(2.0, f64::NAN, 2.0), (f64::NAN, 2.0, 2.0), (2.0, 3.0, 3.0)] {
            let mut into = entry(Some(first));
            merge(&mut into, &entry(Some(second)));
            assert_eq!(into.loss, Some(wanted));
        }
    }
}
