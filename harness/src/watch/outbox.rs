//! News on their way: each goes out once by each way, whatever is started again meanwhile.
//!
//! `told.jsonl` in the results holds what is new (`{"new": …}`), from where on a way is in use (`{"way": way}`), and what it took
//! (`{"told": id, "by": way}`). What is new since then and not told is sent, by a thread for each way, until it is taken.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::deliver::Way;
use super::news::News;
use crate::Result;
use crate::results::append_line;

const FILE: &str = "told.jsonl";
/// Time until the next try after the first failure, and the most that it grows to.
const PAUSES: [Duration; 2] = [Duration::from_secs(2), Duration::from_mins(10)];
const UNPOISONED: &str = "no thread panics while it holds the lock";

#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Line {
    New { new: News },
    Way { way: String },
    Told { told: String, by: String },
}

/// What is known of all news.
#[derive(Debug, Default)]
struct State {
    news: BTreeMap<String, News>,
    told: BTreeSet<(String, String)>,
    ways: BTreeSet<String>,
    is_ending: bool,
}

impl State {
    fn read(file: &Path) -> Self {
        let mut state = Self::default();
        let text = fs_err::read(file).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        for line in text.lines().filter_map(|line| serde_json::from_str(line).ok()) {
            match line {
                Line::New { new } => drop(state.news.insert(new.id.clone(), new)),
                Line::Way { way } => state.begin(&way),
                Line::Told { told, by } => {
                    state.ways.insert(by.clone());
                    state.told.insert((told, by));
                }
            }
        }
        state
    }

    /// A way that is new: what is known by now is no news to it.
    fn begin(&mut self, way: &str) {
        if self.ways.insert(way.into()) {
            self.told.extend(self.news.keys().map(|id| (id.clone(), way.to_owned())));
        }
    }

    fn pending(&self, way: &str) -> Vec<News> {
        let is_new = |news: &&News| !self.told.contains(&(news.id.clone(), way.to_owned()));
        self.news.values().filter(is_new).cloned().collect()
    }
}

struct Shared {
    file: PathBuf,
    run: String,
    state: Mutex<State>,
    changed: Condvar,
    say: Box<dyn Fn(&str) + Send + Sync>,
}

/// News on their way.
pub(super) struct Outbox {
    shared: Arc<Shared>,
    senders: Vec<JoinHandle<()>>,
}

impl Outbox {
    /// Takes up what an earlier watch left. A way that is new starts with what is news from now on.
    pub(super) fn open(results: &Path, run: &str, ways: &[Way], say: impl Fn(&str) + Send + Sync + 'static) -> Self {
        let file = results.join(FILE);
        let shared = Arc::new(Shared {
            state: Mutex::new(State::read(&file)),
            changed: Condvar::new(),
            run: run.into(),
            say: Box::new(say),
            file,
        });
        for way in ways {
            let mut state = shared.lock();
            if !state.ways.contains(way.name()) {
                state.begin(way.name());
                shared.note_down(std::iter::once(Line::Way { way: way.name().into() }));
            }
        }
        let senders = ways.iter().cloned().map(|way| {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || shared.send(&way))
        });
        Self { senders: senders.collect(), shared }
    }

    /// Takes what is new of `all` on its way; gives that back.
    ///
    /// # Errors
    /// The results folder cannot be written: then it is still new the next time.
    pub(super) fn add(&self, all: Vec<News>) -> Result<Vec<News>> {
        let mut state = self.shared.lock();
        let new: Vec<News> = all.into_iter().filter(|news| !state.news.contains_key(&news.id)).collect();
        self.shared.write(new.iter().map(|news| Line::New { new: news.clone() }))?;
        state.news.extend(new.iter().map(|news| (news.id.clone(), news.clone())));
        self.shared.changed.notify_all();
        Ok(new)
    }

    /// Tries once more to send what is left, and ends. What nobody takes is sent by the next watch.
    pub(super) fn end(self) {
        self.shared.lock().is_ending = true;
        self.shared.changed.notify_all();
        self.senders.into_iter().for_each(|sender| drop(sender.join()));
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect(UNPOISONED)
    }

    /// Adds lines, on disk when this returns.
    fn write(&self, lines: impl Iterator<Item = Line>) -> Result<()> {
        let lines: Vec<String> = lines.map(|line| serde_json::to_string(&line).expect("plain data")).collect();
        if lines.is_empty() { Ok(()) } else { append_line(&self.file, &lines.join("\n")) }
    }

    fn taken(&self, state: &mut State, ids: impl Iterator<Item = String>, by: &str) {
        let ids: Vec<String> = ids.collect();
        // Even where it cannot be written down: in this life it is not told again.
        state.told.extend(ids.iter().map(|id| (id.clone(), by.to_owned())));
        self.note_down(ids.into_iter().map(|told| Line::Told { told, by: by.into() }));
    }

    /// Adds lines; where they cannot be written, that is said.
    fn note_down(&self, lines: impl Iterator<Item = Line>) {
        if let Err(error) = self.write(lines) {
            (self.say)(&error.in_full());
        }
    }

    /// Sends what is new by one way, for as long as the watch lives.
    fn send(&self, way: &Way) {
        let mut pause = PAUSES[0];
        loop {
            let (pending, is_last) = {
                let mut state = self.lock();
                while state.pending(way.name()).is_empty() && !state.is_ending {
                    state = self.changed.wait(state).expect(UNPOISONED);
                }
                (state.pending(way.name()), state.is_ending)
            };
            if pending.is_empty() {
                return;
            }
            match way.tell(&self.run, &pending) {
                Ok(()) => {
                    pause = PAUSES[0];
                    let ids = pending.into_iter().map(|news| news.id);
                    self.taken(&mut self.lock(), ids, way.name());
                }
                Err(why) if is_last => {
                    (self.say)(&format!("not told yet, and kept for the next watch: {why}"));
                    return;
                }
                Err(why) => {
                    (self.say)(&format!("{why}; tried again in {} s", pause.as_secs()));
                    let state = self.lock();
                    drop(self.changed.wait_timeout_while(state, pause, |state| !state.is_ending).expect(UNPOISONED));
                    pause = (pause * 2).min(PAUSES[1]);
                }
            }
        }
    }
}
