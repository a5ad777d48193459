//! How a run is watched while it trains, as the run file says it.

use std::path::PathBuf;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize};

/// How `spyglass watch` watches a run.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct WatchSpec {
    /// Time between two looks for new checkpoints, such as `30s` or `5m`.
    #[serde(deserialize_with = "time")]
    #[schemars(schema_with = "time_schema")]
    pub(crate) every: Duration,
    /// Which of several checkpoints is scored next.
    pub(crate) order: WatchOrder,
    /// A file that the trainer writes into a checkpoint's folder when it is complete; without one, a checkpoint counts as complete when
    /// all files that its index names are there, fit their headers, and two looks find the same sizes.
    pub(crate) complete_marker: Option<PathBuf>,
    /// Whether a file `.reading-…` lies beside a checkpoint while it is read, so that a trainer that deletes old ones can leave it alone.
    pub(crate) reading_file: bool,
    /// An address that new onsets, alarms and failures are posted to as JSON; its `text` is what Slack shows. `$NAME` takes it from the
    /// environment.
    pub(crate) webhook: Option<String>,
    /// A command of the shell that gets the same JSON on its standard input.
    pub(crate) command: Option<String>,
    /// Where the page for Prometheus goes (the folder of node exporter's textfile collector); `metrics.prom` in the results unless given.
    pub(crate) metrics: Option<PathBuf>,
    /// Time until a checkpoint that failed is tried again; it doubles with each failure.
    #[serde(deserialize_with = "time")]
    #[schemars(schema_with = "time_schema")]
    pub(crate) retry: Duration,
    /// The most that this time grows to.
    #[serde(deserialize_with = "time")]
    #[schemars(schema_with = "time_schema")]
    pub(crate) retry_at_most: Duration,
}

impl Default for WatchSpec {
    fn default() -> Self {
        Self {
            every: Duration::from_secs(30),
            order: WatchOrder::default(),
            complete_marker: None,
            reading_file: true,
            webhook: None,
            command: None,
            metrics: None,
            retry: Duration::from_mins(1),
            retry_at_most: Duration::from_hours(1),
        }
    }
}

/// Which of several checkpoints that wait is scored next.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum WatchOrder {
    /// The newest one: what is known is never far behind the training.
    #[default]
    Newest,
    /// The oldest one.
    Oldest,
    /// The one that narrows an onset most; what narrows none is not scored.
    Onset,
}

/// `#[serde(deserialize_with)]` for a time: `30s`, `5m`, `2h`, or seconds as a number.
fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    struct Time;
    impl Visitor<'_> for Time {
        type Value = Duration;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a time such as 30s, 5m or 2h")
        }
        fn visit_str<E: de::Error>(self, text: &str) -> Result<Duration, E> {
            parse(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
        }
        fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<Duration, E> {
            self.visit_f64(seconds as f64)
        }
        fn visit_f64<E: de::Error>(self, seconds: f64) -> Result<Duration, E> {
            within(seconds).ok_or_else(|| E::invalid_value(de::Unexpected::Float(seconds), &self))
        }
    }
    deserializer.deserialize_any(Time)
}

/// `#[serde(deserialize_with)]` for a time that may be absent.
pub(super) fn optional_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    time(deserializer).map(Some)
}

/// What an editor may offer for a time.
pub(super) fn time_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "string", "pattern": "^[0-9_.]+ ?(s|m|h|d|min)?$"}]})
}

/// Reads `30s`, `1.5 h`, `90`; from a tenth of a second to a year.
pub(crate) fn parse(text: &str) -> Option<Duration> {
    let text = text.trim().replace('_', "");
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let seconds = match text[end..].trim() {
        "" | "s" | "sec" | "seconds" => 1.0,
        "m" | "min" | "minutes" => 60.0,
        "h" | "hours" => 3600.0,
        "d" | "days" => 86400.0,
        _ => return None,
    };
    within(text[..end].parse::<f64>().ok()? * seconds)
}

fn within(seconds: f64) -> Option<Duration> {
    (0.1..=3.2e7).contains(&seconds).then(|| Duration::from_secs_f64(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_the_usual_forms() {
        let seconds = |text| parse(text).map(|time| time.as_secs_f64());
        let cases = [
            ("30s", 30.0),
            ("5m", 300.0),
            ("1.5 h", 5400.0),
            ("90", 90.0),
            ("0.5s", 0.5),
            ("2 min", 120.0),
            ("1d", 86400.0),
        ];
        for (text, wanted) in cases {
            assert_eq!(seconds(text), Some(wanted), "{text}");
        }
        for text in ["0", "-1s", "5 parsecs", "", "s", "1e99h", "999999h"] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
