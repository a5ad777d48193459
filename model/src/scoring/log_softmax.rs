//! Log-probabilities read from rows of logits, in f64.

use rayon::prelude::*;

use super::trie::WantedToken;
use crate::error::{Error, Result};
use crate::models::Logits;

/// The answer to a question.
pub(crate) struct TokenScore {
    pub(crate) question: WantedToken,
    pub(crate) log_probability: f64,
    pub(crate) is_greedy: bool,
}

/// Rows that answer a node's questions.
pub(crate) struct WantedRows<'a> {
    /// Ascending by offset, not empty.
    pub(crate) questions: &'a [WantedToken],
    /// Row 0 is that of the first question's offset.
    pub(crate) logits: Logits,
    /// Position of row 0 in the text.
    pub(crate) position: usize,
}

/// Answers all questions; a row that several ask is summed once.
pub(crate) fn read(asked: &[WantedRows<'_>]) -> Result<Vec<TokenScore>> {
    let rows: Vec<(&WantedRows<'_>, &[WantedToken])> = asked
        .iter()
        .flat_map(|asked| asked.questions.chunk_by(|a, b| a.offset == b.offset).map(move |row| (asked, row)))
        .collect();
    let answers: Vec<Vec<TokenScore>> = rows
        .into_par_iter()
        .map(|(asked, questions)| {
            let index = (questions[0].offset - asked.questions[0].offset) as usize;
            let row = asked.logits.row(index);
            let summed = Row::new(row).ok_or(Error::Logits { position: asked.position + index })?;
            let answer = |&question: &WantedToken| TokenScore {
                question,
                log_probability: summed.log_probability(question.token),
                is_greedy: summed.best == question.token,
            };
            Ok(questions.iter().map(answer).collect())
        })
        .collect::<Result<_>>()?;
    Ok(answers.into_iter().flatten().collect())
}

/// A row of logits and what its log-softmax needs.
pub(crate) struct Row<'a> {
    logits: &'a [f32],
    /// The largest logit's token, the lowest id of equals.
    pub(crate) best: u32,
    log_sum: f64, // of exp(logit − largest)
}

impl<'a> Row<'a> {
    /// `None` when a logit is not finite.
    pub(crate) fn new(logits: &'a [f32]) -> Option<Self> {
        if !logits.iter().all(|logit| logit.is_finite()) {
            return None;
        }
        let best = greatest(logits);
        let largest = f64::from(logits[best as usize]);
        let sum: f64 = logits.iter().map(|&logit| (f64::from(logit) - largest).exp()).sum();
        Some(Self { logits, best, log_sum: sum.ln() })
    }

    /// logit − largest − ln Σ exp(logit − largest).
    pub(crate) fn log_probability(&self, token: u32) -> f64 {
        f64::from(self.logits[token as usize]) - f64::from(self.logits[self.best as usize]) - self.log_sum
    }
}

impl Logits {
    /// Logarithm of the probability of `token` after row `index`, in f64; `None` when a logit of the row is not finite.
    ///
    /// # Panics
    /// No such row, or no such token.
    pub fn log_probability(&self, index: usize, token: u32) -> Option<f64> {
        Row::new(self.row(index)).map(|row| row.log_probability(token))
    }
}

/// The index of the largest number, the lowest of equals.
pub(crate) fn greatest(numbers: &[f32]) -> u32 {
    let mut best = 0;
    for (index, &number) in numbers.iter().enumerate() {
        if number > numbers[best] {
            best = index;
        }
    }
    best as u32
}
