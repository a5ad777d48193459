//! The folders of a revision: where a run keeps its checkpoints side by side in one branch.

use std::collections::BTreeSet;
use std::path::Path;

use super::cache::Cache;
use super::client::Client;
use super::ledger::names;
use super::listing::Part;
use super::pinned::Pinned;
use super::settings::Settings;
use super::wait::Talk;
use crate::{Error, Result};

/// The folders below that of a checkpoint (below the root where it has none) that hold a config.json: from the hub, or without a
/// network from the cache.
///
/// # Errors
/// The revision is gone, or nobody answers.
pub(crate) fn folders(of: &Pinned, talk: Talk<'_>) -> Result<Vec<String>> {
    let settings = Settings::from_env()?;
    if settings.offline {
        let root = Cache::new(settings.cache).snapshot(&of.repo, &of.commit).join(&of.folder);
        return Ok(in_cache(&root));
    }
    let files = Client::new(settings)
        .files(of, Part::Below, talk)?
        .ok_or_else(|| Error::Interrupted { what: format!("{of} was asked for its folders") })?;
    let found: BTreeSet<&str> = files.iter().filter_map(|file| file.path.strip_suffix("/config.json")).collect();
    Ok(found.into_iter().map(str::to_owned).collect())
}

fn in_cache(root: &Path) -> Vec<String> {
    let (mut todo, mut found) = (vec![String::new()], Vec::new());
    while let Some(at) = todo.pop() {
        for name in names(&root.join(&at)) {
            let below = if at.is_empty() { name } else { format!("{at}/{name}") };
            if root.join(&below).join("config.json").exists() {
                found.push(below.clone());
            }
            if root.join(&below).is_dir() {
                todo.push(below);
            }
        }
    }
    found.sort();
    found
}
