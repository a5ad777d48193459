//! Checkpoints whose weights belong to another step: the same weights at two steps, the final weights under an early name, a shard of
//! another step among a checkpoint's own.
//!
//! Told from the hashes of files alone. On disk few are read: files of different sizes differ, of one size a sample tells most apart,
//! and only those whose samples agree are hashed whole.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use fs_err::File;
use spyglass_dashboards::run::{Checkpoint, Misplaced, RunTree};

use super::location::folder_on_disk;
use crate::Result;
use crate::hub::Contents;
use crate::results::Hashes;
use crate::run_file::MisplacedSpec;

/// Pieces of a file that a sample is made of, and the bytes of each.
const PIECES: u64 = 16;
const PIECE: u64 = 4096;

/// A shard that at least so many checkpoints have, and all have alike, is a part that training leaves as it is.
const FROZEN_FROM: usize = 3;

/// Where fewer than one checkpoint in so many has weights of its own, copies are the run's way, as in a rehearsal with one model.
const REHEARSAL: usize = 4;

/// What the hashes of a run tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Suspects {
    /// The checkpoints whose weights belong to another step.
    pub(crate) misplaced: Vec<Misplaced>,
    /// So few have weights of their own that nothing would be left to say without the others.
    is_rehearsal: bool,
}

impl Suspects {
    /// Those that are left out of what is said of curves.
    pub(crate) fn left_out(&self, spec: MisplacedSpec) -> &[Misplaced] {
        if self.is_rehearsal || spec == MisplacedSpec::Keep { &[] } else { &self.misplaced }
    }

    /// What a person should know of them, a line each.
    pub(crate) fn notes(&self) -> Vec<String> {
        let count = self.misplaced.len();
        if self.is_rehearsal && count > 0 {
            return vec![format!(
                "known bad: {count} checkpoints hold the weights of other steps; all of them count, since so few have their own"
            )];
        }
        self.misplaced.iter().map(|misplaced| format!("known bad: {}", misplaced.words())).collect()
    }
}

/// The weights of a checkpoint: what tells the content of each file from others, by the file's name.
type Shards = BTreeMap<String, String>;

/// The checkpoints of a run whose weights lie below `base` and belong to another step. Those whose folders are gone, or hold weights
/// that cannot be read, are passed over: scoring tells what is wrong with them.
/// Of those on the hub `listed` tells.
pub(crate) fn suspects(tree: &RunTree, base: &Path, hashes: &Hashes, listed: &Contents) -> Suspects {
    let checkpoints: Vec<&Checkpoint> = tree.branches.iter().flat_map(|branch| &branch.checkpoints).collect();
    let files =
        checkpoints.iter().map(|at| spyglass_model::weight_files(&folder_on_disk(at, base)).unwrap_or_default());
    let files: Vec<Vec<PathBuf>> = files.collect();
    let contents = contents(&files.concat(), hashes);
    // a file that is a checkpoint by itself is called after its step
    let name = |file: &Path| match file.extension() {
        Some(form) if form == "gguf" => "gguf".into(),
        _ => file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
    };
    let shards = |files: &Vec<PathBuf>| -> Option<Shards> {
        files.iter().map(|file| Some((name(file), contents.get(file)?.clone()))).collect()
    };
    let of = |(at, files): (&Checkpoint, &Vec<PathBuf>)| listed.of(at).cloned().or_else(|| shards(files));
    let held = checkpoints.into_iter().zip(&files).map(|(at, files)| (at, of((at, files)).unwrap_or_default()));
    judged(tree, &held.collect::<Vec<_>>())
}

/// What the contents of each checkpoint's files tell, wherever their hashes come from.
fn judged(tree: &RunTree, held: &[(&Checkpoint, Shards)]) -> Suspects {
    let held: Vec<_> = held.iter().filter(|(_, shards)| !shards.is_empty()).collect();
    let own = held.iter().map(|(_, shards)| shards).collect::<BTreeSet<_>>().len();
    let mut owners: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
    let mut of_name: HashMap<&str, usize> = HashMap::new();
    for (index, (_, shards)) in held.iter().enumerate() {
        for (name, content) in shards {
            owners.entry((name, content)).or_default().push(index);
            *of_name.entry(name).or_default() += 1;
        }
    }
    let is_last = |at: &Checkpoint| {
        let branch = tree.branch(&at.branch).expect("it was taken from the tree");
        branch.checkpoints.iter().all(|other| other.tokens <= at.tokens)
    };
    let place = |at: &Checkpoint| format!("step {} ({})", at.step, at.location);
    let of_one = |(checkpoint, shards): &&(&Checkpoint, Shards)| {
        // The checkpoints of other steps that hold one of its files, each with the names of those.
        let mut shared: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
        for (name, content) in shards {
            let known = &owners[&(name.as_str(), content.as_str())];
            let is_frozen = shards.len() > 1 && known.len() >= FROZEN_FROM && known.len() == of_name[name.as_str()];
            for &other in known.iter().filter(|other| !is_frozen && held[**other].0.tokens != checkpoint.tokens) {
                shared.entry(other).or_default().insert(name);
            }
        }
        let is_whole = |other: usize| shared[&other].len() == shards.len() && held[other].1.len() == shards.len();
        // Of several the last of a branch is surely where its weights belong; else the nearest stands for all.
        let (&other, names) = shared.iter().min_by_key(|(other, _)| {
            let at = held[**other].0;
            (!is_whole(**other), !is_last(at), at.tokens.abs_diff(checkpoint.tokens))
        })?;
        let at = held[other].0;
        let is_early = is_last(at) && at.tokens > checkpoint.tokens;
        if is_last(checkpoint) && shared.keys().all(|other| held[*other].0.tokens < checkpoint.tokens) {
            return None; // it holds its own
        }
        let holds = match (is_whole(other), is_early) {
            (true, true) => format!("holds the final weights, those of {}", place(at)),
            (true, false) => format!("holds the same weights as {}", place(at)),
            (false, _) => {
                let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
                format!("shares {} with {}, but not the rest of its weights", names.join(", "), place(at))
            }
        };
        Some(Misplaced::of(checkpoint, holds))
    };
    let misplaced = held.iter().filter_map(of_one).collect();
    Suspects { misplaced, is_rehearsal: own * REHEARSAL < held.len() }
}

/// What tells the content of each file that can be read from that of the others: equal for equal contents alone.
fn contents(files: &[PathBuf], hashes: &Hashes) -> HashMap<PathBuf, String> {
    let mut found = HashMap::new();
    let mut sizes: BTreeMap<u64, Vec<&PathBuf>> = BTreeMap::new();
    for file in files {
        let Ok(metadata) = fs_err::metadata(file) else { continue };
        sizes.entry(metadata.len()).or_default().push(file);
    }
    for (size, alike) in sizes {
        let mut samples: BTreeMap<String, Vec<&PathBuf>> = BTreeMap::new();
        for file in alike {
            let Ok(sample) = sample(file, size) else { continue };
            samples.entry(sample).or_default().push(file);
        }
        for (sample, alike) in samples {
            let is_whole = size <= PIECES * PIECE; // the sample is all of it
            for file in &alike {
                let content =
                    if alike.len() > 1 && !is_whole { hashes.of(file).ok() } else { Some(format!("{size} {sample}")) };
                found.extend(content.map(|content| ((*file).clone(), content)));
            }
        }
    }
    found
}

/// A hash over pieces of a file of `size` bytes, spread evenly from its first to its last byte; over all of it where it is small.
fn sample(path: &Path, size: u64) -> Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = blake3::Hasher::new();
    if size <= PIECES * PIECE {
        hasher.update_reader(file)?;
        return Ok(hasher.finalize().to_hex().to_string());
    }
    let mut piece = vec![0; PIECE as usize];
    for index in 0..PIECES {
        file.seek(SeekFrom::Start((size - PIECE) * index / (PIECES - 1)))?;
        file.read_exact(&mut piece)?;
        hasher.update(&piece);
    }
    Ok(hasher.finalize().to_hex().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use spyglass_dashboards::run::{Branch, TrainingLog};

    fn checkpoint(branch: &str, step: u64) -> Checkpoint {
        let location = format!("{branch}/{step}");
        Checkpoint { branch: branch.into(), step, variant: None, tokens: step * 10, learning_rate: None, location }
    }

    fn branch(name: &str, steps: &[u64]) -> Branch {
        let checkpoints = steps.iter().map(|step| checkpoint(name, *step)).collect();
        Branch { name: name.into(), fork: None, checkpoints, log: TrainingLog::default(), phases: Vec::new() }
    }

    /// What is said of the steps of a trunk and a branch that hold these shards, a letter a content.
    fn said(held: &[(&str, u64, &str)]) -> Vec<String> {
        let steps = |name: &str| held.iter().filter(|own| own.0 == name).map(|own| own.1).collect::<Vec<_>>();
        let branches = ["trunk", "side"].map(|name| branch(name, &steps(name)));
        let tree = RunTree { branches: branches.into(), ..RunTree::default() };
        let of =
            |at: &str, step: u64| tree.branch(at).unwrap().checkpoints.iter().find(|own| own.step == step).unwrap();
        let shards =
            |letters: &str| letters.chars().enumerate().map(|(k, own)| (format!("{k}.bin"), own.into())).collect();
        let held: Vec<_> = held.iter().map(|(at, step, letters)| (of(at, *step), shards(letters))).collect();
        let suspects = judged(&tree, &held);
        suspects
            .left_out(MisplacedSpec::LeaveOut)
            .iter()
            .map(|found| format!("{} {} {}", found.branch, found.step, found.holds))
            .collect()
    }

    #[test]
    fn weights_of_another_step_are_told() {
        let trunk = |contents: &[(u64, &'static str)]| -> Vec<String> {
            said(&contents.iter().map(|(step, own)| ("trunk", *step, *own)).collect::<Vec<_>>())
        };
        assert!(trunk(&[(1, "a"), (2, "b"), (3, "c")]).is_empty());
        assert!(trunk(&[(1, ""), (2, "")]).is_empty(), "folders without weights");
        assert_eq!(
            trunk(&[(1, "a"), (2, "a"), (3, "c")]),
            [
                "trunk 1 holds the same weights as step 2 (trunk/2)",
                "trunk 2 holds the same weights as step 1 (trunk/1)"
            ]
        );
        // Of the last step they are, and only the early name is wrong.
        assert_eq!(
            trunk(&[(1, "ab"), (2, "cd"), (3, "ef"), (4, "cd")]),
            ["trunk 2 holds the final weights, those of step 4 (trunk/4)"]
        );
        // Pythia 12B: two steps with the first shard of the last one.
        assert_eq!(
            trunk(&[(50, "zb"), (54, "cd"), (58, "zf"), (143, "zh")]),
            [
                "trunk 50 shares `0.bin` with step 143 (trunk/143), but not the rest of its weights",
                "trunk 58 shares `0.bin` with step 143 (trunk/143), but not the rest of its weights"
            ]
        );
        // OLMo 2 7B: three steps alike, none of them the last.
        assert_eq!(trunk(&[(1, "a"), (101, "x"), (175, "x"), (300, "x"), (400, "b")]).len(), 3);
        // One model under many names is a rehearsal.
        assert!(trunk(&[(1, "a"), (2, "a"), (3, "a"), (4, "a"), (5, "a")]).is_empty());
        // What training leaves as it is is no fault.
        assert!(trunk(&[(1, "ea"), (2, "eb"), (3, "ec")]).is_empty());
        assert_eq!(trunk(&[(1, "ea"), (2, "eb"), (3, "eb"), (4, "ec")]).len(), 2);
    }

    #[test]
    fn a_fork_is_no_copy() {
        assert!(said(&[("trunk", 1, "a"), ("trunk", 2, "b"), ("side", 2, "b"), ("side", 3, "c")]).is_empty());
        let copied = said(&[("trunk", 1, "a"), ("trunk", 2, "b"), ("side", 3, "a"), ("side", 4, "c")]);
        assert_eq!(copied.len(), 2, "{copied:?}");
    }

    #[test]
    fn files_are_told_apart_by_content() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str, size: usize, odd: Option<usize>| {
            let mut bytes = vec![7; size];
            odd.into_iter().for_each(|at| bytes[at] = 8);
            let path = dir.path().join(name);
            fs_err::write(&path, bytes).unwrap();
            path
        };
        let large = 200_000;
        // A difference that no sample sees, one at the very end, a copy, small files.
        let files = [
            file("a", large, None),
            file("b", large, Some(5_000)),
            file("c", large, Some(large - 1)),
            file("d", large, None),
            file("e", 10, None),
            file("f", 10, Some(3)),
            file("g", 10, None),
        ];
        let results = tempfile::tempdir().unwrap();
        let found = contents(&files, &Hashes::open(results.path()));
        let same = |a: usize, b: usize| found[&files[a]] == found[&files[b]];
        assert!(contents(&[dir.path().join("gone")], &Hashes::open(results.path())).is_empty(), "scoring tells it");
        assert!(same(0, 3) && same(4, 6));
        assert!(!same(0, 1) && !same(0, 2) && !same(1, 2) && !same(4, 5));
        let remembered = fs_err::read_to_string(results.path().join(".hashes.jsonl")).unwrap();
        assert_eq!(remembered.lines().count(), 3, "`c` differs by its sample, and small files are read at once");
    }
}
