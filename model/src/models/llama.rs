//! Llama, and those that are Llama with a switch or two: Mistral, Qwen 2 and 3, `SmolLM3`, the OLMos, Phi-3.

use serde_json::Value;

use super::dense::{Bias, Common, Dense, MlpKind, Names, NormKind, Qkv, activation, as_it_is};
use super::registry::Known;
use super::rope::{Defaults, Rope};
use crate::checkpoint::Keys;
use crate::error::Result;
use crate::kernels::Activation;

pub(super) const NAMES: Names = Names {
    embedding: "model.embed_tokens",
    positions: "",
    layer: "model.layers.",
    qkv: Qkv::Apart(["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"]),
    output: "self_attn.o_proj",
    norms: ["input_layernorm", "post_attention_layernorm"],
    head_norms: ["self_attn.q_norm", "self_attn.k_norm"],
    final_norm: "model.norm",
    head: "lm_head",
    current: as_it_is,
};

/// Phi-3 stores queries, keys and values as one.
const NAMES_STACKED: Names = Names { qkv: Qkv::Stacked("self_attn.qkv_proj"), ..NAMES };

pub(super) const GATED: MlpKind = MlpKind::Gated(["mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"]);

pub(super) const LLAMA: Known = Known {
    model_type: "llama",
    family: "dense",
    about: "grouped heads, biases, rotary scaling linear, llama3 and yarn, tied or own head",
    read: |keys| {
        let mut dense = base(keys, Common::read(keys, 2048, None)?, 1e-6)?;
        let attention = keys.flag(&["attention_bias"], false)?;
        dense.bias = Bias { qkv: attention, output: attention, mlp: keys.flag(&["mlp_bias"], false)?, head: false };
        Ok(Box::new(dense))
    },
};

pub(super) const MISTRAL: Known = Known {
    model_type: "mistral",
    family: "dense",
    about: "as llama, with a sliding window in every layer",
    read: |keys| {
        let mut dense = base(keys, Common::read(keys, 131_072, None)?, 1e-6)?;
        if !keys.contains("num_key_value_heads") {
            keys.divides("num_key_value_heads", 8, dense.heads.queries, "`num_attention_heads`")?;
            dense.heads.keys = 8; // the class's own where the file says nothing
        }
        let window = if keys.contains("sliding_window") { window(keys)? } else { Some(4096) };
        dense.layers.iter_mut().for_each(|layer| layer.window = window);
        Ok(Box::new(dense))
    },
};

pub(super) const PHI3: Known = Known {
    model_type: "phi3",
    family: "dense",
    about: "as llama, with stacked projections, a partial rotation and a window",
    read: |keys| {
        let common = Common::read(keys, 4096, None)?;
        let defaults = Defaults { partial: Some(("partial_rotary_factor", 1.0)), ..Defaults::of(common.context) };
        let mut dense = with_rope(keys, common, 1e-5, Rope::read(keys, common.heads.width, defaults)?)?;
        let window = window(keys)?;
        dense.layers.iter_mut().for_each(|layer| layer.window = window);
        dense.mlp = MlpKind::GatedAsOne(["mlp.gate_up_proj", "mlp.down_proj"]);
        dense.names = &NAMES_STACKED;
        Ok(Box::new(dense))
    },
};

/// Llama itself, but for its biases.
pub(super) fn base(keys: &Keys, common: Common, eps: f64) -> Result<Dense> {
    with_rope(keys, common, eps, Rope::read(keys, common.heads.width, Defaults::of(common.context))?)
}

/// A Llama whose layers turn by this embedding.
pub(super) fn with_rope(keys: &Keys, common: Common, eps: f64, rope: Rope) -> Result<Dense> {
    let norm = NormKind::Rms(keys.small_number("rms_norm_eps", eps)?);
    Ok(Dense {
        ropes: vec![rope],
        activation: activation(keys, "hidden_act", Activation::Silu)?,
        tied: keys.flag(&["tie_word_embeddings"], false)?,
        ..Dense::new(&common, norm, GATED, &NAMES)
    })
}

/// `sliding_window`, where there is one.
pub(super) fn window(keys: &Keys) -> Result<Option<usize>> {
    keys.value(&["sliding_window"]).map(|_| keys.size(&["sliding_window"], 1)).transpose()
}

/// Which layers slide, by `layer_types`.
pub(super) fn layer_types(keys: &Keys, count: usize) -> Result<Option<Vec<bool>>> {
    let kinds = keys.list("layer_types", count)?;
    let slides = |kind: &Value| match kind.as_str() {
        Some("sliding_attention") => Ok(true),
        Some("full_attention") => Ok(false),
        _ => Err(keys.error("layer_types", format!("says {kind}, known are `full_attention` and `sliding_attention`"))),
    };
    kinds.map(|kinds| kinds.iter().map(slides).collect()).transpose()
}
