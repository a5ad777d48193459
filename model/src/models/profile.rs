//! Where the time of a forward pass goes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A part of a forward pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The two projections of the mixers.
    MixerProducts,
    /// Convolution, scan and gated norm.
    Mixer,
    /// The projections of attention, adapters included.
    AttentionProducts,
    /// Attention proper, with norms and rotation of queries and keys and the writing of keys and values.
    Attention,
    /// The products of MLPs, adapters included, and a projection behind them.
    MlpProducts,
    /// The gate or the activation of the MLP.
    Gate,
    /// The final norm and the head.
    Head,
    /// Embedding, norms, additions.
    Rest,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::MixerProducts,
        Self::Mixer,
        Self::AttentionProducts,
        Self::Attention,
        Self::MlpProducts,
        Self::Gate,
        Self::Head,
        Self::Rest,
    ];

    /// What to call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::MixerProducts | Self::AttentionProducts | Self::MlpProducts => "products",
            Self::Mixer => "convolution, scan, gated norm",
            Self::Attention => "rotation, scores, softmax, values",
            Self::Gate => "gate",
            Self::Head => "final norm and product",
            Self::Rest => "embedding, norms, additions",
        }
    }

    /// The kind of layer it belongs to.
    pub fn layer_kind(self) -> &'static str {
        match self {
            Self::MixerProducts | Self::Mixer => "mamba mixer",
            Self::AttentionProducts | Self::Attention => "attention",
            Self::MlpProducts | Self::Gate => "MLP",
            Self::Head => "head",
            Self::Rest => "between layers",
        }
    }
}

/// Adds up the time of each part, or, stopped, does nothing.
#[derive(Debug, Default)]
pub(crate) struct Clock(Option<[AtomicU64; Part::ALL.len()]>);

impl Clock {
    /// One that adds up nothing.
    pub(crate) const fn stopped() -> Self {
        Self(None)
    }

    pub(crate) fn running() -> Self {
        Self(Some(Default::default()))
    }

    /// Does `f` and counts its time as that of `part`.
    pub(crate) fn time<T>(&self, part: Part, f: impl FnOnce() -> T) -> T {
        let Some(spent) = &self.0 else { return f() };
        let start = Instant::now();
        let result = f();
        spent[part as usize].fetch_add(start.elapsed().as_nanos() as u64, Ordering::Relaxed);
        result
    }

    /// The time of each part so far.
    pub(crate) fn spent(&self) -> Vec<(Part, Duration)> {
        let of = |part: Part| self.0.as_ref().map_or(0, |spent| spent[part as usize].load(Ordering::Relaxed));
        Part::ALL.into_iter().map(|part| (part, Duration::from_nanos(of(part)))).collect()
    }
}
