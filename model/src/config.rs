//! `config.json` of a Zamba2, in its three dialects, made into sizes that fit each other.
//!
//! Dialects: the 2024 fork (`m`/`g`, `state_size`, `lora_rank`, …), transformers 4.48 to early 5
//! (`mamba`/`hybrid`, top-level `rope_theta`) and later 5.x (`linear_attention`/`hybrid`, `rope_parameters`).

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::python_json;

/// No size of a real model comes near; beyond, products of sizes could overflow.
const LARGEST_SIZE: u64 = 1 << 24;
/// Likewise for layers: 81 is the most released.
const MOST_LAYERS: u64 = 1 << 12;
/// Layers that call a shared block when the file does not say (the 54-layer model).
const DEFAULT_HYBRID: [usize; 9] = [6, 12, 18, 24, 30, 36, 42, 47, 51];
/// The class's value when `max_position_embeddings` is absent, and the one `use_long_context` sets.
const DEFAULT_POSITIONS: usize = 4096;
const LONG_POSITIONS: usize = 16384;

/// What a layer is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LayerKind {
    /// A Mamba-2 mixer alone.
    Mamba,
    /// A call of a shared attention block, then a mixer.
    Hybrid,
}

/// The sizes of a Zamba2, checked against each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Zamba2Config {
    /// H, width of the residual stream.
    pub hidden_size: usize,
    /// The layers in order.
    pub layers: Vec<LayerKind>,
    /// How many distinct shared blocks there are; hybrid layer number `j` calls block `j mod mem_blocks`.
    pub mem_blocks: usize,
    /// NA, heads of the shared attention (keys and values have as many).
    pub attention_heads: usize,
    /// F, width of the gated MLP.
    pub intermediate_size: usize,
    /// Whether queries, keys and values have adapters of their own in each call.
    pub attention_adapters: bool,
    /// R, rank of all adapters.
    pub adapter_rank: usize,
    /// θ of the rotary embedding, after the long-context rule; `None` where attention has none.
    pub rope_theta: Option<f64>,
    /// DI, width inside a mixer.
    pub inner_size: usize,
    /// NH, heads of a mixer.
    pub mamba_heads: usize,
    /// N, width of the recurrent state.
    pub state_size: usize,
    /// G, groups of heads that share B and C.
    pub groups: usize,
    /// K, taps of the causal convolution.
    pub conv_width: usize,
    /// Smallest Δt of the checkpoint's own code.
    pub time_step_min: f32,
    /// ε of the norms (the gated norm has 1e-5 whatever this says).
    pub rms_norm_eps: f64,
    /// V, rows of the embedding.
    pub vocab_size: usize,
    /// Whether the head is the embedding.
    pub tied: bool,
    /// Whether `in_proj`, `out_proj`, `gate_up_proj` and `down_proj` have biases.
    pub linear_bias: bool,
    /// Longest context the model was made for, in tokens.
    pub max_position_embeddings: usize,
    /// Token that begins a text.
    pub bos: Option<u32>,
    /// Tokens that end one.
    pub eos: Vec<u32>,
}

impl Zamba2Config {
    /// Reads and checks `config.json` in `dir`.
    ///
    /// # Errors
    /// A folder or file that is not there, JSON that is none, another architecture, sizes that are absurd or do not fit.
    pub fn read(dir: &Path) -> Result<Self> {
        let file = dir.join("config.json");
        match fs_err::metadata(dir) {
            Ok(found) if found.is_dir() => {}
            Ok(_) => return Err(folder(dir, "is not a folder", "point at the folder that holds config.json")),
            Err(_) => return Err(folder(dir, "there is no such folder", "check the path of the checkpoint")),
        }
        if !file.is_file() {
            let empty = fs_err::read_dir(dir).map_err(Error::io(dir))?.next().is_none();
            let problem = if empty { "the folder is empty" } else { "there is no config.json in the folder" };
            return Err(folder(
                dir,
                problem,
                "point at a folder in the Hugging Face format: config.json, weights, tokenizer",
            ));
        }
        let text = fs_err::read_to_string(&file).map_err(Error::io(&file))?;
        Self::parse(&text, &file)
    }

    /// Reads and checks the text of a `config.json`; `file` is named in errors.
    ///
    /// # Errors
    /// As [`Zamba2Config::read`].
    pub fn parse(text: &str, file: &Path) -> Result<Self> {
        let map: Map<String, Value> = python_json::read(text).map_err(Error::json(file))?;
        let keys = Keys { file: file.to_owned(), map };
        match keys.value(&["model_type"]) {
            Some((_, Value::String(found))) if found == "zamba2" => {}
            Some((_, Value::String(found))) => {
                return Err(Error::Architecture { file: file.to_owned(), found: found.clone() });
            }
            _ => return Err(Error::Architecture { file: file.to_owned(), found: "missing".into() }),
        }
        keys.build()
    }

    /// Ordinals and layer numbers of the hybrid layers.
    pub fn hybrid_layers(&self) -> Vec<usize> {
        (0..self.layers.len()).filter(|&l| self.layers[l] == LayerKind::Hybrid).collect()
    }

    /// P, width of a mixer's head.
    pub fn mamba_head_dim(&self) -> usize {
        self.inner_size / self.mamba_heads
    }

    /// HD, width of an attention head: 2H / NA.
    pub fn attention_head_dim(&self) -> usize {
        2 * self.hidden_size / self.attention_heads
    }

    /// CD, channels of the convolution: x, B and C.
    pub fn conv_size(&self) -> usize {
        self.inner_size + 2 * self.groups * self.state_size
    }

    /// Rows of `in_proj`: z, x, B, C and Δt.
    pub fn projection_size(&self) -> usize {
        self.inner_size + self.conv_size() + self.mamba_heads
    }
}

/// The longest request that is scored whole, in tokens: `max_position_embeddings`, as lm-eval takes it.
pub fn max_length(config: &Zamba2Config) -> usize {
    config.max_position_embeddings
}

fn folder(path: &Path, problem: &str, mend: &str) -> Error {
    Error::Folder { path: path.to_owned(), problem: problem.into(), mend: mend.into() }
}

/// The file's keys, with their names in the dialects.
struct Keys {
    file: PathBuf,
    map: Map<String, Value>,
}

impl Keys {
    fn build(&self) -> Result<Zamba2Config> {
        self.refuse_what_changes_results()?;
        let hidden_size = self.size_required(&["hidden_size"])?;
        let layers = self.layers()?;
        let hybrids = layers.iter().filter(|&&kind| kind == LayerKind::Hybrid).count();
        let attention_heads = self.size_required(&["num_attention_heads"])?;
        let kv_heads = self.size(&["num_key_value_heads"], attention_heads)?;
        if kv_heads != attention_heads {
            return Err(self.error(
                "num_key_value_heads",
                format!("is {kv_heads}, Zamba2 has as many as `num_attention_heads`, {attention_heads}"),
            ));
        }
        self.divides("num_attention_heads", attention_heads, 2 * hidden_size, "twice `hidden_size`")?;
        let head_dim = 2 * hidden_size / attention_heads;
        let inner_size = hidden_size * self.size(&["mamba_expand", "expansion_factor"], 2)?;
        if inner_size as u64 > LARGEST_SIZE {
            return Err(self.error("mamba_expand", format!("makes mixers {inner_size} wide, too wide to be true")));
        }
        let mamba_heads = self.mamba_heads(inner_size)?;
        self.divides("n_mamba_heads", mamba_heads, inner_size, "the mixer's width")?;
        let groups = self.size(&["mamba_ngroups"], 1)?;
        self.divides("mamba_ngroups", groups, mamba_heads, "`n_mamba_heads`")?;
        let mem_blocks = self.size(&["num_mem_blocks"], 1)?.min(hybrids.max(1));
        let rms_norm_eps = self.number(&["rms_norm_eps"], 1e-5)?;
        let time_step_min = self.number(&["time_step_min"], 1e-3)? as f32;
        for (key, value) in [("rms_norm_eps", rms_norm_eps), ("time_step_min", f64::from(time_step_min))] {
            if !(0.0..=1.0).contains(&value) {
                return Err(self.error(key, format!("is {value}, expected a number from 0 to 1")));
            }
        }
        let long = self.flag(&["use_long_context"], false)?;
        let rope_theta = self.rope_theta(head_dim, long)?;
        let positions = self.size(&["max_position_embeddings"], DEFAULT_POSITIONS)?;
        let vocab_size = self.size_required(&["vocab_size"])?;
        Ok(Zamba2Config {
            hidden_size,
            layers,
            mem_blocks,
            attention_heads,
            intermediate_size: self.size(&["intermediate_size", "ffn_hidden_size"], 4 * hidden_size)?,
            // one commit of the 2.7B misspells the key
            attention_adapters: self.flag(
                &["use_shared_attention_adapter", "use_shared_attention_lora", "se_shared_attention_lora"],
                false,
            )?,
            adapter_rank: self.size(&["adapter_rank", "lora_rank"], 128)?,
            rope_theta,
            inner_size,
            mamba_heads,
            state_size: self.size(&["mamba_d_state", "state_size"], 64)?,
            groups,
            conv_width: self.size(&["mamba_d_conv", "conv_dimension"], 4)?,
            time_step_min,
            rms_norm_eps,
            vocab_size,
            tied: self.flag(&["tie_word_embeddings"], true)?,
            linear_bias: self.flag(&["add_bias_linear"], false)?,
            max_position_embeddings: if long { LONG_POSITIONS } else { positions },
            bos: self.ids("bos_token_id")?.first().copied(),
            eos: self.ids("eos_token_id")?,
        })
    }

    /// Settings that would need other arithmetic than ours are errors, not numbers.
    fn refuse_what_changes_results(&self) -> Result<()> {
        match self.value(&["hidden_act"]) {
            None => {}
            Some((_, Value::String(act))) if act == "gelu" => {}
            Some((_, other)) => return Err(self.error("hidden_act", format!("is {other}, expected \"gelu\""))),
        }
        if !self.flag(&["gated_linear_unit"], true)? {
            return Err(self.error("gated_linear_unit", "is false, only the gated MLP is known".into()));
        }
        if let Some((key, _)) = self.value(&["quantization_config"]) {
            return Err(self.error(key, "is set: quantised checkpoints are not read, save it in bf16".into()));
        }
        if let Some((_, rope)) = self.value(&["rope_scaling"]) {
            return Err(self.error("rope_scaling", format!("is {rope}, expected none")));
        }
        Ok(())
    }

    fn layers(&self) -> Result<Vec<LayerKind>> {
        let (_, count) = self.bounded(&["num_hidden_layers"], MOST_LAYERS)?.unwrap_or(("num_hidden_layers", 54));
        let layers = match self.value(&["layers_block_type"]) {
            Some((key, Value::Array(names))) => {
                let kinds: Result<Vec<_>> = names.iter().enumerate().map(|(l, name)| self.kind(key, l, name)).collect();
                kinds?
            }
            Some((key, other)) => return Err(self.error(key, format!("is {other}, expected a list of layer types"))),
            None => (0..54)
                .map(|l| if DEFAULT_HYBRID.contains(&l) { LayerKind::Hybrid } else { LayerKind::Mamba })
                .collect(),
        };
        if layers.len() != count {
            return Err(self.error(
                "num_hidden_layers",
                format!("is {count}, `layers_block_type` names {} (54 when it is not there)", layers.len()),
            ));
        }
        let hybrid: Vec<u64> = (0..count).filter(|&l| layers[l] == LayerKind::Hybrid).map(|l| l as u64).collect();
        if let Some((key, value)) = self.value(&["hybrid_layer_ids"]) {
            let given: Option<Vec<u64>> = value.as_array().and_then(|ids| ids.iter().map(Value::as_u64).collect());
            if given.as_ref() != Some(&hybrid) {
                return Err(self.error(key, format!("is {value}, `layers_block_type` says {hybrid:?}")));
            }
        }
        Ok(layers)
    }

    fn kind(&self, key: &str, layer: usize, name: &Value) -> Result<LayerKind> {
        match name.as_str() {
            Some("m" | "mamba" | "linear_attention") => Ok(LayerKind::Mamba),
            Some("g" | "hybrid") => Ok(LayerKind::Hybrid),
            _ => {
                Err(self.error(key, format!("says {name} for layer {layer}, expected `linear_attention` or `hybrid`")))
            }
        }
    }

    /// The class's default of 8 heads fits no released model, so an absent count comes from the head width.
    fn mamba_heads(&self, inner_size: usize) -> Result<usize> {
        if let Some((_, heads)) = self.bounded(&["n_mamba_heads"], LARGEST_SIZE)? {
            return Ok(heads);
        }
        match self.bounded(&["mamba_headdim"], LARGEST_SIZE)? {
            Some((key, width)) => {
                self.divides(key, width, inner_size, "the mixer's width")?;
                Ok(inner_size / width)
            }
            None => Err(self.error("n_mamba_heads", "is missing, and so is `mamba_headdim`".into())),
        }
    }

    /// θ with the rule of transformers 4.48 for long contexts: × 8^(HD / (HD − 2)).
    fn rope_theta(&self, head_dim: usize, long: bool) -> Result<Option<f64>> {
        let mut theta = self.number(&["rope_theta"], 10_000.0)?;
        if let Some((key, parameters)) = self.value(&["rope_parameters"]) {
            let kind = parameters.get("rope_type").and_then(Value::as_str).unwrap_or("default");
            if kind != "default" {
                return Err(self.error(key, format!("has `rope_type` {kind}, only `default` is known")));
            }
            if let Some(value) = parameters.get("rope_theta") {
                theta =
                    value.as_f64().ok_or_else(|| self.error("rope_theta", format!("is {value}, expected a number")))?;
            }
        }
        if !self.flag(&["use_mem_rope"], false)? {
            return Ok(None);
        }
        if !(theta.is_finite() && theta >= 1.0) {
            return Err(self.error("rope_theta", format!("is {theta}, expected a number of at least 1")));
        }
        if !head_dim.is_multiple_of(2) || (long && head_dim <= 2) {
            return Err(self.error(
                "num_attention_heads",
                format!("makes heads {head_dim} wide, which cannot be rotated in pairs"),
            ));
        }
        Ok(Some(if long { theta * 8f64.powf(head_dim as f64 / (head_dim as f64 - 2.0)) } else { theta }))
    }

    /// The first of `names` that is there and not null.
    fn value<'a>(&'a self, names: &[&'a str]) -> Option<(&'a str, &'a Value)> {
        names.iter().find_map(|&name| self.map.get(name).filter(|value| !value.is_null()).map(|value| (name, value)))
    }

    fn bounded<'a>(&'a self, names: &[&'a str], most: u64) -> Result<Option<(&'a str, usize)>> {
        let Some((key, value)) = self.value(names) else { return Ok(None) };
        match value.as_u64() {
            Some(size) if (1..=most).contains(&size) => Ok(Some((key, size as usize))),
            _ => Err(self.error(key, format!("is {value}, expected a whole number from 1 to {most}"))),
        }
    }

    fn size(&self, names: &[&str], default: usize) -> Result<usize> {
        Ok(self.bounded(names, LARGEST_SIZE)?.map_or(default, |(_, size)| size))
    }

    fn size_required(&self, names: &[&str]) -> Result<usize> {
        self.bounded(names, LARGEST_SIZE)?
            .map(|(_, size)| size)
            .ok_or_else(|| self.error(names[0], "is missing".into()))
    }

    fn number(&self, names: &[&str], default: f64) -> Result<f64> {
        let Some((key, value)) = self.value(names) else { return Ok(default) };
        value.as_f64().ok_or_else(|| self.error(key, format!("is {value}, expected a number")))
    }

    fn flag(&self, names: &[&str], default: bool) -> Result<bool> {
        let Some((key, value)) = self.value(names) else { return Ok(default) };
        value.as_bool().ok_or_else(|| self.error(key, format!("is {value}, expected true or false")))
    }

    /// A token id or a list of them.
    fn ids(&self, key: &str) -> Result<Vec<u32>> {
        match self.value(&[key]) {
            None => Ok(Vec::new()),
            Some((_, value)) => token_ids(value)
                .ok_or_else(|| self.error(key, format!("is {value}, expected a token id or a list of them"))),
        }
    }

    fn divides(&self, key: &str, divisor: usize, whole: usize, of: &str) -> Result<()> {
        if whole.is_multiple_of(divisor) {
            return Ok(());
        }
        Err(self.error(key, format!("is {divisor}, which does not divide {of}, {whole}")))
    }

    fn error(&self, key: &str, problem: String) -> Error {
        Error::Config { file: self.file.clone(), key: key.into(), problem }
    }
}

/// A token id or a list of them, as config files write them.
pub(crate) fn token_ids(value: &Value) -> Option<Vec<u32>> {
    let one = |value: &Value| value.as_u64().and_then(|id| u32::try_from(id).ok());
    match value {
        Value::Array(list) => list.iter().map(one).collect(),
        other => one(other).map(|id| vec![id]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = r#"{"model_type": "zamba2", "hidden_size": 64, "num_hidden_layers": 3, "vocab_size": 10,
        "layers_block_type": ["m", "g", "m"], "num_attention_heads": 4, "mamba_headdim": 16, "use_mem_rope": true}"#;

    fn parse(change: &str, value: Value) -> Result<Zamba2Config> {
        let mut map: Map<String, Value> = serde_json::from_str(SMALL).unwrap();
        map.insert(change.into(), value);
        Zamba2Config::parse(&serde_json::to_string(&map).unwrap(), Path::new("config.json"))
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
        let expected = 10_000.0 * 8f64.powf(32.0 / 30.0); // SPEC §6.4 with HD = 2·64/4
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
        assert!(matches!(parse("model_type", "llama".into()), Err(Error::Architecture { .. })));
    }

    #[test]
    fn bare_words_of_python_are_read_and_refused_only_where_a_number_is_needed() {
        let read =
            |more: &str| Zamba2Config::parse(&SMALL.replacen('{', &format!("{{{more}, "), 1), Path::new("config.json"));
        assert!(
            read(r#""time_step_limit": [0.0, Infinity], "note\"": "a \" NaN", "best": -Infinity, "x\\": NaN"#).is_ok()
        );
        let error = read(r#""rms_norm_eps": NaN"#).unwrap_err();
        assert!(matches!(&error, Error::Config { key, .. } if key == "rms_norm_eps"), "{error}");
        assert!(matches!(read(r#""rms_norm_eps": Na"#), Err(Error::Json { .. })));
    }
}
