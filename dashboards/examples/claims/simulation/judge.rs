//! Sentences, alarms, notes and intervals of a page against what is true.

use spyglass_dashboards::alarms::{Alarm, AlarmKind};
use spyglass_dashboards::findings::{Findings, Sentence};
use spyglass_dashboards::run::{Run, Subject};
use spyglass_dashboards::series::{PathFindings, TaskFindings};

use super::tally::{Page, Place};
use super::truth::{TrueCurve, Truth};

/// A task this far above chance has begun to learn: "not emerged" is untrue of more.
pub(crate) const BEGUN: f64 = 0.05;
/// "Cannot be told from chance" is untrue of a task this far above it whose last interval leaves chance.
pub(crate) const TOLD: f64 = 0.04;
/// A task that began no further above chance than this was not above it.
pub(crate) const AT_CHANCE: f64 = 0.011;
/// What rose by so much has risen.
const RISEN: f64 = 0.03;
/// A gain or a fall of half a point is one.
const NOTICEABLE: f64 = 0.005;

/// Judges the front page's sentences.
pub(crate) fn sentences(page: &mut Page, run: &Run, found: &Findings, truth: &Truth) {
    for sentence in found.sentences.iter().chain(&found.others).flat_map(each_claim) {
        let (name, is_true) = sentence_of(run, found, truth, &sentence);
        page.say(Place::Said, name, is_true, &sentence.text);
    }
}

/// A sentence of tasks that moved together claims it of each of them.
fn each_claim(sentence: &Sentence) -> Vec<Sentence> {
    if sentence.branch.is_none() || sentence.subjects.len() < 2 {
        return vec![sentence.clone()];
    }
    let of = |subject: &Subject| Sentence { subject: Some(subject.clone()), ..sentence.clone() };
    sentence.subjects.iter().map(of).collect()
}

/// What a sentence claims, by its words (kinds have several claims), and whether it is true.
fn sentence_of(run: &Run, found: &Findings, truth: &Truth, sentence: &Sentence) -> (&'static str, bool) {
    let text = sentence.text.as_str();
    let says = |words: &[&str]| words.iter().any(|words| text.contains(words));
    let subject = sentence.subject.as_ref();
    let own = || {
        let task = found.task(subject?)?;
        let path = task.path(sentence.branch.as_deref()?)?;
        Some((path, truth.curve(&path.branch, &task.subject.task)?))
    };
    let of_own =
        |test: &dyn Fn(&PathFindings, &TrueCurve) -> bool| own().is_some_and(|(path, curve)| test(path, curve));
    // Of sentences that name several tasks: true of every one that is named.
    let of_named = |test: &dyn Fn(&PathFindings, &TrueCurve) -> bool| {
        named(found, truth, text).iter().all(|task| {
            let mut paths = task.paths.iter();
            paths.all(|path| truth.curve(&path.branch, &task.subject.task).is_some_and(|curve| test(path, curve)))
        })
    };
    if says(&["comes and goes"]) {
        ("comes and goes", of_own(&|path, curve| goes(path, curve)))
    } else if says(&["to the mean of", "from the mean of"]) {
        ("gain of the mean", mean_gain(run, found, truth, sentence))
    } else if says(&[" added ", " changed ", " took "]) && says(&["beyond ", "since the fork"]) {
        ("gain", gain(run, truth, sentence))
    } else if says(&[" emerged between ", " emerged by ", " was there "]) {
        ("onset", of_own(&|path, curve| onset(run, path, curve, text, truth.chance)))
    } else if says(&["emerged yet", "under the level", "under its level", "under their level"]) {
        ("not yet", of_named(&|_, curve| curve.last() < truth.chance + BEGUN || is_under_level(text, curve)))
    } else if says(&["score above guessing", "scores above guessing"]) {
        ("above guessing", of_named(&|_, curve| curve.last() > truth.chance + NOTICEABLE))
    } else if says(&["cannot be told", "at the level", "at its level", "at their level", "cannot be judged"]) {
        (
            "cannot be told",
            of_named(&|path, curve| {
                says(&["at the level", "at its level", "at their level", "cannot be judged"])
                    || cannot_tell(path, curve, truth.chance)
            }),
        )
    } else if says(&["steadily"]) {
        ("grows steadily", of_own(&|path, curve| in_phase(run, path, curve).is_steady()))
    } else if says(&["risen"]) {
        ("has risen", of_own(&|path, curve| in_phase(run, path, curve).slope() > 0.0))
    } else if says(&["above chance"]) {
        ("above at first", of_named(&|_, curve| curve.first() > truth.chance + AT_CHANCE))
    } else {
        ("unjudged sentence", false)
    }
}

/// The tasks that a sentence names; `Nothing` and the like name all.
fn named<'f>(found: &'f Findings, truth: &Truth, text: &str) -> Vec<&'f TaskFindings> {
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).collect();
    let is_named = |task: &&TaskFindings| words.contains(&task.subject.task.as_str());
    let plain = |task: &&TaskFindings| task.subject.perturb.is_none() && truth.tasks.contains(&task.subject.task);
    let named: Vec<&TaskFindings> = found.tasks.iter().filter(plain).filter(is_named).collect();
    if named.is_empty() { found.tasks.iter().filter(plain).collect() } else { named }
}

/// A sentence that prints the level is true of a task under it.
fn is_under_level(text: &str, curve: &TrueCurve) -> bool {
    let level = text.split_once("level").and_then(|(_, rest)| numbers(rest).first().copied());
    level.is_some_and(|level| curve.last() < level / 100.0)
}

/// Whether nothing but "cannot be told" could be said.
pub(crate) fn cannot_tell(path: &PathFindings, curve: &TrueCurve, chance: f64) -> bool {
    let low = path.points.last().and_then(|point| point.interval).map_or(0.0, |interval| interval.0);
    curve.last() < chance + TOLD || low <= chance
}

/// Whether there was an onset, with the shape and in the phase that the sentence says.
fn onset(run: &Run, path: &PathFindings, curve: &TrueCurve, text: &str, chance: f64) -> bool {
    let phase = run.tree.branch(&path.branch).and_then(|branch| {
        let level = path.onset.as_ref()?.scale?.level;
        let at = curve.0.iter().find(|point| point.1 >= level)?.0;
        branch.phases.iter().rfind(|start| start.from_tokens < at)
    });
    let in_phase = phase.is_none_or(|start| phase_is(text, start.phase.name()));
    let shape = |sharp: &str| text.contains(&format!("{sharp} rise of"));
    came(path, curve)
        && in_phase
        && (!shape("sharp") || is_sharp(curve, chance) != Some(false))
        && (!shape("smooth") || is_sharp(curve, chance) != Some(true))
        && !text.contains("P(gold) grows smoothly")
}

/// Whether words that name one phase name this one; words that name several, or none, are not wrong.
pub(crate) fn phase_is(text: &str, phase: &str) -> bool {
    let said =
        [("warmup", "the warm-up"), ("stable", "the stable phase"), ("decay", "the decay"), ("anneal", "the anneal")];
    let named: Vec<&str> =
        said.iter().filter(|(_, words)| text.contains(&format!("in {words}"))).map(|s| s.0).collect();
    named.is_empty() || text.contains(" %)") || named.contains(&phase)
}

/// The level was crossed: what lay above it from the start did not emerge. An onset without a lower end says no more than that it
/// was there by then, and rose. Whether the bracket holds the crossing is a matter of [`intervals`], which may miss in one of twenty.
pub(crate) fn came(path: &PathFindings, curve: &TrueCurve) -> bool {
    let Some((onset, level)) = path.onset.as_ref().and_then(|onset| Some((onset, onset.scale?.level))) else {
        return false;
    };
    let rose = onset.after().is_none() && curve.last() > curve.first() + RISEN;
    (curve.first() < level || rose) && curve.crosses(level, None, Some(path.last_tokens()))
}

/// Whether the rise took less than a doubling of tokens; `None` where the checkpoints leave it open.
pub(crate) fn is_sharp(curve: &TrueCurve, chance: f64) -> Option<bool> {
    let (least, most) = curve.width(chance)?;
    if most <= 2.0 {
        Some(true)
    } else if least > 2.0 {
        Some(false)
    } else {
        None
    }
}

/// Whether it falls under its level after it emerged, and not by so little that it lies at the level.
pub(crate) fn goes(path: &PathFindings, curve: &TrueCurve) -> bool {
    let onset = path.onset.as_ref();
    let level = onset.and_then(|onset| Some((onset.scale?.level, onset.by()?)));
    level.is_some_and(|(level, by)| curve.falls_under(level - BEGUN, by))
}

/// The truth in the phase whose growth is told: the latest that has four points.
pub(crate) fn in_phase(run: &Run, path: &PathFindings, curve: &TrueCurve) -> TrueCurve {
    let starts = run.tree.branch(&path.branch).map_or(&[][..], |branch| &branch.phases);
    let mut end = u64::MAX;
    for start in starts.iter().rev() {
        let part = TrueCurve(curve.since(start.from_tokens).0.into_iter().filter(|point| point.0 < end).collect());
        if part.0.len() >= 4 {
            return part;
        }
        end = start.from_tokens;
    }
    curve.clone()
}

/// What a branch's end truly has beyond what it is compared with.
fn true_gain(run: &Run, truth: &Truth, branch: &str, task: &str, since_fork: bool) -> Option<f64> {
    let curve = truth.curve(branch, task)?;
    let fork = run.tree.branch(branch)?.fork.as_ref()?.tokens;
    let end = curve.0[curve.0.len() - 1].0;
    let before = if since_fork { curve.at(fork)? } else { truth.expected.get(task)?.at(end)? };
    Some(curve.last() - before)
}

/// Whether the printed interval holds the true gain, and there is one.
fn gain(run: &Run, truth: &Truth, sentence: &Sentence) -> bool {
    let (Some(branch), Some(subject)) = (&sentence.branch, &sentence.subject) else { return false };
    let since_fork = sentence.text.contains("since the fork");
    let Some(gain) = true_gain(run, truth, branch, &subject.task, since_fork) else { return false };
    let holds = printed(&sentence.text).is_some_and(|(low, high)| {
        let (low, high) = (low.min(high), low.max(high));
        let gain = if sentence.text.contains(" took ") && low > 0.0 { -gain } else { gain };
        low - 0.06 <= 100.0 * gain && 100.0 * gain <= high + 0.06
    });
    holds && gain.abs() > NOTICEABLE
}

fn mean_gain(run: &Run, found: &Findings, truth: &Truth, sentence: &Sentence) -> bool {
    let branch = sentence.branch.as_deref().unwrap_or("anneal");
    let tasks = found.tasks.iter().filter(|task| truth.expected.contains_key(&task.subject.task));
    let gains: Vec<f64> = tasks.filter_map(|task| true_gain(run, truth, branch, &task.subject.task, false)).collect();
    let mean = gains.iter().sum::<f64>() / gains.len().max(1) as f64;
    let holds = printed(&sentence.text).is_some_and(|(low, high)| {
        let mean = if sentence.text.contains(" took ") && low > 0.0 { -mean } else { mean };
        low - 0.06 <= 100.0 * mean && 100.0 * mean <= high + 0.06
    });
    holds && mean.abs() > NOTICEABLE
}

/// The interval in brackets: the first two numbers on both sides of a `to`.
fn printed(text: &str) -> Option<(f64, f64)> {
    let inside = text.split_once('(')?.1.trim_start_matches("95 % CI ");
    let (low, rest) = inside.split_once(" to ")?;
    Some((*numbers(low).last()?, *numbers(rest).first()?))
}

/// All numbers of a text, with the minus sign that the page uses.
fn numbers(text: &str) -> Vec<f64> {
    let text = text.replace('−', "-");
    let pieces = text.split(|c: char| !(c.is_ascii_digit() || "+-.".contains(c)));
    pieces.filter_map(|piece| piece.trim_end_matches('.').parse().ok()).collect()
}

/// Judges the alarms.
pub(crate) fn alarms(page: &mut Page, found: &Findings, truth: &Truth) {
    for alarm in &found.alarms {
        let kind = serde_json::to_value(alarm.kind).expect("a name");
        let name = format!("alarm {}", kind.as_str().unwrap_or_default());
        page.say(Place::Said, name, is_true(alarm, found, truth), &alarm.sentence);
    }
}

fn is_true(alarm: &Alarm, found: &Findings, truth: &Truth) -> bool {
    let title = alarm.place.task.as_deref().unwrap_or_default();
    let task = title.split(" · ").next().unwrap_or_default();
    let curve = truth.curve(&alarm.place.branch, task);
    match alarm.kind {
        AlarmKind::Collapse => truth.loss.collapses,
        AlarmKind::LossSpike => truth.loss.spikes,
        AlarmKind::Plateau => truth.loss.stands_still,
        AlarmKind::Regressed => curve.is_some_and(|curve| curve.fall() > NOTICEABLE),
        AlarmKind::PerturbedGap => truth
            .leaked
            .as_ref()
            .is_some_and(|(leaked, since)| leaked == task && alarm.place.tokens.is_some_and(|tokens| tokens >= *since)),
        AlarmKind::SameWeights => truth.copied.is_some() && truth.copied == alarm.place.tokens,
        AlarmKind::Ties => false,
        // Of what has learned nothing it says nothing that a reader does not expect.
        AlarmKind::Letters => !truth.is_young,
        AlarmKind::LoneJump => lone_jump(alarm, found, truth, task),
    }
}

/// The jump is a jump of the truth, and no other task moved by half of it around there.
fn lone_jump(alarm: &Alarm, found: &Findings, truth: &Truth, task: &str) -> bool {
    let gain = |task: &str, before: usize, after: usize| {
        let curve = truth.curve(&alarm.place.branch, task)?;
        let k = curve.0.iter().position(|point| Some(point.0) == alarm.place.tokens)?;
        Some(curve.0[(k + after).min(curve.0.len() - 1)].1 - curve.0[k.saturating_sub(before)].1)
    };
    let jump = gain(task, 1, 0).unwrap_or(0.0);
    let others = found.tasks.iter().filter(|other| other.subject.task != task && !other.subject.is_group);
    jump > 0.04 && others.filter_map(|other| gain(&other.subject.task, 3, 2)).all(|other| other < 0.5 * jump)
}

/// Judges the notes: the young model's letters; what else is noted would be news to us.
pub(crate) fn notes(page: &mut Page, found: &Findings, truth: &Truth) {
    for note in &found.notes {
        let is_letters = note.contains("letter");
        page.say(
            Place::Said,
            if is_letters { "note letters" } else { "unjudged note" },
            is_letters && truth.is_young,
            note,
        );
    }
}

/// Whether intervals hold the truth.
pub(crate) fn intervals(page: &mut Page, run: &Run, found: &Findings, truth: &Truth) {
    let plain = |task: &&TaskFindings| task.subject.perturb.is_none();
    for task in found.tasks.iter().filter(plain) {
        for path in &task.paths {
            let Some(curve) = truth.curve(&path.branch, &task.subject.task) else { continue };
            if let Some(growth) = path.growth {
                let off = (growth.growth.per_doubling - in_phase(run, path, curve).slope()).abs();
                page.covered.push(("growth ±", off <= 1.96 * growth.growth.se + 1e-9));
                if is_said(found, &task.subject, &path.branch, "steadily") {
                    page.covered.push(("growth ±, where said", off <= 1.96 * growth.growth.se + 1e-9));
                }
            }
            if let Some(onset) = path.onset.as_ref().filter(|onset| onset.came() && !path.onset_is_shared) {
                let level = onset.scale.map_or(0.0, |scale| scale.level);
                page.covered.push(("onset bracket", curve.crosses(level, onset.after(), onset.by())));
            }
        }
        for gain in &task.gains {
            let since_fork = gain.basis == spyglass_dashboards::series::Basis::Fork;
            let Some(true_gain) = true_gain(run, truth, &gain.branch, &task.subject.task, since_fork) else { continue };
            let (low, high) = gain.gain.interval;
            page.covered.push(("gain of a branch", (low..=high).contains(&true_gain)));
        }
    }
}

fn is_said(found: &Findings, subject: &Subject, branch: &str, words: &str) -> bool {
    let is_it = |s: &&Sentence| s.subject.as_ref() == Some(subject) && s.branch.as_deref() == Some(branch);
    found.sentences.iter().filter(is_it).any(|sentence| sentence.text.contains(words))
}
