//! Tokens seen at a step: which of the sources tells, and whether they agree.

use std::path::Path;

use spyglass_dashboards::run::{Fork, LogEntry};

use super::discover::Counts;
use super::log::{read_json, read_log};
use crate::run_file::BranchSpec;
use crate::{Error, Result};

/// Two sources of tokens seen may differ by this share.
const TOLERANCE: f64 = 0.01;

/// Tokens seen, and which source says so, at `step` of a branch (steps counted from the start of the trunk), after the first source that tells:
/// the run file's `tokens:`, the checkpoint's own count, the log (interpolated between entries), `tokens_per_step`, `training`.
/// `None` where none does. Of a step that was made of tokens the last two say nothing new, and are not asked.
///
/// # Errors
/// Two sources differ by more than 1 %.
pub(super) fn tokens_at(
    spec: &BranchSpec,
    fork: Option<&Fork>,
    log: &[LogEntry],
    (step, counts): (u64, Counts),
    folder: Option<&Path>,
) -> Result<Option<(&'static str, u64)>> {
    let own_steps = own_step(spec, fork, step);
    let before = fork.map_or(0, |fork| fork.tokens);
    let added = if spec.counts_own_steps() { before } else { 0 };
    let mut told: Vec<(&'static str, u64)> = Vec::new();
    told.extend(spec.tokens.get(&own_steps).map(|&tokens| ("`tokens:` of the run file", tokens + added)));
    if let Some(folder) = folder.filter(|_| spec.axis.is_tokens()) {
        let own = own_count(folder, Some(own_steps))?.filter(|&tokens| tokens > 0 || own_steps == 0);
        told.extend(own.map(|tokens| ("the checkpoint's trainer_state.json", tokens + added)));
    }
    told.extend(
        interpolate(log, step, |entry| entry.tokens.map(|tokens| tokens as f64)).map(|t| ("the log", t.round() as u64)),
    );
    let is_new = counts == Counts::Steps;
    if let Some(per_step) = spec.tokens_per_step.filter(|_| is_new) {
        let since_fork = fork.map_or(step, |fork| step.saturating_sub(fork.step));
        told.push(("`tokens_per_step`", before.saturating_add(since_fork.saturating_mul(per_step))));
    }
    told.extend(
        spec.schedule.as_ref().filter(|_| is_new).map(|schedule| ("`training`", schedule.tokens_at(own_steps) + added)),
    );
    if let Some((first, rest)) = told.split_first() {
        for other in rest {
            let (a, b) = (first.1 as f64, other.1 as f64);
            if (a - b).abs() > TOLERANCE * a.max(b) {
                return Err(Error::Checkpoint {
                    folder: folder.unwrap_or(&spec.path).to_path_buf(),
                    problem: format!(
                        "{} seen at step {step} of branch `{}`: {} says {}, {} says {}",
                        spec.axis.word(),
                        spec.branch,
                        first.0,
                        first.1,
                        other.0,
                        other.1
                    ),
                    help: "they may differ by 1 %: correct or remove one of the two in the run file".into(),
                });
            }
        }
    }
    Ok(told.first().copied())
}

/// Tokens seen after a `trainer_state.json` that counts other steps than the folder's name, for where nothing else tells: who renames
/// checkpoints keeps their counts. The caller says that it was taken so.
///
/// # Errors
/// As [`own_count`].
pub(super) fn count_of_other_steps(
    spec: &BranchSpec,
    fork: Option<&Fork>,
    step: u64,
    folder: &Path,
) -> Result<Option<u64>> {
    if !spec.axis.is_tokens() {
        return Ok(None);
    }
    let before = if spec.counts_own_steps() { fork.map_or(0, |fork| fork.tokens) } else { 0 };
    let own = own_count(folder, None)?.filter(|&tokens| tokens > 0 || step == 0);
    Ok(own.map(|tokens| tokens + before))
}

/// The step as the branch itself counts it.
pub(super) fn own_step(spec: &BranchSpec, fork: Option<&Fork>, step: u64) -> u64 {
    fork.filter(|_| spec.counts_own_steps()).map_or(step, |fork| step.saturating_sub(fork.step))
}

/// The step of a checkpoint that is named by its tokens: as its `trainer_state.json` counts; else after `tokens_per_step`, `training` or
/// the log of the branch; where none tells, each token is a step.
///
/// # Errors
/// The log or the `trainer_state.json` cannot be read.
pub(super) fn step_of(spec: &BranchSpec, folder: &Path, tokens: u64) -> Result<u64> {
    let state = folder.join("trainer_state.json");
    let counted =
        if state.exists() { read_json(&state)?.get("global_step").and_then(serde_json::Value::as_u64) } else { None };
    if let Some(step) = counted {
        return Ok(step);
    }
    if let Some(per_step) = spec.tokens_per_step {
        return Ok((tokens as f64 / per_step as f64).round() as u64);
    }
    if let Some(schedule) = &spec.schedule {
        return Ok(schedule.step_of_tokens(tokens));
    }
    let logged = spec.log.as_ref().map(read_log).transpose()?.unwrap_or_default().entries;
    let turned: Vec<LogEntry> = logged
        .iter()
        .filter_map(|entry| Some(LogEntry { step: entry.tokens?, tokens: Some(entry.step), ..entry.clone() }))
        .collect();
    let step = interpolate(&turned, tokens, |entry| entry.tokens.map(|step| step as f64));
    Ok(step.map_or(tokens, |step| step.round() as u64))
}

/// The steps that a `trainer_state.json` counts, where they are others than `step`: what it says is of another checkpoint.
pub(crate) fn other_steps(state: &serde_json::Value, step: u64) -> Option<u64> {
    state.get("global_step")?.as_u64().filter(|counted| *counted != step)
}

/// `num_input_tokens_seen` of the checkpoint's own `trainer_state.json`; none where that counts other steps than `step`, as the
/// branch itself counts it.
///
/// # Errors
/// The file is there and damaged, or what it holds is not a count.
pub(crate) fn own_count(folder: &Path, step: Option<u64>) -> Result<Option<u64>> {
    let file = folder.join("trainer_state.json");
    if !file.exists() {
        return Ok(None);
    }
    let state = read_json(&file)?;
    if step.is_some_and(|step| other_steps(&state, step).is_some()) {
        return Ok(None);
    }
    let Some(tokens) = state.get("num_input_tokens_seen") else { return Ok(None) };
    super::log::count(tokens, super::log::Decimals::Point).map_err(|wrong| Error::Log {
        file,
        problem: format!("`num_input_tokens_seen`: {wrong}"),
        help: "it counts the tokens seen; correct it, or remove it and say `tokens_per_step:` in the run file".into(),
    })
}

/// Linear interpolation between the log's entries that hold the value; `None` outside them.
pub(super) fn interpolate(log: &[LogEntry], step: u64, value: impl Fn(&LogEntry) -> Option<f64>) -> Option<f64> {
    let known: Vec<_> = log.iter().filter_map(|entry| Some((entry.step, value(entry)?))).collect();
    let after = known.iter().position(|(at, _)| *at >= step)?;
    let (right, high) = known[after];
    if right == step {
        return Some(high);
    }
    let (left, low) = *known.get(after.checked_sub(1)?)?;
    Some(low + (high - low) * (step - left) as f64 / (right - left) as f64)
}
