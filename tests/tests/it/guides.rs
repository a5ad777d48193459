//! What the guides name is there: each path, and each name of the code, that stands in backticks.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

const GUIDES: [&str; 6] = [
    ".github/CONTRIBUTING.md",
    ".github/ARCHITECTURE.md",
    "README.md",
    "model/ZAMBA2.md",
    "tests/FAULTS.md",
    "tests/reference/README.md",
];

/// Where paths of a guide start: the checkout, a folder of it that the guide is about, and folders that examples speak of.
const STARTS: [&str; 8] = [
    "",
    "model",
    "tasks",
    "tests/reference",
    "tasks/src/metric",
    "dashboards/src/alarms",
    "harness/src/export",
    "model/src/models",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All words of the sources: names, keys, strings.
fn words() -> HashSet<String> {
    let mut words = HashSet::new();
    let mut todo: Vec<PathBuf> =
        ["model", "tasks", "dashboards", "harness", "tests"].map(|name| root().join(name)).into();
    while let Some(path) = todo.pop() {
        if path.is_dir() {
            todo.extend(fs_err::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|end| ["rs", "toml", "py"].iter().any(|known| end == *known)) {
            let text = fs_err::read_to_string(&path).unwrap();
            words.extend(text.split(|c: char| !c.is_alphanumeric() && c != '_').map(str::to_owned));
        }
    }
    words
}

/// What a guide says in backticks outside blocks of code, a line's ends apart.
fn ticked(guide: &str) -> Vec<String> {
    let text = fs_err::read_to_string(root().join(guide)).unwrap();
    let prose = text.split("```").step_by(2).collect::<String>();
    prose.split('`').skip(1).step_by(2).map(|said| said.replace('\n', " ")).collect()
}

#[test]
fn what_the_guides_name_is_there() {
    let words = words();
    let (mut paths, mut names, mut wrong) = (0, 0, Vec::new());
    for guide in GUIDES {
        for said in ticked(guide) {
            let is_path = said.contains('/')
                || said.rsplit_once('.').is_some_and(|(_, end)| ["rs", "md", "py", "yaml", "html"].contains(&end));
            let is_name =
                said.chars().all(|c| c.is_alphanumeric() || "_:".contains(c)) && said.contains(char::is_lowercase);
            let is_there = if said.contains([' ', '*', '{', '$', '<', '→']) || said.contains("NAME") {
                continue; // a command, a pattern
            } else if is_path {
                paths += 1;
                STARTS.iter().any(|start| root().join(start).join(&said).exists()) || OF_A_RUN.contains(&said.as_str())
            } else if is_name {
                names += 1;
                said.trim_end_matches(':').split("::").all(|part| words.contains(part))
            } else {
                continue;
            };
            if !is_there {
                wrong.push(format!("{guide}: `{said}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "not to be found: {wrong:#?}");
    assert!(paths > 80 && names > 40, "{paths} paths, {names} names");
}

/// Files that a run has, not the checkout.
const OF_A_RUN: [&str; 6] = [
    "results/metrics.prom",
    "report/units.csv",
    "results/units",
    "run.yaml",
    "path/to/checkpoints",
    "shared/zamba2/fixtures",
];
