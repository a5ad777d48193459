//! Bamba: Mamba-2 mixers, attention in some layers, an MLP in every one.

use std::sync::Arc;

use super::dense::{Common, activation};
use super::mamba2::{MIXER_WIDTH, MixerShape};
use super::registry::{Architecture, Known, Sizes};
use super::rope::{Defaults, Rope};
use super::{Block, Cost, Part, Parts, Pass};
use crate::checkpoint::{Keys, Shape, Tensors};
use crate::error::Result;
use crate::kernels::{Activation, AttentionSizes};
use crate::layers::{Attention, LayerState, Mamba2, Memory, Mlp, Rotary};
use crate::ops::{self, Input, Norm, Rows};

pub(super) const KNOWN: Known = Known {
    model_type: "bamba",
    family: "hybrid",
    about: "Mamba-2 mixers with limits of dt, grouped attention with a partial rotation in some layers, an MLP in each",
    read: |keys| Ok(Box::new(Bamba::read(keys)?)),
};

#[derive(Debug)]
struct Bamba {
    common: Common,
    /// Whether each layer is one of attention.
    attends: Vec<bool>,
    mixer: MixerShape,
    rope: Rope,
    attention_bias: bool,
    mlp_bias: bool,
    activation: Activation,
    eps: f64,
    tied: bool,
}

/// A layer: `x + mixer(norm x)` or `x + attention(norm x)`, then `x + mlp(norm x)`.
#[derive(Debug)]
struct Layer {
    norm: Norm,
    first: First,
    mlp_norm: Norm,
    mlp: Mlp,
}

#[derive(Debug)]
enum First {
    Mixer(Mamba2),
    Attention(Attention),
}

impl Block for Layer {
    fn forward(&self, x: &mut Rows, pass: &Pass<'_>, states: &mut [&mut LayerState]) -> Result<()> {
        let normed = pass.clock.time(Part::Rest, || self.norm.apply(Input::One(x)))?;
        let out = match &self.first {
            First::Mixer(mixer) => mixer.forward(&normed, pass, states)?,
            First::Attention(attention) => attention.forward(&normed, pass, states)?,
        };
        let normed = pass.clock.time(Part::Rest, || {
            ops::add(x, &out)?;
            self.mlp_norm.apply(Input::One(x))
        })?;
        let out = self.mlp.forward(&normed, pass)?;
        pass.clock.time(Part::Rest, || ops::add(x, &out))
    }

    fn memory(&self) -> Memory {
        match &self.first {
            First::Mixer(mixer) => mixer.memory(),
            First::Attention(attention) => attention.memory(),
        }
    }

    fn cost(&self, position: usize) -> Cost {
        self.mlp.cost()
            + match &self.first {
                First::Mixer(mixer) => mixer.cost(),
                First::Attention(attention) => attention.cost(position),
            }
    }
}

impl Bamba {
    fn read(keys: &Keys) -> Result<Self> {
        let mut common = Common::read(keys, 262_144, None)?;
        if !keys.contains("num_key_value_heads") {
            keys.divides("num_key_value_heads", 8, common.heads.queries, "`num_attention_heads`")?;
            common.heads.keys = 8; // the class's own where the file says nothing
        }
        let hidden = common.hidden;
        let width = hidden * keys.size(&["mamba_expand"], 2)?;
        keys.fits("mamba_expand", width)?;
        let heads = keys.size(&["mamba_n_heads"], 128)?;
        keys.divides("mamba_n_heads", heads, width, MIXER_WIDTH)?;
        let by_itself = keys.value(&["mamba_d_head"]).is_none_or(|(_, value)| value.as_str() == Some("auto"));
        let head_dim = if by_itself { width / heads } else { keys.size(&["mamba_d_head"], 1)? };
        if heads * head_dim != width {
            let problem = format!("is {head_dim}: {heads} heads of it make no mixer of {MIXER_WIDTH}, {width}");
            return Err(keys.error("mamba_d_head", problem));
        }
        let eps = keys.small_number("rms_norm_eps", 1e-5)?;
        let mixer = MixerShape {
            hidden,
            heads,
            head_dim,
            state: keys.size(&["mamba_d_state"], 256)?,
            groups: keys.size(&["mamba_n_groups"], 1)?,
            taps: keys.size(&["mamba_d_conv"], 4)?,
            bias: keys.flag(&["mamba_proj_bias"], false)?,
            conv_bias: keys.flag(&["mamba_conv_bias"], true)?,
            dt_limit: keys.limits("time_step_limit")?,
            eps,
        };
        keys.divides("mamba_n_groups", mixer.groups, heads, "`mamba_n_heads`")?;
        let defaults = Defaults { partial: Some(("partial_rotary_factor", 0.5)), ..Defaults::of(common.context) };
        Ok(Self {
            attends: attends(keys, common.layers)?,
            mixer,
            rope: Rope::read(keys, common.heads.width, defaults)?,
            attention_bias: keys.flag(&["attention_bias"], false)?,
            mlp_bias: keys.flag(&["mlp_bias"], false)?,
            activation: activation(keys, "hidden_act", Activation::Silu)?,
            eps,
            tied: keys.flag(&["tie_word_embeddings"], false)?,
            common,
        })
    }

    fn attention(&self, tensors: &mut Tensors<'_>, prefix: &str, rotary: Arc<Rotary>) -> Result<Attention> {
        let heads = self.common.heads;
        let sizes = AttentionSizes {
            heads: heads.queries,
            kv_heads: heads.keys,
            head_dim: heads.width,
            scale: (heads.width as f32).powf(-0.5),
            window: None,
        };
        let (h, all, few) = (self.common.hidden, sizes.width(), sizes.kv_width());
        let mut linear = |name: &str, shape| tensors.biased(&format!("{prefix}.{name}"), shape, self.attention_bias);
        Ok(Attention {
            query: linear("q_proj", [all, h])?,
            key: linear("k_proj", [few, h])?,
            value: linear("v_proj", [few, h])?,
            output: linear("o_proj", [h, all])?,
            norms: None,
            clip: None,
            rotary: Some(rotary),
            sizes,
        })
    }
}

impl Architecture for Bamba {
    fn sizes(&self) -> Sizes {
        Sizes { vocab: self.common.vocab, layers: self.common.layers, context: Some(self.common.context) }
    }

    fn build(&self, tensors: &mut Tensors<'_>) -> Result<Parts> {
        let (h, f) = (self.common.hidden, self.common.inner);
        let names = ["model.embed_tokens", "lm_head"];
        let (embedding, head) = tensors.embedding_and_head(names, [self.common.vocab, h], self.tied, false)?;
        let rotary = Arc::new(self.rope.rotary(tensors.rope_scale()));
        let mut blocks: Vec<Box<dyn Block>> = Vec::with_capacity(self.attends.len());
        for (layer, &attends) in self.attends.iter().enumerate() {
            let prefix = format!("model.layers.{layer}");
            let first = if attends {
                First::Attention(self.attention(tensors, &format!("{prefix}.self_attn"), Arc::clone(&rotary))?)
            } else {
                First::Mixer(self.mixer.build(tensors, &format!("{prefix}.mamba"))?)
            };
            let [gate, up] = ["gate_proj", "up_proj"].map(|name| format!("{prefix}.feed_forward.{name}"));
            let halves = [&gate, &up].map(|name| Shape { name, out: f, input: h });
            let gate_up = tensors.stacked(&halves, self.mlp_bias)?;
            let down = tensors.biased(&format!("{prefix}.feed_forward.down_proj"), [h, f], self.mlp_bias)?;
            blocks.push(Box::new(Layer {
                norm: tensors.rms_norm(&format!("{prefix}.input_layernorm"), h, self.eps)?,
                first,
                mlp_norm: tensors.rms_norm(&format!("{prefix}.pre_ff_layernorm"), h, self.eps)?,
                mlp: Mlp::Gated { gate_up, down, activation: self.activation },
            }));
        }
        let final_norm = tensors.rms_norm("model.final_layernorm", h, self.eps)?;
        Ok(Parts { embedding, positions: None, blocks, final_norm, head })
    }
}

/// Which layers are of attention: `attn_layer_indices`.
fn attends(keys: &Keys, count: usize) -> Result<Vec<bool>> {
    let mut attends = vec![false; count];
    let Some((key, value)) = keys.value(&["attn_layer_indices"]) else { return Ok(attends) };
    let list: Option<Vec<u64>> = value.as_array().and_then(|list| list.iter().map(serde_json::Value::as_u64).collect());
    for layer in list.ok_or_else(|| keys.error(key, format!("is {value}, expected a list of layers")))? {
        match attends.get_mut(layer as usize) {
            Some(attends) => *attends = true,
            None => return Err(keys.error(key, format!("names layer {layer} of {count}"))),
        }
    }
    Ok(attends)
}
