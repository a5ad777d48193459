//! Is a checkpoint fit to go on? The policy as it is written, and the questions that it asks of results.

mod alarms;
mod flaws;
mod policy;
mod questions;
mod sides;
mod talks;

pub(crate) use policy::{Policy, RuleSpec};
pub(crate) use questions::questions;
pub(crate) use sides::{Named, Sides};
