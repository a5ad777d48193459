//! What is measured beside scores: the speed of a checkpoint on this machine, and what another precision changes.

mod bench;
mod bench_against;
mod precision;

pub use bench::{Ask, Context, MachineLimits, Measured, PartTime, Prefill, Speed, StartUp, measure};
pub use bench_against::{AskBoth, At, Both, Length, Side, Times, measure_both};
pub use precision::{Effect, MetricChange, Scored};
