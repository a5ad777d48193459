//! Folders of `results_*.json` as lm-evaluation-harness writes them, and of what lighteval, OLMES and Inspect write.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use spyglass_dashboards::run::{Branch, Checkpoint, RunTree, TaskGroup, TrainingLog, UnitRecord};
use spyglass_dashboards::series::chance;
use spyglass_tasks::Catalogue;

use super::groups::Groups;
use super::lm_eval_files::{Files, ZIPPED, nothing};
use super::results_file::ResultsFile;
use super::samples;
use crate::checkpoint::{Pattern, tokens_rise};
use crate::results::{CHUNK_ITEMS, Snapshot, Store, UnitPlace};
use crate::{Error, Result};

/// How to read a folder of results.
#[derive(Debug, Clone)]
pub struct Options {
    /// Name of the run.
    pub name: String,
    /// The branch of checkpoints whose results do not name one (ours do).
    pub branch: String,
    /// Where the step stands in `model_args`, the model's name or the file's path: a text with `{step}` in it.
    pub pattern: String,
    /// Tokens seen a step, for results that do not say how many were seen (ours do).
    pub tokens_per_step: Option<u64>,
}

impl Options {
    /// The pattern, read.
    ///
    /// # Errors
    /// It does not say where the step stands.
    pub(super) fn steps(&self) -> Result<Pattern> {
        Pattern::new(&self.pattern).and_then(Pattern::of_steps_alone).map_err(|(wrong, help)| Error::Usage {
            problem: format!("the pattern `{}` {wrong}", self.pattern),
            help: format!("it says where the step stands: {help}"),
        })
    }
}

/// What was brought in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// Units written.
    pub units: usize,
    /// Checkpoints they belong to.
    pub checkpoints: usize,
    /// Units that came with their items, so that they can be graded again and compared item by item.
    pub with_items: usize,
    /// What was passed over, and why.
    pub warnings: Vec<String>,
    /// Files that should have been read and could not, each with the reason.
    pub failed: Vec<String>,
}

/// Brings all `results_*.json` below `folder` into the results folder of `store`, with their samples where they lie beside
/// them. Groups are taken as groups, not as tasks, with their own scores. Bringing the same file in again changes nothing. A file
/// that cannot be read is named, the others are brought in; one of another program is passed over.
///
/// # Errors
/// No file could be brought in (what is wrong with the first), or the results cannot be written.
pub fn import_lm_eval(folder: &Path, options: &Options, store: &Store) -> Result<Imported> {
    let pattern = options.steps()?;
    let mut files = Files::default();
    files.find(folder)?;
    let catalogue = Catalogue::shipped()?;
    let mut imported = Imported::default();
    let mut checkpoints: BTreeMap<(String, u64, Option<String>), Checkpoint> = BTreeMap::new();
    // Which model a checkpoint is, and the file that said so first.
    let mut models: BTreeMap<(String, u64, Option<String>), (Vec<String>, String)> = BTreeMap::new();
    let (mut groups, mut first_error) = (Groups::default(), None);
    let read: Vec<_> = files.results.iter().map(|path| (path, ResultsFile::read(path, folder))).collect();
    let read: Vec<_> = read.into_iter().flat_map(|(path, files)| one_by_one(path, files)).collect();
    let of_files = read.iter().filter_map(|(_, file)| file.as_ref().ok()?.as_ref());
    let kinds: BTreeSet<Option<String>> = of_files.map(|file| file.kind(&pattern)).collect();
    for (path, file) in read {
        let read = file.and_then(|file| {
            let Some(file) = file else { return Ok(None) };
            file.check_shares()?;
            let mut checkpoint = file.checkpoint(options, &pattern)?;
            // An ending that all names share tells nothing apart.
            if kinds.len() > 1 && checkpoint.variant.is_none() {
                checkpoint.variant = file.kind(&pattern);
            }
            let place = (checkpoint.branch.clone(), checkpoint.step, checkpoint.variant.clone());
            let model = file.model();
            let earlier = models.entry(place).or_insert_with(|| (model.clone(), file.shown.clone()));
            file.check_model(&model, earlier)?;
            Ok(Some((file, checkpoint)))
        });
        let (file, checkpoint) = match read {
            Ok(Some(read)) => read,
            Ok(None) => {
                let what = "is passed over: not written by lm-evaluation-harness (no table `results` of tasks), lighteval, OLMES or Inspect";
                imported.warnings.push(format!("{}: {what}", path.display()));
                continue;
            }
            Err(error) => {
                imported.failed.push(error.in_full());
                first_error.get_or_insert(error);
                continue;
            }
        };
        let mut units = Vec::new();
        for task in file.tasks() {
            units.extend(store_unit(&file, file.unit(task, &checkpoint, &catalogue), store, &mut imported)?);
        }
        for group in file.groups(&checkpoint) {
            if let Err(what) = groups.add(group, &units, &file.shown) {
                imported.warnings.push(format!("{}: {what}", file.shown));
            }
        }
        checkpoints.insert((checkpoint.branch.clone(), checkpoint.step, checkpoint.variant.clone()), checkpoint);
    }
    if checkpoints.is_empty() {
        return Err(first_error.unwrap_or_else(|| nothing(folder, &files)));
    }
    imported.warnings.extend(files.samples_alone());
    imported.warnings.extend(files.zipped.iter().map(|path| format!("{}: passed over; {ZIPPED}", path.display())));
    imported.checkpoints = checkpoints.len();
    let (groups, warnings) = groups.finish();
    imported.warnings.extend(warnings);
    keep(store, options, checkpoints.into_values(), groups)?;
    Ok(imported)
}

/// The tables of a file; one that is of no known program stays as nothing, to be told.
fn one_by_one(path: &PathBuf, files: Result<Vec<ResultsFile>>) -> Vec<(&PathBuf, Result<Option<ResultsFile>>)> {
    match files {
        Ok(files) if files.is_empty() => vec![(path, Ok(None))],
        Ok(files) => files.into_iter().map(|file| (path, Ok(Some(file)))).collect(),
        Err(error) => vec![(path, Err(error))],
    }
}

/// Writes a unit, with its items where the samples beside the file tell of all of them; `None` for one without a score.
fn store_unit(
    file: &ResultsFile,
    mut record: UnitRecord,
    store: &Store,
    imported: &mut Imported,
) -> Result<Option<UnitRecord>> {
    if record.metrics.is_empty() {
        imported.warnings.push(format!("{}: `{}` has no score", file.shown, record.task));
        return Ok(None);
    }
    let items = match file.samples_of(&record.task).map(|path| samples::records(&path)) {
        Some(Ok(items)) => items,
        Some(Err(error)) => {
            imported.failed.push(error.in_full());
            Vec::new()
        }
        None => Vec::new(),
    };
    if record.items == 0 && !file.calls_group(&record.task) {
        count_items(&mut record, items.len());
    }
    let place = UnitPlace {
        branch: &record.checkpoint.branch,
        step: record.checkpoint.step,
        variant: record.checkpoint.variant.as_deref(),
        task: &record.task,
        shots: record.shots,
        key: &record.key,
    };
    let unit = store.unit(&place);
    fs_err::create_dir_all(unit.path())?;
    if items.len() == record.items && !items.is_empty() {
        let chunks = items.chunks(CHUNK_ITEMS).enumerate();
        record.chunks =
            chunks.map(|(index, records)| unit.write_chunk(index * CHUNK_ITEMS, records)).collect::<Result<_>>()?;
        record.chance = chance::of_task(record.chance, &record.primary_metric, &items);
        imported.with_items += 1;
    } else if !items.is_empty() {
        let (own, whole) = (items.len(), record.items);
        imported.warnings.push(format!(
            "{}: `{}` has samples of {own} of its {whole} items; they are left out",
            file.shown, record.task
        ));
    }
    imported.units += 1;
    unit.finish(&record)?;
    Ok(Some(record))
}

/// Items of a unit whose file does not count them (before lm-evaluation-harness 0.4.1): those of the samples; else what the
/// standard error of an accuracy tells, √(p(1 − p)/(n − 1)).
fn count_items(record: &mut UnitRecord, samples: usize) {
    let by_error = || {
        let of = |metric: &spyglass_tasks::MetricValue| {
            let error = metric.stderr.filter(|error| *error > 0.0 && metric.name.starts_with("acc"))?;
            Some((metric.value * (1.0 - metric.value) / (error * error)).round() as usize + 1)
        };
        record.metrics.iter().find_map(of).filter(|items| *items > 1).unwrap_or(0)
    };
    let items = if samples > 0 { samples } else { by_error() };
    record.metrics.iter_mut().for_each(|metric| metric.n = items);
    (record.items, record.items_total) = (items, items);
}

/// Adds the checkpoints to the run that the results folder already tells of.
pub(super) fn keep(
    store: &Store,
    options: &Options,
    checkpoints: impl Iterator<Item = Checkpoint>,
    groups: Vec<TaskGroup>,
) -> Result<()> {
    let empty = Snapshot {
        name: options.name.clone(),
        tree: RunTree::default(),
        groups: Vec::new(),
        composites: Vec::new(),
        stock_phrases: None,
        run_file: "# imported\n".into(),
    };
    let mut snapshot = store.snapshot()?.unwrap_or(empty);
    for checkpoint in checkpoints {
        let at = snapshot.tree.branches.iter().position(|branch| branch.name == checkpoint.branch);
        let at = at.unwrap_or_else(|| {
            let (name, log) = (checkpoint.branch.clone(), TrainingLog::default());
            snapshot.tree.branches.push(Branch { name, fork: None, checkpoints: Vec::new(), log, phases: Vec::new() });
            snapshot.tree.branches.len() - 1
        });
        let known = &mut snapshot.tree.branches[at].checkpoints;
        known.retain(|known| (known.step, &known.variant) != (checkpoint.step, &checkpoint.variant));
        known.push(checkpoint);
        known.sort_by(|a, b| (a.step, &a.variant).cmp(&(b.step, &b.variant)));
    }
    for branch in &snapshot.tree.branches {
        tokens_rise(Path::new(""), branch.fork.as_ref(), &branch.checkpoints)?;
    }
    for mut group in groups {
        if let Some(at) = snapshot.groups.iter().position(|known| known.name == group.name) {
            let known = snapshot.groups.remove(at);
            let is_new = |old: &spyglass_dashboards::run::GroupScores| {
                group.told_at(old.at(), old.shots).is_none() && known.leaves == group.leaves
            };
            let older: Vec<_> = known.told.iter().filter(|old| is_new(old)).cloned().collect();
            group.told.extend(older);
            snapshot.groups.insert(at, group);
        } else {
            snapshot.groups.push(group);
        }
    }
    store.keep_snapshot(&snapshot)
}
