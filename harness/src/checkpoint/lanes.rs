//! Stages and seeds in the names of an entry's checkpoints: each becomes a branch of its own.
//!
//! The first stage keeps the entry's name and its parent. Each later one leaves the stage before at its last step, as the run of the
//! same seed goes on, or as the only run of that stage. Seeds are siblings.

use std::collections::{BTreeMap, BTreeSet};

use super::discover::{Found, SkippedFolder, discover};
use crate::run_file::{BranchSpec, LogSpec, ParentSpec, RunFile, StepsSpec};
use crate::{Error, Result};

/// An entry of the run file, or the part of it that is a branch of its own, with its checkpoints as their names place them.
#[derive(Debug, Clone)]
pub(super) struct Lane {
    pub(super) spec: BranchSpec,
    pub(super) found: Vec<Found>,
    pub(super) skipped: Vec<SkippedFolder>,
}

impl Lane {
    /// Its last step, counted from the start of the trunk.
    fn end(&self) -> u64 {
        let before = self.spec.parent.as_ref().filter(|_| self.spec.counts_own_steps()).map_or(0, |parent| parent.step);
        before + self.found.last().map_or(0, |last| last.step)
    }
}

/// The branches that the entries of a run file come to, and what a person should know of how.
///
/// # Errors
/// As [`discover`]; a stage that may go on from several runs; one log for several seeds.
pub(super) fn lanes(run: &RunFile) -> Result<(Vec<Lane>, Vec<String>)> {
    let (mut lanes, mut notes) = (Vec::new(), Vec::new());
    for spec in &run.checkpoints {
        let (found, skipped) = discover(spec)?;
        if found.iter().all(|found| found.stage.is_none() && found.seed.is_none()) {
            lanes.push(Lane { spec: spec.clone(), found, skipped });
            continue;
        }
        let (mut parts, told) = split(run, spec, found)?;
        parts[0].skipped = skipped;
        lanes.extend(parts);
        notes.extend(told);
    }
    Ok((lanes, notes))
}

/// Checkpoints of one stage, by seed.
type Stage = BTreeMap<Option<String>, Vec<Found>>;

fn split(run: &RunFile, spec: &BranchSpec, found: Vec<Found>) -> Result<(Vec<Lane>, Vec<String>)> {
    let (mut lanes, mut notes) = (Vec::<Lane>::new(), Vec::new());
    let mut before: Vec<(Option<String>, usize)> = Vec::new();
    let known: BTreeSet<u64> = found.iter().map(|found| found.step).collect();
    for (place, (stage, runs)) in in_order(found).into_iter().enumerate() {
        let one_log =
            runs.len() > 1 && spec.log.as_ref().is_some_and(|log| !log.file.to_string_lossy().contains("{seed}"));
        if one_log {
            return Err(Error::RunFile {
                file: run.path.clone(),
                problem: format!(
                    "`log` of branch `{}` is one file, but its names tell {} seeds",
                    spec.branch,
                    runs.len()
                ),
                help: "write `{seed}` into its name, or list each seed as an entry of its own with its log".into(),
            });
        }
        let mut here = Vec::new();
        for (seed, found) in runs {
            let parent = if place == 0 { None } else { Some(goes_on_from(run, spec, &before, (&stage, &seed))?) };
            let mut own = spec.clone();
            own.branch = branch_name(&spec.branch, stage.as_deref().filter(|_| place > 0), seed.as_deref());
            own.log = spec.log.as_ref().map(|log| log_of(log, stage.as_deref(), seed.as_deref()));
            let steps: BTreeSet<u64> = found.iter().map(|found| found.step).collect();
            own.tokens.retain(|step, _| steps.contains(step) || place == 0 && !known.contains(step));
            if let Some(parent) = parent {
                let (parent, first) = (&lanes[parent], found[0].step);
                let end = parent.end();
                own.parent = Some(ParentSpec { branch: parent.spec.branch.clone(), step: end });
                own.steps = spec.steps.or((first < end).then_some(StepsSpec::Own));
                if own.counts_own_steps() {
                    notes.extend(spec.steps.is_none().then(|| told(&own, first, end)));
                    // What the run file says of steps is of those of the first stage.
                    (own.training, own.schedule, own.tokens) = (None, None, BTreeMap::new());
                    own.log = own.log.filter(|_| spec.log.as_ref().is_some_and(names_stage));
                }
            }
            here.push((seed, lanes.len()));
            lanes.push(Lane { spec: own, found, skipped: Vec::new() });
        }
        before = here;
    }
    Ok((lanes, notes))
}

/// The stages in the order of the training: by number where all end in one, else by their first steps. A name without a stage is of
/// the first.
fn in_order(found: Vec<Found>) -> Vec<(Option<String>, Stage)> {
    let mut stages = BTreeMap::<Option<String>, Stage>::new();
    for found in found {
        stages.entry(found.stage.clone()).or_default().entry(found.seed.clone()).or_default().push(found);
    }
    let unnamed = stages.remove(&None);
    let mut ordered: Vec<(Option<String>, Stage)> = stages.into_iter().collect();
    let number = |stage: &Option<String>| -> Option<u64> {
        let stage = stage.as_deref()?;
        stage[stage.trim_end_matches(|c: char| c.is_ascii_digit()).len()..].parse().ok()
    };
    let first_step = |stage: &Stage| stage.values().flatten().map(|found| found.step).min();
    if ordered.iter().all(|(stage, _)| number(stage).is_some()) {
        ordered.sort_by_key(|(stage, _)| number(stage));
    } else {
        ordered.sort_by_key(|(_, runs)| first_step(runs));
    }
    match (unnamed, ordered.first_mut()) {
        (None, _) => {}
        (Some(unnamed), None) => ordered.push((None, unnamed)),
        (Some(unnamed), Some((_, first))) => {
            for (seed, found) in unnamed {
                let all = first.entry(seed).or_default();
                all.extend(found);
                all.sort_by_key(|found| found.step);
            }
        }
    }
    ordered
}

/// Which run of the stage before a run goes on from: the one of its seed, or the only one.
///
/// # Errors
/// There are several, and none is of its seed.
fn goes_on_from(
    run: &RunFile,
    spec: &BranchSpec,
    before: &[(Option<String>, usize)],
    (stage, seed): (&Option<String>, &Option<String>),
) -> Result<usize> {
    let own = before.iter().find(|(known, _)| known == seed);
    match (own, before) {
        (Some((_, lane)), _) | (None, [(_, lane)]) => Ok(*lane),
        _ => Err(Error::RunFile {
            file: run.path.clone(),
            problem: format!(
                "stage `{}` of branch `{}` comes after {} runs, and nothing tells which it goes on from",
                stage.as_deref().unwrap_or_default(),
                spec.branch,
                before.len()
            ),
            help: "list it as an entry of its own: {branch, path, pattern, parent: {branch, step}}".into(),
        }),
    }
}

fn told(own: &BranchSpec, first: u64, end: u64) -> String {
    format!(
        "branch `{}` begins at step {first}, before the last step {end} of the stage before: it is taken to count its own steps from \
         there; say `steps: continued` where it does not",
        own.branch
    )
}

/// What a branch is called: `stage2`, `seed1`, `stage2-seed1`, after the entry's own name unless that is the default.
fn branch_name(entry: &str, stage: Option<&str>, seed: Option<&str>) -> String {
    let named = |word: &str, value: &str| {
        let is_number = value.bytes().all(|byte| byte.is_ascii_digit());
        if is_number { format!("{word}{value}") } else { format!("{word}-{value}") }
    };
    let stage =
        stage.map(
            |stage| if stage.starts_with(|c: char| c.is_ascii_digit()) { named("stage", stage) } else { stage.into() },
        );
    let parts = stage.into_iter().chain(seed.map(|seed| named("seed", seed))).collect::<Vec<_>>();
    match (parts.is_empty(), entry == crate::run_file::TRUNK) {
        (true, _) => entry.to_owned(),
        (false, true) => parts.join("-"),
        (false, false) => format!("{entry}-{}", parts.join("-")),
    }
}

fn names_stage(log: &LogSpec) -> bool {
    log.file.to_string_lossy().contains("{stage}")
}

/// The log of a stage and a seed.
fn log_of(log: &LogSpec, stage: Option<&str>, seed: Option<&str>) -> LogSpec {
    let file = log.file.to_string_lossy();
    let file = file.replace("{stage}", stage.unwrap_or_default()).replace("{seed}", seed.unwrap_or_default());
    LogSpec { file: file.into(), columns: log.columns.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The branches of a run of these checkpoint folders: name, parent with the step of the fork, own steps, first and last step.
    fn told_of(names: &[&str], entry: &str) -> Result<Vec<String>> {
        let dir = tempfile::tempdir().unwrap();
        for name in names {
            fs_err::create_dir_all(dir.path().join("c").join(name)).unwrap();
            fs_err::write(dir.path().join("c").join(name).join("model.safetensors"), "").unwrap();
        }
        let file = dir.path().join("run.yaml");
        fs_err::write(&file, format!("checkpoints:\n- {{path: c, {entry}}}\n")).unwrap();
        let lanes = lanes(&RunFile::read(&file)?)?.0;
        let told = lanes.iter().map(|lane| {
            let parent =
                lane.spec.parent.as_ref().map_or("-".into(), |parent| format!("{}@{}", parent.branch, parent.step));
            let own = if lane.spec.counts_own_steps() { " own" } else { "" };
            let steps: Vec<String> = lane.found.iter().map(|found| found.step.to_string()).collect();
            format!("{} {parent}{own} {}", lane.spec.branch, steps.join(","))
        });
        Ok(told.collect())
    }

    #[test]
    fn stages_and_seeds_become_branches() {
        let cases: [(&str, &[&str], &[&str]); 6] = [
            (
                "pattern: '[stage{stage}-][ingredient{seed}-]step{step}-tokens*'",
                &[
                    "step5-tokens1B",
                    "stage1-step10-tokens1B",
                    "stage1-step200-tokens2B",
                    "stage2-ingredient1-step5-tokens1B",
                    "stage2-ingredient2-step5-tokens1B",
                ],
                &["trunk - 5,10,200", "stage2-seed1 trunk@200 own 5", "stage2-seed2 trunk@200 own 5"],
            ),
            (
                "pattern: 'step{step}-seed-{seed}', branch: c4",
                &["step10-seed-default", "step10-seed-small-aux-2", "step20-seed-default"],
                &["c4-seed-default - 10,20", "c4-seed-small-aux-2 - 10"],
            ),
            (
                "pattern: '{stage}-step-{step}'",
                &["stage1-step-40", "stage2-step-80", "lc-4k-step-100", "stage2-step-60"],
                &["trunk - 40", "stage2 trunk@40 60,80", "lc-4k stage2@80 100"],
            ),
            (
                "pattern: 'stage{stage}-step{step}'",
                &["stage10-step3", "stage9-step2", "stage9-step40"],
                &["trunk - 2,40", "stage10 trunk@40 own 3"],
            ),
            (
                "pattern: 'stage{stage}-step{step}', steps: continued",
                &["stage1-step100", "stage1-step200", "stage2-step150"],
                &["trunk - 100,200", "stage2 trunk@200 150"],
            ),
            (
                "pattern: 'stage{stage}/seed{seed}/step{step}'",
                &["stage1/seed0/step5", "stage1/seed1/step5", "stage2/seed1/step2", "stage3/seed1/step2"],
                &["seed0 - 5", "seed1 - 5", "stage2-seed1 seed1@5 own 2", "stage3-seed1 stage2-seed1@7 own 2"],
            ),
        ];
        for (entry, names, wanted) in cases {
            assert_eq!(told_of(names, entry).unwrap(), wanted, "{entry}");
        }
    }

    #[test]
    fn what_may_go_on_from_several_runs_is_refused() {
        let names = ["stage1-seed1-step5", "stage1-seed2-step5", "stage2-seed3-step6"];
        let error = told_of(&names, "pattern: 'stage{stage}-seed{seed}-step{step}'").unwrap_err().in_full();
        assert!(error.contains("stage `2` of branch `trunk` comes after 2 runs"), "{error}");
        let error =
            told_of(&names[..2], "pattern: 'stage{stage}-seed{seed}-step{step}', log: x.csv").unwrap_err().in_full();
        assert!(error.contains("is one file, but its names tell 2 seeds") && error.contains("{seed}"), "{error}");
    }
}
