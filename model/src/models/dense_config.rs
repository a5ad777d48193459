//! The keys of config.json that dense transformers share.

use super::dense::Heads;
use super::rope::head_key;
use crate::checkpoint::{Keys, MOST_LAYERS};
use crate::error::Result;
use crate::kernels::Activation;

/// What most dense configs call the same.
#[derive(Debug, Clone, Copy)]
pub(super) struct Common {
    pub(super) hidden: usize,
    pub(super) vocab: usize,
    pub(super) inner: usize,
    pub(super) layers: usize,
    pub(super) heads: Heads,
    pub(super) context: usize,
}

impl Common {
    /// Reads the keys that transformers' newer classes share; `context` where the file gives none.
    ///
    /// # Errors
    /// Sizes that are missing, absurd or do not fit; settings that change results and are not known.
    pub(super) fn read(keys: &Keys, context: usize, head_dim: Option<usize>) -> Result<Self> {
        refuse_unknown_switches(keys)?;
        let hidden = keys.size_required(&["hidden_size"])?;
        let queries = keys.size_required(&["num_attention_heads"])?;
        let few = keys.size(&["num_key_value_heads"], queries)?;
        keys.divides("num_key_value_heads", few, queries, "`num_attention_heads`")?;
        if keys.value(&["head_dim"]).is_none() && head_dim.is_none() {
            keys.divides("num_attention_heads", queries, hidden, "`hidden_size`")?;
        }
        let width = keys.size(&["head_dim"], head_dim.unwrap_or(hidden / queries))?;
        keys.fits(head_key(keys), queries * width)?;
        Ok(Self {
            hidden,
            vocab: keys.size_required(&["vocab_size"])?,
            inner: keys.size_required(&["intermediate_size"])?,
            layers: layer_count(keys, &["num_hidden_layers"])?,
            heads: Heads { queries, keys: few, width },
            context: keys.size(&["max_position_embeddings"], context)?,
        })
    }
}

/// How many layers the file says there are.
pub(super) fn layer_count(keys: &Keys, names: &[&'static str]) -> Result<usize> {
    match keys.bounded(names, MOST_LAYERS)? {
        Some((_, count)) => Ok(count),
        None => Err(keys.error(names[0], "is missing".into())),
    }
}

/// The activation that `key` names.
pub(super) fn activation(keys: &Keys, key: &'static str, default: Activation) -> Result<Activation> {
    let Some((_, value)) = keys.value(&[key]) else { return Ok(default) };
    match value.as_str() {
        Some("silu" | "swish") => Ok(Activation::Silu),
        Some("gelu" | "gelu_python") => Ok(Activation::Gelu),
        Some("gelu_new" | "gelu_fast" | "gelu_pytorch_tanh" | "gelu_accurate" | "gelu_python_tanh") => {
            Ok(Activation::GeluTanh)
        }
        Some("relu") => Ok(Activation::Relu),
        _ => Err(keys.error(key, format!("is {value}, known are `silu`, `gelu`, `gelu_new` and `relu`"))),
    }
}

/// Settings of other architectures, which nothing here computes: an error unless they say nothing.
pub(super) fn refuse_unknown_switches(keys: &Keys) -> Result<()> {
    for key in
        ["embedding_multiplier", "residual_multiplier", "logits_scaling", "attention_multiplier", "mup_width_scale"]
    {
        if keys.value(&[key]).is_some() && (keys.number(&[key], 1.0)? - 1.0).abs() > f64::EPSILON {
            return Err(keys.error(key, "is set, which this architecture does not have".into()));
        }
    }
    for key in [
        "attn_logit_softcapping",
        "final_logit_softcapping",
        "query_pre_attn_scalar",
        "num_local_experts",
        "alibi_bias_max",
    ] {
        if let Some((key, value)) = keys.value(&[key]) {
            return Err(keys.error(key, format!("is {value}, which this architecture does not have")));
        }
    }
    for key in ["alibi", "parallel_attn", "add_cross_attention", "use_mup"] {
        if keys.flag(&[key], false)? {
            return Err(keys.error(key, "is true, which this architecture does not have".into()));
        }
    }
    Ok(())
}
