//! The tensors a Zamba2 of a given config consists of, and the 2024 names of them.

use std::collections::BTreeMap;

use crate::config::{LayerKind, Zamba2Config};

/// What a file may hold under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) shape: Vec<usize>,
    /// Otherwise it may be left out: a repeated block, an unused adapter, a head that is the embedding.
    pub(crate) required: bool,
}

/// The prefix of layer `layer`'s norm and mixer.
pub(crate) fn mixer_prefix(config: &Zamba2Config, layer: usize) -> String {
    match config.layers[layer] {
        LayerKind::Mamba => format!("model.layers.{layer}"),
        LayerKind::Hybrid => format!("model.layers.{layer}.mamba_decoder"),
    }
}

/// The prefix of the shared block as stored under `layer`.
pub(crate) fn block_prefix(layer: usize) -> String {
    format!("model.layers.{layer}.shared_transformer")
}

/// Every name of the current layout with its shape (SPEC §3).
pub(crate) fn slots(config: &Zamba2Config) -> BTreeMap<String, Slot> {
    let (h, v) = (config.hidden_size, config.vocab_size);
    let mut slots = Slots(BTreeMap::new());
    slots.add("model.embed_tokens.weight".into(), &[v, h], true);
    slots.add("model.final_layernorm.weight".into(), &[h], true);
    slots.add("lm_head.weight".into(), &[v, h], !config.tied);
    for layer in 0..config.layers.len() {
        slots.mixer(config, &mixer_prefix(config, layer));
    }
    let hybrids = config.hybrid_layers();
    for (ordinal, &layer) in hybrids.iter().enumerate() {
        slots.add(format!("model.layers.{layer}.linear.weight"), &[h, h], true);
        slots.block(config, &block_prefix(layer), ordinal, hybrids.len());
    }
    slots.0
}

struct Slots(BTreeMap<String, Slot>);

impl Slots {
    fn add(&mut self, name: String, shape: &[usize], required: bool) {
        self.0.insert(name, Slot { shape: shape.to_vec(), required });
    }

    /// A weight, with its bias where the config says that linear layers have one.
    fn linear(&mut self, config: &Zamba2Config, name: &str, shape: [usize; 2], required: bool) {
        self.add(format!("{name}.weight"), &shape, required);
        if config.linear_bias {
            self.add(format!("{name}.bias"), &shape[..1], required);
        }
    }

    fn mixer(&mut self, config: &Zamba2Config, prefix: &str) {
        let (h, inner, heads) = (config.hidden_size, config.inner_size, config.mamba_heads);
        self.add(format!("{prefix}.input_layernorm.weight"), &[h], true);
        self.linear(config, &format!("{prefix}.mamba.in_proj"), [config.projection_size(), h], true);
        self.add(format!("{prefix}.mamba.conv1d.weight"), &[config.conv_size(), 1, config.conv_width], true);
        self.add(format!("{prefix}.mamba.conv1d.bias"), &[config.conv_size()], true);
        for name in ["dt_bias", "A_log", "D"] {
            self.add(format!("{prefix}.mamba.{name}"), &[heads], true);
        }
        self.add(format!("{prefix}.mamba.norm.weight"), &[inner], true);
        self.linear(config, &format!("{prefix}.mamba.out_proj"), [h, inner], true);
    }

    /// The block of hybrid layer number `ordinal`; the first calls of each block store it for all.
    fn block(&mut self, config: &Zamba2Config, prefix: &str, ordinal: usize, hybrids: usize) {
        let (h, wide, f, rank) =
            (config.hidden_size, 2 * config.hidden_size, config.intermediate_size, config.adapter_rank);
        let first = ordinal < config.mem_blocks;
        self.add(format!("{prefix}.input_layernorm.weight"), &[wide], first);
        for name in ["q_proj", "k_proj", "v_proj"] {
            self.add(format!("{prefix}.self_attn.{name}.weight"), &[wide, wide], first);
        }
        self.add(format!("{prefix}.self_attn.o_proj.weight"), &[h, wide], first);
        self.add(format!("{prefix}.pre_ff_layernorm.weight"), &[h], first);
        self.linear(config, &format!("{prefix}.feed_forward.gate_up_proj"), [2 * f, h], first);
        self.linear(config, &format!("{prefix}.feed_forward.down_proj"), [h, f], first);
        for index in 0..hybrids {
            let used = first && index % config.mem_blocks == ordinal;
            self.adapter(&format!("{prefix}.feed_forward.gate_up_proj_adapter_list.{index}"), [rank, h], 2 * f, used);
            if config.attention_adapters {
                for letter in ["q", "k", "v"] {
                    let name = format!("{prefix}.self_attn.linear_{letter}_adapter_list.{index}");
                    self.adapter(&name, [rank, wide], wide, used);
                }
            }
        }
    }

    fn adapter(&mut self, name: &str, down: [usize; 2], up: usize, required: bool) {
        self.add(format!("{name}.0.weight"), &down, required);
        self.add(format!("{name}.1.weight"), &[up, down[0]], required);
    }
}

/// The current name of a tensor that a file of 2024 calls `old`; other names are given back as they are.
pub(crate) fn current_name(config: &Zamba2Config, old: &str) -> String {
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
