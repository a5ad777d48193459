//! All units of a run, and how each of them stands in the results folder.

use super::order;
use crate::checkpoint::{Hashing, Identity};
use crate::results::{Hashes, Store, UnitFolder, UnitPlace, unit_key};
use crate::sweep::{Subject, Work};
use crate::{Error, Result};
use spyglass_dashboards::run::{Checkpoint, UnitInputs, UnitRecord};
use std::path::PathBuf;

/// The units of a run, checkpoint by checkpoint in the order in which they are scored.
#[derive(Debug)]
pub struct Plan {
    /// The checkpoints that have units.
    pub checkpoints: Vec<PlannedCheckpoint>,
}

/// One checkpoint and what is asked of it.
#[derive(Debug)]
pub struct PlannedCheckpoint {
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
#[derive(Debug)]
pub struct PlannedUnit {
    /// What is asked.
    pub subject: Subject,
    /// Items (of a pack: conversations) asked for.
    pub items: usize,
    /// How it stands in the results.
    pub standing: Standing,
}

/// How a unit stands in the results folder.
#[derive(Debug)]
pub enum Standing {
    /// Its key is not known before the weights are hashed.
    Unknown,
    /// So many of its items lie there, fewer than are asked for.
    Open {
        /// Items scored already.
        items: usize,
    },
    /// It is finished.
    Done(Box<UnitRecord>),
}

impl PlannedUnit {
    /// Whether nothing is left to do.
    pub fn is_done(&self) -> bool {
        matches!(self.standing, Standing::Done(_))
    }

    /// Items that are still to be scored.
    pub fn items_left(&self) -> usize {
        match self.standing {
            Standing::Unknown => self.items,
            Standing::Open { items } => self.items.saturating_sub(items),
            Standing::Done(_) => 0,
        }
    }
}

impl Plan {
    /// Lays out all units of `work` against what `store` holds. Reads no weights: those not hashed yet leave their units
    /// [`Standing::Unknown`].
    ///
    /// # Errors
    /// The results cannot be read, or `--only` fits no unit.
    pub fn new(work: &Work, store: &Store, hashes: &Hashes) -> Result<Self> {
        let mut checkpoints = Vec::new();
        for checkpoint in order(&work.tree, work.schedule) {
            let fits =
                |subject: &Subject| work.only.fits(&checkpoint.branch, checkpoint.step, work.suite.name(*subject));
            let subjects: Vec<Subject> = work.suite.subjects().filter(fits).collect();
            if !subjects.is_empty() {
                let mut planned = PlannedCheckpoint::new(work, checkpoint, &subjects);
                match planned.identify(work, hashes, Hashing::Remembered) {
                    Ok(()) => planned.stand(work, store)?,
                    Err(error) => planned.problem = Some(error.in_full()),
                }
                checkpoints.push(planned);
            }
        }
        if checkpoints.is_empty() {
            return Err(nothing_fits(work));
        }
        Ok(Self { checkpoints })
    }

    /// The checkpoints with those of their units that are `wanted`, in the same order.
    #[must_use]
    pub fn only(self, wanted: impl Fn(&Checkpoint, &PlannedUnit) -> bool) -> Self {
        let mut checkpoints = self.checkpoints;
        for planned in &mut checkpoints {
            planned.units.retain(|unit| wanted(&planned.checkpoint, unit));
        }
        checkpoints.retain(|planned| !planned.units.is_empty());
        Self { checkpoints }
    }

    /// All units.
    pub fn units(&self) -> impl Iterator<Item = &PlannedUnit> {
        self.checkpoints.iter().flat_map(|planned| &planned.units)
    }

    /// The finished units.
    pub fn done(&self) -> impl Iterator<Item = &UnitRecord> {
        self.units().filter_map(|unit| match &unit.standing {
            Standing::Done(record) => Some(&**record),
            _ => None,
        })
    }
}

impl PlannedCheckpoint {
    fn new(work: &Work, checkpoint: &Checkpoint, subjects: &[Subject]) -> Self {
        let unit =
            |&subject: &Subject| PlannedUnit { subject, items: work.suite.items(subject), standing: Standing::Unknown };
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
    pub fn identify(&mut self, work: &Work, hashes: &Hashes, hashing: Hashing) -> Result<()> {
        if self.identity.is_none() {
            self.identity =
                Identity::read(&self.folder, work.settings.tokenizer_folder(&self.folder), hashes, hashing)?;
        }
        Ok(())
    }

    /// Looks up how the units stand, once the checkpoint is identified. Folders of units that are damaged count as open.
    ///
    /// # Errors
    /// The results folder cannot be read.
    pub fn stand(&mut self, work: &Work, store: &Store) -> Result<()> {
        let Some(identity) = &self.identity else { return Ok(()) };
        for unit in &mut self.units {
            let (_, folder) = unit_folder(work, store, &self.checkpoint, identity, unit.subject);
            unit.standing = match folder.record() {
                Ok(Some(record)) if record.items >= unit.items => Standing::Done(Box::new(record)),
                Ok(Some(record)) => Standing::Open { items: record.items },
                Ok(None) => Standing::Open { items: folder.items_there()? },
                Err(Error::Results { .. }) => Standing::Open { items: 0 },
                Err(other) => return Err(other),
            };
        }
        Ok(())
    }

    /// The same checkpoint with other units.
    pub(crate) fn with_units(&self, units: Vec<PlannedUnit>) -> Self {
        let (checkpoint, folder) = (self.checkpoint.clone(), self.folder.clone());
        Self { checkpoint, folder, identity: self.identity.clone(), problem: self.problem.clone(), units }
    }

    /// Where the checkpoint stands in the run, for messages.
    pub fn name(&self) -> String {
        checkpoint_name(&self.checkpoint)
    }

    /// Whether all its units are finished.
    pub fn is_done(&self) -> bool {
        self.units.iter().all(PlannedUnit::is_done)
    }
}

/// `trunk step 90000`, with the variant where there is one.
pub(crate) fn checkpoint_name(checkpoint: &Checkpoint) -> String {
    let variant = checkpoint.variant.as_ref().map(|variant| format!(" ({variant})")).unwrap_or_default();
    format!("{} step {}{variant}", checkpoint.branch, checkpoint.step)
}

/// What a unit depends on, and its folder.
pub(crate) fn unit_folder(
    work: &Work,
    store: &Store,
    checkpoint: &Checkpoint,
    identity: &Identity,
    subject: Subject,
) -> (UnitInputs, UnitFolder) {
    let inputs = match subject {
        Subject::Task(task) => {
            let task = &work.suite.tasks[task];
            let data_hash = task.items.as_ref().map_or("", |items| items.data_hash.as_str());
            work.settings.inputs(identity, task, data_hash)
        }
        Subject::Pack(pack) => work.settings.pack_inputs(identity, &work.suite.packs[pack]),
    };
    let key = unit_key(&inputs);
    let place = UnitPlace {
        branch: &checkpoint.branch,
        step: checkpoint.step,
        variant: checkpoint.variant.as_deref(),
        task: &inputs.task,
        shots: inputs.shots,
        key: &key,
    };
    let folder = store.unit(&place);
    (inputs, folder)
}

fn nothing_fits(work: &Work) -> Error {
    let first = work.tree.branches.iter().flat_map(|branch| &branch.checkpoints).next();
    let task = work.suite.tasks.first().map_or("hellaswag", |task| task.task.name.as_str());
    let example = first.map(|checkpoint| format!("{}/{}/{task}", checkpoint.branch, checkpoint.step));
    Error::Usage {
        what: "no unit is left to ask for: --only fits none".into(),
        help: format!(
            "a unit's name is branch/step/task, such as {}",
            example.as_deref().unwrap_or("trunk/90000/hellaswag")
        ),
    }
}
