//! The report of a watch, written anew as checkpoints are scored.

use std::time::Instant;

use spyglass_dashboards::findings::findings;
use spyglass_dashboards::series::add_groups;

use super::Watching;
use crate::Result;
use crate::export::score_rows;
use crate::results::{Rewritten, rewrite_report, write_whole};
use crate::sweep::reopen;
use crate::watch::metrics::{Fares, page};
use crate::watch::news::{News, news};

/// The report is written anew only when so many times as much time has passed as it takes.
const REPORT_SHARE: u32 = 5;

impl Watching<'_> {
    /// Writes the report, unless that is most of what would be done.
    pub(super) fn refresh_in_turn(&mut self) {
        if self.reported.is_none_or(|(when, took)| when.elapsed() > took * REPORT_SHARE) {
            self.refresh_if_stale();
        }
    }

    /// Whether a unit turned out to be damaged, and is to be scored again.
    pub(super) fn refresh_if_stale(&mut self) -> bool {
        // Before the first look has found something there is no run to report.
        if self.is_stale && !self.site.work.tree.branches.is_empty() {
            match self.refresh() {
                Ok(is_reopened) => {
                    self.is_stale = is_reopened;
                    return is_reopened;
                }
                Err(error) => self.troubled(&error),
            }
        }
        false
    }

    /// The report, the page of metrics, and the news; whether a unit turned out to be damaged.
    fn refresh(&mut self) -> Result<bool> {
        let (started, store) = (Instant::now(), &self.site.store);
        let Rewritten { index, mut gathered } = rewrite_report(store)?;
        let is_reopened = reopen(&gathered.broken, &self.site)?;
        self.reported = Some((Instant::now(), started.elapsed()));
        self.note(&format!("report: {}", index.display()));
        let failures = store.failures();
        let units_left = self.site.plan()?.units().filter(|unit| !unit.is_done()).count();
        let fares = Fares { units_left, waiting: self.waiting, failures: failures.len() };
        let metrics = self.run.watch.metrics.clone().unwrap_or_else(|| store.root().join("metrics.prom"));
        write_whole(&metrics, &page(&gathered.run.name, &score_rows(&gathered.run), fares))?;
        add_groups(&mut gathered.run);
        let new: Vec<News> = self.outbox.add(news(&findings(&gathered.run), &failures))?;
        for told in new.iter().filter(|news| news.kind != "failure") {
            self.note(&format!("{}: {}", told.kind, told.text));
        }
        Ok(is_reopened)
    }
}
