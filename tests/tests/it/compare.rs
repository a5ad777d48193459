//! Two checkpoints, branches or runs beside each other, as a user asks for it.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::program::{RunFolder, newest_two};

/// `run.yaml:trunk@STEP` of the small run's two checkpoints.
fn both_steps() -> [String; 2] {
    newest_two().map(|name| format!("run.yaml:trunk@{}", name.trim_start_matches("checkpoint-")))
}

/// Whether each item of a unit is right, read from its files.
fn right(unit: &Path) -> BTreeMap<usize, bool> {
    let bytes = fs_err::read(unit.join("items-00000.jsonl.zst")).unwrap();
    let text = String::from_utf8(zstd::decode_all(&bytes[..]).unwrap()).unwrap();
    let item = |line: &str| {
        let item: Value = serde_json::from_str(line).unwrap();
        let logprobs: Vec<f64> =
            item["choices"].as_array().unwrap().iter().map(|choice| choice["logprob"].as_f64().unwrap()).collect();
        let best =
            (0..logprobs.len()).reduce(|best, other| if logprobs[other] > logprobs[best] { other } else { best });
        (item["doc_id"].as_u64().unwrap() as usize, best == Some(item["gold"].as_u64().unwrap() as usize))
    };
    text.lines().map(item).collect()
}

#[test]
fn two_checkpoints_are_paired_item_by_item() {
    let folder = RunFolder::small();
    assert_eq!(folder.run(&["sweep", "run.yaml", "--limit", "100"]).code, Some(0));
    let [a, b] = both_steps();
    let ran = folder.run(&["compare", &a, &b, "--json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let rows: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        rows.iter().map(|row| row["task"].as_str().unwrap()).collect::<Vec<_>>(),
        ["pilot_facts_easy", "pilot_letters"]
    );
    let units = folder.unit_folders();
    for row in &rows {
        let task = row["task"].as_str().unwrap();
        let sides: Vec<_> =
            units.iter().filter(|unit| unit.display().to_string().contains(task)).map(|unit| right(unit)).collect();
        let flipped = |from: bool| -> Vec<usize> {
            sides[0].iter().filter(|(id, was)| **was == from && sides[1][id] != from).map(|(id, _)| *id).collect()
        };
        let listed = |key: &str| -> Vec<usize> { serde_json::from_value(row[key].clone()).unwrap() };
        assert_eq!((listed("lost"), listed("gained")), (flipped(true), flipped(false)), "{task}");
        let change = (flipped(false).len() as f64 - flipped(true).len() as f64) / 100.0;
        assert!((row["difference"]["value"].as_f64().unwrap() - change).abs() < 1e-12);
        let interval: [f64; 2] = serde_json::from_value(row["difference"]["interval"].clone()).unwrap();
        assert!(interval[0] <= change && change <= interval[1]);
        assert_eq!(row["difference"]["items"], 100);
        assert!(row["first"]["tokens"].as_u64() < row["second"]["tokens"].as_u64());
    }
    // The other way round, and against itself.
    let back = folder.run(&["compare", &b, &a, "--json"]).stdout;
    let back: Value = serde_json::from_str(back.lines().next().unwrap()).unwrap();
    assert_eq!((&back["lost"], &back["gained"], &back["p"]), (&rows[0]["gained"], &rows[0]["lost"], &rows[0]["p"]));
    let same = folder.run(&["compare", "run.yaml", &b]);
    assert_eq!(same.code, Some(0), "{}", same.stderr);
    let marked = same.stdout.lines().any(|line| line.starts_with("pilot_") && line.contains('*'));
    assert!(same.stdout.contains("1.0000") && !marked, "{}", same.stdout);
    // For eyes, with the items.
    let table = folder.run(&["compare", &a, &b, "--items"]).stdout;
    let (lost, gained) = (rows[0]["lost"].as_array().unwrap().len(), rows[0]["gained"].as_array().unwrap().len());
    assert_eq!(
        table.lines().filter(|line| line.starts_with("  lost ")).count(),
        lost + rows[1]["lost"].as_array().unwrap().len()
    );
    let row: Vec<&str> =
        table.lines().find(|line| line.starts_with("pilot_facts_easy ")).unwrap().split_whitespace().collect();
    let end = [row[row.len() - 4], row[row.len() - 3], row[row.len() - 1]];
    assert_eq!(end, [&lost.to_string(), &gained.to_string(), "100"], "{table}");
    let detectable =
        rows[0]["detectable"].as_f64().map_or_else(|| "–".to_owned(), |least| format!("{:.1}", 100.0 * least));
    assert_eq!(row[row.len() - 2], detectable, "{table}");
}

#[test]
fn items_that_only_one_side_has_are_left_out_and_counted() {
    let folder = RunFolder::small();
    let [a, b] = both_steps();
    let step = |name: &str| name.rsplit('@').next().unwrap().to_owned();
    for (name, limit) in [(&a, "30"), (&b, "50")] {
        let only = format!("trunk/{}/pilot_letters", step(name));
        assert_eq!(folder.run(&["sweep", "run.yaml", "--limit", limit, "--only", &only]).code, Some(0));
    }
    let ran = folder.run(&["compare", &a, &b]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stdout.contains("left out 0 items that only A has, and 20 items that only B has"), "{}", ran.stdout);
    let row = ran.stdout.lines().find(|line| line.starts_with("pilot_letters ")).unwrap();
    assert!(row.ends_with(" 30"), "{row}");
    // A task of one side only is named; none in common is an error.
    let only = format!("trunk/{}/pilot_facts_easy", step(&b));
    assert_eq!(folder.run(&["sweep", "run.yaml", "--limit", "30", "--only", &only]).code, Some(0));
    let ran = folder.run(&["compare", &a, &b]);
    assert!(ran.stderr.contains("pilot_facts_easy: only on the second side"), "{}", ran.stderr);
    folder.write(
        "other.yaml",
        "checkpoints: [{path: trunk}]\ntasks: [pilot_facts_easy]\ntask_folders: tasks\ndata: tasks\nresults: other\n",
    );
    assert_eq!(folder.run(&["sweep", "other.yaml", "--limit", "5"]).code, Some(0));
    let ran = folder.run(&["compare", &a, "other.yaml"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stdout);
    assert!(ran.stderr.contains("no task can be compared") && ran.stderr.contains("only on the"), "{}", ran.stderr);
}

#[test]
fn what_cannot_be_compared_says_what_there_is() {
    let folder = RunFolder::small();
    let wrong = |name: &str, said: &[&str]| {
        let ran = folder.run(&["compare", "run.yaml", name]);
        assert_eq!(ran.code, Some(2), "{name}: {}", ran.stdout);
        for words in said {
            assert!(ran.stderr.contains(words), "{name}: `{words}` is missing: {}", ran.stderr);
        }
    };
    wrong("run.yaml", &["there are no results here yet", "spyglass sweep run.yaml"]);
    let [a, b] = both_steps();
    let step = b.rsplit('@').next().unwrap();
    let only = format!("*/{step}/*");
    assert_eq!(folder.run(&["sweep", "run.yaml", "--limit", "5", "--only", &only]).code, Some(0));
    wrong("run.yaml:trnk", &["there is no branch `trnk`", "did you mean `trunk`?"]);
    wrong(&a, &["has no results yet", &format!("the nearest with results is trunk@{step}")]);
    wrong("run.yaml:trunk@1_000_000", &["is not there", &format!("trunk@{step}")]);
    wrong("run.yaml:trunk@last", &["`last` is not a step"]);
    wrong("elsewhere.yaml:trunk", &["elsewhere.yaml"]);
    // A damaged unit is named and left out; the rest is compared.
    let units = folder.unit_folders();
    fs_err::write(units[0].join("items-00000.jsonl.zst"), "no zstd").unwrap();
    let ran = folder.run(&["compare", "run.yaml", &format!("run.yaml:@{step}")]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stderr.contains("items-00000.jsonl.zst") && ran.stdout.contains("B − A"), "{}", ran.stderr);
}

#[test]
fn two_runs_of_one_name_are_told_apart() {
    let folder = RunFolder::small();
    for file in ["one.yaml", "two.yaml"] {
        let text =
            "name: same\ncheckpoints: [{path: trunk}]\ntasks: [pilot_letters]\ntask_folders: tasks\ndata: tasks\n";
        folder.write(file, &format!("{text}results: {}\n", file.replace(".yaml", "")));
        assert_eq!(folder.run(&["sweep", file, "--limit", "5"]).code, Some(0));
    }
    let ran = folder.run(&["compare", "one.yaml", "two.yaml"]);
    assert!(
        ran.stdout.contains("A  same (one.yaml), trunk") && ran.stdout.contains("B  same (two.yaml), trunk"),
        "{}",
        ran.stdout
    );
    let line: Value = serde_json::from_str(&folder.run(&["compare", "one.yaml", "two.yaml", "--json"]).stdout).unwrap();
    assert_eq!((&line["first"]["run"], &line["second"]["run"]), (&"same (one.yaml)".into(), &"same (two.yaml)".into()));
    // One run against itself keeps its name.
    let [a, b] = both_steps().map(|name| name.replace("run.yaml", "one.yaml"));
    assert!(folder.run(&["compare", &a, &b]).stdout.starts_with("A  same, trunk"));
}
