//! Log-likelihoods of continuations: each distinct prefix computed once, its state forked, in tall batches.

mod divergence;
mod log_softmax;
mod request;
mod schedule;
mod scorer;
mod trie;

pub use divergence::{TokenShift, shifts};
pub(crate) use log_softmax::greatest;
pub use request::{Request, ScorerOptions};
pub use scorer::{LogLikelihood, Progress, Scorer};
pub use trie::RequestTrie;
