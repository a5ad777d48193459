//! Llama, and those that are Llama with a switch or two: Mistral, Qwen 2 and 3, `SmolLM3`, the OLMos, Phi-3.

use serde_json::Value;

use super::dense::{Bias, Common, Dense, HeadNorms, MlpKind, Names, NormKind, Place, Qkv, activation, as_it_is};
use super::registry::Known;
use super::rope::{Defaults, Rope};
use crate::checkpoint::Keys;
use crate::error::Result;
use crate::kernels::Activation;

const NAMES: Names = Names {
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
/// OLMo 2 and 3 norm what a branch gives, and nothing before it.
const NAMES_AFTER: Names = Names { norms: ["post_attention_layernorm", "post_feedforward_layernorm"], ..NAMES };
/// Phi-3 stores queries, keys and values as one.
const NAMES_STACKED: Names = Names { qkv: Qkv::Stacked("self_attn.qkv_proj"), ..NAMES };

const GATED: MlpKind = MlpKind::Gated(["mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"]);

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

pub(super) const QWEN2: Known = Known {
    model_type: "qwen2",
    family: "dense",
    about: "as llama, with biases of queries, keys and values, and windows by layer",
    read: |keys| {
        let mut dense = base(keys, Common::read(keys, 32_768, None)?, 1e-6)?;
        dense.bias.qkv = true;
        qwen_windows(keys, &mut dense)?;
        Ok(Box::new(dense))
    },
};

pub(super) const QWEN3: Known = Known {
    model_type: "qwen3",
    family: "dense",
    about: "as llama, with norms of each head's queries and keys, and windows by layer",
    read: |keys| {
        let mut dense = base(keys, Common::read(keys, 32_768, Some(128))?, 1e-6)?;
        let attention = keys.flag(&["attention_bias"], false)?;
        dense.bias = Bias { qkv: attention, output: attention, ..Bias::default() };
        dense.head_norms = HeadNorms::Each;
        qwen_windows(keys, &mut dense)?;
        Ok(Box::new(dense))
    },
};

pub(super) const SMOLLM3: Known = Known {
    model_type: "smollm3",
    family: "dense",
    about: "as llama, with layers that turn nothing, and windows by layer",
    read: |keys| {
        let common = Common::read(keys, 32_768, None)?;
        let defaults = Defaults { theta: ("rope_theta", 2_000_000.0), ..Defaults::of(common.context) };
        let mut dense = of(keys, common, 1e-6, Rope::read(keys, common.heads.width, defaults)?)?;
        if !keys.contains("num_key_value_heads") {
            keys.divides("num_key_value_heads", 4, dense.heads.queries, "`num_attention_heads`")?;
            dense.heads.keys = 4;
        }
        dense.tied = keys.flag(&["tie_word_embeddings"], true)?;
        let attention = keys.flag(&["attention_bias"], false)?;
        dense.bias = Bias { qkv: attention, output: attention, mlp: keys.flag(&["mlp_bias"], false)?, head: false };
        let turned = no_rope_layers(keys, dense.layers.len())?;
        let window = if keys.flag(&["use_sliding_window"], false)? { window(keys)? } else { None };
        let sliding = layer_types(keys, dense.layers.len())?;
        for (number, layer) in dense.layers.iter_mut().enumerate() {
            if !turned[number] {
                layer.rope = None;
            }
            let slides = sliding.as_ref().map_or(!turned[number], |sliding| sliding[number]);
            layer.window = window.filter(|_| slides);
        }
        Ok(Box::new(dense))
    },
};

pub(super) const OLMO: Known = Known {
    model_type: "olmo",
    family: "dense",
    about: "as llama, with norms without parameters, and clipped queries, keys and values",
    read: |keys| {
        let mut dense = base(keys, Common::read(keys, 2048, None)?, 1e-5)?;
        dense.norm = NormKind::Bare(1e-5);
        let attention = keys.flag(&["attention_bias"], false)?;
        dense.bias = Bias { qkv: attention, output: attention, ..Bias::default() };
        dense.clip = keys.positive("clip_qkv")?;
        Ok(Box::new(dense))
    },
};

pub(super) const OLMO2: Known = Known {
    model_type: "olmo2",
    family: "dense",
    about: "as llama, with norms after attention and MLP, and norms of all queries and keys",
    read: |keys| {
        let common = Common::read(keys, 2048, None)?;
        let rope = Rope::read(keys, common.heads.width, Defaults::of(common.context))?;
        Ok(Box::new(olmo2(keys, common, rope)?))
    },
};

pub(super) const OLMO3: Known = Known {
    model_type: "olmo3",
    family: "dense",
    about: "as olmo2, with windows by layer, and rotary scaling in the others",
    read: |keys| {
        let common = Common::read(keys, 2048, None)?;
        let defaults = Defaults { theta: ("rope_theta", 500_000.0), ..Defaults::of(common.context) };
        let [full, sliding] = olmo3_ropes(keys, common.heads.width, defaults)?;
        let mut dense = olmo2(keys, common, full)?;
        dense.ropes.push(sliding);
        let window = if keys.contains("sliding_window") { window(keys)? } else { Some(4096) };
        let count = dense.layers.len();
        let slides = layer_types(keys, count)?.unwrap_or_else(|| (1..=count).map(|number| number % 4 != 0).collect());
        for (layer, slides) in dense.layers.iter_mut().zip(slides) {
            layer.window = window.filter(|_| slides);
            layer.rope = Some(usize::from(slides));
        }
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
        let mut dense = of(keys, common, 1e-5, Rope::read(keys, common.heads.width, defaults)?)?;
        let window = window(keys)?;
        dense.layers.iter_mut().for_each(|layer| layer.window = window);
        dense.mlp = MlpKind::GatedAsOne(["mlp.gate_up_proj", "mlp.down_proj"]);
        dense.names = &NAMES_STACKED;
        Ok(Box::new(dense))
    },
};

/// Llama itself, but for its biases.
fn base(keys: &Keys, common: Common, eps: f64) -> Result<Dense> {
    of(keys, common, eps, Rope::read(keys, common.heads.width, Defaults::of(common.context))?)
}

fn of(keys: &Keys, common: Common, eps: f64, rope: Rope) -> Result<Dense> {
    let norm = NormKind::Rms(keys.small_number("rms_norm_eps", eps)?);
    Ok(Dense {
        ropes: vec![rope],
        activation: activation(keys, "hidden_act", Activation::Silu)?,
        tied: keys.flag(&["tie_word_embeddings"], false)?,
        ..Dense::new(&common, norm, GATED, &NAMES)
    })
}

fn olmo2(keys: &Keys, common: Common, rope: Rope) -> Result<Dense> {
    let mut dense = of(keys, common, 1e-5, rope)?;
    let attention = keys.flag(&["attention_bias"], false)?;
    dense.bias = Bias { qkv: attention, output: attention, ..Bias::default() };
    dense.place = Place::After;
    dense.head_norms = HeadNorms::All;
    dense.names = &NAMES_AFTER;
    Ok(dense)
}

/// The rotary embeddings of full and of sliding layers: `rope_parameters` by kind, or one base for both and `rope_scaling` for the full ones.
fn olmo3_ropes(keys: &Keys, width: usize, defaults: Defaults) -> Result<[Rope; 2]> {
    let by_kind = keys.under("rope_parameters")?;
    let of = |kind: &str| match &by_kind {
        Some(parameters) if parameters.contains(kind) => parameters.under(kind),
        Some(parameters) if !keys.nests("rope_parameters") => Ok(Some(parameters.clone())),
        _ => Ok(None),
    };
    let full = match keys.under("rope_scaling")? {
        Some(scaling) => Some(scaling),
        None => of("full_attention")?,
    };
    Ok([
        Rope::of(keys, full.as_ref(), width, defaults)?,
        Rope::of(keys, of("sliding_attention")?.as_ref(), width, defaults)?,
    ])
}

/// `sliding_window`, where there is one.
fn window(keys: &Keys) -> Result<Option<usize>> {
    keys.value(&["sliding_window"]).map(|_| keys.size(&["sliding_window"], 1)).transpose()
}

/// Windows of the layers that `layer_types` names, or of those from `max_window_layers` on; none unless `use_sliding_window`.
fn qwen_windows(keys: &Keys, dense: &mut Dense) -> Result<()> {
    let used = keys.flag(&["use_sliding_window"], false)?;
    let window = match (used, keys.contains("sliding_window")) {
        (false, _) => None,
        (true, true) => window(keys)?,
        (true, false) => Some(4096),
    };
    let from = keys.whole("max_window_layers", 28)?;
    let sliding = layer_types(keys, dense.layers.len())?;
    for (number, layer) in dense.layers.iter_mut().enumerate() {
        let slides = sliding.as_ref().map_or(number >= from, |sliding| sliding[number]);
        layer.window = window.filter(|_| slides);
    }
    Ok(())
}

/// Which layers slide, by `layer_types`.
fn layer_types(keys: &Keys, count: usize) -> Result<Option<Vec<bool>>> {
    let kinds = keys.list("layer_types", count)?;
    let slides = |kind: &Value| match kind.as_str() {
        Some("sliding_attention") => Ok(true),
        Some("full_attention") => Ok(false),
        _ => Err(keys.error("layer_types", format!("says {kind}, known are `full_attention` and `sliding_attention`"))),
    };
    kinds.map(|kinds| kinds.iter().map(slides).collect()).transpose()
}

/// Which layers turn queries and keys: in `no_rope_layers`, 1 is one that does.
fn no_rope_layers(keys: &Keys, count: usize) -> Result<Vec<bool>> {
    let interval = keys.size(&["no_rope_layer_interval"], 4)?;
    match keys.list("no_rope_layers", count)? {
        None => Ok((1..=count).map(|number| !number.is_multiple_of(interval)).collect()),
        Some(list) => (list.iter())
            .map(|value| match value.as_u64() {
                Some(number @ (0 | 1)) => Ok(number == 1),
                _ => Err(keys.error("no_rope_layers", format!("says {value}, expected 0 or 1"))),
            })
            .collect(),
    }
}
