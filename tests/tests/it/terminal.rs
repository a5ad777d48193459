//! What the terminal offers beside results: help, completions, manual pages, JSON, quiet, exit codes.

use serde_json::Value;

use crate::program::{RunFolder, run};

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn an_error_begins_with_error_and_ends_with_its_code() {
    let folder = RunFolder::small();
    folder.write("key.yaml", "checkpoint: [a]\n");
    let ran = folder.run(&["sweep", "key.yaml"]);
    assert_eq!(ran.code, Some(2));
    let lines: Vec<&str> = ran.stderr.lines().collect();
    assert_eq!(lines[0], "error: key.yaml:1:1: unknown field `checkpoint`");
    assert_eq!(lines[lines.len() - 2..], ["  help: did you mean `checkpoints`?", "  [tasks::yaml]"]);
    let painted = folder.run(&["--color", "always", "sweep", "key.yaml"]);
    assert!(painted.stderr.starts_with("\u{1b}[31merror:\u{1b}[0m key.yaml"), "{:?}", painted.stderr);
}

#[test]
fn version_completions_and_manual_pages() {
    let folder = tempfile::tempdir().unwrap();
    let version = run(folder.path(), &["--version"]).stdout;
    assert!(version.contains(concat!(env!("CARGO_PKG_VERSION"), " (")), "{version}");
    let isa = version.trim().trim_end_matches(')').rsplit([' ', '(']).next().unwrap();
    assert!(["avx512", "avx2", "neon", "portable"].contains(&isa), "{version}");
    for shell in ["bash", "zsh", "fish"] {
        let script = run(folder.path(), &["completions", shell]);
        assert!(script.code == Some(0) && script.stdout.contains("compare-precision"), "{shell}");
    }
    let pages = run(folder.path(), &["man", "pages"]);
    assert_eq!(pages.stdout.lines().count(), fs_err::read_dir(folder.path().join("pages")).unwrap().count());
    let page = fs_err::read_to_string(folder.path().join("pages/spyglass-sweep.1")).unwrap();
    assert!(page.starts_with(".ie") && page.contains("state\\-memory"), "{page}");
}

#[test]
fn numbers_for_scripts_and_what_needs_no_data() {
    let folder = RunFolder::small();
    let plan = json(&folder.run(&["plan", "run.yaml", "--limit", "8", "--json"]).stdout);
    assert_eq!((&plan["to_score"], &plan["done"]), (&plan["units"], &Value::from(0)), "{plan}");
    let ran = folder.run(&["-v", "sweep", "run.yaml", "--limit", "8"]);
    let units = plan["units"].as_u64().unwrap() as usize;
    let told = ran.stderr.lines().filter(|line| line.starts_with("scored trunk step ")).count();
    assert_eq!((ran.code, told), (Some(0), units), "a line a unit: {}", ran.stderr);
    let quiet = folder.run(&["sweep", "run.yaml", "-q"]);
    assert_eq!((quiet.code, quiet.stderr.as_str()), (Some(0), ""));
    let status = json(&folder.run(&["status", "run.yaml", "--json"]).stdout);
    assert_eq!((&status["done"], &status["left"]), (&status["units"], &Value::from(0)), "{status}");
    assert_eq!(status["branches"][0]["branch"], "trunk");

    let model = folder.checkpoint();
    let score = ["score", "--model", model.to_str().unwrap(), "--tasks", "tasks/pilot_facts_easy.yaml"];
    let more = ["--data", "tasks", "--limit", "4", "--num_fewshot", "1", "--json"];
    let short = [
        "score",
        "-m",
        model.to_str().unwrap(),
        "-t",
        "tasks/pilot_facts_easy.yaml",
        "--data",
        "tasks",
        "-L",
        "4",
        "-f",
        "1",
    ];
    for arguments in [[&score[..], &more].concat(), [&short[..], &["-o", "kept", "--json"]].concat()] {
        let ran = folder.run(&arguments);
        let unit = json(ran.stdout.lines().next().unwrap_or_default());
        assert_eq!((&unit["shots"], &unit["items"]), (&Value::from(1), &Value::from(4)), "{unit} {}", ran.stderr);
    }
    assert_eq!(folder.unit_folders_in("kept").len(), 1);
    let listed = folder.run(&["list", "tasks"]).stdout;
    assert!(listed.contains("[57 tasks, listed with --all]") && !listed.contains("mmlu_anatomy"), "{listed}");
    assert!(folder.run(&["list", "tasks", "--all"]).stdout.contains("mmlu_anatomy"));
    // Whether their data are here: from the flag, the variable, or nowhere.
    folder.write(
        "piqa/baber/piqa/validation.jsonl",
        "{\"goal\": \"a\", \"sol1\": \"b\", \"sol2\": \"c\", \"label\": 0}\n",
    );
    let data_of = |ran: &crate::program::Ran, task: &str| -> String {
        let found = ran.stdout.lines().map(json).find(|line| line["name"] == task).unwrap();
        found["data"].as_str().unwrap().to_owned()
    };
    let by_flag = folder.run(&["list", "tasks", "--json", "--data", "piqa"]);
    let by_variable: crate::program::Ran =
        folder.command(&["list", "tasks", "--json"]).env("SPYGLASS_DATA", "piqa").output().unwrap().into();
    for ran in [&by_flag, &by_variable] {
        let told = ["piqa", "sciq", "mmlu", "icl"].map(|task| data_of(ran, task));
        assert_eq!(told, ["found", "missing", "missing", "not needed"], "{}", ran.stdout);
    }
    let told = folder.run(&["list", "tasks", "--data", "piqa"]);
    let line = |task: &str| told.stdout.lines().find(|line| line.split(' ').next() == Some(task)).unwrap().to_owned();
    assert!(line("piqa").ends_with("[data found]") && line("sciq").ends_with("[data missing]"), "{}", told.stdout);
    assert!(told.stderr.contains("looked for in piqa; `spyglass pull --data TASK`"), "{}", told.stderr);
    // A file a line, whether well or not.
    folder.write("bad.yaml", "checkpoints: [{path: nowhere}]\n");
    let checked = folder.run(&["check", "--json", "run.yaml", "bad.yaml"]);
    let files: Vec<Value> = checked.stdout.lines().map(json).collect();
    assert_eq!(
        (checked.code, &files[0]["is_well"], &files[1]["is_well"]),
        (Some(2), &true.into(), &false.into()),
        "{files:?}"
    );
    assert_eq!((&files[0]["wrong"], files[1]["wrong"].as_array().unwrap().len()), (&serde_json::json!([]), 1));
    assert!(
        files[1]["wrong"][0].as_str().unwrap().contains("nowhere")
            && files[0]["what"].as_str().unwrap().contains("2 checkpoints")
    );

    fs_err::remove_dir_all(folder.path("tasks")).unwrap();
    folder.write("away.yaml", "checkpoints: [{path: trunk}]\ntasks: [hellaswag]\nprompts: []\ndata: nowhere\n");
    for (command, says) in [("status", "not counted, since their data are not here: hellaswag"), ("plan", "0 to score")]
    {
        let ran = folder.run(&[command, "away.yaml"]);
        assert_eq!(ran.code, Some(0), "{command}: {}", ran.stderr);
        assert!(ran.stdout.contains(says), "{command}: {}", ran.stdout);
    }
    assert_eq!(folder.run(&["sweep", "away.yaml"]).code, Some(2), "a sweep has nothing to ask");
}

#[test]
fn a_regression_fails_where_that_is_asked_for() {
    let folder = RunFolder::small();
    let demo = crate::pilot::DEMO.report.ancestors().nth(2).unwrap().to_str().unwrap();
    let (trunk, anneal) = (format!("{demo}:trunk"), format!("{demo}:anneal"));
    let compare = |a: &str, b: &str, more: &[&str]| folder.run(&[&["compare", a, b], more].concat()).code;
    assert_eq!(compare(&trunk, &anneal, &[]), Some(0));
    assert_eq!(compare(&trunk, &anneal, &["--fail-on-regression"]), Some(1), "the anneal costs facts");
    assert_eq!(compare(&trunk, &trunk, &["--fail-on-regression"]), Some(0));
}
