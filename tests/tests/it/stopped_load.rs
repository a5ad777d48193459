//! Ctrl-C while a large checkpoint is read or hashed: it is heard at once, from every door, and nothing has failed.

use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::background::Background;
use crate::bad_input::edit_json;
use crate::program::{RunFolder, copy};

/// H and V: the embedding takes a gigabyte, and no room on the disk.
const WIDTH: u64 = 4096;
const VOCAB: u64 = 131_072;

/// A model with zeros for weights but for one that is no number, which is read last: whoever reads all of it is told so.
fn large_model(folder: &Path, tokenizer: &Path) {
    copy(tokenizer, folder);
    let config = json!({"model_type": "llama", "hidden_size": WIDTH, "num_attention_heads": 64, "head_dim": 2, "num_hidden_layers": 1,
        "intermediate_size": 8, "vocab_size": VOCAB, "tie_word_embeddings": true});
    fs_err::write(folder.join("config.json"), config.to_string()).unwrap();
    let tensors = [
        ("embed_tokens", vec![VOCAB, WIDTH]),
        ("layers.0.input_layernorm", vec![WIDTH]),
        ("layers.0.self_attn.q_proj", vec![128, WIDTH]),
        ("layers.0.self_attn.k_proj", vec![128, WIDTH]),
        ("layers.0.self_attn.v_proj", vec![128, WIDTH]),
        ("layers.0.self_attn.o_proj", vec![WIDTH, 128]),
        ("layers.0.post_attention_layernorm", vec![WIDTH]),
        ("layers.0.mlp.gate_proj", vec![8, WIDTH]),
        ("layers.0.mlp.up_proj", vec![8, WIDTH]),
        ("layers.0.mlp.down_proj", vec![WIDTH, 8]),
        ("norm", vec![WIDTH]),
    ];
    let (mut header, mut end) = (Map::new(), 0);
    for (name, shape) in tensors {
        let bytes = 2 * shape.iter().product::<u64>();
        let tensor = json!({"dtype": "BF16", "shape": shape, "data_offsets": [end, end + bytes]});
        header.insert(format!("model.{name}.weight"), tensor);
        end += bytes;
    }
    let header = Value::from(header).to_string();
    let mut file = fs_err::File::create(folder.join("model.safetensors")).unwrap();
    file.write_all(&(header.len() as u64).to_le_bytes()).unwrap();
    file.write_all(header.as_bytes()).unwrap();
    file.file().set_len(8 + header.len() as u64 + end).unwrap();
    file.seek(SeekFrom::End(-2)).unwrap();
    file.write_all(&[0xff, 0x7f]).unwrap();
}

/// Runs a command until it listens for Ctrl-C, which is before it reads anything large, and gives it one: how it ends.
fn interrupted(folder: &RunFolder, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = folder.command(arguments);
    command.stdin(std::process::Stdio::null());
    let mut running = Background::start(command);
    running.wait_until("it listens", |running| running.catches(2));
    running.signal("INT");
    running.ended()
}

#[test]
fn a_load_is_stopped_from_every_door_and_nothing_has_failed() {
    if !Path::new("/proc/self/status").exists() {
        writeln!(std::io::stderr(), "skipped: nothing tells here when a program listens").unwrap();
        return;
    }
    let folder = RunFolder::small();
    large_model(&folder.path("large"), &folder.checkpoint());
    folder.write("ids.jsonl", "{\"context\": [1], \"continuation\": [2]}\n");
    let tasks = ["--tasks", "pilot_letters", "--task-folder", "tasks", "--data", "tasks", "--limit", "5"];
    let doors: [(&str, &[&str]); 7] = [
        ("generate", &["--prompt", "Once"]),
        ("chat", &[]),
        ("vibes", &["--packs", "pirate"]),
        ("logprobs", &["--requests", "ids.jsonl"]),
        ("bench", &["--no-start"]),
        ("score", &tasks),
        ("compare-precision", &tasks),
    ];
    for (door, more) in doors {
        let (code, said) = interrupted(&folder, &[&[door, "--model", "large"], more].concat());
        assert_eq!(code, Some(130), "{door}: {said}");
        assert!(!said.contains("error") && !said.contains("failed"), "{door}: {said}");
    }
    let (code, said) = interrupted(&folder, &["bench", "--model", "large", "--against", "large"]);
    assert_eq!(code, Some(130), "{said}");
}

#[test]
fn a_sweep_that_is_stopped_while_it_reads_keeps_no_failure_and_loses_no_score() {
    if !Path::new("/proc/self/status").exists() {
        writeln!(std::io::stderr(), "skipped: nothing tells here when a program listens").unwrap();
        return;
    }
    let folder = RunFolder::small();
    assert_eq!(folder.run(&["sweep", "run.yaml", "--limit", "20"]).code, Some(0));
    let finished = folder.scores();
    assert_eq!(finished.len(), 4);
    let large = folder.path("trunk/checkpoint-9000");
    large_model(&large, &folder.checkpoint());
    edit_json(&large.join("trainer_state.json"), |state| {
        state["global_step"] = 9000.into();
        state["num_input_tokens_seen"] = 99_000_000.into();
    });
    for door in ["sweep", "work"] {
        let (code, said) = interrupted(&folder, &[door, "run.yaml", "--limit", "20"]);
        assert_eq!(code, Some(130), "{door}: {said}");
        assert!(!said.contains("failed") && said.contains("finished work is kept"), "{door}: {said}");
        assert_eq!(folder.scores(), finished, "{door}");
        let status = folder.run(&["status", "run.yaml", "--json"]);
        assert!(!status.stdout.contains("checkpoint-9000: "), "{door}: {}", status.stdout);
    }
    // What it would have been told, had it read on.
    let ran = folder.run(&["sweep", "run.yaml", "--limit", "20"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stderr.contains("`model.norm.weight` holds"), "{}", ran.stderr);
}
