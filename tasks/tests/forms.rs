//! Forms of files: how YAML is written, how data files are named, packed and encoded.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::Write;
use std::path::{Path, PathBuf};

use miette::Diagnostic;
use spyglass_tasks::vibes::{PackCatalogue, PromptPack};
use spyglass_tasks::{Catalogue, Items};
use tempfile::TempDir;

const HEAD: &str = "task: mine\ntest_split: test\ndataset_kwargs: {data_files: {test: items.jsonl}}\n";
const REST: &str = "doc_to_text: '{{q}}'\ndoc_to_choice: c\ndoc_to_target: g\n";
const ROWS: &str =
    "{\"q\": \"ask 0\", \"c\": [\"x\", \"y\"], \"g\": 1}\n{\"q\": \"ask 1\", \"c\": [\"x\", \"y\"], \"g\": 0}\n";

/// A folder with these files.
fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = dir.path().join(name);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, bytes).unwrap();
    }
    dir
}

/// The items of a task file beside two rows; or message and help of the error.
fn items(task: &str) -> Result<Items, String> {
    let dir = folder(&[("t.yaml", task.as_bytes()), ("items.jsonl", ROWS.as_bytes())]);
    let path = dir.path().join("t.yaml").display().to_string();
    let selection = Catalogue::shipped().unwrap().select(&path);
    selection.and_then(|mut selection| selection.leaves.remove(0).items(&[], None)).map_err(|error| in_full(&error))
}

fn in_full(error: &spyglass_tasks::Error) -> String {
    format!("{error} ({})", error.help().map_or_else(String::new, |help| help.to_string()))
}

#[test]
fn a_template_without_quotes_is_refused_wherever_a_text_is_meant() {
    let quotes = "put quotes round it";
    let without =
        |key: &str| REST.lines().filter(|line| !line.starts_with(key)).map(|line| format!("{line}\n")).collect();
    let cases: [(&str, &str, &str, &[&str]); 15] = [
        ("doc_to_text", "doc_to_text: {{q}}", "t.yaml:6:", &["doc_to_text: `{{ … }}` without quotes"]),
        ("doc_to_text", "doc_to_text: {{ q | trim }}", "t.yaml:6:", &["doc_to_text"]),
        ("doc_to_text", "doc_to_text: {{q}} or {{c}}", "t.yaml:6:1", &[]),
        ("doc_to_text", "doc_to_text: {% if q %}{{q}}{% endif %}", "t.yaml:6:1", &[]),
        ("doc_to_text", "doc_to_text: {{ q[\"a\"] }}", "t.yaml:6:1", &[]),
        ("doc_to_text", "doc_to_text: {q}", "t.yaml:6:", &["doc_to_text: a map is not a text"]),
        ("doc_to_text", "doc_to_text: [q, c]", "t.yaml:6:", &["doc_to_text: a list is not a text"]),
        ("doc_to_target", "doc_to_target: {{g}}", "t.yaml:6:", &["doc_to_target"]),
        ("doc_to_target", "doc_to_target: {a: g}", "t.yaml:6:", &["doc_to_target: a map"]),
        ("doc_to_choice", "doc_to_choice: {{c}}", "t.yaml:6:", &["doc_to_choice"]),
        ("doc_to_choice", "doc_to_choice: [x, {{c}}]", "t.yaml:6:", &["doc_to_choice"]),
        ("doc_to_choice", "doc_to_choice:\n- x\n- [y]", "t.yaml:8:", &["doc_to_choice[1]: a list is not a choice"]),
        ("none", "description: {{q}}", "t.yaml:7:", &["description"]),
        ("none", "fewshot_config:\n  doc_to_text: {{q}}", "t.yaml:8:", &["fewshot_config.doc_to_text"]),
        ("none", "target_delimiter: {{q}}", "t.yaml:7:", &["target_delimiter"]),
    ];
    for (key, line, place, said) in cases {
        let rest: String = without(key);
        let error = items(&format!("{HEAD}{rest}{line}\n")).unwrap_err();
        for words in said.iter().chain(&[place, quotes]) {
            assert!(error.contains(words), "{line}: `{words}` is missing: {error}");
        }
    }
    let pack = |prompt: &str| format!("pack: p\nprompts:\n  - id: a\n    vars: {{x: [one]}}\n    {prompt}\n");
    for prompt in [
        "turns: [{user: {{ x }}}]",
        "system: {{x}}\n    turns: [{user: hi}]",
        "turns: [{user: hi, reference: {{x}}}]",
        "turns: [{user: hi, assert: [{type: contains, value: {{x}}}]}]",
        "turns: [{user: hi, choose: {right: [{{x}}], wrong: [a]}}]",
        "turns:\n      - user: {{x}} and more",
    ] {
        let error = in_full(&PromptPack::parse("p.yaml", &pack(prompt)).unwrap_err());
        assert!(error.contains(quotes) && !error.contains("p.yaml:1:"), "{prompt}: {error}");
    }
}

#[test]
fn templates_among_single_choices_are_refused() {
    let rest = "doc_to_text: '{{q}}'\ndoc_to_target: g\n";
    for (choices, said) in [
        ("doc_to_choice: ['{{c[0]}}', '{{c[1]}}']", "`doc_to_choice[0]`: `{{c[0]}}`"),
        ("doc_to_choice: [no, 'yes {{ q }}']", "`doc_to_choice[1]`"),
        ("doc_to_choice: {a: x, b: '{% if q %}y{% endif %}'}", "`doc_to_choice.b`"),
        ("doc_to_choice: c\nfewshot_config: {doc_to_choice: ['{{c[0]}}', y]}", "`fewshot_config.doc_to_choice[0]`"),
    ] {
        let error = items(&format!("{HEAD}{rest}{choices}\n")).unwrap_err();
        for words in [said, "t.yaml", "`doc_to_choice: \"{{ [choices[0], choices[1]] }}\"`"] {
            assert!(error.contains(words), "{choices}: `{words}` is missing: {error}");
        }
    }
    for choices in ["['{a}', '}} {{'", "[x, y"] {
        assert!(items(&format!("{HEAD}{rest}doc_to_choice: {choices}]\n")).is_ok(), "{choices}");
    }
    let mended = items(&format!("{HEAD}{rest}doc_to_choice: '{{{{ [c[0], c[1]] }}}}'\n")).unwrap();
    assert_eq!(mended.items[0].choices, ["x", "y"]);
}

#[test]
fn yaml_is_read_as_people_write_it() {
    let read = |text: &str| items(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let plain = format!("{HEAD}{REST}");
    for text in [
        format!("\u{feff}{plain}"),
        plain.replace('\n', "\r\n"),
        format!("--- # one document\n{plain}...\n"),
        format!("{plain}generation_kwargs: {{max_gen_toks: 1_024}}\nnum_fewshot: 0\n"),
        format!("{plain}tag:\ndescription: null\nfewshot_config:\n"),
        format!("{plain}metadata: {{on: yes, 1: one, null: x}}\n"),
        format!("{plain}tag: [2020, news]\ndataset_name: 2020\ntask_alias: 1.10\n"),
    ] {
        assert_eq!(read(&text).items.len(), 2, "{text}");
    }
    // YAML 1.1 took these for truth values, an octal number and a time; to us they are texts.
    let choices = read(&format!("{HEAD}{}doc_to_choice: [yes, 010]\n", REST.replace("doc_to_choice: c\n", "")));
    assert_eq!(choices.items[0].choices, ["yes", "010"]);
    let numbers = read(&format!("{HEAD}{}doc_to_choice: [1, 2.5]\n", REST.replace("doc_to_choice: c\n", "")));
    assert_eq!(numbers.items[0].choices, ["1", "2.5"]);
    let merged =
        format!("metadata: &base {{doc_to_text: '{{{{q}}}}', doc_to_choice: c}}\n<<: *base\ndoc_to_target: g\n{HEAD}");
    assert_eq!(read(&merged).items[1].context(), "ask 1");
    let wrong = items(&format!("{merged}fewshot_config: {{sampler: last_n}}\n")).unwrap_err();
    assert!(wrong.contains("t.yaml:7:") && wrong.contains("last_n"), "{wrong}");
    let named = items(&plain.replace("task: mine", "task: 123"));
    assert!(named.is_ok(), "{named:?}");
}

#[test]
fn what_yaml_cannot_mean_is_refused_in_a_few_lines() {
    let plain = format!("{HEAD}{REST}");
    let deep = |open: &str, close: &str| format!("{plain}metadata: {}{}\n", open.repeat(3000), close.repeat(3000));
    let cases = [
        (String::new(), "it defines no task"),
        ("# nothing yet\n".into(), "it defines no task"),
        (format!("{plain}---\n{plain}"), "t.yaml:7:1: the file holds more than one document (keep one"),
        (format!("{plain}metadata:\n\ta: 1\n"), "spaces, not tabs"),
        (
            format!("{plain}metadata: {{a: {{b: 1, c: 2, b: 3}}}}\n"),
            "t.yaml:7:28: metadata.a: the key `b` occurs twice",
        ),
        (format!("{plain}task: again\n"), "t.yaml:7:1: the key `task` occurs twice"),
        (format!("{plain}metadata: !secret x\n"), "t.yaml:7:11: metadata: the tag `!secret`"),
        (format!("{plain}metadata: 123456789012345678901234567890\n"), "put quotes round it where it is meant as text"),
        (format!("{plain}metadata: &a {{b: 1}}\nfewshot_config: {{<<: 3}}\n"), "`<<` takes a map"),
        (format!("{plain}task_alias: [a]\n"), "t.yaml:7:13: task_alias: invalid type"),
        (format!("{plain}Task: b\n"), "did you mean `task`?"),
        (deep("[", "]"), "nested too deep"),
        (deep("{a: ", "}"), "nested too deep"),
    ];
    for (text, said) in cases {
        let error = items(&text).unwrap_err();
        assert!(error.contains(said), "`{said}` is missing: {error}");
        assert!(error.len() < 400, "{error}");
    }
    let inline = "group: g\ntask:\n  - task: a\n    doc_to_text: q\n";
    let error = items(inline).unwrap_err();
    assert!(error.contains("t.yaml:3:5") && error.contains("a task written out inside a group `a`"), "{error}");
    let pack = |prompt: &str| PromptPack::parse("p.yaml", &format!("pack: p\nprompts:\n  - {{id: a, {prompt}}}\n"));
    let hi = "turns: [{user: '{{ x }}'}]";
    for (prompt, said) in [
        (format!("vars: {{x: [a], x: [b]}}, {hi}"), "p.yaml:3:28: prompts[0].vars: the key `x` occurs twice"),
        ("turns: [{user: !function a.b}]".into(), "the tag `!function` is not known here"),
        (format!("vars: {{x: [1234567890123456789012345678901234567890123]}}, {hi}"), "is not what is written"),
        (format!("vars: {{x: [12345678901234567890123]}}, {hi}"), "put quotes round it"),
    ] {
        let error = in_full(&pack(&prompt).unwrap_err());
        assert!(error.contains(said), "`{said}` is missing: {error}");
    }
    let large = pack(&format!("vars: {{x: [12345678901234567890, -3]}}, max_tokens: 1_000, {hi}")).unwrap();
    let said: Vec<&str> = large.conversations.iter().map(|talk| talk.turns[0].user.as_str()).collect();
    assert_eq!((said, large.conversations[0].sampling.max_tokens), (vec!["12345678901234567890", "-3"], 1000));
}

#[test]
fn what_a_task_says_and_is_not_obeyed_is_told() {
    let warned = |text: &str| items(text).unwrap().warnings.join("\n");
    let plain = format!("{HEAD}{REST}");
    assert_eq!(warned(&plain), "");
    let acc = |value: &str| format!("{plain}metric_list: [{{metric: acc, higher_is_better: {value}}}]\n");
    assert_eq!(warned(&acc("true")), "");
    assert_eq!(warned(&acc("false")), "`higher_is_better` of `acc` is not obeyed: more is better");
    let digits = plain.replace("doc_to_choice: c", "doc_to_choice: ['3', '1', '0']");
    assert!(warned(&digits).contains("in 1 of 2 items"), "{}", warned(&digits));
    let letters = plain.replace("doc_to_choice: c", "doc_to_choice: [A, B]");
    assert_eq!(warned(&letters), "");
}

#[test]
fn a_folder_may_hold_a_whole_project() {
    let task = format!("{HEAD}{REST}");
    let dir = folder(&[
        ("mine.yaml", task.as_bytes()),
        ("._mine.yaml", b"\0\x05\x16\x07 no YAML"),
        (".ipynb_checkpoints/mine-checkpoint.yaml", task.as_bytes()),
        ("run.yaml", b"checkpoints: [{path: x}]\ntasks: [mine]\nprompts: [chat]\n"),
        ("chat.yaml", b"pack: chat\nprompts: [{id: a, turns: [{user: hi}]}]\n"),
        ("items.jsonl", ROWS.as_bytes()),
    ]);
    let mut tasks = Catalogue::default();
    tasks.with_folder(dir.path()).unwrap();
    let names: Vec<String> = tasks.entries().into_iter().map(|entry| entry.name).collect();
    assert_eq!(names, ["mine"]);
    let mut packs = PackCatalogue::default();
    packs.with_folder(dir.path()).unwrap();
    assert_eq!(packs.packs().map(|pack| pack.name.as_str()).collect::<Vec<_>>(), ["chat"]);
    // A file that is not one of the three is still named.
    fs_err::write(dir.path().join("slip.yaml"), "tsk: mine\n").unwrap();
    assert!(Catalogue::default().with_folder(dir.path()).unwrap_err().to_string().contains("slip.yaml"));
    assert!(packs.with_folder(dir.path()).unwrap_err().to_string().contains("slip.yaml"));
}

fn row(question: &str) -> String {
    format!(
        "{{\"id\": \"1\", \"question\": \"{question}\", \"choices\": {{\"text\": [\"w\", \"x\"], \"label\": [\"A\", \"B\"]}}, \"answerKey\": \"B\"}}\n"
    )
}

/// The questions of `arc_easy` over the data of a folder; or message and help of the error.
fn questions(data: &Path) -> Result<Vec<String>, String> {
    let task = Catalogue::shipped().unwrap().select("arc_easy").unwrap().leaves.remove(0);
    let items = task.items(&[PathBuf::from(data)], None).map_err(|error| in_full(&error))?;
    let question = |context: &str| context.replace("Question: ", "").replace("\nAnswer:", "");
    Ok(items.items.iter().map(|item| question(item.context())).collect())
}

#[test]
fn shards_are_all_read_once_or_refused_by_name() {
    let part = |names: &[(&str, &str)]| -> Vec<(String, String)> {
        names.iter().map(|(name, question)| (format!("arc_easy/{name}"), row(question))).collect()
    };
    let cases: [(&[(&str, &str)], Result<&str, &str>); 12] = [
        (&[("test-00000-of-00002.jsonl", "a"), ("test-00001-of-00002.jsonl", "b")], Ok("a b")),
        (&[("test_0.jsonl", "a"), ("test_1.jsonl", "b"), ("train_0.jsonl", "t")], Ok("a b")),
        (&[("data/test-00000-of-00001.jsonl", "a"), ("data/train-00000-of-00002.jsonl", "t")], Ok("a")),
        (&[("ARC-Easy/test-00000-of-00002.jsonl", "a"), ("ARC-Easy/test-00001-of-00002.jsonl", "b")], Ok("a b")),
        (&[("test/0000.jsonl", "a"), ("test/0001.jsonl", "b")], Ok("a b")),
        (&[("test.jsonl", "a"), ("test_2023.jsonl", "old"), ("._test.jsonl", "no"), ("test.csv", "id\n1\n")], Ok("a")),
        (&[("arc_easy_test.jsonl", "a"), ("ai2_arc_test.jsonl", "b"), ("test.jsonl", "c")], Ok("a")),
        (&[("test.jsonl", "a"), ("test-00000-of-00001.jsonl", "b")], Err("`test-00000-of-00001.jsonl` may each be")),
        (&[("test-00001-of-00002.jsonl", "a")], Err("shard 0 of 2 is missing")),
        (&[("data/test-00000-of-00002.jsonl", "a")], Err("shard 1 of 2 is missing")),
        (&[("test_0.jsonl", "a"), ("test_2.jsonl", "c")], Err("shard 1 of 3 is missing")),
        (&[("test-00000-of-00002.jsonl", "a"), ("test-00001-of-00003.jsonl", "b")], Err("shards of several sets")),
    ];
    for (names, wanted) in cases {
        let files = part(names);
        let files: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
        match (questions(folder(&files).path()), wanted) {
            (Ok(got), wanted) => assert_eq!(Ok(got.join(" ").as_str()), wanted, "{names:?}"),
            (Err(error), Err(wanted)) => assert!(error.contains(wanted), "{names:?}: {error}"),
            (Err(error), Ok(_)) => panic!("{names:?}: {error}"),
        }
    }
}

#[test]
fn data_are_read_packed_and_with_a_byte_order_mark() {
    let text = row("a") + &row("b");
    let gzip = {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packer.write_all(text.as_bytes()).unwrap();
        packer.finish().unwrap()
    };
    let zstd = zstd::encode_all(text.as_bytes(), 1).unwrap();
    let marked = format!("\u{feff}{}", text.replace('\n', "\r\n"));
    let list = format!("[{},{}]", row("a"), row("b"));
    let inside = format!("{{\"version\": 1, \"data\": {list}}}");
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.bytes().flat_map(|byte| [byte, 0])).collect();
    let cases: [(&str, &[u8], Result<&str, &str>); 12] = [
        ("test.jsonl.gz", &gzip, Ok("a b")),
        ("test.jsonl.zst", &zstd, Ok("a b")),
        ("test.jsonl", marked.as_bytes(), Ok("a b")),
        ("test.json", list.as_bytes(), Ok("a b")),
        ("test.json", inside.as_bytes(), Ok("a b")),
        ("test.json", text.as_bytes(), Ok("a b")),
        ("test.jsonl", &utf16, Err("test.jsonl:1: this is UTF-16 text")),
        ("test.jsonl.gz", &gzip[..gzip.len() / 2], Err("test.jsonl.gz:1: it cannot be unpacked")),
        ("test.jsonl.bz2", b"BZh9", Err("test.jsonl.bz2:1: `.bz2` files are not unpacked here")),
        ("test.arrow", b"ARROW1", Err("test.arrow:1: Arrow files are not read")),
        ("test.jsonl", b"[1, 2]\n", Err("test.jsonl:1: no JSON object")),
        ("test.jsonl", b"\n", Err("test.jsonl:1: no rows")),
    ];
    for (name, bytes, wanted) in cases {
        let got = questions(folder(&[(&format!("arc_easy/{name}"), bytes)]).path());
        match (got, wanted) {
            (Ok(got), wanted) => assert_eq!(Ok(got.join(" ").as_str()), wanted, "{name}"),
            (Err(error), Err(wanted)) => assert!(error.contains(wanted), "{name}: {error}"),
            (Err(error), Ok(_)) => panic!("{name}: {error}"),
        }
    }
}

#[test]
fn mmlus_own_files_have_no_header() {
    let csv = "\"Which is a sum, and why?\",0,\"1, then 2\",2 + 2,\"a \"\"b\"\"\",C\n\"What is left?\",None,NA,3,4,A\n";
    let dir = folder(&[("test/abstract_algebra_test.csv", csv.as_bytes()), ("twice/t.csv", b"q,a,a\n1,2,3\n")]);
    let task = Catalogue::shipped().unwrap().select("mmlu_abstract_algebra").unwrap().leaves.remove(0);
    let items = task.items(&[dir.path().to_owned()], None).unwrap().items;
    assert_eq!(items.iter().map(|item| item.gold).collect::<Vec<_>>(), [2, 0]);
    assert!(
        items[0].context().ends_with("Which is a sum, and why?\nA. 0\nB. 1, then 2\nC. 2 + 2\nD. a \"b\"\nAnswer:")
    );
    assert!(items[1].context().contains("What is left?\nA. None\nB. NA\nC. 3\nD. 4"), "{}", items[1].context());
    let named = csv.replacen("\"Which", "question,A,B,C,D,answer\n\"Which", 1);
    let dir = folder(&[("t.csv", named.as_bytes()), ("u.csv", b"q,c,c\n1,2,3\n"), ("v.csv", b"one,2\nthree,4\n")]);
    for (file, said) in [("t", ""), ("u", "u.csv:1: two columns are called `c`"), ("v", "Its columns are `2`, `one`")] {
        let task = format!(
            "task: mine\ntest_split: test\ndataset_kwargs: {{data_files: {file}.csv}}\ndoc_to_text: '{{{{question}}}}'\n\
             doc_to_choice: '{{{{[A, B, C, D]}}}}'\ndoc_to_target: \"{{{{'ABCD'.index(answer)}}}}\"\n"
        );
        fs_err::write(dir.path().join("t.yaml"), task).unwrap();
        let path = dir.path().join("t.yaml").display().to_string();
        let task = Catalogue::default().select(&path).unwrap().leaves.remove(0);
        match task.items(&[], None) {
            Ok(items) => assert_eq!((items.items.len(), items.items[0].gold, said), (2, 2, "")),
            Err(error) => assert!(!said.is_empty() && in_full(&error).contains(said), "{}", in_full(&error)),
        }
    }
}

#[test]
fn files_that_a_task_names_are_each_read_once() {
    let cases = [
        ("[a.jsonl, b.jsonl]", Ok(2)),
        ("[s-00000-of-00002.jsonl, s-00001-of-00002.jsonl]", Ok(2)),
        ("s-00000-of-00002.jsonl", Ok(1)), // one file alone is what was asked for
        ("[a.jsonl, b.jsonl, a.jsonl]", Err("a.jsonl` is named twice")),
        ("[a.jsonl, ./a.jsonl]", Err("is named twice")),
        ("[t-00000-of-00003.jsonl, t-00001-of-00003.jsonl]", Err("shard 2 of 3 is missing")),
    ];
    let names = ["a", "b", "s-00000-of-00002", "s-00001-of-00002", "t-00000-of-00003", "t-00001-of-00003"];
    let data = names.map(|name| (format!("{name}.jsonl"), format!("{{\"q\": \"{name}\"}}\n")));
    let dir = folder(&data.each_ref().map(|(name, text)| (name.as_str(), text.as_bytes())));
    for (files, wanted) in cases {
        let task = format!(
            "task: mine\ntest_split: test\ndataset_kwargs: {{data_files: {{test: {files}}}}}\ndoc_to_text: '{{{{q}}}}'\n\
             doc_to_choice: [x, y]\ndoc_to_target: 0\n"
        );
        fs_err::write(dir.path().join("mine.yaml"), task).unwrap();
        let path = dir.path().join("mine.yaml").display().to_string();
        let task = Catalogue::default().select(&path).unwrap().leaves.remove(0);
        match (task.items(&[], None), wanted) {
            (Ok(items), wanted) => assert_eq!(Ok(items.items.len()), wanted, "{files}"),
            (Err(error), Err(wanted)) => assert!(in_full(&error).contains(wanted), "{files}: {}", in_full(&error)),
            (Err(error), Ok(_)) => panic!("{files}: {}", in_full(&error)),
        }
    }
}

/// How many items a task with these `dataset_kwargs` finds in a folder that is its data folder, too.
fn found(dir: &TempDir, kwargs: &str) -> Result<usize, String> {
    let task = format!(
        "task: mine\ntest_split: test\ndataset_kwargs: {kwargs}\ndoc_to_text: '{{{{q}}}}'\ndoc_to_choice: [x, y]\ndoc_to_target: 0\n"
    );
    fs_err::write(dir.path().join("mine.yaml"), task).unwrap();
    let path = dir.path().join("mine.yaml").display().to_string();
    let task = Catalogue::default().select(&path).unwrap().leaves.remove(0);
    task.items(&[dir.path().to_owned()], None).map(|items| items.items.len()).map_err(|error| in_full(&error))
}

#[test]
fn data_files_may_be_globs_and_data_dir_a_folder() {
    let row = b"{\"q\": \"a\"}\n".as_slice();
    let names =
        ["part/test-0-of-2.jsonl", "part/test-1-of-2.jsonl", "part/train.jsonl", "part/deep/a.jsonl", "[x]/a.jsonl"];
    let dir = folder(&names.map(|name| (name, row)));
    let cases = [
        ("{data_files: 'part/test-*.jsonl'}", Ok(2)),
        ("{data_files: {test: ['part/test-?-of-2.jsonl', 'part/train.jsonl']}}", Ok(3)),
        ("{data_files: 'part/*.jsonl'}", Ok(3)),
        ("{data_files: 'part/**/*.jsonl'}", Ok(4)),
        ("{data_files: '[x]/a.jsonl'}", Ok(1)), // a name of that spelling comes first
        ("{data_files: 'test-*.jsonl', data_dir: part}", Ok(2)),
        ("{data_dir: part}", Ok(2)),
        ("{data_dir: ./part, data_files: {test: train.jsonl}}", Ok(1)),
        ("{data_files: 'none-*.jsonl'}", Err("none-*.jsonl")),
    ];
    for (kwargs, wanted) in cases {
        match (found(&dir, kwargs), wanted) {
            (Ok(got), wanted) => assert_eq!(Ok(got), wanted, "{kwargs}"),
            (Err(error), Err(wanted)) => assert!(error.contains(wanted), "{kwargs}: {error}"),
            (Err(error), Ok(_)) => panic!("{kwargs}: {error}"),
        }
    }
}

#[test]
fn what_lies_in_the_place_of_data_is_named() {
    let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 9\n".as_slice();
    for (name, said) in [
        ("mine/test.jsonl", "a pointer of Git LFS"),
        ("mine/test.parquet", "git lfs pull"),
        ("mine/dataset.arrow", "mine/"),
        ("notes.txt", "holds mine.yaml, notes.txt"),
    ] {
        let error = found(&folder(&[(name, pointer)]), "{}").unwrap_err();
        assert!(error.contains(said), "{name}: {error}");
    }
    let error = found(&folder(&[("mine/test.arrow", b"ARROW1")]), "{}").unwrap_err();
    assert!(error.contains("Arrow files are not read") && error.contains("Parquet"), "{error}");
}

#[test]
fn a_group_finds_its_members_beside_it() {
    let task = "task: one\ntag: mine\ntest_split: test\ndoc_to_text: a\ndoc_to_choice: [x, y]\ndoc_to_target: 0\n";
    let files = [("group.yaml", "group: all\ntask: [mine]\n"), ("one.yaml", task), ("bad.yaml", "task: [\n")];
    let dir = folder(&files.map(|(name, text)| (name, text.as_bytes())));
    let path = dir.path().join("group.yaml");
    let catalogue = Catalogue::default();
    assert_eq!(catalogue.check(&path, &[]).unwrap().leaves, ["one"]);
    fs_err::remove_file(dir.path().join("one.yaml")).unwrap();
    let error = catalogue.check(&path, &[]).unwrap_err().to_string();
    assert!(error.contains("holds `mine`, which is not a task, group or tag"), "{error}");
}
