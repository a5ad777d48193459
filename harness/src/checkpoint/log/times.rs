//! When a line of a log was written. It draws the axis of hours and nothing else, so that a cell that is no time is passed over.

use std::sync::LazyLock;

use jiff::civil::DateTime;
use jiff::tz::Offset;
use regex::Regex;
use serde_json::Value;

use super::table::Table;

/// Names of such columns, in lower case, the most telling first. A plain `time` is left out: most trainers call the time of a step so.
const NAMES: [&str; 16] = [
    "_timestamp",
    "wall time",
    "wall_time",
    "walltime",
    "timestamp",
    "datetime",
    "date_time",
    "created_at",
    "_runtime",
    "runtime",
    "elapsed_time",
    "elapsed",
    "elapsed_seconds",
    "elapsed_s",
    "time_elapsed",
    "relative_time",
];
/// What counts milliseconds: as seconds it would be after the year 5000.
const MILLISECONDS: f64 = 1e11;

static MOMENT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?").expect("the pattern is a constant"));

/// The column that tells the time in two of its rows or more.
pub(super) fn time_column(table: &Table) -> Option<String> {
    let is_called = |name: &&String, wanted: &str| {
        let plain = name.trim().to_lowercase();
        plain.rsplit('/').next() == Some(wanted)
    };
    let tells = |name: &&String| {
        table.rows.iter().filter_map(|row| row.cells.get(*name)).filter(|cell| seconds(cell).is_some()).count() > 1
    };
    let named = |wanted: &&str| table.columns.iter().find(|name| is_called(name, wanted) && tells(name)).cloned();
    NAMES.iter().find_map(named)
}

/// A time in seconds: a number of seconds or milliseconds, a date with its time of day (without a zone taken as UTC, for only
/// differences count), or hours, minutes and seconds that have passed.
pub(super) fn seconds(cell: &Value) -> Option<f64> {
    let number = |value: f64| {
        let value = if value > MILLISECONDS { value / 1000.0 } else { value };
        (value.is_finite() && value >= 0.0).then_some(value)
    };
    match cell {
        Value::Number(value) => number(value.as_f64()?),
        Value::String(text) => {
            let text = text.trim();
            text.parse().ok().and_then(number).or_else(|| of_date(text)).or_else(|| of_clock(text))
        }
        _ => None,
    }
}

/// The first date with a time of day in a line.
pub(super) fn moment(line: &str) -> Option<String> {
    MOMENT.find(line).map(|found| found.as_str().to_owned())
}

fn of_date(text: &str) -> Option<f64> {
    if let Ok(moment) = text.parse::<jiff::Timestamp>() {
        return Some(moment.as_millisecond() as f64 / 1000.0);
    }
    let plain = MOMENT.find(text).filter(|found| found.start() == 0)?.as_str().replace(',', ".");
    let moment = Offset::UTC.to_timestamp(plain.parse::<DateTime>().ok()?).ok()?;
    Some(moment.as_millisecond() as f64 / 1000.0)
}

/// `0:01:23` or `2 days, 3:01:23`.
fn of_clock(text: &str) -> Option<f64> {
    let (days, clock) = match text.split_once(" day") {
        Some((days, rest)) => {
            (days.trim().parse::<f64>().ok()?, rest.trim_start_matches('s').trim_start_matches(',').trim())
        }
        None => (0.0, text),
    };
    let parts: Vec<f64> = clock.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let [hours, minutes, seconds] = parts[..] else { return None };
    (minutes < 60.0 && seconds < 60.0).then_some(((days * 24.0 + hours) * 60.0 + minutes) * 60.0 + seconds)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::table::Row;
    use super::*;

    #[test]
    fn times_of_many_spellings_are_seconds() {
        let day = 1_767_225_600.0; // 2026-01-01T00:00:00Z, as `date -u -d 2026-01-01 +%s` says
        let told = [
            (json!(day), Some(day)),
            (json!(day * 1000.0), Some(day)),
            (json!("1767225600.5"), Some(day + 0.5)),
            (json!("2026-01-01T00:00:10Z"), Some(day + 10.0)),
            (json!("2026-01-01 01:00:00,500"), Some(day + 3600.5)),
            (json!("2026-01-01T02:00:00+01:00"), Some(day + 3600.0)),
            (json!("0:01:23"), Some(83.0)),
            (json!("2 days, 3:00:01"), Some(51.0 * 3600.0 + 1.0)),
            (json!("1 day, 0:00:00"), Some(86400.0)),
            (json!(12.5), Some(12.5)),
            (json!("soon"), None),
            (json!("1:75:00"), None),
            (json!(-3), None),
            (json!(null), None),
        ];
        for (cell, wanted) in told {
            assert_eq!(seconds(&cell), wanted, "{cell}");
        }
        assert_eq!(moment(" [2026-01-01 10:00:00] iteration 10/ 100 |").as_deref(), Some("2026-01-01 10:00:00"));
        assert_eq!(moment("step 10 | time 12ms"), None);
    }

    #[test]
    fn entries_of_tables_and_of_printed_lines_have_their_times() {
        let logs = [
            "_step,_timestamp,train/loss\n1,1767225600,3\n2,1767225630.5,2\n",
            " [2026-01-01 00:00:00] iteration 1/ 9 | lm loss: 3.0E+00 |\n [2026-01-01 00:00:30.5] iteration 2/ 9 | lm loss: 2.0E+00 |\n",
            "{\"step\": 1, \"loss\": 3, \"elapsed_time\": \"0:00:10\"}\n{\"step\": 2, \"loss\": 2, \"elapsed_time\": \"0:00:40.5\"}\n",
        ];
        let folder = tempfile::tempdir().unwrap();
        for (number, text) in logs.iter().enumerate() {
            let file = folder.path().join(format!("log-{number}"));
            fs_err::write(&file, text).unwrap();
            let spec = crate::run_file::LogSpec { file, columns: crate::run_file::LogColumns::default() };
            let entries = super::super::read_log(&spec).unwrap().entries;
            assert_eq!(entries.len(), 2, "{text}");
            let apart = entries[1].seconds.unwrap() - entries[0].seconds.unwrap();
            assert!((apart - 30.5).abs() < 1e-6, "{apart}: {text}");
        }
    }

    #[test]
    fn a_column_of_times_is_known_by_its_name_and_holds_some() {
        let table = |name: &str, cells: [Value; 2]| {
            let row = |(at, cell): (usize, &Value)| Row {
                at,
                cells: [(name.to_owned(), cell.clone())].into_iter().collect(),
            };
            Table::of(std::path::Path::new("log"), "line", cells.iter().enumerate().map(row).collect())
        };
        for name in ["_timestamp", "Wall time", "train/_runtime", "elapsed_time"] {
            assert_eq!(time_column(&table(name, [json!(1), json!(2)])).as_deref(), Some(name));
        }
        assert_eq!(time_column(&table("timestamp", [json!("today"), json!("now")])), None);
        assert_eq!(time_column(&table("time", [json!(0.2), json!(0.3)])), None, "the time of a step");
    }
}
