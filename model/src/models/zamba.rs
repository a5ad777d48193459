//! Zamba, the first: Mamba-1 mixers of several heads, and one attention block that some layers call before theirs.

use std::sync::Arc;

use super::dense::{activation, layer_count, refuse_unknown_switches};
use super::mamba2::MIXER_WIDTH;
use super::registry::{Architecture, Known, Sizes};
use super::shared_block::{Call, Layer, Mixer, Shared};
use super::{Block, Parts};
use crate::checkpoint::{Keys, Shape, Tensors};
use crate::error::Result;
use crate::kernels::{Activation, AttentionSizes};
use crate::layers::{Head, Mamba1};
use crate::ops::SelectiveWeights;

pub(super) const KNOWN: Known = Known {
    model_type: "zamba",
    family: "hybrid",
    about: "Mamba-1 mixers of several heads, one attention block shared by the layers that call it",
    read: |keys| Ok(Box::new(Zamba::read(keys)?)),
};

#[derive(Debug)]
struct Zamba {
    hidden: usize,
    vocab: usize,
    inner: usize,
    activation: Activation,
    /// Whether each layer calls the block.
    calls: Vec<bool>,
    attention: AttentionSizes,
    mixer: MixerShape,
    eps: f64,
    context: usize,
    tied: bool,
}

#[derive(Debug)]
struct MixerShape {
    /// I.
    width: usize,
    heads: usize,
    /// S.
    state: usize,
    /// K.
    taps: usize,
    /// R.
    rank: usize,
    conv_bias: bool,
    bias: bool,
}

impl Zamba {
    fn read(keys: &Keys) -> Result<Self> {
        refuse_unknown_switches(keys)?;
        let hidden = keys.size_required(&["hidden_size"])?;
        let heads = keys.size_required(&["num_attention_heads"])?;
        let kv_heads = keys.size(&["num_key_value_heads"], 16)?;
        keys.divides("num_key_value_heads", kv_heads, heads, "`num_attention_heads`")?;
        let wide = keys.size(&["attention_hidden_size"], 2 * hidden)?;
        if wide != 2 * hidden {
            return Err(
                keys.error("attention_hidden_size", format!("is {wide}, twice `hidden_size` is {}", 2 * hidden))
            );
        }
        if keys.value(&["attention_head_dim"]).is_none() && heads > wide {
            let problem = format!("is {heads}: of twice `hidden_size`, {wide}, nothing is left for a head");
            return Err(keys.error("num_attention_heads", problem));
        }
        let head_dim = keys.size(&["attention_head_dim"], wide / heads)?;
        keys.fits("attention_head_dim", head_dim * heads)?;
        if let Some((key, value)) =
            keys.value(&["hidden_mamba_act"]).filter(|(_, value)| value.as_str() != Some("silu"))
        {
            return Err(keys.error(key, format!("is {value}, expected \"silu\"")));
        }
        let width = hidden * keys.size(&["mamba_expand"], 2)?;
        keys.fits("mamba_expand", width)?;
        let mamba_heads = keys.size(&["n_mamba_heads"], 2)?;
        keys.divides("n_mamba_heads", mamba_heads, width, MIXER_WIDTH)?;
        Ok(Self {
            hidden,
            vocab: keys.size_required(&["vocab_size"])?,
            inner: keys.size_required(&["intermediate_size"])?,
            activation: activation(keys, "hidden_act", Activation::Gelu)?,
            calls: calls(keys)?,
            attention: AttentionSizes {
                heads,
                kv_heads,
                head_dim,
                scale: (head_dim as f32 / 2.0).powf(-0.5),
                window: None,
            },
            mixer: MixerShape {
                width,
                heads: mamba_heads,
                state: keys.size(&["mamba_d_state"], 16)?,
                taps: keys.size(&["mamba_d_conv"], 4)?,
                rank: keys.rank("mamba_dt_rank", hidden)?,
                conv_bias: keys.flag(&["mamba_conv_bias"], true)?,
                bias: keys.flag(&["mamba_proj_bias"], false)?,
            },
            eps: keys.small_number("rms_norm_eps", 1e-5)?,
            context: keys.size(&["max_position_embeddings"], 4096)?,
            tied: keys.flag(&["tie_word_embeddings"], true)?,
        })
    }

    fn mixer(&self, tensors: &mut Tensors<'_>, prefix: &str) -> Result<Mamba1> {
        let MixerShape { width, heads, state, taps, rank, conv_bias, bias } = self.mixer;
        let own = width / heads; // channels of a head
        // rows of x and of the gate take turns
        let rows: Vec<_> =
            (0..2).flat_map(|first| (0..width).map(move |row| 2 * row + first..2 * row + first + 1)).collect();
        let in_proj = Shape { name: &format!("{prefix}.in_proj"), out: 2 * width, input: self.hidden };
        let mut projections = Vec::with_capacity(heads);
        for head in 0..heads {
            let out = rank + 2 * state;
            let x_proj =
                tensors.slice(&format!("{prefix}.x_proj_weight"), &[heads, out, own], head * out..(head + 1) * out)?;
            let dt_proj = tensors.slice(
                &format!("{prefix}.dt_proj_weight"),
                &[heads, own, rank],
                head * own..(head + 1) * own,
            )?;
            projections.push(Head { x_proj, dt_proj, rank });
        }
        Ok(Mamba1 {
            in_proj: tensors.rows(in_proj, &rows, bias, false)?,
            convolution: tensors.convolution(&format!("{prefix}.conv1d"), [width, taps], conv_bias)?,
            heads: projections,
            norms: None,
            scan: SelectiveWeights {
                dt_bias: tensors.values(&format!("{prefix}.dt_proj_bias"), &[heads, own])?,
                a: tensors.decay(&format!("{prefix}.A_log"), &[heads, own, state])?,
                d: tensors.values(&format!("{prefix}.D"), &[heads, own])?,
                state,
                groups: heads,
            },
            out_proj: tensors.biased(&format!("{prefix}.out_proj"), [self.hidden, width], bias)?,
        })
    }

    fn shared(&self, tensors: &mut Tensors<'_>, prefix: &str) -> Result<Shared> {
        let (h, f, sizes) = (self.hidden, self.inner, self.attention);
        let mut projection = |name: &str, out| tensors.linear(&format!("{prefix}.self_attn.{name}"), [out, 2 * h]);
        let qkv = [
            projection("q_proj", sizes.width())?,
            projection("k_proj", sizes.kv_width())?,
            projection("v_proj", sizes.kv_width())?,
        ];
        let [gate, up] = ["gate_proj", "up_proj"].map(|name| format!("{prefix}.feed_forward.{name}"));
        let layers = [&gate, &up].map(|name| Shape { name, out: f, input: h });
        Ok(Shared {
            input_norm: tensors.rms_norm(&format!("{prefix}.input_layernorm"), 2 * h, self.eps)?,
            qkv,
            output: tensors.linear(&format!("{prefix}.self_attn.o_proj"), [h, sizes.width()])?,
            pre_ff_norm: tensors.rms_norm(&format!("{prefix}.pre_ff_layernorm"), h, self.eps)?,
            gate_up: tensors.stacked(&layers, false)?,
            down: tensors.linear(&format!("{prefix}.feed_forward.down_proj"), [h, f])?,
            activation: self.activation,
            rotary: None,
            sizes,
        })
    }
}

impl Architecture for Zamba {
    fn sizes(&self) -> Sizes {
        Sizes { vocab: self.vocab, layers: self.calls.len(), context: Some(self.context) }
    }

    fn build(&self, tensors: &mut Tensors<'_>) -> Result<Parts> {
        let h = self.hidden;
        let names = ["model.embed_tokens", "lm_head"];
        let (embedding, head) = tensors.embedding_and_head(names, [self.vocab, h], self.tied, false)?;
        let mut shared: Option<Arc<Shared>> = None;
        let mut blocks: Vec<Box<dyn Block>> = Vec::with_capacity(self.calls.len());
        for (layer, &calls) in self.calls.iter().enumerate() {
            let prefix = format!("model.layers.{layer}");
            let call = if calls {
                let own = format!("{prefix}.shared_transf");
                let block = match &shared {
                    Some(block) => {
                        tensors.unread(|tensors| self.shared(tensors, &own).map(drop))?; // a copy that may lie there
                        Arc::clone(block)
                    }
                    None => Arc::new(self.shared(tensors, &own)?),
                };
                shared = Some(Arc::clone(&block));
                let linear = tensors.linear(&format!("{prefix}.linear"), [h, h])?;
                Some(Call { block, adapters: None, gate_up: None, linear })
            } else {
                None
            };
            let prefix = if calls { format!("{prefix}.mamba_decoder") } else { prefix };
            let norm = tensors.rms_norm(&format!("{prefix}.input_layernorm"), h, self.eps)?;
            let mixer = Mixer::First(self.mixer(tensors, &format!("{prefix}.mamba"))?);
            blocks.push(Box::new(Layer { norm, mixer, call }));
        }
        let final_norm = tensors.rms_norm("model.final_layernorm", h, self.eps)?;
        Ok(Parts { embedding, positions: None, blocks, final_norm, head })
    }
}

/// Which layers call the block: `layers_block_type`, or by the period and the offset.
fn calls(keys: &Keys) -> Result<Vec<bool>> {
    let count = layer_count(keys, &["num_hidden_layers"])?;
    if let Some(kinds) = keys.list("layers_block_type", count)? {
        return kinds
            .iter()
            .map(|kind| match kind.as_str() {
                Some("hybrid") => Ok(true),
                Some("mamba" | "linear_attention") => Ok(false),
                _ => {
                    let problem = format!("says {kind}, expected `linear_attention` or `hybrid`");
                    Err(keys.error("layers_block_type", problem))
                }
            })
            .collect();
    }
    let (period, offset) = (keys.size(&["attn_layer_period"], 6)?, keys.whole("attn_layer_offset", 4)?);
    // the class puts three layers before those that it counts, the last of which calls
    Ok((0..count).map(|layer| layer == 2 || (layer > 2 && (layer - 3) % period == offset)).collect())
}
