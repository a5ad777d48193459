//! `spyglass gate`: may this checkpoint go on?

use std::path::{Path, PathBuf};

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;
use spyglass_dashboards::gate::{Judged, Verdict, judge};
use spyglass_dashboards::number::tokens;

use super::gate_text;
use super::results::Results;
use super::{Exit, print, say};
use crate::gate::{Named, Policy, Sides, questions};
use crate::results::Side;
use crate::{Error, Result};

/// Say whether a checkpoint is fit to go on, by the rules of a policy
///
/// A rule is kept where even the worst that the items allow is within its limit, broken where even the best is beyond it, all rules
/// together wrong in one gate of twenty (Holm; `error_rate`); between the two nobody can tell.
///
/// Exit codes: 0 pass; 1 warn: a watched rule is broken, or nobody can tell of it; 3 block: a critical rule is broken; 4 nobody can tell of a
/// critical rule; 2 the policy or the results cannot be read.
#[derive(Debug, Args)]
pub(super) struct GateRun {
    /// The policy: `spyglass schema policy` lists its keys
    policy: PathBuf,
    /// The checkpoint, in place of the policy's: BRANCH[@STEP], or RUN.yaml[:BRANCH[@STEP]]
    #[arg(value_name = "CHECKPOINT")]
    checkpoint: Option<String>,
    /// What drops are measured against, in place of the policy's: as CHECKPOINT
    #[arg(long, value_name = "CHECKPOINT")]
    baseline: Option<String>,
    /// Print one JSON object: `spyglass schema gate` is its schema
    #[arg(long)]
    json: bool,
}

/// What a gate says.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "Spyglass gate")]
pub(super) struct Gate {
    /// The layout of this object; raised when a key changes its meaning.
    pub(super) layout: u32,
    /// The policy's file.
    pub(super) policy: String,
    /// May the checkpoint go on?
    pub(super) verdict: Verdict,
    /// Exit code of the command.
    pub(super) exit_code: u8,
    /// The checkpoint.
    pub(super) checkpoint: Place,
    /// What drops are measured against, by its name in the policy.
    pub(super) baselines: std::collections::BTreeMap<String, Place>,
    /// Chance that any rule is called broken that is not.
    pub(super) error_rate: f64,
    /// Each task, pack or alarm that a rule asks about.
    pub(super) rules: Vec<Judged>,
}

/// A checkpoint of a run.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Place {
    run: String,
    branch: String,
    step: u64,
    variant: Option<String>,
    /// Tokens seen.
    tokens: u64,
}

impl Place {
    fn of(side: &Side) -> Self {
        let at = &side.checkpoint;
        let (branch, variant) = (at.branch.clone(), at.variant.clone());
        Self { run: side.run.name.clone(), branch, step: at.step, variant, tokens: at.tokens }
    }

    /// `pilot, anneal step 1300 (7.99 M tokens)`.
    pub(super) fn name(&self) -> String {
        let variant = self.variant.as_ref().map_or_else(String::new, |variant| format!(" {variant}"));
        format!("{}, {} step {}{variant} ({} tokens)", self.run, self.branch, self.step, tokens(self.tokens as f64))
    }
}

impl From<Verdict> for Exit {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Pass => Self::Well,
            Verdict::Warn => Self::SomeFailed,
            Verdict::Block => Self::Blocked,
            Verdict::CannotTell => Self::CannotTell,
        }
    }
}

impl GateRun {
    pub(super) fn run(&self) -> Result<Exit> {
        let mut policy = Policy::read(&self.policy)?;
        let folder = policy.folder().to_owned();
        let given = |own: &Option<String>, written: &Option<String>| match own {
            Some(own) => Some(Named::read(own, Path::new(""))),
            None => written.as_ref().map(|name| Named::read(name, &folder)),
        };
        let here = given(&self.checkpoint, &policy.checkpoint);
        let here = here.unwrap_or(Named { run: None, place: String::new() });
        let default = given(&self.baseline, &policy.baseline);
        if let Some(own) = &self.baseline {
            policy.baseline = Some(own.clone());
        }
        let run = here.run.clone().unwrap_or_else(|| policy.run.clone());
        let results = Results::open(&run)?;
        let (store, snapshot) = (results.store, results.snapshot);
        let asks_alarms = policy.rules.iter().any(|rule| rule.alarm.is_some());
        let side = Side::read(&run, &store, snapshot.clone(), &here.place)?;
        let mut sides = Sides::new(side, &store, snapshot, asks_alarms)?;
        let own = policy.rules.iter().filter_map(|rule| rule.baseline.clone());
        let own: Vec<(String, Named)> = own.map(|name| (name.clone(), Named::read(&name, &folder))).collect();
        for (name, named) in policy.baseline.clone().zip(default).into_iter().chain(own) {
            let side = read(&named, &run)?;
            if side.run.name == sides.here.run.name
                && side.checkpoint.at() == sides.here.checkpoint.at()
                && is_same(named.run.as_ref().unwrap_or(&run), &run)
            {
                return Err(Error::Usage {
                    problem: format!("{}: the checkpoint is its own baseline, `{name}`", policy.path.display()),
                    help: "name another `baseline:`, or the checkpoint on the command line".into(),
                });
            }
            sides.baselines.insert(name, side);
        }
        let damaged = std::iter::once(&sides.here).chain(sides.baselines.values()).flat_map(|side| &side.damaged);
        damaged.for_each(|message| say(&format!("left out: {}", message.replace('\n', "\n  "))));
        let (verdict, rules) = judge(questions(&policy, &sides)?, policy.error_rate);
        let gate = Gate {
            layout: 1,
            policy: policy.path.display().to_string(),
            verdict,
            exit_code: Exit::from(verdict).code(),
            checkpoint: Place::of(&sides.here),
            baselines: sides.baselines.iter().map(|(name, side)| (name.clone(), Place::of(side))).collect(),
            error_rate: policy.error_rate,
            rules,
        };
        let json = || serde_json::to_string_pretty(&gate).expect("plain data") + "\n";
        print(&if self.json { json() } else { gate_text::text(&gate) })?;
        Ok(verdict.into())
    }
}

/// The two name one run, however they are written.
fn is_same(a: &Path, b: &Path) -> bool {
    let whole = |path: &Path| fs_err::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    whole(a) == whole(b)
}

/// A baseline: of a run of its own, or of the one at `run`.
fn read(named: &Named, run: &Path) -> Result<Side> {
    let results = Results::open(named.run.as_deref().unwrap_or(run))?;
    Side::read(&results.path, &results.store, results.snapshot, &named.place)
}
