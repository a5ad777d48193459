//! One unit: all its questions are asked at once, and each chunk of items is kept as soon as it is answered.

use super::answers::Answers;
use super::opened::Opened;
use super::questions::Questions;
use super::{Event, Site};
use crate::store::{UnitFolder, unit_key};
use crate::{Error, Result};
use spyglass_dashboards::run::{Checkpoint, Chunk, Cost, UnitInputs, UnitRecord};
use spyglass_dashboards::series::chance;
use spyglass_model::{Scorer, ScorerOptions};
use spyglass_tasks::ItemRecord;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Instant;

/// A unit that is ours to score.
pub(super) struct OurUnit<'a> {
    pub(super) checkpoint: &'a Checkpoint,
    /// Index of the task in the suite.
    pub(super) task: usize,
    pub(super) inputs: UnitInputs,
    pub(super) folder: UnitFolder,
    pub(super) scorer: ScorerOptions,
}

impl OurUnit<'_> {
    /// Scores what is missing of the unit and writes its summary; `None` when it was interrupted before its end.
    ///
    /// # Errors
    /// The items cannot be asked, the model's numbers are broken, or the results cannot be written.
    pub(super) fn score(
        &self,
        opened: &Opened<'_>,
        questions: &Questions<'_>,
        site: &Site<'_>,
    ) -> Result<Option<UnitRecord>> {
        let (mut chunks, mut records): (Vec<Chunk>, Vec<ItemRecord>) = (Vec::new(), Vec::new());
        for (chunk, kept) in self.folder.chunks()? {
            chunks.push(chunk);
            records.extend(kept);
        }
        let mut cost = self.folder.record().ok().flatten().map(|before| before.cost).unwrap_or_default();
        let items = site.work.suite.tasks[self.task].items.as_ref().map_or(&[][..], |items| &items.items);
        if records.len() < items.len() {
            let started = Instant::now();
            let (name, first) = (&site.work.suite.tasks[self.task].task.name, records.len());
            let asked = questions.of(opened.tokens(), self.task, first..items.len()).map_err(as_told)?;
            let mut tokens_seen = 0;
            let mut answers = Answers::new(opened, name, &items[first..], &asked, first);
            let mut keep = |answers: &mut Answers<'_>, tokens: u64| -> Result<()> {
                cost.tokens_computed += tokens;
                site.observer.notice(&Event::Scored { items: 0, tokens });
                while let Some(chunk) = answers.next_chunk(site.interrupt)? {
                    chunks.push(self.folder.write_chunk(records.len(), &chunk.records)?);
                    cost.tokens_computed += chunk.tokens_generated;
                    site.observer.notice(&Event::Scored { items: chunk.records.len(), tokens: chunk.tokens_generated });
                    records.extend(chunk.records);
                    if site.interrupt.is_set() {
                        break;
                    }
                }
                Ok(())
            };
            let mut broken = None;
            let ended = Scorer::new(&opened.model, self.scorer).run(&asked.plan, |progress| {
                answers.take(progress.finished);
                let tokens = progress.tokens_done - tokens_seen;
                tokens_seen = progress.tokens_done;
                if let Err(error) = keep(&mut answers, tokens) {
                    broken = Some(error);
                    return ControlFlow::Break(());
                }
                if site.interrupt.is_set() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            match (broken, ended) {
                (Some(error), _) => return Err(error),
                (None, Err(spyglass_model::Error::Interrupted)) => return Ok(None),
                (None, Err(error)) => return Err(error.into()),
                (None, Ok(_)) => keep(&mut answers, 0)?, // items that ask for nothing but a reply
            }
            cost.seconds += started.elapsed().as_secs_f64();
            cost.tokens_requested += asked.plan.tokens_requested();
            if records.len() < items.len() {
                return Ok(None);
            }
        }
        let record = self.summary(site, &records, chunks, cost)?;
        self.folder.finish(&record)?;
        Ok(Some(record))
    }

    fn summary(&self, site: &Site<'_>, records: &[ItemRecord], chunks: Vec<Chunk>, cost: Cost) -> Result<UnitRecord> {
        let asked = &site.work.suite.tasks[self.task];
        let (mut warnings, mut items_total) = (Vec::new(), records.len());
        if let Ok(items) = &asked.items {
            warnings.clone_from(&items.warnings);
            warnings
                .extend(items.bad_rows.iter().map(|row| format!("{}, line {}: {}", row.file, row.line, row.message)));
            items_total = items.total;
        }
        Ok(UnitRecord {
            key: unit_key(&self.inputs),
            inputs: self.inputs.clone(),
            checkpoint: self.checkpoint.clone(),
            task: asked.task.name.clone(),
            shots: asked.task.shots,
            chance: chance::of_task(asked.task.chance, &asked.task.primary_metric, records),
            primary_metric: asked.task.primary_metric.clone(),
            metrics: asked.task.grade(records)?,
            higher_is_better: BTreeMap::new(),
            items: records.len(),
            items_total,
            truncated: records.iter().filter(|record| record.truncated).count(),
            off_token_edge: records.iter().filter(|record| record.off_token_edge).count(),
            warnings,
            chunks,
            cost,
            finished: now(),
            version: env!("CARGO_PKG_VERSION").into(),
        })
    }
}

/// The present time, RFC 3339, UTC, in whole seconds.
pub(crate) fn now() -> String {
    let now = jiff::Timestamp::now();
    jiff::Timestamp::from_second(now.as_second()).unwrap_or(now).to_string()
}

/// An error that was kept as text because several units meet it.
fn as_told(text: String) -> Error {
    match text.split_once("\nhelp: ") {
        Some((what, help)) => Error::Usage { what: what.into(), help: help.into() },
        None => Error::Usage { what: text, help: String::new() },
    }
}
