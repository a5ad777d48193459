//! A run in several arithmetics: what each further one costs the next token of every checkpoint.

mod estimate;
mod key;
mod measure;
mod texts;

pub(crate) use estimate::{PriceEstimate, estimate_prices};
pub(crate) use measure::{Priced, measure_prices};

/// Tokens of a checkpoint before which distributions are compared.
const TOKENS: usize = 2000;
