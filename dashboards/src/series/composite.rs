//! Composite scores as tasks of their own: the weighted mean over tasks of how far each has come from guessing to all right.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use spyglass_tasks::MetricValue;
use spyglass_tasks::metric::{self, Noise};

use super::{chance, group_metrics, is_fraction};
use crate::analysis::{CentredPart, centred};
use crate::run::{At, Composite, CompositeMember, Cost, Run, Unit, UnitRecord};

/// The metric of a composite: 0 is guessing, 1 all right.
pub const CENTRED: &str = "centred";

/// Adds a unit for every composite at every checkpoint where all its members were measured, and says which composites cannot be made.
///
/// It scores the [`centred`] mean of its members, whatever order they are named in.
pub fn add_composites(run: &mut Run, composites: &[Composite]) -> Vec<String> {
    let (mut added, mut wrong) = (Vec::new(), Vec::new());
    let mut places: BTreeMap<At<'_>, Vec<&Unit>> = BTreeMap::new();
    for unit in run.units.iter().filter(|unit| unit.record.inputs.perturb.is_none()) {
        places.entry(unit.record.checkpoint.at()).or_default().push(unit);
    }
    let taken: BTreeSet<&str> = run.units.iter().map(|unit| unit.record.task.as_str()).collect();
    for composite in composites {
        let mut composite = composite.clone();
        composite.members.sort_by(|a, b| (&a.task, a.shots).cmp(&(&b.task, b.shots)));
        if taken.contains(composite.name.as_str()) || run.groups.iter().any(|group| group.name == composite.name) {
            wrong.push(format!("the composite `{}` is left out: a task has its name", composite.name));
            continue;
        }
        let made: Result<Vec<Option<Unit>>, String> =
            places.values().map(|units| unit_of(run, &composite, units)).collect();
        match made {
            Ok(units) => added.extend(units.into_iter().flatten()),
            Err(why) => wrong.push(format!("the composite `{}` is left out: {why}", composite.name)),
        }
    }
    run.units.extend(added);
    wrong
}

/// What the unit of a composite is made of; `None` of any other unit.
pub(crate) fn composite_of(record: &UnitRecord) -> Option<Composite> {
    (record.primary_metric == CENTRED).then(|| serde_json::from_str(&record.inputs.task_definition).ok())?
}

/// A member on one checkpoint.
struct Measured<'a> {
    record: &'a UnitRecord,
    value: MetricValue,
    chance: f64,
    data: String,
    items: usize,
}

/// `None` where a member was not measured.
fn unit_of(run: &Run, composite: &Composite, units: &[&Unit]) -> Result<Option<Unit>, String> {
    let mut parts: Vec<(f64, Measured<'_>)> = Vec::new();
    for member in &composite.members {
        match measured(run, member, units)? {
            Some(found) => parts.push((member.weight, found)),
            None => return Ok(None),
        }
    }
    let Some((_, first)) = parts.first() else { return Ok(None) };
    let part = |(weight, m): &(f64, Measured<'_>)| CentredPart {
        weight: *weight,
        chance: m.chance,
        above: m.value.value - m.chance,
        se: m.value.clustered_stderr.or(m.value.stderr),
    };
    let (value, stderr) = centred(&parts.iter().map(part).collect::<Vec<_>>());
    let items = parts.iter().map(|(_, m)| m.items).sum();
    let metric = MetricValue { name: CENTRED.into(), value, stderr, clustered_stderr: None, n: items };
    let definition = serde_json::to_string(composite).expect("plain data");
    let mut inputs = first.record.inputs.clone();
    inputs.data = parts.iter().map(|(_, m)| m.data.as_str()).collect();
    (inputs.task, inputs.task_definition, inputs.shots) = (composite.name.clone(), definition, 0);
    let record = UnitRecord {
        key: String::new(),
        inputs,
        task: composite.name.clone(),
        shots: 0,
        chance: Some(0.0),
        primary_metric: CENTRED.into(),
        metrics: vec![metric],
        higher_is_better: BTreeMap::new(),
        items,
        items_total: items,
        truncated: 0,
        off_token_edge: 0,
        warnings: Vec::new(),
        chunks: Vec::new(),
        cost: Cost::default(), // that of the members is counted with them
        finished: parts.iter().map(|(_, m)| m.record.finished.clone()).max().unwrap_or_default(),
        ..first.record.clone()
    };
    Ok(Some(Unit { record, items: Arc::default() }))
}

/// A member on the checkpoint of these units; `None` where it was not measured there.
fn measured<'a>(run: &Run, member: &CompositeMember, units: &[&'a Unit]) -> Result<Option<Measured<'a>>, String> {
    let group = run.groups.iter().find(|group| group.name == member.task && !group.leaves.contains(&group.name));
    let is_of = |unit: &&Unit| match group {
        Some(group) => group.leaves.contains(&unit.record.task),
        None => unit.record.task == member.task,
    };
    let all: Vec<&Unit> = units.iter().copied().filter(is_of).collect();
    let asked: BTreeSet<usize> = all.iter().map(|unit| unit.record.shots).collect();
    let shots = match (member.shots, asked.len()) {
        (Some(shots), _) => shots,
        (None, 0 | 1) => asked.first().copied().unwrap_or_default(),
        (None, _) => {
            let each: Vec<String> = asked.iter().map(usize::to_string).collect();
            return Err(format!(
                "`{}` was asked with {} shots: say which by `shots:`",
                member.task,
                each.join(" and ")
            ));
        }
    };
    let own: Vec<&Unit> = all.into_iter().filter(|unit| unit.record.shots == shots).collect();
    let Some(first) = own.first().filter(|_| group.is_none_or(|group| own.len() == group.leaves.len())) else {
        return Ok(None);
    };
    let name = &first.record.primary_metric;
    let records: Vec<&UnitRecord> = own.iter().map(|unit| &unit.record).collect();
    let (value, guess) = match group {
        None => (first.record.metric(name).cloned(), chance::of(first, name)),
        Some(group) => {
            let found = group_metrics(group, &records).into_iter().find(|found| found.name == *name);
            (found, chance::of_group(&own, name, group.weighting(name)))
        }
    };
    let Some(value) = value.filter(|value| value.value.is_finite()) else { return Ok(None) };
    let task = &member.task;
    if !first.record.higher_is_better(name) || !is_fraction(name) && metric::noise(name) != Noise::Binomial {
        return Err(format!("`{name}` of `{task}` is no share of which more is better"));
    }
    let chance = member.chance.or(guess);
    let chance = chance.ok_or_else(|| {
        format!(
            "nothing tells what guessing scores on `{task}`: give the member a `chance`, 0 where it must be written"
        )
    })?;
    if !(0.0..1.0).contains(&chance) || !(0.0..=1.0).contains(&value.value) {
        return Err(format!("`{task}` scores {} where guessing scores {chance}: both must be shares", value.value));
    }
    let data = own.iter().map(|unit| unit.record.inputs.data.get(..8).unwrap_or_default()).collect();
    let items = records.iter().map(|record| record.items).sum();
    Ok(Some(Measured { record: &first.record, value, chance, data, items }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::TaskGroup;
    use serde_json::{from_value, json};

    fn unit(task: &str, shots: usize, chance: Option<f64>, value: f64) -> Unit {
        let stderr = Some(0.02);
        let record = from_value(json!({
            "key": "k", "task": task, "shots": shots, "chance": chance, "primary_metric": "acc", "items": 100, "items_total": 100,
            "inputs": {"weights": "w", "config": "c", "tokenizer": "t", "chat_template": null, "task": task, "task_definition": "d",
                "data": "d", "shots": shots, "perturb": null, "precision": "f32", "dt_floor": "config", "scoring_version": 1},
            "checkpoint": {"branch": "trunk", "step": 1, "tokens": 1, "location": ""}, "truncated": 0, "off_token_edge": 0, "warnings": [], "chunks": [],
            "metrics": [MetricValue { name: "acc".into(), value, stderr, clustered_stderr: None, n: 100 }],
            "cost": {"seconds": 1.0, "tokens_computed": 10, "tokens_requested": 30}, "finished": "2026-11-24T00:00:00Z", "version": "0.1.0"
        }));
        Unit { record: record.unwrap(), items: Arc::default() }
    }

    fn made(units: Vec<Unit>, members: &[(&str, Option<usize>, f64, Option<f64>)]) -> (Vec<MetricValue>, Vec<String>) {
        let leaves = vec!["g_a".into(), "g_b".into()];
        let group = TaskGroup { name: "g".into(), leaves, weight_by_size: false, ..TaskGroup::default() };
        let mut run = Run { units, groups: vec![group], ..Run::default() };
        let member = |(task, shots, weight, chance): &(&str, Option<usize>, f64, Option<f64>)| CompositeMember {
            task: (*task).to_owned(),
            shots: *shots,
            weight: *weight,
            chance: *chance,
        };
        let composite = Composite { name: "core".into(), members: members.iter().map(member).collect() };
        let wrong = add_composites(&mut run, &[composite]);
        let own = run.units.into_iter().filter(|unit| unit.record.task == "core");
        (own.flat_map(|unit| unit.record.metrics).collect(), wrong)
    }

    #[test]
    fn members_are_centred_and_weighed() {
        let units = || vec![unit("a", 0, Some(0.25), 0.625), unit("b", 0, Some(0.5), 0.6), unit("w", 0, None, 0.4)];
        let (found, wrong) = made(units(), &[("a", None, 1.0, None), ("b", None, 3.0, None)]);
        // (1 · .375/.75 + 3 · .1/.5) / 4, and √((.02/.75)² + (3 · .02/.5)²) / 4
        assert!(wrong.is_empty() && (found[0].value - 0.275).abs() < 1e-12, "{found:?} {wrong:?}");
        assert!((found[0].stderr.unwrap() - 0.030_732).abs() < 1e-6 && found[0].n == 200, "{found:?}");
        let (found, wrong) = made(units(), &[("a", None, 1.0, None), ("w", None, 1.0, None)]);
        assert!(found.is_empty() && wrong[0].contains("nothing tells what guessing scores on `w`"), "{wrong:?}");
        let (found, wrong) = made(units(), &[("a", None, 1.0, None), ("w", None, 1.0, Some(0.0))]);
        assert!(wrong.is_empty() && (found[0].value - 0.45).abs() < 1e-12, "{found:?} {wrong:?}");
        assert_eq!(made(units(), &[("a", None, 1.0, None), ("gone", None, 1.0, None)]), (vec![], vec![]));
    }

    #[test]
    fn a_member_may_be_a_group_or_one_of_several_ways_to_ask() {
        let units =
            || vec![unit("g_a", 0, Some(0.0), 0.2), unit("g_b", 0, Some(0.0), 0.6), unit("g_a", 5, Some(0.0), 1.0)];
        let (found, wrong) = made(units(), &[("g", Some(0), 1.0, None)]);
        assert!(wrong.is_empty() && (found[0].value - 0.4).abs() < 1e-12, "{found:?} {wrong:?}");
        let (_, wrong) = made(units(), &[("g_a", None, 1.0, None)]);
        assert!(wrong[0].contains("`g_a` was asked with 0 and 5 shots"), "{wrong:?}");
        assert_eq!(made(units(), &[("g", Some(5), 1.0, None)]), (vec![], vec![]), "one of its tasks is not there");
    }
}
