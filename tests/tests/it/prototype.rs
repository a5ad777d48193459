//! The whole run of the prototype that the pilot was taken from: every score as `transformers` computed it, every onset by a search.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::find_onset::as_good_as_all;
use crate::program::RunFolder;
use crate::shared::shared;

const TASKS: [&str; 4] = ["pilot_letters", "pilot_facts_easy", "pilot_facts_hard", "pilot_stories"];

#[test]
fn the_prototype_scores_as_its_reference_says() {
    let Some(prototype) = shared("pilot_prototype") else { return };
    let folder = RunFolder::small();
    for task in TASKS {
        folder.write(&format!("prototype/{task}.yaml"), &definition(task));
    }
    folder.write("all.yaml", &run_file(&prototype));
    let ran = folder.run(&["sweep", "all.yaml"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let reference = reference(&prototype.join("reference_scores.csv"));
    let units = folder.unit_folders();
    assert_eq!(units.len(), 39 * TASKS.len(), "39 checkpoints");
    for unit in units {
        let record: Value = serde_json::from_str(&fs_err::read_to_string(unit.join("unit.json")).unwrap()).unwrap();
        let at = &record["checkpoint"];
        let place = format!("{},{},{}", record["task"].as_str().unwrap(), at["branch"].as_str().unwrap(), at["step"]);
        let score = record["metrics"][0]["value"].as_f64().unwrap();
        assert!((score - reference[&place]).abs() < 1e-6, "{place}: {score} against {}", reference[&place]);
    }
    let (all, searched) = as_good_as_all(&folder, "all.yaml");
    assert!(searched * 2 <= all, "{searched} of {all} units");
}

/// The prototype's items hold the whole context; the pilot's tests of the same names are others.
fn definition(task: &str) -> String {
    format!(
        "task: {task}\ndataset_path: json\ndataset_kwargs:\n  data_files: {{test: {task}.jsonl}}\ntest_split: test\n\
         output_type: multiple_choice\ndoc_to_text: context\ndoc_to_choice: choices\ndoc_to_target: gold\n\
         metric_list:\n  - {{metric: acc}}\nchance: 0.25\n"
    )
}

/// The run file of its 39 checkpoints.
fn run_file(prototype: &Path) -> String {
    let branch = |name: &str| format!("{{branch: {name}, path: {}}}", prototype.join(name).display());
    let fork =
        |name: &str, step: u64| branch(name).replace('}', &format!(", parent: {{branch: trunk, step: {step}}}}}"));
    let branches =
        [branch("trunk"), fork("anneal", 1100), fork("anneal-roleplay", 1100), fork("contaminated", 600)].join(", ");
    let (tasks, data) = (TASKS.join(", "), prototype.join("tasks").display().to_string());
    format!("checkpoints: [{branches}]\ntasks: [{tasks}]\ntask_folders: prototype\ndata: {data}\n")
}

/// `task,branch,step` → accuracy, as transformers computed it.
fn reference(file: &Path) -> BTreeMap<String, f64> {
    let text = fs_err::read_to_string(file).unwrap();
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        (cells[..3].join(","), cells[4].parse().unwrap())
    };
    text.lines().skip(1).map(row).collect()
}
