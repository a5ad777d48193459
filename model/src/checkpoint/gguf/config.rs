//! What a header says of the model, as the keys of a config.json.

use std::cell::RefCell;
use std::collections::HashSet;

use candle_core::quantized::gguf_file::Value as Stored;
use serde_json::{Map, Value, json};

use super::names::Names;
use super::tensors::{contains, rows, small};
use super::{CONVERT_AGAIN, Header, whole};
use crate::error::Result;

/// Keys that say nothing about results.
const IGNORED: [&str; 3] = ["vocab_size", "tensor_data_layout", "rope.scaling.finetuned"];
/// What state-space models have and do not use.
const IGNORED_OF_SSM: [&str; 3] = ["context_length", "feed_forward_length", "attention.head_count"];

/// The keys of the config.json that a folder of the model would have.
///
/// # Errors
/// An architecture that is not read, a size that is missing, a setting that is not known.
pub(crate) fn config(header: &Header) -> Result<Map<String, Value>> {
    let names = Names::of(header)?;
    if let Some(kind) = header.text("general.type")?.filter(|kind| *kind != "model") {
        let mend = "take the file of the model itself; an adapter has to be merged into it first";
        return Err(header.error(format!("holds no model: its `general.type` is `{kind}`"), mend));
    }
    let said = Said { header, architecture: names.architecture, taken: RefCell::default() };
    let mut keys = Map::new();
    keys.insert("model_type".into(), names.model_type.into());
    keys.insert("hidden_size".into(), said.required("embedding_length")?.into());
    keys.insert("num_hidden_layers".into(), said.required("block_count")?.into());
    keys.insert("tie_word_embeddings".into(), (!contains(header, "output.weight")).into());
    let vocab = rows(header, "token_embd.weight")
        .ok_or_else(|| header.error("tensor `token_embd.weight` is missing".into(), CONVERT_AGAIN))?;
    keys.insert("vocab_size".into(), vocab.into());
    if names.model_type.starts_with("mamba") {
        said.state_space(&mut keys)?;
    } else {
        said.dense(&mut keys)?;
    }
    said.nothing_left()?;
    Ok(keys)
}

/// Rows of a head of queries or keys.
pub(super) fn head_width(header: &Header, architecture: &'static str) -> Result<usize> {
    Said { header, architecture, taken: RefCell::default() }.head_width()
}

/// What the header says of the architecture, and which of it was asked for.
struct Said<'a> {
    header: &'a Header,
    architecture: &'static str,
    taken: RefCell<HashSet<String>>,
}

impl Said<'_> {
    fn key(&self, name: &str) -> String {
        let key = format!("{}.{name}", self.architecture);
        self.taken.borrow_mut().insert(key.clone());
        key
    }

    /// A whole number; of a list by layer the one that all have.
    fn whole(&self, name: &str) -> Result<Option<u64>> {
        let key = self.key(name);
        let Some(Stored::Array(list)) = self.header.value(&key) else { return self.header.whole(&key) };
        let mut all = list.iter().map(whole);
        match all.next().flatten() {
            Some(first) if all.all(|other| other == Some(first)) => Ok(Some(first)),
            _ => Err(self.header.wrong(&key, "differs by layer, which is not read")),
        }
    }

    fn required(&self, name: &str) -> Result<u64> {
        self.whole(name)?.ok_or_else(|| self.header.wrong(&self.key(name), "is missing"))
    }

    fn number(&self, name: &str) -> Result<Option<f64>> {
        self.header.number(&self.key(name))
    }

    fn head_width(&self) -> Result<usize> {
        let (name, width) = if let Some(width) = self.whole("attention.key_length")? {
            ("attention.key_length", width)
        } else {
            let (hidden, heads) = (self.required("embedding_length")?, self.required("attention.head_count")?);
            if heads == 0 || !hidden.is_multiple_of(heads) {
                let problem = format!("is {heads}, which does not divide the width {hidden}");
                return Err(self.header.wrong(&self.key("attention.head_count"), &problem));
            }
            (if hidden == 0 { "embedding_length" } else { "attention.head_count" }, hidden / heads)
        };
        if self.whole("attention.value_length")?.is_some_and(|other| other != width) {
            let problem = format!("is not {width}, as wide as a key is");
            return Err(self.header.wrong(&self.key("attention.value_length"), &problem));
        }
        usize::try_from(width).ok().filter(|width| *width > 0 && width.is_multiple_of(2)).ok_or_else(|| {
            let problem = format!("makes heads {width} wide, expected an even number above 0");
            self.header.wrong(&self.key(name), &problem)
        })
    }

    fn dense(&self, keys: &mut Map<String, Value>) -> Result<()> {
        let width = self.head_width()?;
        let heads = self.required("attention.head_count")?;
        keys.insert("num_attention_heads".into(), heads.into());
        keys.insert("num_key_value_heads".into(), self.whole("attention.head_count_kv")?.unwrap_or(heads).into());
        keys.insert("head_dim".into(), width.into());
        keys.insert("intermediate_size".into(), self.required("feed_forward_length")?.into());
        keys.insert("max_position_embeddings".into(), self.required("context_length")?.into());
        if self.architecture == "olmo" {
            self.number("attention.layer_norm_epsilon")?; // always 1e-5 there
            keys.insert("clip_qkv".into(), self.number("attention.clamp_kqv")?.filter(|clip| *clip > 0.0).into());
        } else {
            let eps = self.number("attention.layer_norm_rms_epsilon")?;
            let missing = || self.header.wrong(&self.key("attention.layer_norm_rms_epsilon"), "is missing");
            keys.insert("rms_norm_eps".into(), eps.ok_or_else(missing)?.into());
        }
        for (key, tensor) in [("attention_bias", "blk.0.attn_q.bias"), ("mlp_bias", "blk.0.ffn_down.bias")] {
            keys.insert(key.into(), contains(self.header, tensor).into());
        }
        for none in ["expert_count", "expert_used_count"] {
            if self.whole(none)?.is_some_and(|count| count > 0) {
                return Err(self.header.wrong(&self.key(none), "is above 0: a mixture of experts is not read"));
            }
        }
        if self.header.flag(&self.key("attention.causal"))? == Some(false) {
            return Err(self.header.wrong(&self.key("attention.causal"), "is false: the model predicts no next token"));
        }
        if matches!(self.architecture, "llama" | "phi3")
            && let Some(window) = self.whole("attention.sliding_window")?.filter(|window| *window > 0)
        {
            keys.insert("sliding_window".into(), window.into());
            if self.architecture == "llama" {
                keys.insert("model_type".into(), "mistral".into());
            }
        }
        self.rotation(keys, width)
    }

    /// The base of the rotation, how much of a head it turns, and how it is scaled.
    fn rotation(&self, keys: &mut Map<String, Value>, width: usize) -> Result<()> {
        let turned = self.whole("rope.dimension_count")?.unwrap_or(width as u64);
        if turned != width as u64 {
            keys.insert("partial_rotary_factor".into(), (turned as f64 / width as f64).into());
        }
        keys.insert("rope_theta".into(), self.number("rope.freq_base")?.unwrap_or(10_000.0).into());
        let original = self.whole("rope.scaling.original_context_length")?;
        let factor = self.number("rope.scaling.factor")?.or(self.number("rope.scale_linear")?);
        let key = self.key("rope.scaling.type");
        let kind = self
            .header
            .text(&key)?
            .or(factor.filter(|factor| *factor > 0.0 && (*factor - 1.0).abs() > f64::EPSILON).map(|_| "linear"));
        for tensor in ["rope_factors_long.weight", "rope_factors_short.weight"] {
            if contains(self.header, tensor) {
                let mend = "take a model of the same kind without it, such as the one for 4k tokens";
                return Err(self
                    .header
                    .error(format!("tensor `{tensor}`: rotary scaling by longrope is not read"), mend));
            }
        }
        let scaling = match (small(self.header, "rope_freqs.weight")?, kind) {
            (Some(factors), None | Some("none")) => json!({"rope_type": "divided", "factors": factors}),
            (None, None | Some("none")) => return Ok(()),
            (None, Some("linear")) => json!({"rope_type": "linear", "factor": factor}),
            (None, Some("yarn")) => {
                json!({"rope_type": "yarn", "factor": factor, "original_max_position_embeddings": original})
            }
            (_, Some(kind)) => return Err(self.header.wrong(&key, &format!("is `{kind}`, which is not read here"))),
        };
        keys.insert("rope_scaling".into(), scaling);
        Ok(())
    }

    fn state_space(&self, keys: &mut Map<String, Value>) -> Result<()> {
        let (hidden, inner) = (self.required("embedding_length")?, self.required("ssm.inner_size")?);
        let (rank, expand) = (self.required("ssm.time_step_rank")?, inner / hidden.max(1));
        if expand * hidden != inner {
            let problem = format!("is {inner}, expected a multiple of the width {hidden}");
            return Err(self.header.wrong(&self.key("ssm.inner_size"), &problem));
        }
        keys.insert("expand".into(), expand.into());
        keys.insert("state_size".into(), self.required("ssm.state_size")?.into());
        keys.insert("conv_kernel".into(), self.required("ssm.conv_kernel")?.into());
        let eps = self.number("attention.layer_norm_rms_epsilon")?;
        keys.insert("layer_norm_epsilon".into(), eps.unwrap_or(1e-5).into());
        for (key, tensor) in [("use_conv_bias", "blk.0.ssm_conv1d.bias"), ("use_bias", "blk.0.ssm_in.bias")] {
            keys.insert(key.into(), contains(self.header, tensor).into());
        }
        let groups = self.whole("ssm.group_count")?;
        if self.architecture == "mamba2" {
            keys.insert("num_heads".into(), rank.into());
            keys.insert("head_dim".into(), (inner / rank.max(1)).into());
            keys.insert("n_groups".into(), groups.unwrap_or(1).into());
        } else {
            keys.insert("time_step_rank".into(), rank.into());
            if self.header.flag(&self.key("ssm.dt_b_c_rms"))? == Some(true) {
                keys.insert("model_type".into(), "falcon_mamba".into());
            }
        }
        IGNORED_OF_SSM.iter().for_each(|name| drop(self.key(name)));
        Ok(())
    }

    /// Whether all that the header says of the architecture was asked for: what was not might change results.
    fn nothing_left(&self) -> Result<()> {
        let prefix = format!("{}.", self.architecture);
        let taken = self.taken.borrow();
        let mut left: Vec<&str> = (self.header.metadata().keys())
            .filter(|key| !taken.contains(*key))
            .filter_map(|key| key.strip_prefix(&prefix))
            .filter(|name| !IGNORED.contains(name))
            .collect();
        left.sort_unstable();
        match left.first() {
            None => Ok(()),
            Some(name) => Err(self.header.wrong(&format!("{prefix}{name}"), "is a setting that is not known")),
        }
    }
}
