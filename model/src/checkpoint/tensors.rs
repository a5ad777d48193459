//! What a model asks of a checkpoint: each tensor by name and shape, said once.
//!
//! An architecture goes through its tensors in one function, with a [`Tensors`] that either notes what is asked for (to check the
//! headers, to write random checkpoints, to know sizes) or reads it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use candle_core::{Device, Tensor};

use super::read::{Slice, hollow};
use super::weights::Weights;
use crate::error::{Error, Result};
use crate::kernels::{Arithmetic, Convolution, Format, MOST_INPUTS};
use crate::ops::{Linear, Norm, Packed};
use crate::options::{Backend, LoadOptions, Precision};

/// What tells nobody to stop.
pub(crate) static NEVER: AtomicBool = AtomicBool::new(false);

/// What a file may hold under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) shape: Vec<usize>,
    /// Otherwise it may be left out: a repeated block, an unused adapter, a head that is the embedding.
    pub(crate) required: bool,
}

/// A linear layer to be asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape<'a> {
    /// Its name without `.weight`.
    pub(crate) name: &'a str,
    pub(crate) out: usize,
    pub(crate) input: usize,
}

/// What becomes of a tensor that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// Its name and shape are noted.
    Note,
    /// Besides, what it would take in memory is counted.
    Size,
    /// It is read.
    Read,
}

/// Tensors asked for one by one.
#[derive(Debug)]
pub(crate) struct Tensors<'a> {
    weights: Option<&'a Weights>,
    purpose: Purpose,
    /// Whether the checkpoint must hold what is asked for.
    required: bool,
    options: LoadOptions,
    slots: BTreeMap<String, Slot>,
    bytes: u64,
    /// Whether anything goes by rotated positions.
    rotates: bool,
    /// Ends the reading once it is set.
    stop: &'a AtomicBool,
}

impl<'a> Tensors<'a> {
    /// Notes what is asked for; `weights`, where there are any, say which of the tensors that may be left out are there. What it gives
    /// is hollow: of the right sizes, and without numbers.
    pub(crate) fn noting(weights: Option<&'a Weights>) -> Self {
        Self {
            weights,
            purpose: Purpose::Note,
            required: true,
            options: LoadOptions::default(),
            slots: BTreeMap::new(),
            bytes: 0,
            rotates: false,
            stop: &NEVER,
        }
    }

    /// Reads what is asked for, until `stop` is set: then what is asked for next is [`Error::Interrupted`].
    pub(crate) fn reading(weights: &'a Weights, options: LoadOptions, stop: &'a AtomicBool) -> Self {
        Self { weights: Some(weights), purpose: Purpose::Read, options, stop, ..Self::noting(None) }
    }

    /// Counts what reading would take; `weights` hold all that is asked for.
    pub(crate) fn sizing(weights: &'a Weights, options: LoadOptions) -> Self {
        Self { purpose: Purpose::Size, ..Self::reading(weights, options, &NEVER) }
    }

    /// How the checkpoint is to be loaded.
    pub(crate) fn options(&self) -> LoadOptions {
        self.options
    }

    /// What the positions of a rotary embedding are divided by.
    pub(crate) fn rope_scale(&mut self) -> f64 {
        self.rotates = true;
        self.options.rope_scale.unwrap_or(1.0)
    }

    /// Whether a rotary embedding was built.
    pub(crate) fn rotates(&self) -> bool {
        self.rotates
    }

    /// All that was asked for.
    pub(crate) fn into_slots(self) -> BTreeMap<String, Slot> {
        self.slots
    }

    /// Bytes of what was read, or would be, as it lies in memory.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether the checkpoint holds tensor `name`.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.weights.is_some_and(|weights| weights.contains(name))
    }

    /// What `ask` asks for may be there, and is not read.
    pub(crate) fn unread(&mut self, ask: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        let before = (self.purpose, self.required);
        (self.purpose, self.required) = (Purpose::Note, false);
        let asked = ask(self);
        (self.purpose, self.required) = before;
        asked
    }

    /// A tensor's numbers.
    pub(crate) fn values(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        self.note(name, shape);
        let values = match self.weights.filter(|_| self.purpose == Purpose::Read) {
            None => vec![0.0; shape.iter().product()],
            Some(weights) => {
                go_on(self.stop)?;
                weights.get(name, shape)?
            }
        };
        self.count(size_of_val(&*values));
        Ok(values)
    }

    /// An RMS norm by its name without `.weight`.
    pub(crate) fn rms_norm(&mut self, name: &str, width: usize, eps: f64) -> Result<Norm> {
        Ok(Norm::Rms { weight: self.values(&format!("{name}.weight"), &[width])?, eps })
    }

    /// A layer norm by its name without `.weight` and `.bias`.
    pub(crate) fn layer_norm(&mut self, name: &str, width: usize, eps: f64) -> Result<Norm> {
        let weight = self.values(&format!("{name}.weight"), &[width])?;
        Ok(Norm::Layer { weight, bias: self.values(&format!("{name}.bias"), &[width])?, eps })
    }

    /// A layer norm that has a weight alone.
    pub(crate) fn scaled_norm(&mut self, name: &str, width: usize, eps: f64) -> Result<Norm> {
        let weight = self.values(&format!("{name}.weight"), &[width])?;
        Ok(Norm::Layer { weight, bias: vec![0.0; width], eps })
    }

    /// A linear layer by its name without `.weight`.
    pub(crate) fn linear(&mut self, name: &str, shape: [usize; 2]) -> Result<Linear> {
        self.weight(&[Slice::all(format!("{name}.weight"), shape)], None, self.options.precision)
    }

    /// A linear layer by its name without `.weight`, with a `.bias` where `bias` says so.
    pub(crate) fn biased(&mut self, name: &str, shape: [usize; 2], bias: bool) -> Result<Linear> {
        self.stacked(&[Shape { name, out: shape[0], input: shape[1] }], bias)
    }

    /// Linear layers of one input, as one: the outputs of the first, then those of the next.
    pub(crate) fn stacked(&mut self, layers: &[Shape<'_>], bias: bool) -> Result<Linear> {
        let mut all = None;
        if bias {
            let mut values = Vec::new();
            for layer in layers {
                values.extend(self.values(&format!("{}.bias", layer.name), &[layer.out])?);
            }
            all = Some(values);
        }
        let rows: Vec<Slice> =
            layers.iter().map(|layer| Slice::all(format!("{}.weight", layer.name), [layer.out, layer.input])).collect();
        self.weight(&rows, all, self.options.precision)
    }

    /// Some rows of a linear layer that several share, in this order, with its bias where `bias` says so. `turned`: it is stored as
    /// [input, out].
    pub(crate) fn rows(&mut self, layer: Shape<'_>, rows: &[Range<usize>], bias: bool, turned: bool) -> Result<Linear> {
        let bias = if bias {
            let all = self.values(&format!("{}.bias", layer.name), &[layer.out])?;
            Some(rows.iter().flat_map(|rows| all[rows.clone()].iter().copied()).collect())
        } else {
            None
        };
        let shape = if turned { vec![layer.input, layer.out] } else { vec![layer.out, layer.input] };
        let name = format!("{}.weight", layer.name);
        let rows: Vec<Slice> = rows
            .iter()
            .map(|rows| Slice { name: name.clone(), shape: shape.clone(), rows: rows.clone(), turned })
            .collect();
        self.weight(&rows, bias, self.options.precision)
    }

    /// A linear layer without bias that is the rows `rows` of tensor `name`, whose last side is its input.
    pub(crate) fn slice(&mut self, name: &str, shape: &[usize], rows: Range<usize>) -> Result<Linear> {
        let rows = Slice { name: name.to_owned(), shape: shape.to_vec(), rows, turned: false };
        self.weight(&[rows], None, self.options.precision)
    }

    /// The taps [K, CD] and the bias [CD] of a causal convolution by its name without `.weight` and `.bias`; zeros where it has no bias.
    pub(crate) fn convolution(&mut self, name: &str, [channels, width]: [usize; 2], bias: bool) -> Result<Convolution> {
        let by_channel = self.values(&format!("{name}.weight"), &[channels, 1, width])?;
        let taps = (0..width * channels).map(|i| by_channel[i % channels * width + i / channels]).collect();
        let bias = if bias { self.values(&format!("{name}.bias"), &[channels])? } else { vec![0.0; channels] };
        Ok(Convolution { taps, bias })
    }

    /// −exp of a tensor: what recurrences store as `A_log`.
    pub(crate) fn decay(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        Ok(self.values(name, shape)?.into_iter().map(|log| -log.exp()).collect())
    }

    /// An embedding by its name without `.weight`, as it lies on disk whatever the precision.
    pub(crate) fn embedding(&mut self, name: &str, shape: [usize; 2]) -> Result<Linear> {
        self.weight(&[Slice::all(format!("{name}.weight"), shape)], None, Precision::F32)
    }

    /// The embedding [V, H], as it lies on disk whatever the precision (but of four bits where it is the head, too), and the head: the
    /// embedding when `tied` (a head that lies there all the same must equal it), else its own.
    pub(crate) fn embedding_and_head(
        &mut self,
        [embedding, head]: [&str; 2],
        shape: [usize; 2],
        tied: bool,
        bias: bool,
    ) -> Result<(Linear, Linear)> {
        let [name, head_name] = [embedding, head].map(|name| format!("{name}.weight"));
        let bias = if bias { Some(self.values(&format!("{head}.bias"), &[shape[0]])?) } else { None };
        if tied {
            self.unread(|tensors| {
                tensors.weight(&[Slice::all(head_name.clone(), shape)], None, Precision::F32).map(drop)
            })?;
            if let Some(weights) =
                self.weights.filter(|weights| self.purpose == Purpose::Read && weights.contains(&head_name))
                && !same(weights, [&name, &head_name], shape, self.stop)?
            {
                return Err(Error::NotTied { file: weights.file_of(&head_name), head: head_name, embedding: name });
            }
        }
        // the table that both share is the largest weight of a small model: four bits are for memory first
        let precision = self.options.precision;
        let of_table = if tied && precision == Precision::Q4 { precision } else { Precision::F32 };
        let embedding = self.weight(&[Slice::all(name.clone(), shape)], None, of_table)?;
        let head = match &embedding {
            _ if !tied => self.weight(&[Slice::all(head_name, shape)], bias, precision)?,
            Linear::Packed(packed) if precision == of_table => Linear::Packed(Packed { bias, ..packed.clone() }),
            Linear::Packed(packed) if precision == Precision::Bf16 && packed.is_bf16() => {
                Linear::Packed(Packed { bias, arithmetic: Arithmetic::Bf16, ..packed.clone() })
            }
            Linear::Tensor { weight, .. } if precision == of_table => {
                Linear::Tensor { weight: weight.clone(), bias: tensor(bias)?, inputs: precision }
            }
            _ => self.weight(&[Slice::all(name, shape)], bias, precision)?,
        };
        Ok((embedding, head))
    }

    fn count(&mut self, bytes: usize) {
        if self.purpose != Purpose::Note {
            self.bytes += bytes as u64;
        }
    }

    fn note(&mut self, name: &str, shape: &[usize]) {
        let slot = self.slots.entry(name.to_owned()).or_insert_with(|| Slot { shape: shape.to_vec(), required: false });
        slot.required |= self.required;
    }

    /// A weight made of `rows`, one below the other, with a bias.
    fn weight(&mut self, rows: &[Slice], bias: Option<Vec<f32>>, precision: Precision) -> Result<Linear> {
        rows.iter().for_each(|part| self.note(&part.name, &part.shape));
        let too_wide = precision == Precision::Int8 && rows[0].input() > MOST_INPUTS;
        let precision = if too_wide { Precision::F32 } else { precision };
        let arithmetic = if precision == Precision::Bf16 { Arithmetic::Bf16 } else { Arithmetic::F32 };
        let panels = match (self.weights, self.purpose) {
            (Some(weights), Purpose::Read) => weights.panels(rows, precision, self.stop)?,
            (Some(weights), Purpose::Size) => weights.hollow_panels(rows, precision)?,
            (_, Purpose::Note) | (None, _) => hollow(rows, Format::F32),
        };
        self.count(panels.bytes());
        if self.options.backend == Backend::Kernels || self.purpose != Purpose::Read {
            return Ok(Linear::Packed(Packed { weight: Arc::new(panels), bias, arithmetic }));
        }
        let (out, input) = (panels.out(), panels.input());
        let mut values = vec![0.0; out * input];
        values.chunks_exact_mut(input).enumerate().for_each(|(row, to)| panels.row(row, to));
        let weight = Tensor::from_vec(values, (out, input), &Device::Cpu)?;
        Ok(Linear::Tensor { weight, bias: tensor(bias)?, inputs: precision })
    }
}

/// An error as soon as `stop` is set.
pub(super) fn go_on(stop: &AtomicBool) -> Result<()> {
    if stop.load(Ordering::Relaxed) { Err(Error::Interrupted) } else { Ok(()) }
}

fn tensor(bias: Option<Vec<f32>>) -> Result<Option<Tensor>> {
    Ok(bias.map(|bias| Tensor::new(bias, &Device::Cpu)).transpose()?)
}

/// Whether two tensors of one shape hold the same numbers.
fn same(weights: &Weights, names: [&str; 2], shape: [usize; 2], stop: &AtomicBool) -> Result<bool> {
    let read = |name: &str| weights.panels(&[Slice::all(name.to_owned(), shape)], Precision::F32, stop);
    let [one, other] = names.map(read);
    let (one, other) = (one?, other?);
    let (mut left, mut right) = (vec![0.0; shape[1]], vec![0.0; shape[1]]);
    Ok((0..shape[0]).all(|row| {
        one.row(row, &mut left);
        other.row(row, &mut right);
        left == right
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::write_random_checkpoint;
    use crate::{Model, ModelConfig};

    const SMALL: &str = r#"{"model_type": "llama", "hidden_size": 64, "num_attention_heads": 4, "num_hidden_layers": 1,
        "intermediate_size": 96, "vocab_size": 40, "tie_word_embeddings": true}"#;

    #[test]
    fn what_is_asked_for_after_the_stop_is_not_read() {
        let dir = tempfile::tempdir().unwrap();
        write_random_checkpoint(dir.path(), SMALL, false, 1).unwrap();
        let weights = Weights::open(dir.path(), |name| Some(name.to_owned())).unwrap();
        let stop = AtomicBool::new(false);
        let mut tensors = Tensors::reading(&weights, LoadOptions::default(), &stop);
        let mut ask = |kind: usize| match kind {
            0 => tensors.values("model.norm.weight", &[64]).map(drop),
            1 => tensors.linear("model.layers.0.mlp.down_proj", [64, 96]).map(drop),
            _ => tensors.embedding("model.embed_tokens", [40, 64]).map(drop),
        };
        (0..3).for_each(|kind| ask(kind).unwrap());
        stop.store(true, Ordering::Relaxed);
        (0..3).for_each(|kind| assert!(matches!(ask(kind), Err(Error::Interrupted)), "{kind}"));
        let load = |stop: &AtomicBool| {
            let config = ModelConfig::read(dir.path()).unwrap();
            Model::of(config, dir.path(), &LoadOptions::default(), stop).map(drop)
        };
        assert!(matches!(load(&stop), Err(Error::Interrupted)));
        load(&NEVER).unwrap();
    }
}
