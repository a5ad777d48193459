//! Curves from a table of scores, whoever measured them: what `spyglass onset` reads.

use crate::{Error, Result};
use csv::StringRecord;
use spyglass_dashboards::analysis::{Curve, Noise, ScoreCurve};
use std::collections::BTreeMap;
use std::path::Path;

const REQUIRED: [&str; 4] = ["task", "tokens", "score", "chance"];
const OPTIONAL: [&str; 6] = ["n", "branch", "step", "lr", "se", "delta"];

/// Larger whole numbers are not told apart by a float: 2^53.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The curves of a table, in the order of their first rows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scores {
    /// One for each task and branch.
    pub(crate) curves: Vec<ScoreCurve>,
    /// Columns that were not read.
    pub(crate) ignored: Vec<String>,
}

/// Reads a CSV table with the columns `task,tokens,score,chance`, `n` or `se`, and optionally `branch,step,lr,delta`; `file` is for
/// messages.
///
/// A share of `n` items lies in [0, 1]; with `se` the score is continuous and `n` is not needed. Rows may come in any order. A branch
/// whose first row repeats a row of another branch (tokens, score and what it is worth) left it there: its curve then begins with
/// that branch's earlier points. Errors name the line: a missing or repeated column, what is no number, NaN, a negative `n` or `se`, a
/// share outside [0, 1], tokens that occur twice on one curve, and `chance` or `delta` that change along it.
pub(crate) fn read_scores(file: &Path, text: &str) -> Result<Scores> {
    let text = text.trim_start_matches('\u{feff}'); // spreadsheets write a byte order mark
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let broken = |error: csv::Error| {
        let line = error.position().map_or(1, csv::Position::line);
        let problem = match error.kind() {
            csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                format!("{len} fields where the head has {expected_len}")
            }
            _ => error.to_string(),
        };
        wrong(file, line, problem, "quote fields that hold commas; every row has as many fields as the head")
    };
    let table = Table { file, columns: columns(file, reader.headers().map_err(broken)?)? };
    let ignored = reader.headers().map_err(broken)?.iter().filter(|name| !is_known(name)).map(str::to_owned).collect();
    let mut rows: Vec<(Name, Vec<Row>)> = Vec::new();
    for record in reader.records() {
        let record = record.map_err(broken)?;
        let (name, row) = table.row(&record)?;
        match rows.iter_mut().find(|(known, _)| *known == name) {
            Some((_, rows)) => rows.push(row),
            None => rows.push((name, vec![row])),
        }
    }
    for (name, rows) in &mut rows {
        rows.sort_by_key(|row| row.tokens);
        table.check(name, rows)?;
    }
    let curves = rows.iter().map(|(name, own)| curve(name, own, &before_fork(name, own, &rows))).collect();
    Ok(Scores { curves, ignored })
}

fn wrong(file: &Path, line: u64, problem: impl Into<String>, help: &str) -> Error {
    Error::Line { file: file.to_owned(), line: line as usize, problem: problem.into(), help: help.to_owned() }
}

fn is_known(name: &str) -> bool {
    REQUIRED.contains(&name) || OPTIONAL.contains(&name)
}

/// Where each known column stands.
fn columns(file: &Path, head: &StringRecord) -> Result<BTreeMap<String, usize>> {
    let mut columns = BTreeMap::new();
    for (index, name) in head.iter().enumerate().filter(|(_, name)| is_known(name)) {
        if columns.insert(name.to_owned(), index).is_some() {
            return Err(wrong(file, 1, format!("two columns `{name}`"), "keep one of them"));
        }
    }
    let help = "the first line names the columns: task,tokens,score,n,chance, and optionally branch,step,lr,se,delta";
    if let Some(missing) = REQUIRED.iter().find(|name| !columns.contains_key(**name)) {
        return Err(wrong(file, 1, format!("no column `{missing}`"), help));
    }
    if !columns.contains_key("n") && !columns.contains_key("se") {
        return Err(wrong(file, 1, "no column `n`", help));
    }
    Ok(columns)
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
struct Row {
    line: u64,
    tokens: u64,
    score: f64,
    n: Option<f64>,
    se: Option<f64>,
    chance: f64,
    delta: Option<f64>,
}

struct Table<'a> {
    file: &'a Path,
    columns: BTreeMap<String, usize>,
}

impl Table<'_> {
    fn row(&self, record: &StringRecord) -> Result<(Name, Row)> {
        let line = record.position().map_or(0, csv::Position::line);
        let text = |name: &str| self.columns.get(name).and_then(|&at| record.get(at)).filter(|text| !text.is_empty());
        let error = |problem: String, help| wrong(self.file, line, problem, help);
        let missing = |name: &str| error(format!("no `{name}`"), "fill the field, or leave the row out");
        let number = |name: &str| -> Result<Option<f64>> {
            let Some(text) = text(name) else { return Ok(None) };
            match text.parse::<f64>() {
                Ok(value) if value.is_finite() => Ok(Some(value)),
                _ => Err(error(
                    format!("`{name}` is `{text}`, which is not a finite number"),
                    "leave out rows without a measured value",
                )),
            }
        };
        let count = |name: &str| -> Result<Option<u64>> {
            let Some(value) = number(name)? else { return Ok(None) };
            if value > EXACT {
                let problem = format!("`{name}` is {value}, above 2^53");
                return Err(error(
                    problem,
                    "write it in thousands or millions in every row: larger counts are not told apart",
                ));
            }
            if value < 0.0 || value.fract() != 0.0 {
                return Err(error(format!("`{name}` is {value}, which is not a count"), "write whole numbers from 0"));
            }
            Ok(Some(text(name).and_then(|text| text.parse().ok()).unwrap_or(value as u64)))
        };
        let task = text("task").ok_or_else(|| missing("task"))?.to_owned();
        let branch = self.columns.contains_key("branch").then(|| text("branch").unwrap_or_default().to_owned());
        // Not needed for a verdict, but a table that is wrong here is wrong.
        count("step")?;
        number("lr")?;
        let row = Row {
            line,
            tokens: count("tokens")?.ok_or_else(|| missing("tokens"))?,
            score: number("score")?.ok_or_else(|| missing("score"))?,
            n: number("n")?,
            se: number("se")?,
            chance: number("chance")?.ok_or_else(|| missing("chance"))?,
            delta: number("delta")?,
        };
        if let Some(n) = row.n.filter(|n| *n < 0.0) {
            return Err(error(format!("`n` is {n}, below 0"), "`n` counts the items behind the score"));
        }
        if let Some(se) = row.se.filter(|se| *se < 0.0) {
            return Err(error(format!("`se` is {se}, below 0"), "`se` is the score's standard error"));
        }
        if row.se.is_none() {
            row.n.ok_or_else(|| missing("n"))?;
            let out = |value: f64| !(0.0..=1.0).contains(&value);
            let help = "write shares, not per cent; a continuous metric needs its standard error in a column `se`";
            if out(row.score) {
                return Err(error(format!("`score` is {}, outside 0 to 1", row.score), help));
            }
            if out(row.chance) {
                return Err(error(format!("`chance` is {}, outside 0 to 1", row.chance), help));
            }
        }
        if let Some(delta) = row.delta.filter(|delta| *delta <= 0.0) {
            return Err(error(
                format!("`delta` is {delta}, not above 0"),
                "`delta` is the height of the level above chance",
            ));
        }
        Ok(((task, branch), row))
    }

    /// What rows of one curve, in ascending tokens, must agree in.
    fn check(&self, (task, branch): &Name, rows: &[Row]) -> Result<()> {
        let whose = branch.as_ref().map_or_else(|| format!("`{task}`"), |branch| format!("`{task}` on `{branch}`"));
        let first = &rows[0];
        for (before, row) in rows.iter().zip(&rows[1..]) {
            let (line, other) = (row.line.max(before.line), row.line.min(before.line));
            if row.tokens == before.tokens {
                let problem = format!("{whose} has {} tokens twice, here and in line {other}", row.tokens);
                return Err(wrong(
                    self.file,
                    line,
                    problem,
                    "name the branch of each row, or keep one row a checkpoint",
                ));
            }
            let differs = |name: &str| {
                let problem = format!("{whose}: `{name}` differs from line {}", first.line);
                Err(wrong(self.file, row.line, problem, "one curve has one chance, one delta, and either `n` or `se`"))
            };
            if row.chance.to_bits() != first.chance.to_bits() {
                return differs("chance");
            }
            if row.delta != first.delta {
                return differs("delta");
            }
            if row.se.is_some() != first.se.is_some() {
                return differs("se");
            }
        }
        Ok(())
    }
}

/// A curve's name: its task and branch.
type Name = (String, Option<String>);

/// The rows before the fork, the parent's and those before its own fork, where the branch's first row repeats one of the parent's.
///
/// A parent begins earlier than its branch, so this ends.
fn before_fork(name: &Name, own: &[Row], all: &[(Name, Vec<Row>)]) -> Vec<Row> {
    let first = &own[0];
    let same = |row: &Row| {
        row.tokens == first.tokens
            && (row.n, row.se) == (first.n, first.se)
            && row.score.total_cmp(&first.score).is_eq()
    };
    let mut others = all.iter().filter(|(other, _)| other.0 == name.0 && other.1 != name.1);
    let Some((parent, rows)) = others.find(|(_, rows)| rows.iter().skip(1).any(same)) else { return Vec::new() };
    let mut before = before_fork(parent, rows, all);
    before.extend(rows.iter().filter(|row| row.tokens < first.tokens).cloned());
    before
}

fn curve((task, branch): &Name, own: &[Row], before: &[Row]) -> ScoreCurve {
    let rows = || before.iter().chain(own);
    let noise = if own[0].se.is_some() {
        Noise::StandardErrors(rows().map(|row| row.se.unwrap_or_default()).collect())
    } else {
        Noise::Items(rows().map(|row| row.n.unwrap_or_default()).collect())
    };
    ScoreCurve {
        task: task.clone(),
        branch: branch.clone(),
        curve: Curve {
            tokens: rows().map(|row| row.tokens).collect(),
            score: rows().map(|row| row.score).collect(),
            noise,
            chance: own[0].chance,
            delta: own[0].delta,
            item_diff_var: None,
        },
    }
}

#[cfg(test)]
#[path = "scores_tests.rs"]
mod tests;
