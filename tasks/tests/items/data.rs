//! Data files, good and broken.

use miette::Diagnostic;
use serde_json::json;
use spyglass_tasks::{Catalogue, Error};

use super::{Case, TASK, rows};

#[test]
fn formats_give_the_same_rows() {
    let jsonl = "{\"q\": \"a, \\\"b\\\"\", \"c\": [\"x\", \"y\"], \"gold\": 1}\n\n{\"q\": \"é\", \"c\": [\"x\", \"y\"], \"gold\": 0}\n";
    let json = "[{\"q\": \"a, \\\"b\\\"\", \"c\": [\"x\", \"y\"], \"gold\": 1},\n {\"q\": \"é\", \"c\": [\"x\", \"y\"], \"gold\": 0}]";
    let csv = "\u{feff}q,c,gold\n\"a, \"\"b\"\"\",\"['x', 'y']\",1\né,\"[\"\"x\"\", \"\"y\"\"]\",0\n";
    let expected = Case::new(&[("t.yaml", TASK), ("mine/validation.jsonl", jsonl)]).items().unwrap();
    assert_eq!(expected.items.iter().map(|item| item.gold).collect::<Vec<_>>(), [1, 0]);
    for (file, text) in [
        ("mine/validation.json", json),
        ("mine/validation.json", jsonl),
        ("mine/validation.json", &format!("{{\"version\": 1, \"data\": {json}}}")),
        ("mine/val.csv", csv),
        ("MINE/data/Validation-00000-of-00001.jsonl", jsonl),
        ("mine_validation.jsonl", jsonl),
        ("mine.jsonl", jsonl),
        ("mine/validation/0000.jsonl", jsonl),
    ] {
        let items =
            Case::new(&[("t.yaml", TASK), (file, text)]).items().unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(items.items, expected.items, "{file}");
        assert_eq!(items.total, 2);
    }
}

#[test]
fn parts_of_a_data_set_are_told_apart() {
    let row = |name: &str| {
        json!({"question": name, "choices": {"text": ["a", "b"], "label": ["1", "2"]}, "answerKey": "2"}).to_string()
    };
    let (easy, hard) = (row("easy"), row("hard"));
    let layouts: [&[(&str, &str)]; 3] = [
        &[("ai2_arc/ARC-Easy/test.jsonl", &easy), ("ai2_arc/ARC-Challenge/test.jsonl", &hard)],
        &[("ARC-Easy/ARC-Easy-Test.jsonl", &easy), ("ARC-Challenge/ARC-Challenge-Test.jsonl", &hard)],
        &[("allenai/ai2_arc/ARC-Easy/test-00000-of-00001.jsonl", &easy), ("arc_challenge/test.jsonl", &hard)],
    ];
    for files in layouts {
        let case = Case::new(files);
        for (name, question) in [("arc_easy", "easy"), ("arc_challenge", "hard")] {
            let task = Catalogue::shipped().unwrap().select(name).unwrap().leaves.remove(0);
            let items = task.items(&case.data(), None).unwrap();
            assert_eq!(items.items[0].context(), format!("Question: {question}\nAnswer:"));
            assert_eq!(items.items[0].gold, 1);
        }
    }
    // A file that could be either part's is nobody's.
    let case = Case::new(&[("ai2_arc/test.jsonl", &easy)]);
    let task = Catalogue::shipped().unwrap().select("arc_easy").unwrap().leaves.remove(0);
    assert!(matches!(task.items(&case.data(), None), Err(Error::NoData { .. })));
}

#[test]
fn subjects_come_from_a_column_or_a_file_each() {
    let row = |subject: &str| {
        json!({"question": subject, "subject": subject, "choices": ["1", "2", "3", "4"], "answer": 3}).to_string()
    };
    let all = format!("{}\n{}\n{}\n", row("anatomy"), row("virology"), row("anatomy"));
    let (one, dev) = (format!("{0}\n{0}\n", row("anatomy")), row("anatomy"));
    let layouts: [&[(&str, &str)]; 3] = [
        &[("mmlu/test.jsonl", &all), ("mmlu/dev.jsonl", &dev)],
        &[("mmlu/anatomy/test.jsonl", &one), ("mmlu/anatomy/dev.jsonl", &dev)],
        &[("mmlu/data/test/anatomy_test.jsonl", &one), ("mmlu/data/dev/anatomy_dev.jsonl", &dev)],
    ];
    let task = Catalogue::shipped().unwrap().select("mmlu_anatomy").unwrap().leaves.remove(0).with_shots(1);
    for files in layouts {
        let items = task.items(&Case::new(files).data(), None).unwrap_or_else(|error| panic!("{files:?}: {error:?}"));
        assert_eq!(items.items.len(), 2);
        assert_eq!((items.items[1].doc_id, items.items[1].subject.as_deref()), (1, Some("anatomy")));
        assert!(items.items[0].context().ends_with("Answer: D\n\nanatomy\nA. 1\nB. 2\nC. 3\nD. 4\nAnswer:"));
    }
    let missing = Catalogue::shipped().unwrap().select("mmlu_virology").unwrap().leaves.remove(0);
    let error = missing.items(&Case::new(layouts[1]).data(), None).unwrap_err();
    assert!(matches!(error, Error::NoData { .. }), "{error}");
}

#[test]
fn broken_files_are_named_with_their_line() {
    let good = "{\"q\": \"a\", \"c\": [\"x\", \"y\"], \"gold\": 1}\n";
    let cut = Case::new(&[
        ("t.yaml", TASK),
        ("mine/validation.jsonl", &format!("{good}{good}{{\"q\": \"a\", \"c\": [\"x\"")),
    ]);
    let error = cut.items().unwrap_err();
    assert!(matches!(&error, Error::Data { line: 3, .. }), "{error}");
    let case = Case::new(&[("t.yaml", TASK), ("mine/validation.jsonl", good)]);
    let mut bytes = good.as_bytes().to_vec();
    bytes.extend(b"{\"q\": \"\xff\"}\n");
    fs_err::write(case.dir.path().join("mine/validation.jsonl"), bytes).unwrap();
    let error = case.items().unwrap_err();
    assert!(matches!(&error, Error::Data { line: 2, .. }) && error.to_string().contains("UTF-8"), "{error}");
    let error = Case::new(&[("t.yaml", TASK), ("mine/validation.csv", "q,c,gold\na,b\n")]).items().unwrap_err();
    assert!(matches!(&error, Error::Data { line: 2, .. }), "{error}");
    for (file, text) in
        [("mine/validation.json", "3"), ("mine/validation.parquet", "PAR1"), ("mine/validation.jsonl", "")]
    {
        let error = Case::new(&[("t.yaml", TASK), (file, text)]).items().unwrap_err();
        assert!(matches!(&error, Error::Data { .. }), "{error}");
    }
    let error = Case::new(&[("t.yaml", TASK)]).items().unwrap_err();
    let help = error.help().unwrap().to_string();
    assert!(matches!(&error, Error::NoData { split, .. } if split == "validation"));
    assert!(help.contains("mine/") && help.contains("validation.jsonl"), "{help}");
}

#[test]
fn rows_that_cannot_be_asked_are_listed() {
    let good = json!({"q": "fine", "c": ["x", "y"], "gold": 0});
    let bad = [
        (json!({"q": "a", "c": ["x", "y"], "gold": 2}), "choice 2"),
        (json!({"q": "a", "c": ["x", "y"], "gold": -1}), "choice -1"),
        (json!({"q": "a", "c": ["x"], "gold": 0}), "at least two"),
        (json!({"q": "a", "c": [], "gold": 0}), "at least two"),
        (json!({"q": "a", "c": ["x", ""], "gold": 0}), "choice 1 is empty"),
        (json!({"q": "a", "c": ["x", null], "gold": 0}), "null"),
        (json!({"q": "a", "c": "x", "gold": 0}), "no list"),
        (json!({"q": "a", "c": ["x", "y"], "gold": "z"}), "not one of the choices"),
        (json!({"q": "a", "c": ["x", "y"]}), "`gold` is missing"),
        (json!({"q": "a", "c": ["x", "y"], "gold": null}), "null"),
        (json!({"c": ["x", "y"], "gold": 0}), "q"),
        (json!({"q": "a", "c": ["x", "y"], "gold": [0, 1]}), "2 right answers"),
    ];
    let mut rows = vec![good.clone()];
    rows.extend(bad.iter().map(|(row, _)| row.clone()));
    rows.push(json!({"q": "also fine", "c": ["x", "y"], "gold": true}));
    let items = Case::mine(TASK, &rows).items().unwrap();
    assert_eq!(items.items.iter().map(|item| item.doc_id).collect::<Vec<_>>(), [0, rows.len() - 1]);
    assert_eq!(items.bad_rows.len(), bad.len());
    for (row, (source, part)) in items.bad_rows.iter().zip(&bad) {
        assert!(row.problem.contains(part), "{source}: {}", row.problem);
        assert_eq!((row.file.as_str(), row.line), ("mine/validation.jsonl", row.doc_id + 1));
    }
    assert_eq!(items.total, rows.len());
    // A variable that no row has: its name and the first row are told.
    let error = Case::mine(&TASK.replace("{{q}}", "{{qestion}}"), &[good.clone(), good]).items().unwrap_err();
    let text = error.to_string();
    assert!(matches!(&error, Error::AllRowsBad { rows: 2, line: 1, .. }), "{text}");
    assert!(text.contains("qestion") && text.contains("doc_to_text"), "{text}");
}

#[test]
fn a_template_cannot_run_forever() {
    let loops = "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}";
    let error = Case::mine(&TASK.replace("{{q}}", loops), &[json!({"q": "a", "c": ["x", "y"], "gold": 0})])
        .items()
        .unwrap_err();
    assert!(error.to_string().contains("too long"), "{error}");
}

#[test]
fn check_counts_rows_and_lists_bad_ones() {
    let mut rows = rows(4);
    rows[2]["gold"] = json!(9);
    let case = Case::mine(TASK, &rows);
    let path = case.dir.path().join("t.yaml");
    let checked = Catalogue::shipped().unwrap().check(&path, &case.data()).unwrap();
    assert_eq!((checked.leaves, checked.items, checked.bad_rows.len()), (vec!["mine".to_owned()], 3, 1));
    assert_eq!((checked.bad_rows[0].1.line, checked.warnings.len()), (3, 2));
    assert_eq!(Catalogue::shipped().unwrap().check(&path, &[]).unwrap().items, 0);
}
