//! What an engine can do.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::Job;
use super::kubernetes::Kubernetes;
use super::skypilot::SkyPilot;
use super::slurm::Slurm;
use crate::{Error, Result};

/// An engine that starts workers.
pub(crate) trait Engine {
    /// What it is given, as text.
    ///
    /// # Errors
    /// The run file says too little, or what the engine cannot do.
    fn manifest(&self, job: &Job<'_>) -> Result<String>;

    /// Gives it the job.
    ///
    /// # Errors
    /// It does not take it; of most engines the manifest is all that we do.
    fn submit(&self, job: &Job<'_>) -> Result<Submitted>;

    /// How the parts of a job stand that the engine still knows of.
    ///
    /// # Errors
    /// It cannot be asked.
    fn standing(&self, submitted: &Submitted) -> Result<Vec<Element>>;

    /// Ends a job.
    ///
    /// # Errors
    /// It cannot be asked.
    fn cancel(&self, submitted: &Submitted) -> Result<()>;
}

/// The engines that there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum EngineName {
    /// An array of workers and a job that writes the report when they have ended
    #[default]
    Slurm,
    /// An Indexed Job; its manifest is printed
    Kubernetes,
    /// A task on several nodes; its YAML is printed
    #[value(name = "skypilot")]
    SkyPilot,
}

impl EngineName {
    /// The engine.
    pub(crate) fn engine(self) -> Box<dyn Engine> {
        match self {
            Self::Slurm => Box::new(Slurm),
            Self::Kubernetes => Box::new(Kubernetes),
            Self::SkyPilot => Box::new(SkyPilot),
        }
    }
}

/// A job that was given to an engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Submitted {
    /// Which engine has it.
    pub(crate) engine: EngineName,
    /// The workers, as the engine calls them.
    pub(crate) workers: String,
    /// What writes the report.
    pub(crate) report: String,
    /// How many workers.
    pub(crate) count: usize,
    /// When, RFC 3339, UTC.
    pub(crate) time: String,
}

/// A part of a job as the engine sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Element {
    /// What the engine calls it.
    pub(crate) id: String,
    /// `PENDING`, `RUNNING`, …
    pub(crate) state: String,
    /// Why it is so, where the engine says.
    pub(crate) reason: String,
    /// For how long it has run.
    pub(crate) elapsed: String,
}

/// The answer of an engine whose manifest is all that there is.
pub(super) fn printed_only<T>(name: &str, command: &str) -> Result<T> {
    Err(Error::Usage {
        problem: format!("jobs for {name} are printed, not submitted"),
        help: format!("add --dry-run and give what is printed to `{command}`"),
    })
}
