//! Log-likelihoods of continuations: each distinct prefix computed once, its state forked, in tall batches.

mod divergence;
mod log_softmax;
mod neighbours;
mod request;
mod schedule;
mod scorer;
mod scores;
mod side_by_side;
mod trie;

pub use divergence::TokenShift;
pub(crate) use log_softmax::greatest;
pub use request::{Request, ScorerOptions};
pub use scorer::{Progress, Scorer};
pub use scores::LogLikelihood;
pub use side_by_side::shifts;
pub use trie::{Fork, RequestTrie};
