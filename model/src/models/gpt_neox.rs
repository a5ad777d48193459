//! The GPTs: GPT-2, GPT-NeoX, and Phi.

use super::dense::{Bias, Common, Dense, Heads, MlpKind, Names, NormKind, Place, Qkv, activation};
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

/// Whether it is a mask or a frequency that older versions stored: these are computed anew.
pub(super) fn is_buffer(found: &str) -> bool {
    let buffers =
        [".attention.bias", ".attention.masked_bias", ".attn.bias", ".attn.masked_bias", ".rotary_emb.inv_freq"];
    buffers.iter().any(|buffer| found.ends_with(buffer))
}

fn neox_name(found: &str) -> Option<String> {
    let current = if found == "lm_head.weight" { "embed_out.weight" } else { found };
    (!is_buffer(found)).then(|| current.to_owned())
}

pub(super) const GPT_NEOX: Known = Known {
    model_type: "gpt_neox",
    family: "dense",
    about: "parallel and sequential residual, partial rotation with scaling, projections stored by head",
    read: |keys| {
        let common = Common::read(keys, 2048, None)?;
        let Heads { queries, keys: few, width } = common.heads;
        if few != queries {
            let problem = format!("is {few}, GPT-NeoX has as many as `num_attention_heads`, {queries}");
            return Err(keys.error("num_key_value_heads", problem));
        }
        if width * queries != common.hidden {
            let problem = format!("is {width}: {queries} heads of it make no `hidden_size` of {}", common.hidden);
            return Err(keys.error("head_dim", problem));
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

/// Layer norms before each branch, no rotation: what the GPTs have in common.
pub(super) fn with_layer_norms(keys: &Keys, common: Common, eps: &'static str, tied: bool) -> Result<Dense> {
    let norm = NormKind::Layer(keys.small_number(eps, 1e-5)?);
    let tied = keys.flag(&["tie_word_embeddings"], tied)?;
    Ok(Dense { tied, ..Dense::new(&common, norm, MlpKind::Plain(["", ""]), &NEOX_NAMES) })
}
