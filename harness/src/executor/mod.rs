//! Executors: what carries a plan out. An executor is a function from a [`Plan`](crate::sweep::plan::Plan) and a [`Site`] to a
//! [`Summary`], in a file of its own; all of them write into the same results folder.
//!
//! Plan, events and summary are plain data that can be carried to another process; a site is built anew there, from the run file and
//! the results folder.

mod alone;
mod load;
mod local;
mod reading;
mod site;
mod slots;
mod summary;

pub(crate) use local::execute;
pub(crate) use site::{Beside, Capacity, Site};
pub(crate) use summary::{Summary, tasks_without_items};
