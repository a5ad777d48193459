//! What a sweep will cost: tokens from the tries, time from what was measured here before, memory from their headers.

use rayon::prelude::*;
use spyglass_model::ScorerOptions;

use super::opened::{OpenedOnce, contents};
use super::{Plan, PlannedCheckpoint};
use crate::Result;
use crate::ask::Questions;
use crate::memory::available;
use crate::suite::Subject;
use crate::sweep::Work;

/// Multiply-adds of one core in a second, for a first guess where nothing was scored yet.
const GUESSED_RATE: f64 = 2e10;

/// A task whose longest text leaves a state behind that there is no room for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TooLarge {
    /// The task.
    pub task: String,
    /// Bytes of the state.
    pub state_bytes: u64,
    /// Whether this machine could hold it, if states were given as much.
    pub fits_here: bool,
}

/// What a sweep will cost.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Estimate {
    /// Tokens that will go through the model.
    pub tokens_computed: u64,
    /// Tokens that one request at a time would put through it.
    pub tokens_requested: u64,
    /// Wall time.
    pub seconds: f64,
    /// The time follows from units that were scored here; otherwise it is a guess from the size of the model.
    pub measured: bool,
    /// Weights of the largest checkpoint once they are read, in the numbers of the precision, without the states.
    pub memory_bytes: u64,
    /// What shared prefixes leave behind at the most, of the unit that needs most of it.
    pub state_bytes: u64,
    /// Checkpoints that are left out because they are not fetched from the hub yet.
    pub unfetched: usize,
    /// Tasks that will fail for want of memory, each once.
    pub too_large: Vec<TooLarge>,
    /// Units that are left out because their questions cannot be built, with the reason.
    pub problems: Vec<String>,
}

impl Estimate {
    /// Notes that a state of `task` is more than states may take by default, or than the `free` bytes beside the weights, where that is known.
    fn note_large(&mut self, task: &str, free: Option<u64>, state_bytes: u64) {
        let fits_here = free.is_none_or(|free| state_bytes <= free);
        let fits = fits_here && state_bytes <= ScorerOptions::default().state_memory;
        if !fits && !self.too_large.iter().any(|known| known.task == task) {
            self.too_large.push(TooLarge { task: task.to_owned(), state_bytes, fits_here });
        }
    }
}

/// Estimates what is left of `plan`. Reads tokenizers, configs and headers, but no weights. Replies that have to be generated are not
/// counted, since nobody knows how long they will be.
///
/// # Errors
/// Sizes that do not fit.
pub(crate) fn estimate(work: &Work, plan: &Plan) -> Result<Estimate> {
    let questions = Questions::new(&work.suite);
    let mut estimate = Estimate::default();
    let mut guess = 0.0;
    let settings = &work.settings;
    let left = plan.checkpoints.iter().filter(|planned| planned.problem.is_none() && !planned.is_done());
    let (here, unfetched): (Vec<&PlannedCheckpoint>, Vec<_>) =
        left.partition(|planned| planned.pinned().is_none() || planned.folder.join("config.json").exists());
    estimate.unfetched = unfetched.len();
    let read = |planned: &&PlannedCheckpoint| {
        contents(planned, settings).and_then(|contents| Ok((contents, settings.weight_bytes(&planned.folder)?)))
    };
    let headers: Vec<_> = here.par_iter().map(read).collect();
    let here_free = available(); // asked once: there may be tens of thousands of units
    let mut once = OpenedOnce::default();
    for (planned, header) in here.into_iter().zip(headers) {
        let opened = header.and_then(|(contents, bytes)| Ok((once.of(contents, planned, settings)?, bytes)));
        let (opened, bytes) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                estimate.problems.push(format!("{}: {}", planned.name(), error.in_full()));
                continue;
            }
        };
        let parameters = opened.config.parameters()?;
        let state_bytes = opened.config.state_bytes()?;
        estimate.memory_bytes = estimate.memory_bytes.max(bytes);
        let free = here_free.map(|available| available.saturating_sub(bytes));
        for unit in planned.units.iter().filter(|unit| unit.items_left() > 0) {
            let Subject::Task(task) = unit.subject else { continue };
            // Built once for all checkpoints with this tokenizer.
            match questions.of(opened.tokens(), task, unit.items - unit.items_left()..unit.items) {
                Ok(asked) => {
                    let computed = asked.trie.tokens_computed();
                    estimate.tokens_computed += computed;
                    estimate.tokens_requested += asked.trie.tokens_requested();
                    guess += guessed_seconds(computed as f64, parameters);
                    let most = asked.trie.peak_state_bytes(&state_bytes).min(ScorerOptions::default().state_memory);
                    estimate.state_bytes = estimate.state_bytes.max(most);
                    let largest = asked.trie.largest_state(&state_bytes);
                    estimate.note_large(work.suite.name(unit.subject), free, largest);
                }
                Err(error) => {
                    let problem = error.in_full();
                    if !estimate.problems.contains(&problem) {
                        estimate.problems.push(problem);
                    }
                }
            }
        }
    }
    let pace = plan.seconds_per_token();
    estimate.measured = pace.is_some();
    estimate.seconds = pace.map_or(guess, |pace| estimate.tokens_computed as f64 * pace);
    Ok(estimate)
}

/// Wall time of tokens through a model of so many numbers, for a first guess.
pub(in crate::sweep) fn guessed_seconds(tokens: f64, parameters: u64) -> f64 {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    2.0 * tokens * parameters as f64 / (GUESSED_RATE * cores as f64)
}
