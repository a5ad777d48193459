//! One unit: all its questions are asked at once, and each chunk of items is kept as soon as it is answered.

use std::ops::ControlFlow;
use std::time::Instant;

use spyglass_dashboards::run::{Checkpoint, Chunk, Cost, UnitInputs, UnitRecord};
use spyglass_dashboards::series::chance;
use spyglass_model::{LanguageModel, Scorer, ScorerOptions};
use spyglass_tasks::ItemRecord;

use super::answers::Answers;
use super::questions::Questions;
use crate::checkpoint::Loaded;
use crate::memory::make_sure_of;
use crate::progress::{Event, Traced, Watch, begun};
use crate::results::{UnitFolder, new_record};
use crate::suite::SuiteTask;
use crate::{Error, Result};

/// A unit of a task that is ours to score.
pub(crate) struct TaskJob<'a> {
    pub(crate) checkpoint: &'a Checkpoint,
    pub(crate) task: &'a SuiteTask,
    /// Index of the task in the suite.
    pub(crate) index: usize,
    pub(crate) inputs: UnitInputs,
    pub(crate) folder: UnitFolder,
    pub(crate) scorer: ScorerOptions,
}

impl TaskJob<'_> {
    /// Scores what is missing of the unit and writes its summary; `None` when it was interrupted before its end.
    ///
    /// # Errors
    /// The items cannot be asked, the model's numbers are broken, or the results cannot be written.
    pub(crate) fn score(&self, loaded: &Loaded, questions: &Questions, watch: &Watch) -> Result<Option<UnitRecord>> {
        let _unit = begun(self.checkpoint, &self.task.task.name);
        let (mut chunks, mut records): (Vec<Chunk>, Vec<ItemRecord>) = (Vec::new(), Vec::new());
        for (chunk, kept) in self.folder.chunks()? {
            chunks.push(chunk);
            records.extend(kept);
        }
        let mut cost = self.folder.record().ok().flatten().map(|before| before.cost).unwrap_or_default();
        let items = self.task.items().len();
        if records.len() < items {
            let (started, first) = (Instant::now(), records.len());
            let asked = questions.of(loaded.tokens(), self.index, first..items).map_err(Error::Shared)?;
            let largest = asked.trie.largest_state(|position| loaded.model.state_bytes(position));
            make_sure_of(largest, loaded.model.weight_bytes(), || {
                format!("task `{}`: its longest text", self.task.task.name)
            })?;
            let mut tokens_seen = 0;
            let mut answers = Answers::new(loaded, self.task, &asked, first, self.scorer.state_memory);
            let mut keep = |answers: &mut Answers<'_>, tokens: u64| -> Result<()> {
                cost.tokens_computed += tokens;
                watch.tell(&Event::Scored { items: 0, tokens });
                while let Some(chunk) = answers.next_chunk(&watch.interrupt)? {
                    chunks.push(self.folder.write_chunk(records.len(), &chunk.records)?);
                    cost.tokens_computed += chunk.tokens_generated;
                    watch.tell(&Event::Scored { items: chunk.records.len(), tokens: chunk.tokens_generated });
                    records.extend(chunk.records);
                    if watch.interrupt.is_set() {
                        break;
                    }
                }
                Ok(())
            };
            let mut broken = None;
            let model = Traced(&loaded.model);
            let forks = answers.forks();
            let ended = Scorer::new(&model, self.scorer).run_with_forks(&asked.trie, &forks, |progress, states| {
                answers.take(progress.finished);
                let tokens = progress.tokens_done - tokens_seen;
                tokens_seen = progress.tokens_done;
                let replied = answers.go_on_from(states, &watch.interrupt);
                let kept = replied.and_then(|more| keep(&mut answers, tokens + more.unwrap_or(0)));
                if let Err(error) = kept {
                    broken = Some(error);
                    return ControlFlow::Break(());
                }
                watch.interrupt.flow()
            });
            match (broken, ended) {
                (Some(error), _) => return Err(error),
                (None, Err(spyglass_model::Error::Interrupted)) => return Ok(None),
                (None, Err(error)) => return Err(error.into()),
                (None, Ok(_)) => keep(&mut answers, 0)?, // items that ask for nothing but a reply
            }
            cost.seconds += started.elapsed().as_secs_f64();
            cost.tokens_requested += asked.trie.tokens_requested();
            if records.len() < items {
                return Ok(None);
            }
        }
        let record = self.summary(&records, chunks, cost)?;
        self.folder.finish(&record)?;
        Ok(Some(record))
    }

    fn summary(&self, records: &[ItemRecord], chunks: Vec<Chunk>, cost: Cost) -> Result<UnitRecord> {
        let task = &self.task.task;
        let (mut warnings, mut items_total) = (Vec::new(), records.len());
        if let Ok(items) = &self.task.items {
            warnings.clone_from(&items.warnings);
            warnings
                .extend(items.bad_rows.iter().map(|row| format!("{}, line {}: {}", row.file, row.line, row.problem)));
            items_total = items.total;
        }
        Ok(UnitRecord {
            chance: chance::of_task(task.chance, &task.primary_metric, records),
            primary_metric: task.primary_metric.clone(),
            metrics: task.grade(records)?,
            items: records.len(),
            items_total,
            truncated: records.iter().filter(|record| record.truncated).count(),
            off_token_edge: records.iter().filter(|record| record.off_token_edge).count(),
            warnings,
            chunks,
            cost,
            ..new_record(self.checkpoint, self.inputs.clone())
        })
    }
}
