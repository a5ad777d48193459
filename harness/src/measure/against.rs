//! Two checkpoints on this machine, side by side: measured in turns, so that what else the machine does hits both alike.

use std::path::{Path, PathBuf};

use serde::Serialize;
use spyglass_model::bench::decode;
use spyglass_model::{LanguageModel, Model};

use crate::checkpoint::Settings;
use crate::memory::make_sure_of;
use crate::progress::Interrupt;
use crate::run_file::PrecisionSpec;
use crate::{Error, Result};

/// Tokens decoded one by one in each round; their median counts.
const DECODED: usize = 16;
/// Tokens of the text that warms a model up.
const WARM: usize = 32;

/// What is to be measured.
#[derive(Debug, Clone)]
pub(crate) struct AskBoth {
    /// The folders of the two checkpoints.
    pub models: [PathBuf; 2],
    /// How both are run.
    pub settings: Settings,
    /// Contexts, in tokens.
    pub lengths: Vec<usize>,
    /// Times that each is measured; the median counts.
    pub rounds: usize,
    /// Ends it between two measurements.
    pub stop: Interrupt,
}

/// What was measured. Times in seconds, sizes in bytes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Both {
    pub precision: PrecisionSpec,
    pub threads: usize,
    pub rounds: usize,
    /// The first, and what it is measured against.
    pub models: [Side; 2],
    /// In the order asked for.
    pub lengths: Vec<Length>,
}

/// One of the two checkpoints.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Side {
    pub folder: PathBuf,
    pub model_type: &'static str,
    pub parameters: u64,
    pub weight_bytes: u64,
    pub context_limit: usize,
}

/// Both after one context.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Length {
    pub tokens: usize,
    /// `None` for a model whose contexts are shorter: it is not tried.
    pub measured: [Option<At>; 2],
}

/// One model after one context.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct At {
    /// From the text to the first token's logits.
    pub first_token: Times,
    /// From one token's logits to the next.
    pub per_token: Times,
    /// The part of the state that does not grow.
    pub state_bytes: u64,
    pub key_value_bytes: u64,
}

/// The same thing several times, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Times {
    pub median: f64,
    pub least: f64,
    pub most: f64,
}

impl Times {
    /// # Panics
    /// Without a time.
    fn of(mut times: Vec<f64>) -> Self {
        times.sort_by(f64::total_cmp);
        let middle = times.len() / 2;
        let median = if times.len() % 2 == 1 { times[middle] } else { f64::midpoint(times[middle - 1], times[middle]) };
        Self { median, least: times[0], most: times[times.len() - 1] }
    }
}

/// Measures two checkpoints; `told` hears what comes next.
///
/// # Errors
/// Whatever is wrong with one of them; there is no memory for both; it was stopped.
pub(crate) fn measure_both(ask: &AskBoth, told: impl Fn(&str)) -> Result<Both> {
    let open = |folder: &PathBuf| {
        told(&format!("reading {}", folder.display()));
        ask.settings.open_model(folder, &ask.stop)
    };
    let models = [open(&ask.models[0])?, open(&ask.models[1])?];
    let kept = models.iter().map(Model::weight_bytes).sum();
    for model in &models {
        for tokens in ask.lengths.iter().filter(|&&tokens| tokens <= model.context_limit()) {
            make_sure_of(model.state_bytes(tokens + DECODED), kept, || format!("a context of {tokens} tokens"))?;
        }
        decode(model, WARM.min(model.context_limit() / 2).max(1), 1)?;
    }
    let mut lengths = Vec::with_capacity(ask.lengths.len());
    for &tokens in &ask.lengths {
        told(&format!("{tokens} tokens"));
        lengths.push(Length { tokens, measured: at(&models, tokens, ask)? });
    }
    let sides = [side(&ask.models[0], &models[0])?, side(&ask.models[1], &models[1])?];
    Ok(Both {
        precision: ask.settings.precision,
        threads: rayon::current_num_threads(),
        rounds: ask.rounds,
        models: sides,
        lengths,
    })
}

fn side(folder: &Path, model: &Model) -> Result<Side> {
    let config = model.config();
    Ok(Side {
        folder: folder.to_path_buf(),
        model_type: config.model_type(),
        parameters: config.parameters()?,
        weight_bytes: model.weight_bytes(),
        context_limit: model.context_limit(),
    })
}

/// Both models after `tokens` others, in turns; who begins changes from round to round.
fn at(models: &[Model; 2], tokens: usize, ask: &AskBoth) -> Result<[Option<At>; 2]> {
    let mut runs = [Vec::new(), Vec::new()];
    let mut fits = models.each_ref().map(|model| tokens <= model.context_limit());
    for round in 0..ask.rounds {
        for turn in 0..2 {
            let number = (round + turn) % 2;
            if !fits[number] {
                continue;
            }
            ask.stop.go_on(|| format!("{} was measured", ask.models[number].display()))?;
            match decode(&models[number], tokens, DECODED) {
                Ok(run) => runs[number].push(run),
                // a table of learned positions ends with the context, and the tokens decoded go beyond
                Err(spyglass_model::Error::Positions { .. }) => fits[number] = false,
                Err(error) => return Err(Error::Model(error)),
            }
        }
    }
    let one = |runs: &Vec<spyglass_model::bench::Decode>| {
        let last = runs.last()?;
        Some(At {
            first_token: Times::of(runs.iter().map(|run| run.first_token.as_secs_f64()).collect()),
            per_token: Times::of(runs.iter().map(|run| run.per_token.as_secs_f64()).collect()),
            state_bytes: last.state_bytes,
            key_value_bytes: last.cache_bytes,
        })
    };
    Ok(runs.each_ref().map(one))
}

#[cfg(test)]
mod tests {
    use super::Times;

    #[test]
    fn the_median_is_in_the_middle() {
        let odd = Times::of(vec![3.0, 1.0, 2.0]);
        assert_eq!((odd.median, odd.least, odd.most), (2.0, 1.0, 3.0));
        assert!((Times::of(vec![4.0, 1.0, 3.0, 2.0]).median - 2.5).abs() < 1e-12);
    }
}
