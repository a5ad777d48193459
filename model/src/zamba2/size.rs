//! How much a model computes and touches for one token.

use super::{Adapter, Call, Layer, Zamba2};
use crate::config::LayerKind;
use crate::ops::Linear;

/// Multiply-adds and bytes of some linear layers.
#[derive(Debug, Clone, Copy, Default)]
struct Cost {
    multiply_adds: u64,
    bytes: u64,
}

impl Cost {
    fn of<'a>(layers: impl IntoIterator<Item = &'a Linear>) -> Self {
        layers.into_iter().fold(Self::default(), |sum, layer| {
            let (numbers, bytes) = layer.cost();
            Self { multiply_adds: sum.multiply_adds + numbers, bytes: sum.bytes + bytes }
        })
    }
}

impl Zamba2 {
    /// Floating-point operations of one token after `position` others: two for each multiply-add of the products, the scan (three for each
    /// number of the state) and attention; with `head`, also its logits.
    pub fn flops_per_token(&self, position: usize, head: bool) -> u64 {
        let config = &self.config;
        let products = Cost::of(self.called()).multiply_adds;
        let head = if head { Cost::of([&self.head]).multiply_adds } else { 0 };
        let scan = 3 * (config.inner_size * config.state_size * config.layers.len()) as u64;
        let hybrids = config.layers.iter().filter(|&&kind| kind == LayerKind::Hybrid).count();
        let attention = (2 * (position + 1) * 2 * config.hidden_size * hybrids) as u64;
        2 * (products + head + scan + attention)
    }

    /// Bytes of weights, state, keys and values that one token after `position` others goes through, its logits included. A shared
    /// block counts at every call: it is larger than what caches keep until the next one.
    pub fn bytes_per_token(&self, position: usize) -> u64 {
        let config = &self.config;
        let hybrids = config.hybrid_layers().len();
        let state = 2 * config.inner_size * config.state_size * config.layers.len(); // read and written
        let cached = 2 * position * 2 * config.hidden_size * hybrids;
        Cost::of(self.called()).bytes + Cost::of([&self.head]).bytes + ((state + cached) * size_of::<f32>()) as u64
    }

    /// The linear layers a token goes through before the head, each as often as it does.
    fn called(&self) -> Vec<&Linear> {
        let mut all = Vec::new();
        for Layer { in_proj, out_proj, call, .. } in &self.layers {
            all.extend([in_proj, out_proj]);
            let Some(Call { block, adapters, gate_up, linear }) = call else { continue };
            let block = &self.blocks[*block];
            all.extend(&block.qkv);
            all.extend([&block.output, &block.gate_up, &block.down, linear]);
            for Adapter { down, up } in adapters.iter().flatten().chain([gate_up]) {
                all.extend([down, up]);
            }
        }
        all
    }
}
