//! The numbers behind the page, as CSV.

use super::curves::TaskCurves;
use crate::plots::Rate;
use crate::run::Run;
use crate::series::PartFindings;
use crate::series::path::phase_at;

/// Rows of equally many cells as CSV.
pub(crate) fn written(rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.write_record(row).expect("memory takes every row, and all rows of a table are equally long");
    }
    let bytes = writer.into_inner().expect("memory takes every row");
    String::from_utf8(bytes).expect("rows are text")
}

fn row<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}

/// A curve's points, each with all that a join needs: run and branch, what was asked and how, phase and learning rate.
pub(crate) fn curve(task: &TaskCurves<'_>) -> String {
    let head = row([
        "task",
        "branch",
        "step",
        "tokens",
        "score",
        "low95",
        "high95",
        "n",
        "chance",
        "metric",
        "run",
        "shots",
        "perturbation",
        "phase",
        "lr",
    ]);
    let text = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    let (run, subject) = (task.run, &task.subject);
    let points = task.measured.iter().flatten().map(|m| {
        let (at, (low, high)) = (m.checkpoint, m.point.interval.unzip());
        let phase = run.tree.branch(&at.branch).and_then(|branch| phase_at(branch, at.tokens));
        vec![
            subject.task.clone(),
            at.branch.clone(),
            at.step.to_string(),
            at.tokens.to_string(),
            m.point.value.to_string(),
            text(low),
            text(high),
            m.items.to_string(),
            text(task.chance),
            task.metric.clone(),
            run.name.clone(),
            subject.shots.to_string(),
            subject.perturb.clone().unwrap_or_default(),
            phase.map_or_else(String::new, |(phase, _)| phase.name().to_owned()),
            text(at.learning_rate),
        ]
    });
    written([head].into_iter().chain(points))
}

/// Points of every part of a task.
pub(crate) fn parts(parts: &[PartFindings]) -> String {
    let head = row(["part", "branch", "step", "tokens", "score", "low95", "high95", "n"]);
    let points = parts.iter().flat_map(|part| {
        let own = part.paths.iter().flat_map(|path| &path.points[path.own_from..]);
        own.map(|point| {
            let (low, high) = point.interval.map_or_else(Default::default, |(l, h)| (l.to_string(), h.to_string()));
            let (step, tokens) = (point.step.to_string(), point.tokens.to_string());
            let (score, n) = (point.value.to_string(), point.items.to_string());
            vec![part.name.clone(), point.branch.clone(), step, tokens, score, low, high, n]
        })
    });
    written([head].into_iter().chain(points))
}

/// Onsets of every part of a task, branch by branch.
pub(crate) fn onsets(parts: &[PartFindings]) -> String {
    let head =
        row(["part", "branch", "status", "after", "by", "estimate", "level", "wobble", "p_phase", "falls", "stayed"]);
    let paths = parts.iter().flat_map(|part| part.paths.iter().map(move |path| (part, path)));
    let rows = paths.filter_map(|(part, path)| {
        let onset = path.onset.as_ref()?;
        let text = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
        let count = |value: Option<u64>| value.map_or_else(String::new, |value| value.to_string());
        let phases = path.phases.iter().flat_map(|found| &found.phases);
        let phases: Vec<String> = phases.map(|(phase, p)| format!("{} {p:.3}", phase.name())).collect();
        let status = serde_json::to_value(onset.status).ok()?;
        Some(vec![
            part.name.clone(),
            path.branch.clone(),
            status.as_str().unwrap_or_default().to_owned(),
            count(onset.after()),
            count(onset.by()),
            text(onset.fit.as_ref().and_then(|fit| fit.estimate)),
            text(onset.scale.map(|scale| scale.level)),
            text(onset.scale.map(|scale| scale.wobble)),
            phases.join(", "),
            path.hops.as_ref().map_or(0, |hops| hops.falls.len()).to_string(),
            path.hops.as_ref().and_then(|hops| hops.stayed).map_or_else(String::new, |stayed| stayed.to_string()),
        ])
    });
    written([head].into_iter().chain(rows))
}

/// A logged quantity; `names` are those of the branches, in the order of `rates`.
pub(crate) fn logged(what: &str, rates: &[Rate], names: &[String]) -> String {
    let rows = rates.iter().zip(names).flat_map(|(rate, name)| {
        rate.points.iter().map(|(tokens, value)| vec![name.clone(), tokens.to_string(), value.to_string()])
    });
    written([row(["branch", "tokens", what])].into_iter().chain(rows))
}

/// Every unit with what its numbers depend on and what it took.
pub(crate) fn units(run: &Run) -> String {
    let head = row([
        "state",
        "branch",
        "step",
        "task",
        "shots",
        "items",
        "items_total",
        "key",
        "weights",
        "data",
        "precision",
        "dt_floor",
        "tokenizer",
        "bos",
        "seconds",
        "tokens_computed",
        "tokens_requested",
        "truncated",
        "finished",
        "version",
    ]);
    let newest = run.units.iter().map(|unit| ("newest", &unit.record));
    let rows = newest.chain(run.superseded.iter().map(|record| ("superseded", record))).map(|(state, record)| {
        let (inputs, cost, at) = (&record.inputs, &record.cost, &record.checkpoint);
        vec![
            state.to_owned(),
            at.branch.clone(),
            at.step.to_string(),
            record.task.clone(),
            record.shots.to_string(),
            record.items.to_string(),
            record.items_total.to_string(),
            record.key.clone(),
            inputs.weights.clone(),
            inputs.data.clone(),
            inputs.precision.clone(),
            inputs.dt_floor.clone(),
            inputs.tokenizer.clone(),
            inputs.bos.clone().unwrap_or_default(),
            cost.seconds.to_string(),
            cost.tokens_computed.to_string(),
            cost.tokens_requested.to_string(),
            record.truncated.to_string(),
            record.finished.clone(),
            record.version.clone(),
        ]
    });
    written([head].into_iter().chain(rows))
}
