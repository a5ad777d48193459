//! What is measured beside scores: the speed of a checkpoint on this machine, or of two side by side, and what another precision changes.

mod against;
mod bench;
mod form;
mod precision;
mod price;
mod right_answers;
mod speed;

pub(crate) use against::{AskBoth, At, Both, Length, Side, Times, measure_both};
pub(crate) use bench::{Ask, measure};
pub(crate) use form::{Form, one_model};
pub(crate) use precision::{Effect, MetricChange};
pub(crate) use right_answers::{RightAnswers, Roomy};
pub(crate) use speed::{Context, Measured, PartTime, ProductWay, Speed};
