//! The words of the front page's table against what is true.

use spyglass_dashboards::findings::Findings;
use spyglass_dashboards::report::Verdicts;
use spyglass_dashboards::run::Run;
use spyglass_dashboards::series::{PathFindings, TaskFindings};

use super::judge::{AT_CHANCE, came, cannot_tell, goes, in_phase, is_sharp, phase_is};
use super::tally::{Page, Place};
use super::truth::{TrueCurve, Truth};

/// A point: what "no gain" means.
const POINT: f64 = 0.01;

/// Judges every cell of the rows that the front page shows.
pub(crate) fn table(page: &mut Page, run: &Run, found: &Findings, truth: &Truth) {
    let in_group = |task: &TaskFindings| {
        !task.subject.is_group && run.groups.iter().any(|group| group.leaves.contains(&task.subject.task))
    };
    for task in found.tasks.iter().filter(|task| task.subject.perturb.is_none() && !in_group(task)) {
        for path in &task.paths {
            let Some(curve) = truth.curve(&path.branch, &task.subject.task) else { continue };
            let verdicts = Verdicts::of(path, true);
            let cells = [
                onset(path, curve, &verdicts.onset, truth.chance),
                phase(run, path, curve, &verdicts.phase),
                rise(curve, verdicts.rise, truth.chance),
                stays(path, curve, &verdicts.stays),
                now(&in_phase(run, path, curve), verdicts.trend, truth.chance),
            ];
            for (name, is_true, text) in cells.into_iter().flatten() {
                page.say(Place::Cell, name, is_true, text);
            }
        }
    }
}

type Cell<'a> = Option<(&'static str, bool, &'a str)>;

fn onset<'a>(path: &PathFindings, curve: &TrueCurve, text: &'a str, chance: f64) -> Cell<'a> {
    let (name, is_true) = if text.is_empty() {
        return None;
    } else if text.contains('–') || text.starts_with("by ") {
        ("onset: a bracket", came(path, curve))
    } else if text.starts_with("above chance, since when cannot be told") {
        ("onset: above chance, since when cannot be told", curve.last() > chance + AT_CHANCE)
    } else if text.starts_with("above") {
        ("onset: above at first", curve.first() > chance + AT_CHANCE)
    } else if text == "under its level" {
        let level = path.onset.as_ref().and_then(|onset| Some(onset.scale?.level));
        ("onset: under its level", level.is_some_and(|level| curve.last() < level))
    } else if text.contains("at its level") || text.contains("too few items") || text == "no score yet" {
        ("onset: at its level", true)
    } else if text.contains("cannot be told") {
        ("onset: cannot be told", cannot_tell(path, curve, chance))
    } else if text == "before the fork" {
        ("onset: before the fork", true)
    } else {
        ("unjudged onset cell", false)
    };
    Some((name, is_true, text))
}

fn phase<'a>(run: &Run, path: &PathFindings, curve: &TrueCurve, text: &'a str) -> Cell<'a> {
    let level = path.onset.as_ref()?.scale?.level;
    let branch = run.tree.branch(&path.branch)?;
    if text.is_empty() {
        return None;
    }
    let at = curve.0.iter().find(|point| point.1 >= level).map(|point| point.0);
    let start = branch.phases.iter().rfind(|start| at.is_some_and(|at| start.from_tokens < at));
    Some(("phase", start.is_some_and(|start| phase_is(text, start.phase.name())), text))
}

fn rise<'a>(curve: &TrueCurve, text: &'a str, chance: f64) -> Cell<'a> {
    match text {
        "sharp" => Some(("rise: sharp", is_sharp(curve, chance) != Some(false), text)),
        "smooth" => Some(("rise: smooth", is_sharp(curve, chance) != Some(true), text)),
        "" | "unresolved" => None,
        _ => Some(("unjudged rise cell", false, text)),
    }
}

fn stays<'a>(path: &PathFindings, curve: &TrueCurve, text: &'a str) -> Cell<'a> {
    match text {
        "" => None,
        "stayed" => Some(("since then: stayed", !goes(path, curve), text)),
        _ if text.starts_with("comes and goes") => Some(("since then: comes and goes", goes(path, curve), text)),
        _ => Some(("unjudged cell of what came since", false, text)),
    }
}

/// Of what has learned nothing nothing is saturated.
fn now<'a>(curve: &TrueCurve, text: &'a str, chance: f64) -> Cell<'a> {
    let gain = curve.late_gain();
    match text {
        "" | "undecided" => None,
        "rising" => Some(("now: rising", gain > 0.0, text)),
        "falling" => Some(("now: falling", gain < 0.0, text)),
        "no gain" => Some(("now: no gain", gain < POINT && curve.last() > chance + AT_CHANCE, text)),
        "saturated" => Some(("now: saturated", gain.abs() < POINT && curve.last() > chance + AT_CHANCE, text)),
        _ => Some(("unjudged cell of now", false, text)),
    }
}
