//! What stands beside a task's curve, panel under panel over the same tokens: the same items asked otherwise; what an answer by
//! letter is made of, knowledge, format, selection, the answer; and the probes of in-context learning.

use serde::Serialize;

use super::compared::Pairs;
use super::curves::{Shared, TaskCurves, TaskUnits};
use super::figure::{Figure, MASS, figure};
use super::plot_data::PlotData;
use crate::analysis::Onset;
use crate::findings::Findings;
use crate::plots::Geometry;
use crate::run::Run;
use crate::series::{AnswerFormat, PathFindings, TaskFindings};

/// Plots on top of each other with what they show in words.
#[derive(Serialize)]
pub(super) struct Panels {
    words: Vec<String>,
    pub(super) figures: Vec<Figure>,
}

/// What every panel of a page needs.
pub(super) struct Context<'a> {
    pub(super) run: &'a Run,
    pub(super) tasks: &'a [TaskUnits<'a>],
    pub(super) findings: &'a Findings,
    pub(super) shared: &'a Shared,
    /// Name of the page's files.
    pub(super) slug: &'a str,
    /// Those of all tasks, in their order.
    pub(super) slugs: &'a [String],
    /// Checkpoints beside each other.
    pub(super) pairs: &'a Pairs<'a>,
}

impl Context<'_> {
    fn panel(
        &self,
        curves: &TaskCurves<'_>,
        found: Option<&TaskFindings>,
        part: &str,
        title: &str,
    ) -> (Figure, PlotData) {
        let name = format!("{}.{part}", self.slug);
        let mut drawn = figure(curves, &name, found, self.shared, Geometry::PANEL);
        if drawn.title != title {
            drawn.note = format!("{} · {}", drawn.title, curves.metric);
            title.clone_into(&mut drawn.title);
        }
        (drawn, PlotData::of(curves, &name, found))
    }
}

/// The same items asked otherwise, so that a gap between the two can be seen; `None` where a run asks them in one way only.
pub(super) fn twins(context: &Context<'_>, task: &TaskUnits<'_>) -> Option<(Panels, Vec<PlotData>)> {
    let is_twin = |other: &&TaskUnits<'_>| {
        let (a, b) = (&task.subject, &other.subject);
        (&a.task, a.shots) == (&b.task, b.shots) && a.perturb != b.perturb
    };
    let panel = |(number, units): (usize, &TaskUnits<'_>)| {
        let title = match units.subject.perturbed_words() {
            Some(words) => format!("The same items, their choices {words}"),
            None => "The same items as they are".to_owned(),
        };
        let found = context.findings.tasks.iter().find(|found| units.subject == found.subject);
        context.panel(&units.curves(context.run, &units.primary), found, &format!("twin{number}"), &title)
    };
    let (figures, data): (Vec<Figure>, Vec<PlotData>) =
        context.tasks.iter().filter(is_twin).enumerate().map(panel).unzip();
    (!figures.is_empty()).then(|| (Panels { words: Vec::new(), figures }, data))
}

/// The panels of a lettered task and their data for the script; `None` for other tasks.
pub(super) fn decomposition(
    context: &Context<'_>,
    task: &TaskUnits<'_>,
    found: Option<&TaskFindings>,
) -> Option<(Panels, Vec<PlotData>)> {
    let found = found.filter(|found| found.format == AnswerFormat::Letters)?;
    let cloze = found.cloze.as_ref().and_then(|cloze| context.findings.task(cloze));
    let mut panels = Vec::new();
    if let Some(units) = cloze.and_then(|cloze| context.tasks.iter().find(|units| units.subject == cloze.subject)) {
        let curves = units.curves(context.run, &units.primary);
        panels.push(context.panel(&curves, cloze, "knowledge", "Knowledge: the same facts without letters"));
    }
    let own = [
        (MASS, "format", "Format: mass on the option letters"),
        ("p_gold", "selection", "Selection: P(right letter), given a letter"),
        (&task.primary, "answer", "The answer: the right letter is the likeliest"),
    ];
    for (metric, part, title) in own {
        let curves = task.curves(context.run, metric);
        if !curves.series.is_empty() {
            panels.push(context.panel(&curves, Some(found), part, title));
        }
    }
    let mut words: Vec<String> = found.paths.iter().filter_map(|path| order_words(found, cloze, path)).collect();
    if cloze.is_none() {
        words.push(
            "No task of this run asks the same facts without letters (for MMLU that is mmlu_continuation), so knowledge cannot be told \
             from selection."
                .to_owned(),
        );
    }
    let (figures, data) = panels.into_iter().unzip();
    Some((Panels { words, figures }, data))
}

/// `On anneal: knowledge by 614 k, format by 768 k, the answer 7.37 M – 7.68 M tokens.`
fn order_words(found: &TaskFindings, cloze: Option<&TaskFindings>, path: &PathFindings) -> Option<String> {
    path.own_onset()?;
    let knowledge = cloze.and_then(|cloze| cloze.path(&path.branch)?.onset.as_ref());
    let parts = [("knowledge", knowledge), ("format", path.mass_onset.as_ref()), ("the answer", path.onset.as_ref())];
    let said: Vec<String> =
        parts.into_iter().filter_map(|(name, onset)| Some(format!("{name} {}", onset?.brief()))).collect();
    let place = if found.paths.len() > 1 { format!("On {}: ", path.branch) } else { "Onsets: ".to_owned() };
    Some(format!("{place}{}.", said.join(", ")))
}

/// The probes of in-context learning beside a lettered task; `None` where there are none.
pub(super) fn probes(
    context: &Context<'_>,
    task: &TaskUnits<'_>,
    found: Option<&TaskFindings>,
) -> Option<(Panels, Vec<PlotData>)> {
    let found =
        found.filter(|found| found.format == AnswerFormat::Letters && !found.subject.task.starts_with("icl_"))?;
    let is_leaf = |units: &&TaskUnits<'_>| super::is_in_group(context.run, context.tasks, &units.subject);
    let probes: Vec<&TaskUnits<'_>> = (context.tasks.iter())
        .filter(|units| units.subject.task.starts_with("icl_") && units.subject.perturb.is_none() && !is_leaf(units))
        .collect();
    if probes.is_empty() {
        return None;
    }
    let mut panels = Vec::new();
    let mut known: Vec<(String, &TaskFindings)> = Vec::new();
    for (number, units) in probes.iter().enumerate() {
        let of_probe = context.findings.tasks.iter().find(|probe| units.subject == probe.subject);
        let curves = units.curves(context.run, &units.primary);
        panels.push(context.panel(&curves, of_probe, &format!("probe-{}", number + 1), &units.subject.title()));
        known.extend(of_probe.map(|probe| (units.subject.title(), probe)));
    }
    let curves = task.curves(context.run, &task.primary);
    panels.push(context.panel(&curves, Some(found), "beside-probes", &task.subject.title()));
    let path = found.paths.iter().find(|path| path.own_onset().is_some_and(Onset::came)).or(found.paths.first())?;
    let mut onsets: Vec<(String, &Onset)> = known
        .into_iter()
        .filter_map(|(title, probe)| Some((title, probe.path(&path.branch)?.onset.as_ref()?)))
        .collect();
    onsets.extend(path.onset.as_ref().map(|onset| (task.subject.title(), onset)));
    let words = vec![format!("On {}: {}", path.branch, together(&onsets))];
    let (figures, data) = panels.into_iter().unzip();
    Some((Panels { words, figures }, data))
}

/// Whether abilities came together: `X before Y` only when X's interval ends before Y's begins.
fn together(onsets: &[(String, &Onset)]) -> String {
    let list: Vec<String> = onsets.iter().map(|(name, onset)| format!("{name} {}", onset.brief())).collect();
    let came: Vec<(&str, u64, u64)> = (onsets.iter())
        .filter_map(|(name, onset)| Some((name.as_str(), onset.after().unwrap_or(0), onset.by()?)))
        .collect();
    let apart = came.iter().find_map(|(first, _, by)| {
        let later = came.iter().find(|(_, after, _)| by <= after)?;
        Some(format!("{first} came surely before {}", later.0))
    });
    let verdict = match (came.len(), apart) {
        (0 | 1, _) => "there are no two onsets to compare yet".to_owned(),
        (_, Some(apart)) => format!("they did not come together, {apart}"),
        (_, None) => "they came together, as far as these checkpoints can tell".to_owned(),
    };
    format!("{}; {verdict}.", list.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{Curve, Noise, onset};

    fn step_at(index: usize) -> Onset {
        onset(&Curve {
            tokens: (0..10).map(|k| k * 1_000_000).collect(),
            score: (0..10).map(|k| if k < index { 0.25 } else { 0.9 }).collect(),
            noise: Noise::Items(vec![1000.0; 10]),
            chance: 0.25,
            delta: None,
            item_diff_var: None,
        })
    }

    #[test]
    fn together_is_said_only_of_overlapping_intervals() {
        let (early, late) = (step_at(3), step_at(7));
        let said = together(&[("icl_copy".into(), &early), ("letters".into(), &late)]);
        assert_eq!(
            said,
            "icl_copy 2 M – 3 M, letters 6 M – 7 M; they did not come together, icl_copy came surely before letters."
        );
        let said = together(&[("icl_copy".into(), &early), ("icl_mapping".into(), &early)]);
        assert!(said.ends_with("; they came together, as far as these checkpoints can tell."), "{said}");
        let never = step_at(10);
        let said = together(&[("icl_copy".into(), &early), ("letters".into(), &never)]);
        assert!(said.ends_with("letters under its level; there are no two onsets to compare yet."), "{said}");
    }
}
