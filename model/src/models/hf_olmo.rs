//! OLMo as AI2's own classes saved it: other keys and names than transformers', the same models.

use super::dense::{
    Bias, Common, Dense, HeadNorms, Heads, MlpKind, Names, NormKind, Place, Qkv, as_it_is, layer_count,
    refuse_unknown_switches,
};
use super::registry::Known;
use super::rope::{Defaults, Rope};
use crate::checkpoint::Keys;
use crate::error::Result;

const NAMES: Names = Names {
    embedding: "model.transformer.wte",
    positions: "",
    layer: "model.transformer.blocks.",
    qkv: Qkv::Stacked("att_proj"),
    output: "attn_out",
    norms: ["attn_norm", "ff_norm"],
    head_norms: ["q_norm", "k_norm"],
    final_norm: "model.transformer.ln_f",
    head: "model.transformer.ff_out",
    current: as_it_is,
};

pub(super) const KNOWN: Known = Known {
    model_type: "hf_olmo",
    family: "dense",
    about: "OLMo and OLMo 2 as AI2's own classes saved them",
    read: |keys| {
        refuse(keys)?;
        let hidden = keys.size_required(&["d_model"])?;
        let queries = keys.size_required(&["n_heads"])?;
        keys.divides("n_heads", queries, hidden, "`d_model`")?;
        let one = keys.flag(&["multi_query_attention"], false)?;
        let few = keys.size(&["n_kv_heads"], if one { 1 } else { queries })?;
        keys.divides("n_kv_heads", few, queries, "`n_heads`")?;
        let both = keys.size(&["mlp_hidden_size"], keys.size(&["mlp_ratio"], 4)? * hidden)?; // gate and up
        keys.divides("mlp_hidden_size", 2, both, "itself: gate and up are its halves;")?;
        let context = keys.size(&["max_sequence_length"], 1024)?;
        let common = Common {
            hidden,
            vocab: keys.size(&["embedding_size"], keys.size_required(&["vocab_size"])?)?,
            inner: both / 2,
            layers: layer_count(keys, &["n_layers"])?,
            heads: Heads { queries, keys: few, width: hidden / queries },
            context,
        };
        let after = keys.flag(&["norm_after"], false)?;
        let head_norms = keys.flag(&["attention_layer_norm"], false)?;
        let bias = keys.flag(&["include_bias"], false)?;
        Ok(Box::new(Dense {
            ropes: vec![Rope::read(keys, common.heads.width, Defaults::of(context))?],
            place: if after { Place::After } else { Place::Before },
            // one config of OLMo 2 has norms of queries and keys that it does not speak of
            head_norms: if head_norms { HeadNorms::All } else { HeadNorms::AsFound },
            clip: keys.positive("clip_qkv")?,
            bias: Bias { qkv: bias, output: bias, mlp: bias, head: false },
            tied: keys.flag(&["weight_tying"], true)?,
            ..Dense::new(&common, norm(keys, bias)?, MlpKind::UpFirst(["ff_proj", "ff_out"]), &NAMES)
        }))
    },
};

fn norm(keys: &Keys, bias: bool) -> Result<NormKind> {
    let eps = keys.small_number("layer_norm_eps", 1e-5)?;
    let affine = keys.flag(&["layer_norm_with_affine"], true)?;
    let biased = keys.flag(&["bias_for_layer_norm"], bias)?;
    let kind = keys.value(&["layer_norm_type"]).map(|(_, kind)| kind.as_str().unwrap_or_default());
    match kind {
        None | Some("default" | "low_precision") if !affine => Ok(NormKind::Bare(eps)),
        None | Some("default" | "low_precision") if biased => Ok(NormKind::Layer(eps)),
        None | Some("default" | "low_precision") => Ok(NormKind::Scaled(eps)),
        Some("rms") if affine && !biased => Ok(NormKind::Rms(eps)),
        Some(kind) => {
            let problem =
                format!("is `{kind}`, known are `default` and `low_precision`, and `rms` with a weight alone");
            Err(keys.error("layer_norm_type", problem))
        }
    }
}

/// What its own classes can be told to do and no released model does.
fn refuse(keys: &Keys) -> Result<()> {
    refuse_unknown_switches(keys)?;
    for (key, expected) in [("activation_type", "swiglu"), ("block_type", "sequential")] {
        if let Some((key, value)) = keys.value(&[key]).filter(|(_, value)| value.as_str() != Some(expected)) {
            return Err(keys.error(key, format!("is {value}, expected \"{expected}\"")));
        }
    }
    if !keys.flag(&["rope"], false)? {
        return Err(keys.error("rope", "is not true, only models with a rotary embedding are read".into()));
    }
    for key in ["scale_logits", "scale_emb_init"] {
        if keys.flag(&[key], false)? {
            return Err(keys.error(key, "is true, which is not read".into()));
        }
    }
    Ok(())
}
