//! From data files to items: layouts, formats, templates, shots, and rows that cannot be asked.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::PathBuf;

use miette::Diagnostic;
use serde_json::{Value, json};
use spyglass_tasks::{Catalogue, Error, Items, Query, Task, Text};
use tempfile::TempDir;

const TASK: &str =
    "task: mine\nvalidation_split: validation\ndoc_to_text: 'Q: {{q}}'\ndoc_to_target: gold\ndoc_to_choice: c\n";

/// JSON, one row a line.
fn lines(rows: &[Value]) -> String {
    rows.iter().map(|row| row.to_string() + "\n").collect()
}

struct Case {
    dir: TempDir,
}

impl Case {
    fn new(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = dir.path().join(name);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, text).unwrap();
        }
        Self { dir }
    }

    /// A task file `t.yaml` with data in `mine/validation.jsonl`.
    fn mine(task: &str, rows: &[Value]) -> Self {
        let rows = lines(rows);
        Self::new(&[("t.yaml", task), ("mine/validation.jsonl", &rows)])
    }

    fn data(&self) -> [PathBuf; 1] {
        [self.dir.path().to_owned()]
    }

    fn task(&self) -> Task {
        let path = self.dir.path().join("t.yaml").display().to_string();
        Catalogue::shipped().unwrap().select(&path).unwrap().leaves.remove(0)
    }

    fn items(&self) -> Result<Items, Error> {
        self.task().items(&self.data(), None)
    }
}

/// The only item of a shipped task over one row.
fn shipped(name: &str, split: &str, row: &Value) -> (Items, Task) {
    let case = Case::new(&[(&format!("{name}/{split}.jsonl"), &row.to_string())]);
    let task = Catalogue::shipped().unwrap().select(name).unwrap().leaves.remove(0);
    (task.items(&case.data(), None).unwrap(), task)
}

#[test]
fn winogrande_asks_each_context() {
    let row = json!({"sentence": "The cup did not fit, for the _ was too small . ", "option1": "bag", "option2": "cup", "answer": "1"});
    let (items, _) = shipped("winogrande", "validation", &row);
    let item = &items.items[0];
    let contexts = ["The cup did not fit, for the bag", "The cup did not fit, for the cup"];
    assert_eq!(item.contexts(), contexts);
    assert_eq!(item.continuations(), [" was too small ."; 2]);
    assert_eq!((item.gold, item.target.as_str()), (0, "was too small ."));
    assert_eq!(items.chance, Some(0.5));
}

#[test]
fn the_other_shipped_tasks_read_published_rows() {
    let (items, _) =
        shipped("piqa", "validation", &json!({"goal": "Open it", "sol1": "pull", "sol2": "it's \"push\"", "label": 1}));
    assert_eq!(items.items[0].context(), "Question: Open it\nAnswer:");
    assert_eq!(items.items[0].continuations(), [" pull", " it's \"push\""]);
    assert_eq!(items.items[0].gold, 1);
    let (items, _) =
        shipped("boolq", "validation", &json!({"passage": "P.", "question": "is it", "label": 1, "idx": 0}));
    assert_eq!(items.items[0].context(), "P.\nQuestion: is it?\nAnswer:");
    assert_eq!((items.items[0].gold, items.items[0].continuations()), (1, vec![" no", " yes"]));
    let choices = json!({"text": ["a", "b", "c", "d"], "label": ["A", "B", "C", "D"]});
    let (items, _) =
        shipped("openbookqa", "test", &json!({"question_stem": "{{raw}} stem", "choices": choices, "answerKey": " C"}));
    assert_eq!((items.items[0].context(), items.items[0].gold), ("{{raw}} stem", 2));
    let row = json!({"question": "q", "support": "\n s", "distractor1": "x", "distractor2": "y", "distractor3": "z", "correct_answer": "w"});
    let (items, _) = shipped("sciq", "test", &row);
    assert_eq!(items.items[0].context(), "s\nQuestion: q\nAnswer:");
    assert_eq!((items.items[0].continuations()[3], items.items[0].target.as_str()), (" w", "3"));
    let (items, task) = shipped("lambada_openai", "test", &json!({"text": "she said  yes to him"}));
    assert_eq!((items.items[0].context(), items.items[0].continuations()), ("she said  yes to", vec![" him"]));
    assert_eq!((items.chance, task.primary_metric.as_str()), (Some(0.0), "acc"));
}

#[test]
fn wikitext_is_read_as_prose_and_counted_as_it_is() {
    let page = " = Title = \n He said : \" no \" , 1 @,@ 000 ( one ) times . \n";
    let (items, _) = shipped("wikitext", "test", &json!({"page": page}));
    let Query::Rolling { text, .. } = &items.items[0].queries()[0] else { panic!() };
    assert_eq!(text, " = Title =\nHe said: \"no\", 1,000 (one) times.\n");
    let record =
        items.items[0].record(&[spyglass_tasks::Answer { logprob: -1.0, tokens: 3, ..Default::default() }]).unwrap();
    // len(re.split(r"\s+", page)) and len(page.encode()) of CPython.
    let rolling = record.rolling.unwrap();
    assert_eq!((rolling.words, rolling.bytes), (20, page.len()));
}

#[test]
fn any_text_file_has_a_perplexity() {
    let case = Case::new(&[("text.txt", "Some words\nof mine.")]);
    let task = Catalogue::shipped().unwrap().select("text_perplexity").unwrap().leaves.remove(0);
    let items = task.items(&case.data(), None).unwrap();
    assert_eq!(items.items[0].queries(), [Query::Rolling { text: "Some words\nof mine.".into(), max_tokens: None }]);
}

#[test]
fn generated_probes_need_no_data() {
    let catalogue = Catalogue::shipped().unwrap();
    for task in catalogue.select("icl_*").unwrap().leaves.into_iter().filter(Task::brings_data) {
        let items = task.items(&[], Some(3)).unwrap();
        assert_eq!((items.items.len(), items.bad_rows.len()), (3, 0), "{}", task.name);
    }
    let copy = catalogue.select("icl_copy_16").unwrap().leaves.remove(0).items(&[], Some(1)).unwrap();
    assert!(copy.items[0].wants_token_logprobs());
    let queries = copy.items[0].queries();
    assert!(matches!(&queries[0], Query::LogLikelihood { continuation: Text::Draws(draws), .. } if draws.len() == 32));
}

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

fn rows(count: usize) -> Vec<Value> {
    (0..count)
        .map(|row| json!({"q": format!("q{row}"), "c": [format!("r{row}"), format!("w{row}")], "gold": 0}))
        .collect()
}

#[test]
fn shots_come_from_validation_where_train_is_missing() {
    let task = format!("{TASK}training_split: train\ntest_split: test\n");
    let case = Case::mine(&task, &rows(8));
    fs_err::write(case.dir.path().join("mine/test.jsonl"), lines(&rows(3))).unwrap();
    let items = case.task().with_shots(2).items(&case.data(), None).unwrap();
    assert!(items.warnings.iter().any(|warning| warning.contains("`validation`") && warning.contains("`train`")));
    for item in &items.items {
        let own = format!("Q: q{}\n", item.doc_id);
        assert_eq!(item.context().matches("Q: ").count(), 3);
        assert!(!item.context().contains(&own), "{}", item.context());
    }
    let error = case.task().with_shots(8).items(&case.data(), None).unwrap_err();
    assert!(matches!(&error, Error::SmallPool { shots: 8, pool: 8, .. }), "{error}");
    assert!(error.to_string().contains("one more"), "{error}");
}

#[test]
fn first_and_fixed_shots() {
    let case = Case::mine(
        &format!("{TASK}fewshot_config: {{sampler: first_n}}\nfewshot_split: validation\ntest_split: test\n"),
        &rows(5),
    );
    fs_err::write(case.dir.path().join("mine/test.jsonl"), lines(&rows(9)[5..])).unwrap();
    let items = case.task().with_shots(2).items(&case.data(), None).unwrap();
    for item in &items.items {
        assert_eq!(item.context(), format!("Q: q0 r0\n\nQ: q1 r1\n\nQ: q{}", item.doc_id + 5));
    }
    let fixed = Case::mine(&format!("{TASK}fewshot_config: {{sampler: fixed}}\n"), &rows(30));
    let items = fixed.task().with_shots(3).items(&fixed.data(), None).unwrap();
    let prefixes: std::collections::HashSet<&str> =
        items.items.iter().map(|item| item.context().rsplit_once("Q: ").unwrap().0).collect();
    assert!(prefixes.len() <= 4, "{prefixes:?}");
    let samples = Case::mine(
        &format!(
            "{TASK}test_split: validation\nfewshot_config: {{sampler: first_n, samples: [{{q: s, c: [t, u], gold: 1}}], doc_to_text: 'S: {{{{q}}}}', target_delimiter: '=', fewshot_delimiter: ';'}}\n"
        ),
        &rows(1),
    );
    assert_eq!(samples.task().with_shots(1).items(&samples.data(), None).unwrap().items[0].context(), "S: s=u;Q: q0");
}

#[test]
fn twins_hold_the_same_options_in_another_order() {
    let letters = TASK
        .replace("'Q: {{q}}'", "\"{{q}}\\nA. {{c[0]}}\\nB. {{c[1]}}\\nC. {{c[2]}}\"")
        .replace("doc_to_choice: c", "doc_to_choice: [A, B, C]");
    let row = json!({"q": "a", "c": ["x", "y", "z"], "gold": 2});
    for (task, in_row) in [(letters.as_str(), true), (TASK, false)] {
        let case = Case::mine(task, &vec![row.clone(); 40]);
        let plain = case.items().unwrap();
        let twins = case.task().with_perturb(Some("shuffle")).unwrap().items(&case.data(), None).unwrap();
        assert_eq!(twins.items.len(), 40, "{:?}", twins.bad_rows);
        let mut golds = [0; 3];
        for (item, twin) in plain.items.iter().zip(&twins.items) {
            golds[twin.gold] += 1;
            if in_row {
                assert_ne!(item.context(), twin.context());
                assert!(twin.context().contains(&format!("{}. z", ["A", "B", "C"][twin.gold])));
                assert_eq!(twin.doc["gold"], json!(twin.gold));
            } else {
                assert_eq!(item.context(), twin.context());
                assert_eq!(twin.choices[twin.gold], "z");
                assert_ne!(item.choices, twin.choices);
            }
        }
        assert!(golds.iter().all(|count| *count > 4), "{golds:?}");
        let again = case.task().with_perturb(Some("shuffle")).unwrap().items(&case.data(), Some(7)).unwrap();
        assert_eq!(again.items, twins.items[..7]);
    }
    assert!(
        Case::mine(TASK, &[row])
            .task()
            .with_perturb(Some("shufle"))
            .unwrap_err()
            .help()
            .unwrap()
            .to_string()
            .contains("shuffle")
    );
}

#[test]
fn replies_are_filtered_and_targets_normalised() {
    let task = "task: mine\noutput_type: generate_until\nvalidation_split: validation\ndoc_to_text: '{{q}}'\ndoc_to_target: '{{a}}'\n\
                generation_kwargs: {until: ['.'], max_gen_toks: 7}\n\
                filter_list: [{name: last, filter: [{function: regex, regex_pattern: '[0-9]+', group_select: -1}, {function: take_first}]}]\n\
                metric_list: [{metric: exact_match, regexes_to_ignore: [','], ignore_case: true}]\n";
    let case = Case::mine(task, &[json!({"q": "how many", "a": "1,000"})]);
    let items = case.items().unwrap();
    let Query::Generate { settings, .. } = &items.items[0].queries()[0] else { panic!() };
    assert_eq!((settings.until.as_slice(), settings.max_tokens, settings.temperature), (&[".".to_owned()][..], 7, 0.0));
    let answer = spyglass_tasks::Answer { text: Some("first 3, then 1000 sheep".into()), ..Default::default() };
    let record = items.items[0].record(&[answer]).unwrap();
    assert!(case.task().grade(&[record]).unwrap()[0].value > 0.99);
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
