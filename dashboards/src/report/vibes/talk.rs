//! The page of one conversation: the newest checkpoint's as text; the script lays any two side by side.

use serde::Serialize;
use serde_json::{Value, json};
use spyglass_tasks::vibes::{Rendering, Stop, Transcript, TurnRecord, Verdict};

use super::columns::Column;
use super::grid::{Grid, Row};
use super::visible::visible;
use crate::report::Error;
use crate::report::site::Site;
use crate::run::{Checkpoint, Run};

#[derive(Serialize)]
struct TalkPage<'a> {
    row: &'a Row,
    pack: &'a str,
    data: String,
    before: Option<String>,
    after: Option<String>,
    place: String,
    system: String,
    rendering: &'static str,
    turns: Vec<ShownTurn>,
}

#[derive(Serialize)]
struct ShownTurn {
    user: String,
    reply: String,
    checks: Vec<ShownVerdict>,
}

#[derive(Serialize)]
struct ShownVerdict {
    sign: &'static str,
    kind: &'static str,
    text: String,
}

/// Writes one conversation's page and data; `neighbours` are the pages of the prompts before and after it.
pub(super) fn write(
    site: &Site,
    run: &Run,
    grid: &Grid,
    row: &Row,
    neighbours: [Option<String>; 2],
) -> Result<(), Error> {
    let all = grid.columns.each.iter().zip(&row.talks).enumerate();
    let shown: Vec<Shown<'_>> =
        all.filter_map(|(index, (column, talk))| Some(Shown { index, column, talk: talk.as_ref()? })).collect();
    let Some(Shown { column: at, talk: newest, .. }) = shown.iter().max_by_key(|shown| shown.column.count) else {
        return Ok(());
    };
    let data = format!("talk-{}", row.slug);
    let talks: Vec<Value> = shown.iter().map(|one| talk_data(one, before(run, &shown, one.column))).collect();
    let whole = json!({
        "run": run.name, "pack": grid.pack, "prompt": row.prompt, "variables": newest.variables, "repeat": newest.repeat,
        "talks": talks,
    });
    site.data(&data, "talk", &whole)?;
    let [before, after] = neighbours;
    let page = TalkPage {
        row,
        pack: &grid.pack,
        data: format!("../data/{data}.js"),
        before,
        after,
        place: format!("{} at step {}, {} {}", at.branch, at.step, at.tokens, run.tree.axis.word()),
        system: newest.system.as_deref().map(visible).unwrap_or_default(),
        rendering: rendering(newest),
        turns: newest.turns.iter().map(shown_turn).collect(),
    };
    site.page(&format!("vibes/{}.html", row.slug), "talk.html", &format!("{}: {}", grid.pack, row.prompt), &page)
}

/// The conversation at one checkpoint.
struct Shown<'a> {
    /// Number of the column.
    index: usize,
    column: &'a Column,
    talk: &'a Transcript,
}

/// Which of `shown` is the checkpoint before `at` on its path; a variant (EMA, merged) comes after one of its kind or a plain one.
fn before(run: &Run, shown: &[Shown<'_>], at: &Column) -> Option<usize> {
    let path = run.tree.path(&at.branch);
    let is_before = |c: &&&Checkpoint| c.step < at.step && (c.variant.is_none() || c.variant == at.variant);
    path.iter().rev().filter(is_before).find_map(|c| shown.iter().position(|shown| shown.column.is(c)))
}

fn rendering(talk: &Transcript) -> &'static str {
    match talk.rendering {
        Rendering::ChatTemplate => "through the checkpoint's chat template",
        Rendering::Plain => "as a plain transcript",
    }
}

fn shown_turn(turn: &TurnRecord) -> ShownTurn {
    let verdicts = turn.verdicts.iter().chain(&turn.persona);
    ShownTurn {
        user: visible(&turn.user),
        reply: visible(&turn.reply),
        checks: verdicts
            .map(|verdict| ShownVerdict {
                sign: if verdict.passed { "✓" } else { "✗" },
                kind: if verdict.passed { "right" } else { "wrong" },
                text: words(verdict),
            })
            .collect(),
    }
}

fn words(verdict: &Verdict) -> String {
    format!("{}: {}; {}", verdict.check, visible(&verdict.expected), visible(&verdict.actual))
}

fn talk_data(shown: &Shown<'_>, before: Option<usize>) -> Value {
    let Shown { index, column, talk } = shown;
    let verdict = |verdict: &Verdict| json!([verdict.passed, words(verdict)]);
    let verdicts = |list: &[Verdict]| list.iter().map(verdict).collect::<Vec<_>>();
    let turns = talk.turns.iter().map(|turn| {
        let stop = match turn.stop {
            Stop::EndToken => "stopped on its own",
            Stop::StopString => "stopped at the next speaker",
            Stop::Limit => "cut at the limit",
        };
        json!({
            "user": visible(&turn.user), "reply": visible(&turn.reply), "stop": stop, "checks": verdicts(&turn.verdicts),
            "persona": turn.persona.as_ref().map(verdict), "margin": turn.choices.as_ref().map(|choices| choices.margin),
            "reference": turn.reference.as_ref().map(|reference| reference.logprob),
        })
    });
    json!({
        "column": index, "before": before, "branch": column.branch, "colour": column.colour, "step": column.step, "variant": column.variant, "tokens": column.count, "passed": talk.passed,
        "score": talk.score, "system": talk.system.as_deref().map(visible), "rendering": rendering(talk),
        "turns": turns.collect::<Vec<_>>(), "checks": verdicts(&talk.verdicts),
    })
}

#[cfg(test)]
mod tests {
    use super::super::columns::Columns;
    use super::*;
    use crate::report::made_up::forked;

    #[test]
    fn a_branch_s_first_checkpoint_comes_after_the_fork() {
        let run = forked(); // trunk 0 1 2 3, and a branch from 1 on: 2 4
        let all: Vec<&Checkpoint> = run.tree.branches.iter().flat_map(|branch| &branch.checkpoints).collect();
        let columns = Columns::of(&run, &all);
        let talk = Transcript::default();
        let shown = |index| Shown { index, column: &columns.each[index], talk: &talk };
        let before = |asked: &[usize]| -> Vec<Option<usize>> {
            let asked: Vec<Shown<'_>> = asked.iter().map(|&index| shown(index)).collect();
            asked.iter().map(|one| before(&run, &asked, one.column)).collect()
        };
        assert_eq!(before(&[0, 1, 2, 3, 4, 5]), [None, Some(0), Some(1), Some(2), Some(1), Some(4)]);
        assert_eq!(before(&[0, 2, 3, 4, 5]), [None, Some(0), Some(1), Some(0), Some(3)], "the fork's was not asked");
    }
}
