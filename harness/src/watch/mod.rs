//! Watching a run while it trains: what is complete is scored, what is new is told.

mod arrivals;
mod complete;
mod deliver;
mod files;
mod look;
mod metrics;
mod news;
mod outbox;
mod ready;
mod retries;
mod watcher;

pub(crate) use watcher::{Until, Watcher, watch};
