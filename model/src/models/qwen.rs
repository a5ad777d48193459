//! Qwen, two generations.

use super::dense::{Bias, Common, Dense, HeadNorms};
use super::llama::{base, layer_types, window};
use super::registry::Known;
use crate::checkpoint::Keys;
use crate::error::Result;

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
