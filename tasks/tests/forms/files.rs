//! How data files are named, packed and encoded.

use std::io::Write;
use std::path::{Path, PathBuf};

use spyglass_tasks::Catalogue;
use tempfile::TempDir;

use super::{folder, in_full};

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
