//! Vibes on the front page: each pack's story, its prompts against the checkpoints in brief, and its curves.

use serde::Serialize;

use super::beside::{beside, count};
use super::columns::Columns;
use super::course::{Course, Measure, courses};
use super::grid::{Grid, Row, sign};
use crate::number::percent;
use crate::plots::Geometry;
use crate::report::curves::Shared;
use crate::report::figure::{Figure, figure};
use crate::report::findings_file::PackSaid;
use crate::report::plot_data::PlotData;
use crate::run::{Checkpoint, Run};

/// More rows than this are left to the page of all conversations.
const MOST_ROWS: usize = 48;

/// What the template shows.
#[derive(Serialize)]
pub(crate) struct Overview {
    packs: Vec<PackOverview>,
    /// Where the table has a row for each prompt.
    prompts: bool,
    columns: Columns,
    pub(crate) figures: Vec<Figure>,
    /// What `draw.js` needs to redraw the figures.
    #[serde(skip)]
    pub(crate) plots: Vec<PlotData>,
}

#[derive(Serialize)]
struct PackOverview {
    name: String,
    link: String,
    story: String,
    /// What each branch did to it.
    beside: Vec<String>,
    cells: Vec<Option<Share>>,
    /// The share at its newest checkpoint, which is named where it is not the table's.
    newest: String,
    /// How many turns are held on average, beside each checkpoint; empty where nothing is asked of every turn.
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

/// What passes of a pack or a prompt, as a cell.
#[derive(Clone, Serialize)]
struct Share {
    kind: &'static str,
    sign: &'static str,
    words: String,
    /// The conversation at that checkpoint; empty of a pack.
    link: String,
}

impl Share {
    /// Of a pack: the share of its prompts.
    fn of_pack(share: f64) -> Self {
        let (kind, sign) = sign(share >= 1.0, share);
        Self { kind, sign, words: format!("{} % pass", percent(share)), link: String::new() }
    }

    /// Of a prompt: its conversations, and their mean share of checks; `None` where nothing is checked.
    fn of_prompt(rows: &[Row], column: usize) -> Option<Self> {
        let talks = rows.iter().filter_map(|row| row.talks[column].as_ref());
        let judged: Vec<(bool, f64)> = talks.filter_map(|talk| Some((talk.passed?, talk.score?))).collect();
        if judged.is_empty() {
            return None;
        }
        let (all, passes) = (judged.len(), judged.iter().filter(|(passed, _)| *passed).count());
        let score = judged.iter().map(|(_, score)| score).sum::<f64>() / all as f64;
        let (kind, sign) = sign(passes == all, score);
        let words = format!("{passes} of {all} pass; {} % of the checks", percent(score));
        Some(Self { kind, sign, words, link: format!("vibes/{}.html#{column}", rows[0].slug) })
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
                plots.push(PlotData::of(&curves, &slug, None));
            }
        }
        let table = Table { run, columns: Columns::of(run, &checkpoints), checkpoints, packs: courses.len() };
        let packs: Vec<PackOverview> = (courses.iter().zip(grids).enumerate())
            .map(|(number, (course, grid))| table.pack(number, course, grid))
            .collect();
        Some(Self {
            prompts: packs.iter().map(|pack| pack.rows.len()).sum::<usize>() <= MOST_ROWS,
            packs,
            columns: table.columns,
            figures,
            plots,
        })
    }
}

impl Overview {
    /// What became of each pack, in words.
    pub(crate) fn told(&self) -> impl Iterator<Item = PackSaid<'_>> {
        self.packs.iter().map(|pack| PackSaid {
            pack: &pack.name,
            text: &pack.story,
            branches: &pack.beside,
            evidence: &pack.link,
        })
    }
}

/// What the rows of all packs share.
struct Table<'a> {
    run: &'a Run,
    checkpoints: Vec<&'a Checkpoint>,
    /// Beside the checkpoints.
    columns: Columns,
    /// How many packs the page tells of.
    packs: usize,
}

impl Table<'_> {
    fn pack(&self, number: usize, course: &Course<'_>, grid: &Grid) -> PackOverview {
        let share = |checkpoint: &&Checkpoint| Some(Share::of_pack(course.at(checkpoint)?.passed.as_ref()?.share));
        let turns = |checkpoint: &&Checkpoint| {
            let (mean, words) = course.at(checkpoint)?.turns()?;
            Some(Turns { mean, words })
        };
        let turns: Vec<Option<Turns>> = self.checkpoints.iter().map(turns).collect();
        PackOverview {
            turns: if turns.iter().any(Option::is_some) { turns } else { Vec::new() },
            name: course.pack.to_owned(),
            link: format!("vibes/index.html#pack-{}", number + 1),
            story: course.story(self.run, self.packs).unwrap_or_else(|| "nothing in it is checked".into()),
            beside: beside(self.run, course, count(self.run, self.packs)),
            cells: self.checkpoints.iter().map(share).collect(),
            newest: self.newest(course).unwrap_or_default(),
            rows: self.prompts(grid),
        }
    }

    /// `85.7 %`, or `85.7 % (trunk, 12.9 M)`.
    fn newest(&self, course: &Course<'_>) -> Option<String> {
        let asked = (0..self.checkpoints.len()).filter(|&i| course.at(self.checkpoints[i]).is_some());
        let newest = asked.max_by_key(|&i| self.checkpoints[i].tokens)?;
        let share = course.at(self.checkpoints[newest])?.passed.as_ref()?.share;
        let is_common = self.columns.newest == Some(newest);
        let place = if is_common { String::new() } else { format!(" ({})", self.columns.each[newest].name()) };
        Some(format!("{} %{place}", percent(share)))
    }

    /// The rows of a grid, those of one prompt together.
    fn prompts(&self, grid: &Grid) -> Vec<PromptOverview> {
        let column = |checkpoint: &&Checkpoint| grid.columns.each.iter().position(|column| column.is(checkpoint));
        let columns: Vec<Option<usize>> = self.checkpoints.iter().map(column).collect();
        let prompt = |rows: &[Row]| {
            let shares: Vec<Option<Share>> =
                (0..grid.columns.each.len()).map(|column| Share::of_prompt(rows, column)).collect();
            let passes: Vec<Option<bool>> = shares.iter().map(|share| Some(share.as_ref()?.kind == "pass")).collect();
            let talks: Vec<_> = rows.iter().map(|row| (row.course, row.story.as_str())).collect();
            PromptOverview {
                prompt: rows[0].prompt.clone(),
                notes: rows[0].notes.clone(),
                link: format!("vibes/{}.html", rows[0].slug),
                cells: columns.iter().map(|column| shares[(*column)?].clone()).collect(),
                story: grid.way.together(&talks, &passes),
                first_words: rows[0].first_words.clone(),
            }
        };
        grid.rows.chunk_by(|a, b| a.prompt == b.prompt).map(prompt).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use spyglass_tasks::vibes::Transcript;

    #[test]
    fn a_prompt_has_the_sign_that_its_only_conversation_has() {
        let row = |passed, score| Row {
            talks: vec![Some(Transcript { passed: Some(passed), score: Some(score), ..Transcript::default() })],
            ..Row::default()
        };
        let cell = |rows: &[Row]| Share::of_prompt(rows, 0).map(|share| (share.sign, share.words)).unwrap();
        assert_eq!(cell(&[row(false, 0.6)]), ("~", "0 of 1 pass; 60.0 % of the checks".to_owned()));
        assert_eq!(cell(&[row(true, 1.0), row(false, 0.0)]).0, "~");
        assert_eq!(cell(&[row(true, 1.0), row(false, 0.0), row(false, 0.4)]).0, "✗");
        assert!(Share::of_prompt(&[Row { talks: vec![None], ..Row::default() }], 0).is_none());
    }
}
