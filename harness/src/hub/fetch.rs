//! Brings a checkpoint of the hub into the cache and holds it there while it is used.

use std::path::{Path, PathBuf};

use super::address::Pinned;
use super::cache::Cache;
use super::client::Client;
use super::download::{Download, not_written};
use super::ledger::Ledger;
use super::listing::RemoteFile;
use super::lock::Lock;
use super::needed::{Weights, shards, small_files, weights};
use super::refusal::{Asked, refusal};
use super::settings::Settings;
use super::space::{Space, own};
use super::wait::Talk;
use crate::{Error, Result};

/// How often a file may vanish between being fetched and being used, which only another program can do.
const VANISHED: usize = 3;

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

    /// One whose files stay for good.
    pub(crate) fn for_good(settings: Settings) -> Self {
        let cache = Cache::new(settings.cache.clone());
        Self { space: Space::new(cache, None, None), client: Client::new(settings) }
    }

    /// Lets everything go that was fetched here, also by an earlier run that was killed, but for what is to be kept.
    pub(crate) fn let_go(&self, kept: &[Pinned]) {
        self.space.let_go(kept);
    }

    /// Fetches what is missing of a checkpoint, and holds it; when it is given back it stays where `keep` says so. `None` where it
    /// was stopped meanwhile: what has come stays for the next time.
    ///
    /// # Errors
    /// The revision is gone or refused, holds no weights in a form that is read, a file is damaged on the way or does not fit.
    pub(crate) fn bring(&self, pinned: &Pinned, keep: bool, talk: Talk<'_>) -> Result<Option<Held<'_>>> {
        let place = self.space.cache.lock_file(&pinned.repo.folder(), &format!("{}.spyglass", pinned.commit));
        let Some(lock) = Lock::shared(&place, talk)? else { return Ok(None) };
        self.space.take(pinned);
        let folder = self.space.cache.snapshot(&pinned.repo, &pinned.commit);
        // Until it is whole it is kept, so that the next try goes on from here.
        let mut held = Held { fetcher: self, pinned: pinned.clone(), keep: true, lock: Some(lock), folder };
        let is_there = if self.client.settings.offline {
            is_there(pinned, &held.folder)?
        } else {
            self.fetch(pinned, &held.folder, talk)?
        };
        held.keep = keep;
        Ok(is_there.then_some(held))
    }

    /// Fetches what is missing; false where it was stopped.
    fn fetch(&self, pinned: &Pinned, folder: &Path, talk: Talk<'_>) -> Result<bool> {
        let Some(files) = self.client.files(&pinned.repo, &pinned.commit, false, talk)? else { return Ok(false) };
        let mut needed = small_files(&files);
        let weights = weights(&files).ok_or_else(|| no_weights(pinned, &files))?;
        if !needed.iter().any(|file| file.path == "config.json") {
            return Err(incomplete(pinned, "holds no config.json", &files));
        }
        self.space.cache.prepare(&pinned.repo)?;
        let is_noted = self.space.cache.is_noted(pinned);
        if let Some(ledger) = &self.space.ledger {
            ledger.begin_commit(pinned, if is_noted { "" } else { &pinned.revision })?;
        }
        match weights {
            Weights::Whole(file) => needed.push(file),
            Weights::Shards(index) => {
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
        if !self.space.make_room(&pinned.repo, &needed, talk)? {
            return Ok(false);
        }
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
                if self.space.ledger.is_none() {
                    self.space.cache.keep_for_good(pinned)?;
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
                if self.space.link(pinned, file)? {
                    return Ok(true);
                }
            }
            let lock = self.space.cache.lock_file(&own.folder, &own.digits);
            let Some(_lock) = Lock::exclusive(&lock, talk)? else { return Ok(false) };
            if blob.exists() {
                continue; // another program has fetched it meanwhile
            }
            if let Some(ledger) = &self.space.ledger {
                ledger.begin(&own)?;
            }
            let refused =
                |reply: &_| refusal(&self.client, &pinned.repo, Asked::File(&pinned.revision, &file.path), reply);
            let partial = self.space.partial(&own);
            let address = self.client.address(&pinned.repo.file(&pinned.commit, &file.path));
            let download =
                Download { client: &self.client, file, address, partial: partial.clone(), talk, refused: &refused };
            if !download.run()? {
                return Ok(false);
            }
            fs_err::rename(&partial, &blob).map_err(|error| not_written(&blob, &error))?;
        }
    }
}

/// Without a network: whether all of it lies here.
fn is_there(pinned: &Pinned, folder: &Path) -> Result<bool> {
    if folder.join("config.json").exists() && spyglass_model::weight_files(folder).is_ok() {
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
