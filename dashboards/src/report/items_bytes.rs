//! Verdicts and probabilities of items as one byte each, for tens of thousands of them.

use base64::prelude::{BASE64_STANDARD, Engine};
use spyglass_tasks::ItemRecord;
use spyglass_tasks::metric::per_item;

/// A byte a record, as base64.
pub(super) fn coded<'r>(
    records: impl Iterator<Item = Option<&'r ItemRecord>>,
    byte: impl Fn(Option<&ItemRecord>) -> u8,
) -> String {
    BASE64_STANDARD.encode(records.map(byte).collect::<Vec<u8>>())
}

/// P(gold) as 1 to 255; 0 where there is none.
pub(super) fn p_byte(record: Option<&ItemRecord>) -> u8 {
    let p = record.and_then(|record| per_item("p_gold", record).ok().flatten());
    p.map_or(0, |p| 1 + (p.clamp(0.0, 1.0) * 254.0).round() as u8)
}

/// 2 right, 1 wrong, 0 not scored: by the task's own metric where that is one of right and wrong, else by `acc`.
pub(super) fn right_byte(record: Option<&ItemRecord>, primary: &str) -> u8 {
    let Some(record) = record else { return 0 };
    let verdict = |metric: &str| {
        per_item(metric, record).ok().flatten().filter(|value| value.fract() == 0.0 && (0.0..=1.0).contains(value))
    };
    verdict(primary).or_else(|| verdict("acc")).map_or(0, |value| 1 + u8::from(value > 0.5))
}
