//! Brings a checkpoint of the hub into the cache and holds it there while it is used.

use std::path::{Path, PathBuf};

use super::cache::Cache;
use super::client::Client;
use super::download::{Download, not_written};
use super::ledger::Ledger;
use super::listing::{Part, RemoteFile};
use super::lock::Lock;
use super::needed::{Weights, shards, small_files, weights};
use super::pinned::Pinned;
use super::refusal::{Asked, refusal};
use super::settings::Settings;
use super::space::{Linked, Space, own};
use super::wait::Talk;
use crate::checkpoint::{PIECES, TOKENIZER};
use crate::progress::Interrupt;
use crate::{Error, Result};

/// How often a file may vanish between being fetched and being used, which only another program can do.
const VANISHED: usize = 3;

/// What is asked for of a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    /// All that it takes to run it.
    Model,
    /// What turns text into tokens.
    Tokenizer,
}

/// Brings checkpoints of the hub into the cache.
pub(crate) struct Fetcher {
    client: Client,
    space: Space,
}

/// A checkpoint that lies in the cache and stays there until this is dropped.
pub(crate) struct Held<'a> {
    fetcher: &'a Fetcher,
    pinned: Pinned,
    /// What becomes of it then.
    keep: bool,
    /// While it is held no other program deletes it.
    lock: Option<Lock>,
    /// Its folder.
    pub(crate) folder: PathBuf,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        drop(self.lock.take()); // it would keep ourselves from deleting as well
        self.fetcher.space.give_back(&self.pinned, self.keep);
    }
}

impl Fetcher {
    /// One that notes under `results` what it fetches, and lets at most `disk` bytes of that lie there.
    pub(crate) fn new(settings: Settings, results: &Path, disk: Option<u64>) -> Self {
        drop(fs_err::create_dir_all(&settings.cache)); // what cannot be made is told when a file is written
        let (cache, ledger) = (Cache::new(settings.cache.clone()), Ledger::new(results, &settings.cache));
        Self { space: Space::new(cache, Some(ledger), disk), client: Client::new(settings) }
    }

    /// The same, where what is given back waits for nobody as soon as `stop` says so.
    pub(crate) fn until(mut self, stop: Interrupt) -> Self {
        self.space.stop = stop;
        self
    }

    /// One whose files stay for good.
    pub(crate) fn for_good(settings: Settings) -> Self {
        let cache = Cache::new(settings.cache.clone());
        Self { space: Space::new(cache, None, None), client: Client::new(settings) }
    }

    /// Lets everything go that was fetched here, also by an earlier run that was killed, but for what is to be kept, and what has come
    /// of the checkpoints that are `wanted` still and could not be had.
    pub(crate) fn let_go(&self, kept: &[Pinned], wanted: &[Pinned]) {
        self.space.let_go(kept, wanted);
    }

    /// Fetches what is missing of a checkpoint, and holds it; when it is given back it stays where `keep` says so. `None` where it
    /// was stopped meanwhile: what has come stays for the next time.
    ///
    /// # Errors
    /// The revision is gone or refused, holds no weights in a form that is read, a file is damaged on the way or does not fit.
    pub(crate) fn bring(&self, pinned: &Pinned, keep: bool, talk: Talk<'_>) -> Result<Option<Held<'_>>> {
        self.bring_for(pinned, Needs::Model, keep, talk)
    }

    /// The same, or what is needed of it for tokens alone.
    ///
    /// # Errors
    /// As [`Self::bring`].
    pub(crate) fn bring_for(
        &self,
        pinned: &Pinned,
        needs: Needs,
        keep: bool,
        talk: Talk<'_>,
    ) -> Result<Option<Held<'_>>> {
        let place = self.space.in_use_elsewhere(&pinned.repo.folder(), &pinned.mark());
        let Some(lock) = Lock::shared(&place, talk)? else { return Ok(None) };
        self.space.take(pinned);
        let folder = self.space.cache.checkpoint(pinned);
        // Until it is whole it is kept, so that the next try goes on from here.
        let mut held = Held { fetcher: self, pinned: pinned.clone(), keep: true, lock: Some(lock), folder };
        let is_there = if self.client.settings.offline {
            is_there(pinned, &held.folder, needs)?
        } else {
            loop {
                match self.fetch(pinned, &held.folder, needs, talk) {
                    Err(Error::Full { .. }) if self.space.make_way(pinned, talk) => {}
                    other => break other.map_err(|error| self.with_what_is_kept(pinned, error))?,
                }
            }
        };
        held.keep = keep;
        Ok(is_there.then_some(held))
    }

    /// The error, with what becomes of the files that have come before it.
    fn with_what_is_kept(&self, pinned: &Pinned, error: Error) -> Error {
        const KEPT: &str =
            "; what has come of it is kept, and the next try goes on from there (unless `disk:` needs the room before)";
        match error {
            Error::Hub { address, problem, help } if self.space.has_begun(pinned) => {
                Error::Hub { address, problem, help: help + KEPT }
            }
            Error::Results { path, problem, help } if self.space.has_begun(pinned) => {
                Error::Results { path, problem, help: help + KEPT }
            }
            Error::Full { problem, help } if self.space.has_begun(pinned) => Error::Full { problem, help: help + KEPT },
            other => other,
        }
    }

    /// Fetches what is missing; false where it was stopped.
    fn fetch(&self, pinned: &Pinned, folder: &Path, needs: Needs, talk: Talk<'_>) -> Result<bool> {
        let Some(files) = self.client.files(pinned, Part::Folder, talk)? else { return Ok(false) };
        let mut needed = small_files(&files);
        let weights = match needs {
            Needs::Model => Some(weights(&files).ok_or_else(|| no_weights(pinned, &files))?),
            Needs::Tokenizer => None,
        };
        if needs == Needs::Model && !needed.iter().any(|file| file.path == "config.json") {
            return Err(incomplete(pinned, "holds no config.json", &files));
        }
        if needs == Needs::Tokenizer && !needed.iter().any(|file| is_tokenizer(&file.path)) {
            return Err(incomplete(pinned, "holds no tokenizer.json and no tokenizer.model", &files));
        }
        self.space.cache.prepare(&pinned.repo)?;
        let is_noted = self.space.cache.is_noted(pinned);
        if let Some(ledger) = &self.space.ledger {
            ledger.begin_commit(pinned, is_noted)?;
        }
        match weights {
            None => {}
            Some(Weights::Whole(file)) => needed.push(file),
            Some(Weights::Shards(index)) => {
                if !self.bring_file(pinned, folder, index, talk)? {
                    return Ok(false);
                }
                let text = fs_err::read(folder.join(&index.path))?;
                needed.push(index);
                needed.extend(
                    shards(&text, &files)
                        .map_err(|what| incomplete(pinned, &format!("{} {what}", index.path), &files))?,
                );
            }
        }
        let Some(_room) = self.space.make_room(&pinned.repo, &needed, talk)? else { return Ok(false) };
        for _ in 0..VANISHED {
            for file in &needed {
                if !self.bring_file(pinned, folder, file, talk)? {
                    return Ok(false);
                }
            }
            if needed.iter().all(|file| folder.join(&file.path).exists()) {
                if !is_noted {
                    self.space.cache.note_revision(pinned)?;
                }
                match &self.space.ledger {
                    Some(ledger) => ledger.finish(pinned)?,
                    None => self.space.cache.keep_for_good(pinned)?,
                }
                return Ok(true);
            }
        }
        Err(incomplete(
            pinned,
            &format!("is deleted from {} by another program again and again", folder.display()),
            &[],
        ))
    }

    /// Fetches a file of a checkpoint, unless it is there; false where it was stopped.
    fn bring_file(&self, pinned: &Pinned, folder: &Path, file: &RemoteFile, talk: Talk<'_>) -> Result<bool> {
        let place = folder.join(&file.path);
        if let Ok(there) = fs_err::metadata(&place) {
            return whole(&place, there.len(), file);
        }
        let (own, blob) = (own(&pinned.repo, file), self.space.cache.blob(&pinned.repo, &file.checksum));
        loop {
            if let Ok(there) = fs_err::metadata(&blob) {
                whole(&blob, there.len(), file)?;
                match self.space.link(pinned, file, talk)? {
                    Linked::Here => return Ok(true),
                    Linked::Stopped => return Ok(false),
                    Linked::Gone => {}
                }
            }
            let lock = self.space.cache.lock_file(&own.folder, &own.digits);
            let Some(_lock) = Lock::exclusive(&lock, talk)? else { return Ok(false) };
            if blob.exists() {
                continue; // another program has fetched it meanwhile
            }
            if let Some(ledger) = &self.space.ledger {
                ledger.begin(&own, pinned)?;
            }
            let refused =
                |reply: &_| refusal(&self.client, &pinned.repo, Asked::File(&pinned.revision, &file.path), reply);
            let partial = self.space.partial(&own);
            let address = self.client.address(&pinned.repo.file(&pinned.commit, &pinned.path(&file.path)));
            let download =
                Download { client: &self.client, file, address, partial: partial.clone(), talk, refused: &refused };
            if !download.run()? {
                return Ok(false);
            }
            fs_err::rename(&partial, &blob).map_err(|error| not_written(&blob, &error))?;
        }
    }
}

fn is_tokenizer(name: &str) -> bool {
    [TOKENIZER[0], PIECES[0]].contains(&name)
}

/// Without a network: whether all of it lies here.
fn is_there(pinned: &Pinned, folder: &Path, needs: Needs) -> Result<bool> {
    let is_whole = match needs {
        Needs::Model => folder.join("config.json").exists() && spyglass_model::weight_files(folder).is_ok(),
        Needs::Tokenizer => [TOKENIZER[0], PIECES[0]].iter().any(|name| folder.join(name).exists()),
    };
    if is_whole {
        return Ok(true);
    }
    Err(Error::Hub {
        address: pinned.to_string(),
        problem: format!("HF_HUB_OFFLINE is set, and the cache does not hold it whole ({})", folder.display()),
        help: "unset it, or fetch with `spyglass pull` while there is a network".into(),
    })
}

/// A file that lies in the cache already is as large as it should be.
fn whole(place: &Path, size: u64, file: &RemoteFile) -> Result<bool> {
    if size == file.size {
        return Ok(true);
    }
    Err(Error::Results {
        path: place.to_path_buf(),
        problem: format!("holds {size} bytes, and the hub says {}", file.size),
        help: "the cache is damaged there: remove this file (and what it links to), and run it again".into(),
    })
}

fn no_weights(pinned: &Pinned, files: &[RemoteFile]) -> Error {
    incomplete(
        pinned,
        "holds no weights in a form that is read (model.safetensors or pytorch_model.bin, whole or in shards)",
        files,
    )
}

fn incomplete(pinned: &Pinned, what: &str, files: &[RemoteFile]) -> Error {
    let names: Vec<&str> = files.iter().take(12).map(|file| file.path.as_str()).collect();
    let there = if names.is_empty() { String::new() } else { format!("; there are: {}", names.join(", ")) };
    Error::Hub {
        address: pinned.to_string(),
        problem: format!("the revision {what}{there}"),
        help: "leave it out with `revisions:` or `pattern:`, or ask whoever publishes it".into(),
    }
}
