//! Two sides of a composite score: what its members differ in, item by item, put together as the score itself is.

use super::ComparedTask;
use super::compare::{OTHER_DATA, UnitsBySubject};
use super::compare_scores::{by_scores, without_flips};
use crate::analysis::{CentredPart, Z95, centred};
use crate::run::{Composite, CompositeMember, Subject};
use crate::series::{CENTRED, Difference, chance, composite_of};

/// What its members are looked for in.
pub(super) struct Sides<'s> {
    /// The units of both sides.
    pub(super) units: &'s [UnitsBySubject<'s>; 2],
    /// What the tasks and groups differ in.
    pub(super) rows: &'s [ComparedTask],
}

/// A member that is paired item by item: its weight, its score of guessing, and what its two sides differ in.
struct Part<'s> {
    weight: f64,
    chance: f64,
    row: &'s ComparedTask,
}

/// The difference of the composite: the [`centred`] mean of its members' paired differences; from the two scores alone where a member
/// cannot be paired.
///
/// A member whose few clusters tell its error badly brings it as wide as its own interval is.
pub(super) fn one_composite(
    subject: &Subject,
    composite: &Composite,
    sides: &Sides<'_>,
) -> Result<ComparedTask, String> {
    let [a, b] = sides.units.each_ref().map(|units| &units[subject].record);
    if composite_of(a).as_ref() != Some(composite) {
        return Err("the two sides make it of other tasks, shots, weights or scores of guessing".to_owned());
    }
    if a.inputs.data != b.inputs.data {
        return Err(OTHER_DATA.to_owned());
    }
    let parts: Vec<Option<Part<'_>>> =
        composite.members.iter().map(|member| sides.part(member)).collect::<Result<_, _>>()?;
    let Some(parts) = parts.into_iter().collect::<Option<Vec<_>>>() else { return by_scores(subject, a, b) };
    let mean = |of: &dyn Fn(&Part<'_>) -> f64| {
        let part = |part: &Part<'_>| CentredPart {
            weight: part.weight,
            chance: part.chance,
            above: of(part),
            se: Some(part.se()),
        };
        centred(&parts.iter().map(part).collect::<Vec<_>>())
    };
    let (value, se) = mean(&|part| part.row.difference.value);
    let se = se.ok_or("a member has no error")?;
    let score = |of: fn(&ComparedTask) -> f64| mean(&|part| of(part.row) - part.chance).0;
    let sum = |of: fn(&ComparedTask) -> usize| parts.iter().map(|part| of(part.row)).sum::<usize>();
    let interval = (value - Z95 * se, value + Z95 * se);
    let partial = parts.iter().any(|part| part.row.difference.partial);
    let difference = Difference { value, se, interval, items: sum(|row| row.difference.items), partial };
    Ok(ComparedTask {
        only_a: sum(|row| row.only_a),
        only_b: sum(|row| row.only_b),
        other_tokens: parts.iter().any(|part| part.row.other_tokens),
        clusters: parts.iter().filter_map(|part| part.row.clusters).min(),
        ..without_flips(subject, CENTRED, (score(|row| row.a), score(|row| row.b)), difference)
    })
}

impl Part<'_> {
    /// The standard error of what its sides differ in. Right and wrong items of which none flipped say nothing of theirs: it counts as if one
    /// had, `1/n`.
    fn se(&self) -> f64 {
        let row = self.row;
        let has_flips = row.mcnemar.is_none() || !row.lost.is_empty() || !row.gained.is_empty();
        if has_flips { row.difference.se } else { 1.0 / row.difference.items.max(1) as f64 }
    }
}

impl<'s> Sides<'s> {
    /// `None` where the member cannot be paired: it is not among the units, came without items, or guessing scores otherwise on a side.
    ///
    /// # Errors
    /// Its two sides are not one score.
    fn part(&self, member: &CompositeMember) -> Result<Option<Part<'s>>, String> {
        let is_it = |subject: &Subject| {
            let shots = member.shots.is_none_or(|shots| shots == subject.shots);
            subject.task == member.task && subject.perturb.is_none() && shots
        };
        let [a, b] = self.units.each_ref().map(|units| units.iter().find(|(subject, _)| is_it(subject)));
        let (Some((subject, a)), Some((other, b))) = (a, b) else { return Ok(None) };
        if subject != other {
            let (task, one, two) = (&member.task, subject.shots, other.shots);
            return Err(format!("`{task}` was asked with {one} shots on the first side and with {two} on the second"));
        }
        let [one, two] = [a, b].map(|unit| unit.record.primary_metric.as_str());
        if one != two {
            let task = &member.task;
            return Err(format!("its member `{task}` is scored by {one} on the first side and by {two} on the second"));
        }
        if [a, b].iter().any(|unit| unit.items.is_empty()) {
            return Ok(None);
        }
        let Some(row) = self.rows.iter().find(|row| row.subject == *subject) else {
            return Err(format!("the two sides of its member `{}` cannot be compared", member.task));
        };
        if one != row.metric {
            return Ok(None);
        }
        let guessed = [a, b].map(|unit| member.chance.or_else(|| chance::of(unit, &row.metric)));
        let [Some(chance), Some(other)] = guessed else { return Ok(None) };
        // Of other items guessing may score otherwise; then the two are no scores of one scale.
        let is_one_scale = (chance - other).abs() < 1e-9;
        Ok(is_one_scale.then_some(Part { weight: member.weight, chance, row }))
    }
}

#[cfg(test)]
mod tests;
