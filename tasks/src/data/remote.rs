//! Which files of a data set on the hub a task reads, told from the names alone, and where below a data folder they are found.

use std::path::Path;

use super::locate::{aliases, is_generic};
use super::name::Name;
use super::shards::Shard;

/// What a task reads of a data set on the hub.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DataSet {
    /// The repository: `allenai/ai2_arc`.
    pub id: String,
    /// The part of it: `ARC-Easy`.
    pub part: Option<String>,
    /// The splits that are read, the one that is asked first.
    pub splits: Vec<String>,
}

impl DataSet {
    /// The files of a repository that hold the splits, each with the path below the data set's folder where it is looked for; nothing
    /// where the split that is asked is not among them.
    ///
    /// Known layouts: a folder for each part (`ARC-Easy/test-00000-of-00001.parquet`), `data/` or no folder where there are no parts,
    /// and what the hub converts (`default/test/0000.parquet`).
    pub fn choose<'p>(&self, paths: &[&'p str]) -> Vec<(&'p str, String)> {
        let mut chosen = Vec::new();
        for split in &self.splits {
            let found = self.folders().into_iter().find_map(|folder| {
                let files: Vec<_> = aliases(split).into_iter().map(|alias| in_folder(paths, &folder, alias)).collect();
                files.into_iter().find(|files| !files.is_empty()).map(|files| (folder, files))
            });
            match found {
                Some((folder, files)) => chosen.extend(files.into_iter().map(|path| (path, self.place(path, &folder)))),
                None if chosen.is_empty() => return Vec::new(),
                None => {}
            }
        }
        chosen
    }

    /// Folders that may hold the part, the likeliest first.
    fn folders(&self) -> Vec<String> {
        let own = self.part.iter().flat_map(|part| [part.clone(), format!("data/{part}")]);
        let generic = self.part.as_deref().is_none_or(is_generic);
        let any = ["data", "", "default", "main", "all", "plain_text"].into_iter().filter(|_| generic);
        own.chain(any.map(str::to_owned)).collect()
    }

    /// The path below the data set's folder: its own, but for the name that the hub gives to all of a set without parts.
    fn place(&self, path: &str, folder: &str) -> String {
        let inner = path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/'));
        match inner {
            Some(inner) if is_generic(folder) && self.part.as_deref() != Some(folder) => inner.to_owned(),
            _ => path.to_owned(),
        }
    }
}

/// The files in a folder that hold a split: named like it, or in a folder of that name; of several forms the first.
fn in_folder<'p>(paths: &[&'p str], folder: &str, split: &str) -> Vec<&'p str> {
    let inner =
        |path: &&'p str| if folder.is_empty() { Some(*path) } else { path.strip_prefix(folder)?.strip_prefix('/') };
    let is_split = |rest: &str| {
        let Some(name) = Name::of(Path::new(rest)) else { return false };
        let named = Shard::of_stem(&name.stem).name.eq_ignore_ascii_case(split);
        match rest.split_once('/') {
            None => named,
            Some((inner, file)) => {
                let is_number = name.stem.bytes().all(|byte| byte.is_ascii_digit());
                inner.eq_ignore_ascii_case(split) && !file.contains('/') && (named || is_number)
            }
        }
    };
    let found: Vec<&str> = paths.iter().copied().filter(|path| inner(path).is_some_and(is_split)).collect();
    let rank = |path: &&str| Name::of(Path::new(path)).map(|name| (name.ending != "parquet", name.rank()));
    let first = found.iter().filter_map(rank).min();
    found.into_iter().filter(|path| rank(path) == first).collect()
}
#[cfg(test)]
mod tests;
