//! Metrics of single tokens by their position: does the model use what it has read?

use super::{Scored, one};
use crate::record::ItemRecord;

/// Positions of Olsson et al. (2022), "In-context learning and induction heads": token 500 against token 50, from 1.
const LATE: usize = 500;
const EARLY: usize = 50;

fn tokens(record: &ItemRecord) -> Result<&[f64], &'static str> {
    if record.token_logprobs.is_empty() { Err("the log-likelihood of each token") } else { Ok(&record.token_logprobs) }
}

fn mean_loss(logprobs: &[f64]) -> f64 {
    -logprobs.iter().sum::<f64>() / logprobs.len() as f64
}

/// Mean losses of the two copies. The first token of each is left out: nothing before it tells where the second begins.
fn copies(record: &ItemRecord) -> Result<(f64, f64), &'static str> {
    let tokens = tokens(record)?;
    if tokens.len() < 4 || tokens.len() % 2 == 1 {
        return Err("a sequence of two tokens or more, twice");
    }
    let (first, second) = tokens.split_at(tokens.len() / 2);
    Ok((mean_loss(&first[1..]), mean_loss(&second[1..])))
}

pub(super) fn copy_gain(record: &ItemRecord) -> Scored {
    let (first, second) = copies(record)?;
    one(first - second)
}

/// 1 − loss of the second copy / loss of the first.
pub(super) fn copy_score(record: &ItemRecord) -> Scored {
    let (first, second) = copies(record)?;
    if first > 0.0 { one(1.0 - second / first) } else { Ok(None) }
}

/// Says nothing of texts shorter than 500 tokens.
pub(super) fn icl_score(record: &ItemRecord) -> Scored {
    let tokens = tokens(record)?;
    match tokens.get(LATE - 1) {
        Some(late) => one(tokens[EARLY - 1] - late),
        None => Ok(None),
    }
}

/// The same over a band of tokens, whose mean is far less noisy than one token.
pub(super) fn icl_score_band(record: &ItemRecord) -> Scored {
    let tokens = tokens(record)?;
    match tokens.get(256..512) {
        Some(late) => one(mean_loss(late) - mean_loss(&tokens[32..64])),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(token_logprobs: Vec<f64>) -> ItemRecord {
        ItemRecord { token_logprobs, ..Default::default() }
    }

    #[test]
    fn a_perfect_copy_scores_one() {
        let mut logprobs = vec![-8.0; 16];
        assert_eq!(copy_gain(&with(logprobs.clone())), one(0.0));
        logprobs[9..].fill(0.0);
        assert_eq!(copy_gain(&with(logprobs.clone())), one(8.0));
        assert_eq!(copy_score(&with(logprobs)), one(1.0));
        assert!(copy_score(&with(vec![-1.0; 5])).is_err());
        assert!(copy_score(&with(Vec::new())).is_err());
    }

    #[test]
    fn losses_fall_along_the_text() {
        // Loss 1/√position: token 500 against token 50.
        let item = with((1..=512).map(|position| -1.0 / f64::from(position).sqrt()).collect());
        let score = icl_score(&item).unwrap().unwrap().value;
        assert!((score - (500_f64.powf(-0.5) - 50_f64.powf(-0.5))).abs() < 1e-12);
        assert!(icl_score_band(&item).unwrap().unwrap().value < 0.0);
        assert_eq!(icl_score(&with(vec![-1.0; 499])), Ok(None));
    }
}
