//! Groups of other programs' results.

use serde_json::{Value, json};
use spyglass::{Suite, score_rows, write_lm_eval};
use spyglass_dashboards::findings::findings;

use super::{Folder, results, scores};

#[test]
fn groups_keep_their_own_scores() {
    let of = |tiny: f64, big: f64, group: f64| {
        let tasks = json!({"tiny": {"acc,none": tiny, "acc_stderr,none": 0.15}, "big": {"acc,none": big, "acc_stderr,none": 0.043},
            "grp": {"acc,none": group, "acc_stderr,none": 0.08}});
        (
            tasks,
            json!({"group_subtasks": {"grp": ["tiny", "big"]},
            "n-samples": {"tiny": {"original": 10, "effective": 10}, "big": {"original": 100, "effective": 100}}}),
        )
    };
    let micro = |tiny: f64, big: f64| (tiny * 10.0 + big * 100.0) / 110.0;
    // Mean over tasks, over items, and one of a weighting that nobody knows.
    let cases: [(&str, [f64; 3], bool); 3] = [
        ("plain", [0.47, 0.6, 0.675], false),
        ("by size", [micro(0.7, 0.24), micro(0.9, 0.3), micro(1.0, 0.35)], true),
        ("another", [0.65, 0.85, 0.95], false),
    ];
    for (what, wanted, weight_by_size) in cases {
        let leaves = [(0.7, 0.24), (0.9, 0.3), (1.0, 0.35)];
        let files: Vec<Value> = (leaves.iter().zip(wanted).enumerate())
            .map(|(index, ((tiny, big), group))| {
                let (tasks, more) = of(*tiny, *big, group);
                results(index, &tasks, &more)
            })
            .collect();
        let folder = Folder::of(&files);
        let (imported, run) = folder.run();
        assert_eq!((imported.units, imported.checkpoints), (6, 3), "{what}");
        let rows = score_rows(&run);
        let group = scores(&rows, "grp");
        assert_eq!(group.iter().map(|row| row.score).collect::<Vec<_>>(), wanted, "{what}");
        assert!(group.iter().all(|row| row.kind == "group" && row.se == Some(0.08) && row.n == 110), "{what}");
        assert_eq!(run.groups[0].weight_by_size, weight_by_size, "{what}");
        let found = findings(&run);
        let task = found.tasks.iter().find(|task| task.subject.task == "grp").unwrap();
        assert_eq!(task.paths[0].points.iter().map(|point| point.value).collect::<Vec<_>>(), wanted, "{what}");
        // Brought in again, it is the same.
        let again = folder.run().1;
        assert_eq!(again.groups, run.groups, "{what}");
    }
}

/// Two checkpoints of two tasks and their group; `change` makes the second file another.
fn two_of_a_group(change: impl Fn(&mut Value)) -> Folder {
    let leaf = |value: f64| json!({"acc,none": value, "acc_stderr,none": 0.05});
    let file = |index: usize, tiny: f64, big: f64, group: f64| {
        let tasks = json!({"tiny": leaf(tiny), "big": leaf(big), "grp": leaf(group)});
        let more = json!({"group_subtasks": {"grp": ["tiny", "big"]}, "n-shot": {"tiny": 5, "big": 5},
            "groups": {"grp": leaf(group)}, "n-samples": {"tiny": {"effective": 10}, "big": {"effective": 100}}});
        results(index, &tasks, &more)
    };
    let mut second = file(1, 0.9, 0.3, 0.6);
    change(&mut second);
    Folder::of(&[file(0, 0.7, 0.24, 0.47), second])
}

#[test]
fn a_group_keeps_its_point_where_a_file_lacks_its_tasks() {
    let without = |file: &mut Value, tables: &[&str], names: &[&str]| {
        for (table, name) in tables.iter().flat_map(|table| names.iter().map(move |name| (table, name))) {
            file[*table].as_object_mut().unwrap().remove(*name);
        }
    };
    let cases: [(&str, Folder); 3] = [
        ("one task is missing", two_of_a_group(|file| without(file, &["results"], &["big"]))),
        ("both are", two_of_a_group(|file| without(file, &["results"], &["tiny", "big"]))),
        ("the score stands among the groups", two_of_a_group(|file| without(file, &["results"], &["big", "grp"]))),
    ];
    for (what, folder) in cases {
        let (_, run) = folder.run();
        let rows = score_rows(&run);
        let group = scores(&rows, "grp");
        let told: Vec<_> = group.iter().map(|row| (row.kind, row.shots, row.step, row.score, row.n)).collect();
        assert_eq!(told, [("group", Some(5), 100, 0.47, 110), ("group", Some(5), 200, 0.6, 110)], "{what}");
        let found = findings(&run);
        let tasks: Vec<_> = found.tasks.iter().filter(|task| task.subject.task == "grp").collect();
        let values: Vec<f64> = tasks[0].paths[0].points.iter().map(|point| point.value).collect();
        assert!(tasks.len() == 1 && values == [0.47, 0.6], "{what}: {values:?}");
    }
}

#[test]
fn a_group_without_a_score_is_not_made_up() {
    let untold = |file: &mut Value| {
        file["results"]["grp"] = json!({"alias": "grp"});
        file["groups"] = json!({});
    };
    let folder = two_of_a_group(untold);
    let (imported, run) = folder.run();
    assert!(imported.warnings[0].contains("results_1.json: the group `grp` has no score of its own; it is computed"));
    assert_eq!(scores(&score_rows(&run), "grp").iter().map(|row| row.score).collect::<Vec<_>>(), [0.47, 0.6]);
    fs_err::remove_file(folder.path().join("in/results_0.json")).unwrap();
    fs_err::remove_dir_all(folder.path().join("out")).unwrap();
    let (imported, run) = folder.run();
    assert!(imported.warnings[0].contains("`grp` has no score of its own; how its tasks make it up is unknown"));
    assert!(run.groups.is_empty() && score_rows(&run).len() == 2 && imported.warnings.len() == 1, "{imported:?}");
}

#[test]
fn an_imported_group_is_exported_again() {
    let folder = two_of_a_group(|file| drop(file["results"].as_object_mut().unwrap().remove("big")));
    let (_, run) = folder.run();
    let written = write_lm_eval(&run, &Suite::default(), &folder.path().join("again")).unwrap();
    let files = written.files.iter().filter(|path| path.to_string_lossy().contains("results_"));
    for (path, score) in files.zip([0.47, 0.6]) {
        let file: Value = serde_json::from_str(&fs_err::read_to_string(path).unwrap()).unwrap();
        for table in ["results", "groups"] {
            assert_eq!(file[table]["grp"]["acc,none"], score, "{table}");
            assert_eq!(file[table]["grp"]["acc_stderr,none"], 0.05, "{table}");
        }
        assert_eq!(file["group_subtasks"], json!({"grp": ["tiny", "big"]}));
        assert_eq!(file["groups"]["grp"]["sample_len"], 110);
    }
}

#[test]
fn a_group_in_a_group_and_one_without_members() {
    let tasks = json!({"a": {"acc": 0.5, "acc_stderr": 0.1}, "b": {"acc": 0.7, "acc_stderr": 0.1}, "inner": {"acc": 0.7}, "outer": {"acc": 0.61},
        "lonely": {"acc": 0.4}});
    let more = json!({"group_subtasks": {"outer": ["a", "inner"], "inner": ["b"], "lonely": ["elsewhere"]}, "groups": {"outer": {"acc": 0.61}}});
    let (_, run) = Folder::of(&[results(0, &tasks, &more)]).run();
    let rows = score_rows(&run);
    let of = |task: &str| scores(&rows, task).iter().map(|row| (row.kind, row.score)).collect::<Vec<_>>();
    assert_eq!(
        (of("outer"), of("inner"), of("lonely")),
        (vec![("group", 0.61)], vec![("group", 0.7)], vec![("task", 0.4)])
    );
}

#[test]
fn a_group_of_tasks_that_were_asked_otherwise_is_read_by_itself() {
    let tasks = json!({"a": {"acc,none": 0.5, "acc_stderr,none": 0.1}, "b": {"acc,none": 0.7, "acc_stderr,none": 0.1}, "all": {"acc,none": 0.6}});
    let more = json!({"group_subtasks": {"all": ["a", "b"], "a": [], "b": []}, "n-shot": {"a": 5, "b": 25},
        "n-samples": {"a": {"original": 60, "effective": 60}, "b": {"original": 60, "effective": 60}}});
    let (_, run) = Folder::of(&[results(0, &tasks, &more)]).run();
    let rows = score_rows(&run);
    let all = scores(&rows, "all");
    assert_eq!((all.len(), all[0].score, all[0].n, rows.len()), (1, 0.6, 120, 3));
}
