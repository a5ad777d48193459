//! Exports in others' formats, and results of lm-evaluation-harness brought in.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use serde_json::Value;
use spyglass::{
    ImportOptions, Store, Suite, TaskSource, TaskSpec, catalogue, csv, import_lm_eval, json_lines, parquet, score_rows,
    write_lm_eval,
};
use spyglass_dashboards::run::{
    Branch, Checkpoint, Cost, Phase, PhaseStart, Run, RunTree, TaskGroup, TrainingLog, Unit, UnitInputs, UnitRecord,
};
use spyglass_tasks::{Answer, ItemRecord, MetricValue};

const TASK: &str = "task: colour_{subject}
dataset_path: colours
dataset_name: \"{subject}\"
output_type: multiple_choice
validation_split: validation
doc_to_text: \"{{question}}\"
doc_to_target: answer
doc_to_choice: choices
metric_list: [{metric: acc}, {metric: acc_norm}, {metric: brier_score}]
chance: 0.5
metadata: {version: 1.0}
subjects:
  colour_tasks: [sky, sea]
";
const GROUP: &str = "group: colour
task: [colour_tasks]
aggregate_metric_list: [{metric: acc, weight_by_size: true}]
metadata: {version: 2}
";

/// Two small tasks in a group, with their items.
fn suite(dir: &Path) -> Suite {
    fs_err::create_dir_all(dir.join("tasks")).unwrap();
    fs_err::write(dir.join("tasks/colour.yaml"), TASK).unwrap();
    fs_err::write(dir.join("tasks/group.yaml"), GROUP).unwrap();
    for subject in ["sky", "sea"] {
        fs_err::create_dir_all(dir.join("colours").join(subject)).unwrap();
        let row = |n: usize| serde_json::json!({"question": format!("Which {subject} has number {n}?"), "choices": ["grün", "red"], "answer": n % 2});
        let rows: String = (0..3).map(|n| row(n).to_string() + "\n").collect();
        fs_err::write(dir.join("colours").join(subject).join("validation.jsonl"), rows).unwrap();
    }
    let catalogue = catalogue(&[dir.join("tasks")]).unwrap();
    let mut suite = Suite::default();
    let spec = TaskSpec { task: "colour".into(), shots: None, limit: None, perturb: None };
    let source = TaskSource { catalogue, data: vec![dir.to_owned()], limit: None };
    suite.add(&source, &spec).unwrap();
    suite
}

fn checkpoint(step: u64) -> Checkpoint {
    Checkpoint {
        branch: "trunk".into(),
        step,
        variant: None,
        tokens: step * 1000,
        learning_rate: Some(3e-4),
        location: format!("checkpoints/checkpoint-{step}"),
    }
}

/// The suite's items on two checkpoints, answered by a formula.
fn run(suite: &Suite) -> Run {
    let mut units = Vec::new();
    for step in [100, 200] {
        for task in &suite.tasks {
            let items = task.items.as_ref().unwrap();
            let records: Vec<ItemRecord> = items
                .items
                .iter()
                .map(|item| {
                    let answer = |choice: usize| Answer {
                        logprob: -1.0 - (item.doc_id + choice) as f64 * 0.37 - step as f64 / 1000.0 * choice as f64,
                        is_greedy: choice == 0,
                        tokens: 1,
                        ..Answer::default()
                    };
                    item.record(&(0..item.query_count()).map(answer).collect::<Vec<_>>()).unwrap()
                })
                .collect();
            let inputs = UnitInputs {
                weights: format!("weights-{step}"),
                config: String::new(),
                tokenizer: String::new(),
                chat_template: None,
                task: task.task.name.clone(),
                task_definition: task.task.definition_hash(),
                data: items.data_hash.clone(),
                shots: 0,
                perturb: None,
                precision: "f32".into(),
                dt_floor: "config".into(),
                bos: None,
                rope_scale: None,
                context: None,
                scoring_version: 1,
            };
            let record = UnitRecord {
                key: format!("{step}{}", task.task.name),
                inputs,
                checkpoint: checkpoint(step),
                task: task.task.name.clone(),
                shots: 0,
                chance: Some(0.5),
                primary_metric: "acc".into(),
                metrics: task.task.grade(&records).unwrap(),
                higher_is_better: BTreeMap::new(),
                items: records.len(),
                items_total: items.total,
                truncated: 0,
                off_token_edge: 0,
                warnings: Vec::new(),
                chunks: Vec::new(),
                cost: Cost { seconds: 1.5, ..Cost::default() },
                finished: "2026-11-25T01:02:03.5Z".into(),
                version: "0.1.0".into(),
            };
            units.push(Unit { record, items: Arc::new(records) });
        }
    }
    let phases = vec![PhaseStart { phase: Phase::Warmup, from_step: 0, from_tokens: 0 }];
    let checkpoints = vec![checkpoint(100), checkpoint(200)];
    let trunk = Branch { name: "trunk".into(), fork: None, checkpoints, log: TrainingLog::default(), phases };
    Run {
        name: "made-up".into(),
        tree: RunTree { branches: vec![trunk], ..RunTree::default() },
        units,
        groups: suite.task_groups(),
        generated: "2026-11-25T00:00:00Z".into(),
        version: "0.1.0".into(),
        ..Run::default()
    }
}

/// A file that lm-evaluation-harness wrote; of its tasks' code nothing was kept.
fn golden(name: &str) -> Value {
    json(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../tasks/tests/data/golden").join(name))
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&fs_err::read_to_string(path).unwrap()).unwrap()
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Every key of `theirs` is in `ours` with a value of the same type; what a run does not know may be null.
fn assert_readable(ours: &Value, theirs: &Value, what: &str) {
    for (key, value) in theirs.as_object().unwrap() {
        let found = ours.get(key).unwrap_or_else(|| panic!("{what}: no key `{key}`"));
        assert!(found.is_null() || value.is_null() || kind(found) == kind(value), "{what}: `{key}` is {found}");
    }
}

fn results_of(files: &[PathBuf], step: &str) -> Value {
    let is_results = |path: &&PathBuf| {
        path.to_string_lossy().contains(step) && path.file_name().unwrap().to_string_lossy().starts_with("results_")
    };
    json(files.iter().find(is_results).unwrap())
}

#[test]
fn exported_files_have_the_keys_that_readers_of_lm_eval_expect() {
    let dir = tempfile::tempdir().unwrap();
    let suite = suite(dir.path());
    let run = run(&suite);
    let written = write_lm_eval(&run, &suite, &dir.path().join("out")).unwrap();
    assert_eq!((written.files.len(), written.warnings.len()), (6, 0), "{written:?}");
    let names: Vec<String> =
        written.files.iter().map(|path| path.strip_prefix(dir.path()).unwrap().display().to_string()).collect();
    assert!(
        names.contains(&"out/made-up__trunk__step-100/results_2026-11-25T01-02-03.500000.json".into()),
        "{names:?}"
    );
    let results = results_of(&written.files, "step-100");
    assert_eq!(results["results"]["colour_sky"]["alias"], "colour_sky");
    assert_eq!(results["results"]["colour_sky"]["brier_score_stderr,none"], "N/A");
    assert_eq!(results["groups"]["colour"]["sample_count"], serde_json::json!({"acc,none": 6}));
    assert_eq!(results["config"]["step"], 100);
    assert_eq!(results["config"]["tokens"], 100_000);
    assert_eq!(results["config"]["learning_rate"], 3e-4);
    assert_eq!(results["total_evaluation_time_seconds"], "3");
    assert_eq!(results["date"], 1_795_568_523.5);
    let theirs = golden("results.json");
    assert_readable(&results, &theirs, "results");
    assert_readable(&results["config"], &theirs["config"], "config");
    assert_readable(&results["results"]["colour_sky"], &theirs["results"]["hellaswag"], "a task");
    let groups = golden("mmlu_results.json");
    assert_eq!(keys(&results["groups"]["colour"]), keys(&groups["groups"]["mmlu"]));
    let theirs = golden("sample.json");
    let path = written.files.iter().find(|path| path.to_string_lossy().contains("samples_colour_sky")).unwrap();
    let text = fs_err::read_to_string(path).unwrap();
    let line: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_readable(&line, &theirs, "a sample");
    assert_eq!(
        line["arguments"]["gen_args_1"],
        serde_json::json!({"arg_0": "Which sky has number 0?", "arg_1": " red"})
    );
    assert_eq!(line["resps"][0], serde_json::json!([["-1.0", "True"]]));
    assert_eq!(line["filtered_resps"][0], serde_json::json!(["-1.0", "True"]));
    assert_eq!(kind(&line["acc"]), "number");
}

#[test]
fn what_is_exported_comes_back_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let suite = suite(dir.path());
    let run = run(&suite);
    write_lm_eval(&run, &suite, &dir.path().join("out")).unwrap();
    let store = Store::create(&dir.path().join("results")).unwrap();
    let options = ImportOptions {
        name: "back".into(),
        branch: "other".into(),
        pattern: "step-{step}".into(),
        tokens_per_step: None,
    };
    let imported = import_lm_eval(&dir.path().join("out"), &options, &store).unwrap();
    assert_eq!((imported.units, imported.checkpoints, imported.with_items), (4, 2, 4), "{imported:?}");
    let again = import_lm_eval(&dir.path().join("out"), &options, &store).unwrap();
    let (units, damaged) = store.units().unwrap();
    assert_eq!((again.units, units.len(), damaged.len()), (4, 4, 0));
    for (folder, record) in &units {
        let original = run
            .units
            .iter()
            .find(|unit| unit.record.task == record.task && unit.record.checkpoint.step == record.checkpoint.step);
        let original = original.unwrap();
        assert_eq!(record.checkpoint.branch, "trunk", "the file says more than the options");
        assert_eq!(record.checkpoint.tokens, original.record.checkpoint.tokens);
        for (found, expected) in record.metrics.iter().zip(&original.record.metrics) {
            assert_eq!((&found.name, found.value, found.n), (&expected.name, expected.value, expected.n));
            assert_eq!(found.stderr, expected.stderr.filter(|_| found.name != "brier_score"));
        }
        let items = folder.items(record).unwrap();
        let task = suite.tasks.iter().find(|task| task.task.name == record.task).unwrap();
        assert_eq!(task.task.grade(&items).unwrap(), original.record.metrics, "graded again from the samples");
    }
    let snapshot = store.snapshot().unwrap().unwrap();
    let group = TaskGroup {
        name: "colour".into(),
        leaves: vec!["colour_sky".into(), "colour_sea".into()],
        weight_by_size: true,
        ..TaskGroup::default()
    };
    let groups = &snapshot.groups;
    assert!(groups.len() == 1 && groups[0].is_same(&group), "{groups:?}");
    let told: Vec<(u64, usize)> = groups[0].told.iter().map(|told| (told.step, told.metrics.len())).collect();
    assert_eq!(told, [(100, 1), (200, 1)], "the group's own scores come with it");
    assert_eq!(snapshot.tree.branches[0].checkpoints.len(), 2);
}

#[test]
fn results_of_lm_eval_itself_are_read() {
    let [results, mmlu] = ["results.json", "mmlu_results.json"].map(|name| golden(name).to_string());
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("out/checkpoint-700/tiny_zamba2");
    fs_err::create_dir_all(&folder).unwrap();
    fs_err::write(folder.join("results_2026-11-23T22-46-36.620141.json"), results).unwrap();
    fs_err::write(folder.join("results_2026-11-23T22-53-37.234644.json"), mmlu).unwrap();
    let store = Store::create(&dir.path().join("results")).unwrap();
    let options = ImportOptions {
        name: "old".into(),
        branch: "trunk".into(),
        pattern: "checkpoint-{step}".into(),
        tokens_per_step: Some(1_000_000),
    };
    let imported = import_lm_eval(&dir.path().join("out"), &options, &store).unwrap();
    assert_eq!((imported.units, imported.checkpoints), (2 + 57, 1), "{imported:?}");
    let (units, _) = store.units().unwrap();
    let hellaswag = &units.iter().find(|(_, record)| record.task == "hellaswag").unwrap().1;
    assert_eq!((hellaswag.checkpoint.step, hellaswag.checkpoint.tokens), (700, 700_000_000));
    assert_eq!((hellaswag.items, hellaswag.items_total), (40, 10_042));
    assert_eq!((hellaswag.chance, hellaswag.primary_metric.as_str()), (Some(0.25), "acc_norm"));
    let acc = hellaswag.metric("acc").unwrap();
    assert_eq!((acc.value, acc.stderr, acc.n), (0.25, Some(0.069_337_524_528_153_63), 40));
    let groups = store.snapshot().unwrap().unwrap().groups;
    assert_eq!(groups.iter().find(|group| group.name == "mmlu").unwrap().leaves.len(), 57);
    let wrong = ImportOptions { pattern: "step={step}".into(), ..options.clone() };
    let error = import_lm_eval(&dir.path().join("out"), &wrong, &store).unwrap_err().to_string();
    assert!(error.contains("step={step}"), "{error}");
    let wrong = ImportOptions { tokens_per_step: None, ..options };
    let error = import_lm_eval(&dir.path().join("out"), &wrong, &store).unwrap_err().to_string();
    assert!(error.contains("tokens"), "{error}");
}

#[test]
fn one_row_a_score_in_three_formats() {
    let dir = tempfile::tempdir().unwrap();
    let suite = suite(dir.path());
    let run = run(&suite);
    let rows = score_rows(&run);
    // Two checkpoints, three metrics each of two tasks and their group.
    assert_eq!(rows.len(), 2 * 3 * 3);
    let group = rows.iter().find(|row| row.kind == "group" && row.metric == "acc").unwrap();
    let tasks: Vec<&MetricValue> = run.units[..2].iter().map(|unit| unit.record.metric("acc").unwrap()).collect();
    assert!((group.score - f64::midpoint(tasks[0].value, tasks[1].value)).abs() < 1e-12 && group.n == 6);
    assert_eq!((group.chance, group.phase, group.lr), (Some(0.5), Some("warmup"), Some(3e-4)));
    let text = String::from_utf8(csv(&rows)).unwrap();
    assert!(
        text.starts_with("branch,step,variant,tokens,lr,phase,kind,task,shots,perturb,metric,primary,score,se,"),
        "{text}"
    );
    assert_eq!(text.lines().count(), rows.len() + 1);
    let lines = String::from_utf8(json_lines(&rows)).unwrap();
    let first: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!(first["score"].as_f64(), Some(rows[0].score));
    assert!(first["variant"].is_null());
    let path = dir.path().join("scores.parquet");
    fs_err::write(&path, parquet(&rows)).unwrap();
    let reader = SerializedFileReader::try_from(path.as_path()).unwrap();
    let read: Vec<_> = reader.get_row_iter(None).unwrap().map(Result::unwrap).collect();
    assert_eq!(read.len(), rows.len());
    for (read, row) in read.iter().zip(&rows) {
        let field = |name: &str| read.get_column_iter().find(|(column, _)| *column == name).unwrap().1.clone();
        assert_eq!(field("task"), Field::Str(row.task.clone()));
        assert_eq!(field("score"), Field::Double(row.score));
        assert_eq!(field("variant"), Field::Null);
        assert_eq!(field("n"), Field::Long(row.n as i64));
        assert_eq!(field("primary"), Field::Bool(row.primary));
        assert_eq!(field("chance"), row.chance.map_or(Field::Null, Field::Double));
    }
}
