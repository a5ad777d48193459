//! From data files to items: layouts, formats, templates, shots, and rows that cannot be asked.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod data;
mod shots;

use std::path::PathBuf;

use serde_json::{Value, json};
use spyglass_tasks::{Catalogue, Error, Items, Query, Task, Text};
use tempfile::TempDir;

use shots::rows;

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
