//! What each branch did to a pack, in words: beside the branch it left, at equal tokens, prompt by prompt.

use super::course::{Course, Reading};
use crate::analysis::{ALPHA, mcnemar_exact};
use crate::findings::meeting;
use crate::number::tokens;
use crate::run::{Branch, Run};

/// A sentence for each branch that has readings beside those of its parent; `lines` are all that the page makes, of which some would be
/// clear by luck.
pub(super) fn beside(run: &Run, course: &Course<'_>, lines: usize) -> Vec<String> {
    run.tree.branches.iter().filter_map(|branch| line(run, course, branch, lines)).collect()
}

/// How many such sentences a page makes at most.
pub(super) fn count(run: &Run, packs: usize) -> usize {
    packs * run.tree.branches.iter().filter(|branch| branch.fork.is_some()).count()
}

fn line(run: &Run, course: &Course<'_>, branch: &Branch, lines: usize) -> Option<String> {
    let parent = &branch.fork.as_ref()?.branch;
    let (a, b) = meeting(&run.tree, branch, &|at| course.at(at).is_some())?;
    let (before, after) = (course.at(a)?, course.at(b)?);
    let place = if a.tokens == b.tokens {
        format!("at {} tokens", tokens(b.tokens as f64))
    } else {
        format!("at {} tokens, {parent} at {}", tokens(b.tokens as f64), tokens(a.tokens as f64))
    };
    let (own, other) = (after.share_words()?, before.share_words()?);
    let turns = after.turns_held().zip(before.turns_held());
    let turns = turns.filter(|(own, other)| (own - other).abs() >= 0.05);
    let mut parts = match verdict(before, after, lines) {
        None if turns.is_none() => vec![format!("no prompt passes oftener or more rarely than on {parent} ({own})")],
        None => vec![format!("no prompt passes oftener or more rarely than on {parent}")],
        Some(verdict) => vec![format!("{own}; on {parent} {other}"), verdict],
    };
    if let Some((own, other)) = turns {
        parts.push(format!("what is asked of every turn holds for {own:.1} turns on average, there for {other:.1}"));
    }
    Some(run.tree.axis.say(format!("{} {place}: {}.", branch.name, parts.join("; "))))
}

/// How many prompts went which way, and whether luck would do so: the sign test, once for every sentence of the page. `None` where none
/// went any way.
fn verdict(before: &Reading, after: &Reading, lines: usize) -> Option<String> {
    let share = |reading: &Reading, prompt: &String| reading.each.get(prompt).and_then(|each| each.0);
    let changes = after.each.keys().filter_map(|prompt| Some(share(after, prompt)? - share(before, prompt)?));
    let (mut better, mut worse) = (0, 0);
    for change in changes {
        better += u64::from(change > 0.0);
        worse += u64::from(change < 0.0);
    }
    if better + worse == 0 {
        return None;
    }
    let is_clear = mcnemar_exact(worse, better) * lines.max(1) as f64 <= ALPHA;
    let luck = if is_clear { "more than luck explains" } else { "which luck may explain" };
    Some(format!("better on {better} of its prompts and worse on {worse}, {luck}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::made_up::forked;
    use crate::run::{Checkpoint, PackUnit};
    use serde_json::{from_value, json};
    use spyglass_tasks::vibes::Transcript;
    use std::sync::Arc;

    /// So many prompts of which the first ones pass.
    fn pack(at: &Checkpoint, passing: usize, prompts: usize) -> PackUnit {
        let record = from_value(json!({
            "key": "k", "task": "pirate", "shots": 0, "chance": null, "primary_metric": "passed", "items": prompts, "items_total": prompts,
            "inputs": {"weights": "w", "config": "c", "tokenizer": "t", "chat_template": null, "task": "pirate", "task_definition": "d",
                "data": "d", "shots": 0, "perturb": null, "precision": "f32", "dt_floor": "config", "scoring_version": 1},
            "checkpoint": at, "truncated": 0, "off_token_edge": 0, "warnings": [], "chunks": [], "metrics": [],
            "cost": {"seconds": 1.0, "tokens_computed": 10, "tokens_requested": 30}, "finished": "2026-11-24T00:00:00Z", "version": "0.1.0"
        }));
        let talk = |number: usize| Transcript {
            pack: "pirate".into(),
            prompt: format!("p{number:02}"),
            passed: Some(number < passing),
            score: Some(1.0),
            ..Transcript::default()
        };
        PackUnit { record: record.unwrap(), transcripts: Arc::new((0..prompts).map(talk).collect()) }
    }

    #[test]
    fn a_branch_is_told_beside_its_parent_and_luck_is_named() {
        let cases =
            [(2, 3, 6, "which luck may explain"), (0, 12, 12, "more than luck explains"), (3, 3, 6, "no prompt")];
        for (before, after, prompts, wanted) in cases {
            let mut run = forked(); // both branches have step 2
            run.packs = (run.tree.branches.iter())
                .map(|branch| {
                    let at = branch.checkpoints.iter().find(|at| at.step == 2).unwrap();
                    pack(at, if branch.name == "trunk" { before } else { after }, prompts)
                })
                .collect();
            let courses = super::super::course::courses(&run);
            let told = beside(&run, &courses[0], count(&run, 1));
            assert_eq!(told.len(), 1);
            assert!(told[0].starts_with("anneal at 2 M tokens: ") && told[0].contains(wanted), "{told:?}");
            assert!(told[0].contains("on trunk "), "{told:?}");
        }
    }
}
