//! Every architecture through every door of the program.

use std::path::Path;

use serde_json::{Value, json};
use spyglass_model::bench::write_random_checkpoint;

use crate::program::{RunFolder, pilot};

/// Sizes of a small model of each architecture, but for its vocabulary.
pub(crate) fn configs() -> Vec<(&'static str, Value)> {
    let dense = |model_type: &str| {
        json!({"model_type": model_type, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
               "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8, "max_position_embeddings": 512})
    };
    let whole_heads = |model_type: &str| {
        let mut config = dense(model_type);
        config["num_key_value_heads"] = 4.into();
        config
    };
    let mamba = |model_type: &str| json!({"model_type": model_type, "hidden_size": 32, "num_hidden_layers": 2, "state_size": 8});
    let mut configs: Vec<(&str, Value)> =
        ["llama", "mistral", "qwen2", "qwen3", "smollm3", "phi3", "olmo", "olmo2", "olmo3"]
            .map(|name| (name, dense(name)))
            .into();
    configs.extend(["gpt_neox", "phi"].map(|name| (name, whole_heads(name))));
    configs.extend(["mamba", "falcon_mamba"].map(|name| (name, mamba(name))));
    configs.extend([
        ("gpt2", json!({"model_type": "gpt2", "n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 512})),
        (
            "hf_olmo",
            json!({"model_type": "hf_olmo", "d_model": 32, "n_heads": 4, "n_layers": 2, "mlp_hidden_size": 96, "rope": true,
                   "max_sequence_length": 512, "layer_norm_with_affine": false}),
        ),
        (
            "mamba2",
            json!({"model_type": "mamba2", "hidden_size": 32, "num_hidden_layers": 2, "state_size": 16, "num_heads": 8,
                   "head_dim": 8, "n_groups": 2}),
        ),
        (
            "zamba",
            json!({"model_type": "zamba", "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 4,
                   "layers_block_type": ["mamba", "hybrid", "mamba", "hybrid"], "num_attention_heads": 4,
                   "num_key_value_heads": 4, "mamba_d_state": 8, "max_position_embeddings": 512}),
        ),
        (
            "zamba2",
            json!({"model_type": "zamba2", "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 3,
                   "layers_block_type": ["mamba", "hybrid", "mamba"], "num_attention_heads": 4, "n_mamba_heads": 4,
                   "mamba_d_state": 8, "adapter_rank": 4, "max_position_embeddings": 512}),
        ),
        (
            "bamba",
            json!({"model_type": "bamba", "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 3,
                   "attn_layer_indices": [1], "num_attention_heads": 4, "num_key_value_heads": 2, "mamba_n_heads": 8,
                   "mamba_d_state": 8, "max_position_embeddings": 512}),
        ),
    ]);
    configs
}

/// A checkpoint of random weights with the pilot's tokenizer.
pub(crate) fn checkpoint(folder: &Path, config: &Value, seed: u64) {
    fs_err::create_dir_all(folder).unwrap();
    let mut config = config.clone();
    config["vocab_size"] = 480.into();
    write_random_checkpoint(folder, &config.to_string(), true, seed).unwrap();
    for file in ["tokenizer.json", "tokenizer_config.json"] {
        fs_err::copy(pilot().join("trunk/checkpoint-1000").join(file), folder.join(file)).unwrap();
    }
}

#[test]
fn every_architecture_is_checked_scored_and_asked() {
    let folder = RunFolder::small();
    let listed = folder.run(&["list", "architectures"]);
    let configs = configs();
    assert_eq!(listed.stdout.lines().count(), configs.len(), "{}", listed.stdout);
    for (name, config) in configs {
        assert!(listed.stdout.lines().any(|line| line.split_whitespace().next() == Some(name)), "{}", listed.stdout);
        checkpoint(&folder.path(name), &config, 1);
        let said = folder.run(&["check", name]);
        assert!(said.code == Some(0) && said.stdout.contains(&format!("{name} checkpoint")), "{said:?}");
        let scored = folder.run(&[
            "score",
            "--model",
            name,
            "--tasks",
            "pilot_letters",
            "--task-folder",
            "tasks",
            "--data",
            "tasks",
            "--limit",
            "3",
        ]);
        assert!(scored.code == Some(0) && scored.stdout.contains("pilot_letters"), "{scored:?}");
        let generated = folder.run(&["generate", "--model", name, "--prompt", "Once", "--max-tokens", "3"]);
        assert_eq!(generated.code, Some(0), "{generated:?}");
        if !matches!(name, "llama" | "falcon_mamba") {
            continue; // a bench measures the machine, too, which takes its time
        }
        let bench = folder.run(&[
            "bench",
            "--model",
            name,
            "--no-start",
            "--sequences",
            "1",
            "--rounds",
            "1",
            "--contexts",
            "32",
            "--json",
        ]);
        let measured: Value = serde_json::from_str(&bench.stdout).unwrap_or_else(|_| panic!("{bench:?}"));
        assert!(measured["speeds"][0]["prefill"]["tokens_per_second"].as_f64().unwrap() > 0.0, "{name}");
    }
}

#[test]
fn a_tree_with_a_llama_trunk_is_swept_and_reported() {
    let folder = RunFolder::small();
    let llama = configs().remove(0).1;
    for (branch, step, seed) in [("llama", 100, 1), ("llama", 200, 2), ("anneal", 250, 3)] {
        checkpoint(&folder.path(branch).join(format!("checkpoint-{step}")), &llama, seed);
    }
    folder.write(
        "run.yaml",
        "checkpoints:\n  - {branch: trunk, path: llama, tokens_per_step: 1000}\n  - {branch: anneal, parent: {branch: trunk, step: 200}, path: anneal, tokens_per_step: 1000}\ntasks: [pilot_letters, pilot_facts_easy]\ntask_folders: tasks\ndata: tasks\nprompts: [pirate]\n",
    );
    let plan = folder.run(&["plan", "run.yaml"]);
    assert_eq!(plan.code, Some(0), "{plan:?}");
    let swept = folder.run(&["sweep", "run.yaml", "--limit", "4"]);
    assert_eq!(swept.code, Some(0), "{swept:?}");
    assert_eq!(folder.unit_folders().len(), 9, "two tasks and a pack on three checkpoints");
    let report = fs_err::read_to_string(folder.path("results/report/index.html")).unwrap();
    assert!(report.contains("anneal") && report.contains("pilot_letters"));
    let init = folder.run(&["init", "llama", "--out", "new.yaml"]);
    assert_eq!(init.code, Some(0), "{init:?}");
}

#[path = "../../../model/tests/support/torch_file.rs"]
mod torch_file;

/// Turns the weights in `folder` from safetensors into `pytorch_model.bin`, or so many shards of it with their index.
pub(crate) fn as_torch(folder: &Path, shards: usize) {
    let file = folder.join("model.safetensors");
    let bytes = fs_err::read(&file).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let saved = tensors.iter().map(|(name, view)| torch_file::Saved {
        name: name.into(),
        storage: "BFloat16Storage",
        shape: view.shape().to_vec(),
        bytes: view.data().to_vec(),
    });
    let mut saved: Vec<_> = saved.collect();
    fs_err::remove_file(file).unwrap();
    if shards == 1 {
        return torch_file::save(&folder.join("pytorch_model.bin"), &saved);
    }
    let (mut map, size) = (serde_json::Map::new(), saved.len().div_ceil(shards));
    for shard in 1..=shards {
        let name = format!("pytorch_model-{shard:05}-of-{shards:05}.bin");
        let own: Vec<_> = saved.drain(..size.min(saved.len())).collect();
        map.extend(own.iter().map(|tensor| (tensor.name.clone(), name.clone().into())));
        torch_file::save(&folder.join(name), &own);
    }
    fs_err::write(folder.join("pytorch_model.bin.index.json"), json!({"weight_map": map}).to_string()).unwrap();
}

#[test]
fn gpt_neox_in_archives_of_torch_is_swept_and_reported() {
    let folder = RunFolder::small();
    let neox = configs().into_iter().find(|(name, _)| *name == "gpt_neox").unwrap().1;
    for step in [100, 200] {
        let checkpoint_folder = folder.path("neox").join(format!("checkpoint-{step}"));
        checkpoint(&checkpoint_folder, &neox, step);
        as_torch(&checkpoint_folder, 1);
    }
    folder.write(
        "run.yaml",
        "checkpoints: [{path: neox, tokens_per_step: 1000}]\ntasks: [pilot_letters]\ntask_folders: tasks\ndata: tasks\n",
    );
    let swept = folder.run(&["sweep", "run.yaml", "--limit", "4"]);
    assert_eq!(swept.code, Some(0), "{swept:?}");
    assert_eq!(folder.unit_folders().len(), 2);
    assert!(folder.path("results/report/index.html").is_file());
}

#[test]
fn two_checkpoints_are_measured_side_by_side() {
    let folder = RunFolder::small();
    let configs = configs();
    let named = |wanted: &str| configs.iter().find(|(name, _)| *name == wanted).unwrap().1.clone();
    let mut short = named("gpt2");
    short["n_positions"] = 96.into();
    for (name, config) in [("a", named("zamba2")), ("b", named("llama")), ("short", short)] {
        checkpoint(&folder.path(name), &config, 1);
    }
    let bench = |against: &str, rest: &[&str]| {
        let words = ["bench", "--model", "a", "--against", against, "--lengths", "32,96,600", "--rounds", "2"];
        let ran = folder.run(&[&words[..], rest].concat());
        assert_eq!(ran.code, Some(0), "{ran:?}");
        ran.stdout
    };
    let both: Value = serde_json::from_str(&bench("b", &["--json"])).unwrap();
    assert_eq!(
        (both["models"][0]["model_type"].as_str(), both["models"][1]["model_type"].as_str()),
        (Some("zamba2"), Some("llama"))
    );
    // embedding 480 x 32 (the head has its own), norms 5 x 32, two layers of q, o 32 x 32, k, v 16 x 32, three of 48 x 32
    assert_eq!(both["models"][1]["parameters"], 2 * 480 * 32 + 5 * 32 + 2 * (2 * 32 * 32 + 2 * 16 * 32 + 3 * 48 * 32));
    for length in both["lengths"].as_array().unwrap() {
        let fits = length["tokens"].as_u64().unwrap() <= 512;
        for at in length["measured"].as_array().unwrap() {
            assert_eq!(at.is_object(), fits, "{length}");
            if fits {
                for times in ["first_token", "per_token"] {
                    let time = |key: &str| at[times][key].as_f64().unwrap();
                    assert!(
                        0.0 < time("least") && time("least") <= time("median") && time("median") <= time("most"),
                        "{at}"
                    );
                }
            }
        }
    }
    // Keys and values: two layers, keys and values, 2 heads of 8 numbers (values in panels of 32), in blocks of 32 positions.
    let memory = |index: usize| both["lengths"][index]["measured"][1].clone();
    assert_eq!(memory(0)["key_value_bytes"], 2 * 4 * 32 * (16 + 2 * 32));
    assert_eq!((memory(1)["key_value_bytes"].as_u64(), memory(1)["state_bytes"].as_u64()), (Some(3 * 20480), Some(0)));
    // What is beyond a model's limit is said, learned positions included, whose table ends with the context.
    let table = bench("short", &[]);
    let row = table.lines().find(|line| line.starts_with("| 96 |")).unwrap();
    assert!(row.matches('–').count() == 4 && row.contains(" to "), "{row}");
    assert!(
        table.contains("96 tokens and those decoded after them are beyond the limit of B, 96 tokens: not tried"),
        "{table}"
    );
    assert!(table.contains("600 tokens are beyond the limit of A, 512 tokens"), "{table}");
    // The limit is that of `--context`, but for positions that were learned.
    let table = bench("short", &["--context", "700"]);
    assert!(
        table.contains("600 tokens and those decoded after them are beyond the positions that B has learned"),
        "{table}"
    );
    let row = table.lines().find(|line| line.starts_with("| 600 |")).unwrap();
    assert!(row.matches('–').count() == 4 && !table.contains("limit of A"), "{table}");
    let wrong = folder.run(&["bench", "--model", "a", "--against", "nowhere"]);
    assert!(wrong.code == Some(2) && wrong.stderr.contains("nowhere"), "{wrong:?}");
}
