//! A checkpoint on the hub: where a person says that it lies, and the commit that this is at present.

use std::fmt;

use super::address::{COMMIT_DIGITS, Repo, SCHEME, encoded, is_commit};
use super::ledger::is_below;
use super::listing::RemoteFile;

/// Where a person says that something lies: `organisation/name`, `organisation/name@revision`, and a folder behind either.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) repo: Repo,
    /// What stands behind the `@`: a branch, a tag or a commit, and perhaps a folder. Only the hub knows where a name with a `/` ends.
    pub(super) behind: Option<String>,
    /// A folder of `main`, where no revision is named; else empty.
    pub(super) folder: String,
}

impl Address {
    /// Reads an address, with or without `hub:` in front.
    ///
    /// # Errors
    /// What is wrong with it, as the end of a sentence that begins with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let text = text.strip_prefix(SCHEME).unwrap_or(text);
        let (place, behind) = text.split_once('@').map_or((text, None), |(place, behind)| (place, Some(behind)));
        let (id, folder) = match place.match_indices('/').nth(1) {
            Some((end, _)) => (&place[..end], &place[end + 1..]),
            None => (place, ""),
        };
        let repo = Repo::model(id)?;
        let is_folder = |folder: &str| folder.is_empty() || is_below(folder);
        match behind {
            Some("") => Err("names no revision behind its `@`".into()),
            Some(_) if !folder.is_empty() => Err("has its folder before the `@`, where no folder can be".into()),
            _ if !is_folder(folder) || behind.is_some_and(|behind| !is_below(behind)) => {
                Err("leads to no folder of a repository".into())
            }
            _ => Ok(Self { repo, behind: behind.map(str::to_owned), folder: folder.trim_end_matches('/').into() }),
        }
    }

    /// Whether it names the repository alone.
    pub(crate) fn is_bare(&self) -> bool {
        self.behind.is_none() && self.folder.is_empty()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [("/", Some(&self.folder).filter(|folder| !folder.is_empty())), ("@", self.behind.as_ref())];
        write!(f, "{}", self.repo)?;
        parts
            .into_iter()
            .filter_map(|(sign, part)| Some((sign, part?)))
            .try_for_each(|(sign, part)| write!(f, "{sign}{part}"))
    }
}

/// A checkpoint on the hub, pinned to the commit that its revision was when the hub was asked: a branch may move meanwhile.
///
/// As text, in which form it is kept with each result: `hub:EleutherAI/pythia-160m@step1000#<40 digits>`, and `/folder` behind it where
/// it is a folder of the revision.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Pinned {
    pub(crate) repo: Repo,
    /// Name of the branch or tag.
    pub(crate) revision: String,
    pub(crate) commit: String,
    /// The folder of the revision that it lies in; empty where the revision is the checkpoint.
    pub(crate) folder: String,
}

impl Pinned {
    /// Reads the text form; `None` for everything else, such as a folder on disk.
    pub(crate) fn parse(location: &str) -> Option<Self> {
        let location = location.strip_prefix(SCHEME)?;
        let (id, rest) = location.split_once('@')?;
        let repo = Repo::model(id).ok()?;
        rest.match_indices('#').find_map(|(at, _)| {
            let behind = &rest[at + 1..];
            let commit = behind.get(..COMMIT_DIGITS).filter(|commit| is_commit(commit))?;
            let folder = match &behind[COMMIT_DIGITS..] {
                "" => "",
                folder => folder.strip_prefix('/').filter(|folder| is_below(folder))?,
            };
            Some(Self { repo: repo.clone(), revision: rest[..at].into(), commit: commit.into(), folder: folder.into() })
        })
    }

    /// What the files are known by, whatever the branch is called.
    pub(crate) fn key(&self) -> String {
        format!("{}@{}", self.repo.id, self.part())
    }

    /// The commit, and the folder of it where that is the checkpoint.
    pub(super) fn part(&self) -> String {
        if self.folder.is_empty() { self.commit.clone() } else { format!("{}/{}", self.commit, self.folder) }
    }

    /// The same as the name of a file.
    pub(super) fn mark(&self) -> String {
        if self.folder.is_empty() {
            return self.commit.clone();
        }
        format!("{}-{}", self.commit, &blake3::hash(self.folder.as_bytes()).to_hex()[..16])
    }

    /// The path of one of its files in the repository.
    pub(super) fn path(&self, name: &str) -> String {
        if self.folder.is_empty() { name.into() } else { format!("{}/{name}", self.folder) }
    }

    /// The address of its folder below that of its revision.
    pub(super) fn path_in(&self, revision: &str) -> String {
        if self.folder.is_empty() { revision.into() } else { format!("{revision}/{}", encoded(&self.folder, "/")) }
    }

    /// A file of the repository as seen from its folder; `None` where it lies elsewhere.
    pub(super) fn own(&self, file: RemoteFile) -> Option<RemoteFile> {
        if self.folder.is_empty() {
            return Some(file);
        }
        let path = file.path.strip_prefix(&self.folder)?.strip_prefix('/')?.to_owned();
        Some(RemoteFile { path, ..file })
    }
}

impl fmt::Display for Pinned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}#{}", self.repo, self.revision, self.part())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pinned_checkpoint_is_read_back_and_a_folder_on_disk_is_none() {
        let commit = "0123456789abcdef0123456789abcdef01234567";
        let repo = Repo::model("EleutherAI/pythia-160m").unwrap();
        for (revision, folder) in [("step1000", ""), ("a/b#c@d", ""), ("v1.0", "hf_ckpt/16.78B"), ("main", "a #b/c@d")]
        {
            let (revision, folder) = (revision.to_owned(), folder.to_owned());
            let pinned = Pinned { repo: repo.clone(), revision, commit: commit.into(), folder };
            assert_eq!(Pinned::parse(&pinned.to_string()), Some(pinned));
        }
        let others = ["trunk/checkpoint-1", "hub:a/b@c", "hub:a/b@c#123", "hub:a/b", ""].map(str::to_owned);
        let outside =
            [format!("hub:a/b@c#{commit}/../x"), format!("hub:a/b@c#{commit}x"), format!("hub:a/b@c#{commit}/")];
        for other in others.iter().chain(&outside) {
            assert_eq!(Pinned::parse(other), None, "{other}");
        }
    }

    #[test]
    fn addresses_are_read_as_a_person_writes_them() {
        let told =
            |text: &str| Address::parse(text).map(|own| (own.repo.id, own.behind.unwrap_or_default(), own.folder)).ok();
        let told_as =
            |id: &str, behind: &str, folder: &str| Some((id.to_owned(), behind.to_owned(), folder.to_owned()));
        assert_eq!(told("gpt2"), told_as("gpt2", "", ""));
        assert_eq!(told("hub:a/b"), told_as("a/b", "", ""));
        assert_eq!(told("hub:a/b@step1"), told_as("a/b", "step1", ""));
        assert_eq!(told("a/b@refs/pr/1/hf"), told_as("a/b", "refs/pr/1/hf", ""));
        assert_eq!(told("hub:a/b/hf_ckpt/16.78B"), told_as("a/b", "", "hf_ckpt/16.78B"));
        for none in
            ["", "hub:", "a/b@", "a/b/c@d", "a/b/../c", "a/b@../c", "https://huggingface.co/a/b", "a b/c", "a/b//c"]
        {
            assert_eq!(told(none), None, "{none}");
        }
        for text in ["hub:a/b", "hub:a/b@x/y", "hub:a/b/c/d"] {
            assert_eq!(Address::parse(text).unwrap().to_string(), text);
        }
    }
}
