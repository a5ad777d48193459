//! The dense transformer with its switches: what llama, GPT-NeoX, GPT-2 and their kin differ in, and the blocks that follow.

use std::sync::Arc;

pub(super) use super::dense_config::{Common, activation, layer_count, refuse_unknown_switches};
use super::registry::{Architecture, Sizes};
use super::rope::Rope;
use super::{Block, Cost, Part, Parts, Pass};
use crate::checkpoint::{Shape, Tensors};
use crate::error::{Error, Result};
use crate::kernels::{Activation, AttentionSizes};
use crate::layers::{Attention, HeadNorm, LayerState, Memory, Mlp, Rotary};
use crate::ops::{self, Input, Linear, Norm, Rows};

/// A dense transformer: sizes, switches and names.
#[derive(Debug, Clone)]
pub(super) struct Dense {
    /// H.
    pub(super) hidden: usize,
    /// V.
    pub(super) vocab: usize,
    /// F.
    pub(super) inner: usize,
    pub(super) heads: Heads,
    /// Each layer's own.
    pub(super) layers: Vec<Layer>,
    /// Rotary embeddings that layers refer to.
    pub(super) ropes: Vec<Rope>,
    /// Longest context in tokens.
    pub(super) context: usize,
    /// Whether there is an embedding for each position up to `context`.
    pub(super) learned_positions: bool,
    pub(super) norm: NormKind,
    pub(super) place: Place,
    pub(super) head_norms: HeadNorms,
    /// Queries, keys and values beyond this either way are moved to it.
    pub(super) clip: Option<f32>,
    pub(super) mlp: MlpKind,
    pub(super) activation: Activation,
    pub(super) bias: Bias,
    /// Whether the head is the embedding.
    pub(super) tied: bool,
    pub(super) names: &'static Names,
}

/// NA, KV and HD.
#[derive(Debug, Clone, Copy)]
pub(super) struct Heads {
    pub(super) queries: usize,
    pub(super) keys: usize,
    pub(super) width: usize,
}

/// What layers of one model differ in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layer {
    /// How many keys a query looks back on.
    pub(super) window: Option<usize>,
    /// Which rotary embedding.
    pub(super) rope: Option<usize>,
    /// Of the scores.
    pub(super) scale: f32,
}

/// Which norm, with its ε.
#[derive(Debug, Clone, Copy)]
pub(super) enum NormKind {
    Rms(f64),
    Layer(f64),
    /// A layer norm with a weight alone.
    Scaled(f64),
    /// A layer norm without parameters.
    Bare(f64),
}

/// Where the norms are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// `x + attention(norm x)`, then `x + mlp(norm x)`.
    Before,
    /// `x + norm(attention x)`, then `x + norm(mlp x)`.
    After,
    /// `x + attention(norm x) + mlp(norm x)`, each with a norm of its own.
    Parallel,
    /// The same with one norm for both.
    ParallelOne,
}

/// Norms of queries and keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HeadNorms {
    None,
    /// Of each head apart, one weight for all.
    Each,
    /// Of all heads together.
    All,
    /// The same where the checkpoint has them: its config does not say.
    AsFound,
}

/// How the MLP is made and stored.
#[derive(Debug, Clone, Copy)]
pub(super) enum MlpKind {
    /// Gate, up, down.
    Gated([&'static str; 3]),
    /// Gate and up as one, gate first; down.
    GatedAsOne([&'static str; 2]),
    /// The same, up first.
    UpFirst([&'static str; 2]),
    /// Up and down.
    Plain([&'static str; 2]),
}

/// Which linear layers have biases.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each says it of other layers")]
pub(super) struct Bias {
    pub(super) qkv: bool,
    pub(super) output: bool,
    pub(super) mlp: bool,
    pub(super) head: bool,
}

/// Names of the tensors, without `.weight` and `.bias`; those of a layer follow its prefix and number.
#[derive(Debug)]
pub(super) struct Names {
    pub(super) embedding: &'static str,
    pub(super) positions: &'static str,
    /// What stands before a layer's number.
    pub(super) layer: &'static str,
    pub(super) qkv: Qkv,
    pub(super) output: &'static str,
    /// The norm before or after attention, then that of the MLP.
    pub(super) norms: [&'static str; 2],
    /// Those of queries and of keys, where there are any.
    pub(super) head_norms: [&'static str; 2],
    pub(super) final_norm: &'static str,
    pub(super) head: &'static str,
    /// As [`Architecture::current_name`].
    pub(super) current: fn(&str) -> Option<String>,
}

/// The name of a tensor as it is; `None` for the frequencies of rotary embeddings, which are computed anew.
pub(super) fn as_it_is(found: &str) -> Option<String> {
    (!found.ends_with("rotary_emb.inv_freq")).then(|| found.to_owned())
}

/// How queries, keys and values are stored.
#[derive(Debug, Clone, Copy)]
pub(super) enum Qkv {
    /// Each by itself.
    Apart([&'static str; 3]),
    /// One below the other.
    Stacked(&'static str),
    /// Those of each head side by side: [heads, 3, HD].
    ByHead(&'static str),
    /// One beside the other, weights [in, out]; so are all others of the model.
    Turned(&'static str),
}

/// One layer.
#[derive(Debug)]
struct Transformer {
    attention: Attention,
    mlp: Mlp,
    place: Place,
    /// That of attention, and that of the MLP where it has its own.
    norms: (Norm, Option<Norm>),
}

impl Block for Transformer {
    fn forward(&self, x: &mut Rows, pass: &Pass<'_>, states: &mut [&mut LayerState]) -> Result<()> {
        let rest = |f: &dyn Fn() -> Result<Rows>| pass.clock.time(Part::Rest, f);
        let (first, second) = (&self.norms.0, self.norms.1.as_ref().unwrap_or(&self.norms.0));
        let add = |x: &mut Rows, y: &Rows| pass.clock.time(Part::Rest, || ops::add(x, y));
        match self.place {
            Place::Before => {
                let normed = rest(&|| first.apply(Input::One(x)))?;
                add(x, &self.attention.forward(&normed, pass, states)?)?;
                let normed = rest(&|| second.apply(Input::One(x)))?;
                add(x, &self.mlp.forward(&normed, pass)?)
            }
            Place::After => {
                let attended = self.attention.forward(x, pass, states)?;
                add(x, &rest(&|| first.apply(Input::One(&attended)))?)?;
                let inner = self.mlp.forward(x, pass)?;
                add(x, &rest(&|| second.apply(Input::One(&inner)))?)
            }
            Place::Parallel | Place::ParallelOne => {
                let normed = rest(&|| first.apply(Input::One(x)))?;
                let attended = self.attention.forward(&normed, pass, states)?;
                let normed = if self.norms.1.is_some() { rest(&|| second.apply(Input::One(x)))? } else { normed };
                add(x, &attended)?;
                add(x, &self.mlp.forward(&normed, pass)?)
            }
        }
    }

    fn memory(&self) -> Memory {
        self.attention.memory()
    }

    fn cost(&self, position: usize) -> Cost {
        self.attention.cost(position) + self.mlp.cost()
    }
}

impl Architecture for Dense {
    fn sizes(&self) -> Sizes {
        Sizes { vocab: self.vocab, layers: self.layers.len(), context: Some(self.context) }
    }

    fn current_name(&self, found: &str) -> Option<String> {
        (self.names.current)(found)
    }

    fn build(&self, tensors: &mut Tensors<'_>) -> Result<Parts> {
        let names = self.names;
        let shape = [self.vocab, self.hidden];
        let (embedding, head) =
            tensors.embedding_and_head([names.embedding, names.head], shape, self.tied, self.bias.head)?;
        let positions = if self.learned_positions {
            Some(tensors.embedding(names.positions, [self.context, self.hidden])?)
        } else {
            None
        };
        let rotaries: Vec<Arc<Rotary>> =
            self.ropes.iter().map(|rope| Arc::new(rope.rotary(tensors.rope_scale()))).collect();
        let mut blocks: Vec<Box<dyn Block>> = Vec::with_capacity(self.layers.len());
        for (number, layer) in self.layers.iter().enumerate() {
            let prefix = format!("{}{number}", names.layer);
            let rotary = layer.rope.map(|index| Arc::clone(&rotaries[index]));
            let second = if self.place == Place::ParallelOne {
                None
            } else {
                Some(self.norm(tensors, &format!("{prefix}.{}", names.norms[1]), self.hidden)?)
            };
            blocks.push(Box::new(Transformer {
                norms: (self.norm(tensors, &format!("{prefix}.{}", names.norms[0]), self.hidden)?, second),
                attention: self.attention(tensors, &prefix, *layer, rotary)?,
                mlp: self.mlp(tensors, &prefix)?,
                place: self.place,
            }));
        }
        Ok(Parts { embedding, positions, blocks, final_norm: self.norm(tensors, names.final_norm, self.hidden)?, head })
    }
}

impl Dense {
    /// A model of these sizes with all switches as most have them: norms before each branch, `SiLU`, no biases, a head of its own. Every
    /// layer refers to the first of `ropes`, which is still to be given.
    pub(super) fn new(common: &Common, norm: NormKind, mlp: MlpKind, names: &'static Names) -> Self {
        let layer = Layer { window: None, rope: Some(0), scale: (common.heads.width as f32).powf(-0.5) };
        Self {
            hidden: common.hidden,
            vocab: common.vocab,
            inner: common.inner,
            heads: common.heads,
            layers: vec![layer; common.layers],
            ropes: Vec::new(),
            context: common.context,
            learned_positions: false,
            norm,
            place: Place::Before,
            head_norms: HeadNorms::None,
            clip: None,
            mlp,
            activation: Activation::Silu,
            bias: Bias::default(),
            tied: false,
            names,
        }
    }

    fn norm(&self, tensors: &mut Tensors<'_>, name: &str, width: usize) -> Result<Norm> {
        match self.norm {
            NormKind::Rms(eps) => tensors.rms_norm(name, width, eps),
            NormKind::Layer(eps) => tensors.layer_norm(name, width, eps),
            NormKind::Scaled(eps) => tensors.scaled_norm(name, width, eps),
            NormKind::Bare(eps) => Ok(Norm::bare_layer(width, eps)),
        }
    }

    fn attention(
        &self,
        tensors: &mut Tensors<'_>,
        prefix: &str,
        layer: Layer,
        rotary: Option<Arc<Rotary>>,
    ) -> Result<Attention> {
        let Heads { queries, keys, width } = self.heads;
        let (all, few, bias) = (queries * width, keys * width, self.bias.qkv);
        let [query, key, value] = match self.names.qkv {
            Qkv::Apart(names) => {
                let mut one =
                    |name: &str, out: usize| tensors.biased(&format!("{prefix}.{name}"), [out, self.hidden], bias);
                [one(names[0], all)?, one(names[1], few)?, one(names[2], few)?]
            }
            Qkv::Stacked(name) | Qkv::Turned(name) => {
                let name = format!("{prefix}.{name}");
                let shape = Shape { name: &name, out: all + 2 * few, input: self.hidden };
                let mut one = |rows| tensors.rows(shape, &[rows], bias, self.turned());
                [one(0..all)?, one(all..all + few)?, one(all + few..all + 2 * few)?]
            }
            Qkv::ByHead(name) => {
                let name = format!("{prefix}.{name}");
                let shape = Shape { name: &name, out: 3 * all, input: self.hidden };
                let mut one = |which: usize| {
                    let rows: Vec<_> =
                        (0..queries).map(|head| (3 * head + which) * width..(3 * head + which + 1) * width).collect();
                    tensors.rows(shape, &rows, bias, false)
                };
                [one(0)?, one(1)?, one(2)?]
            }
        };
        let [of_queries, of_keys] = self.names.head_norms;
        let norms = match self.head_norms {
            HeadNorms::None => None,
            HeadNorms::AsFound if !tensors.contains(&format!("{prefix}.{of_queries}.weight")) => None,
            kind => {
                let mut norm = |name: &str, heads: usize| {
                    let width = if kind == HeadNorms::Each { width } else { heads * width };
                    Ok::<_, Error>(HeadNorm { norm: self.norm(tensors, &format!("{prefix}.{name}"), width)?, width })
                };
                Some([norm(of_queries, queries)?, norm(of_keys, keys)?])
            }
        };
        Ok(Attention {
            query,
            key,
            value,
            output: self.linear(
                tensors,
                &format!("{prefix}.{}", self.names.output),
                [self.hidden, all],
                self.bias.output,
            )?,
            norms,
            clip: self.clip,
            rotary,
            sizes: AttentionSizes {
                heads: queries,
                kv_heads: keys,
                head_dim: width,
                scale: layer.scale,
                window: layer.window,
            },
        })
    }

    fn mlp(&self, tensors: &mut Tensors<'_>, prefix: &str) -> Result<Mlp> {
        let (h, f, bias, activation) = (self.hidden, self.inner, self.bias.mlp, self.activation);
        let name = |name: &str| format!("{prefix}.{name}");
        Ok(match self.mlp {
            MlpKind::Gated([gate, up, down]) => {
                let (gate, up) = (name(gate), name(up));
                let layers = [Shape { name: &gate, out: f, input: h }, Shape { name: &up, out: f, input: h }];
                let gate_up = tensors.stacked(&layers, bias)?;
                Mlp::Gated { gate_up, down: self.linear(tensors, &name(down), [h, f], bias)?, activation }
            }
            MlpKind::GatedAsOne([gate_up, down]) => Mlp::Gated {
                gate_up: self.linear(tensors, &name(gate_up), [2 * f, h], bias)?,
                down: self.linear(tensors, &name(down), [h, f], bias)?,
                activation,
            },
            MlpKind::UpFirst([up_gate, down]) => {
                let shape = Shape { name: &name(up_gate), out: 2 * f, input: h };
                let gate_up = tensors.rows(shape, &[f..2 * f, 0..f], bias, false)?;
                Mlp::Gated { gate_up, down: self.linear(tensors, &name(down), [h, f], bias)?, activation }
            }
            MlpKind::Plain([up, down]) => Mlp::Plain {
                up: self.linear(tensors, &name(up), [f, h], bias)?,
                down: self.linear(tensors, &name(down), [h, f], bias)?,
                activation,
            },
        })
    }

    fn linear(&self, tensors: &mut Tensors<'_>, name: &str, [out, input]: [usize; 2], bias: bool) -> Result<Linear> {
        let all = 0..out;
        tensors.rows(Shape { name, out, input }, std::slice::from_ref(&all), bias, self.turned())
    }

    /// Whether weights are stored as [in, out].
    fn turned(&self) -> bool {
        matches!(self.names.qkv, Qkv::Turned(_))
    }
}
