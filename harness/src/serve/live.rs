//! What the server knows: the results, and how far the work has come, looked at now and then and sent to whoever listens.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use spyglass_dashboards::run::{Note, Rating};
use tokio::sync::watch;

use super::progress::{Progress, Watcher};
use crate::progress::Interrupt;
use crate::ratings::RatingFile;
use crate::results::{Store, now};
use crate::run_file::RunFile;
use crate::{Error, Result};

/// How often the results are looked at, at most.
const EVERY: Duration = Duration::from_secs(1);
/// Looking may take this share of the time.
const SHARE: u32 = 10;

/// Notes that this process was given, so that two of one second have two ids.
static NOTES: AtomicU64 = AtomicU64::new(0);

/// What the server knows.
#[derive(Debug)]
pub(crate) struct Live {
    pub(super) store: Store,
    run: Option<RunFile>,
    told: watch::Sender<Arc<str>>,
    changed: AtomicBool,
}

impl Live {
    /// Serves a results folder, and counts the units of the run file where there is one.
    pub(crate) fn new(store: Store, run: Option<RunFile>) -> Arc<Self> {
        let (told, _) = watch::channel(Arc::from(to_json(&Progress::default())));
        Arc::new(Self { store, run, told, changed: AtomicBool::new(false) })
    }

    /// Looks at the results until it is time to stop.
    pub(crate) fn watch(&self, stop: &Interrupt) {
        let mut watcher = Watcher::new(self.store.clone(), self.run.clone());
        while !stop.is_set() {
            let began = Instant::now();
            let told: Arc<str> = to_json(&watcher.look()).into();
            self.told.send_if_modified(|known| {
                *known != told && {
                    *known = told;
                    true
                }
            });
            let pause = EVERY.max(began.elapsed() * SHARE);
            let until = Instant::now() + pause;
            while Instant::now() < until && !stop.is_set() {
                std::thread::sleep(Duration::from_millis(100));
            }
        }
    }

    /// Is told how far the work has come, now and whenever that changes.
    pub(super) fn listen(&self) -> watch::Receiver<Arc<str>> {
        self.told.subscribe()
    }

    /// Whether notes or votes came in, which the report on disk does not have yet.
    pub(crate) fn has_changed(&self) -> bool {
        self.changed.load(Ordering::Relaxed)
    }

    /// What pages need that is newer than they are: notes, votes, checkpoints.
    pub(crate) fn kept(&self) -> Value {
        let (notes, _) = self.store.notes();
        let tree = self.store.snapshot().ok().flatten().map(|snapshot| snapshot.tree);
        let branches = tree.iter().flat_map(|tree| &tree.branches);
        let at = branches.flat_map(|branch| &branch.checkpoints);
        let at: Vec<Value> =
            at.map(|at| json!({"branch": at.branch, "step": at.step, "variant": at.variant})).collect();
        json!({"notes": notes, "ratings": self.store.ratings().unwrap_or_default(), "checkpoints": at})
    }

    /// Keeps a note, which is given the time and, where it has none, an id.
    ///
    /// # Errors
    /// It is none, or the results cannot be written.
    pub(crate) fn add_note(&self, body: &[u8]) -> Result<Note> {
        let mut value: Value = serde_json::from_slice(body).map_err(|error| wrong("a note", &error.to_string()))?;
        let fields = value.as_object_mut().ok_or_else(|| wrong("a note", "it is no object"))?;
        let time = now();
        let id = || format!("{time}-{}-{}", std::process::id(), NOTES.fetch_add(1, Ordering::Relaxed));
        fields.entry("id").or_insert_with(|| id().into());
        fields.insert("time".into(), time.clone().into());
        let note: Note = serde_json::from_value(value).map_err(|error| wrong("a note", &error.to_string()))?;
        if let Some(flaw) = note.flaw() {
            return Err(wrong("a note", &flaw));
        }
        self.store.add_note(&note)?;
        self.changed.store(true, Ordering::Relaxed);
        Ok(note)
    }

    /// Keeps a vote.
    ///
    /// # Errors
    /// It is none, or the results cannot be written.
    pub(crate) fn add_rating(&self, body: &[u8]) -> Result<Rating> {
        let text = std::str::from_utf8(body).map_err(|_| wrong("a rating", "it is no UTF-8 text"))?;
        // One line, whatever spaces and line ends it came with.
        let value: Value = serde_json::from_str(text).map_err(|error| wrong("a rating", &error.to_string()))?;
        let file = RatingFile::of("the request".as_ref(), &value.to_string())?;
        let (_, rating) = file.ratings.into_iter().next().ok_or_else(|| wrong("a rating", "it is empty"))?;
        self.store.add_rating(&rating)?;
        self.changed.store(true, Ordering::Relaxed);
        Ok(rating)
    }
}

fn wrong(what: &str, why: &str) -> Error {
    Error::Usage { problem: format!("is not {what} ({why})"), help: "the report's pages send such".into() }
}

fn to_json(progress: &Progress) -> String {
    serde_json::to_string(progress).expect("plain data")
}
