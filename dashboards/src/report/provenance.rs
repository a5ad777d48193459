//! Where the numbers come from: the run file, versions, hashes, what it took, what failed, and what newer units replaced.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::Error;
use super::site::Site;
use super::tables;
use crate::number::tokens;
use crate::run::{At, Checkpoint, Cost, Run, Subject, UnitRecord};

/// Older units that the page lists; all of them are in `units.csv`.
const MOST_OLDER: usize = 200;
/// Characters of a hash that tell it apart from others.
const HASH_CHARS: usize = 12;

#[derive(Serialize)]
struct Page<'a> {
    facts: Vec<(String, String)>,
    warnings: Vec<String>,
    failures: &'a [crate::run::Failure],
    tasks: Vec<TaskRow>,
    checkpoints: Vec<CheckpointRow>,
    older: Vec<OlderRow>,
    older_count: usize,
    older_shown: usize,
    run_file: &'a str,
}

/// One task with its settings; several hashes where checkpoints were scored on different data or definitions.
#[derive(Serialize)]
struct TaskRow {
    task: String,
    units: usize,
    items: usize,
    data: String,
    definition: String,
    settings: String,
    #[serde(flatten)]
    cost: Took,
}

#[derive(Serialize)]
struct CheckpointRow {
    branch: String,
    colour: usize,
    step: u64,
    variant: Option<String>,
    seen: u64,
    tokens: String,
    units: usize,
    weights: String,
    location: String,
    #[serde(flatten)]
    cost: Took,
}

#[derive(Serialize)]
struct OlderRow {
    branch: String,
    step: u64,
    task: String,
    key: String,
    finished: String,
    version: String,
}

/// Cost as cells.
#[derive(Serialize)]
struct Took {
    seconds: f64,
    time: String,
    computed: String,
    saved: String,
}

impl Took {
    fn of<'c>(costs: impl Iterator<Item = &'c Cost> + Clone) -> Self {
        let seconds: f64 = costs.clone().map(|cost| cost.seconds).sum();
        let computed: u64 = costs.clone().map(|cost| cost.tokens_computed).sum();
        let requested: u64 = costs.map(|cost| cost.tokens_requested).sum();
        let saved = requested.saturating_sub(computed);
        let share = if requested > 0 { 100.0 * saved as f64 / requested as f64 } else { 0.0 };
        Self {
            seconds,
            time: duration(seconds),
            computed: tokens(computed as f64),
            saved: format!("{} ({share:.0} %)", tokens(saved as f64)),
        }
    }
}

/// `41.2 s`, `12 min`, `3.4 h`.
fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 120.0 => format!("{s:.1} s"),
        s if s < 7200.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}

/// All that was scored: units of tasks, groups apart since their leaves count already, and of prompt packs.
fn scored(run: &Run) -> impl Iterator<Item = &UnitRecord> + Clone {
    let is_group = |record: &UnitRecord| run.groups.iter().any(|group| group.name == record.task);
    let units = run.units.iter().map(|unit| &unit.record).filter(move |record| !is_group(record));
    units.chain(run.packs.iter().map(|pack| &pack.record))
}

/// A few totals, also for the front page.
pub(super) fn facts(run: &Run) -> Vec<(String, String)> {
    let records = || scored(run);
    let listed = |pick: fn(&UnitRecord) -> &str| {
        let names: BTreeSet<&str> = records().map(pick).filter(|name| !name.is_empty()).collect();
        names.into_iter().collect::<Vec<_>>().join(", ")
    };
    let hashes = |pick: fn(&UnitRecord) -> &str| hashes(records().map(pick));
    let took = Took::of(records().map(|record| &record.cost));
    let fact = |name: &str, value: String| (name.to_owned(), value);
    let facts = vec![
        fact("report made by", format!("Spyglass {}", run.version)),
        fact("units", format!("{}, scored by version {}", records().count(), listed(|record| &record.version))),
        fact("scoring time", took.time),
        fact("tokens computed", took.computed),
        fact("tokens saved by shared prefixes", took.saved),
        fact("precision", listed(|record| &record.inputs.precision)),
        fact("dt floor", listed(|record| &record.inputs.dt_floor)),
        fact("BOS", listed(|record| record.inputs.bos.as_deref().unwrap_or_default())),
        fact("rope positions divided by", listed(|record| record.inputs.rope_scale.as_deref().unwrap_or_default())),
        fact("tokenizer", hashes(|record| &record.inputs.tokenizer)),
        fact("model config", hashes(|record| &record.inputs.config)),
        fact("failures", run.failures.len().to_string()),
        fact("results replaced by a re-run", run.superseded.len().to_string()),
    ];
    facts.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

/// Different hashes, each by its beginning.
fn hashes<'h>(all: impl Iterator<Item = &'h str>) -> String {
    let different: BTreeSet<&str> = all.filter(|hash| !hash.is_empty()).collect();
    let short: Vec<&str> = different.iter().take(3).map(|hash| beginning(hash)).collect();
    let more = different.len() - short.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", short.join(", "))
}

fn beginning(hash: &str) -> &str {
    hash.get(..HASH_CHARS).unwrap_or(hash)
}

/// Writes the page and `units.csv`; `warnings` are those of the front page.
pub(super) fn write(site: &Site, run: &Run, warnings: &[String]) -> Result<(), Error> {
    site.table("units.csv", &tables::units(run))?;
    let older = run.superseded.iter().take(MOST_OLDER).map(|record| OlderRow {
        branch: record.checkpoint.branch.clone(),
        step: record.checkpoint.step,
        task: record.task.clone(),
        key: beginning(&record.key).to_owned(),
        finished: record.finished.clone(),
        version: record.version.clone(),
    });
    let page = Page {
        facts: facts(run),
        warnings: warnings.to_vec(),
        failures: &run.failures,
        tasks: tasks(run),
        checkpoints: checkpoints(run),
        older_shown: older.len(),
        older: older.collect(),
        older_count: run.superseded.len(),
        run_file: &run.run_file,
    };
    site.page("provenance.html", "provenance.html", "Provenance", &page)
}

fn tasks(run: &Run) -> Vec<TaskRow> {
    let mut tasks: BTreeMap<Subject, Vec<&UnitRecord>> = BTreeMap::new();
    for record in scored(run) {
        tasks.entry(record.subject()).or_default().push(record);
    }
    let row = |(subject, records): (Subject, Vec<&UnitRecord>)| {
        let settings: BTreeSet<String> =
            (records.iter()).map(|r| format!("{}, scoring {}", r.inputs.precision, r.inputs.scoring_version)).collect();
        TaskRow {
            task: subject.title(),
            units: records.len(),
            items: records.iter().map(|record| record.items).max().unwrap_or(0),
            data: hashes(records.iter().map(|record| record.inputs.data.as_str())),
            definition: hashes(records.iter().map(|record| record.inputs.task_definition.as_str())),
            settings: settings.into_iter().collect::<Vec<_>>().join("; "),
            cost: Took::of(records.iter().map(|record| &record.cost)),
        }
    };
    tasks.into_iter().map(row).collect()
}

fn checkpoints(run: &Run) -> Vec<CheckpointRow> {
    let mut records: BTreeMap<At<'_>, Vec<&UnitRecord>> = BTreeMap::new();
    for record in scored(run) {
        records.entry(record.checkpoint.at()).or_default().push(record);
    }
    let row = |checkpoint: &Checkpoint| {
        let own = records.get(&checkpoint.at()).map_or(&[][..], Vec::as_slice);
        CheckpointRow {
            branch: checkpoint.branch.clone(),
            colour: run.tree.colour(&checkpoint.branch),
            step: checkpoint.step,
            variant: checkpoint.variant.clone(),
            seen: checkpoint.tokens,
            tokens: tokens(checkpoint.tokens as f64),
            units: own.len(),
            weights: hashes(own.iter().map(|record| record.inputs.weights.as_str())),
            location: checkpoint.location.clone(),
            cost: Took::of(own.iter().map(|record| &record.cost)),
        }
    };
    run.tree.branches.iter().flat_map(|branch| &branch.checkpoints).map(row).collect()
}
