//! A model small enough that all benches take a minute.

use spyglass_model::bench::write_random_checkpoint;
use spyglass_model::{LoadOptions, Model, Precision};

const CONFIG: &str = r#"{
    "model_type": "zamba2", "vocab_size": 8000, "hidden_size": 256, "num_hidden_layers": 6,
    "layers_block_type": ["mamba", "mamba", "hybrid", "mamba", "mamba", "hybrid"],
    "mamba_d_state": 64, "mamba_d_conv": 4, "mamba_expand": 2, "mamba_ngroups": 1, "n_mamba_heads": 8, "mamba_headdim": 64,
    "num_attention_heads": 8, "intermediate_size": 1024, "num_mem_blocks": 1, "use_shared_attention_adapter": true,
    "adapter_rank": 32, "use_mem_rope": true, "max_position_embeddings": 4096
}"#;

/// The model with weights stored as bf16.
pub(crate) fn load(precision: Precision) -> Model {
    let dir = tempfile::tempdir().unwrap();
    write_random_checkpoint(dir.path(), CONFIG, true, 1).unwrap();
    Model::open(dir.path(), &LoadOptions { precision, ..LoadOptions::default() }).unwrap()
}

/// Tokens of no meaning.
pub(crate) fn tokens(count: usize, first: u32) -> Vec<u32> {
    (0..count as u32).map(|i| first.wrapping_add(i).wrapping_mul(2_654_435_761) % 8000).collect()
}
