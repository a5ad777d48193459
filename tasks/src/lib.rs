//! Asks and judges: benchmark definitions, data, few-shot prompts, metrics and item records.

mod record;

pub use record::{ChoiceRecord, ItemRecord, MetricValue};
