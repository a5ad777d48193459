//! What several runs of one report say alike, as one sentence of the front page.

use super::sentences::{Sentence, SentenceKind};
use super::waiting::range;
use crate::number::percent;
use crate::run::{RunTree, Subject};

/// Sentences of different runs that say the same.
struct Alike<'s> {
    /// Place of the first among all.
    place: usize,
    /// The runs, each with its sentence.
    of: Vec<(&'s str, &'s Sentence)>,
}

/// What two sentences must share: kind, tasks, the branch in its own run, and all words but those of how high a rise is.
type Key<'s> = (SentenceKind, &'s [Subject], String, String);

/// The sentences with those merged that say the same of several runs, each with the place of its first among `sentences`; a sentence of a
/// report of one run stays as it is.
pub(crate) fn alike<'s>(tree: &'s RunTree, sentences: impl Iterator<Item = &'s Sentence>) -> Vec<(usize, Sentence)> {
    let mut found: Vec<(Option<Key<'s>>, Alike<'s>)> = Vec::new();
    for (place, sentence) in sentences.enumerate() {
        let run = sentence.branch.as_deref().and_then(|branch| tree.run_of(branch));
        let key = run.map(|run| key(tree, run, sentence));
        let is_it = |(known, alike): &&mut (Option<Key<'s>>, Alike<'s>)| {
            known.is_some() && *known == key && alike.of.iter().all(|(other, _)| Some(*other) != run)
        };
        let one = (run.unwrap_or_default(), sentence);
        match found.iter_mut().find(is_it) {
            Some((_, alike)) => alike.of.push(one),
            None => found.push((key, Alike { place, of: vec![one] })),
        }
    }
    found.into_iter().map(|(_, alike)| (alike.place, merged(tree, &alike.of))).collect()
}

fn key<'s>(tree: &RunTree, run: &str, sentence: &'s Sentence) -> Key<'s> {
    let branch = sentence.branch.as_deref().map_or("", |branch| tree.own_name(branch));
    let text = plain(tree, run, &sentence.text);
    let words = height(&text).map(|(before, _, after)| format!("{before}…{after}"));
    (sentence.kind, &sentence.subjects, branch.to_owned(), words.unwrap_or(text))
}

/// The text with the branches of a run called as they are there.
fn plain(tree: &RunTree, run: &str, text: &str) -> String {
    let own = tree.branches.iter().map(|branch| branch.name.as_str()).filter(|name| tree.run_of(name) == Some(run));
    own.fold(text.to_owned(), |text, name| text.replace(name, tree.own_name(name)))
}

/// What stands before the height of a rise, the height, and what follows it.
fn height(text: &str) -> Option<(&str, &str, &str)> {
    const BEFORE: &str = " rise of ";
    let from = text.find(BEFORE)? + BEFORE.len();
    let to = from + text[from..].find(" points")?;
    Some((&text[..from], &text[from..to], &text[to..]))
}

fn merged(tree: &RunTree, of: &[(&str, &Sentence)]) -> Sentence {
    let (run, first) = of[0];
    if of.len() == 1 {
        return first.clone();
    }
    let mut text = plain(tree, run, &first.text);
    let numbers: Vec<_> = of.iter().flat_map(|(_, sentence)| sentence.numbers.iter().cloned()).collect();
    let rises: Vec<f64> = numbers.iter().filter(|number| number.name == "rise").filter_map(|rise| rise.value).collect();
    if let Some(((before, _, after), rises)) = height(&text).zip(range(&rises, &percent)) {
        text = format!("{before}{rises}{after}");
    }
    for (begin, within) in [("The ", "the "), ("Branch ", "branch ")] {
        text = text.strip_prefix(begin).map(|rest| format!("{within}{rest}")).unwrap_or(text);
    }
    let sure = of.iter().flat_map(|(run, sentence)| sentence.sure.iter().map(move |line| format!("{run}: {line}")));
    Sentence { text: format!("{}: {text}", runs(tree, of)), numbers, sure: sure.collect(), ..first.clone() }
}

/// `In both runs`, `In all 3 runs`, `In one and two`.
fn runs(tree: &RunTree, of: &[(&str, &Sentence)]) -> String {
    let names: Vec<&str> = of.iter().map(|(run, _)| *run).collect();
    match names.as_slice() {
        all if all.len() == tree.runs.len() && all.len() == 2 => "In both runs".to_owned(),
        all if all.len() == tree.runs.len() => format!("In all {} runs", all.len()),
        [before @ .., last] => format!("In {} and {last}", before.join(", ")),
        [] => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::Number;
    use crate::report::made_up::branch;

    fn tree(runs: &[&str]) -> RunTree {
        let branches = runs.iter().flat_map(|run| ["t", "t-b"].map(|own| branch(&format!("{run}/{own}"), None, &[1])));
        RunTree {
            branches: branches.collect(),
            runs: runs.iter().map(|run| (*run).to_owned()).collect(),
            ..RunTree::default()
        }
    }

    fn sentence(branch: &str, text: &str, rise: f64) -> Sentence {
        let number = Number { name: "rise", task: None, value: Some(rise), low: None, high: None };
        let plain = Sentence::of(SentenceKind::Onset, text.into(), &[], Some(branch));
        Sentence {
            subjects: vec![Subject::task("a", 0, None)],
            numbers: vec![number],
            sure: vec!["sure".into()],
            ..plain
        }
    }

    fn said(runs: &[&str], sentences: &[Sentence]) -> Vec<(usize, String)> {
        let tree = tree(runs);
        alike(&tree, sentences.iter()).into_iter().map(|(place, sentence)| (place, sentence.text)).collect()
    }

    #[test]
    fn what_runs_say_alike_is_said_once() {
        let of = |run: &str, when: &str, rise: f64| {
            let text = format!(
                "a on {run}/t-b emerged {when}; a sharp rise of {:.1} points; not yet on {run}/t.",
                rise * 100.0
            );
            sentence(&format!("{run}/t-b"), &text, rise)
        };
        let early = "between 1 M and 2 M tokens";
        let both = [of("x", early, 0.75), of("y", early, 0.742)];
        let told = "a on t-b emerged between 1 M and 2 M tokens; a sharp rise of 74.2 to 75.0 points; not yet on t.";
        assert_eq!(said(&["x", "y"], &both), [(0, format!("In both runs: {told}"))]);
        let found = alike(&tree(&["x", "y"]), both.iter()).remove(0).1;
        assert_eq!((found.sure, found.numbers.len()), (vec!["x: sure".into(), "y: sure".into()], 2));
        // Of three runs the one that came later keeps a sentence of its own, with its own names.
        let late = of("y", "between 2 M and 3 M tokens", 0.75);
        let three = [of("x", early, 0.75), late.clone(), of("z", early, 0.75)];
        let once = told.replace("74.2 to 75.0", "75.0");
        assert_eq!(said(&["x", "y", "z"], &three), [(0, format!("In x and z: {once}")), (1, late.text.clone())]);
        assert_eq!(said(&[], &both).len(), 2, "branches with a stroke in their names are no runs");
    }

    #[test]
    fn other_tasks_branches_and_kinds_stay_apart() {
        let gain = |branch: &str, of: &str| Sentence {
            kind: SentenceKind::Gain,
            ..sentence(branch, &format!("The anneal added 3.0 points to {of}."), 0.0)
        };
        let same = [gain("x/t", "a"), gain("y/t", "a")];
        assert_eq!(said(&["x", "y"], &same), [(0, "In both runs: the anneal added 3.0 points to a.".into())]);
        for other in [
            gain("y/t-b", "a"),
            gain("y/t", "b"),
            gain("x/t", "a"),
            Sentence { kind: SentenceKind::Growth, ..gain("y/t", "a") },
            Sentence { subjects: Vec::new(), ..gain("y/t", "a") },
            Sentence { branch: None, ..gain("y/t", "a") },
        ] {
            assert_eq!(said(&["x", "y"], &[gain("x/t", "a"), other.clone()]).len(), 2, "{other:?}");
        }
    }
}
