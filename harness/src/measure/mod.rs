//! What is measured beside scores: the speed of a checkpoint on this machine, or of two side by side, and what another precision changes.

mod against;
mod bench;
mod precision;
mod price;
mod speed;

pub(crate) use against::{AskBoth, At, Both, Length, Side, Times, measure_both};
pub(crate) use bench::{Ask, measure};
pub(crate) use precision::{Effect, Form, MetricChange, price_of_task};
pub(crate) use speed::{Context, Measured, PartTime, ProductWay, Speed};
