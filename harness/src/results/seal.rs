//! The checksum in the summary of a unit: a bit that flipped on disk is no score.

use serde_json::Value;
use spyglass_dashboards::run::UnitRecord;

/// The key of the checksum, the last one of the summary.
const KEY: &str = "checksum";

/// The summary as it is written.
pub(super) fn close(record: &UnitRecord) -> String {
    let mut value = serde_json::to_value(record).expect("plain data");
    let checksum = checksum(&value);
    if let Value::Object(keys) = &mut value {
        keys.insert(KEY.into(), checksum.into());
    }
    serde_json::to_string_pretty(&value).expect("plain data")
}

/// The summary as it was meant; one without a checksum is of an earlier version.
///
/// # Errors
/// What is wrong with it.
pub(super) fn open(text: &str) -> Result<UnitRecord, String> {
    let mut value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let kept = value.as_object_mut().and_then(|keys| keys.shift_remove(KEY));
    if kept.is_some_and(|kept| kept != checksum(&value)) {
        return Err("its checksum is not that of what it says".into());
    }
    serde_json::from_value(value).map_err(|error| error.to_string())
}

fn checksum(value: &Value) -> String {
    let text = serde_json::to_string(value).expect("plain data");
    blake3::hash(text.as_bytes()).to_hex().to_string()
}
