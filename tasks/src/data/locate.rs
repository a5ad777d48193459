//! Where the files of a split lie: our layout, the hub's, and what a folder of downloads looks like.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use globset::GlobBuilder;

use super::name::Name;
use super::shards::{Shard, complete, each_once};
use crate::definition::DataFiles;
use crate::error::{Error, Result};
use crate::paths;

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
    /// `data_dir`.
    pub(crate) dir: Option<&'t str>,
    /// The folder of the task file.
    pub(crate) home: Option<&'t Path>,
    /// The data folders.
    pub(crate) folders: &'t [PathBuf],
}

/// Why there are no files of a split.
#[derive(Debug)]
pub(crate) enum Missing {
    /// There are none in any of these places.
    Nowhere(Vec<String>),
    /// There are some, and it cannot be told which are meant, or one is missing.
    Shards(Error),
}

impl From<Error> for Missing {
    fn from(error: Error) -> Self {
        Self::Shards(error)
    }
}

/// A folder that may hold files of the split.
struct Candidate {
    folder: PathBuf,
    /// A file here is of this task even if its name is that of the split alone.
    bare: bool,
}

impl Place<'_> {
    /// The files of a split; else all places that were looked at, or what is wrong with its shards.
    ///
    /// A single file that bears the task's name alone is the split that is asked: it serves where `split` is that one.
    pub(crate) fn find(&self, split: &str) -> Result<Vec<PathBuf>, Missing> {
        let mut looked = Vec::new();
        if let Some(files) = self.files {
            let named = self.declared(files, split).map_err(Missing::Nowhere)?;
            return Ok(each_once(named)?);
        }
        for folder in self.own_folders().into_iter().flat_map(|folder| [folder.join("data"), folder]) {
            looked.push(format!("{}/", folder.display()));
            for alias in aliases(split) {
                let found = self.in_folder(&Candidate { folder: folder.clone(), bare: true }, alias)?;
                if !found.is_empty() {
                    return Ok(found);
                }
            }
        }
        for folder in self.folders {
            for candidate in self.candidates(folder, &mut looked) {
                for alias in aliases(split) {
                    let found = self.in_folder(&candidate, alias)?;
                    if !found.is_empty() {
                        return Ok(found);
                    }
                }
            }
            let flat = Candidate { folder: folder.clone(), bare: false };
            looked.push(format!("{}/{}[_{split}].jsonl", folder.display(), self.task));
            for alias in aliases(split) {
                let found = self.in_folder(&flat, alias)?;
                if !found.is_empty() {
                    return Ok(found);
                }
            }
            if split == self.asked {
                let names = self.names().into_iter().filter(|name| self.is_own(name)).collect::<Vec<_>>();
                let whole = |path: &PathBuf| stem(path).is_some_and(|stem| names.iter().any(|name| same(&stem, name)));
                let files = one_form(entries(folder).into_iter().filter(whole).collect());
                if let Some(whole) = files.into_iter().next() {
                    return Ok(vec![whole]);
                }
            }
        }
        Err(Missing::Nowhere(looked))
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
        let named = |name: &String| {
            let name = paths::expand(Path::new(name)).map_err(PathBuf::from)?;
            let folders = self.home.into_iter().chain(self.folders.iter().map(PathBuf::as_path));
            let folders: Vec<PathBuf> = self.own_folders().into_iter().chain(folders.map(Path::to_owned)).collect();
            let places: Vec<PathBuf> = folders.iter().map(|folder| folder.join(&name)).collect();
            if let Some(file) = places.iter().find(|path| path.is_file()) {
                return Ok(vec![file.clone()]);
            }
            let fitting = folders.iter().map(|folder| globbed(folder, &name)).find(|files| !files.is_empty());
            fitting.ok_or_else(|| places.into_iter().next().unwrap_or(name))
        };
        let files = names.iter().map(|name| named(name).map_err(|path| vec![path.display().to_string()]));
        Ok(files.collect::<Result<Vec<_>, _>>()?.concat())
    }

    /// The folders that `data_dir` may mean: below the task file's, a data folder, or one of the task's in there.
    fn own_folders(&self) -> Vec<PathBuf> {
        let Some(dir) = self.dir.and_then(|dir| paths::expand(Path::new(dir)).ok()) else { return Vec::new() };
        let roots = self.folders.iter().flat_map(|folder| {
            let own = self.names().into_iter().filter_map(|name| subfolder(folder, &name));
            std::iter::once(folder.clone()).chain(own).collect::<Vec<_>>()
        });
        let roots = self.home.map(Path::to_owned).into_iter().chain(roots);
        roots.map(|root| root.join(&dir)).filter(|folder| folder.is_dir()).collect()
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
    fn in_folder(&self, candidate: &Candidate, alias: &str) -> Result<Vec<PathBuf>> {
        let names = self.names();
        let is_named = |stem: &str, name: &str| {
            let name = name.rsplit('/').next().unwrap_or(name);
            ["_", "-"].iter().any(|mark| same(stem, &format!("{name}{mark}{alias}")))
        };
        // The place in the order of names, the split's own name last: files of two names are not of one set.
        let place = |path: &PathBuf| {
            let stem = stem(path)?;
            let stem = Shard::of_stem(&stem).name;
            let named = names.iter().position(|name| is_named(stem, name));
            named.or_else(|| (candidate.bare && same(stem, alias)).then_some(names.len()))
        };
        let placed: Vec<(usize, PathBuf)> =
            entries(&candidate.folder).into_iter().filter_map(|path| Some((place(&path)?, path))).collect();
        let mut places: Vec<usize> = placed.iter().map(|(place, _)| *place).collect();
        places.sort_unstable();
        places.dedup();
        for first in places {
            let files = placed.iter().filter(|(place, _)| *place == first).map(|(_, path)| path.clone()).collect();
            let files = complete(&candidate.folder, one_form(files))?;
            if !files.is_empty() {
                return Ok(files);
            }
        }
        self.in_split_folder(candidate, alias)
    }

    /// A folder called like the split: the files of the part in it, or all its shards.
    fn in_split_folder(&self, candidate: &Candidate, alias: &str) -> Result<Vec<PathBuf>> {
        let Some(folder) = subfolder(&candidate.folder, alias) else { return Ok(Vec::new()) };
        let files: Vec<PathBuf> = entries(&folder).into_iter().filter(|path| stem(path).is_some()).collect();
        let of = |wanted: &dyn Fn(&str) -> bool| -> Vec<PathBuf> {
            files.iter().filter(|path| stem(path).is_some_and(|stem| wanted(&stem))).cloned().collect()
        };
        let part = self.part.unwrap_or(self.task);
        let named = of(&|stem| {
            let stem = if same(stem, part) { stem } else { Shard::of_stem(stem).name };
            same(stem, part) || same(stem, &format!("{part}_{alias}")) || same(stem, &format!("{part}-{alias}"))
        });
        if !named.is_empty() {
            return complete(&folder, one_form(named));
        }
        if !candidate.bare {
            return Ok(Vec::new());
        }
        let split = of(&|stem| same(Shard::of_stem(stem).name, alias));
        if !split.is_empty() {
            return complete(&folder, one_form(split));
        }
        // Numbers alone, as the hub converts data sets, and what Spark writes: neither tells how many there are.
        let numbers = of(&|stem| stem.bytes().all(|b| b.is_ascii_digit()));
        if !numbers.is_empty() {
            return Ok(one_form(numbers));
        }
        let parts = one_form(of(&|stem| stem.starts_with("part-")));
        let counted = |path: &PathBuf| stem(path).is_some_and(|stem| Shard::of_stem(&stem).of.is_some());
        if parts.iter().any(counted) { complete(&folder, parts) } else { Ok(parts) }
    }
}

/// The files below a folder that fit a path with `*`, `?`, `[…]` or `**` in it, in the order of their names.
fn globbed(folder: &Path, pattern: &Path) -> Vec<PathBuf> {
    let varies = |part: &std::ffi::OsStr| part.to_string_lossy().contains(['*', '?', '[']);
    let glob = GlobBuilder::new(&pattern.to_string_lossy()).literal_separator(true).build();
    let Some(glob) = glob.ok().filter(|_| varies(pattern.as_os_str())) else { return Vec::new() };
    let fits = glob.compile_matcher();
    // Nothing above the first part that varies has to be looked through.
    let fixed: PathBuf = pattern.components().take_while(|part| !varies(part.as_os_str())).collect();
    let (mut folders, mut found) = (vec![folder.join(fixed)], Vec::new());
    while let Some(inner) = folders.pop() {
        for path in entries(&inner) {
            let relative = if pattern.is_absolute() { &path } else { path.strip_prefix(folder).unwrap_or(&path) };
            if path.is_dir() {
                folders.push(path);
            } else if fits.is_match(relative) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Names of a split in published files, the given one first.
pub(super) fn aliases(split: &str) -> Vec<&str> {
    match split {
        "validation" => vec!["validation", "val", "valid", "dev"],
        "train" => vec!["train", "training"],
        other => vec![other],
    }
}

/// Parts of a data set that are simply all of it.
pub(super) fn is_generic(part: &str) -> bool {
    ["default", "main", "all", "en", "plain_text"].contains(&part)
}

fn same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

/// The files and folders of a folder in the order of their names, without those that a system hides; none where it
/// cannot be read.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs_err::read_dir(folder).into_iter().flatten().flatten();
    let shown = entries.filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'));
    let mut paths: Vec<PathBuf> = shown.map(|entry| entry.path()).collect();
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

/// What some folders hold, for a message: a few names of each.
pub(crate) fn contents(folders: &[PathBuf]) -> Option<String> {
    let said = |folder: &PathBuf| {
        let mut names: Vec<String> = entries(folder)
            .iter()
            .map(|path| {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                if path.is_dir() { name + "/" } else { name }
            })
            .collect();
        let more = names.len().saturating_sub(6);
        names.truncate(6);
        names.extend((more > 0).then(|| format!("{more} more")));
        let names = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
        folder.is_dir().then(|| format!("{} holds {names}", folder.display()))
    };
    let said: Vec<String> = folders.iter().filter_map(said).take(3).collect();
    (!said.is_empty()).then(|| said.join("; "))
}

/// The name of a data file without its ending; `None` for other files.
fn stem(path: &Path) -> Option<String> {
    Name::of(path).filter(|_| !path.is_dir()).map(|name| name.stem)
}

/// Where the same split lies there in several forms, the first one counts.
fn one_form(mut found: Vec<PathBuf>) -> Vec<PathBuf> {
    let rank = |path: &PathBuf| Name::of(path).map(|name| name.rank());
    let first = found.iter().map(rank).min();
    found.retain(|path| Some(rank(path)) == first);
    found
}

fn quoted<'n>(names: impl Iterator<Item = &'n String>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
