//! How dry a pack's talk is: a curve for each measure, and what was too short to be measured.

use serde::Serialize;
use spyglass_tasks::vibes::dryness::{Measure, StockPhrases};

use crate::plots::{Geometry, Point};
use crate::report::checkpoint_curves::checkpoint_curves;
use crate::report::curves::{Lacking, Measured, Shared, TaskCurves, range};
use crate::report::figure::{Figure, figure};
use crate::report::plot_data::PlotData;
use crate::run::{Checkpoint, Run, StockList, Subject};
use crate::series::dryness::{PackDryness, dryness};

/// What the page shows of one pack.
#[derive(Serialize)]
pub(super) struct DrynessPart {
    pub(super) figures: Vec<Figure>,
    /// What could not be measured, and where.
    lacking: Vec<String>,
    /// What the script needs to redraw the figures.
    #[serde(skip)]
    pub(super) plots: Vec<PlotData>,
}

/// The parts of all packs, by name.
pub(super) fn parts(run: &Run, shared: &Shared) -> Vec<DrynessPart> {
    let own = run.stock_phrases.as_ref().map(|list| list.phrases.clone());
    let packs = dryness(run, &own.unwrap_or_else(StockPhrases::shipped));
    packs.iter().enumerate().map(|(number, (pack, found))| part(run, shared, (number, pack), found)).collect()
}

fn part(run: &Run, shared: &Shared, (number, pack): (usize, &str), found: &PackDryness<'_>) -> DrynessPart {
    let mut part = DrynessPart { figures: Vec::new(), lacking: lacking(found), plots: Vec::new() };
    for (index, measure) in Measure::ALL.into_iter().enumerate() {
        if found.values().all(|measures| measures[index].is_none()) {
            continue;
        }
        let point = |checkpoint: &Checkpoint| found.get(&checkpoint.at())?[index];
        let curves = curves(run, pack, measure, point);
        let slug = format!("vibes.dry.{}.{}", number + 1, index + 1);
        let mut drawn = figure(&curves, &slug, None, shared, Geometry::SMALL);
        (drawn.page, drawn.title, drawn.note) = (String::new(), measure.name().to_owned(), reading(measure).to_owned());
        part.figures.push(drawn);
        part.plots.push(PlotData::of(&curves, &slug, None));
    }
    part
}

/// Which phrases count as stock.
pub(super) fn stock_words(run: &Run) -> String {
    run.stock_phrases.as_ref().map_or_else(|| "the list that comes with the program".into(), StockList::words)
}

/// `under 50 words at 2 of 6 checkpoints: no MATTR, distinct-n`, for each length that somewhere was not reached.
fn lacking(found: &PackDryness<'_>) -> Vec<String> {
    let mut short: Vec<(String, usize, Vec<&str>)> = Vec::new();
    for (index, measure) in Measure::ALL.into_iter().enumerate() {
        let missing = found.values().filter(|measures| measures[index].is_none()).count();
        let known = short.iter_mut().find(|(needs, count, _)| *needs == measure.needs() && *count == missing);
        match known {
            _ if missing == 0 => {}
            Some((_, _, names)) => names.push(measure.name()),
            None => short.push((measure.needs(), missing, vec![measure.name()])),
        }
    }
    let line = |(needs, missing, names): (String, usize, Vec<&str>)| {
        format!("under {needs} at {missing} of {} checkpoints: no {}", found.len(), names.join(", "))
    };
    short.into_iter().map(line).collect()
}

/// Which way is dry.
fn reading(measure: Measure) -> &'static str {
    match measure {
        Measure::Compression => "higher: more of it repeats",
        Measure::Mattr | Measure::Distinct => "lower: fewer words, more often",
        Measure::Repeats => "higher: long runs come again",
        Measure::Stock => "higher: more from stock",
        Measure::Length => "not corrected: read the others beside it",
    }
}

fn curves<'a>(
    run: &'a Run,
    pack: &str,
    measure: Measure,
    found: impl Fn(&Checkpoint) -> Option<crate::series::dryness::Dry>,
) -> TaskCurves<'a> {
    let point = |checkpoint: &'a Checkpoint| {
        let dry = found(checkpoint)?;
        let point = Point { tokens: checkpoint.tokens as f64, value: dry.value, interval: dry.interval };
        Some(Measured { checkpoint, point, items: dry.prompts })
    };
    let (series, measured) = checkpoint_curves(run, point);
    let (subject, fractions) = (Subject::task(pack, 0, None), measure.is_share());
    TaskCurves {
        run,
        lacking: Lacking::of(run, &subject),
        subject,
        metric: measure.name().to_owned(),
        range: range(&series, None, fractions),
        chance: None,
        fractions,
        series,
        measured,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::dryness::Dry;

    #[test]
    fn what_was_too_short_is_told_once_for_each_length() {
        let dry = |value| Some(Dry { value, interval: None, prompts: 1 });
        let long = vec![dry(2.0), dry(0.5), dry(0.6), dry(0.0), dry(0.0), dry(30.0)];
        let short = vec![None, dry(0.5), dry(0.6), None, dry(0.0), dry(9.0)];
        let silent = vec![None, None, None, None, None, dry(1.0)];
        let found: PackDryness<'_> =
            [(("a", 1, None), long), (("a", 2, None), short), (("a", 3, None), silent)].into_iter().collect();
        let wanted = [
            "under 500 bytes at 2 of 3 checkpoints: no compression ratio",
            "under 50 words at 1 of 3 checkpoints: no MATTR, distinct-n, stock phrases per 100 words",
            "under 100 words at 2 of 3 checkpoints: no repeated runs of 5 words",
        ];
        assert_eq!(lacking(&found), wanted);
    }
}
