//! `SmolLM3`: a Llama with layers that know no positions.

use super::dense::{Bias, Common};
use super::llama::{layer_types, window, with_rope};
use super::registry::Known;
use super::rope::{Defaults, Rope};
use crate::checkpoint::Keys;
use crate::error::Result;

pub(super) const SMOLLM3: Known = Known {
    model_type: "smollm3",
    family: "dense",
    about: "as llama, with layers that turn nothing, and windows by layer",
    read: |keys| {
        let common = Common::read(keys, 32_768, None)?;
        let defaults = Defaults { theta: ("rope_theta", 2_000_000.0), ..Defaults::of(common.context) };
        let mut dense = with_rope(keys, common, 1e-6, Rope::read(keys, common.heads.width, defaults)?)?;
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
