//! What a prefix leaves behind: columns of the convolutions, recurrent states, keys and values.

use std::sync::Arc;

/// Positions in a block of keys and values. Blocks are fixed by absolute position; full ones are shared by all forks.
pub(crate) const BLOCK: usize = 64;

/// What a prefix leaves behind in a [`crate::Zamba2`].
///
/// A fork is a clone: it shares everything until one of the two is written, so it costs a handful of reference counts.
#[derive(Debug, Clone)]
pub struct State {
    pub(crate) position: usize,
    pub(crate) layers: Vec<LayerState>,
}

/// The state of one layer.
#[derive(Debug, Clone)]
pub(crate) struct LayerState {
    /// The last K − 1 inputs of the convolution: [K − 1, CD], oldest first.
    pub(crate) columns: Arc<Vec<f32>>,
    /// The recurrent state: [NH, P, N].
    pub(crate) recurrent: Arc<Vec<f32>>,
    /// Keys and values of the layer's own call of a shared block; empty where it makes none.
    pub(crate) cache: Cache,
}

/// Keys and values of one attention, in blocks of [`BLOCK`] positions.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cache {
    pub(crate) blocks: Vec<Arc<Block>>,
}

/// Up to [`BLOCK`] positions: rows of keys (after rotation) and of values, each NA·HD wide.
#[derive(Debug, Clone, Default)]
pub(crate) struct Block {
    pub(crate) keys: Vec<f32>,
    pub(crate) values: Vec<f32>,
}

impl Cache {
    /// Appends rows `width` wide after `position` others.
    pub(crate) fn append(&mut self, mut position: usize, width: usize, keys: &[f32], values: &[f32]) {
        for (key, value) in keys.chunks_exact(width).zip(values.chunks_exact(width)) {
            if position.is_multiple_of(BLOCK) {
                self.blocks.push(Arc::default());
            }
            let last = Arc::make_mut(self.blocks.last_mut().expect("the first position of a block pushes it"));
            last.keys.extend_from_slice(key);
            last.values.extend_from_slice(value);
            position += 1;
        }
    }
}

impl State {
    /// A state that goes its own way from here.
    #[must_use]
    pub fn fork(&self) -> Self {
        self.clone()
    }

    /// Tokens seen.
    pub fn position(&self) -> usize {
        self.position
    }

    /// Bytes it refers to, shared ones included.
    pub fn bytes(&self) -> usize {
        let floats: usize = self.layers.iter().map(LayerState::floats).sum();
        floats * size_of::<f32>()
    }

    /// The last K − 1 inputs of layer `layer`'s convolution: [K − 1, CD], oldest first.
    pub fn columns(&self, layer: usize) -> &[f32] {
        &self.layers[layer].columns
    }

    /// Layer `layer`'s recurrent state: [NH, P, N].
    pub fn recurrent(&self, layer: usize) -> &[f32] {
        &self.layers[layer].recurrent
    }

    /// Layer `layer`'s keys (after rotation) and values: [positions, NA·HD] each, empty where it has no attention.
    pub fn keys_values(&self, layer: usize) -> (Vec<f32>, Vec<f32>) {
        let blocks = &self.layers[layer].cache.blocks;
        let keys = blocks.iter().flat_map(|block| block.keys.iter().copied()).collect();
        (keys, blocks.iter().flat_map(|block| block.values.iter().copied()).collect())
    }
}

impl LayerState {
    fn floats(&self) -> usize {
        let cached: usize = self.cache.blocks.iter().map(|block| block.keys.len() + block.values.len()).sum();
        self.columns.len() + self.recurrent.len() + cached
    }
}
