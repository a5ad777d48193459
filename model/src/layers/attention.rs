//! Attention with its projections: grouped heads, norms and rotation of queries and keys, biases, a window.

use std::sync::Arc;

use super::rotary::Rotary;
use super::state::{LayerState, Memory};
use crate::error::{Error, Result};
use crate::kernels::AttentionSizes;
use crate::models::{Cost, Part, Pass};
use crate::ops::{self, Input, Linear, Norm, Rows};

/// NA heads of queries and KV of keys and values, HD wide each.
#[derive(Debug)]
pub(crate) struct Attention {
    pub(crate) query: Linear,  // [NA·HD, H]
    pub(crate) key: Linear,    // [KV·HD, H]
    pub(crate) value: Linear,  // [KV·HD, H]
    pub(crate) output: Linear, // [H, NA·HD]
    /// Norms of queries and keys before they are turned.
    pub(crate) norms: Option<[HeadNorm; 2]>,
    /// Queries, keys and values beyond this either way are moved to it.
    pub(crate) clip: Option<f32>,
    pub(crate) rotary: Option<Arc<Rotary>>,
    pub(crate) sizes: AttentionSizes,
}

/// A norm of queries or keys: of each head apart, or of all together, as wide as its weight is.
#[derive(Debug)]
pub(crate) struct HeadNorm {
    pub(crate) norm: Norm,
    /// Numbers that are normalised together.
    pub(crate) width: usize,
}

impl Attention {
    /// x [rows, H] → [rows, H]; keys and values go to the states.
    pub(crate) fn forward(&self, x: &Rows, pass: &Pass<'_>, states: &mut [&mut LayerState]) -> Result<Rows> {
        let qkv = pass.clock.time(Part::AttentionProducts, || {
            Ok::<_, Error>([self.query.apply(x)?, self.key.apply(x)?, self.value.apply(x)?])
        })?;
        let attended = pass.clock.time(Part::Attention, || self.attend(qkv, pass, states))?;
        pass.clock.time(Part::AttentionProducts, || self.output.apply(&attended))
    }

    fn attend(&self, qkv: [Rows; 3], pass: &Pass<'_>, states: &mut [&mut LayerState]) -> Result<Rows> {
        let [mut query, mut key, mut value] = qkv;
        if let Some(most) = self.clip {
            for rows in [&mut query, &mut key, &mut value] {
                ops::clamp(rows, most)?;
            }
        }
        if let Some([of_query, of_key]) = &self.norms {
            query = of_query.apply(query, self.sizes.width())?;
            key = of_key.apply(key, self.sizes.kv_width())?;
        }
        attend(self.sizes, [query, key, value], self.rotary.as_deref(), pass, states)
    }

    /// Numbers it leaves behind.
    pub(crate) fn memory(&self) -> Memory {
        Memory { attention: Some(self.sizes), ..Memory::default() }
    }

    /// What one token after `position` others costs.
    pub(crate) fn cost(&self, position: usize) -> Cost {
        Cost::of([&self.query, &self.key, &self.value, &self.output]) + Cost::of_attention(self.sizes, position)
    }
}

impl HeadNorm {
    fn apply(&self, rows: Rows, width: usize) -> Result<Rows> {
        self.norm.apply(Input::One(&rows.rewrapped(self.width)?))?.rewrapped(width)
    }
}

/// Attention of projected queries, keys and values, turned first where there is a rotation.
pub(crate) fn attend(
    sizes: AttentionSizes,
    qkv: [Rows; 3],
    rotary: Option<&Rotary>,
    pass: &Pass<'_>,
    states: &mut [&mut LayerState],
) -> Result<Rows> {
    let angles = rotary.map(|rotary| rotary.until(pass.end));
    ops::attention(sizes, qkv, angles.as_deref(), &pass.spans, states)
}
