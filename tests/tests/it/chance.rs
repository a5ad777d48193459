//! The chance level of tasks and groups: one number, wherever it is written; and groups that are means over their tasks.

use serde_json::{Value, json};

use crate::program::{Ran, RunFolder, newest_two};

/// A run of two tasks of our own (10 items of 2 choices, 40 of 4), `told` with their chance, in a group that is a mean over tasks.
fn macro_group(told: bool) -> RunFolder {
    let folder = RunFolder::small();
    for (name, choices, items) in [("two", 2, 10), ("four", 4, 40)] {
        let words = ["sea", "sky", "sun", "oak"];
        let row = |n: usize| json!({"q": format!("Number {n} is the"), "choices": &words[..choices], "gold": (n * 7 + n / 3) % choices});
        folder.write(&format!("own/{name}.jsonl"), &(0..items).map(|n| row(n).to_string() + "\n").collect::<String>());
        let chance = if told { format!("chance: {}\n", 1.0 / choices as f64) } else { String::new() };
        folder.write(
            &format!("own/{name}.yaml"),
            &format!(
                "task: {name}\noutput_type: multiple_choice\ndataset_kwargs: {{data_files: {{test: {name}.jsonl}}}}\ntest_split: test\n\
                 doc_to_text: q\ndoc_to_choice: choices\ndoc_to_target: gold\nmetric_list: [{{metric: acc}}, {{metric: acc_norm}}]\n{chance}"
            ),
        );
    }
    folder.write(
        "own/both.yaml",
        "group: both\ntask: [two, four]\naggregate_metric_list:\n  - {metric: acc, weight_by_size: false}\n  - {metric: acc_norm, weight_by_size: true}\n",
    );
    folder.write(
        "own.yaml",
        "checkpoints: [{path: trunk}]\ntasks: [both]\ntask_folders: own\ndata: own\nresults: own-results\n",
    );
    let ran = folder.run(&["sweep", "own.yaml"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    folder
}

/// Rows of a CSV file as maps.
fn rows(text: &str) -> Vec<std::collections::BTreeMap<String, String>> {
    let mut reader = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    let head = reader.next().unwrap();
    reader.map(|row| head.iter().cloned().zip(row).collect()).collect()
}

#[test]
fn export_results_plots_and_pages_have_one_chance_level() {
    for told in [false, true] {
        let folder = macro_group(told);
        assert_eq!(folder.run(&["export", "own.yaml", "--to", "csv", "--out", "csv"]).code, Some(0));
        let scores = rows(&fs_err::read_to_string(folder.path("csv/scores.csv")).unwrap());
        for (task, shown, wanted) in [("two", "50.0", 0.5), ("four", "25.0", 0.25), ("both", "37.5", 0.375)] {
            let exported: Vec<f64> = (scores.iter())
                .filter(|row| row["task"] == task && row["metric"] == "acc")
                .map(|row| row["chance"].parse().unwrap())
                .collect();
            assert_eq!(exported, [wanted; 2], "{task}, told: {told}");
            let plot =
                rows(&fs_err::read_to_string(folder.path(&format!("own-results/report/plots/{task}.csv"))).unwrap());
            assert!(plot.len() == 2 && plot.iter().all(|row| row["chance"].parse() == Ok(wanted)), "{task}: {plot:?}");
            let page = fs_err::read_to_string(folder.path(&format!("own-results/report/tasks/{task}.html"))).unwrap();
            assert!(page.contains(&format!("acc · chance {shown} %")), "{task}, told: {told}");
        }
        for unit in folder.unit_folders_in("own-results") {
            let record: Value = serde_json::from_str(&fs_err::read_to_string(unit.join("unit.json")).unwrap()).unwrap();
            assert_eq!(record["chance"], if record["task"] == "two" { 0.5 } else { 0.25 });
        }
    }
}

#[test]
fn compare_and_export_tell_the_same_of_a_group() {
    let folder = macro_group(false);
    assert_eq!(folder.run(&["export", "own.yaml", "--to", "csv", "--out", "csv"]).code, Some(0));
    let scores = rows(&fs_err::read_to_string(folder.path("csv/scores.csv")).unwrap());
    let of = |task: &str, metric: &str| -> Vec<f64> {
        let rows = scores.iter().filter(|row| row["task"] == task && row["metric"] == metric);
        rows.map(|row| row["score"].parse().unwrap()).collect()
    };
    let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} against {b}");
    for at in 0..2 {
        near(of("both", "acc")[at], f64::midpoint(of("two", "acc")[at], of("four", "acc")[at]));
        near(of("both", "acc_norm")[at], (10.0 * of("two", "acc_norm")[at] + 40.0 * of("four", "acc_norm")[at]) / 50.0);
    }
    let [a, b] = newest_two().map(|name| format!("own.yaml:trunk@{}", name.trim_start_matches("checkpoint-")));
    let ran: Ran = folder.run(&["compare", &a, &b, "--json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let lines: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let both = lines.iter().find(|line| line["task"] == "both").unwrap();
    let (wanted, number) = (of("both", "acc"), |key: &str| both[key].as_f64().unwrap());
    near(number("a"), wanted[0]);
    near(number("b"), wanted[1]);
    near(both["difference"]["value"].as_f64().unwrap(), wanted[1] - wanted[0]);
}
