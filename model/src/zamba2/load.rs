//! A checkpoint's tensors made into layers, one at a time.

use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;

use candle_core::{DType, Device, Tensor};

use super::angles::AngleTable;
use super::{Adapter, Backend, Block, Call, DtFloor, Layer, LoadOptions, Precision, Zamba2};
use crate::config::{LayerKind, Zamba2Config};
use crate::error::{Error, Result};
use crate::kernels::{Arithmetic, Convolution, Panels, Pool};
use crate::layout::{block_prefix, mixer_prefix};
use crate::ops::{Linear, MixerSizes, MixerWeights, Packed};
use crate::state::{Cache, LayerState, State};
use crate::weights::Weights;

/// Reads tensors as linear layers, norms and slices, and counts them.
struct Loader<'a> {
    weights: &'a Weights,
    config: &'a Zamba2Config,
    options: LoadOptions,
    bytes: Cell<u64>,
}

impl Loader<'_> {
    fn count(&self, bytes: usize) {
        self.bytes.set(self.bytes.get() + bytes as u64);
    }

    fn rounded(&self) -> bool {
        self.options.precision == Precision::Bf16
    }

    fn values(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let values = self.weights.get(name, shape)?;
        self.count(size_of_val(&*values));
        Ok(values)
    }

    fn panels(&self, name: &str, out: usize, input: usize, rounded: bool) -> Result<Panels> {
        let panels = self.weights.panels(name, [out, input], rounded)?;
        self.count(panels.bytes());
        Ok(panels)
    }

    /// The weight `name` with a bias.
    fn layer(&self, name: &str, [out, input]: [usize; 2], bias: Option<Vec<f32>>, rounded: bool) -> Result<Linear> {
        if self.options.backend == Backend::Kernels {
            let arithmetic = if rounded { Arithmetic::Bf16 } else { Arithmetic::F32 };
            let weight = Arc::new(self.panels(name, out, input, rounded)?);
            return Ok(Linear::Packed(Packed { weight, bias, arithmetic }));
        }
        let weight = Tensor::from_vec(self.values(name, &[out, input])?, (out, input), &Device::Cpu)?;
        let weight = if rounded { weight.to_dtype(DType::BF16)?.to_dtype(DType::F32)? } else { weight };
        let bias = bias.map(|bias| Tensor::from_vec(bias, out, &Device::Cpu)).transpose()?;
        Ok(Linear::Tensor { weight, bias, rounded })
    }

    /// A linear layer without bias.
    fn linear(&self, name: &str, out: usize, input: usize) -> Result<Linear> {
        self.layer(&format!("{name}.weight"), [out, input], None, self.rounded())
    }

    /// A linear layer that has a bias where the config says so.
    fn biased(&self, name: &str, out: usize, input: usize) -> Result<Linear> {
        let bias = if self.config.linear_bias { Some(self.values(&format!("{name}.bias"), &[out])?) } else { None };
        self.layer(&format!("{name}.weight"), [out, input], bias, self.rounded())
    }

    /// The embedding, as it lies on disk whatever the precision, and the head: the embedding when tied (a head that lies there all the
    /// same must equal it), else its own.
    fn embedding_and_head(&self) -> Result<(Linear, Linear)> {
        let (v, h) = (self.config.vocab_size, self.config.hidden_size);
        let (name, head) = ("model.embed_tokens.weight", "lm_head.weight");
        if self.config.tied && self.weights.contains(head) && !self.same(name, head)? {
            return Err(Error::NotTied { file: self.weights.file_of(head) });
        }
        let embedding = self.layer(name, [v, h], None, false)?;
        let head = match &embedding {
            _ if !self.config.tied => self.layer(head, [v, h], None, self.rounded())?,
            _ if !self.rounded() => embedding.clone(),
            Linear::Packed(packed) if packed.is_bf16() => {
                Linear::Packed(Packed { arithmetic: Arithmetic::Bf16, ..packed.clone() })
            }
            _ => self.layer(name, [v, h], None, true)?,
        };
        Ok((embedding, head))
    }

    /// Whether two tensors of the embedding's shape are equal.
    fn same(&self, one: &str, other: &str) -> Result<bool> {
        let shape = [self.config.vocab_size, self.config.hidden_size];
        let (one, other) = (self.weights.panels(one, shape, false)?, self.weights.panels(other, shape, false)?);
        let (mut left, mut right) = (vec![0.0; shape[1]], vec![0.0; shape[1]]);
        Ok((0..shape[0]).all(|row| {
            one.row(row, &mut left);
            other.row(row, &mut right);
            left == right
        }))
    }

    fn adapter(&self, list: &str, ordinal: usize, out: usize, input: usize) -> Result<Adapter> {
        let rank = self.config.adapter_rank;
        let down = self.linear(&format!("{list}.{ordinal}.0"), rank, input)?;
        Ok(Adapter { down, up: self.linear(&format!("{list}.{ordinal}.1"), out, rank)? })
    }

    fn mixer(&self, prefix: &str) -> Result<MixerWeights> {
        let config = self.config;
        let (channels, width, heads) = (config.conv_size(), config.conv_width, config.mamba_heads);
        let by_channel = self.values(&format!("{prefix}.conv1d.weight"), &[channels, 1, width])?;
        let taps = (0..width * channels).map(|i| by_channel[i % channels * width + i / channels]).collect();
        let dt_floor = match self.options.dt_floor {
            DtFloor::Config => config.time_step_min,
            DtFloor::Zero => 0.0,
        };
        let log_a = self.values(&format!("{prefix}.A_log"), &[heads])?;
        Ok(MixerWeights {
            convolution: Convolution { taps, bias: self.values(&format!("{prefix}.conv1d.bias"), &[channels])? },
            dt_bias: self.values(&format!("{prefix}.dt_bias"), &[heads])?,
            a: log_a.into_iter().map(|log| -log.exp()).collect(),
            d: self.values(&format!("{prefix}.D"), &[heads])?,
            norm: self.values(&format!("{prefix}.norm.weight"), &[config.inner_size])?,
            sizes: MixerSizes {
                heads,
                head_dim: config.mamba_head_dim(),
                state: config.state_size,
                groups: config.groups,
                dt_floor,
            },
        })
    }

    fn block(&self, prefix: &str) -> Result<Block> {
        let (h, wide, f) = (self.config.hidden_size, 2 * self.config.hidden_size, self.config.intermediate_size);
        let projection = |name: &str| self.linear(&format!("{prefix}.self_attn.{name}"), wide, wide);
        Ok(Block {
            input_norm: self.values(&format!("{prefix}.input_layernorm.weight"), &[wide])?,
            qkv: [projection("q_proj")?, projection("k_proj")?, projection("v_proj")?],
            output: self.linear(&format!("{prefix}.self_attn.o_proj"), h, wide)?,
            pre_ff_norm: self.values(&format!("{prefix}.pre_ff_layernorm.weight"), &[h])?,
            gate_up: self.biased(&format!("{prefix}.feed_forward.gate_up_proj"), 2 * f, h)?,
            down: self.biased(&format!("{prefix}.feed_forward.down_proj"), h, f)?,
        })
    }

    fn call(&self, prefix: &str, layer: usize, ordinal: usize, block: usize) -> Result<Call> {
        let (h, wide, f) = (self.config.hidden_size, 2 * self.config.hidden_size, self.config.intermediate_size);
        let attention = |letter: &str| {
            self.adapter(&format!("{prefix}.self_attn.linear_{letter}_adapter_list"), ordinal, wide, wide)
        };
        Ok(Call {
            block,
            adapters: if self.config.attention_adapters {
                Some([attention("q")?, attention("k")?, attention("v")?])
            } else {
                None
            },
            gate_up: self.adapter(&format!("{prefix}.feed_forward.gate_up_proj_adapter_list"), ordinal, 2 * f, h)?,
            linear: self.linear(&format!("model.layers.{layer}.linear"), h, h)?,
        })
    }

    /// All layers, and the shared blocks they call.
    fn layers(&self) -> Result<(Vec<Layer>, Vec<Block>)> {
        let config = self.config;
        let h = config.hidden_size;
        let hybrids = config.hybrid_layers();
        let mut blocks = Vec::new();
        let mut block_at: Vec<usize> = Vec::new(); // by hybrid ordinal
        let mut layers = Vec::with_capacity(config.layers.len());
        for layer in 0..config.layers.len() {
            let call = if config.layers[layer] == LayerKind::Hybrid {
                let ordinal = block_at.len();
                let first = ordinal % config.mem_blocks;
                // a checkpoint that ties nothing may hold a copy of its own for every call (SPEC §3)
                let own = block_prefix(layer);
                let has_own = !config.tied && self.weights.contains(&format!("{own}.input_layernorm.weight"));
                let prefix = if has_own { own } else { block_prefix(hybrids[first]) };
                if has_own || ordinal < config.mem_blocks {
                    block_at.push(blocks.len());
                    blocks.push(self.block(&prefix)?);
                } else {
                    block_at.push(block_at[first]);
                }
                Some(self.call(&prefix, layer, ordinal, block_at[ordinal])?)
            } else {
                None
            };
            let prefix = mixer_prefix(config, layer);
            layers.push(Layer {
                norm: self.values(&format!("{prefix}.input_layernorm.weight"), &[h])?,
                in_proj: self.biased(&format!("{prefix}.mamba.in_proj"), config.projection_size(), h)?,
                mixer: self.mixer(&format!("{prefix}.mamba"))?,
                out_proj: self.biased(&format!("{prefix}.mamba.out_proj"), h, config.inner_size)?,
                call,
            });
        }
        Ok((layers, blocks))
    }
}

/// Reads the checkpoint in `dir`.
pub(super) fn load(dir: &Path, options: LoadOptions) -> Result<Zamba2> {
    let config = Zamba2Config::read(dir)?;
    let weights = Weights::open(dir, &config)?;
    let loader = Loader { weights: &weights, config: &config, options, bytes: Cell::new(0) };
    let (embedding, head) = loader.embedding_and_head()?;
    let final_norm = loader.values("model.final_layernorm.weight", &[config.hidden_size])?;
    let (layers, blocks) = loader.layers()?;
    let weight_bytes = loader.bytes.get();
    let angles = config.rope_theta.map(|theta| AngleTable::new(theta, config.attention_head_dim()));
    let pool = Arc::new(Pool::default());
    let empty = empty_state(&config, &pool)?;
    Ok(Zamba2 { config, embedding, head, final_norm, layers, blocks, angles, empty, pool, weight_bytes })
}

/// The state before any token. Its layers share their zeros.
fn empty_state(config: &Zamba2Config, pool: &Arc<Pool>) -> Result<State> {
    let columns = Arc::new(pool.zeros((config.conv_width - 1) * config.conv_size())?);
    let recurrent = Arc::new(pool.zeros(config.inner_size * config.state_size)?);
    let layer = LayerState { columns, recurrent, cache: Cache::default() };
    Ok(State { position: 0, layers: vec![layer; config.layers.len()] })
}
