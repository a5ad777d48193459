//! Files and requests that nobody wrote, through the doors that only this crate has: each is read or refused.

use std::path::{Path, PathBuf};

use serde_json::json;
use spyglass_dashboards::run::{Checkpoint, RunTree, UnitInputs, UnitRecord};
use spyglass_tasks::ItemRecord;

use crate::checkpoint::read_log;
use crate::gate::Policy;
use crate::ratings::RatingFile;
use crate::results::{Snapshot, Store, UnitPlace, gather, new_record};
use crate::run_file::{LogColumns, LogSpec, RunFile};
use crate::serve::Live;

#[path = "../../tests/support/fuzz.rs"]
mod inputs;

fn pilot(name: &str) -> Vec<u8> {
    let file: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/pilot").join(name);
    fs_err::read(file).unwrap()
}

#[test]
fn run_files() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.yaml");
    let more = "checkpoints: [{path: a, pattern: 'step{step}-tokens{tokens}', training: pythia-160m}, {hub: a/b, index: [1B, 2B]}]
tasks: [{task: mmlu, shots: 5, limit: 1_000, perturb: shuffle}]\nschedule: {order: find_onset, every: 2}\naxis: words\nkeep: last\ndisk: 50G\n";
    inputs::each("run", &[pilot("run.yaml"), more.into()], |bytes| {
        fs_err::write(&file, bytes).unwrap();
        drop(RunFile::read(&file));
    });
}

#[test]
fn policies() {
    let more = "run: r.yaml\nrules:\n- {pack: a, max_drop: 0.1, baseline: x, level: watched}\n- {task: b, max_score: 3, shots: 1_0}\n";
    inputs::each("policy", &[pilot("gate.yaml"), more.into()], |bytes| {
        drop(Policy::parse("gate.yaml".as_ref(), String::from_utf8_lossy(bytes).into_owned()));
    });
}

#[test]
fn trainer_states_and_other_logs() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log");
    let state = pilot("trunk/checkpoint-1400/trainer_state.json");
    let short = br#"{"log_history": [{"step": 1, "loss": 2.5, "learning_rate": 1e-4}, {"step": 2, "loss": NaN}], "num_input_tokens_seen": 5}"#;
    let table = b"step,tokens,lr,loss\n1,1000,1e-4,3.5\n2,2000,1e-4,inf\n3,3_000,,3.0\n";
    let lines = b"{\"step\": 1, \"loss\": 3.0}\n{\"step\": 2, \"loss\": 2.0}\n";
    let printed = b"{'loss': 2.1, 'learning_rate': 0.0001, 'epoch': 0.1}\nstep 10: loss 3.5 lr 1e-3\n iteration 5/ 100 | lm loss: 3.1E+00 |\n";
    let seeds = [state, short.into(), table.into(), lines.into(), printed.into()];
    inputs::each("log", &seeds, |bytes| {
        fs_err::write(&file, bytes).unwrap();
        drop(read_log(&LogSpec { file: file.clone(), columns: LogColumns::default() }));
    });
}

/// A results folder with one unit, and the folder of that unit.
fn results(folder: &Path) -> (Store, PathBuf) {
    let store = Store::create(folder).unwrap();
    let checkpoint = json!({"branch": "trunk", "step": 5, "tokens": 50, "location": "x"});
    let checkpoint: Checkpoint = serde_json::from_value(checkpoint).unwrap();
    let inputs: UnitInputs = serde_json::from_value(json!({
        "weights": "w", "config": "c", "tokenizer": "t", "chat_template": null, "task": "a", "task_definition": "d", "data": "e",
        "shots": 0, "perturb": null, "precision": "f32", "dt_floor": "0", "scoring_version": 1,
    }))
    .unwrap();
    let record = new_record(&checkpoint, inputs);
    let place = UnitPlace { branch: "trunk", step: 5, variant: None, task: "a", shots: 0, key: &record.key };
    let unit = store.unit(&place);
    fs_err::create_dir_all(unit.path()).unwrap();
    let items: Vec<ItemRecord> = (0..3).map(|doc_id| ItemRecord { doc_id, ..ItemRecord::default() }).collect();
    let chunk = unit.write_chunk(0, &items).unwrap();
    unit.finish(&UnitRecord { items: 3, items_total: 3, chunks: vec![chunk], ..record }).unwrap();
    (store, unit.path().to_owned())
}

#[test]
fn units_of_results() {
    let folder = tempfile::tempdir().unwrap();
    let (store, unit) = results(folder.path());
    let whole = fs_err::read(unit.join("unit.json")).unwrap();
    let text = String::from_utf8(whole.clone()).unwrap();
    let huge = text.replace("\"items\": 3", "\"items\": 9223372036854775807");
    let outside = text.replace("items-00000.jsonl.zst", "../../../../run.json");
    let snapshot = || Snapshot {
        name: "x".into(),
        tree: RunTree::default(),
        groups: Vec::new(),
        composites: Vec::new(),
        stock_phrases: None,
        run_file: String::new(),
    };
    let read = || {
        let (units, _) = store.units().unwrap();
        for (folder, record) in &units {
            drop(folder.items(record));
            drop(folder.chunks());
        }
        drop(gather(&store, snapshot()));
    };
    inputs::each("unit", &[whole.clone(), huge.into(), outside.into()], |bytes| {
        fs_err::write(unit.join("unit.json"), bytes).unwrap();
        read();
    });
    fs_err::write(unit.join("unit.json"), whole).unwrap();
    let chunk = unit.join("items-00000.jsonl.zst");
    let bomb = zstd::encode_all(&vec![b' '; 64 << 20][..], 3).unwrap();
    inputs::each("chunk", &[fs_err::read(&chunk).unwrap(), bomb], |bytes| {
        fs_err::write(&chunk, bytes).unwrap();
        read();
    });
}

#[test]
fn run_records_failures_and_what_readers_left() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = results(folder.path());
    let stars = r#"{"rater": "ann", "pack": "p", "prompt": "q", "variables": {"a": 1}, "kind": "stars", "at": {"branch": "t", "step": 3}, "stars": 4, "note": "", "time": "2026-01-01T10:00:00Z"}"#;
    let pair = r#"{"rater": "ann", "pack": "p", "prompt": "q", "kind": "pair", "a": {"branch": "t", "step": 3}, "b": {"branch": "t", "step": 6}, "winner": "a"}"#;
    let note = r#"{"id": "a", "author": "b", "about": {"kind": "item", "task": "t", "item": 3}, "text": "x", "time": "2026-01-01T10:00:00Z"}"#;
    let seeds: Vec<Vec<u8>> = vec![
        stars.into(),
        pair.into(),
        format!("{stars}\n{pair}\n").into(),
        note.into(),
        format!("{note}\n{note}\n").into(),
    ];
    let live = Live::new(Store::open(folder.path()), None);
    inputs::each("readers", &seeds, |bytes| {
        drop(RatingFile::of("r.jsonl".as_ref(), &String::from_utf8_lossy(bytes)));
        for name in ["ratings.jsonl", "notes.jsonl"] {
            fs_err::write(folder.path().join(name), bytes).unwrap();
        }
        drop((store.ratings(), store.notes(), live.kept()));
        // What the server takes in, it can read again.
        let before = store.notes().0.len();
        if let Ok(kept) = live.add_note(bytes) {
            assert!(kept.text.trim().is_empty() || store.notes().0.contains(&kept) && store.notes().0.len() >= before);
        }
        if live.add_rating(bytes).is_ok() {
            drop(store.ratings());
        }
    });
    let run = folder.path().join("run.json");
    let branch = json!({"name": "trunk", "fork": null, "checkpoints": [{"branch": "trunk", "step": 5, "tokens": 50, "location": "x"}],
        "log": {"entries": [{"step": 1, "tokens": 10, "learning_rate": 0.1, "loss": 2.0}]}, "phases": []});
    let snapshot = json!({"name": "x", "tree": {"branches": [branch]}, "groups": [], "run_file": ""}).to_string();
    inputs::each("snapshot", &[snapshot.into()], |bytes| {
        fs_err::write(&run, bytes).unwrap();
        drop(store.snapshot());
        let failed = folder.path().join("failed/x.json");
        fs_err::write(failed, bytes).unwrap();
        drop(store.failures());
    });
}
