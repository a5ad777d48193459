//! Zamba2: config → weights → forward (SPEC §2).

use std::path::Path;
use std::sync::Arc;

use candle_core::{Device, Tensor};
use half::bf16;

use crate::config::{LayerKind, Zamba2Config};
use crate::error::{Error, Result};
use crate::language_model::{LanguageModel, Logits, Sequence};
use crate::layout::{block_prefix, mixer_prefix};
use crate::ops::{self, AttentionSizes, Linear, MixerSizes, MixerWeights, Span};
use crate::state::{Cache, LayerState, State};
use crate::weights::Weights;

/// What is multiplied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// f32 arithmetic on the weights as they lie on disk.
    #[default]
    F32,
    /// Inputs and weights of linear layers rounded to bf16, sums in f32.
    Bf16,
}

/// The smallest Δt, the same for every token however it is computed (SPEC §6.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DtFloor {
    /// `time_step_min` of config.json, as transformers' prefill has it.
    #[default]
    Config,
    /// None, as the training kernels have it.
    Zero,
}

/// How a checkpoint is to be loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the types of the fields explain them")]
pub struct LoadOptions {
    pub precision: Precision,
    pub dt_floor: DtFloor,
}

/// A Zamba2 in memory.
#[derive(Debug)]
pub struct Zamba2 {
    config: Zamba2Config,
    embedding: Tensor, // [V, H]
    head: Linear,
    final_norm: Tensor,
    layers: Vec<Layer>,
    blocks: Vec<Block>,
    weight_bytes: u64,
}

#[derive(Debug)]
struct Layer {
    norm: Tensor, // [H]
    in_proj: Linear,
    mixer: MixerWeights,
    out_proj: Linear,
    call: Option<Call>,
}

/// A hybrid layer's call of a shared block: what is its own.
#[derive(Debug)]
struct Call {
    block: usize,
    adapters: Option<[Adapter; 3]>, // of queries, keys, values
    gate_up: Adapter,
    linear: Linear, // [H, H]
}

/// A low-rank addition: `(x Aᵀ) Bᵀ`.
#[derive(Debug)]
struct Adapter {
    down: Linear,
    up: Linear,
}

/// A shared attention block.
#[derive(Debug)]
struct Block {
    input_norm: Tensor,  // [2H]
    qkv: [Linear; 3],    // [2H, 2H] each
    output: Linear,      // [H, 2H]
    pre_ff_norm: Tensor, // [H]
    gate_up: Linear,     // [2F, H], gate rows first
    down: Linear,        // [H, F]
}

/// Reads tensors as linear layers, norms and slices, and counts them.
struct Loader<'a> {
    weights: &'a Weights,
    config: &'a Zamba2Config,
    options: LoadOptions,
    bytes: std::cell::Cell<u64>,
}

impl Loader<'_> {
    fn values(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let values = self.weights.get(name, shape)?;
        self.bytes.set(self.bytes.get() + (values.len() * size_of::<f32>()) as u64);
        Ok(values)
    }

    fn tensor(&self, name: &str, shape: &[usize]) -> Result<Tensor> {
        Ok(Tensor::from_vec(self.values(name, shape)?, shape, &Device::Cpu)?)
    }

    /// A linear layer without bias.
    fn linear(&self, name: &str, out: usize, input: usize) -> Result<Linear> {
        let rounded = self.options.precision == Precision::Bf16;
        let mut values = self.values(&format!("{name}.weight"), &[out, input])?;
        if rounded {
            for value in &mut values {
                *value = bf16::from_f32(*value).to_f32();
            }
        }
        Ok(Linear { weight: Tensor::from_vec(values, (out, input), &Device::Cpu)?, bias: None, rounded })
    }

    /// A linear layer that has a bias where the config says so.
    fn biased(&self, name: &str, out: usize, input: usize) -> Result<Linear> {
        let mut linear = self.linear(name, out, input)?;
        if self.config.linear_bias {
            linear.bias = Some(self.tensor(&format!("{name}.bias"), &[out])?);
        }
        Ok(linear)
    }

    fn adapter(&self, list: &str, ordinal: usize, out: usize, input: usize) -> Result<Adapter> {
        let rank = self.config.adapter_rank;
        let down = self.linear(&format!("{list}.{ordinal}.0"), rank, input)?;
        Ok(Adapter { down, up: self.linear(&format!("{list}.{ordinal}.1"), out, rank)? })
    }

    fn mixer(&self, prefix: &str) -> Result<MixerWeights> {
        let config = self.config;
        let (channels, taps, heads) = (config.conv_size(), config.conv_width, config.mamba_heads);
        let by_channel = self.values(&format!("{prefix}.conv1d.weight"), &[channels, 1, taps])?;
        let conv = (0..taps * channels).map(|i| by_channel[i % channels * taps + i / channels]).collect();
        let dt_floor = match self.options.dt_floor {
            DtFloor::Config => config.time_step_min,
            DtFloor::Zero => 0.0,
        };
        let log_a = self.values(&format!("{prefix}.A_log"), &[heads])?;
        Ok(MixerWeights {
            conv,
            conv_bias: self.values(&format!("{prefix}.conv1d.bias"), &[channels])?,
            dt_bias: self.values(&format!("{prefix}.dt_bias"), &[heads])?,
            a: log_a.into_iter().map(|log| -log.exp()).collect(),
            d: self.values(&format!("{prefix}.D"), &[heads])?,
            norm: self.values(&format!("{prefix}.norm.weight"), &[config.inner_size])?,
            sizes: MixerSizes {
                heads,
                head_dim: config.mamba_head_dim(),
                state: config.state_size,
                groups: config.groups,
                taps,
                dt_floor,
            },
        })
    }

    fn block(&self, prefix: &str) -> Result<Block> {
        let (h, wide, f) = (self.config.hidden_size, 2 * self.config.hidden_size, self.config.intermediate_size);
        let projection = |name: &str| self.linear(&format!("{prefix}.self_attn.{name}"), wide, wide);
        Ok(Block {
            input_norm: self.tensor(&format!("{prefix}.input_layernorm.weight"), &[wide])?,
            qkv: [projection("q_proj")?, projection("k_proj")?, projection("v_proj")?],
            output: self.linear(&format!("{prefix}.self_attn.o_proj"), h, wide)?,
            pre_ff_norm: self.tensor(&format!("{prefix}.pre_ff_layernorm.weight"), &[h])?,
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
}

impl Zamba2 {
    /// Reads the checkpoint in `dir`. Memory at its peak: the weights in f32 and the largest tensor as it lies on disk.
    ///
    /// # Errors
    /// Whatever is wrong with config.json or the weights, by file, tensor, what was expected and what was found.
    pub fn load(dir: &Path, options: &LoadOptions) -> Result<Self> {
        let config = Zamba2Config::read(dir)?;
        let weights = Weights::open(dir, &config)?;
        let loader = Loader { weights: &weights, config: &config, options: *options, bytes: 0.into() };
        let (v, h) = (config.vocab_size, config.hidden_size);
        let embedding = loader.tensor("model.embed_tokens.weight", &[v, h])?;
        let head = loader.head(&embedding)?;
        let final_norm = loader.tensor("model.final_layernorm.weight", &[h])?;
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
                let has_own = !config.tied && weights.contains(&format!("{own}.input_layernorm.weight"));
                let prefix = if has_own { own } else { block_prefix(hybrids[first]) };
                if has_own || ordinal < config.mem_blocks {
                    block_at.push(blocks.len());
                    blocks.push(loader.block(&prefix)?);
                } else {
                    block_at.push(block_at[first]);
                }
                Some(loader.call(&prefix, layer, ordinal, block_at[ordinal])?)
            } else {
                None
            };
            let prefix = mixer_prefix(&config, layer);
            layers.push(Layer {
                norm: loader.tensor(&format!("{prefix}.input_layernorm.weight"), &[h])?,
                in_proj: loader.biased(&format!("{prefix}.mamba.in_proj"), config.projection_size(), h)?,
                mixer: loader.mixer(&format!("{prefix}.mamba"))?,
                out_proj: loader.biased(&format!("{prefix}.mamba.out_proj"), h, config.inner_size)?,
                call,
            });
        }
        let weight_bytes = loader.bytes.get();
        Ok(Self { config, embedding, head, final_norm, layers, blocks, weight_bytes })
    }

    /// Its sizes.
    pub fn config(&self) -> &Zamba2Config {
        &self.config
    }

    /// Bytes of weights in memory.
    pub fn weight_bytes(&self) -> u64 {
        self.weight_bytes
    }

    /// One hybrid layer's addition to its mixer's input: x, e [rows, H] → [rows, H].
    fn call(&self, call: &Call, x: &Tensor, batch: &Batch, states: &mut [&mut LayerState]) -> Result<Tensor> {
        let (block, eps) = (&self.blocks[call.block], self.config.rms_norm_eps);
        let u = ops::rms_norm(&Tensor::cat(&[x, &batch.embedded], 1)?, &block.input_norm, eps)?; // [rows, 2H]
        let mut qkv = Vec::with_capacity(3);
        for (index, projection) in block.qkv.iter().enumerate() {
            let mut y = ops::linear(&u, projection)?;
            if let Some(adapters) = &call.adapters {
                y = (y + adapters[index].forward(&u)?)?;
            }
            if let (Some(rotation), true) = (&batch.rotation, index < 2) {
                y = rotation.apply(&y)?;
            }
            qkv.push(y);
        }
        let head_dim = self.config.attention_head_dim();
        let scale = (head_dim as f32 / 2.0).powf(-0.5);
        let sizes = AttentionSizes { heads: self.config.attention_heads, head_dim, scale };
        let attended = ops::attention(sizes, [&qkv[0], &qkv[1], &qkv[2]], &batch.spans, states)?;
        let m = ops::rms_norm(&ops::linear(&attended, &block.output)?, &block.pre_ff_norm, eps)?; // [rows, H]
        let gate_up = (ops::linear(&m, &block.gate_up)? + call.gate_up.forward(&m)?)?; // [rows, 2F]
        ops::linear(&ops::linear(&ops::gated_mlp(&gate_up)?, &block.down)?, &call.linear)
    }

    /// The stream after the last layer: [rows, H].
    fn stream(&self, batch: &Batch, states: &mut [&mut State]) -> Result<Tensor> {
        let mut x = batch.embedded.clone();
        for (index, layer) in self.layers.iter().enumerate() {
            let mut own: Vec<&mut LayerState> = states.iter_mut().map(|state| &mut state.layers[index]).collect();
            let input = match &layer.call {
                Some(call) => (&x + self.call(call, &x, batch, &mut own)?)?,
                None => x.clone(),
            };
            let projected =
                ops::linear(&ops::rms_norm(&input, &layer.norm, self.config.rms_norm_eps)?, &layer.in_proj)?;
            let mixed = ops::mixer(&layer.mixer, &projected, &batch.spans, &mut own)?; // [rows, DI]
            x = (x + ops::linear(&mixed, &layer.out_proj)?)?; // the call's output is not added to the stream
        }
        Ok(x)
    }

    fn batch(&self, sequences: &[Sequence<'_, State>]) -> Result<Batch> {
        let vocab = self.config.vocab_size;
        let mut spans = Vec::with_capacity(sequences.len());
        let mut ids = Vec::new();
        for sequence in sequences {
            if let Some(&token) = sequence.tokens.iter().find(|&&token| token as usize >= vocab) {
                return Err(Error::Token { token, vocab });
            }
            let (start, len) = (ids.len(), sequence.tokens.len());
            spans.push(Span { start, len, position: sequence.state.position, keep_state: sequence.keep_state });
            ids.extend_from_slice(sequence.tokens);
        }
        let positions = spans.iter().flat_map(|span| span.position..span.position + span.len);
        let rotation = self.config.rope_theta.map(|theta| {
            Rotation::new(positions, theta, self.config.attention_head_dim(), self.config.attention_heads)
        });
        let rows = ids.len();
        let embedded = self.embedding.index_select(&Tensor::from_vec(ids, rows, &Device::Cpu)?, 0)?;
        Ok(Batch { spans, embedded, rotation })
    }
}

/// The joined rows of a batch.
struct Batch {
    spans: Vec<Span>,
    embedded: Tensor, // [rows, H]
    rotation: Option<Rotation>,
}

impl Loader<'_> {
    /// The head: the embedding when tied (a head that lies there all the same must equal it), else its own.
    fn head(&self, embedding: &Tensor) -> Result<Linear> {
        let (v, h) = (self.config.vocab_size, self.config.hidden_size);
        let name = "lm_head.weight";
        if !self.config.tied {
            return self.linear("lm_head", v, h);
        }
        if self.weights.contains(name)
            && self.weights.get(name, &[v, h])? != embedding.flatten_all()?.to_vec1::<f32>()?
        {
            return Err(Error::NotTied { file: self.weights.file_of(name) });
        }
        let rounded = self.options.precision == Precision::Bf16;
        let weight = if rounded {
            embedding.to_dtype(candle_core::DType::BF16)?.to_dtype(candle_core::DType::F32)?
        } else {
            embedding.clone()
        };
        Ok(Linear { weight, bias: None, rounded })
    }
}

impl Adapter {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        ops::linear(&ops::linear(x, &self.down)?, &self.up)
    }
}

/// Rotary embedding of joined rows: pairs (i, i + HD/2), angle position · θ^(−2i/HD).
struct Rotation {
    cos: Vec<f32>, // [rows, HD/2]
    sin: Vec<f32>,
    head_dim: usize,
    heads: usize,
}

impl Rotation {
    fn new(positions: impl Iterator<Item = usize>, theta: f64, head_dim: usize, heads: usize) -> Self {
        let frequencies: Vec<f64> = (0..head_dim / 2).map(|i| theta.powf(-2.0 * i as f64 / head_dim as f64)).collect();
        let angles =
            positions.flat_map(|position| frequencies.iter().map(move |frequency| position as f64 * frequency));
        let (cos, sin) = angles.map(|angle| (angle.cos() as f32, angle.sin() as f32)).unzip();
        Self { cos, sin, head_dim, heads }
    }

    /// [rows, NA·HD] → the same, rotated.
    fn apply(&self, x: &Tensor) -> Result<Tensor> {
        let half = self.head_dim / 2;
        let shape = x.dims2()?;
        let mut values = x.flatten_all()?.to_vec1::<f32>()?;
        for (index, head) in values.chunks_exact_mut(self.head_dim).enumerate() {
            let row = index / self.heads * half;
            let (first, second) = head.split_at_mut(half);
            for i in 0..half {
                let (cos, sin) = (self.cos[row + i], self.sin[row + i]);
                (first[i], second[i]) = (first[i] * cos - second[i] * sin, second[i] * cos + first[i] * sin);
            }
        }
        Ok(Tensor::from_vec(values, shape, &Device::Cpu)?)
    }
}

impl LanguageModel for Zamba2 {
    type State = State;

    fn new_state(&self) -> State {
        let config = &self.config;
        let columns = Arc::new(vec![0f32; (config.conv_width - 1) * config.conv_size()]);
        let recurrent = Arc::new(vec![0f32; config.inner_size * config.state_size]);
        let layer = LayerState { columns, recurrent, cache: Cache::default() };
        State { position: 0, layers: vec![layer; config.layers.len()] }
    }

    fn forward(&self, sequences: &mut [Sequence<'_, State>]) -> Result<Vec<Logits>> {
        let vocab = self.config.vocab_size;
        let batch = self.batch(sequences)?;
        if batch.embedded.dim(0)? == 0 {
            return Ok(sequences.iter().map(|_| Logits::new(Vec::new(), vocab)).collect());
        }
        let wanted: Vec<_> = sequences.iter().map(|sequence| sequence.wanted.rows(sequence.tokens.len())).collect();
        let mut states: Vec<&mut State> = sequences.iter_mut().map(|sequence| &mut *sequence.state).collect();
        let x = self.stream(&batch, &mut states)?;
        for (state, span) in states.into_iter().zip(&batch.spans) {
            if span.keep_state {
                state.position += span.len;
            }
        }
        let rows: Vec<u32> = (batch.spans.iter().zip(&wanted))
            .flat_map(|(span, wanted)| wanted.clone().map(|row| (span.start + row) as u32))
            .collect();
        let mut logits = Vec::new();
        if !rows.is_empty() {
            let count = rows.len();
            let x = x.index_select(&Tensor::from_vec(rows, count, &Device::Cpu)?, 0)?;
            let x = ops::rms_norm(&x, &self.final_norm, self.config.rms_norm_eps)?;
            logits = ops::linear(&x, &self.head)?.flatten_all()?.to_vec1::<f32>()?;
        }
        let mut at = 0;
        let mut parts = Vec::with_capacity(wanted.len());
        for wanted in wanted {
            let end = at + wanted.len() * vocab;
            parts.push(Logits::new(logits[at..end].to_vec(), vocab));
            at = end;
        }
        Ok(parts)
    }

    fn vocab_size(&self) -> usize {
        self.config.vocab_size
    }

    fn state_bytes(&self, position: usize) -> u64 {
        let config = &self.config;
        let fixed = (config.conv_width - 1) * config.conv_size() + config.inner_size * config.state_size;
        let cached = 2 * position * 2 * config.hidden_size * config.hybrid_layers().len();
        ((config.layers.len() * fixed + cached) * size_of::<f32>()) as u64
    }
}
