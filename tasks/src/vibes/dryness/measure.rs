//! What is measured.

use super::compression::ratios;
use super::moving::{distinct, runs};
use super::said::Said;
use super::stock::StockPhrases;

/// Words of a window in which the variety of words is measured: usual for MATTR, and few enough for short talks.
const WORDS: usize = 50;
/// Words of a window in which long runs are looked for again.
const FAR_WORDS: usize = 100;
/// How long a run is whose return is no chance.
const LONG_RUN: usize = 5;
/// The longest runs that distinct-n counts.
const MOST_RUN: usize = 4;
/// Bytes of a window that is squeezed.
const BYTES: usize = 500;
/// How far one such window begins behind the other, at least: farther in long texts, of which so many windows are squeezed and no more.
const STRIDE: usize = 100;
const MOST_SQUEEZED: usize = 100;

/// One measure of dryness.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Bytes over bytes after deflate, of windows of 500 bytes: more is drier. Of whole texts: Shaib et al. (2024), arXiv 2403.00553.
    Compression,
    /// Moving-average type–token ratio: distinct words over words in windows of 50. Source: Covington and `McFall` (2010), Journal of
    /// Quantitative Linguistics 17, 94–100.
    Mattr,
    /// Distinct runs of n words over runs of n words in windows of 50 words, mean over n from 1 to 4. Source: Li et al. (2016), arXiv
    /// 1510.03055; summed over n, Shaib et al. (2024).
    Distinct,
    /// Share of runs of 5 words that came before in the same window of 100 words. Of whole outputs: self-repetition, Salkar et al. (2022),
    /// and Shaib et al. (2024).
    Repeats,
    /// Stock phrases that begin per 100 words.
    Stock,
    /// Words a reply has: no dryness, but what the others must be read beside.
    Length,
}

/// The values of a measure, and beside each the group of what it was measured on (where it begins).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Readings {
    /// One for each window, word or reply.
    pub values: Vec<f64>,
    /// As many.
    pub groups: Vec<usize>,
}

impl Readings {
    /// The measure: the mean of the values. `None` where there was too little to measure.
    pub fn mean(&self) -> Option<f64> {
        crate::vibes::transcript::mean(&self.values)
    }
}

impl Measure {
    /// All, as they are shown.
    pub const ALL: [Self; 6] =
        [Self::Compression, Self::Mattr, Self::Distinct, Self::Repeats, Self::Stock, Self::Length];

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Compression => "compression ratio",
            Self::Mattr => "MATTR",
            Self::Distinct => "distinct-n",
            Self::Repeats => "repeated runs of 5 words",
            Self::Stock => "stock phrases per 100 words",
            Self::Length => "words per reply",
        }
    }

    /// Whether its values are shares, in [0, 1].
    pub fn is_share(self) -> bool {
        matches!(self, Self::Mattr | Self::Distinct | Self::Repeats)
    }

    /// How much has to be said before it can be measured.
    pub fn needs(self) -> String {
        match self {
            Self::Compression => format!("{BYTES} bytes"),
            Self::Repeats => format!("{FAR_WORDS} words"),
            Self::Mattr | Self::Distinct | Self::Stock => format!("{WORDS} words"),
            Self::Length => "a reply".to_owned(),
        }
    }

    /// Measures what was said; no values where it is too short.
    pub fn of(self, said: &Said, stock: &StockPhrases) -> Readings {
        let by_word = |values: Vec<f64>| Readings {
            groups: (0..values.len()).map(|word| said.group_of_word(word)).collect(),
            values,
        };
        match self {
            Self::Compression => {
                let stride = said.bytes.len().saturating_sub(BYTES).div_ceil(MOST_SQUEEZED).max(STRIDE);
                let (begins, values): (Vec<usize>, _) = ratios(&said.bytes, BYTES, stride).into_iter().unzip();
                Readings { groups: begins.into_iter().map(|byte| said.group_of_byte(byte)).collect(), values }
            }
            Self::Mattr => by_word(distinct(&said.words, WORDS)),
            Self::Distinct => by_word(distinct_runs(&said.words)),
            Self::Repeats => {
                let shares = distinct(&runs(&said.words, LONG_RUN), FAR_WORDS + 1 - LONG_RUN);
                by_word(shares.into_iter().map(|share| 1.0 - share).collect())
            }
            Self::Stock if said.words.len() < WORDS => Readings::default(),
            Self::Stock => {
                let begins = stock.begins(said);
                by_word(begins.into_iter().map(|begins| if begins { 100.0 } else { 0.0 }).collect())
            }
            Self::Length => {
                let ends = said.replies.iter().skip(1).map(|next| next.word).chain([said.words.len()]);
                let lengths = said.replies.iter().zip(ends).map(|(reply, end)| (end - reply.word) as f64);
                Readings { values: lengths.collect(), groups: said.replies.iter().map(|reply| reply.group).collect() }
            }
        }
    }
}

/// Of each window: the mean over n of its distinct runs of n words over all its runs of n words.
fn distinct_runs(words: &[u32]) -> Vec<f64> {
    let each: Vec<Vec<f64>> = (1..=MOST_RUN).map(|n| distinct(&runs(words, n), WORDS + 1 - n)).collect();
    let mean = |window: usize| each.iter().map(|shares| shares[window]).sum::<f64>() / MOST_RUN as f64;
    (0..each[0].len()).map(mean).collect()
}
