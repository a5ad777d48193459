//! The checksum in the summary of a unit: a bit that flipped on disk is no score.

use serde::{Deserialize, Serialize};
use spyglass_dashboards::run::{Cost, UnitRecord};

/// What stands between a summary and its checksum, the last of its keys.
const BEFORE: &str = ",\n  \"checksum\": \"";
const AFTER: &str = "\"\n}";

/// What a plan asks of a summary: of tens of thousands the rest would be read and kept for nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Brief {
    /// Items scored.
    pub(crate) items: usize,
    /// What it took.
    pub(crate) cost: Cost,
}

/// The summary as it is written.
pub(super) fn close(record: &UnitRecord) -> String {
    let text = serde_json::to_string_pretty(record).expect("plain data");
    let body = text.strip_suffix("\n}").expect("a summary has keys");
    format!("{body}{BEFORE}{}{AFTER}", blake3::hash(body.as_bytes()).to_hex())
}

/// The summary as it was meant; one without a checksum is of an earlier version.
///
/// # Errors
/// What is wrong with it.
pub(super) fn open(text: &str) -> Result<UnitRecord, String> {
    has_checksum(text)?;
    serde_json::from_str(text).map_err(|error| error.to_string())
}

/// [`open`] of what a plan asks for. Where a checksum vouches for the rest, that is not read.
///
/// # Errors
/// As there.
pub(super) fn open_brief(text: &str) -> Result<Brief, String> {
    if !has_checksum(text)? {
        return open(text).map(|UnitRecord { items, cost, .. }| Brief { items, cost });
    }
    serde_json::from_str(text).map_err(|error| error.to_string())
}

/// Whether a checksum vouches for a summary.
///
/// # Errors
/// It is that of something else.
fn has_checksum(text: &str) -> Result<bool, String> {
    let Some((body, rest)) = text.rsplit_once(BEFORE) else { return Ok(false) };
    if rest.trim_end().strip_suffix(AFTER) == Some(blake3::hash(body.as_bytes()).to_hex().as_str()) {
        return Ok(true);
    }
    Err("its checksum is not that of what it says".into())
}
