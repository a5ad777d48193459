//! What the hub tells of the weights of each revision without fetching them: the checksum of every file.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use spyglass_dashboards::run::{Checkpoint, RunTree};

use super::client::Client;
use super::listing::{Part, RemoteFile};
use super::needed::{Weights, weights};
use super::pinned::Pinned;
use super::settings::Settings;
use super::wait::Talk;
use crate::Result;

/// The checksums of weight files by commit, remembered in `results/.contents.jsonl`: a commit never changes.
#[derive(Debug)]
pub(crate) struct Contents {
    file: PathBuf,
    known: BTreeMap<String, BTreeMap<String, String>>,
}

/// A line of the file.
#[derive(Debug, Serialize, Deserialize)]
struct Known {
    /// The commit, with the folder of it where that is the checkpoint.
    commit: String,
    /// The checksum of each weight file, by its name.
    files: BTreeMap<String, String>,
}

impl Contents {
    /// What is remembered under a results folder; lines that cannot be read are forgotten, they cost only a request.
    pub(crate) fn open(results: &Path) -> Self {
        let file = results.join(".contents.jsonl");
        let text = fs_err::read_to_string(&file).unwrap_or_default();
        let lines = text.lines().filter_map(|line| serde_json::from_str::<Known>(line).ok());
        Self { known: lines.map(|line| (line.commit, line.files)).collect(), file }
    }

    /// Asks the hub for the revisions of a run that are not known. Where it does not answer, the rest is left: fetching tells why.
    ///
    /// # Errors
    /// The results folder cannot be written.
    pub(crate) fn ask(&mut self, tree: &RunTree, talk: Talk<'_>) -> Result<()> {
        let checkpoints = tree.branches.iter().flat_map(|branch| &branch.checkpoints);
        let unknown: Vec<Pinned> = checkpoints
            .filter_map(|at| Pinned::parse(&at.location))
            .filter(|pinned| !self.known.contains_key(&pinned.part()))
            .collect();
        let Ok(settings) = Settings::from_env() else { return Ok(()) };
        if unknown.is_empty() || settings.offline {
            return Ok(());
        }
        let client = Client::new(settings);
        for pinned in unknown {
            let Ok(Some(files)) = client.files(&pinned, Part::Folder, talk) else { break };
            let known = Known { commit: pinned.part(), files: checksums(&files) };
            if self.file.parent().is_some_and(Path::is_dir) {
                // A line is added at once: another sweep may add one at the same time.
                let line = serde_json::to_string(&known).expect("plain data") + "\n";
                fs_err::OpenOptions::new().create(true).append(true).open(&self.file)?.write_all(line.as_bytes())?;
            }
            self.known.insert(known.commit, known.files);
        }
        Ok(())
    }

    /// The checksum of each weight file of a checkpoint on the hub, by its name; `None` where nothing is known of it.
    pub(crate) fn of(&self, checkpoint: &Checkpoint) -> Option<&BTreeMap<String, String>> {
        self.known.get(&Pinned::parse(&checkpoint.location)?.part())
    }
}

/// The checksums of the weights in the form that is read: of one file, or of all shards of it.
fn checksums(files: &[RemoteFile]) -> BTreeMap<String, String> {
    let found: Vec<&RemoteFile> = match weights(files) {
        Some(Weights::Whole(file)) => vec![file],
        Some(Weights::Shards(index)) => {
            let whole = index.path.trim_end_matches(".index.json");
            let (stem, ending) = whole.rsplit_once('.').unwrap_or((whole, ""));
            let is_shard =
                |file: &&RemoteFile| file.path.starts_with(&format!("{stem}-")) && file.path.ends_with(ending);
            files.iter().filter(is_shard).collect()
        }
        None => Vec::new(),
    };
    found.into_iter().map(|file| (file.path.clone(), file.checksum.digits().to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::super::checksum::Checksum;
    use super::*;

    #[test]
    fn the_shards_of_the_form_that_is_read() {
        let sha = |path: &str, digit: &str| RemoteFile {
            path: path.into(),
            size: 1,
            checksum: Checksum::sha256(&digit.repeat(64)).unwrap(),
        };
        let index = |path: &str| RemoteFile {
            path: path.into(),
            size: 1,
            checksum: Checksum::of_git(&"0".repeat(40)).unwrap(),
        };
        let names = |files: &[RemoteFile]| checksums(files).into_keys().collect::<Vec<_>>();
        let shards = [
            index("model.safetensors.index.json"),
            sha("model-00001-of-00002.safetensors", "a"),
            sha("model-00002-of-00002.safetensors", "b"),
            sha("pytorch_model.bin", "c"),
            sha("optimizer.bin", "d"),
        ];
        assert_eq!(names(&shards[..3]), ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]);
        assert_eq!(names(&shards[3..]), ["pytorch_model.bin"]);
        assert_eq!(checksums(&[]), BTreeMap::new());
    }
}
