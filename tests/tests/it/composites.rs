//! Composite scores: named in a run file or at an import, drawn as tasks, said and exported; what makes no sense is refused in its place.

use serde_json::Value;

use crate::program::{RunFolder, newest_two, run};

#[test]
fn a_composite_of_a_table_is_drawn_said_and_exported() {
    let folder = tempfile::tempdir().unwrap();
    let rows = [(1000, 0.25, 0.3), (2000, 0.4, 0.4), (3000, 0.55, 0.5), (4000, 0.7, 0.6)];
    let rows = rows.map(|(step, easy, hella)| format!("{step},{easy},{hella}\n")).concat();
    fs_err::write(folder.path().join("t.csv"), format!("step,arc_easy/acc,hellaswag/acc_norm\n{rows}")).unwrap();
    let import = |composite: &str| {
        let tokens = ["--tokens-per-step", "1000000", "--chance", "*=0.25", "--items", "*=1000"];
        run(folder.path(), &[&["import", "t.csv", "--out", "out"][..], &tokens, &["--composite", composite]].concat())
    };
    let ran = import("core=arc_easy,hellaswag:3");
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let found = fs_err::read_to_string(folder.path().join("out/report/findings.json")).unwrap();
    let found: Value = serde_json::from_str(&found).unwrap();
    let core =
        found["tasks"].as_array().unwrap().iter().find(|task| task["name"] == "core").expect("a task of its own");
    assert_eq!((&core["metric"], &core["chance"]), (&"centred".into(), &0.0.into()));
    let line = &core["branches"][0];
    // (1 · .45/.75 + 3 · .35/.75) / 4
    assert!((line["score"].as_f64().unwrap() - 0.5).abs() < 1e-9, "{line}");
    assert!(line["low"].as_f64().unwrap() < 0.49 && line["high"].as_f64().unwrap() > 0.51, "{line}");
    let page = fs_err::read_to_string(folder.path().join("out/report/tasks/core.html")).unwrap();
    assert!(page.contains("50.0 %") && page.contains("centred"));
    let exported = run(folder.path(), &["export", "out", "--to", "csv", "--out", "csv"]);
    assert_eq!(exported.code, Some(0), "{}", exported.stderr);
    let csv = fs_err::read_to_string(folder.path().join("csv/scores.csv")).unwrap();
    assert_eq!(csv.lines().filter(|line| line.contains("composite,core,0,,centred,true")).count(), 4, "{csv}");
    for (composite, said) in [
        ("core=arc_esy", "did you mean `arc_easy`"),
        ("core=arc_easy,arc_easy", "twice"),
        ("core=arc_easy:0", "the weight 0"),
        ("core=", "has no tasks"),
        ("=arc_easy", "has no name"),
    ] {
        let ran = import(composite);
        assert_eq!(ran.code, Some(2), "{composite}: {}", ran.stderr);
        assert!(ran.stderr.contains(said), "{composite}: {}", ran.stderr);
    }
}

#[test]
fn a_run_file_names_composites_and_is_told_what_is_wrong_with_them() {
    let folder = RunFolder::small();
    let text = fs_err::read_to_string(folder.path("run.yaml")).unwrap();
    for (composites, said) in [
        ("[{name: core, tasks: [pilot_leters]}]", "has the member `pilot_leters`, which this run does not ask"),
        ("[{name: core, tasks: [pilot_leters]}]", "did you mean `pilot_letters`"),
        ("[{name: pilot_letters, tasks: [pilot_letters]}]", "is made of itself"),
        ("[{name: core, tasks: [pilot_letters]}, {name: core, tasks: [pilot_letters]}]", "is there twice"),
        ("[{name: core, tasks: [pilot_letters, pilot_letters]}]", "has `pilot_letters` twice"),
        ("[{name: core, tasks: [{task: pilot_letters, weight: 0}]}]", "the weight 0"),
        ("[{name: core, tasks: [{task: pilot_letters, wight: 2}]}]", "wight"),
        ("[{name: core, tasks: []}]", "has no tasks"),
    ] {
        folder.write("wrong.yaml", &format!("{text}\ncomposites: {composites}\n"));
        let ran = folder.run(&["plan", "wrong.yaml"]);
        assert_eq!(ran.code, Some(2), "{composites}: {}", ran.stderr);
        assert!(ran.stderr.contains(said), "{composites}: `{said}` is missing: {}", ran.stderr);
    }
    folder.write(
        "run.yaml",
        &format!(
            "{text}\ncomposites: [{{name: core, tasks: [{{task: pilot_letters, weight: 2}}, pilot_facts_easy]}}]\n"
        ),
    );
    let ran = folder.run(&["sweep", "run.yaml", "--limit", "20"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let units = folder.unit_folders().len();
    let page = fs_err::read_to_string(folder.path("results/report/index.html")).unwrap();
    assert!(page.contains("<b>core</b>"), "it has a figure");
    assert_eq!(folder.run(&["report", "run.yaml"]).code, Some(0));
    assert_eq!(folder.unit_folders().len(), units, "nothing of it lies among the units");
    paired_by_its_members(&folder);
}

/// Both tasks are guessed by one in four; `compare` and the gate put together what their items differ in.
fn paired_by_its_members(folder: &RunFolder) {
    let [first, second] = newest_two().map(|name| name.replace("checkpoint-", "trunk@"));
    let (a, b) = (format!("run.yaml:{first}"), format!("run.yaml:{second}"));
    let ran = folder.run(&["compare", &a, &b, "--json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let rows: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let row = |task: &str| rows.iter().find(|row| row["task"] == task).unwrap_or_else(|| panic!("{task}: {rows:?}"));
    let number = |task: &str, key: &str| row(task)["difference"][key].as_f64().unwrap();
    let near =
        |found: f64, wanted: f64| assert!((found - wanted).abs() < 1e-12, "{found} instead of {wanted}: {rows:?}");
    let (letters, facts) = ("pilot_letters", "pilot_facts_easy");
    near(number("core", "value"), (2.0 * number(letters, "value") + number(facts, "value")) / 0.75 / 3.0);
    // A member of which no item flipped brings the error of one flip.
    let flips =
        |task: &str| ["lost", "gained"].iter().any(|key| row(task)[key].as_array().is_some_and(|all| !all.is_empty()));
    let error = |task: &str| if flips(task) { number(task, "se") } else { 1.0 / number(task, "items") };
    let se = (2.0 * error(letters)).hypot(error(facts)) / 0.75 / 3.0;
    near(number("core", "se"), se);
    assert!(se > 0.0 && row("core").get("unpaired").is_none(), "{rows:?}");
    assert!(!folder.run(&["compare", &a, &b]).stdout.contains("compared by the scores alone"));
    folder.write(
        "gate.yaml",
        &format!("checkpoint: {second}\nbaseline: {first}\nrules: [{{task: core, max_drop: 0.9}}]\n"),
    );
    let gate = folder.run(&["gate", "gate.yaml", "--json"]);
    let gate: Value = serde_json::from_str(&gate.stdout).unwrap_or_else(|_| panic!("{}", gate.stderr));
    assert_ne!(gate["rules"][0]["unpaired"], Value::Bool(true), "{gate}");
    near(gate["rules"][0]["value"].as_f64().unwrap_or_else(|| panic!("{gate}")), -number("core", "value"));
}
