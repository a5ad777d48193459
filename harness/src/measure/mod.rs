//! What is measured beside scores: the speed of a checkpoint on this machine, and what another precision changes.

mod bench;
mod precision;

pub use bench::{Ask, Context, MachineLimits, Measured, PartTime, Prefill, Speed, StartUp, measure};
pub use precision::{Effect, MetricChange, Scored};
