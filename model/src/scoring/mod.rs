//! Log-likelihoods of continuations: each distinct prefix computed once, its state forked, in tall batches.

mod log_softmax;
mod request;
mod schedule;
mod scorer;
mod scores;
mod trie;

pub(crate) use log_softmax::greatest;
pub use request::{Request, ScorerOptions};
pub use scorer::{Progress, Scorer};
pub use scores::LogLikelihood;
pub use trie::RequestTrie;
