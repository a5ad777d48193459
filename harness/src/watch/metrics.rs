//! The page for Prometheus: the newest scores under the names of the export, and how the watch fares.

use std::fmt::Write;

use crate::export::{ScoreRow, openmetrics};

/// How a watch fares.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Fares {
    /// Units that are not scored yet.
    pub(super) units_left: usize,
    /// Checkpoints that are not complete.
    pub(super) waiting: usize,
    /// Failures that stand.
    pub(super) failures: usize,
}

/// The export's page with three more numbers, for node exporter's textfile collector.
pub(super) fn page(run: &str, rows: &[ScoreRow], fares: Fares) -> Vec<u8> {
    const END: &str = "# EOF\n";
    let mut page = String::from_utf8(openmetrics(run, rows)).expect("it is a text");
    page.truncate(page.len() - END.len());
    let run = run.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    for (name, help, value) in [
        ("spyglass_units_left", "Units that are not scored yet.", fares.units_left),
        ("spyglass_checkpoints_incomplete", "Checkpoints that are still being written.", fares.waiting),
        ("spyglass_failures", "Checkpoints and units that could not be scored.", fares.failures),
    ] {
        let _ = writeln!(page, "# TYPE {name} gauge\n# HELP {name} {help}\n{name}{{run=\"{run}\"}} {value}");
    }
    page.push_str(END);
    page.into_bytes()
}
