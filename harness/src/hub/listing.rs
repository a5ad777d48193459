//! What there is on the hub: the revisions of a repository, and the files of a revision.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::address::{Repo, encoded, is_commit, joined};
use super::checksum::Checksum;
use super::client::{Client, Reply, header};
use super::ledger::is_below;
use super::pinned::Pinned;
use super::refusal::{Asked, refusal};
use super::wait::Talk;
use crate::{Error, Result};

/// A listing has no more pages.
const MOST_PAGES: usize = 10_000;

/// What is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The files of a folder alone.
    Folder,
    /// Those of the folders in it as well.
    Below,
}

/// A branch or tag, and the commit that it is at present.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Revision {
    pub(crate) name: String,
    pub(crate) commit: String,
}

/// A file of a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RemoteFile {
    pub(crate) path: String,
    /// Bytes.
    pub(crate) size: u64,
    pub(crate) checksum: Checksum,
}

#[derive(Deserialize)]
struct Refs {
    #[serde(default)]
    branches: Vec<Ref>,
    #[serde(default)]
    tags: Vec<Ref>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ref {
    name: String,
    target_commit: String,
}

#[derive(Deserialize)]
struct Entry {
    r#type: String,
    path: String,
    #[serde(default)]
    size: u64,
    #[serde(default)]
    oid: String,
    lfs: Option<Lfs>,
}

#[derive(Deserialize)]
struct Lfs {
    oid: String,
    size: Option<u64>,
}

impl Client {
    /// The branches and tags of a repository. `None` where it was stopped meanwhile.
    ///
    /// # Errors
    /// There is no such repository, or nobody answers.
    pub(crate) fn revisions(&self, repo: &Repo, talk: Talk<'_>) -> Result<Option<Vec<Revision>>> {
        let address = self.address(&repo.api("refs"));
        let refused = |reply: &_| refusal(self, repo, Asked::Revisions, reply);
        let Some((refs, _)) = self.json::<Refs>(&address, talk, refused)? else { return Ok(None) };
        let all = refs
            .branches
            .into_iter()
            .chain(refs.tags)
            .filter(|own| is_below(&own.name) && is_commit(&own.target_commit));
        Ok(Some(all.map(|own| Revision { name: own.name, commit: own.target_commit.to_ascii_lowercase() }).collect()))
    }

    /// The model repositories of an organisation. `None` where it was stopped meanwhile.
    ///
    /// # Errors
    /// Nobody answers, or it is refused.
    pub(crate) fn models(&self, organisation: &str, talk: Talk<'_>) -> Result<Option<Vec<Repo>>> {
        #[derive(Deserialize)]
        struct Model {
            id: String,
        }
        let first = self.address(&format!("api/models?author={}&limit=1000", encoded(organisation, "")));
        let refused = |reply: &Reply| Error::Hub {
            address: reply.address.clone(),
            problem: format!("it answers with {}", reply.status),
            help: "name the repositories one by one".into(),
        };
        let found = self.pages::<Model>(first, talk, &refused)?;
        Ok(found.map(|found| found.into_iter().filter_map(|own| Repo::model(&own.id).ok()).collect()))
    }

    /// All entries of a listing. `None` where it was stopped meanwhile.
    fn pages<T: DeserializeOwned>(
        &self,
        mut address: String,
        talk: Talk<'_>,
        refused: &dyn Fn(&Reply) -> Error,
    ) -> Result<Option<Vec<T>>> {
        let mut all = Vec::new();
        for _ in 0..MOST_PAGES {
            let Some((entries, headers)) = self.json::<Vec<T>>(&address, talk, refused)? else { return Ok(None) };
            all.extend(entries);
            match header(&headers, "Link").and_then(next) {
                Some(next) => address = joined(&address, next),
                None => return Ok(Some(all)),
            }
        }
        Err(Error::Hub {
            address,
            problem: format!("the listing goes on after {MOST_PAGES} pages"),
            help: "this is not how the hub answers: look at HF_ENDPOINT".into(),
        })
    }

    /// The files of a checkpoint, or of all that lies below it; their paths are those below its folder. `None` where it was stopped
    /// meanwhile.
    ///
    /// # Errors
    /// The revision is gone, or nobody answers.
    pub(crate) fn files(&self, of: &Pinned, part: Part, talk: Talk<'_>) -> Result<Option<Vec<RemoteFile>>> {
        let recursive = if part == Part::Below { "?recursive=true" } else { "" };
        let tree = format!("tree/{}", of.path_in(&encoded(&of.commit, "")));
        let first = self.address(&of.repo.api(&format!("{tree}{recursive}")));
        let refused = |reply: &Reply| refusal(self, &of.repo, Asked::Files(of), reply);
        let entries = self.pages::<Entry>(first, talk, &refused)?;
        Ok(entries.map(|all| all.into_iter().filter_map(Entry::file).filter_map(|file| of.own(file)).collect()))
    }
}

impl Entry {
    /// The file, if it is one with a checksum.
    fn file(self) -> Option<RemoteFile> {
        if self.r#type != "file" || !is_below(&self.path) {
            return None;
        }
        let (size, checksum) = match self.lfs {
            Some(lfs) => (lfs.size.unwrap_or(self.size), Checksum::sha256(&lfs.oid)?),
            None => (self.size, Checksum::of_git(&self.oid)?),
        };
        Some(RemoteFile { path: self.path, size, checksum })
    }
}

/// The address of the next page in a `Link` header: `<https://…>; rel="next"`.
fn next(link: &str) -> Option<&str> {
    let is_next = |part: &&str| part.split(';').skip(1).any(|word| word.trim().replace('"', "") == "rel=next");
    let part = link.split(", <").find(is_next)?;
    part.trim().trim_start_matches('<').split('>').next()
}

#[cfg(test)]
mod tests {
    use super::next;

    #[test]
    fn the_next_page_is_found() {
        assert_eq!(next("<https://h/a?cursor=x>; rel=\"next\""), Some("https://h/a?cursor=x"));
        assert_eq!(next("<https://h/0>; rel=\"prev\", </a?b,c>; rel=next"), Some("/a?b,c"));
        assert_eq!(next("<https://h/0>; rel=\"prev\""), None);
    }
}
