//! Tasks that wait for an onset, and those that were above chance from the start, in words.

use super::how_sure;
use super::sentences::{Number, Sentence, SentenceKind, Weighed};
use crate::analysis::growth::one_sided;
use crate::analysis::onset::{Onset, Status};
use crate::analysis::statistics::ALPHA;
use crate::number::{percent, tokens};
use crate::series::PathFindings;
use crate::series::TaskFindings;
use crate::series::page::ABOVE_GUESSING;

/// Tasks whose paths all wait: above guessing but not over their level, under it, at it, or with too few items to tell.
pub(crate) fn waiting(tasks: &[&TaskFindings]) -> Vec<Weighed> {
    let status = |task: &TaskFindings, wanted: Status| {
        let mut statuses = task.paths.iter().filter_map(|path| path.onset.as_ref()).map(|onset| onset.status);
        statuses.all(|status| status == wanted)
    };
    let (above, others): (Vec<&TaskFindings>, Vec<&TaskFindings>) =
        tasks.iter().filter(|task| task.waits()).partition(|task| task.is_above_guessing);
    let (under, others): (Vec<_>, Vec<_>) = others.into_iter().partition(|task| status(task, Status::NotYet));
    let (too_few, at): (Vec<_>, Vec<_>) = others.into_iter().partition(|task| status(task, Status::TooFewItems));
    let is = |tasks: &[&TaskFindings], one: &'static str, many: &'static str| if tasks.len() == 1 { one } else { many };
    let mut found = Vec::new();
    let mut tell = |weight: f64, tasks: &[&TaskFindings], text: String| {
        found.push((weight, one_or_all(SentenceKind::Waiting, text, tasks)));
    };
    if !above.is_empty() {
        let (names, score) = (listed(&above), is(&above, "scores", "score"));
        let text = format!("{names} {score} above guessing ({}), but not {}.", ends(&above), over_the_level(&above));
        tell(4.0, &above, text);
    }
    if !under.is_empty() {
        let everything = under.len() == tasks.len() && tasks.len() > 1 && !stirs(&under);
        let text = if everything {
            format!("Nothing has emerged yet {}.", reach(&under))
        } else {
            let (names, is, level) = (listed(&under), is(&under, "is", "are"), level_words(&under));
            format!("{names} {is} under {level} {}.", reach(&under))
        };
        tell(3.0, &under, text);
    }
    if !at.is_empty() {
        let (names, lies, level) = (listed(&at), is(&at, "lies", "lie"), level_words(&at));
        tell(2.0, &at, format!("{names} {lies} at {level}: more items or checkpoints will tell."));
    }
    if !too_few.is_empty() {
        let names = listed(&too_few);
        let text =
            format!("{names} cannot be judged: {} too few to tell an ability from guessing.", items_are(&too_few));
        tell(1.0, &too_few, text);
    }
    found
}

/// Taken together the tasks score above guessing at the end of their paths, though none does so by itself: then it is not said that
/// nothing has emerged.
fn stirs(tasks: &[&TaskFindings]) -> bool {
    let ends = tasks.iter().filter_map(|task| {
        let path = task.paths.first()?;
        Some((path.end?, path.curve.chance))
    });
    let (above, square) = ends.fold((0.0, 0.0), |(above, square), (end, chance)| {
        (above + end.value - chance - ABOVE_GUESSING, square + end.se * end.se)
    });
    one_sided(above, square.sqrt()) <= ALPHA
}

/// Tasks in which nobody saw an ability come.
pub(crate) fn at_first(tasks: &[&TaskFindings]) -> Vec<Weighed> {
    let above = |task: &&&TaskFindings| {
        first_onset(task).is_some_and(|onset| matches!(onset.status, Status::AboveAtFirst | Status::Above))
    };
    let first: Vec<&TaskFindings> = tasks.iter().filter(above).copied().collect();
    if first.is_empty() {
        return Vec::new();
    }
    let verb = if first.len() == 1 { "was" } else { "were" };
    let text = format!("{} {verb} {}.", listed(&first), Onset::ALWAYS_ABOVE);
    vec![(1.0, one_or_all(SentenceKind::AtFirst, text, &first))]
}

/// Where paths end: `at 14.1 M tokens`, or `on trunk (14.1 M tokens), anneal (10.1 M)` where they end at different counts.
pub(crate) fn reach_of(paths: &[&PathFindings]) -> String {
    let mut ends: Vec<(&str, u64)> = Vec::new();
    for path in paths {
        match ends.iter_mut().find(|(branch, _)| *branch == path.branch) {
            Some((_, last)) => *last = path.last_tokens().max(*last),
            None => ends.push((&path.branch, path.last_tokens())),
        }
    }
    if ends.windows(2).all(|pair| pair[0].1 == pair[1].1) {
        return format!("at {} tokens", tokens(ends.first().map_or(0.0, |end| end.1 as f64)));
    }
    format!("on {}", on_each(&ends))
}

/// `trunk (14.1 M tokens), anneal (10.1 M)`.
pub(crate) fn on_each(ends: &[(&str, u64)]) -> String {
    let each = ends.iter().enumerate().map(|(index, (branch, last))| {
        format!("{branch} ({}{})", tokens(*last as f64), if index == 0 { " tokens" } else { "" })
    });
    each.collect::<Vec<_>>().join(", ")
}

fn reach(tasks: &[&TaskFindings]) -> String {
    reach_of(&tasks.iter().flat_map(|task| &task.paths).collect::<Vec<_>>())
}

fn first_onset(task: &TaskFindings) -> Option<&Onset> {
    task.paths.first()?.onset.as_ref()
}

/// `the level that counts as emerged (54 % with 40 items)`, as a range where levels differ.
fn level_words(tasks: &[&TaskFindings]) -> String {
    let levels: Vec<f64> = tasks.iter().filter_map(|task| Some(first_onset(task)?.scale?.level)).collect();
    let curves = || tasks.iter().filter_map(|task| Some(&task.paths.first()?.curve));
    let items: Vec<f64> = curves().filter_map(crate::analysis::onset_words::usual_items).collect();
    let is_share = items.len() == tasks.len();
    let level =
        |value: f64| if is_share { percent(value).trim_end_matches(".0").to_owned() } else { format!("{value:.3}") };
    let level = range(&levels, &level).map_or_else(String::new, |level| level + if is_share { " %" } else { "" });
    let with = range(&items, &|n| format!("{n:.0}")).filter(|_| is_share);
    let with = with.map_or_else(String::new, |n| format!(" with {n} item{}", if n == "1" { "" } else { "s" }));
    format!("the level that counts as emerged ({level}{with})")
}

/// `over the level …`, or `clearly over` where a score lies above it.
fn over_the_level(tasks: &[&TaskFindings]) -> String {
    let is_above = |task: &&TaskFindings| {
        let (end, level) =
            (task.paths.first().and_then(|path| path.end), first_onset(task).and_then(|onset| onset.scale));
        end.zip(level).is_some_and(|(end, scale)| end.value >= scale.level)
    };
    let clearly = if tasks.iter().any(is_above) { "clearly " } else { "" };
    format!("{clearly}over {}", level_words(tasks))
}

/// `35.0 and 38.2 %`: the means of their last quarters.
fn ends(tasks: &[&TaskFindings]) -> String {
    let end = |task: &&TaskFindings| Some((task.paths.first()?.end?.value, task.fraction));
    let ends: Vec<(f64, bool)> = tasks.iter().filter_map(end).collect();
    if ends.len() > 4 {
        let all: Vec<f64> = ends.iter().map(|end| end.0).collect();
        return range(&all, &|end| percent(end)).unwrap_or_default() + " %";
    }
    let words: Vec<String> =
        ends.iter().map(|(end, share)| if *share { percent(*end) } else { format!("{end:.3}") }).collect();
    let all = match words.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    };
    if ends.iter().all(|end| end.1) { all + " %" } else { all }
}

/// `5 items are`, or `their items are` where it is not known how many.
fn items_are(tasks: &[&TaskFindings]) -> String {
    let curves = tasks.iter().filter_map(|task| Some(&task.paths.first()?.curve));
    let items: Vec<f64> = curves.filter_map(crate::analysis::onset_words::usual_items).collect();
    match range(&items, &|n| format!("{n:.0}")) {
        Some(n) if n == "1" => "1 item is".to_owned(),
        Some(n) => format!("{n} items are"),
        None => "the items are".to_owned(),
    }
}

/// `38` or `38 to 41`.
pub(super) fn range(values: &[f64], word: &dyn Fn(f64) -> String) -> Option<String> {
    let (low, high) = (values.iter().copied().reduce(f64::min)?, values.iter().copied().reduce(f64::max)?);
    let (low, high) = (word(low), word(high));
    Some(if low == high { low } else { format!("{low} to {high}") })
}

fn one_or_all(kind: SentenceKind, text: String, tasks: &[&TaskFindings]) -> Sentence {
    let end = |task: &TaskFindings| Some(Number::of("score at the end", task, Some(task.paths.first()?.end?.value)));
    let level = |task: &TaskFindings| Some(Number::of("level", task, Some(first_onset(task)?.scale?.level)));
    let numbers = tasks.iter().flat_map(|task| [end(task), level(task)]).flatten().collect();
    let sure = tasks.iter().filter_map(|task| how_sure::level(task)).collect();
    Sentence { numbers, sure, ..Sentence::of(kind, text, tasks, None) }
}

/// `a, b and c`, the rest counted.
pub(super) fn listed(tasks: &[&TaskFindings]) -> String {
    let names: Vec<String> = tasks.iter().map(|task| task.subject.title()).collect();
    match names.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [all @ .., last] if names.len() <= 4 => format!("{} and {last}", all.join(", ")),
        _ => format!("{} and {} more tasks", names[..3].join(", "), names.len() - 3),
    }
}
