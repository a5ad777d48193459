//! Scores as CSV and as JSON lines.

use super::ScoreRow;

/// A head and one line a score; an absent value is empty.
pub fn csv(rows: &[ScoreRow]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.serialize(row).expect("a row is flat, and a vector takes all that is written to it");
    }
    writer.into_inner().expect("a vector takes all that is written to it")
}

/// One object a line; an absent value is `null`.
pub fn json_lines(rows: &[ScoreRow]) -> Vec<u8> {
    let line = |row: &ScoreRow| serde_json::to_string(row).expect("plain data") + "\n";
    rows.iter().map(line).collect::<String>().into_bytes()
}
