//! Data sets of the hub: the files that a task reads, put where they are looked for.

use std::path::{Path, PathBuf};

use spyglass_tasks::DataSet;

use super::address::Repo;
use super::client::Client;
use super::download::{Download, not_written};
use super::listing::{Part, RemoteFile};
use super::pinned::Pinned;
use super::refusal::{Asked, refusal};
use super::revisions::{MAIN, revisions};
use super::settings::Settings;
use super::wait::Talk;
use crate::{Error, Result};

/// Where data sets lie as they were published, and where the hub puts what it has converted to Parquet.
const REVISIONS: [&str; 2] = [MAIN, "refs/convert/parquet"];

/// What a repository holds at one of its revisions.
struct Listing {
    revision: String,
    commit: String,
    files: Vec<RemoteFile>,
}

/// Fetches data sets; each repository is listed once.
pub(crate) struct DataFetcher {
    client: Client,
    known: Option<(Repo, Vec<Listing>)>,
}

impl DataFetcher {
    pub(crate) fn new(settings: Settings) -> Self {
        Self { client: Client::new(settings), known: None }
    }

    /// Fetches what a task reads into `out`, unless it lies there; the folder of the data set, or `None` where it was stopped.
    ///
    /// # Errors
    /// There is no such data set, it holds no file of the split, a file there is another one, or it cannot be fetched.
    pub(crate) fn bring(&mut self, set: &DataSet, out: &Path, talk: Talk<'_>) -> Result<Option<PathBuf>> {
        let repo = Repo::dataset(&set.id);
        let folder = out.join(&set.id);
        for revision in REVISIONS {
            let Some(listing) = self.listing(&repo, revision, talk)? else { return Ok(None) };
            let paths: Vec<&str> = listing.files.iter().map(|file| file.path.as_str()).collect();
            let chosen = set.choose(&paths);
            let files: Vec<(RemoteFile, PathBuf)> = chosen
                .into_iter()
                .filter_map(|(path, place)| {
                    Some((listing.files.iter().find(|file| file.path == path)?.clone(), folder.join(place)))
                })
                .collect();
            let (revision, commit) = (listing.revision.clone(), listing.commit.clone());
            for (file, place) in &files {
                if !self.file(&repo, (&revision, &commit), file, place, talk)? {
                    return Ok(None);
                }
            }
            if !files.is_empty() {
                return Ok(Some(folder));
            }
        }
        Err(Error::Hub {
            address: self.client.address(&repo.page()),
            problem: format!("no file of it is known as the split `{}`{}", set.splits[0], of_part(set)),
            help: format!(
                "fetch it by hand, and put it into {} as {}.parquet or .jsonl",
                folder.display(),
                set.splits[0]
            ),
        })
    }

    /// What a revision holds; nothing where there is no such revision. `None` where it was stopped.
    fn listing(&mut self, repo: &Repo, revision: &str, talk: Talk<'_>) -> Result<Option<&Listing>> {
        if self.known.as_ref().is_none_or(|(known, _)| known != repo) {
            self.known = Some((repo.clone(), Vec::new()));
        }
        let (_, listings) = self.known.as_mut().expect("it was set above");
        let place = listings.iter().position(|listing| listing.revision == revision);
        if let Some(place) = place {
            return Ok(listings.get(place));
        }
        let commit = match revision {
            MAIN => revisions(repo, talk)?.into_iter().find(|own| own.name == revision).map(|own| own.commit),
            converted => Some(converted.to_owned()),
        };
        let of = |commit: &String| Pinned {
            repo: repo.clone(),
            revision: revision.into(),
            commit: commit.clone(),
            folder: String::new(),
        };
        let files = match &commit {
            Some(commit) => match self.client.files(&of(commit), Part::Below, talk) {
                Ok(Some(files)) => files,
                Ok(None) => return Ok(None),
                // Few data sets are converted, and a missing one is no error of its own.
                Err(Error::Hub { problem, .. }) if revision != MAIN && problem.starts_with("the revision ") => {
                    Vec::new()
                }
                Err(error) => return Err(error),
            },
            None => Vec::new(),
        };
        listings.push(Listing { revision: revision.into(), commit: commit.unwrap_or_default(), files });
        Ok(listings.last())
    }

    /// Fetches one file; false where it was stopped.
    fn file(&self, repo: &Repo, at: (&str, &str), file: &RemoteFile, place: &Path, talk: Talk<'_>) -> Result<bool> {
        if let Ok(there) = fs_err::metadata(place) {
            if there.len() == file.size {
                return Ok(true);
            }
            return Err(Error::Results {
                path: place.to_path_buf(),
                problem: format!("lies here already with {} bytes; that of the hub has {}", there.len(), file.size),
                help: "move it away, or name another folder with --out".into(),
            });
        }
        let folder = place.parent().unwrap_or(Path::new(""));
        fs_err::create_dir_all(folder).map_err(|error| not_written(folder, &error))?;
        let name = place.file_name().unwrap_or_default().to_string_lossy();
        let partial = place.with_file_name(format!(".{name}.incomplete"));
        let (revision, commit) = at;
        let refused = |reply: &_| refusal(&self.client, repo, Asked::File(revision, &file.path), reply);
        let address = self.client.address(&repo.file(commit, &file.path));
        let download =
            Download { client: &self.client, file, address, partial: partial.clone(), talk, refused: &refused };
        if !download.run()? {
            return Ok(false);
        }
        fs_err::rename(&partial, place).map_err(|error| not_written(place, &error))?;
        Ok(true)
    }
}

fn of_part(set: &DataSet) -> String {
    set.part.as_ref().map(|part| format!(" of `{part}`")).unwrap_or_default()
}
