//! All units of a run, and how each of them stands in the results folder.

use std::path::PathBuf;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use spyglass_dashboards::run::{Checkpoint, UnitInputs, UnitRecord};

use super::inputs::unit_inputs;
use super::order;
use crate::checkpoint::{Hashing, Identity};
use crate::hub::Pinned;
use crate::results::{Brief, Hashes, Store, UnitFolder, UnitPlace, unit_key};
use crate::suite::Subject;
use crate::sweep::Work;
use crate::{Error, Result};

/// The units of a run, checkpoint by checkpoint in the order in which they are scored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Plan {
    /// The checkpoints that have units.
    pub checkpoints: Vec<PlannedCheckpoint>,
}

/// One checkpoint and what is asked of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct PlannedCheckpoint {
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// Its folder.
    pub folder: PathBuf,
    /// What its files are; `None` while the weights are not hashed.
    pub identity: Option<Identity>,
    /// Why nothing can be asked of it.
    pub problem: Option<String>,
    /// Its units, in the order of the tasks.
    pub units: Vec<PlannedUnit>,
}

/// One leaf task, or one prompt pack, on one checkpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct PlannedUnit {
    /// What is asked.
    pub subject: Subject,
    /// Items (of a pack: conversations) asked for.
    pub items: usize,
    /// How it stands in the results.
    pub status: UnitStatus,
}

/// How a unit stands in the results folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum UnitStatus {
    /// Its key is not known before the weights are hashed.
    Unknown,
    /// So many of its items lie there, fewer than are asked for.
    Open {
        /// Items scored already.
        items: usize,
    },
    /// It is finished.
    Done(Brief),
}

impl PlannedUnit {
    /// Whether nothing is left to do.
    pub(crate) fn is_done(&self) -> bool {
        matches!(self.status, UnitStatus::Done(_))
    }

    /// Items that are still to be scored.
    pub(crate) fn items_left(&self) -> usize {
        match self.status {
            UnitStatus::Unknown => self.items,
            UnitStatus::Open { items } => self.items.saturating_sub(items),
            UnitStatus::Done(_) => 0,
        }
    }
}

impl Plan {
    /// Lays out all units of `work` against what `store` holds. Reads no weights: those not hashed yet leave their units
    /// [`UnitStatus::Unknown`].
    ///
    /// # Errors
    /// The results cannot be read, or `--only` fits no unit.
    pub(crate) fn new(work: &Work, store: &Store, hashes: &Hashes) -> Result<Self> {
        let look = |checkpoint: &Checkpoint| -> Result<Option<PlannedCheckpoint>> {
            let fits =
                |subject: &Subject| work.only.fits(&checkpoint.branch, checkpoint.step, work.suite.name(*subject));
            let subjects: Vec<Subject> = work.suite.subjects().filter(fits).collect();
            if subjects.is_empty() {
                return Ok(None);
            }
            let mut planned = PlannedCheckpoint::new(work, checkpoint, &subjects);
            match planned.identify(work, hashes, Hashing::Remembered) {
                Ok(()) => planned.resolve(work, store)?,
                Err(error) => planned.problem = Some(error.in_full()),
            }
            Ok(Some(planned))
        };
        // A run of weeks has tens of thousands of summaries to read.
        let looked: Result<Vec<Option<PlannedCheckpoint>>> =
            order(&work.tree, work.schedule).into_par_iter().map(look).collect();
        let checkpoints: Vec<PlannedCheckpoint> = looked?.into_iter().flatten().collect();
        if checkpoints.is_empty() && work.only.is_given() {
            return Err(nothing_fits(work));
        }
        Ok(Self { checkpoints })
    }

    /// The checkpoints with those of their units that are `wanted`, in the same order.
    #[must_use]
    pub(crate) fn only(self, wanted: impl Fn(&Checkpoint, &PlannedUnit) -> bool) -> Self {
        let mut checkpoints = self.checkpoints;
        for planned in &mut checkpoints {
            planned.units.retain(|unit| wanted(&planned.checkpoint, unit));
        }
        checkpoints.retain(|planned| !planned.units.is_empty());
        Self { checkpoints }
    }

    /// All units.
    pub(crate) fn units(&self) -> impl Iterator<Item = &PlannedUnit> {
        self.checkpoints.iter().flat_map(|planned| &planned.units)
    }

    /// The finished units.
    pub(crate) fn done(&self) -> impl Iterator<Item = (Subject, &Brief)> {
        self.units().filter_map(|unit| match &unit.status {
            UnitStatus::Done(brief) => Some((unit.subject, brief)),
            _ => None,
        })
    }

    /// Seconds that a token took in what is finished; `None` where nothing tells.
    pub(crate) fn seconds_per_token(&self) -> Option<f64> {
        let costs = self.done().map(|(_, brief)| (brief.cost.tokens_computed, brief.cost.seconds));
        let (tokens, seconds) = costs.fold((0, 0.0), |sum, cost| (sum.0 + cost.0, sum.1 + cost.1));
        (tokens > 0 && seconds > 0.0).then(|| seconds / tokens as f64)
    }

    /// The summaries of the finished units, but for what was damaged meanwhile.
    pub(crate) fn records(&self, work: &Work, store: &Store) -> Vec<UnitRecord> {
        let of_one = |planned: &PlannedCheckpoint| {
            let done = planned.units.iter().filter(|unit| unit.is_done());
            done.filter_map(|unit| planned.unit_folder(unit.subject, work, store).1.record().ok()?).collect::<Vec<_>>()
        };
        self.checkpoints.iter().flat_map(of_one).collect()
    }
}

impl PlannedCheckpoint {
    fn new(work: &Work, checkpoint: &Checkpoint, subjects: &[Subject]) -> Self {
        let unit =
            |&subject: &Subject| PlannedUnit { subject, items: work.suite.items(subject), status: UnitStatus::Unknown };
        Self {
            folder: work.folder(checkpoint),
            checkpoint: checkpoint.clone(),
            identity: None,
            problem: None,
            units: subjects.iter().map(unit).collect(),
        }
    }

    /// Finds out what the checkpoint's files are.
    ///
    /// # Errors
    /// The folder holds no checkpoint.
    pub(crate) fn identify(&mut self, work: &Work, hashes: &Hashes, hashing: Hashing) -> Result<()> {
        if self.identity.is_none() {
            let tokenizer = work.settings.tokenizer_folder(&self.folder);
            self.identity = match self.pinned() {
                Some(pinned) => Identity::of_commit(&pinned, &self.folder, tokenizer, hashes, hashing)?,
                None => Identity::read(&self.folder, tokenizer, hashes, hashing)?,
            };
        }
        Ok(())
    }

    /// Looks up how the units stand, once the checkpoint is identified. Folders of units that are damaged count as open.
    ///
    /// # Errors
    /// The results folder cannot be read.
    pub(crate) fn resolve(&mut self, work: &Work, store: &Store) -> Result<()> {
        if self.identity.is_none() {
            return Ok(());
        }
        let folders: Vec<_> = self.units.iter().map(|unit| self.unit_folder(unit.subject, work, store).1).collect();
        for (unit, folder) in self.units.iter_mut().zip(folders) {
            unit.status = match folder.brief() {
                Ok(Some(brief)) if brief.items >= unit.items => UnitStatus::Done(brief),
                Ok(Some(brief)) => UnitStatus::Open { items: brief.items },
                Ok(None) => UnitStatus::Open { items: folder.items_there()? },
                Err(Error::Results { .. }) => UnitStatus::Open { items: 0 },
                Err(other) => return Err(other),
            };
        }
        Ok(())
    }

    /// What a unit of an identified checkpoint depends on, and its folder.
    pub(crate) fn unit_folder(&self, subject: Subject, work: &Work, store: &Store) -> (UnitInputs, UnitFolder) {
        let identity = self.identity.as_ref().expect("a checkpoint is identified before its units are looked up");
        let inputs = unit_inputs(work, identity, subject);
        let key = unit_key(&inputs);
        let place = UnitPlace {
            branch: &self.checkpoint.branch,
            step: self.checkpoint.step,
            variant: self.checkpoint.variant.as_deref(),
            task: &inputs.task,
            shots: inputs.shots,
            key: &key,
        };
        let folder = store.unit(&place);
        (inputs, folder)
    }

    /// The same checkpoint with other units.
    pub(crate) fn with_units(&self, units: Vec<PlannedUnit>) -> Self {
        let (checkpoint, folder) = (self.checkpoint.clone(), self.folder.clone());
        Self { checkpoint, folder, identity: self.identity.clone(), problem: self.problem.clone(), units }
    }

    /// Where it lies on the hub; `None` where it lies in a folder.
    pub(crate) fn pinned(&self) -> Option<Pinned> {
        Pinned::parse(&self.checkpoint.location)
    }

    /// Where the checkpoint stands in the run, for messages.
    pub(crate) fn name(&self) -> String {
        checkpoint_name(&self.checkpoint)
    }

    /// Whether all its units are finished.
    pub(crate) fn is_done(&self) -> bool {
        self.units.iter().all(PlannedUnit::is_done)
    }
}

/// `trunk step 90000`, with the variant where there is one.
pub(crate) fn checkpoint_name(checkpoint: &Checkpoint) -> String {
    let variant = checkpoint.variant.as_ref().map(|variant| format!(" ({variant})")).unwrap_or_default();
    format!("{} step {}{variant}", checkpoint.branch, checkpoint.step)
}

fn nothing_fits(work: &Work) -> Error {
    let first = work.tree.branches.iter().flat_map(|branch| &branch.checkpoints).next();
    let task = work.suite.tasks.first().map_or("hellaswag", |task| task.task.name.as_str());
    let example = first.map(|checkpoint| format!("{}/{}/{task}", checkpoint.branch, checkpoint.step));
    Error::Usage {
        problem: "no unit is left to ask for: --only fits none".into(),
        help: format!(
            "a unit's name is branch/step/task, such as {}",
            example.as_deref().unwrap_or("trunk/90000/hellaswag")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use spyglass_dashboards::run::Cost;

    #[test]
    fn a_plan_can_be_carried_to_another_process() {
        let checkpoint = Checkpoint {
            branch: "anneal".into(),
            step: 1300,
            variant: Some("ema".into()),
            tokens: 7,
            learning_rate: Some(1e-3),
            location: "anneal/checkpoint-1300".into(),
        };
        let text = |name: &str| name.to_owned();
        let identity =
            Identity { weights: text("w"), config: text("c"), tokenizer: text("t"), chat_template: String::new() };
        let brief = Brief { items: 3, cost: Cost { seconds: 1.0 / 3.0, tokens_computed: 9, tokens_requested: 27 } };
        let unit = |subject, status| PlannedUnit { subject, items: 3, status };
        let units = vec![
            unit(Subject::Task(0), UnitStatus::Done(brief)),
            unit(Subject::Task(1), UnitStatus::Open { items: 2 }),
            unit(Subject::Pack(0), UnitStatus::Unknown),
        ];
        let folder = PathBuf::from("run/anneal/checkpoint-1300");
        let planned = PlannedCheckpoint { checkpoint, folder, identity: Some(identity), problem: None, units };
        let plan = Plan { checkpoints: vec![planned] };
        let sent = serde_json::to_string(&plan).unwrap();
        assert_eq!(serde_json::from_str::<Plan>(&sent).unwrap(), plan);
        assert_eq!(plan.units().map(PlannedUnit::items_left).sum::<usize>(), 4);
    }
}
