//! Which files of a data set on the hub a task reads, told from the names alone, and where below a data folder they are found.

use super::locate::{aliases, is_generic};
use super::name::Name;
use super::shards::Shard;
use std::path::Path;

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
mod tests {
    use super::*;

    fn chosen(part: Option<&str>, splits: &[&str], paths: &[&str]) -> Vec<String> {
        let set = DataSet {
            id: "a/b".into(),
            part: part.map(Into::into),
            splits: splits.iter().map(|split| (*split).into()).collect(),
        };
        set.choose(paths).into_iter().map(|(path, place)| format!("{path}>{place}")).collect()
    }

    #[test]
    fn files_are_chosen_in_the_layouts_of_the_hub() {
        let data = ["README.md", "data/train-00000-of-00001.parquet", "data/validation-00000-of-00001.parquet"];
        assert_eq!(chosen(None, &["validation"], &data), [format!("{0}>{0}", data[2])]);
        assert_eq!(chosen(None, &["validation", "train"], &data).len(), 2);
        assert_eq!(chosen(None, &["test", "train"], &data), [""; 0], "the split that is asked is not there");
        let parts =
            ["ARC-Easy/test-00000-of-00001.parquet", "ARC-Challenge/test-00000-of-00001.parquet", "ARC-Easy/dev.jsonl"];
        assert_eq!(chosen(Some("ARC-Challenge"), &["test"], &parts), [format!("{0}>{0}", parts[1])]);
        assert_eq!(chosen(Some("ARC-Easy"), &["test", "validation"], &parts).len(), 2);
        let converted = [
            "default/test/0000.parquet",
            "default/test/0001.parquet",
            "de/test/0000.parquet",
            "default/train/0000.parquet",
        ];
        assert_eq!(
            chosen(None, &["test"], &converted),
            ["default/test/0000.parquet>test/0000.parquet", "default/test/0001.parquet>test/0001.parquet"]
        );
        assert_eq!(
            chosen(Some("default"), &["test"], &converted)[0],
            "default/test/0000.parquet>default/test/0000.parquet"
        );
        assert_eq!(chosen(Some("de"), &["test"], &converted), ["de/test/0000.parquet>de/test/0000.parquet"]);
        let forms = ["test.jsonl", "test.csv", "test.parquet"];
        assert_eq!(chosen(None, &["test"], &forms), ["test.parquet>test.parquet"]);
    }

    /// What the shipped tasks read is chosen from the listings of their repositories, and found where it is put.
    #[test]
    fn every_shipped_task_knows_its_repository_and_its_licence() {
        let catalogue = crate::Catalogue::shipped().unwrap();
        let cases = [
            ("hellaswag", "Rowan/hellaswag", "data/validation-00000-of-00001.parquet"),
            ("arc_easy", "allenai/ai2_arc", "ARC-Easy/test-00000-of-00001.parquet"),
            ("arc_challenge", "allenai/ai2_arc", "ARC-Challenge/test-00000-of-00001.parquet"),
            ("mmlu_anatomy", "cais/mmlu", "anatomy/test-00000-of-00001.parquet"),
            ("piqa", "baber/piqa", "default/validation/0000.parquet"),
            ("winogrande", "allenai/winogrande", "winogrande_xl/validation-00000-of-00001.parquet"),
            ("boolq", "aps/super_glue", "boolq/validation-00000-of-00001.parquet"),
            ("openbookqa", "allenai/openbookqa", "main/test-00000-of-00001.parquet"),
            ("sciq", "allenai/sciq", "data/test-00000-of-00001.parquet"),
            ("lambada_openai", "EleutherAI/lambada_openai", "default/test/0000.parquet"),
            ("wikitext", "EleutherAI/wikitext_document_level", "wikitext-2-raw-v1/test/0000.parquet"),
        ];
        for (name, id, path) in cases {
            let task = catalogue.select(name).unwrap().leaves.remove(0);
            let set = task.data_set().unwrap();
            assert!(set.id == id && task.licence.is_some(), "{name}: {set:?}");
            let others = ["README.md", "other/test-00000-of-00001.parquet", "de/test/0000.parquet"];
            let chosen = set.choose(&[&[path], &others[..]].concat());
            assert_eq!(chosen.len(), 1, "{name}: {chosen:?}");
            let dir = tempfile::tempdir().unwrap();
            let place = dir.path().join(&set.id).join(&chosen[0].1);
            fs_err::create_dir_all(place.parent().unwrap()).unwrap();
            fs_err::write(&place, "").unwrap();
            let looked = task.items(&[dir.path().to_path_buf()], None).unwrap_err().to_string();
            assert!(
                looked.contains(&place.display().to_string()),
                "{name} does not find {}: {looked}",
                place.display()
            );
        }
        for leaf in catalogue.select("*").unwrap().leaves {
            assert!(leaf.data_set().is_none() || leaf.licence.is_some(), "{}", leaf.name);
        }
    }
}
