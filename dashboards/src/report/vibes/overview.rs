//! Vibes on the front page: each pack's story, its prompts against the checkpoints in brief, and its curves.

use super::course::{Course, Measure, courses};
use super::grid::{Column, Grid};
use crate::plots::{Geometry, percent};
use crate::report::curves::Shared;
use crate::report::figure::{Figure, figure, plot_data};
use crate::run::{Checkpoint, Run};
use serde::Serialize;
use serde_json::Value;

/// More rows than this are left to the page of all conversations.
const MOST_ROWS: usize = 48;

/// What the template shows.
#[derive(Serialize)]
pub(crate) struct Overview {
    packs: Vec<PackOverview>,
    /// Where the table has a row for each prompt.
    prompts: bool,
    columns: Vec<Column>,
    pub(crate) figures: Vec<Figure>,
    /// What `curves.js` needs to redraw the figures.
    #[serde(skip)]
    pub(crate) plots: Vec<Value>,
}

#[derive(Serialize)]
struct PackOverview {
    name: String,
    link: String,
    story: String,
    cells: Vec<Option<Share>>,
    newest: String,
    /// How many turns the act is kept on average, beside each checkpoint; empty without a persona.
    turns: Vec<Option<Turns>>,
    rows: Vec<PromptOverview>,
}

#[derive(Serialize)]
struct Turns {
    mean: String,
    words: String,
}

/// All conversations of one prompt.
#[derive(Serialize)]
struct PromptOverview {
    prompt: String,
    notes: String,
    link: String,
    cells: Vec<Option<Share>>,
    story: String,
    first_words: String,
}

/// A share that passes, as a cell.
#[derive(Serialize)]
struct Share {
    kind: &'static str,
    sign: &'static str,
    words: String,
}

impl Share {
    fn of(share: f64) -> Self {
        let (kind, sign) = match share {
            1.0 => ("pass", "✓"),
            share if share >= 0.5 => ("part", "~"),
            _ => ("fail", "✗"),
        };
        Self { kind, sign, words: format!("{} % pass", percent(share)) }
    }
}

impl Overview {
    /// `None` where no pack was run.
    pub(crate) fn of(run: &Run, grids: &[Grid], shared: &Shared) -> Option<Self> {
        let checkpoints: Vec<&Checkpoint> = run.tree.branches.iter().flat_map(|branch| &branch.checkpoints).collect();
        let courses = courses(run);
        let asked = |checkpoint: &&Checkpoint| courses.iter().any(|course| course.at(checkpoint).is_some());
        let checkpoints: Vec<&Checkpoint> = checkpoints.into_iter().filter(asked).collect();
        if checkpoints.is_empty() {
            return None;
        }
        let (mut figures, mut plots) = (Vec::new(), Vec::new());
        for (number, course) in courses.iter().enumerate() {
            for (measure, curves) in Measure::ALL.iter().filter_map(|m| Some((m, course.curves(run, *m)?))) {
                let slug = format!("vibes.{}.{}", number + 1, *measure as usize + 1);
                let mut drawn = figure(&curves, &slug, None, shared, Geometry::SMALL);
                drawn.page = format!("vibes/index.html#pack-{}", number + 1);
                figures.push(drawn);
                plots.push(plot_data(&curves, &slug, None));
            }
        }
        let packs: Vec<PackOverview> = (courses.iter().zip(grids).enumerate())
            .map(|(number, (course, grid))| pack(run, number, course, grid, &checkpoints))
            .collect();
        Some(Self {
            prompts: packs.iter().map(|pack| pack.rows.len()).sum::<usize>() <= MOST_ROWS,
            packs,
            columns: Column::of(run, &checkpoints),
            figures,
            plots,
        })
    }
}

fn pack(run: &Run, number: usize, course: &Course<'_>, grid: &Grid, checkpoints: &[&Checkpoint]) -> PackOverview {
    let share = |checkpoint: &&Checkpoint| Some(Share::of(course.at(checkpoint)?.passed.as_ref()?.share));
    let newest = checkpoints.iter().filter_map(|checkpoint| Some((checkpoint.tokens, course.at(checkpoint)?)));
    let newest = newest.max_by_key(|(tokens, _)| *tokens).and_then(|(_, reading)| reading.passed.as_ref());
    let turns = |checkpoint: &&Checkpoint| {
        let (mean, words) = course.at(checkpoint)?.turns()?;
        Some(Turns { mean, words })
    };
    let turns: Vec<Option<Turns>> = checkpoints.iter().map(turns).collect();
    PackOverview {
        turns: if turns.iter().any(Option::is_some) { turns } else { Vec::new() },
        name: course.pack.to_owned(),
        link: format!("vibes/index.html#pack-{}", number + 1),
        story: course.story(run).unwrap_or_else(|| "nothing in it is checked".into()),
        cells: checkpoints.iter().map(share).collect(),
        newest: newest.map_or_else(String::new, |share| format!("{} %", percent(share.share))),
        rows: prompts(grid, checkpoints),
    }
}

/// The rows of a grid, those of one prompt together.
fn prompts(grid: &Grid, checkpoints: &[&Checkpoint]) -> Vec<PromptOverview> {
    let columns: Vec<Option<usize>> =
        checkpoints.iter().map(|checkpoint| grid.columns.iter().position(|column| column.is(checkpoint))).collect();
    (grid.rows.chunk_by(|a, b| a.prompt == b.prompt))
        .map(|rows| {
            let share = |column: &Option<usize>| {
                let talks = rows.iter().filter_map(|row| row.talks[(*column)?].as_ref()?.passed);
                let passed: Vec<bool> = talks.collect();
                let passes = passed.iter().filter(|passed| **passed).count();
                (!passed.is_empty()).then(|| Share::of(passes as f64 / passed.len() as f64))
            };
            PromptOverview {
                prompt: rows[0].prompt.clone(),
                notes: rows[0].notes.clone(),
                link: format!("vibes/{}.html", rows[0].slug),
                cells: columns.iter().map(share).collect(),
                story: told(&rows.iter().map(|row| row.story.as_str()).collect::<Vec<_>>()),
                first_words: rows[0].first_words.clone(),
            }
        })
        .collect()
}

/// One conversation's story, or in how many of them the verdict stays.
fn told(stories: &[&str]) -> String {
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
    if parts.is_empty() { String::new() } else { format!("of {}: {}", stories.len(), parts.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_conversations_of_a_prompt_are_counted_by_their_story() {
        assert_eq!(told(&["passes since 3.8 M"]), "passes since 3.8 M");
        let stories = ["passes since 0", "never passed", "comes and goes: first at 1 M, 3 changes", "passes since 2 M"];
        assert_eq!(told(&stories), "of 4: 2 stay, 1 come and go, 1 never pass");
        assert_eq!(told(&["", ""]), "");
    }

    #[test]
    fn a_share_has_colour_and_sign() {
        assert_eq!([1.0, 0.5, 0.4].map(|share| Share::of(share).sign), ["✓", "~", "✗"]);
    }
}
