//! Shots, twins and replies.

use miette::Diagnostic;
use serde_json::{Value, json};
use spyglass_tasks::{Error, Query};

use super::{Case, TASK, lines};

pub(super) fn rows(count: usize) -> Vec<Value> {
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
