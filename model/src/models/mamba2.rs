//! Mamba-2: nothing but its mixers; and the keys and tensors of such a mixer, which hybrids share.

use super::dense::{layer_count, refuse_unknown_switches};
use super::mamba::{backbone_name, expect_silu};
use super::registry::{Architecture, Known, Sizes};
use super::shared_block::{Layer, Mixer};
use super::{Block, Parts};
use crate::checkpoint::{Keys, Tensors};
use crate::error::Result;
use crate::layers::Mamba2;
use crate::ops::{MixerSizes, MixerWeights};
use crate::options::DtFloor;

pub(super) const KNOWN: Known = Known {
    model_type: "mamba2",
    family: "state-space",
    about: "Mamba-2 with groups, limits of dt, biases, tied or own head, today's and older names of the embedding",
    read: |keys| Ok(Box::new(Mamba2Config::read(keys)?)),
};

#[derive(Debug)]
struct Mamba2Config {
    hidden: usize,
    vocab: usize,
    layers: usize,
    mixer: MixerShape,
    eps: f64,
    tied: bool,
}

/// How wide a mixer is, by the keys that most say it with.
pub(super) const MIXER_WIDTH: &str = "`mamba_expand` × `hidden_size`";

/// A Mamba-2 mixer: sizes and switches.
#[derive(Debug, Clone, Copy)]
pub(super) struct MixerShape {
    pub(super) hidden: usize,
    pub(super) heads: usize,
    pub(super) head_dim: usize,
    pub(super) state: usize,
    pub(super) groups: usize,
    /// K.
    pub(super) taps: usize,
    pub(super) bias: bool,
    pub(super) conv_bias: bool,
    /// Least and greatest Δt.
    pub(super) dt_limit: [f32; 2],
    pub(super) eps: f64,
}

impl Mamba2Config {
    fn read(keys: &Keys) -> Result<Self> {
        refuse_unknown_switches(keys)?;
        expect_silu(keys)?;
        let hidden = keys.size_required(&["hidden_size"])?;
        let (heads, head_dim) = (keys.size(&["num_heads"], 128)?, keys.size(&["head_dim"], 64)?);
        let width = hidden * keys.size(&["expand"], 2)?;
        if heads * head_dim != width {
            let problem =
                format!("is {heads}: with `head_dim` {head_dim} it makes no mixer {width} wide, as `expand` does");
            return Err(keys.error("num_heads", problem));
        }
        let eps = keys.small_number("layer_norm_epsilon", 1e-5)?;
        let mixer = MixerShape {
            hidden,
            heads,
            head_dim,
            state: keys.size(&["state_size"], 128)?,
            groups: keys.size(&["n_groups"], 8)?,
            taps: keys.size(&["conv_kernel"], 4)?,
            bias: keys.flag(&["use_bias"], false)?,
            conv_bias: keys.flag(&["use_conv_bias"], true)?,
            dt_limit: keys.limits("time_step_limit")?,
            eps,
        };
        keys.divides("n_groups", mixer.groups, heads, "`num_heads`")?;
        Ok(Self {
            hidden,
            vocab: keys.size_required(&["vocab_size"])?,
            layers: layer_count(keys, &["num_hidden_layers"])?,
            mixer,
            eps,
            tied: keys.flag(&["tie_word_embeddings"], false)?,
        })
    }
}

impl Architecture for Mamba2Config {
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
            let mixer = Mixer::Second(self.mixer.build(tensors, &format!("{prefix}.mixer"))?);
            blocks.push(Box::new(Layer { norm, mixer, call: None }));
        }
        let final_norm = tensors.rms_norm("backbone.norm_f", self.hidden, self.eps)?;
        Ok(Parts { embedding, positions: None, blocks, final_norm, head })
    }
}

impl MixerShape {
    /// Goes through the tensors of the mixer under `prefix`.
    pub(super) fn build(&self, tensors: &mut Tensors<'_>, prefix: &str) -> Result<Mamba2> {
        let (heads, inner) = (self.heads, self.heads * self.head_dim);
        let channels = inner + 2 * self.groups * self.state;
        let dt_limit = match tensors.options().dt_floor {
            DtFloor::Config => self.dt_limit,
            DtFloor::Zero => [0.0, self.dt_limit[1]],
        };
        let mixer = MixerWeights {
            convolution: tensors.convolution(&format!("{prefix}.conv1d"), [channels, self.taps], self.conv_bias)?,
            dt_bias: tensors.values(&format!("{prefix}.dt_bias"), &[heads])?,
            a: tensors.decay(&format!("{prefix}.A_log"), &[heads])?,
            d: tensors.values(&format!("{prefix}.D"), &[heads])?,
            norm: tensors.values(&format!("{prefix}.norm.weight"), &[inner])?,
            sizes: MixerSizes {
                heads,
                head_dim: self.head_dim,
                state: self.state,
                groups: self.groups,
                dt_limit,
                norm_eps: self.eps as f32,
            },
        };
        let in_proj =
            tensors.biased(&format!("{prefix}.in_proj"), [inner + channels + heads, self.hidden], self.bias)?;
        Ok(Mamba2 {
            in_proj,
            mixer,
            out_proj: tensors.biased(&format!("{prefix}.out_proj"), [self.hidden, inner], self.bias)?,
        })
    }
}
