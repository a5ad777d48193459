//! From rows to items: templates, shots, choices.

mod asking;
mod build;
mod doc;
mod filters;
mod plan;
mod question;
mod regex_replace;
mod rows;
mod shots;
mod shuffle;
mod templates;

pub(crate) use asking::Asking;
pub(crate) use build::{build, processed};
pub(crate) use plan::Plan;
pub(crate) use question::Keys;
pub(crate) use templates::Templates;
