//! Zamba2: Mamba-2 mixers, and shared attention blocks with adapters of each call. Its formulas and their sources: ZAMBA2.md.

mod config;
mod names;

use std::sync::Arc;

use super::registry::{Architecture, Known, Sizes};
use super::rope::Rope;
use super::shared_block::{Adapter, Call, Layer, Mixer, Shared};
use super::{Block, Parts};
use crate::checkpoint::{Keys, Tensors};
use crate::error::Result;
use crate::kernels::{Activation, AttentionSizes};
use crate::layers::{Mamba2, Rotary};
use crate::ops::{MixerSizes, MixerWeights};
use crate::options::DtFloor;
use config::{LayerKind, Zamba2Config};

pub(super) const KNOWN: Known = Known {
    model_type: "zamba2",
    family: "hybrid",
    about: "three dialects of config.json, the tensor names of 2024 and of today, tied or own copies of the shared blocks",
    read: |keys: &Keys| Ok(Box::new(Zamba2Config::read(keys)?)),
};

/// ε of the gated norm, whatever the config says.
const GATED_NORM_EPS: f32 = 1e-5;

impl Architecture for Zamba2Config {
    fn sizes(&self) -> Sizes {
        Sizes { vocab: self.vocab_size, layers: self.layers.len(), context: Some(self.max_position_embeddings) }
    }

    fn current_name(&self, found: &str) -> Option<String> {
        Some(names::current_name(self, found))
    }

    fn build(&self, tensors: &mut Tensors<'_>) -> Result<Parts> {
        let (h, v) = (self.hidden_size, self.vocab_size);
        let names = ["model.embed_tokens", "lm_head"];
        let (embedding, head) = tensors.embedding_and_head(names, [v, h], self.tied, false)?;
        let final_norm = tensors.rms_norm("model.final_layernorm", h, self.rms_norm_eps)?;
        let rotary = self.rope_theta.map(|theta| {
            let frequencies = Rotary::frequencies(theta, self.attention_head_dim());
            Arc::new(Rope { frequencies, factor: 1.0 }.rotary(tensors.rope_scale()))
        });
        let hybrids = self.hybrid_layers();
        let mut shared: Vec<Arc<Shared>> = Vec::with_capacity(hybrids.len()); // by hybrid ordinal
        let mut blocks: Vec<Box<dyn Block>> = Vec::with_capacity(self.layers.len());
        for layer in 0..self.layers.len() {
            let call = if self.layers[layer] == LayerKind::Hybrid {
                let ordinal = shared.len();
                let first = ordinal % self.mem_blocks;
                // a checkpoint that ties nothing may hold a copy of its own for every call
                let own = names::block_prefix(layer);
                let has_own = !self.tied && tensors.contains(&format!("{own}.input_layernorm.weight"));
                let prefix = if has_own { own.clone() } else { names::block_prefix(hybrids[first]) };
                shared.push(if has_own || ordinal < self.mem_blocks {
                    Arc::new(self.shared(tensors, &prefix, rotary.clone())?)
                } else {
                    Arc::clone(&shared[first])
                });
                let call = self.call(tensors, &prefix, [layer, ordinal], Arc::clone(&shared[ordinal]))?;
                // copies of the block under this layer's name and adapters of other calls may lie there
                tensors.unread(|tensors| {
                    self.shared(tensors, &own, None)?;
                    (0..hybrids.len()).try_for_each(|ordinal| self.adapters(tensors, &own, ordinal).map(drop))
                })?;
                Some(call)
            } else {
                None
            };
            let prefix = names::mixer_prefix(self, layer);
            let norm = tensors.rms_norm(&format!("{prefix}.input_layernorm"), h, self.rms_norm_eps)?;
            blocks.push(Box::new(Layer {
                norm,
                mixer: Mixer::Second(self.mixer(tensors, &format!("{prefix}.mamba"))?),
                call,
            }));
        }
        Ok(Parts { embedding, positions: None, blocks, final_norm, head })
    }
}

impl Zamba2Config {
    fn mixer(&self, tensors: &mut Tensors<'_>, prefix: &str) -> Result<Mamba2> {
        let (h, inner, heads) = (self.hidden_size, self.inner_size, self.mamba_heads);
        let in_proj = tensors.biased(&format!("{prefix}.in_proj"), [self.projection_size(), h], self.linear_bias)?;
        let floor = match tensors.options().dt_floor {
            DtFloor::Config => self.time_step_min,
            DtFloor::Zero => 0.0,
        };
        let mixer = MixerWeights {
            convolution: tensors.convolution(&format!("{prefix}.conv1d"), [self.conv_size(), self.conv_width], true)?,
            dt_bias: tensors.values(&format!("{prefix}.dt_bias"), &[heads])?,
            a: tensors.decay(&format!("{prefix}.A_log"), &[heads])?,
            d: tensors.values(&format!("{prefix}.D"), &[heads])?,
            norm: tensors.values(&format!("{prefix}.norm.weight"), &[inner])?,
            sizes: MixerSizes {
                heads,
                head_dim: self.mamba_head_dim(),
                state: self.state_size,
                groups: self.groups,
                dt_limit: [floor, f32::INFINITY],
                norm_eps: GATED_NORM_EPS,
            },
        };
        let out_proj = tensors.biased(&format!("{prefix}.out_proj"), [h, inner], self.linear_bias)?;
        Ok(Mamba2 { in_proj, mixer, out_proj })
    }

    fn shared(&self, tensors: &mut Tensors<'_>, prefix: &str, rotary: Option<Arc<Rotary>>) -> Result<Shared> {
        let (h, wide, f, head_dim) =
            (self.hidden_size, 2 * self.hidden_size, self.intermediate_size, self.attention_head_dim());
        let mut projection = |name: &str| tensors.linear(&format!("{prefix}.self_attn.{name}"), [wide, wide]);
        let qkv = [projection("q_proj")?, projection("k_proj")?, projection("v_proj")?];
        let (gate_up, down) =
            (format!("{prefix}.feed_forward.gate_up_proj"), format!("{prefix}.feed_forward.down_proj"));
        Ok(Shared {
            input_norm: tensors.rms_norm(&format!("{prefix}.input_layernorm"), wide, self.rms_norm_eps)?,
            qkv,
            output: tensors.linear(&format!("{prefix}.self_attn.o_proj"), [h, wide])?,
            pre_ff_norm: tensors.rms_norm(&format!("{prefix}.pre_ff_layernorm"), h, self.rms_norm_eps)?,
            gate_up: tensors.biased(&gate_up, [2 * f, h], self.linear_bias)?,
            down: tensors.biased(&down, [h, f], self.linear_bias)?,
            activation: Activation::Gelu,
            rotary,
            sizes: AttentionSizes {
                heads: self.attention_heads,
                kv_heads: self.attention_heads,
                head_dim,
                scale: (head_dim as f32 / 2.0).powf(-0.5),
                window: None,
            },
        })
    }

    fn call(
        &self,
        tensors: &mut Tensors<'_>,
        prefix: &str,
        [layer, ordinal]: [usize; 2],
        block: Arc<Shared>,
    ) -> Result<Call> {
        let h = self.hidden_size;
        let (adapters, gate_up) = self.adapters(tensors, prefix, ordinal)?;
        let gate_up = Some(gate_up);
        Ok(Call { block, adapters, gate_up, linear: tensors.linear(&format!("model.layers.{layer}.linear"), [h, h])? })
    }

    /// What call number `ordinal` adds to the block under `prefix`: to its queries, keys and values, and to its MLP.
    fn adapters(
        &self,
        tensors: &mut Tensors<'_>,
        prefix: &str,
        ordinal: usize,
    ) -> Result<(Option<[Adapter; 3]>, Adapter)> {
        let (h, wide, f) = (self.hidden_size, 2 * self.hidden_size, self.intermediate_size);
        let attention = if self.attention_adapters {
            let mut adapter = |letter: &str| {
                let name = format!("{prefix}.self_attn.linear_{letter}_adapter_list.{ordinal}");
                self.adapter(tensors, &name, [wide, wide])
            };
            Some([adapter("q")?, adapter("k")?, adapter("v")?])
        } else {
            None
        };
        let mlp = format!("{prefix}.feed_forward.gate_up_proj_adapter_list.{ordinal}");
        Ok((attention, self.adapter(tensors, &mlp, [2 * f, h])?))
    }

    fn adapter(&self, tensors: &mut Tensors<'_>, name: &str, [out, input]: [usize; 2]) -> Result<Adapter> {
        let rank = self.adapter_rank;
        let down = tensors.linear(&format!("{name}.0"), [rank, input])?;
        Ok(Adapter { down, up: tensors.linear(&format!("{name}.1"), [out, rank])? })
    }
}
