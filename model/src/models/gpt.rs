//! The GPTs: GPT-2, GPT-NeoX, and Phi.

use super::dense::{
    Bias, Common, Dense, HeadNorms, Heads, Layer, MlpKind, Names, NormKind, Place, Qkv, activation, layer_count,
    refuse_unknown_switches,
};
use super::registry::Known;
use super::rope::{Defaults, Rope};
use crate::checkpoint::Keys;
use crate::error::Result;
use crate::kernels::Activation;

const NEOX_NAMES: Names = Names {
    embedding: "gpt_neox.embed_in",
    positions: "",
    layer: "gpt_neox.layers.",
    qkv: Qkv::ByHead("attention.query_key_value"),
    output: "attention.dense",
    norms: ["input_layernorm", "post_attention_layernorm"],
    head_norms: ["", ""],
    final_norm: "gpt_neox.final_layer_norm",
    head: "embed_out",
    current: neox_name,
};
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
const PHI_NAMES: Names = Names {
    embedding: "model.embed_tokens",
    positions: "",
    layer: "model.layers.",
    qkv: Qkv::Apart(["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"]),
    output: "self_attn.dense",
    norms: ["input_layernorm", ""],
    head_norms: ["self_attn.q_layernorm", "self_attn.k_layernorm"],
    final_norm: "model.final_layernorm",
    head: "lm_head",
    current: phi_name,
};

/// Whether it is a mask or a frequency that older versions stored: these are computed anew.
fn is_buffer(found: &str) -> bool {
    let buffers =
        [".attention.bias", ".attention.masked_bias", ".attn.bias", ".attn.masked_bias", ".rotary_emb.inv_freq"];
    buffers.iter().any(|buffer| found.ends_with(buffer))
}

fn neox_name(found: &str) -> Option<String> {
    let current = if found == "lm_head.weight" { "embed_out.weight" } else { found };
    (!is_buffer(found)).then(|| current.to_owned())
}

fn gpt2_name(found: &str) -> Option<String> {
    // the bare model, saved without its head
    let bare = ["wte.", "wpe.", "h.", "ln_f."].iter().any(|start| found.starts_with(start));
    (!is_buffer(found)).then(|| if bare { format!("transformer.{found}") } else { found.to_owned() })
}

fn phi_name(found: &str) -> Option<String> {
    (!is_buffer(found)).then(|| found.to_owned())
}

pub(super) const GPT_NEOX: Known = Known {
    model_type: "gpt_neox",
    family: "dense",
    about: "parallel and sequential residual, partial rotation with scaling, projections stored by head",
    read: |keys| {
        let common = Common::read(keys, 2048, None)?;
        if common.heads.keys != common.heads.queries || common.heads.width * common.heads.queries != common.hidden {
            return Err(keys.error(
                "num_attention_heads",
                "does not fit: keys and values have as many heads, hidden_size wide together".into(),
            ));
        }
        let defaults = Defaults {
            theta: ("rotary_emb_base", 10_000.0),
            partial: Some(("rotary_pct", 0.25)),
            positions: common.context,
        };
        let attention = keys.flag(&["attention_bias"], true)?;
        let parallel = keys.flag(&["use_parallel_residual"], true)?;
        Ok(Box::new(Dense {
            ropes: vec![Rope::read(keys, common.heads.width, defaults)?],
            place: if parallel { Place::Parallel } else { Place::Before },
            bias: Bias { qkv: attention, output: attention, mlp: true, head: false },
            activation: activation(keys, "hidden_act", Activation::Gelu)?,
            mlp: MlpKind::Plain(["mlp.dense_h_to_4h", "mlp.dense_4h_to_h"]),
            names: &NEOX_NAMES,
            ..with_layer_norms(keys, common, "layer_norm_eps", false)?
        }))
    },
};

pub(super) const PHI: Known = Known {
    model_type: "phi",
    family: "dense",
    about: "parallel residual with one norm, partial rotation, norms of queries and keys, biases everywhere",
    read: |keys| {
        let common = Common::read(keys, 2048, None)?;
        let normed = keys.flag(&["qk_layernorm"], false)?;
        let defaults = Defaults { partial: Some(("partial_rotary_factor", 0.5)), ..Defaults::of(common.context) };
        Ok(Box::new(Dense {
            ropes: vec![Rope::read(keys, common.heads.width, defaults)?],
            place: Place::ParallelOne,
            head_norms: if normed { HeadNorms::Each } else { HeadNorms::None },
            bias: Bias { qkv: true, output: true, mlp: true, head: true },
            activation: activation(keys, "hidden_act", Activation::GeluTanh)?,
            mlp: MlpKind::Plain(["mlp.fc1", "mlp.fc2"]),
            names: &PHI_NAMES,
            ..with_layer_norms(keys, common, "layer_norm_eps", false)?
        }))
    },
};

pub(super) const GPT2: Known = Known {
    model_type: "gpt2",
    family: "dense",
    about: "learned positions, weights stored the other way round, scores scaled by layer where config.json says so",
    read: |keys| {
        refuse_unknown_switches(keys)?;
        let hidden = keys.size_required(&["n_embd", "hidden_size"])?;
        let queries = keys.size_required(&["n_head", "num_attention_heads"])?;
        keys.divides("n_head", queries, hidden, "`n_embd`")?;
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

/// Layer norms before each branch, no rotation: what the GPTs have in common.
fn with_layer_norms(keys: &Keys, common: Common, eps: &'static str, tied: bool) -> Result<Dense> {
    let norm = NormKind::Layer(keys.small_number(eps, 1e-5)?);
    let tied = keys.flag(&["tie_word_embeddings"], tied)?;
    Ok(Dense { tied, ..Dense::new(&common, norm, MlpKind::Plain(["", ""]), &NEOX_NAMES) })
}
