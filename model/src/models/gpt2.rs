//! GPT-2: learned positions, one matrix for queries, keys and values.

use super::dense::{
    Bias, Common, Dense, Heads, Layer, MlpKind, Names, Qkv, activation, layer_count, refuse_unknown_switches,
};
use super::gpt_neox::{is_buffer, with_layer_norms};
use super::registry::Known;
use crate::kernels::Activation;

const GPT2_NAMES: Names = Names {
    embedding: "transformer.wte",
    positions: "transformer.wpe",
    layer: "transformer.h.",
    qkv: Qkv::Turned("attn.c_attn"),
    output: "attn.c_proj",
    norms: ["ln_1", "ln_2"],
    head_norms: ["", ""],
    final_norm: "transformer.ln_f",
    head: "lm_head",
    current: gpt2_name,
};

fn gpt2_name(found: &str) -> Option<String> {
    // the bare model, saved without its head
    let bare = ["wte.", "wpe.", "h.", "ln_f."].iter().any(|start| found.starts_with(start));
    (!is_buffer(found)).then(|| if bare { format!("transformer.{found}") } else { found.to_owned() })
}

pub(super) const GPT2: Known = Known {
    model_type: "gpt2",
    family: "dense",
    about: "learned positions, weights stored the other way round, scores scaled by layer where config.json says so",
    read: |keys| {
        refuse_unknown_switches(keys)?;
        let hidden = keys.size_required(&["n_embd", "hidden_size"])?;
        let heads = ["n_head", "num_attention_heads"];
        let queries = keys.size_required(&heads)?;
        let name = keys.value(&heads).map_or(heads[0], |(name, _)| name);
        keys.divides(name, queries, hidden, "the width of the model")?;
        let width = hidden / queries;
        let common = Common {
            hidden,
            vocab: keys.size_required(&["vocab_size"])?,
            inner: keys.size(&["n_inner"], 4 * hidden)?,
            layers: layer_count(keys, &["n_layer", "num_hidden_layers"])?,
            heads: Heads { queries, keys: queries, width },
            context: keys.size(&["n_positions", "max_position_embeddings"], 1024)?,
        };
        let scale = if keys.flag(&["scale_attn_weights"], true)? { (width as f32).powf(-0.5) } else { 1.0 };
        let by_layer = keys.flag(&["scale_attn_by_inverse_layer_idx"], false)?;
        let layer = |number: usize| Layer {
            window: None,
            rope: None,
            scale: if by_layer { scale / (number + 1) as f32 } else { scale },
        };
        Ok(Box::new(Dense {
            layers: (0..common.layers).map(layer).collect(),
            learned_positions: true,
            bias: Bias { qkv: true, output: true, mlp: true, head: false },
            activation: activation(keys, "activation_function", Activation::GeluTanh)?,
            mlp: MlpKind::Plain(["mlp.c_fc", "mlp.c_proj"]),
            names: &GPT2_NAMES,
            ..with_layer_norms(keys, common, "layer_norm_epsilon", true)?
        }))
    },
};
