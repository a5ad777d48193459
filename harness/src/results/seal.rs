//! The checksum in the summary of a unit: a bit that flipped on disk is no score.

use spyglass_dashboards::run::UnitRecord;

/// What stands between a summary and its checksum, the last of its keys.
const BEFORE: &str = ",\n  \"checksum\": \"";
const AFTER: &str = "\"\n}";

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
    if let Some((body, rest)) = text.rsplit_once(BEFORE)
        && rest.trim_end().strip_suffix(AFTER) != Some(blake3::hash(body.as_bytes()).to_hex().as_str())
    {
        return Err("its checksum is not that of what it says".into());
    }
    serde_json::from_str(text).map_err(|error| error.to_string())
}
