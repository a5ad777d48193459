//! Where the files of a split lie: our layout, the hub's, and what a folder of downloads looks like.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::table::ENDINGS;
use crate::definition::DataFiles;

/// What is known of a task's data before a file is opened.
#[derive(Debug, Clone)]
pub(crate) struct Place<'t> {
    /// The leaf task.
    pub(crate) task: &'t str,
    /// The split that is asked.
    pub(crate) asked: &'t str,
    /// `dataset_path`, as the hub names the data set.
    pub(crate) dataset: Option<&'t str>,
    /// `dataset_name`, the part of the data set.
    pub(crate) part: Option<&'t str>,
    /// The part is a value of the column `subject` where one file holds all parts.
    pub(crate) part_is_subject: bool,
    /// `data_files`.
    pub(crate) files: Option<&'t DataFiles>,
    /// The folder of the task file.
    pub(crate) home: Option<&'t Path>,
    /// The data folders.
    pub(crate) folders: &'t [PathBuf],
}

/// A folder that may hold files of the split.
struct Candidate {
    folder: PathBuf,
    /// A file here is of this task even if its name is that of the split alone.
    bare: bool,
}

impl Place<'_> {
    /// The files of a split; else all places that were looked at.
    ///
    /// A single file that bears the task's name alone is the split that is asked: it serves where `split` is that one.
    pub(crate) fn find(&self, split: &str) -> Result<Vec<PathBuf>, Vec<String>> {
        let mut looked = Vec::new();
        if let Some(files) = self.files {
            return self.declared(files, split);
        }
        for folder in self.folders {
            for candidate in self.candidates(folder, &mut looked) {
                for alias in aliases(split) {
                    let found = self.in_folder(&candidate, alias);
                    if !found.is_empty() {
                        return Ok(found);
                    }
                }
            }
            let flat = Candidate { folder: folder.clone(), bare: false };
            looked.push(format!("{}/{}[_{split}].jsonl", folder.display(), self.task));
            for alias in aliases(split) {
                let found = self.in_folder(&flat, alias);
                if !found.is_empty() {
                    return Ok(found);
                }
            }
            if split == self.asked {
                let names = self.names().into_iter().filter(|name| self.is_own(name)).collect::<Vec<_>>();
                let mut files = entries(folder).into_iter();
                let whole =
                    files.find(|path| stem(path).is_some_and(|stem| names.iter().any(|name| same(&stem, name))));
                if let Some(whole) = whole {
                    return Ok(vec![whole]);
                }
            }
        }
        Err(looked)
    }

    /// The files that the task file names itself.
    fn declared(&self, files: &DataFiles, split: &str) -> Result<Vec<PathBuf>, Vec<String>> {
        let names = match files {
            DataFiles::One(name) => std::slice::from_ref(name),
            DataFiles::Many(names) => names,
            DataFiles::Splits(splits) => {
                let absent = || vec![format!("`data_files` of the task file, which names {}", quoted(splits.keys()))];
                &splits.get(split).ok_or_else(absent)?.0
            }
        };
        let resolve = |name: &String| {
            let folders = self.home.into_iter().chain(self.folders.iter().map(PathBuf::as_path));
            let mut paths = folders.map(|folder| folder.join(name));
            paths.clone().find(|path| path.is_file()).ok_or_else(|| paths.next().unwrap_or_else(|| name.into()))
        };
        names.iter().map(|name| resolve(name).map_err(|path| vec![path.display().to_string()])).collect()
    }

    /// Names under which files or folders of this task may go.
    fn names(&self) -> Vec<String> {
        let mut names = vec![self.task.to_owned()];
        if let Some(dataset) = self.dataset {
            names.push(dataset.to_owned());
            names.push(dataset.replace('/', "___"));
            names.extend(dataset.rsplit('/').next().map(str::to_owned));
        }
        names.extend(self.part.filter(|part| !is_generic(part)).map(str::to_owned));
        names.dedup();
        names
    }

    /// A folder or file of that name holds nothing of the data set's other parts.
    fn is_own(&self, name: &str) -> bool {
        let is_part = |part| is_generic(part) || self.part_is_subject || same(name, part);
        same(name, self.task) || self.part.is_none_or(is_part)
    }

    fn candidates(&self, folder: &Path, looked: &mut Vec<String>) -> Vec<Candidate> {
        let mut roots: Vec<(PathBuf, bool)> = Vec::new();
        for name in self.names() {
            looked.push(format!("{}/{name}/", folder.display()));
            roots.extend(subfolder(folder, &name).map(|root| (root, self.is_own(&name))));
            // `--data` may already be the task's own folder.
            if folder.file_name().is_some_and(|last| same(&last.to_string_lossy(), &name)) {
                roots.push((folder.to_owned(), self.is_own(&name)));
            }
        }
        let mut seen = BTreeSet::new();
        let mut candidates = Vec::new();
        for (root, own) in roots.into_iter().filter(|(root, _)| seen.insert(root.clone())) {
            if let Some(inner) = self.part.and_then(|part| subfolder(&root, part)) {
                candidates.push(Candidate { folder: inner, bare: true });
            }
            candidates.push(Candidate { folder: root.clone(), bare: own });
            candidates.extend(subfolder(&root, "data").map(|folder| Candidate { folder, bare: own }));
        }
        candidates
    }

    /// The files in a folder that hold the split called `alias` there.
    fn in_folder(&self, candidate: &Candidate, alias: &str) -> Vec<PathBuf> {
        let mut bare = Vec::new();
        let mut named = Vec::new();
        let names = self.names();
        for path in entries(&candidate.folder) {
            let Some(stem) = stem(&path) else { continue };
            let (stem, _) = shard(&stem);
            if same(stem, alias) {
                bare.push(path);
            } else if names.iter().any(|name| {
                let name = name.rsplit('/').next().unwrap_or(name);
                ["_", "-"].iter().any(|mark| same(stem, &format!("{name}{mark}{alias}")))
            }) {
                named.push(path);
            }
        }
        let mut found = if !named.is_empty() {
            named
        } else if candidate.bare {
            bare
        } else {
            Vec::new()
        };
        if found.is_empty() {
            found = self.in_split_folder(candidate, alias);
        }
        one_format(found)
    }

    /// A folder called like the split: the files of the part in it, or all its shards.
    fn in_split_folder(&self, candidate: &Candidate, alias: &str) -> Vec<PathBuf> {
        let Some(folder) = subfolder(&candidate.folder, alias) else { return Vec::new() };
        let files: Vec<PathBuf> = entries(&folder).into_iter().filter(|path| stem(path).is_some()).collect();
        let of_part = |path: &&PathBuf| {
            let (stem, part) = (stem(path).unwrap_or_default(), self.part.unwrap_or(self.task));
            same(&stem, part) || same(&stem, &format!("{part}_{alias}")) || same(&stem, &format!("{part}-{alias}"))
        };
        let named: Vec<PathBuf> = files.iter().filter(of_part).cloned().collect();
        let numbered = |path: &PathBuf| {
            let stem = stem(path).unwrap_or_default();
            stem.bytes().all(|b| b.is_ascii_digit()) || same(shard(&stem).0, alias) || stem.starts_with("part-")
        };
        if named.is_empty() && candidate.bare { files.into_iter().filter(numbered).collect() } else { named }
    }
}

/// Names of a split in published files, the given one first.
fn aliases(split: &str) -> Vec<&str> {
    match split {
        "validation" => vec!["validation", "val", "valid", "dev"],
        "train" => vec!["train", "training"],
        other => vec![other],
    }
}

/// Parts of a data set that are simply all of it.
fn is_generic(part: &str) -> bool {
    ["default", "main", "all", "en", "plain_text"].contains(&part)
}

fn same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

/// The files of a folder in the order of their names; none where it cannot be read.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        fs_err::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// The folder of that name (which may be nested), whatever its capitals.
fn subfolder(folder: &Path, name: &str) -> Option<PathBuf> {
    name.split('/').try_fold(folder.to_owned(), |folder, name| {
        let exact = folder.join(name);
        if exact.is_dir() {
            return Some(exact);
        }
        let named =
            |path: &PathBuf| path.is_dir() && path.file_name().is_some_and(|last| same(&last.to_string_lossy(), name));
        entries(&folder).into_iter().find(named)
    })
}

/// The name of a data file without its ending; `None` for other files.
fn stem(path: &Path) -> Option<String> {
    let ending = path.extension()?.to_string_lossy().to_lowercase();
    if !ENDINGS.contains(&ending.as_str()) || path.is_dir() {
        return None;
    }
    Some(path.file_stem()?.to_string_lossy().into_owned())
}

/// `train-00000-of-00002` as (`train`, 0).
fn shard(stem: &str) -> (&str, usize) {
    let parts = stem.rsplitn(4, '-').collect::<Vec<_>>();
    match parts.as_slice() {
        [count, "of", number, name] if count.parse::<usize>().is_ok() => {
            number.parse().map_or((stem, 0), |at| (*name, at))
        }
        _ => (stem, 0),
    }
}

/// Where the same split lies there in several formats, the first one counts.
fn one_format(mut found: Vec<PathBuf>) -> Vec<PathBuf> {
    let rank = |path: &PathBuf| {
        let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        ENDINGS.iter().position(|known| *known == ending)
    };
    let first = found.iter().map(rank).min();
    found.retain(|path| Some(rank(path)) == first);
    found
}

fn quoted<'n>(names: impl Iterator<Item = &'n String>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
