//! Task files: what is read, what is refused and what the message says.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::PathBuf;

use miette::Diagnostic;
use spyglass_tasks::metric::Weighting;
use spyglass_tasks::{Catalogue, Error, Task};
use tempfile::TempDir;

const TASK: &str =
    "task: mine\nvalidation_split: validation\ndoc_to_text: '{{q}}'\ndoc_to_target: gold\ndoc_to_choice: '{{c}}'\n";

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, text).unwrap();
    }
    dir
}

fn select(dir: &TempDir, file: &str) -> Result<Task, Error> {
    let path = dir.path().join(file).display().to_string();
    Catalogue::shipped().unwrap().select(&path).map(|mut selection| selection.leaves.remove(0))
}

/// Message and help of the error for a task file with this text.
fn refused(text: &str) -> (String, String) {
    let dir = folder(&[("t.yaml", text)]);
    let error = select(&dir, "t.yaml").unwrap_err();
    (error.to_string(), error.help().unwrap().to_string())
}

#[test]
fn shipped_tasks_are_complete() {
    let catalogue = Catalogue::shipped().unwrap();
    for entry in catalogue.entries() {
        let selection = catalogue.select(&entry.name).unwrap();
        assert!(entry.about.is_some_and(|about| about.len() < 120), "{}", entry.name);
        for task in selection.leaves {
            assert!(task.source.is_some() && task.licence.is_some(), "{}", task.name);
            assert!(!task.split().is_empty(), "{}", task.name);
            assert!(task.metrics.contains(&task.primary_metric), "{}", task.name);
        }
    }
    let wanted = [
        "hellaswag",
        "arc_easy",
        "arc_challenge",
        "mmlu",
        "mmlu_stem",
        "mmlu_continuation",
        "piqa",
        "winogrande",
        "boolq",
        "openbookqa",
        "sciq",
        "lambada_openai",
        "wikitext",
        "text_perplexity",
    ];
    for name in wanted {
        assert!(catalogue.entries().iter().any(|entry| entry.name == name), "{name}");
    }
}

#[test]
fn groups_are_those_of_the_reference() {
    let catalogue = Catalogue::shipped().unwrap();
    let mmlu = catalogue.select("mmlu").unwrap();
    assert_eq!((mmlu.leaves.len(), mmlu.groups.len()), (57, 5));
    assert_eq!(mmlu.groups[0].members, ["mmlu_stem", "mmlu_other", "mmlu_social_sciences", "mmlu_humanities"]);
    assert_eq!((mmlu.groups[3].alias.as_str(), mmlu.groups[1].members.len()), ("social sciences", 19));
    assert!(
        mmlu.groups
            .iter()
            .all(|group| group.metrics[0].name == "acc" && group.metrics[0].weighting == Weighting::BySize)
    );
    let continuation = catalogue.select("mmlu_continuation").unwrap();
    assert_eq!(continuation.groups[0].alias, "mmlu (continuation)");
    assert_eq!(continuation.groups[3].name, "mmlu_continuation::social sciences");
    assert_eq!(continuation.groups[3].alias, "mmlu_continuation::social sciences");
    assert_eq!(continuation.leaves[0].name, "mmlu_abstract_algebra_continuation");
    assert_eq!(catalogue.select("mmlu_humanities").unwrap().leaves.len(), 13);
    assert_eq!(catalogue.select("mmlu_stem_tasks").unwrap().leaves.len(), 19);
    let arc: Vec<String> = catalogue.select("arc_*").unwrap().leaves.into_iter().map(|task| task.name).collect();
    assert_eq!(arc, ["arc_challenge", "arc_easy"]);
}

#[test]
fn unknown_names_are_mended() {
    let catalogue = Catalogue::shipped().unwrap();
    for (slip, meant) in [("helaswag", "hellaswag"), ("mmlu_stm", "mmlu_stem"), ("arc-easy", "arc_easy")] {
        let error = catalogue.select(slip).unwrap_err();
        assert!(matches!(&error, Error::UnknownTask { name, .. } if name == slip));
        assert!(error.help().unwrap().to_string().contains(meant), "{slip}");
    }
    assert!(matches!(catalogue.select("nothing_*"), Err(Error::UnknownTask { .. })));
}

#[test]
fn keys_are_checked_in_their_place() {
    let (problem, help) = refused(&TASK.replace("doc_to_text", "doc_to_txt"));
    assert!(problem.contains("t.yaml:3:1") && problem.contains("doc_to_txt"), "{problem}");
    assert!(help.contains("doc_to_text"), "{help}");
    let (problem, help) = refused(&format!("{TASK}metric_list: [{{metric: accc}}]\n"));
    assert!(problem.contains("accc") && help.contains("acc"), "{problem} {help}");
    let (problem, help) = refused(&format!("{TASK}output_type: multiple_choise\n"));
    assert!(problem.contains("multiple_choise") && help.contains("multiple_choice"), "{problem} {help}");
    let (problem, _) = refused(&format!("{TASK}fewshot_config: {{sampler: last_n}}\n"));
    assert!(problem.contains("last_n"), "{problem}");
    let (problem, help) = refused(&format!(
        "{TASK}output_type: generate_until\nfilter_list: [{{name: x, filter: [{{function: regx}}]}}]\n"
    ));
    assert!(problem.contains("regx") && help.contains("regex"), "{problem} {help}");
    let (problem, _) = refused(&format!("{TASK}chance: 25\n"));
    assert!(problem.contains("chance"), "{problem}");
    let (problem, _) = refused("task: mine\ntest_split: test\ndoc_to_target: x\n");
    assert!(problem.contains("doc_to_text"), "{problem}");
    let (problem, _) = refused(&TASK.replace("'{{q}}'", "'{{ q'"));
    assert!(problem.contains("doc_to_text"), "{problem}");
    let (problem, help) = refused(&format!("{TASK}primary_metric: acc_nrm\n"));
    assert!(problem.contains("acc_nrm") && help.contains("acc_norm"), "{problem} {help}");
}

#[test]
fn python_is_refused_with_what_to_write_instead() {
    let text = "task: mine\ndataset_path: Rowan/hellaswag\nvalidation_split: validation\nprocess_docs: !function utils.process_docs\n\
                doc_to_text: '{{query}}'\ndoc_to_target: '{{label}}'\ndoc_to_choice: choices\n";
    let dir = folder(&[("t.yaml", text)]);
    let error = select(&dir, "t.yaml").unwrap_err();
    assert!(
        matches!(&error, Error::Function { line: 4, key, function, .. } if key == "process_docs" && function == "utils.process_docs")
    );
    let help = error.help().unwrap().to_string();
    assert!(help.contains("process:") && help.contains("wikihow_text") && help.contains("hellaswag"), "{help}");
    let (problem, help) = refused(&format!("{TASK}metric_list: [{{metric: !function m.f}}]\n"));
    assert!(problem.contains("m.f") && help.contains("list metrics"), "{problem} {help}");
}

#[test]
fn includes_are_laid_over_each_other() {
    let dir = folder(&[
        ("base_yaml", &TASK.replace("task: mine\n", "")),
        ("t.yaml", "include: base_yaml\ntask: mine\nnum_fewshot: 3\n"),
        ("swag.yaml", "include: hellaswag\ntask: my_swag\nmetric_list: [{metric: acc}]\nprimary_metric: acc\n"),
        // Python of an included file does not matter where this one says it without.
        ("python.yaml", "process_docs: !function a.b\n"),
        ("over.yaml", &format!("include: python.yaml\nprocess_docs: null\n{TASK}")),
        ("a.yaml", &format!("include: b.yaml\n{TASK}")),
        ("b.yaml", "include: a.yaml\n"),
        ("lost.yaml", &format!("include: nowhere.yaml\n{TASK}")),
    ]);
    let task = select(&dir, "t.yaml").unwrap();
    assert_eq!((task.name.as_str(), task.shots), ("mine", 3));
    let swag = select(&dir, "swag.yaml").unwrap();
    assert_eq!(swag.metrics, ["acc"]);
    assert_eq!(
        swag.definition_hash(),
        Catalogue::shipped().unwrap().select("hellaswag").unwrap().leaves[0].definition_hash()
    );
    assert!(select(&dir, "over.yaml").is_ok());
    let error = select(&dir, "a.yaml").unwrap_err();
    assert!(matches!(&error, Error::IncludeCycle { chain, .. } if chain.matches("a.yaml").count() == 2), "{error}");
    assert!(select(&dir, "lost.yaml").unwrap_err().to_string().contains("nowhere.yaml"));
}

#[test]
fn folders_add_tasks_and_may_replace_shipped_ones() {
    let dir = folder(&[
        ("piqa.yaml", &TASK.replace("mine", "piqa")),
        ("deep/er/mine.yaml", TASK),
        (
            "group.yml",
            "group: both\ntask: [piqa, mine]\naggregate_metric_list: [{metric: acc, weight_by_size: false}]\n",
        ),
        ("bad_group.yaml", "group: broken\ntask: [hellaswg]\n"),
    ]);
    let mut catalogue = Catalogue::shipped().unwrap();
    catalogue.with_folder(dir.path()).unwrap();
    assert_eq!(catalogue.select("piqa").unwrap().leaves[0].chance, None);
    let both = catalogue.select("both").unwrap();
    assert_eq!(both.leaves.len(), 2);
    assert_eq!(both.groups[0].metrics[0].weighting, Weighting::Plain);
    let error = catalogue.select("broken").unwrap_err();
    assert!(error.help().unwrap().to_string().contains("hellaswag"), "{error}");
    fs_err::write(dir.path().join("again.yaml"), TASK).unwrap();
    let error = Catalogue::default().with_folder(dir.path()).unwrap_err();
    assert!(error.to_string().contains("`mine` is defined already"), "{error}");
    assert!(Catalogue::default().with_folder(&PathBuf::from("/nowhere")).is_err());
}

#[test]
fn the_hash_tells_what_is_asked_not_what_it_is_called() {
    let hash = |text: &str| select(&folder(&[("t.yaml", text)]), "t.yaml").unwrap().definition_hash();
    let plain = hash(TASK);
    assert_eq!(hash(&format!("{TASK}task_alias: other\nmetric_list: [{{metric: acc}}]\nlicence: MIT\n")), plain);
    assert_ne!(hash(&format!("{TASK}target_delimiter: ''\n")), plain);
    assert_ne!(hash(&format!("{TASK}metric_list: [{{metric: acc_mutual_info}}]\n")), plain, "it asks more");
}

#[test]
fn the_schema_knows_every_key() {
    let schema = spyglass_tasks::task_schema();
    let keys = schema["anyOf"][0]["properties"].as_object().unwrap();
    for key in ["task", "doc_to_choice", "fewshot_config", "process", "licence", "cluster", "primary_metric"] {
        assert!(keys[key]["description"].is_string() || keys[key]["$ref"].is_string(), "{key}: {}", keys[key]);
    }
    assert!(schema["anyOf"][1]["properties"]["aggregate_metric_list"].is_object());
}

#[test]
fn a_literal_zero_keeps_its_shots() {
    let dir = folder(&[("t.yaml", &format!("{TASK}num_fewshot: 0\n")), ("u.yaml", TASK)]);
    assert_eq!(select(&dir, "t.yaml").unwrap().with_shots(5).shots, 0);
    assert_eq!(select(&dir, "u.yaml").unwrap().with_shots(5).shots, 5);
}
