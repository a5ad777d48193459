//! Engines that start workers: one trait, one file each. They share nothing with the workers but the results folder.

mod engine;
mod job;
mod kubernetes;
mod ledger;
mod queue;
mod skypilot;
mod slurm;

pub(crate) use engine::{Element, EngineName, Submitted};
pub(crate) use job::Job;
pub(crate) use ledger::{last, remember};
