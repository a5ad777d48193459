//! From rows to items: templates, shots, choices.

mod build;
mod filters;
mod plan;
mod question;
mod rows;
mod shots;
mod shuffle;
mod templates;

pub(crate) use build::{build, processed};
pub(crate) use plan::{Asking, Plan};
pub(crate) use question::Keys;
pub(crate) use templates::Templates;
