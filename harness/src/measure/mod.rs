//! What is measured beside scores: the speed of a checkpoint on this machine, or of two side by side, and what another precision changes.

mod against;
mod bench;
mod precision;

pub use against::{AskBoth, At, Both, Length, Side, Times, measure_both};
pub use bench::{Ask, Context, MachineLimits, Measured, PartTime, Prefill, Speed, StartUp, measure};
pub use precision::{Effect, MetricChange, Scored};
