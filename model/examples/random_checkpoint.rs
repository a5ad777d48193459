//! Writes a checkpoint of random weights in the sizes of a known model, for measuring speed (what it says means nothing):
//!
//! ```sh
//! cargo run --release -p spyglass-model --example random_checkpoint -- llama-1.2b FOLDER [f32]
//! ```
//!
//! Weights are bf16 unless `f32` is said. There is no tokenizer in it: `--tokenizer` of the program names one where text is asked.
#![expect(clippy::print_stdout, reason = "a program of its own")]

use std::path::Path;
use std::process::ExitCode;

use serde_json::{Value, json};
use spyglass_model::ModelConfig;
use spyglass_model::bench::write_random_checkpoint;

/// Longer than any context that is measured.
const POSITIONS: usize = 65_536;

/// Sizes by name. `llama-1.2b` has the parameters of `zamba2-1.2b`, to a tenth of a percent.
fn sizes() -> Vec<(&'static str, Value)> {
    let zamba2 = |hidden: usize, layers: usize, hybrid: &[usize], state: usize, blocks: usize, rank: usize| {
        let kind = |layer: usize| if hybrid.contains(&layer) { "hybrid" } else { "mamba" };
        json!({"model_type": "zamba2", "vocab_size": 32_000, "hidden_size": hidden, "num_hidden_layers": layers,
               "layers_block_type": (0..layers).map(kind).collect::<Vec<_>>(), "mamba_d_state": state, "mamba_expand": 2,
               "mamba_ngroups": 1, "n_mamba_heads": hidden / 32, "mamba_headdim": 64, "num_attention_heads": hidden / 64,
               "intermediate_size": 4 * hidden, "num_mem_blocks": blocks, "use_shared_attention_adapter": blocks == 1,
               "adapter_rank": rank, "use_mem_rope": true, "tie_word_embeddings": true})
    };
    let llama = |vocab: usize, hidden: usize, inner: usize, layers: usize, heads: [usize; 2], tied: bool| {
        json!({"model_type": "llama", "vocab_size": vocab, "hidden_size": hidden, "intermediate_size": inner, "num_hidden_layers": layers,
               "num_attention_heads": heads[0], "num_key_value_heads": heads[1], "tie_word_embeddings": tied})
    };
    vec![
        ("zamba2-0.13b", zamba2(768, 24, &[5, 11, 17, 23], 64, 2, 64)),
        ("zamba2-1.2b", zamba2(2048, 38, &[5, 11, 17, 23, 29, 35], 128, 1, 128)),
        ("llama-0.13b", llama(49_152, 576, 1536, 30, [9, 3], true)),
        ("llama-1.1b", llama(32_000, 2048, 5632, 22, [32, 4], false)),
        ("llama-1.2b", llama(32_000, 2048, 6080, 24, [32, 8], true)),
        (
            "gpt_neox-0.16b",
            json!({"model_type": "gpt_neox", "vocab_size": 50_304, "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12,
                   "num_attention_heads": 12}),
        ),
        (
            "mamba-0.13b",
            json!({"model_type": "mamba", "vocab_size": 50_280, "hidden_size": 768, "num_hidden_layers": 24}),
        ),
    ]
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let sizes = sizes();
    let asked = match words.as_slice() {
        [name, folder] => Some((name, folder, true)),
        [name, folder, width] if width == "f32" => Some((name, folder, false)),
        _ => None,
    };
    let found = asked.and_then(|(name, folder, bf16)| {
        let (_, config) = sizes.iter().find(|(known, _)| known == name)?;
        Some((config.clone(), folder, bf16))
    });
    let Some((mut config, folder, bf16)) = found else {
        let names: Vec<&str> = sizes.iter().map(|(name, _)| *name).collect();
        println!("random_checkpoint NAME FOLDER [f32], where NAME is one of {}", names.join(", "));
        return ExitCode::from(2);
    };
    config["max_position_embeddings"] = POSITIONS.into();
    match write(Path::new(folder), &config, bf16) {
        Ok(parameters) => println!("{parameters} parameters"),
        Err(error) => {
            println!("{error}");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

fn write(folder: &Path, config: &Value, bf16: bool) -> Result<u64, Box<dyn std::error::Error>> {
    fs_err::create_dir_all(folder)?;
    write_random_checkpoint(folder, &config.to_string(), bf16, 0)?;
    Ok(ModelConfig::read(folder)?.parameters()?)
}
