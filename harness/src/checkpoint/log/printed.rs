//! The lines that trainers print: ` iteration 100/ 1000 | learning rate: 3.0E-03 | lm loss: 3.5E+00 |` of Megatron's, and those of
//! many others: `Step 100/1000 | loss 3.5 | lr 3e-3`, `iter 100: loss 3.5, time 12ms`.

use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value};

use super::columns::{is_loss, is_rate};
use super::table::{Row, Table};
use super::times::moment;

type Cells = Map<String, Value>;

/// A line that begins with a step, or says it right after a bracket, a bar or such: `[10:00:00] step 100/1000: …`.
static STEP: LazyLock<Regex> = LazyLock::new(|| {
    let step = r"(global[_ ]step|step|iteration|iter)\s*[:=#]?\s*\[?\s*(\d{1,3}(?:,\d{3})+|\d+)(?:\s*/\s*[\d,]*\d)?";
    let pattern = format!(r"(?i)^(?:[^a-z]*|.*?[\]|>):,-]\s*)[\[(]?\s*{step}(?:\s*[\])|,;:-]+\s*|\s+)(.*)$");
    Regex::new(&pattern).expect("the pattern is a constant")
});

/// A name of one or two words, a number, and what sticks to the number.
static CELL: LazyLock<Regex> = LazyLock::new(|| {
    let number = r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?|nan|[-+]?inf(?:inity)?";
    let pattern = format!(r"(?i)([a-z][a-z0-9_./]*(?:[ -][a-z][a-z0-9_]*)?)\s*[:=]?\s*({number})([^\s|;)\]]*)");
    Regex::new(&pattern).expect("the pattern is a constant")
});

/// Whether the text holds such a line; programs may print much before they train.
pub(super) fn is_printed(text: &str) -> bool {
    text.lines().any(|line| of_megatron(line).is_some() || of_others(line).is_some())
}

/// The lines that tell of a step; all others are talk. A last line that does not end is still being written, and left out.
pub(super) fn table(file: &Path, text: &str) -> Table {
    let is_megatron = text.lines().any(|line| of_megatron(line).is_some());
    let read = if is_megatron { of_megatron } else { of_others };
    let lines = text.lines().enumerate();
    let row = |(index, line): (usize, &str)| {
        let mut cells = read(line)?;
        if let Some(moment) = moment(line) {
            cells.entry("timestamp").or_insert_with(|| moment.into());
        }
        Some(Row { at: index + 1, cells })
    };
    let mut rows: Vec<Row> = lines.filter_map(row).collect();
    let is_last = |row: &Row| row.at == text.lines().count() && !text.ends_with('\n');
    if let [.., before, last] = rows.as_slice() {
        // Megatron's lines end with a bar, the others' are alike.
        let is_whole =
            if is_megatron { text.trim_end().ends_with('|') } else { last.cells.len() >= before.cells.len() };
        if is_last(last) && !is_whole {
            rows.pop();
        }
    }
    Table::of(file, "line", rows)
}

/// `iteration` and the numbers that follow between bars, each with its name before a colon.
fn of_megatron(line: &str) -> Option<Cells> {
    let (_, counted) = line.split_once("iteration")?;
    let (step, rest) = counted.split_once('|')?;
    let (step, _) = step.trim_start_matches(':').split_once('/')?;
    let step: u64 = step.trim().parse().ok()?;
    let mut cells = Map::new();
    cells.insert("iteration".into(), step.into());
    for (name, value) in rest.split('|').filter_map(|part| part.rsplit_once(':')) {
        let value = value.trim();
        // `1.2M` is rounded for the reader's eye, and no count.
        if !value.ends_with(['K', 'M', 'B', 'G', 'T']) {
            cells.insert(name.trim().to_owned(), value.into());
        }
    }
    (cells.len() > 1).then_some(cells)
}

/// A step and the numbers after it, each behind its name, of a line that tells a loss or a learning rate. A number with a unit
/// (`12ms`, `1.2M`) is for the reader's eye, and left out.
fn of_others(line: &str) -> Option<Cells> {
    let found = STEP.captures(line)?;
    let mut cells = Map::new();
    cells.insert(found[1].to_lowercase().replace(' ', "_"), found[2].into());
    for cell in CELL.captures_iter(&found[3]) {
        let sticks = cell[3].trim_end_matches([',', ':', '.']);
        if sticks.is_empty() {
            cells.insert(cell[1].to_owned(), cell[2].into());
        }
    }
    cells.keys().any(|name| is_loss(name) || is_rate(name)).then_some(cells)
}

#[cfg(test)]
mod tests {
    use super::of_others;

    #[test]
    fn lines_of_other_trainers_tell_step_loss_and_rate() {
        let read = [
            ("Step 100 | loss 3.5 | lr 3e-3", "step=100 loss=3.5 lr=3e-3"),
            ("step: 100/1000, loss: 3.5, learning_rate: 0.003", "step=100 loss=3.5 learning_rate=0.003"),
            ("iter 100: loss 3.5000, time 12.3ms, mfu 4.1%", "iter=100 loss=3.5000"),
            ("step 1,000: train loss 2.4, val loss 2.6", "step=1,000 train loss=2.4 val loss=2.6"),
            ("[2026-01-01 10:00:00,123] [INFO] Step=100 loss=nan lr=1e-4", "step=100 loss=nan lr=1e-4"),
            ("2026-01-01 10:00:00 - INFO - step 100 loss 3.5 tokens 1.2M", "step=100 loss=3.5"),
            ("Epoch [1/3] | [Step 100/500] Loss: 3.5", "step=100 Loss=3.5"),
            ("step 100 | tokens 614,400 | learning rate 3e-3", "step=100 tokens=614,400 learning rate=3e-3"),
        ];
        for (line, wanted) in read {
            let cells = of_others(line).unwrap_or_default();
            let mut told: Vec<String> =
                cells.iter().map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default())).collect();
            told.sort();
            assert_eq!(told, split(wanted), "{line}");
        }
        for line in [
            "saved the model at step 100 with loss 3.5",
            "step 1k | loss 3.5",
            "step 100 | loss 3,5",
            "step 100 done",
            "epoch 1 | loss 3.5",
            "steps per second 100 loss 3.5",
        ] {
            assert_eq!(of_others(line), None, "{line}");
        }
    }

    /// `name=value` pairs, sorted; a name may hold a space.
    fn split(text: &str) -> Vec<String> {
        let mut pairs: Vec<String> = Vec::new();
        let mut name = String::new();
        for word in text.split(' ') {
            name = if name.is_empty() { word.to_owned() } else { format!("{name} {word}") };
            if word.contains('=') {
                pairs.push(std::mem::take(&mut name));
            }
        }
        pairs.sort();
        pairs
    }
}
