//! Which files of a checkpoint are fetched: config, tokenizer and one form of weights; no optimiser state, no other form.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use spyglass_model::WEIGHT_FORMS;

use super::listing::RemoteFile;
use crate::checkpoint::{CHAT_TEMPLATE, CONFIG, PIECES, TOKENIZER};

/// The weights of a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Weights<'f> {
    /// One file.
    Whole(&'f RemoteFile),
    /// The index of several.
    Shards(&'f RemoteFile),
}

/// The small files that are needed of those that are there. A tokenizer in pieces is needed where there is no other.
pub(super) fn small_files(files: &[RemoteFile]) -> Vec<&RemoteFile> {
    let file = |name: &&str| files.iter().find(|file| file.path == **name);
    let pieces = file(&TOKENIZER[0]).is_none();
    let names = CONFIG.iter().chain(&TOKENIZER).chain(&CHAT_TEMPLATE).chain(PIECES.iter().filter(|_| pieces));
    names.filter_map(file).collect()
}

/// The weights, in the form that the model reads first; `None` where no form is there.
pub(super) fn weights(files: &[RemoteFile]) -> Option<Weights<'_>> {
    let file = |name: &str| files.iter().find(|file| file.path == name);
    WEIGHT_FORMS
        .iter()
        .find_map(|(one, index)| file(one).map(Weights::Whole).or_else(|| file(index).map(Weights::Shards)))
}

/// The shards that an index names.
///
/// # Errors
/// What is wrong with the index, as the end of a sentence that begins with its name.
pub(super) fn shards<'f>(index: &[u8], files: &'f [RemoteFile]) -> Result<Vec<&'f RemoteFile>, String> {
    #[derive(Deserialize)]
    struct Index {
        weight_map: BTreeMap<String, String>,
    }
    let index: Index = serde_json::from_slice(index).map_err(|error| format!("is no index of shards ({error})"))?;
    let names: BTreeSet<String> = index.weight_map.into_values().collect();
    let find = |name: &String| {
        let found = files.iter().find(|file| file.path == *name);
        found.ok_or_else(|| format!("names the shard `{name}`, which the revision does not hold"))
    };
    names.iter().map(find).collect()
}

#[cfg(test)]
mod tests {
    use super::super::checksum::Checksum;
    use super::*;

    #[test]
    fn what_is_needed_is_taken_and_nothing_else() {
        let files = |names: &[&str]| -> Vec<RemoteFile> {
            let file =
                |name: &&str| RemoteFile { path: (*name).into(), size: 1, checksum: Checksum::Git(String::new()) };
            names.iter().map(file).collect()
        };
        let taken = |names: &[&str]| -> Vec<String> {
            let files = files(names);
            let weights = weights(&files).map(|(Weights::Whole(file) | Weights::Shards(file))| file.path.clone());
            small_files(&files).iter().map(|file| file.path.clone()).chain(weights).collect()
        };
        let all = [
            "README.md",
            "config.json",
            "optimizer.bin",
            "optimizer.pt",
            "pytorch_model.bin",
            "model.safetensors",
            "flax_model.msgpack",
            "tf_model.h5",
            "tokenizer.json",
            "tokenizer.model",
            "tokenizer_config.json",
            "model.onnx",
            "global_step1/mp_rank_00.pt",
            "sub/config.json",
            "rng_state.pth",
        ];
        assert_eq!(taken(&all), ["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"]);
        let pieces = ["config.json", "tokenizer.model", "added_tokens.json", "pytorch_model.bin.index.json"];
        assert_eq!(
            taken(&pieces),
            ["config.json", "tokenizer.model", "added_tokens.json", "pytorch_model.bin.index.json"]
        );
        assert_eq!(taken(&["model.safetensors.index.json", "pytorch_model.bin"]), ["model.safetensors.index.json"]);
        assert_eq!(weights(&files(&["config.json", "consolidated.pth"])), None);
        let files = files(&["a-1.bin", "a-2.bin"]);
        let named = |text: &str| shards(text.as_bytes(), &files).map(|files| files.len());
        assert_eq!(named(r#"{"weight_map": {"x": "a-1.bin", "y": "a-2.bin", "z": "a-1.bin"}}"#), Ok(2));
        assert!(named(r#"{"weight_map": {"x": "../a-1.bin"}}"#).unwrap_err().contains("does not hold"));
        assert!(named("[]").unwrap_err().contains("no index"));
    }
}
