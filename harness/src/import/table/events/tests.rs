//! Tests of `events`.

use super::*;
use crate::export::{EVENT_FILE, ScoreRow, tensorboard};

fn row(tokens: u64, task: &str, score: f64) -> ScoreRow {
    ScoreRow {
        branch: "trunk".into(),
        step: tokens / 10,
        variant: None,
        tokens,
        lr: None,
        phase: None,
        kind: "task",
        task: task.into(),
        shots: Some(5),
        perturb: None,
        metric: "acc".into(),
        primary: true,
        score,
        se: None,
        clustered_se: None,
        n: 0,
        chance: None,
        key: None,
    }
}

/// What of a table is asked: the steps, and the values of one column.
fn column(table: &Table, name: &str) -> Vec<(u64, f64)> {
    let cell = |row: &Row| Some((row.cells["step"].as_u64()?, row.cells.get(name)?.as_f64()?));
    table.rows.iter().filter_map(cell).collect()
}

#[test]
fn what_is_exported_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(EVENT_FILE);
    let rows = [row(20_000_000_000, "mmlu", 0.5), row(10_000_000_000, "mmlu", 0.25), row(10_000_000_000, "piqa", 0.75)];
    let bytes = tensorboard(&rows).remove("trunk").unwrap();
    fs_err::write(&file, &bytes).unwrap();
    let table = table(&files(folder.path()).unwrap()).unwrap();
    assert_eq!(column(&table, "mmlu_5shot/acc"), [(10_000_000_000, 0.25), (20_000_000_000, 0.5)]);
    assert_eq!(column(&table, "piqa_5shot/acc"), [(10_000_000_000, 0.75)]);
    // A file that is cut off is still being written; a bit that flipped is damage, wherever it is.
    for end in 0..bytes.len() {
        fs_err::write(&file, &bytes[..end]).unwrap();
        assert!(super::table(std::slice::from_ref(&file)).unwrap().rows.len() <= 2, "cut at {end}");
    }
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 4;
        fs_err::write(&file, &damaged).unwrap();
        assert!(super::table(std::slice::from_ref(&file)).is_err(), "byte {at}");
    }
}

#[test]
fn scalars_of_newer_writers_are_tensors() {
    // tag "a", tensor { dtype: DT_FLOAT, tensor_content: 1.5f32 } at step 7; made by TensorBoard's own protocol buffers.
    let event = [0x10, 7, 0x2a, 15, 0x0a, 13, 0x0a, 1, b'a', 0x42, 8, 0x08, 1, 0x22, 4, 0, 0, 0xc0, 0x3f];
    assert_eq!(scalars(&event), Some(vec![("a".to_owned(), 7, 1.5)]));
}
