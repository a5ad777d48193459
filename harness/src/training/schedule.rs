//! A schedule that can be asked: the learning rate and the tokens seen at a step.

use spyglass_dashboards::run::LogEntry;

use super::amount::Amount;
use super::batches::Batch;
use super::piece::Shape;
use super::presets::preset;
use super::spec::{PieceSpec, TrainingSpec};

/// Steps at which each piece is told, so that its phases can be found as those of a log are.
const TOLD: u64 = 200;

/// What is wrong with a schedule, and the mend.
pub(crate) type Fault = (String, String);

/// A checked schedule.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Schedule {
    batches: Vec<Batch>,
    pieces: Vec<Piece>,
}

/// A stretch of the learning rate, in steps (fractions where it is told in tokens).
#[derive(Debug, Clone, PartialEq)]
struct Piece {
    shape: Shape,
    from: f64,
    to: f64,
    /// Where the shape itself begins and ends, on the axis that it is told on.
    shape_span: [f64; 2],
    in_tokens: bool,
    /// Steps of this piece.
    span: [f64; 2],
}

impl Schedule {
    /// Reads a schedule.
    ///
    /// # Errors
    /// An unknown preset; no tokens of a step; a piece without an end before another, without a rate, or that ends before it begins.
    pub(crate) fn of(spec: &TrainingSpec) -> Result<Self, Fault> {
        let known = spec.preset.as_deref().map(preset).transpose()?;
        let or_known = |own: bool, known: Option<TrainingSpec>| if own { Some(spec.clone()) } else { known };
        let training = known.map(|known| known.training.clone());
        let batches = or_known(!spec.tokens_per_step.is_empty(), training.clone()).map(|spec| spec.tokens_per_step);
        let pieces = or_known(!spec.learning_rate.is_empty(), training).map(|spec| spec.learning_rate);
        let mut schedule = Self { batches: batches.unwrap_or_default(), pieces: Vec::new() };
        schedule.check_batches()?;
        for (index, piece) in pieces.unwrap_or_default().iter().enumerate() {
            let piece = schedule
                .piece(piece)
                .map_err(|(what, help)| (format!("piece {} of `learning_rate`: {what}", index + 1), help))?;
            schedule.pieces.push(piece);
        }
        Ok(schedule)
    }

    fn check_batches(&self) -> Result<(), Fault> {
        let help = "batch size × sequence length × devices: `tokens_per_step: 4_194_304`, or a list of {from_step, tokens} in ascending steps";
        let wrong = |what: &str| Err((format!("`tokens_per_step` {what}"), help.into()));
        match self.batches.first() {
            None => return wrong("is missing"),
            Some(first) if first.from_step != 0 => return wrong("does not begin at step 0"),
            Some(_) => {}
        }
        if self.batches.iter().any(|batch| batch.tokens == 0) {
            return wrong("is 0");
        }
        if self.batches.windows(2).any(|pair| pair[0].from_step >= pair[1].from_step) {
            return wrong("goes back: its steps ascend");
        }
        Ok(())
    }

    /// The next piece, which begins where the last one is left.
    fn piece(&self, spec: &PieceSpec) -> Result<Piece, Fault> {
        let (begins, before) = match self.pieces.last() {
            Some(last) if last.span[1].is_infinite() => {
                return Err((
                    "comes after a piece without an end".into(),
                    "give that one an `until` or a `for`".into(),
                ));
            }
            Some(last) => (last.span[1], last.rate(self, last.span[1])),
            None => (0.0, 0.0),
        };
        let constant = spec.shape == Shape::Constant;
        let from = match spec.from {
            Some(from) => from,
            None if spec.since.is_some() => {
                return Err(("has a `since`, but no `from`".into(), "say the rate that the shape began with".into()));
            }
            None => before,
        };
        let to = match spec.to {
            Some(to) => to,
            None if constant => from,
            None => return Err(("has no `to`".into(), "say the rate that it ends with".into())),
        };
        let rates = [from, to];
        if rates.iter().any(|rate| !rate.is_finite() || *rate < 0.0) {
            return Err(("has a rate that is below 0 or no number".into(), "rates are such as 3e-4".into()));
        }
        if spec.shape == Shape::Exponential && rates.contains(&0.0) {
            return Err((
                "falls by equal factors from or to 0, which takes forever".into(),
                "give it a floor above 0".into(),
            ));
        }
        let in_tokens = [&spec.until, &spec.length].into_iter().flatten().any(|end| matches!(end, Amount::Tokens(_)));
        let on_axis = |step: f64| if in_tokens { self.tokens(step) } else { step };
        let start = spec.since.map_or(begins, |since| self.step_of(since));
        let end = match (spec.until, spec.length) {
            (Some(until), None) => self.step_of(until),
            (None, Some(Amount::Steps(length))) => start + length as f64,
            (None, Some(Amount::Tokens(length))) => self.step_at(self.tokens(start) + length as f64),
            (None, None) if constant => f64::INFINITY,
            (None, None) => return Err(("has no end".into(), "give it an `until` or a `for`".into())),
            (Some(_), Some(_)) => return Err(("has an `until` and a `for`".into(), "keep one of the two".into())),
        };
        let leaves = spec.leave.map_or(end, |leave| self.step_of(leave));
        if leaves <= begins || end <= start || leaves > end {
            let what = format!(
                "begins at step {begins:.0} and ends at step {leaves:.0} of a shape from {start:.0} to {end:.0}"
            );
            return Err((what, "places are counted from the start of the run, and each piece takes some steps".into()));
        }
        let shape_span = [on_axis(start), if end.is_infinite() { end } else { on_axis(end) }];
        Ok(Piece { shape: spec.shape, from, to, shape_span, in_tokens, span: [begins, leaves] })
    }

    /// Tokens seen after `step` steps.
    fn tokens(&self, step: f64) -> f64 {
        let ends = self.batches.iter().skip(1).map(|batch| batch.from_step as f64).chain([f64::INFINITY]);
        let in_piece =
            |(batch, end): (&Batch, f64)| (step.min(end) - batch.from_step as f64).max(0.0) * batch.tokens as f64;
        self.batches.iter().zip(ends).map(in_piece).sum()
    }

    /// The step, with a fraction, at which so many tokens are seen.
    fn step_at(&self, tokens: f64) -> f64 {
        let reached = |batch: &&Batch| self.tokens(batch.from_step as f64) <= tokens;
        let batch = self.batches.iter().rev().find(reached).unwrap_or(&self.batches[0]);
        batch.from_step as f64 + (tokens - self.tokens(batch.from_step as f64)) / batch.tokens as f64
    }

    fn step_of(&self, amount: Amount) -> f64 {
        match amount {
            Amount::Steps(steps) => steps as f64,
            Amount::Tokens(tokens) => self.step_at(tokens as f64),
        }
    }

    /// Tokens seen after `step` steps.
    pub(crate) fn tokens_at(&self, step: u64) -> u64 {
        self.tokens(step as f64).round() as u64
    }

    /// The step at which so many tokens are seen, rounded.
    pub(crate) fn step_of_tokens(&self, tokens: u64) -> u64 {
        self.step_at(tokens as f64).round() as u64
    }

    /// The learning rate of `step`; `None` before the first piece tells one or after the last.
    pub(crate) fn rate_at(&self, step: u64) -> Option<f64> {
        let step = step as f64;
        let piece = self.pieces.iter().find(|piece| step < piece.span[1]);
        // The last piece's end belongs to it, and so does a step that a label in tokens rounds past it.
        let piece = piece.or_else(|| self.pieces.last().filter(|last| step < last.span[1] + 1.0))?;
        Some(piece.rate(self, step))
    }

    /// Whether it tells learning rates, and not the tokens of a step alone.
    pub(crate) fn tells_rates(&self) -> bool {
        !self.pieces.is_empty()
    }

    /// The last step that the schedule tells a rate of; `None` where it goes on forever or tells none.
    pub(crate) fn end(&self) -> Option<u64> {
        self.pieces.last().filter(|last| last.span[1].is_finite()).map(|last| last.span[1].ceil() as u64)
    }

    /// The schedule as a log would tell it, from step `from` to step `to`, and at each of `steps`.
    fn entries(&self, from: u64, to: u64, steps: impl Iterator<Item = u64>) -> Vec<LogEntry> {
        let mut told: Vec<u64> = steps.chain([from, to]).collect();
        for piece in &self.pieces {
            let (begins, ends) = (piece.span[0].max(from as f64), piece.span[1].min(to as f64));
            let at = |part: u64| (begins + (ends - begins) * part as f64 / TOLD as f64).round() as u64;
            if begins < ends {
                told.extend((0..=TOLD).map(at));
            }
        }
        told.retain(|step| (from..=to).contains(step));
        told.sort_unstable();
        told.dedup();
        let entry = |step: u64| {
            let learning_rate = self.rate_at(step);
            learning_rate.map(|_| LogEntry {
                step,
                tokens: Some(self.tokens_at(step)),
                learning_rate,
                loss: None,
                ..LogEntry::default()
            })
        };
        told.into_iter().filter_map(entry).collect()
    }

    /// Gives a log in ascending steps the rates from step `from` to step `to`, where it tells none of its own: at each of its entries,
    /// at each of `steps`, and between them as often as phases need it.
    pub(crate) fn fill(&self, log: &mut Vec<LogEntry>, from: u64, to: u64, steps: impl Iterator<Item = u64>) {
        if log.iter().any(|entry| entry.learning_rate.is_some()) || !self.tells_rates() {
            return;
        }
        let mut told = self.entries(from, to, steps.chain(log.iter().map(|entry| entry.step)));
        for entry in &mut told {
            if let Ok(at) = log.binary_search_by_key(&entry.step, |logged| logged.step) {
                (entry.tokens, entry.loss) = (log[at].tokens.or(entry.tokens), log[at].loss);
            }
        }
        *log = told;
    }
}

impl Piece {
    fn rate(&self, schedule: &Schedule, step: f64) -> f64 {
        let at = if self.in_tokens { schedule.tokens(step) } else { step };
        let [start, end] = self.shape_span;
        let share = if end.is_infinite() { 0.0 } else { ((at - start) / (end - start)).clamp(0.0, 1.0) };
        self.shape.rate(self.from, self.to, share)
    }
}
#[cfg(test)]
mod tests;
