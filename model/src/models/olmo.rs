//! OLMo, three generations.

use super::dense::{Bias, Common, Dense, HeadNorms, Names, NormKind, Place};
use super::llama::{NAMES, base, layer_types, window, with_rope};
use super::registry::Known;
use super::rope::{Defaults, Rope};
use crate::checkpoint::Keys;
use crate::error::Result;

/// OLMo 2 and 3 norm what a branch gives, and nothing before it.
const NAMES_AFTER: Names = Names { norms: ["post_attention_layernorm", "post_feedforward_layernorm"], ..NAMES };

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

fn olmo2(keys: &Keys, common: Common, rope: Rope) -> Result<Dense> {
    let mut dense = with_rope(keys, common, 1e-5, rope)?;
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
