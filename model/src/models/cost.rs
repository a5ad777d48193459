//! How much a model computes and touches for one token.

use std::ops::Add;

use crate::kernels::AttentionSizes;
use crate::ops::Linear;

/// Multiply-adds, and bytes of weights, states, keys and values gone through, of one token.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// Two floating-point operations each.
    pub multiply_adds: u64,
    /// Each weight as often as it is called, states read and written.
    pub bytes: u64,
}

impl Cost {
    /// Floating-point operations.
    pub fn flops(self) -> u64 {
        2 * self.multiply_adds
    }

    /// Products with these layers.
    pub(crate) fn of<'a>(layers: impl IntoIterator<Item = &'a Linear>) -> Self {
        layers.into_iter().fold(Self::default(), |sum, layer| {
            let (multiply_adds, bytes) = layer.cost();
            sum + Self { multiply_adds, bytes }
        })
    }

    /// Attention of one query after `position` other keys.
    pub(crate) fn of_attention(sizes: AttentionSizes, position: usize) -> Self {
        let multiply_adds = (2 * sizes.most_seen(position + 1) * sizes.width()) as u64;
        let numbers = 2 * sizes.most_seen(position) * sizes.kv_width();
        Self { multiply_adds, bytes: (numbers * size_of::<f32>()) as u64 }
    }

    /// One step of a recurrence of so many numbers: three multiply-adds each, read and written.
    pub(crate) fn of_scan(numbers: usize) -> Self {
        Self { multiply_adds: 3 * numbers as u64, bytes: (2 * numbers * size_of::<f32>()) as u64 }
    }
}

impl Add for Cost {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { multiply_adds: self.multiply_adds + other.multiply_adds, bytes: self.bytes + other.bytes }
    }
}
