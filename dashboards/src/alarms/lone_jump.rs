//! One task jumped between two checkpoints and its siblings did not.

use serde::Serialize;

use super::alarm::{Alarm, AlarmKind, Place, evidence};
use super::rules::{Line, Seen};
use crate::analysis::Z95;
use crate::number::{points, tokens};
use crate::run::Run;
use crate::series::{PathFindings, Series, paired};

/// What the siblings say about a jump.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LoneJump {
    /// It jumped alone.
    LoneJump,
    /// No jump, or a sibling moved too.
    None,
    /// No sibling, or siblings too noisy to tell.
    CannotTell,
}

/// Judges a gain between adjacent checkpoints (with its standard error, wobble included) by its siblings' gains `(gain, se)` from
/// two checkpoints before the interval to two after.
///
/// A jump is a gain of at least .05 and 4 SE. Any sibling with g − 1.96 e > .1 gain: none. All (at least one) with
/// g + 1.96 e < .5 gain: alarm. Siblings are tasks with the same answer format and other data. METHODS.md §7.
pub fn lone_jump(gain: f64, se: f64, siblings: &[(f64, f64)]) -> LoneJump {
    let is_jump = gain >= 0.05 && gain >= 4.0 * se;
    if !is_jump || siblings.iter().any(|(g, e)| g - Z95 * e > 0.1 * gain) {
        LoneJump::None
    } else if !siblings.is_empty() && siblings.iter().all(|(g, e)| g + Z95 * e < 0.5 * gain) {
        LoneJump::LoneJump
    } else {
        LoneJump::CannotTell
    }
}

/// A jump and what it is compared with.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Jump<'a> {
    /// Tokens of the checkpoint before it.
    pub from_tokens: u64,
    /// The gain to the checkpoint of the alarm's place.
    pub gain: f64,
    /// Its standard error, wobble included.
    pub se: f64,
    /// Names and gains `(name, gain, se)` of the siblings.
    pub siblings: &'a [(String, f64, f64)],
}

/// The alarm, when the jump stands alone.
fn lone_jump_alarm(place: Place, jump: Jump<'_>) -> Option<Alarm> {
    let gains: Vec<(f64, f64)> = jump.siblings.iter().map(|(_, gain, se)| (*gain, *se)).collect();
    if lone_jump(jump.gain, jump.se, &gains) != LoneJump::LoneJump {
        return None;
    }
    let (name, largest, _) = jump.siblings.iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let before = tokens(jump.from_tokens as f64);
    let sentence = format!(
        "{} jumped alone {}: {} points since {before}, while {} ({} at most, {name}). Either its items leaked, or the data \
         began to cover this subject alone: look for its items in the training data.",
        place.task(),
        place.words(),
        points(jump.gain),
        if gains.len() == 1 { "its one sibling stood still" } else { "all its siblings stood still" },
        points(*largest),
    );
    Some(Alarm {
        kind: AlarmKind::LoneJump,
        place,
        evidence: evidence([
            ("gain", jump.gain),
            ("standard error", jump.se),
            ("siblings", gains.len() as f64),
            ("largest sibling gain", *largest),
        ]),
        threshold: "a gain of at least 5 points and 4 standard errors between neighbours, and every sibling surely gained less \
                    than half of it",
        false_alarms: Some(
            "at most 1.0 % when siblings move in step; finds .25 / .84 / 1.00 of jumps of 5-10 / 10-20 / 20-40 points",
        ),
        sentence,
    })
}

/// Lone jumps, for the branch's own steps (the trunk's are told once): of several lone jumps the first.
pub(super) fn alarms(seen: &Seen<'_>) -> Vec<Alarm> {
    seen.each_line(|line| jumped(seen, line))
}

fn jumped(seen: &Seen<'_>, line: Line<'_>) -> Option<Alarm> {
    let Line { series: own, path, .. } = line;
    let run = seen.run;
    if !own.is_share() || own.subject.perturb.is_some() {
        return None;
    }
    let points = own.path(&run.tree, &path.branch);
    let siblings: Vec<(&Series<'_>, &PathFindings)> = (seen.series.iter().zip(seen.tasks))
        .filter(|(other, _)| is_sibling(own, other))
        .filter_map(|(other, task)| Some((other, task.path(&path.branch)?)))
        .collect();
    (path.own_from.max(1)..points.len()).find_map(|k| {
        let gain = paired(&[&points[k - 1].1.items, &points[k].1.items], &[-1.0, 1.0], path.wobble)?.contrast;
        if gain.value < 0.05 {
            return None; // no jump: spare the siblings
        }
        // From two checkpoints before the interval to two after, clipped.
        let (from, to) = (points[k.saturating_sub(3)].0.tokens, points[(k + 2).min(points.len() - 1)].0.tokens);
        let gains: Vec<(String, f64, f64)> = siblings
            .iter()
            .filter_map(|(sibling, findings)| {
                if findings.last_tokens() < points[k].0.tokens {
                    return None; // not asked after the jump yet: whether it moved too cannot be told
                }
                let change = change_between(run, sibling, findings, from, to)?;
                Some((sibling.subject.title(), change.0, change.1))
            })
            .collect();
        let jump = Jump { from_tokens: points[k - 1].0.tokens, gain: gain.value, se: gain.se, siblings: &gains };
        lone_jump_alarm(line.place(k), jump)
    })
}

/// Another task with the same answer format and other data.
fn is_sibling(own: &Series<'_>, other: &Series<'_>) -> bool {
    let other_data = own.data.iter().all(|data| !other.data.contains(data));
    own.format == other.format
        && own.subject.is_group == other.subject.is_group
        && other.is_share()
        && other.subject.perturb.is_none()
        && other.subject.task != own.subject.task
        && other_data
}

/// Gain and standard error of a task from its last point at or before `from` tokens (else its first) to its first at or after `to`
/// (else its last).
fn change_between(run: &Run, series: &Series<'_>, path: &PathFindings, from: u64, to: u64) -> Option<(f64, f64)> {
    let points = series.path(&run.tree, &path.branch);
    let start = points.iter().rposition(|(checkpoint, _)| checkpoint.tokens <= from).unwrap_or(0);
    let end = points.iter().position(|(checkpoint, _)| checkpoint.tokens >= to).unwrap_or(points.len() - 1);
    if start >= end {
        return None;
    }
    let change = paired(&[&points[start].1.items, &points[end].1.items], &[-1.0, 1.0], path.wobble)?.contrast;
    Some((change.value, change.se))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_names_a_reason_to_look_and_no_verdict() {
        let place =
            Place { task: Some("letters".into()), branch: "dirty".into(), step: Some(9), tokens: Some(3_840_000) };
        let siblings = [("facts".to_owned(), 0.004, 0.01)];
        let jump = Jump { from_tokens: 3_072_000, gain: 0.312, se: 0.03, siblings: &siblings };
        let sentence = lone_jump_alarm(place.clone(), jump).unwrap().sentence;
        assert!(
            sentence.starts_with("letters jumped alone on dirty at 3.84 M tokens: +31.2 points since 3.07 M"),
            "{sentence}"
        );
        assert!(!sentence.contains("contaminated"));
        assert_eq!(lone_jump_alarm(place, Jump { siblings: &[], ..jump }), None);
    }
}
