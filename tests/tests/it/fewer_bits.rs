//! Fewer bits: what they cost in a comparison and along a sweep; checkpoints in one file.

use std::path::Path;

use candle_core::quantized::gguf_file::{self, Value as Stored};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use serde_json::{Value, json};

use crate::program::{Ran, RunFolder};

const DATA: [&str; 4] = ["--data", "tasks", "--task-folder", "tasks"];

fn compared(folder: &RunFolder, more: &[&str]) -> Value {
    let model = folder.checkpoint();
    let arguments =
        ["compare-precision", "--model", model.to_str().unwrap(), "--task", "pilot_letters", "--limit", "20", "--json"];
    let ran = folder.run(&[&arguments[..], &DATA, more].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap()
}

#[test]
fn fewer_bits_change_more() {
    let folder = RunFolder::small();
    let of = |after: &str| compared(&folder, &["--after", after, "--tokens-compared", "60"]);
    let [bf16, int8, q4] = ["bf16", "int8", "q4"].map(of);
    let divergence = |effect: &Value| effect["tokens"]["divergence"].as_f64().unwrap();
    assert!(
        0.0 < divergence(&bf16) && divergence(&bf16) < divergence(&int8) && divergence(&int8) < divergence(&q4),
        "{bf16} {int8} {q4}"
    );
    for effect in [&bf16, &int8, &q4] {
        let (tokens, tested) = (&effect["tokens"], &effect["tested"]);
        let [low, high] = [0, 1].map(|at| tokens["ratio_interval"][at].as_f64().unwrap());
        let ratio = tokens["ratio"].as_f64().unwrap();
        assert!(low <= ratio && ratio <= high && tokens["divergence_error"].as_f64() > Some(0.0), "{tokens}");
        assert!(tokens["divergence_999"].is_null(), "of fewer than a thousand tokens: {tokens}");
        assert!(tokens["tokens"].as_u64().unwrap() <= 60, "{tokens}");
        let flips = |key: &str| tested[key].as_array().unwrap().len() as f64;
        let change = (flips("gained") - flips("lost")) / 20.0;
        assert!(
            (tested["difference"]["value"].as_f64().unwrap() - change).abs() < 1e-9 && tested["mcnemar"].is_number(),
            "{tested}"
        );
    }
}

#[test]
fn a_machine_without_the_instruction_says_so_once() {
    let folder = RunFolder::small();
    let said = |arguments: &[&str]| {
        let ran = Ran::from(folder.command(arguments).env("SPYGLASS_ISA", "avx2").output().unwrap());
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        ran.stderr.matches("more slowly").count() + ran.stderr.matches("no time saved").count()
    };
    let model = folder.checkpoint();
    let one = ["score", "--model", model.to_str().unwrap(), "--task", "pilot_letters", "--limit", "5"];
    let of_one = |more: &[&str]| said(&[&one[..], &DATA, more].concat());
    assert_eq!(["int8", "bf16", "q4", "f32"].map(|precision| of_one(&["--precision", precision])), [1, 1, 0, 0]);
    assert_eq!(said(&["sweep", "run.yaml", "--precision", "int8", "--limit", "5"]), 1, "of all its checkpoints");
}

#[test]
fn a_model_is_compared_with_another_file_of_it() {
    let folder = RunFolder::small();
    let model = folder.checkpoint();
    let siblings = fs_err::read_dir(folder.path("trunk")).unwrap().map(|entry| entry.unwrap().path());
    let other = siblings.into_iter().find(|path| *path != model).unwrap();
    let apart = compared(&folder, &["--other", other.to_str().unwrap(), "--tokens-compared", "30"]);
    assert!(
        apart["tokens"]["tokens"].as_u64() > Some(10) && apart["tokens"]["same_best"].as_f64() < Some(1.0),
        "{apart}"
    );
    let arguments =
        ["compare-precision", "--model", model.to_str().unwrap(), "--task", "pilot_letters", "--after", "f32"];
    let twice = folder.run(&[&arguments[..], &DATA].concat());
    assert!(twice.code == Some(2) && twice.stderr.contains("both sides are"), "{}", twice.stderr);
}

#[test]
fn a_sweep_in_two_arithmetics_tells_the_price() {
    let folder = RunFolder::small();
    let run =
        "checkpoints: [{path: trunk}]\ntasks: [{task: pilot_letters, limit: 12}]\ntask_folders: tasks\ndata: tasks\n";
    folder.write("bits.yaml", &format!("{run}precision: [f32, q4]\n"));
    let ran = folder.run(&["sweep", "bits.yaml"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let page = || fs_err::read_to_string(folder.path("results/report/price.html")).unwrap();
    let rows = page().matches("<td class=\"n\" data-v=").count() / 2;
    let lines = fs_err::read_to_string(folder.path("results/q4/prices.jsonl")).unwrap();
    assert!(rows > 1 && rows == lines.lines().count(), "{rows} rows, {lines}");
    let first: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert!(first["price"]["divergence"].as_f64().unwrap() > 0.0 && first["branch"] == json!("trunk"), "{first}");
    assert!(page().contains("<li>No onset") || page().contains("<li>Onsets "), "{}", page());
    let index = fs_err::read_to_string(folder.path("results/report/index.html")).unwrap();
    assert!(index.contains("price.html"));
    // nothing is measured again, and `report` keeps the page
    let again = folder.run(&["sweep", "bits.yaml"]);
    assert!(again.code == Some(0) && fs_err::read_to_string(folder.path("results/q4/prices.jsonl")).unwrap() == lines);
    // the further one alone stays where it belongs, and both are counted
    let units = folder.unit_folders().len();
    assert_eq!(folder.run(&["sweep", "bits.yaml", "--precision", "q4"]).code, Some(0));
    assert_eq!(folder.unit_folders().len(), units);
    let status: Value = serde_json::from_str(&folder.run(&["status", "bits.yaml", "--json"]).stdout).unwrap();
    assert_eq!((&status["others"][0]["precision"], &status["others"][0]["left"]), (&json!("q4"), &json!(0)));
    fs_err::remove_dir_all(folder.path("results/q4/units")).unwrap();
    let plan: Value = serde_json::from_str(&folder.run(&["plan", "bits.yaml", "--json"]).stdout).unwrap();
    assert_eq!((&plan["to_score"], &plan["others"][0]["to_score"]), (&json!(0), &json!(units)));
    let told = folder.run(&["status", "bits.yaml"]).stdout;
    assert!(told.contains(&format!("q4: 0 of {units} units done")), "{told}");
    assert_eq!(folder.run(&["report", "bits.yaml"]).code, Some(0));
    assert!(page().contains("q4"));
    for command in [&["work"][..], &["watch", "--once"], &["submit", "--dry-run"]] {
        let refused = folder.run(&[command, &["bits.yaml"]].concat());
        let told = refused.stderr.contains("is a list") && refused.stderr.contains("`precision: f32`");
        assert!(refused.code == Some(2) && told, "{command:?}: {}", refused.stderr);
    }
    let one = folder.run(&["work", "bits.yaml", "--precision", "f32"]);
    assert_eq!(one.code, Some(0), "{}", one.stderr);
    for (said, told) in [("[f32, f32]", "is named twice"), ("[]", "the list is empty"), ("q3", "`q4`")] {
        folder.write("bad.yaml", &format!("{run}precision: {said}\n"));
        let ran = folder.run(&["check", "bad.yaml"]);
        assert!(ran.code == Some(2) && ran.stderr.contains(told), "{said}: {}", ran.stderr);
    }
}

/// A Llama of one layer and single bytes as a `.gguf` file; `seed` makes another one.
fn write_gguf(path: &Path, seed: u32) {
    let mut at = seed;
    let mut tensor = |shape: &[usize]| {
        let values: Vec<f32> = (0..shape.iter().product::<usize>())
            .map(|_| {
                at = at.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (at >> 8) as f32 / (1 << 25) as f32 - 0.25
            })
            .collect();
        let kind = if shape.len() == 2 { GgmlDType::Q8_0 } else { GgmlDType::F32 };
        QTensor::quantize(&Tensor::from_slice(&values, shape, &Device::Cpu).unwrap(), kind).unwrap()
    };
    let square =
        ["attn_q", "attn_k", "attn_v", "attn_output"].map(|name| (format!("blk.0.{name}.weight"), tensor(&[32, 32])));
    let mut tensors = Vec::from(square);
    for (name, shape) in [("ffn_gate", [64, 32]), ("ffn_up", [64, 32]), ("ffn_down", [32, 64])] {
        tensors.push((format!("blk.0.{name}.weight"), tensor(&shape)));
    }
    for name in ["blk.0.attn_norm.weight", "blk.0.ffn_norm.weight", "output_norm.weight"] {
        tensors.push((name.into(), tensor(&[32])));
    }
    tensors.push(("token_embd.weight".into(), tensor(&[256, 32])));
    let text = |text: &str| Stored::String(text.into());
    let number = |name: &str, value: u32| (format!("llama.{name}"), Stored::U32(value));
    let bytes: Vec<Stored> = (0..=255).map(|byte| text(&byte_letter(byte).to_string())).collect();
    let metadata = [
        ("general.architecture".into(), text("llama")),
        number("embedding_length", 32),
        number("feed_forward_length", 64),
        number("block_count", 1),
        number("attention.head_count", 4),
        number("context_length", 512),
        ("llama.attention.layer_norm_rms_epsilon".into(), Stored::F32(1e-5)),
        ("tokenizer.ggml.model".into(), text("gpt2")),
        ("tokenizer.ggml.pre".into(), text("gpt-2")),
        ("tokenizer.ggml.tokens".into(), Stored::Array(bytes)),
        ("tokenizer.ggml.eos_token_id".into(), Stored::U32(0)),
    ];
    let metadata: Vec<(&str, &Stored)> = metadata.iter().map(|(key, value)| (key.as_str(), value)).collect();
    let tensors: Vec<(&str, &QTensor)> = tensors.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
    let mut out = std::io::Cursor::new(Vec::new());
    gguf_file::write(&mut out, &metadata, &tensors).unwrap();
    fs_err::write(path, out.into_inner()).unwrap();
}

/// GPT-2's letter for a byte: itself where it is printed, else one of those from 256 on in order.
fn byte_letter(byte: u8) -> char {
    let printed = |byte: u8| matches!(byte, b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff);
    if printed(byte) {
        return char::from(byte);
    }
    let before = (0..byte).filter(|byte| !printed(*byte)).count() as u32;
    char::from_u32(256 + before).unwrap()
}

#[test]
fn a_file_is_a_checkpoint_wherever_a_folder_is() {
    let folder = RunFolder::small();
    fs_err::create_dir(folder.path("files")).unwrap();
    for (step, seed) in [(100, 7), (200, 8)] {
        write_gguf(&folder.path(&format!("files/tiny-step{step}.gguf")), seed);
    }
    let file = folder.path("files/tiny-step200.gguf");
    let file = file.to_str().unwrap();
    let checked = folder.run(&["check", file]);
    assert!(
        checked.code == Some(0) && checked.stdout.contains("a llama checkpoint of 1 layers, 256 tokens"),
        "{}",
        checked.stderr
    );
    let said = folder.run(&["generate", "--model", file, "--prompt", "ab", "--max-tokens", "3", "--precision", "q4"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let run = "checkpoints: [{path: files, pattern: 'tiny-step{step}.gguf', tokens_per_step: 10}]\ntasks: [{task: pilot_letters, limit: 5}]\n";
    folder.write("files.yaml", &format!("{run}task_folders: tasks\ndata: tasks\n"));
    assert_eq!(folder.run(&["check", "files.yaml"]).code, Some(0));
    let plan = folder.run(&["plan", "files.yaml"]);
    assert_eq!(plan.code, Some(0), "{}", plan.stderr);
    // 32 × (4 × 32 + 3 × 64 + 256) numbers of products and the table, and three norms of 32
    for (more, bytes) in [(&[][..], 4 * 18_432 + 3 * 128), (&["--precision", "q4"], 18_432 * 18 / 32 + 3 * 128)] {
        let plan = folder.run(&[&["plan", "files.yaml", "--json"], more].concat());
        let plan: Value = serde_json::from_str(&plan.stdout).unwrap();
        assert_eq!(plan["memory_bytes"], json!(bytes), "{more:?}");
    }
    let swept = folder.run(&["sweep", "files.yaml"]);
    assert!(swept.code == Some(0) && swept.stderr.contains("2 units scored"), "{}", swept.stderr);
    folder.run(&["sweep", "files.yaml"]);
    assert_eq!(folder.unit_folders().len(), 2, "what is scored stays scored");
    folder.write("watched.yaml", &format!("{run}task_folders: tasks\ndata: tasks\nresults: watched\n"));
    let watched = folder.run(&["watch", "watched.yaml", "--once", "--every", "1s"]);
    let scored = folder.path("watched/metrics.prom").is_file() && folder.path("watched/report/index.html").is_file();
    assert!(watched.code == Some(0) && scored, "{}", watched.stderr);
    let begun = folder.run(&["init", "files", "--out", "first.yaml"]);
    let written = fs_err::read_to_string(folder.path("first.yaml")).unwrap_or_default();
    assert!(begun.code == Some(0) && written.contains("tiny-step{step}.gguf"), "{} {written}", begun.stderr);
    // a file that is cut is told by its name
    let bytes = fs_err::read(file).unwrap();
    fs_err::write(file, &bytes[..bytes.len() / 2]).unwrap();
    let cut =
        folder.run(&["score", "--model", file, "--task", "pilot_letters", "--data", "tasks", "--task-folder", "tasks"]);
    assert!(
        cut.code == Some(1) && cut.stderr.contains("tiny-step200.gguf") && cut.stderr.contains("beyond the file"),
        "{}",
        cut.stderr
    );
}
