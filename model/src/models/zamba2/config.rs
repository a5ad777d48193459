//! `config.json` of a Zamba2, in its three dialects, made into sizes that fit each other.
//!
//! Dialects: the 2024 fork (`m`/`g`, `state_size`, `lora_rank`, …), transformers 4.48 to early 5
//! (`mamba`/`hybrid`, top-level `rope_theta`) and later 5.x (`linear_attention`/`hybrid`, `rope_parameters`).

use serde_json::Value;

use crate::checkpoint::{Keys, LARGEST_SIZE, MOST_LAYERS};
use crate::error::Result;
use crate::models::mamba2::MIXER_WIDTH;

/// Layers that call a shared block when the file does not say (the 54-layer model).
const DEFAULT_HYBRID: [usize; 9] = [6, 12, 18, 24, 30, 36, 42, 47, 51];
/// The class's value when `max_position_embeddings` is absent, and the one `use_long_context` sets.
const DEFAULT_POSITIONS: usize = 4096;
const LONG_POSITIONS: usize = 16384;

/// What a layer is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LayerKind {
    /// A Mamba-2 mixer alone.
    Mamba,
    /// A call of a shared attention block, then a mixer.
    Hybrid,
}

/// The sizes of a Zamba2, checked against each other.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Zamba2Config {
    /// H, width of the residual stream.
    pub(super) hidden_size: usize,
    /// The layers in order.
    pub(super) layers: Vec<LayerKind>,
    /// How many distinct shared blocks there are; hybrid layer number `j` calls block `j mod mem_blocks`.
    pub(super) mem_blocks: usize,
    /// NA, heads of the shared attention (keys and values have as many).
    pub(super) attention_heads: usize,
    /// F, width of the gated MLP.
    pub(super) intermediate_size: usize,
    /// Whether queries, keys and values have adapters of their own in each call.
    pub(super) attention_adapters: bool,
    /// R, rank of all adapters.
    pub(super) adapter_rank: usize,
    /// θ of the rotary embedding, after the long-context rule; `None` where attention has none.
    pub(super) rope_theta: Option<f64>,
    /// DI, width inside a mixer.
    pub(super) inner_size: usize,
    /// NH, heads of a mixer.
    pub(super) mamba_heads: usize,
    /// N, width of the recurrent state.
    pub(super) state_size: usize,
    /// G, groups of heads that share B and C.
    pub(super) groups: usize,
    /// K, taps of the causal convolution.
    pub(super) conv_width: usize,
    /// Smallest Δt of the checkpoint's own code.
    pub(super) time_step_min: f32,
    /// ε of the norms (the gated norm has 1e-5 whatever this says).
    pub(super) rms_norm_eps: f64,
    /// V, rows of the embedding.
    pub(super) vocab_size: usize,
    /// Whether the head is the embedding.
    pub(super) tied: bool,
    /// Whether `in_proj`, `out_proj`, `gate_up_proj` and `down_proj` have biases.
    pub(super) linear_bias: bool,
    /// Longest context the model was made for, in tokens.
    pub(super) max_position_embeddings: usize,
}

impl Zamba2Config {
    /// Ordinals and layer numbers of the hybrid layers.
    pub(super) fn hybrid_layers(&self) -> Vec<usize> {
        (0..self.layers.len()).filter(|&l| self.layers[l] == LayerKind::Hybrid).collect()
    }

    /// P, width of a mixer's head.
    pub(super) fn mamba_head_dim(&self) -> usize {
        self.inner_size / self.mamba_heads
    }

    /// HD, width of an attention head: 2H / NA.
    pub(super) fn attention_head_dim(&self) -> usize {
        2 * self.hidden_size / self.attention_heads
    }

    /// CD, channels of the convolution: x, B and C.
    pub(super) fn conv_size(&self) -> usize {
        self.inner_size + 2 * self.groups * self.state_size
    }

    /// Rows of `in_proj`: z, x, B, C and Δt.
    pub(super) fn projection_size(&self) -> usize {
        self.inner_size + self.conv_size() + self.mamba_heads
    }

    /// Reads and checks the keys.
    ///
    /// # Errors
    /// Sizes that are absurd or do not fit, settings that would need other arithmetic.
    pub(super) fn read(keys: &Keys) -> Result<Self> {
        refuse_what_changes_results(keys)?;
        let hidden_size = keys.size_required(&["hidden_size"])?;
        let layers = layers_of(keys)?;
        let hybrids = layers.iter().filter(|&&kind| kind == LayerKind::Hybrid).count();
        let attention_heads = keys.size_required(&["num_attention_heads"])?;
        let kv_heads = keys.size(&["num_key_value_heads"], attention_heads)?;
        if kv_heads != attention_heads {
            return Err(keys.error(
                "num_key_value_heads",
                format!("is {kv_heads}, Zamba2 has as many as `num_attention_heads`, {attention_heads}"),
            ));
        }
        keys.divides("num_attention_heads", attention_heads, 2 * hidden_size, "twice `hidden_size`")?;
        let head_dim = 2 * hidden_size / attention_heads;
        let expand = keys.bounded(&["mamba_expand", "expansion_factor"], LARGEST_SIZE)?;
        let (name, expand) = expand.unwrap_or(("mamba_expand", 2));
        let inner_size = hidden_size * expand;
        keys.fits(name, inner_size)?;
        let mamba_heads = mamba_heads_of(keys, inner_size)?;
        keys.divides("n_mamba_heads", mamba_heads, inner_size, MIXER_WIDTH)?;
        let groups = keys.size(&["mamba_ngroups"], 1)?;
        keys.divides("mamba_ngroups", groups, mamba_heads, "`n_mamba_heads`")?;
        let mem_blocks = keys.size(&["num_mem_blocks"], 1)?.min(hybrids.max(1));
        let rms_norm_eps = keys.number(&["rms_norm_eps"], 1e-5)?;
        let time_step_min = keys.number(&["time_step_min"], 1e-3)? as f32;
        for (key, value) in [("rms_norm_eps", rms_norm_eps), ("time_step_min", f64::from(time_step_min))] {
            if !(0.0..=1.0).contains(&value) {
                return Err(keys.error(key, format!("is {value}, expected a number from 0 to 1")));
            }
        }
        let long = keys.flag(&["use_long_context"], false)?;
        let rope_theta = rope_theta_of(keys, head_dim, long)?;
        let positions = keys.size(&["max_position_embeddings"], DEFAULT_POSITIONS)?;
        let vocab_size = keys.size_required(&["vocab_size"])?;
        Ok(Self {
            hidden_size,
            layers,
            mem_blocks,
            attention_heads,
            intermediate_size: keys.size(&["intermediate_size", "ffn_hidden_size"], 4 * hidden_size)?,
            // one commit of the 2.7B misspells the key
            attention_adapters: keys.flag(
                &["use_shared_attention_adapter", "use_shared_attention_lora", "se_shared_attention_lora"],
                false,
            )?,
            adapter_rank: keys.size(&["adapter_rank", "lora_rank"], 128)?,
            rope_theta,
            inner_size,
            mamba_heads,
            state_size: keys.size(&["mamba_d_state", "state_size"], 64)?,
            groups,
            conv_width: keys.size(&["mamba_d_conv", "conv_dimension"], 4)?,
            time_step_min,
            rms_norm_eps,
            vocab_size,
            tied: keys.flag(&["tie_word_embeddings"], true)?,
            linear_bias: keys.flag(&["add_bias_linear"], false)?,
            max_position_embeddings: if long { LONG_POSITIONS } else { positions },
        })
    }
}

/// Settings that would need other arithmetic than ours are errors, not numbers.
fn refuse_what_changes_results(keys: &Keys) -> Result<()> {
    match keys.value(&["hidden_act"]) {
        None => {}
        Some((_, Value::String(act))) if act == "gelu" => {}
        Some((_, other)) => return Err(keys.error("hidden_act", format!("is {other}, expected \"gelu\""))),
    }
    if !keys.flag(&["gated_linear_unit"], true)? {
        return Err(keys.error("gated_linear_unit", "is false, only the gated MLP is known".into()));
    }
    if let Some((_, rope)) = keys.value(&["rope_scaling"]) {
        return Err(keys.error("rope_scaling", format!("is {rope}, expected none")));
    }
    Ok(())
}

fn layers_of(keys: &Keys) -> Result<Vec<LayerKind>> {
    let (_, count) = keys.bounded(&["num_hidden_layers"], MOST_LAYERS)?.unwrap_or(("num_hidden_layers", 54));
    let layers = match keys.value(&["layers_block_type"]) {
        Some((key, Value::Array(names))) => {
            let kinds: Result<Vec<_>> = names.iter().enumerate().map(|(l, name)| kind(keys, key, l, name)).collect();
            kinds?
        }
        Some((key, other)) => return Err(keys.error(key, format!("is {other}, expected a list of layer types"))),
        None => {
            (0..54).map(|l| if DEFAULT_HYBRID.contains(&l) { LayerKind::Hybrid } else { LayerKind::Mamba }).collect()
        }
    };
    if layers.len() != count {
        return Err(keys.error(
            "num_hidden_layers",
            format!("is {count}, `layers_block_type` names {} (54 when it is not there)", layers.len()),
        ));
    }
    let hybrid: Vec<u64> = (0..count).filter(|&l| layers[l] == LayerKind::Hybrid).map(|l| l as u64).collect();
    if let Some((key, value)) = keys.value(&["hybrid_layer_ids"]) {
        let given: Option<Vec<u64>> = value.as_array().and_then(|ids| ids.iter().map(Value::as_u64).collect());
        if given.as_ref() != Some(&hybrid) {
            return Err(keys.error(key, format!("is {value}, `layers_block_type` says {hybrid:?}")));
        }
    }
    Ok(layers)
}

fn kind(keys: &Keys, key: &str, layer: usize, name: &Value) -> Result<LayerKind> {
    match name.as_str() {
        Some("m" | "mamba" | "linear_attention") => Ok(LayerKind::Mamba),
        Some("g" | "hybrid") => Ok(LayerKind::Hybrid),
        _ => Err(keys.error(key, format!("says {name} for layer {layer}, expected `linear_attention` or `hybrid`"))),
    }
}

/// The class's default of 8 heads fits no released model, so an absent count comes from the head width.
fn mamba_heads_of(keys: &Keys, inner_size: usize) -> Result<usize> {
    if let Some((_, heads)) = keys.bounded(&["n_mamba_heads"], LARGEST_SIZE)? {
        return Ok(heads);
    }
    match keys.bounded(&["mamba_headdim"], LARGEST_SIZE)? {
        Some((key, width)) => {
            keys.divides(key, width, inner_size, MIXER_WIDTH)?;
            Ok(inner_size / width)
        }
        None => Err(keys.error("n_mamba_heads", "is missing, and so is `mamba_headdim`".into())),
    }
}

/// θ with the rule of transformers 4.48 for long contexts: × 8^(HD / (HD − 2)).
fn rope_theta_of(keys: &Keys, head_dim: usize, long: bool) -> Result<Option<f64>> {
    let mut theta = keys.number(&["rope_theta"], 10_000.0)?;
    if let Some((key, parameters)) = keys.value(&["rope_parameters"]) {
        let kind = parameters.get("rope_type").and_then(Value::as_str).unwrap_or("default");
        if kind != "default" {
            return Err(keys.error(key, format!("has `rope_type` {kind}, only `default` is known")));
        }
        if let Some(value) = parameters.get("rope_theta") {
            theta = value.as_f64().ok_or_else(|| keys.error("rope_theta", format!("is {value}, expected a number")))?;
        }
    }
    if !keys.flag(&["use_mem_rope"], false)? {
        return Ok(None);
    }
    if !(theta.is_finite() && theta >= 1.0) {
        return Err(keys.error("rope_theta", format!("is {theta}, expected a number of at least 1")));
    }
    if !head_dim.is_multiple_of(2) || (long && head_dim <= 2) {
        return Err(
            keys.error("num_attention_heads", format!("makes heads {head_dim} wide, which cannot be rotated in pairs"))
        );
    }
    Ok(Some(if long { theta * 8f64.powf(head_dim as f64 / (head_dim as f64 - 2.0)) } else { theta }))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::Map;

    use super::*;
    use crate::error::Error;

    const SMALL: &str = r#"{"model_type": "zamba2", "hidden_size": 64, "num_hidden_layers": 3, "vocab_size": 10,
        "layers_block_type": ["m", "g", "m"], "num_attention_heads": 4, "mamba_headdim": 16, "use_mem_rope": true}"#;

    fn parse(change: &str, value: Value) -> Result<Zamba2Config> {
        let mut map: Map<String, Value> = serde_json::from_str(SMALL).unwrap();
        map.insert(change.into(), value);
        Zamba2Config::read(&Keys::parse(&serde_json::to_string(&map).unwrap(), Path::new("config.json"))?)
    }

    #[test]
    fn old_names_and_defaults() {
        let config = parse("state_size", 8.into()).unwrap();
        assert_eq!((config.state_size, config.mamba_heads, config.groups, config.adapter_rank), (8, 8, 1, 128));
        assert_eq!((config.intermediate_size, config.conv_width, config.inner_size), (256, 4, 128));
        assert!(config.tied && !config.attention_adapters && !config.linear_bias);
        assert_eq!(config.hybrid_layers(), [1]);
        assert_eq!(config.max_position_embeddings, 4096);
    }

    #[test]
    fn long_contexts_scale_theta() {
        let config = parse("use_long_context", true.into()).unwrap();
        let expected = 10_000.0 * 8f64.powf(32.0 / 30.0); // NTK scaling: base · 8^(HD/(HD−2)), HD = 2·64/4
        assert!((config.rope_theta.unwrap() - expected).abs() < 1e-6);
        assert_eq!(config.max_position_embeddings, 16384);
    }

    #[test]
    fn absurd_values_are_refused_by_name() {
        for key in
            ["hidden_size", "vocab_size", "num_attention_heads", "n_mamba_heads", "mamba_d_state", "adapter_rank"]
        {
            for value in [Value::from(0), (-1).into(), 1_000_000_000_000_u64.into(), 1.5.into(), "x".into()] {
                let error = parse(key, value.clone()).unwrap_err();
                assert!(matches!(&error, Error::Config { key: named, .. } if named == key), "{key} {value}: {error}");
            }
        }
        assert!(parse("num_hidden_layers", 1_000_000_000_000_u64.into()).is_err());
        assert!(parse("mamba_expand", 1_000_000.into()).is_err());
        assert!(parse("hidden_act", "silu".into()).is_err());
        assert!(parse("hybrid_layer_ids", Value::from(vec![0])).is_err());
        assert!(parse("rms_norm_eps", "NaN".into()).is_err());
    }

    #[test]
    fn bare_words_of_python_are_read_and_refused_only_where_a_number_is_needed() {
        let read = |more: &str| {
            let text = SMALL.replacen('{', &format!("{{{more}, "), 1);
            Zamba2Config::read(&Keys::parse(&text, Path::new("config.json"))?)
        };
        assert!(
            read(r#""time_step_limit": [0.0, Infinity], "note\"": "a \" NaN", "best": -Infinity, "x\\": NaN"#).is_ok()
        );
        let error = read(r#""rms_norm_eps": NaN"#).unwrap_err();
        assert!(matches!(&error, Error::Config { key, .. } if key == "rms_norm_eps"), "{error}");
        assert!(matches!(read(r#""rms_norm_eps": Na"#), Err(Error::Json { .. })));
    }
}
