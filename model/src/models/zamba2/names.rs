//! Names of a Zamba2's tensors that several places need, and their 2024 names.

use super::config::{LayerKind, Zamba2Config};

/// The prefix of layer `layer`'s norm and mixer.
pub(super) fn mixer_prefix(config: &Zamba2Config, layer: usize) -> String {
    match config.layers[layer] {
        LayerKind::Mamba => format!("model.layers.{layer}"),
        LayerKind::Hybrid => format!("model.layers.{layer}.mamba_decoder"),
    }
}

/// The prefix of the shared block as stored under `layer`.
pub(super) fn block_prefix(layer: usize) -> String {
    format!("model.layers.{layer}.shared_transformer")
}

/// The current name of a tensor that a file of 2024 calls `old`; other names are given back as they are.
pub(super) fn current_name(config: &Zamba2Config, old: &str) -> String {
    renamed(config, old).unwrap_or_else(|| old.to_owned())
}

fn renamed(config: &Zamba2Config, old: &str) -> Option<String> {
    let hybrids = config.hybrid_layers();
    let numbered = |prefix: &str| {
        let (number, rest) = old.strip_prefix(prefix)?.split_once('.')?;
        Some((number.parse::<usize>().ok()?, rest))
    };
    if let Some((layer, rest)) = numbered("model.mamba_layers.") {
        return (layer < config.layers.len()).then(|| format!("{}.{rest}", mixer_prefix(config, layer)));
    }
    if let Some((ordinal, rest)) = numbered("model.linear_layers.") {
        return Some(format!("model.layers.{}.linear.{rest}", hybrids.get(ordinal)?));
    }
    let (block, rest) = numbered("model.blocks.")?;
    let rest = rest
        .replace("linear_fc1_lora_A_list", "gate_up_proj_lora_A_list")
        .replace("linear_fc1_lora_B_list", "gate_up_proj_lora_B_list")
        .replace("linear_fc1.", "gate_up_proj.")
        .replace("linear_fc2.", "down_proj.");
    let rest = match rest.split_once("_lora_A_list.") {
        Some((name, index)) => format!("{name}_adapter_list.{}", index.replacen(".weight", ".0.weight", 1)),
        None => match rest.split_once("_lora_B_list.") {
            Some((name, index)) => format!("{name}_adapter_list.{}", index.replacen(".weight", ".1.weight", 1)),
            None => rest,
        },
    };
    let layer = hybrids.get(block).filter(|_| block < config.mem_blocks)?;
    Some(format!("{}.{rest}", block_prefix(*layer)))
}
