//! Metrics of whole texts.

use std::f64::consts::LN_2;

use super::{Scored, Share, choice};
use crate::record::{ItemRecord, RollingRecord};

fn rolling(record: &ItemRecord) -> Result<&RollingRecord, &'static str> {
    record.rolling.as_ref().ok_or("the log-likelihood of a whole text")
}

/// `loss` spread over `units`: a text weighs as much as it has of them.
fn per(loss: f64, units: usize, none: &'static str) -> Scored {
    let weight = units as f64;
    if units == 0 { Err(none) } else { Ok(Some(Share { value: loss / weight, weight })) }
}

pub(super) fn loss_per_word(record: &ItemRecord) -> Scored {
    let text = rolling(record)?;
    per(-text.logprob, text.words, "a text of at least one word")
}

pub(super) fn loss_per_byte(record: &ItemRecord) -> Scored {
    let text = rolling(record)?;
    per(-text.logprob, text.bytes, "a text of at least one byte")
}

/// Of a whole text, or of the right choice. Texts weigh by their bytes, as in lm-evaluation-harness; choices all alike,
/// as OLMES counts them, so that a long answer is one item as any other.
pub(super) fn bits_per_byte(record: &ItemRecord) -> Scored {
    match &record.rolling {
        Some(text) => per(-text.logprob / LN_2, text.bytes, "a text of at least one byte"),
        None => choice::bits_per_byte(record),
    }
}
