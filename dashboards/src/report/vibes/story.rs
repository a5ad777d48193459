//! How verdicts went, in a few words that say where: along the path to the newest checkpoint, and beside it.

use spyglass_tasks::vibes::Transcript;

use super::columns::Columns;
use crate::analysis::{VerdictHops, verdict_hops};
use crate::run::Run;

/// The columns on the path to the newest checkpoint, and those beside it.
#[derive(Debug, Default)]
pub(super) struct Way {
    pub(super) on: Vec<usize>,
    beside: Vec<usize>,
    /// ` on trunk → anneal`; empty where no column lies beside it.
    place: String,
}

impl Way {
    pub(super) fn of(run: &Run, columns: &Columns) -> Self {
        let Some(newest) = columns.newest else { return Self::default() };
        let path = run.tree.path(&columns.each[newest].branch);
        let is_on = |&i: &usize| path.iter().any(|checkpoint| columns.each[i].is(checkpoint));
        let (on, beside): (Vec<usize>, Vec<usize>) = (0..columns.each.len()).partition(is_on);
        let place = if beside.is_empty() {
            String::new()
        } else {
            format!(" on {}", arrows(on.iter().map(|&i| columns.each[i].branch.as_str())))
        };
        Self { on, beside, place }
    }

    /// How a conversation's verdicts went on the path.
    pub(super) fn hops(&self, talks: &[Option<Transcript>]) -> VerdictHops {
        verdict_hops(&judged(&self.on, talks).iter().map(|(_, passed)| *passed).collect::<Vec<_>>())
    }

    /// How a conversation went: `never passed on trunk → anneal; ✓ at 2 of 6 others`. Empty where nothing is checked.
    pub(super) fn story(&self, columns: &Columns, talks: &[Option<Transcript>], course: Course) -> String {
        let on = judged(&self.on, talks);
        if on.is_empty() {
            return String::new();
        }
        let (hops, place) = (self.hops(talks), &self.place);
        let VerdictHops { passed, judged: of, flips, .. } = hops;
        let at = |index: usize| &columns.each[on[index].0].tokens;
        let first = at(hops.first_passed.unwrap_or_default());
        let along = match course {
            Course::Never => format!("never passed{place}"),
            Course::Always if of == 1 => format!("passed at its only checkpoint{place}"),
            Course::Always => format!("passed at all {of} checkpoints{place}"),
            Course::Came => format!("passes since {first}{place}"),
            Course::Went => format!("passed up to {}{place} and no more", at(passed - 1)),
            Course::Hops => format!("comes and goes{place}: first at {first}, {flips} changes"),
            Course::AtTimes if hops.since => {
                format!("passed at {passed} of {of} checkpoints{place}, the last {passed}")
            }
            Course::AtTimes => format!("passed at {passed} of {of} checkpoints{place}, first at {first}"),
        };
        along + &others(judged(&self.beside, talks).iter().map(|(_, passed)| *passed))
    }

    /// The story of a prompt, made of its conversations': how many went which way. `passes` says at which columns all of them
    /// pass.
    pub(super) fn together(&self, talks: &[(Option<Course>, &str)], passes: &[Option<bool>]) -> String {
        if let [(_, story)] = talks {
            return (*story).to_owned();
        }
        let count = |kind: Course| talks.iter().filter(|(course, _)| *course == Some(kind)).count();
        let kinds = [
            (Course::Always, "pass throughout"),
            (Course::Came, "stay"),
            (Course::Hops, "come and go"),
            (Course::Went, "pass no more"),
            (Course::AtTimes, "pass at times"),
            (Course::Never, "never pass"),
        ];
        let parts: Vec<String> = kinds
            .into_iter()
            .map(|(kind, words)| (count(kind), words))
            .filter(|(count, _)| *count > 0)
            .map(|(count, words)| format!("{count} {words}"))
            .collect();
        if parts.is_empty() {
            return String::new();
        }
        let beside = others(self.beside.iter().filter_map(|&i| passes[i]));
        format!("of {}{}: {}{beside}", talks.len(), self.place, parts.join(", "))
    }
}

/// Columns and verdicts of the conversations that are checked.
fn judged(at: &[usize], talks: &[Option<Transcript>]) -> Vec<(usize, bool)> {
    at.iter().filter_map(|&i| Some((i, talks[i].as_ref()?.passed?))).collect()
}

/// Which way the verdicts of a conversation went. That it came, went or hops is said only where luck does not explain it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Course {
    Never,
    Always,
    /// It passes since some checkpoint.
    Came,
    /// It passed up to some checkpoint.
    Went,
    Hops,
    /// A coin would pass so.
    AtTimes,
}

impl Course {
    /// `None` where nothing was judged.
    pub(super) fn of(hops: &VerdictHops, beyond_luck: bool) -> Option<Self> {
        let first = hops.first_passed;
        Some(match (hops.judged, hops.passed) {
            (0, _) => return None,
            (_, 0) => Self::Never,
            (judged, passed) if judged == passed => Self::Always,
            _ if !beyond_luck => Self::AtTimes,
            _ if hops.since => Self::Came,
            _ if hops.flips == 1 && first == Some(0) => Self::Went,
            _ => Self::Hops,
        })
    }
}

/// `trunk → anneal`: the branches of a path, each once.
pub(super) fn arrows<'b>(branches: impl Iterator<Item = &'b str>) -> String {
    let mut names: Vec<&str> = branches.collect();
    names.dedup();
    names.join(" → ")
}

/// `; ✓ at 2 of 6 others`: the verdicts beside the path; empty where there are none.
fn others(passes: impl Iterator<Item = bool>) -> String {
    let passes: Vec<bool> = passes.collect();
    let passed = passes.iter().filter(|passed| **passed).count();
    if passes.is_empty() { String::new() } else { format!("; ✓ at {passed} of {} others", passes.len()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::made_up::forked;
    use crate::run::Checkpoint;

    fn columns(run: &Run) -> Columns {
        let all: Vec<&Checkpoint> = run.tree.branches.iter().flat_map(|branch| &branch.checkpoints).collect();
        Columns::of(run, &all)
    }

    /// A conversation that passes where the column has a 1.
    fn talks(passed: &str) -> Vec<Option<Transcript>> {
        let talk = |c: char| Some(Transcript { passed: Some(c == '1'), ..Transcript::default() });
        passed.chars().map(talk).collect()
    }

    #[test]
    fn a_story_says_where_it_looked() {
        let run = forked(); // trunk 0 1 2 3, and a branch from 1 on: 2 4
        let columns = columns(&run);
        let way = Way::of(&run, &columns);
        let cases = [
            ("000000", "never passed on trunk → anneal; ✓ at 0 of 2 others"),
            ("001100", "never passed on trunk → anneal; ✓ at 2 of 2 others"),
            ("110111", "passed at all 4 checkpoints on trunk → anneal; ✓ at 1 of 2 others"),
            ("010111", "passed at 3 of 4 checkpoints on trunk → anneal, the last 3; ✓ at 1 of 2 others"),
            ("100001", "passed at 2 of 4 checkpoints on trunk → anneal, first at 0; ✓ at 0 of 2 others"),
        ];
        let story = |passed: &str, beyond_luck| {
            let talks = talks(passed);
            let course = Course::of(&way.hops(&talks), beyond_luck);
            course.map_or_else(String::new, |course| way.story(&columns, &talks, course))
        };
        for (passed, words) in cases {
            assert_eq!(story(passed, false), words);
        }
        let clear = [
            ("010111", "passes since 1 M on trunk → anneal; ✓ at 1 of 2 others"),
            ("100001", "comes and goes on trunk → anneal: first at 0, 2 changes; ✓ at 0 of 2 others"),
            ("110000", "passed up to 1 M on trunk → anneal and no more; ✓ at 0 of 2 others"),
        ];
        for (passed, words) in clear {
            assert_eq!(story(passed, true), words);
        }
        assert_eq!(Course::of(&way.hops(&[const { None }; 6]), false), None);
        assert_eq!(way.story(&columns, &[const { None }; 6], Course::Never), "");
    }

    #[test]
    fn where_there_is_one_path_no_place_is_named() {
        let mut run = forked();
        run.tree.branches.truncate(1);
        let columns = columns(&run);
        assert_eq!(Way::of(&run, &columns).story(&columns, &talks("0111"), Course::Came), "passes since 1 M");
    }

    #[test]
    fn the_conversations_of_a_prompt_are_counted_by_their_story() {
        let run = forked();
        let way = Way::of(&run, &columns(&run));
        let kinds = [Course::Came, Course::Never, Course::AtTimes, Course::Came];
        let talks = kinds.map(|kind| (Some(kind), "a story"));
        let passes = [None, None, Some(true), Some(false), None, None];
        let words = "of 4 on trunk → anneal: 2 stay, 1 pass at times, 1 never pass; ✓ at 1 of 2 others";
        assert_eq!(way.together(&talks, &passes), words);
        assert_eq!(way.together(&talks[..1], &passes), "a story");
        assert_eq!(way.together(&[(None, ""), (None, "")], &passes), "");
    }
}
