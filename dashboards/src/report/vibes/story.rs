//! How verdicts went, in a few words that say where: along the path to the newest checkpoint, and beside it.

use super::columns::Columns;
use crate::analysis::verdict_hops;
use crate::run::Run;
use spyglass_tasks::vibes::Transcript;

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

    /// Since when a conversation passes: `never passed on trunk → anneal; ✓ at 2 of 6 others`. Empty where nothing is checked.
    pub(super) fn story(&self, columns: &Columns, talks: &[Option<Transcript>]) -> String {
        let judged = |at: &[usize]| -> Vec<(usize, bool)> {
            at.iter().filter_map(|&i| Some((i, talks[i].as_ref()?.passed?))).collect()
        };
        let (on, beside) = (judged(&self.on), judged(&self.beside));
        if on.is_empty() {
            return String::new();
        }
        let hops = verdict_hops(&on.iter().map(|(_, passed)| *passed).collect::<Vec<_>>());
        let (at, place) = (|index: usize| &columns.each[on[index].0].tokens, &self.place);
        let along = match hops.first_passed {
            None => format!("never passed{place}"),
            Some(first) if hops.since => format!("passes since {}{place}", at(first)),
            Some(first) => format!("comes and goes{place}: first at {}, {} changes", at(first), hops.flips),
        };
        along + &others(beside.iter().map(|(_, passed)| *passed))
    }

    /// The story of a prompt, made of its conversations': in how many the verdict stays. `passes` says at which columns all of
    /// them pass.
    pub(super) fn together(&self, stories: &[&str], passes: &[Option<bool>]) -> String {
        if let [only] = stories {
            return (*only).to_owned();
        }
        let count = |start: &str| stories.iter().filter(|story| story.starts_with(start)).count();
        let kinds = [("passes since", "stay"), ("comes and goes", "come and go"), ("never", "never pass")];
        let parts: Vec<String> = kinds
            .iter()
            .map(|(start, words)| (count(start), words))
            .filter(|(count, _)| *count > 0)
            .map(|(count, words)| format!("{count} {words}"))
            .collect();
        if parts.is_empty() {
            return String::new();
        }
        let beside = others(self.beside.iter().filter_map(|&i| passes[i]));
        format!("of {}{}: {}{beside}", stories.len(), self.place, parts.join(", "))
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
            ("010111", "passes since 1 M on trunk → anneal; ✓ at 1 of 2 others"),
            ("100001", "comes and goes on trunk → anneal: first at 0, 2 changes; ✓ at 0 of 2 others"),
        ];
        for (passed, words) in cases {
            assert_eq!(way.story(&columns, &talks(passed)), words);
        }
        assert_eq!(way.story(&columns, &[const { None }; 6]), "");
    }

    #[test]
    fn where_there_is_one_path_no_place_is_named() {
        let mut run = forked();
        run.tree.branches.truncate(1);
        let columns = columns(&run);
        assert_eq!(Way::of(&run, &columns).story(&columns, &talks("0111")), "passes since 1 M");
    }

    #[test]
    fn the_conversations_of_a_prompt_are_counted_by_their_story() {
        let run = forked();
        let way = Way::of(&run, &columns(&run));
        let stories = ["passes since 0", "never passed", "comes and goes: first at 1 M, 3 changes", "passes since 2 M"];
        let passes = [None, None, Some(true), Some(false), None, None];
        let words = "of 4 on trunk → anneal: 2 stay, 1 come and go, 1 never pass; ✓ at 1 of 2 others";
        assert_eq!(way.together(&stories, &passes), words);
        assert_eq!(way.together(&stories[..1], &passes), stories[0]);
        assert_eq!(way.together(&["", ""], &passes), "");
    }
}
