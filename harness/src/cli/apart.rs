//! Runs of one name, told apart by their files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What tells each run, a name and its file, from others of its name: the file without its ending, or as much of its path as it
/// takes. `None` for one whose name no other file bears.
pub(super) fn told_apart(runs: &[(String, &Path)]) -> Vec<Option<String>> {
    let files: Vec<PathBuf> = runs.iter().map(|(_, file)| whole(file)).collect();
    let label = |index: usize| {
        let alike = (0..runs.len()).filter(|other| runs[*other].0 == runs[index].0);
        let alike: BTreeSet<&PathBuf> = alike.map(|other| &files[other]).collect();
        let tells = |part: &dyn Fn(&Path) -> String| {
            let labels: BTreeSet<String> = alike.iter().map(|file| part(file)).collect();
            (labels.len() == alike.len()).then(|| part(&files[index]))
        };
        let deep = files[index].components().count();
        let folders = (1..deep).find_map(|count| tells(&|file| last(file.parent().unwrap_or(file), count)));
        (alike.len() > 1)
            .then(|| tells(&|file| last(file, 1)).or(folders).unwrap_or_else(|| files[index].display().to_string()))
    };
    (0..runs.len()).map(label).collect()
}

/// The path from the root on, without the file's ending.
fn whole(file: &Path) -> PathBuf {
    std::path::absolute(file).unwrap_or_else(|_| file.to_owned()).with_extension("")
}

/// The last parts of a path.
fn last(path: &Path, count: usize) -> String {
    let parts: Vec<String> = path.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    parts[parts.len().saturating_sub(count)..].join("/")
}

#[cfg(test)]
mod tests {
    use super::told_apart;
    use std::path::Path;

    #[test]
    fn the_shortest_part_that_tells_is_taken() {
        let cases: [(&[&str], &[Option<&str>]); 6] = [
            (&["a/one.yaml"], &[None]),
            (&["a/one.yaml", "a/two.yaml"], &[Some("one"), Some("two")]),
            (&["a/run.yaml", "b/run.yaml"], &[Some("a"), Some("b")]),
            (&["a/x/run.yaml", "b/x/run.yaml"], &[Some("a/x"), Some("b/x")]),
            (&["other/run.yaml", "a/other.yaml"], &[Some("run"), Some("other")]),
            (&["a/run.yaml", "a/run.yaml"], &[None, None]),
        ];
        for (files, wanted) in cases {
            let runs: Vec<(String, &Path)> = files.iter().map(|file| ("zamba".to_owned(), Path::new(*file))).collect();
            let told = told_apart(&runs);
            assert_eq!(told.iter().map(Option::as_deref).collect::<Vec<_>>(), wanted, "{files:?}");
        }
        let (a, b) = (Path::new("a/run.yaml"), Path::new("b/run.yaml"));
        assert_eq!(told_apart(&[("x".into(), a), ("y".into(), b)]), [None, None]);
    }
}
