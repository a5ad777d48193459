//! From rows to items: templates, shots, choices.

mod asking;
mod build;
mod choices;
mod doc;
mod filters;
mod index_or_choice;
mod item_builder;
mod keys;
mod long;
mod plan;

mod reading;
mod regex_replace;
mod rows;
mod shot_texts;
mod shots;
mod shuffle;
mod templates;
mod twin;

pub(crate) use asking::Asking;
pub(crate) use build::{build, processed};
pub(crate) use keys::Keys;
pub(crate) use plan::Plan;
pub(crate) use templates::Templates;
