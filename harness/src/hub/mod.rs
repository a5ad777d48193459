//! The hub: which revisions a public run has, fetching what is needed of each, and the part of the disk that it may take.
//!
//! Nothing here is reached unless somebody writes `hub:` (in a run file, behind `init`, `--model` or `--tokenizer`) or `pull`.

mod address;
mod cache;
mod checksum;
mod client;
mod contents;
mod data;
mod discover;
mod download;
mod fetch;
mod folders;
mod forward;
mod ledger;
mod letting_go;
mod listing;
mod local;
mod lock;
mod needed;
mod pinned;
mod proxy;
mod refusal;
mod revisions;
mod room;
mod settings;
mod space;
mod wait;

pub(crate) use address::{Repo, SCHEME};
pub(crate) use contents::Contents;
pub(crate) use data::DataFetcher;
pub(crate) use discover::{Source, discover};
pub(crate) use fetch::{Fetcher, Held, Needs};
pub(crate) use folders::folders;
pub(crate) use local::{Local, address, local};
pub(crate) use pinned::{Address, Pinned};
pub(crate) use revisions::{models, pinned, revisions};
pub(crate) use settings::Settings;
pub(crate) use wait::Talk;

use std::path::{Path, PathBuf};

use cache::Cache;

/// Whether a run with this results folder has fetched anything that it has not let go.
pub(crate) fn has_fetched(results: &Path) -> bool {
    Settings::from_env().is_ok_and(|own| !ledger::Ledger::new(results, &own.cache).is_empty())
}

/// The folder of a checkpoint in the cache, whether or not it is fetched.
pub(crate) fn folder_of(pinned: &Pinned) -> PathBuf {
    let settings = Settings::from_env();
    settings.map_or_else(|_| pinned.to_string().into(), |own| Cache::new(own.cache).checkpoint(pinned))
}
