//! Shards: one split in several files. All of them are read, each once, or none.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::name::Name;
use crate::error::{Error, Result};

/// What a name without its ending tells of a shard: `train-00000-of-00002`, `train_0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shard<'s> {
    /// The name that all shards share.
    pub(super) name: &'s str,
    /// Its number, where it has one.
    pub(super) number: Option<usize>,
    /// How many there are, where the name tells.
    pub(super) of: Option<usize>,
}

impl<'s> Shard<'s> {
    pub(super) fn of_stem(stem: &'s str) -> Self {
        // The hub once put a hash of 16 hex digits behind the count.
        let is_hash = |hash: &str| hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        if let Some((before, _)) = stem.rsplit_once('-').filter(|(_, hash)| is_hash(hash)) {
            let shard = Self::of_stem(before);
            if shard.of.is_some() {
                return shard;
            }
        }
        let whole = Self { name: stem, number: None, of: None };
        let last = |text: &'s str| {
            let at = text.rfind(['-', '_', '.'])?;
            let digits = &text[at + 1..];
            let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| Some((&text[..at], digits.parse().ok()?)))?
        };
        let Some((before, number)) = last(stem) else { return whole };
        let counted = before.strip_suffix("-of").or_else(|| before.strip_suffix("_of")).and_then(last);
        match counted {
            Some((name, own)) => Self { name, number: Some(own), of: Some(number) },
            None => Self { name: before, number: Some(number), of: None },
        }
    }
}

/// The files that a task file names itself: each once and, where all are shards that say how many they are, all of them.
///
/// # Errors
/// A file that is named twice, be it by a link; a set of shards that is not whole.
pub(super) fn each_once(files: Vec<PathBuf>) -> Result<Vec<PathBuf>> {
    let folder = files.first().and_then(|file| file.parent()).unwrap_or(Path::new("")).to_owned();
    let mut seen = BTreeSet::new();
    let again = files.iter().find(|file| !seen.insert(fs_err::canonicalize(file).unwrap_or_else(|_| (*file).clone())));
    if let Some(file) = again {
        let problem = format!("`{}` is named twice in `data_files`", file.display());
        return Err(Error::Shards { folder, problem, help: "name each file once: its items would count twice".into() });
    }
    let is_counted = |file: &PathBuf| Name::of(file).is_some_and(|name| Shard::of_stem(&name.stem).of.is_some());
    if files.len() > 1 && files.iter().all(is_counted) { complete(&folder, files) } else { Ok(files) }
}

/// The files of a split, whole or in shards: all found under one name.
///
/// A whole file counts before files with a bare number at their end, which may be anything; beside shards that say how
/// many they are it cannot be told which is meant.
///
/// # Errors
/// Two whole files, a whole file beside shards, shards of two sets, a shard that is missing or there twice.
pub(super) fn complete(folder: &Path, found: Vec<PathBuf>) -> Result<Vec<PathBuf>> {
    let stems: Vec<String> = found.iter().filter_map(|path| Name::of(path)).map(|name| name.stem).collect();
    let shards: Vec<Shard<'_>> = stems.iter().map(|stem| Shard::of_stem(stem)).collect();
    let files = |wanted: &dyn Fn(&Shard<'_>) -> bool| -> Vec<PathBuf> {
        found.iter().zip(&shards).filter(|(_, shard)| wanted(shard)).map(|(path, _)| path.clone()).collect()
    };
    let wrong =
        |problem: String, help: &str| Err(Error::Shards { folder: folder.to_owned(), problem, help: help.into() });
    let wholes = files(&|shard| shard.number.is_none());
    let counted = files(&|shard| shard.of.is_some());
    if wholes.len() > 1 || (!wholes.is_empty() && !counted.is_empty()) {
        let files = names(wholes.iter().chain(&counted));
        return wrong(format!("{files} may each be the whole split"), "leave the files of one set here");
    }
    if !wholes.is_empty() {
        return Ok(wholes);
    }
    let mut counts: Vec<usize> = shards.iter().filter_map(|shard| shard.of).collect();
    counts.sort_unstable();
    counts.dedup();
    if counts.len() > 1 || (!counts.is_empty() && counted.len() < found.len()) {
        return wrong(format!("{} are shards of several sets", names(&found)), "leave the files of one set here");
    }
    let mut numbers: Vec<usize> = shards.iter().filter_map(|shard| shard.number).collect();
    numbers.sort_unstable();
    if let Some(pair) = numbers.windows(2).find(|pair| pair[0] == pair[1]) {
        let twice = names(&files(&|shard| shard.number == Some(pair[0])));
        return wrong(format!("{twice} are both shard {}", pair[0]), "leave one of them here");
    }
    // A lone file with some number at its end, such as a year, is not a shard.
    if counts.is_empty() && matches!(numbers[..], [number] if number > 1) {
        return Ok(Vec::new());
    }
    // Shards are counted from 0, or from 1 by some.
    let first = usize::from(numbers.first() > Some(&0) && (numbers.len() > 1 || counts == [1]));
    let all = counts.first().copied().unwrap_or_else(|| numbers.last().map_or(0, |last| last + 1 - first));
    let end = all + first;
    let missing: Vec<usize> = (first..end).filter(|number| numbers.binary_search(number).is_err()).take(5).collect();
    if !missing.is_empty() || numbers.last().is_some_and(|last| *last >= end) {
        let numbers: Vec<String> = missing.iter().map(usize::to_string).collect();
        let called: Vec<String> = missing.iter().filter_map(|number| named(&found[0], *number)).collect();
        let called = if called.is_empty() { String::new() } else { format!(" (`{}`)", called.join("`, `")) };
        let problem = format!("shard {} of {all} is missing{called} beside {}", numbers.join(", "), names(&found));
        return wrong(problem, "bring all shards of the split, or one whole file");
    }
    Ok(found)
}

/// What the shard `number` is called beside `other`; `None` where the names hold more than number and count.
fn named(other: &Path, number: usize) -> Option<String> {
    let name = Name::of(other)?;
    let file = other.file_name()?.to_string_lossy().into_owned();
    let lower = name.stem.to_lowercase();
    let end = ["-of-", "_of_"].iter().find_map(|of| lower.rfind(of)).unwrap_or(name.stem.len());
    let start = name.stem[..end].trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let count = name.stem[end..].trim_start_matches(|c: char| !c.is_ascii_digit());
    let is_plain = start < end && count.bytes().all(|byte| byte.is_ascii_digit());
    is_plain.then(|| format!("{}{number:0width$}{}", &file[..start], &file[end..], width = end - start))
}

fn names<'p>(paths: impl IntoIterator<Item = &'p PathBuf>) -> String {
    let name = |path: &PathBuf| format!("`{}`", path.file_name().unwrap_or_default().to_string_lossy());
    let mut names: Vec<String> = paths.into_iter().map(name).collect();
    if names.len() > 6 {
        let more = names.len() - 5;
        names.truncate(5);
        names.push(format!("{more} more"));
    }
    names.join(", ")
}
#[cfg(test)]
mod tests;
