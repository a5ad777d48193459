//! The page of one conversation: the newest checkpoint's as text; the script lays any two side by side.

use super::grid::{Column, Grid, Row};
use super::visible::visible;
use crate::report::Error;
use crate::report::site::Site;
use crate::run::Run;
use serde::Serialize;
use serde_json::{Value, json};
use spyglass_tasks::vibes::{Rendering, Stop, Transcript, TurnRecord, Verdict};

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
    let all = grid.columns.iter().zip(&row.talks).enumerate();
    let shown: Vec<(usize, &Column, &Transcript)> =
        all.filter_map(|(index, (column, talk))| Some((index, column, talk.as_ref()?))).collect();
    let Some((_, at, newest)) = shown.iter().max_by_key(|(_, column, _)| column.count) else { return Ok(()) };
    let data = format!("talk-{}", row.slug);
    let talks: Vec<Value> = shown.iter().map(|(index, column, talk)| talk_data(*index, column, talk)).collect();
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
        place: format!("{} at step {}, {} tokens", at.branch, at.step, at.tokens),
        system: newest.system.as_deref().map(visible).unwrap_or_default(),
        rendering: rendering(newest),
        turns: newest.turns.iter().map(shown_turn).collect(),
    };
    site.page(&format!("vibes/{}.html", row.slug), "talk.html", &format!("{}: {}", grid.pack, row.prompt), &page)
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

fn talk_data(index: usize, column: &Column, talk: &Transcript) -> Value {
    let verdict = |verdict: &Verdict| json!([verdict.passed, words(verdict)]);
    let verdicts = |list: &[Verdict]| list.iter().map(verdict).collect::<Vec<_>>();
    let turns = talk.turns.iter().map(|turn| {
        let stop = match turn.stop {
            Stop::EndToken => "ended by itself",
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
        "column": index, "branch": column.branch, "colour": column.colour, "step": column.step, "tokens": column.count, "passed": talk.passed,
        "score": talk.score, "system": talk.system.as_deref().map(visible), "rendering": rendering(talk),
        "turns": turns.collect::<Vec<_>>(), "checks": verdicts(&talk.verdicts),
    })
}
