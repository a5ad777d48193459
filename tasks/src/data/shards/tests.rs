//! Tests of `shards`.

use super::*;

#[test]
fn names_tell_number_and_count() {
    let cases = [
        ("test", ("test", None, None)),
        ("test-00001-of-00002", ("test", Some(1), Some(2))),
        ("a_test_1_of_2", ("a_test", Some(1), Some(2))),
        ("test-00000-of-00001-a09b74b3ef9c3b56", ("test", Some(0), Some(1))),
        ("test-00001-of-00002-1234567890123456", ("test", Some(1), Some(2))),
        ("test-a09b74b3ef9c3b56", ("test-a09b74b3ef9c3b56", None, None)),
        ("test_0", ("test", Some(0), None)),
        ("test.00", ("test", Some(0), None)),
        ("0001", ("0001", None, None)),
        ("test-v2", ("test-v2", None, None)),
    ];
    for (stem, (name, number, of)) in cases {
        assert_eq!(Shard::of_stem(stem), Shard { name, number, of }, "{stem}");
    }
}

#[test]
fn shards_are_all_there_and_each_once() {
    let cases: [(&[&str], Result<usize, &str>); 17] = [
        (&["test.jsonl"], Ok(1)),
        (&["test-00000-of-00002.csv", "test-00001-of-00002.csv"], Ok(2)),
        (&["test-0-of-2-a09b74b3ef9c3b56.csv", "test-1-of-2-0123456789abcdef.csv"], Ok(2)),
        (&["test-0-of-1-a09b74b3ef9c3b56.csv", "test-0-of-1-0123456789abcdef.csv"], Err("are both shard 0")),
        (&["test-1-of-2.csv", "test-2-of-2.csv"], Ok(2)),
        (&["test_0.jsonl", "test_1.jsonl", "test_2.jsonl"], Ok(3)),
        (&["test_1.jsonl", "test_2.jsonl"], Ok(2)),
        (&["test.jsonl", "test_2.jsonl"], Ok(1)),
        (&["test.jsonl", "test-00000-of-00001.jsonl"], Err("may each be the whole split")),
        (&["Test.jsonl", "test.jsonl"], Err("may each be the whole split")),
        (&["test-00001-of-00002.csv"], Err("shard 0 of 2 is missing (`test-00000-of-00002.csv`)")),
        (
            &["test-00000-of-00003.csv", "test-00002-of-00003.csv"],
            Err("shard 1 of 3 is missing (`test-00001-of-00003.csv`)"),
        ),
        (&["test-00000-of-00002.csv", "test-00001-of-00003.csv"], Err("several sets")),
        (&["test-00000-of-00001.csv", "test_0.csv"], Err("several sets")),
        (&["test_0.csv", "test_2.csv"], Err("shard 1 of 3 is missing (`test_1.csv`)")),
        (&["test_1.csv"], Err("shard 0 of 2 is missing (`test_0.csv`)")),
        (&["test_2023.csv"], Ok(0)),
    ];
    for (files, wanted) in cases {
        let got = complete(Path::new("d"), files.iter().map(PathBuf::from).collect());
        match (got, wanted) {
            (Ok(got), wanted) => assert_eq!(Ok(got.len()), wanted, "{files:?}"),
            (Err(error), Err(wanted)) => assert!(error.to_string().contains(wanted), "{files:?}: {error}"),
            (Err(error), Ok(_)) => panic!("{files:?}: {error}"),
        }
    }
}
