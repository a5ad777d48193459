//! `METHODS.md` knows every claim that the code can make, and the code cites sections that are there.
#![expect(clippy::unwrap_used, reason = "a test that cannot read the sources has failed")]

use std::path::{Path, PathBuf};

const METHODS: &str = include_str!("../METHODS.md");

/// Kinds of sentences and alarms, and the verdicts that become words of a table.
const CLAIMS: [&str; 7] = ["SentenceKind", "AlarmKind", "Status", "Shape", "Trend", "EmergenceKind", "MetricEffect"];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs_err::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<PathBuf>, Vec<PathBuf>) = entries.partition(|path| path.is_dir());
    let rust = files.into_iter().filter(|path| path.extension().is_some_and(|end| end == "rs"));
    rust.chain(folders.iter().flat_map(|folder| sources(folder))).collect()
}

fn texts() -> Vec<String> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let files = ["src", "examples", "tests"].iter().flat_map(|folder| sources(&root.join(folder)));
    files.map(|file| fs_err::read_to_string(file).unwrap()).collect()
}

/// The variants of an enum, as its source names them.
fn variants(source: &str, name: &str) -> Vec<String> {
    let Some((_, rest)) = source.split_once(&format!("pub enum {name} {{\n")) else { return Vec::new() };
    let (body, _) = rest.split_once("\n}").unwrap();
    let words = body.lines().filter_map(|line| line.strip_prefix("    "));
    let named = words.filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()));
    named.map(|line| line.split(|c: char| !c.is_alphanumeric()).next().unwrap().to_owned()).collect()
}

/// `NotYet` → `not yet`.
fn spoken(variant: &str) -> String {
    let letter = |c: char| if c.is_ascii_uppercase() { format!(" {}", c.to_ascii_lowercase()) } else { c.to_string() };
    variant.chars().map(letter).collect::<String>().trim().to_owned()
}

#[test]
fn every_claim_has_its_line() {
    let texts = texts();
    let methods = METHODS.to_lowercase();
    for name in CLAIMS {
        let all: Vec<String> = texts.iter().flat_map(|text| variants(text, name)).collect();
        assert!(all.len() > 2, "{name} is found in the sources");
        for variant in all.iter().filter(|variant| *variant != "None" && *variant != "Unknown") {
            let words = spoken(variant);
            // Kinds are named as the code names them; verdicts as the page says them.
            let is_there = match name {
                "SentenceKind" | "AlarmKind" => METHODS.contains(&format!("`{variant}`")),
                _ => methods.contains(&words) || methods.contains(&words.replace(' ', "_")),
            };
            assert!(is_there, "METHODS.md has no line about {name}::{variant}");
        }
    }
}

#[test]
fn cited_sections_are_there() {
    let mut cited = 0;
    for text in texts() {
        for rest in text.split("METHODS.md §").skip(1) {
            let Some(number) = rest.split(|c: char| !c.is_ascii_digit()).next().filter(|n| !n.is_empty()) else {
                continue;
            };
            assert!(METHODS.contains(&format!("\n## {number} ")), "METHODS.md has no section {number}");
            cited += 1;
        }
        let foreign = ["SPEC", "RUN"].map(|name| format!("{name}.md §"));
        assert!(!foreign.iter().any(|name| text.contains(name)), "a comment cites a document that is not here");
    }
    assert!(cited > 10);
}

/// The files that a passage names, and those that `claims` and `golden` stand for.
fn named_files(text: &str) -> Vec<String> {
    let file = |name: &str| match name {
        "claims" => Some("tests/claims.rs".to_owned()),
        "golden" => Some("tests/golden.rs".to_owned()),
        name => name
            .ends_with(".rs")
            .then(|| if name.starts_with("tests/") { name.to_owned() } else { format!("src/{name}") }),
    };
    text.split('`').skip(1).step_by(2).filter_map(file).collect()
}

/// A test stands in the file, or in the file of its tests.
fn is_tested(file: &Path) -> bool {
    let tests = file.with_extension("").join("tests.rs");
    [file, tests.as_path()].iter().any(|file| fs_err::read_to_string(file).is_ok_and(|text| text.contains("#[test]")))
}

#[test]
fn whatever_holds_a_claim_is_a_test() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let (mut in_table, mut named) = (false, 0);
    for line in METHODS.lines() {
        in_table = line.starts_with('|') && (in_table || line.contains("| held by |"));
        let holders = if in_table {
            line.trim_end_matches('|').rsplit('|').next().unwrap_or_default()
        } else {
            line.split_once("eld by").map_or("", |(_, after)| after)
        };
        for file in named_files(holders) {
            assert!(is_tested(&root.join(&file)), "METHODS.md: no test stands in {file}, which is to hold: {line}");
            named += 1;
        }
    }
    assert!(named > 60, "{named} files are named");
}
