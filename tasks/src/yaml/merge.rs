//! Merge keys (`<<: *name`): the maps they name are laid under the map that holds them.

use serde::de::DeserializeOwned;

use super::place::{Step, nearest_place};
use super::{explain, find_key, located, worded};
use crate::error::{Error, Result};

/// Reads `T` from a document with merge keys.
///
/// The merged document is written out and read again, since only a text's reader tells the path of what is wrong; the
/// path then finds the place in the text that the user knows.
pub(super) fn read<T: DeserializeOwned>(name: &str, text: &str) -> Result<T> {
    let mut value: serde_yaml::Value = serde_yaml::from_str(text).map_err(|error| explain(name, text, &error))?;
    if let Err(error) = value.apply_merge() {
        let place = find_key(text, "<<", 1).unwrap_or((1, 1));
        let mut error = worded(name, text, place, error.to_string());
        error.help = "`<<` takes a map, or a list of maps, as in `<<: *name`".into();
        return Err(error.into());
    }
    let merged = serde_yaml::to_string(&value).expect("what was read can be written");
    serde_yaml::from_str(&merged).map_err(|error| {
        let (problem, _) = located(&error);
        Error::from(worded(name, text, nearest_place(text, &path(&problem)), problem))
    })
}

/// The path at the head of a reader's message: `checkpoints[1].parent: invalid type`.
fn path(problem: &str) -> Vec<Step<'_>> {
    let head = problem.split_once(": ").map_or("", |(head, _)| head);
    if head.contains(' ') {
        return Vec::new();
    }
    let steps = head.split(['.', '[']).filter(|step| !step.is_empty());
    steps
        .map(|step| match step.strip_suffix(']').and_then(|index| index.parse().ok()) {
            Some(index) => Step::Item(index),
            None => Step::Key(step),
        })
        .collect()
}
