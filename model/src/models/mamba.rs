//! Mamba and Falcon Mamba: nothing but Mamba-1 mixers.

use super::dense::{layer_count, refuse_unknown_switches};
use super::registry::{Architecture, Known, Sizes};
use super::shared_block::{Layer, Mixer};
use super::{Block, Parts};
use crate::checkpoint::{Keys, Tensors};
use crate::error::Result;
use crate::layers::{Head, Mamba1};
use crate::ops::{Norm, SelectiveWeights};

pub(super) const MAMBA: Known = Known {
    model_type: "mamba",
    family: "state-space",
    about: "Mamba-1, with or without biases, tied or own head, today's and older names of the embedding",
    read: |keys| Ok(Box::new(Mamba::read(keys, None)?)),
};

pub(super) const FALCON_MAMBA: Known = Known {
    model_type: "falcon_mamba",
    family: "state-space",
    about: "as mamba, with norms of dt, B and C",
    read: |keys| Ok(Box::new(Mamba::read(keys, Some(keys.small_number("mixer_rms_eps", 1e-6)?))?)),
};

#[derive(Debug)]
struct Mamba {
    hidden: usize,
    vocab: usize,
    layers: usize,
    /// I.
    width: usize,
    /// S.
    state: usize,
    /// K.
    taps: usize,
    /// R.
    rank: usize,
    bias: bool,
    conv_bias: bool,
    eps: f64,
    /// ε of the norms of Δt, B and C, where there are any.
    select_eps: Option<f64>,
    tied: bool,
}

impl Mamba {
    fn read(keys: &Keys, select_eps: Option<f64>) -> Result<Self> {
        refuse_unknown_switches(keys)?;
        expect_silu(keys)?;
        let hidden = keys.size_required(&["hidden_size"])?;
        // the file may hold the width itself, which counts only where it is what the class computes
        let width = hidden * keys.size(&["expand"], 2)?;
        keys.fits("expand", width)?;
        Ok(Self {
            hidden,
            vocab: keys.size_required(&["vocab_size"])?,
            layers: layer_count(keys, &["num_hidden_layers"])?,
            width,
            state: keys.size(&["state_size"], 16)?,
            taps: keys.size(&["conv_kernel"], 4)?,
            rank: keys.rank("time_step_rank", hidden)?,
            bias: keys.flag(&["use_bias"], false)?,
            conv_bias: keys.flag(&["use_conv_bias"], true)?,
            eps: keys.small_number("layer_norm_epsilon", 1e-5)?,
            select_eps,
            tied: keys.flag(&["tie_word_embeddings"], true)?,
        })
    }

    fn mixer(&self, tensors: &mut Tensors<'_>, prefix: &str) -> Result<Mamba1> {
        let (width, state, rank) = (self.width, self.state, self.rank);
        let head = Head {
            x_proj: tensors.linear(&format!("{prefix}.x_proj"), [rank + 2 * state, width])?,
            dt_proj: tensors.linear(&format!("{prefix}.dt_proj"), [width, rank])?,
            rank,
        };
        Ok(Mamba1 {
            in_proj: tensors.biased(&format!("{prefix}.in_proj"), [2 * width, self.hidden], self.bias)?,
            convolution: tensors.convolution(&format!("{prefix}.conv1d"), [width, self.taps], self.conv_bias)?,
            heads: vec![head],
            norms: self.select_eps.map(|eps| [rank, state, state].map(|width| Norm::bare_rms(width, eps))),
            scan: SelectiveWeights {
                dt_bias: tensors.values(&format!("{prefix}.dt_proj.bias"), &[width])?,
                a: tensors.decay(&format!("{prefix}.A_log"), &[width, state])?,
                d: tensors.values(&format!("{prefix}.D"), &[width])?,
                state,
                groups: 1,
            },
            out_proj: tensors.biased(&format!("{prefix}.out_proj"), [self.hidden, width], self.bias)?,
        })
    }
}

impl Architecture for Mamba {
    fn sizes(&self) -> Sizes {
        Sizes { vocab: self.vocab, layers: self.layers, context: None }
    }

    fn current_name(&self, found: &str) -> Option<String> {
        Some(backbone_name(found))
    }

    fn build(&self, tensors: &mut Tensors<'_>) -> Result<Parts> {
        let shape = [self.vocab, self.hidden];
        let (embedding, head) =
            tensors.embedding_and_head(["backbone.embeddings", "lm_head"], shape, self.tied, false)?;
        let mut blocks: Vec<Box<dyn Block>> = Vec::with_capacity(self.layers);
        for layer in 0..self.layers {
            let prefix = format!("backbone.layers.{layer}");
            let norm = tensors.rms_norm(&format!("{prefix}.norm"), self.hidden, self.eps)?;
            let mixer = Mixer::First(self.mixer(tensors, &format!("{prefix}.mixer"))?);
            blocks.push(Box::new(Layer { norm, mixer, call: None }));
        }
        let final_norm = tensors.rms_norm("backbone.norm_f", self.hidden, self.eps)?;
        Ok(Parts { embedding, positions: None, blocks, final_norm, head })
    }
}

/// Older files call the embedding by its singular.
pub(super) fn backbone_name(found: &str) -> String {
    if found == "backbone.embedding.weight" { "backbone.embeddings.weight".into() } else { found.to_owned() }
}

/// Mixers have `SiLU` after the convolution and in the gate.
pub(super) fn expect_silu(keys: &Keys) -> Result<()> {
    match keys.value(&["hidden_act"]) {
        Some((key, value)) if !matches!(value.as_str(), Some("silu" | "swish")) => {
            Err(keys.error(key, format!("is {value}, expected \"silu\"")))
        }
        _ => Ok(()),
    }
}
