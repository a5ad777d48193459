//! What a prefix leaves behind: columns of the convolutions, recurrent states, keys and values.

use std::ops::Range;
use std::sync::Arc;

use crate::error::Result;
use crate::kernels::{AttentionSizes, BLOCK, Block, Buffer, Pool};

/// What a prefix leaves behind in a [`crate::Model`].
///
/// A fork is a clone: it shares everything until one of the two is written, so it costs a handful of reference counts.
#[derive(Debug, Clone)]
pub struct State {
    pub(crate) position: usize,
    pub(crate) layers: Vec<LayerState>,
}

/// The state of one layer: of its recurrence, of its attention, or of both.
#[derive(Debug, Clone)]
pub(crate) struct LayerState {
    /// The last K − 1 inputs of the convolution: [K − 1, CD], oldest first; empty where there is none.
    pub(crate) columns: Arc<Buffer>,
    /// The recurrent state: [NH, P, N]; empty where there is none.
    pub(crate) recurrent: Arc<Buffer>,
    /// Keys and values; empty where the layer has no attention.
    pub(crate) cache: Cache,
}

/// Keys and values of one attention, in blocks fixed by absolute position; all but the last are full and shared by all forks.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cache {
    /// Blocks before these, which have left the window of every later query and are held no more.
    pub(crate) gone: usize,
    pub(crate) blocks: Vec<Arc<Block>>,
}

/// How many numbers a layer leaves behind.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Memory {
    pub(crate) columns: usize,
    pub(crate) recurrent: usize,
    /// Whose keys and values are held, in blocks of [`BLOCK`] positions.
    pub(crate) attention: Option<AttentionSizes>,
}

impl Memory {
    /// Bytes after `position` tokens.
    pub(crate) fn bytes(self, position: usize) -> u64 {
        let cached = self
            .attention
            .map_or(0, |sizes| (position.div_ceil(BLOCK) - sizes.seen(position).start / BLOCK) * sizes.block_len());
        ((self.columns + self.recurrent + cached) * size_of::<f32>()) as u64
    }

    /// The state before any token: zeros.
    pub(crate) fn zeros(self, pool: &Arc<Pool>) -> Result<LayerState> {
        let columns = Arc::new(pool.zeros(self.columns)?);
        let recurrent = Arc::new(pool.zeros(self.recurrent)?);
        Ok(LayerState { columns, recurrent, cache: Cache::default() })
    }
}

impl std::ops::Add for Memory {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            columns: self.columns + other.columns,
            recurrent: self.recurrent + other.recurrent,
            attention: self.attention.or(other.attention),
        }
    }
}

/// A block that some rows go to.
#[derive(Debug)]
pub(crate) struct Room<'a> {
    pub(crate) block: &'a mut Block,
    /// Where in the block they begin.
    pub(crate) slot: usize,
    /// Which rows.
    pub(crate) rows: Range<usize>,
}

impl Cache {
    /// Room for `len` rows of keys and values after `position` others: the blocks they go to, which are ours alone from then on.
    pub(crate) fn room(
        &mut self,
        position: usize,
        len: usize,
        sizes: AttentionSizes,
        pool: &Arc<Pool>,
    ) -> Result<Vec<Room<'_>>> {
        while (self.gone + self.blocks.len()) * BLOCK < position + len {
            self.blocks.push(Arc::new(Block::new(pool, sizes)?));
        }
        let first = position / BLOCK;
        let rooms = self.blocks[first - self.gone..].iter_mut().enumerate().map(|(index, block)| {
            let start = (first + index) * BLOCK;
            let rows = start.saturating_sub(position)..(start + BLOCK - position).min(len);
            Room { block: Arc::make_mut(block), slot: position.saturating_sub(start), rows }
        });
        Ok(rooms.collect())
    }

    /// Lets go of the blocks that no query from `position` on looks at.
    pub(crate) fn forget(&mut self, sizes: AttentionSizes, position: usize) {
        let gone = sizes.seen(position).start / BLOCK - self.gone;
        self.blocks.drain(..gone);
        self.gone += gone;
    }

    /// The keys and values before `position` that are held, each a row KV·HD wide.
    pub(crate) fn rows(&self, position: usize) -> (Vec<f32>, Vec<f32>) {
        let (mut keys, mut values) = (Vec::new(), Vec::new());
        for at in self.gone * BLOCK..position.min((self.gone + self.blocks.len()) * BLOCK) {
            let (key, value) = self.blocks[at / BLOCK - self.gone].read(at % BLOCK);
            keys.extend(key);
            values.extend(value);
        }
        (keys, values)
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

    /// Bytes it refers to, shared ones included. Keys and values take whole blocks of positions.
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

    /// Layer `layer`'s keys (after rotation) and values: [positions, KV·HD] each, empty where it has no attention. With a window, those of
    /// the last positions alone, whole blocks of them.
    pub fn keys_values(&self, layer: usize) -> (Vec<f32>, Vec<f32>) {
        self.layers[layer].cache.rows(self.position)
    }
}

impl LayerState {
    fn floats(&self) -> usize {
        let cached: usize = self.cache.blocks.iter().map(|block| block.len()).sum();
        self.columns.len() + self.recurrent.len() + cached
    }
}
