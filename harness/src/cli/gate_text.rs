//! What a gate says, for eyes.

use std::fmt::Write;

use spyglass_dashboards::gate::{Asked, Judged, Level, Outcome, Verdict};
use spyglass_dashboards::number::{percent, points};

use super::gate::Gate;
use super::numbers::counted;
use super::text_table::{Align, Table};

/// The table of rules, what alarms said, what nobody can tell, and the verdict in the last line.
pub(super) fn text(gate: &Gate) -> String {
    let mut text = format!("checkpoint  {}\n", gate.checkpoint.name());
    for place in gate.baselines.values() {
        let _ = writeln!(text, "baseline    {}", place.name());
    }
    let heads = ["rule", "level", "about", "asks", "found", "it may be", "items", "outcome"];
    let align = |head| if ["found", "it may be", "items"].contains(&head) { Align::Right } else { Align::Left };
    let mut table = Table::new(heads.map(|head| (head, align(head))));
    table.extend(gate.rules.iter().map(row));
    let _ = write!(text, "\n{}\n", table.plain());
    for row in &gate.rules {
        if row.ask.unpaired {
            let _ = writeln!(
                text,
                "{}: not paired item by item, so compared by the scores alone, as of other items",
                row.ask.about
            );
        }
        for said in &row.said {
            let _ = writeln!(text, "{}: {said}", row.ask.about);
        }
        if let Some(far) = row.smallest_shown.filter(|_| row.outcome == Outcome::CannotTell) {
            let (items, far) =
                (row.ask.items.map_or_else(|| "these items".into(), |n| counted(n, unit(row))), size(row, far));
            let _ =
                writeln!(text, "{}: {items} show, four times in five, what is {far} beyond the limit", row.ask.about);
        }
    }
    text + &verdict(gate)
}

/// What its items are.
fn unit(row: &Judged) -> &'static str {
    match (row.ask.asked, row.ask.metric.is_some()) {
        (_, true) => "item",
        (Asked::Persona, _) if row.ask.about.contains('/') => "conversation",
        _ => "prompt",
    }
}

fn row(row: &Judged) -> [String; 8] {
    let shown = |value: f64| match (row.ask.fraction, row.ask.asked) {
        (true, Asked::Drop) => points(-value),
        (true, _) => percent(value),
        (false, Asked::Drop) => format!("{:+.3}", -value).replace('-', "−"),
        (false, _) => format!("{value:.3}"),
    };
    let ends = row.low.zip(row.high).map(|(low, high)| match row.ask.asked {
        Asked::Drop => format!("{} to {}", shown(high), shown(low)),
        _ => format!("{} to {}", shown(low), shown(high)),
    });
    [
        row.ask.rule.to_string(),
        level(row.ask.level).into(),
        row.ask.metric.as_ref().map_or_else(|| row.ask.about.clone(), |metric| format!("{}, {metric}", row.ask.about)),
        limit(row),
        row.value.map_or_else(|| "–".into(), shown),
        ends.unwrap_or_else(|| "–".into()),
        row.ask.items.map_or_else(|| "–".into(), |items| items.to_string()),
        outcome(row.outcome).into(),
    ]
}

/// A size in the unit of the row.
fn size(row: &Judged, value: f64) -> String {
    if row.ask.fraction { format!("{} points", percent(value)) } else { format!("{value:.3}") }
}

fn limit(row: &Judged) -> String {
    match (row.ask.asked, row.limit) {
        (Asked::Alarm, _) => "silence".into(),
        (_, None) => "–".into(),
        (Asked::Drop, Some(limit)) => format!("lost: at most {}", size(row, limit)),
        (Asked::Persona, Some(limit)) => format!("kept: at least {} %", percent(limit)),
        (Asked::Score, Some(limit)) => {
            let least = row.ask.metric.as_deref().is_none_or(spyglass_tasks::metric::higher_is_better);
            let limit = if row.ask.fraction { percent(limit) } else { format!("{limit:.3}") };
            format!("at {} {limit}", if least { "least" } else { "most" })
        }
    }
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Critical => "critical",
        Level::Watched => "watched",
        Level::Advisory => "advisory",
    }
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Held => "held",
        Outcome::Broken => "BROKEN",
        Outcome::CannotTell => "cannot tell",
    }
}

fn verdict(gate: &Gate) -> String {
    let names = |level: Level, outcome: Outcome| {
        let rows = gate.rules.iter().filter(|row| (row.ask.level, row.outcome) == (level, outcome));
        rows.map(|row| row.ask.about.as_str()).collect::<Vec<_>>().join(", ")
    };
    let (verdict, why) = match gate.verdict {
        Verdict::Pass => ("pass", "every critical and watched rule is held".into()),
        Verdict::Block => ("block", format!("broken: {}", names(Level::Critical, Outcome::Broken))),
        Verdict::CannotTell => ("cannot tell", format!("of {}", names(Level::Critical, Outcome::CannotTell))),
        Verdict::Warn => {
            let (broken, open) = (names(Level::Watched, Outcome::Broken), names(Level::Watched, Outcome::CannotTell));
            let parts =
                [("broken: ", broken), ("cannot tell of ", open)].into_iter().filter(|(_, names)| !names.is_empty());
            ("warn", parts.map(|(what, names)| format!("{what}{names}")).collect::<Vec<_>>().join("; "))
        }
    };
    format!("verdict: {verdict} ({why})\n")
}
