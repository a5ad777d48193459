//! One unit of a prompt pack: its conversations are held and judged, and kept together.

use std::time::Instant;

use spyglass_dashboards::analysis::pack_survival;
use spyglass_dashboards::run::{Checkpoint, Chunk, Cost, UnitInputs, UnitRecord};
use spyglass_model::LanguageModel;
use spyglass_tasks::MetricValue;
use spyglass_tasks::vibes::{PackSummary, PromptPack, Transcript};

use super::run_conversations::{ChatModel, TalkEvent, run_conversations};
use crate::checkpoint::Loaded;
use crate::progress::{Event, Watch, begun};
use crate::results::{UnitFolder, new_record};
use crate::{Error, Result};

/// A unit of a prompt pack that is ours.
pub(crate) struct PackJob<'a> {
    pub(crate) checkpoint: &'a Checkpoint,
    pub(crate) pack: &'a PromptPack,
    pub(crate) inputs: UnitInputs,
    pub(crate) folder: UnitFolder,
}

/// A pack that was talked through.
pub(crate) struct Talked {
    /// The summary of the conversations that were held.
    pub(crate) record: UnitRecord,
    /// Why the others were not.
    pub(crate) failure: Option<Error>,
}

impl PackJob<'_> {
    /// Holds the pack's conversations and writes transcripts and summary of those that could be held; `None` when it was
    /// interrupted before its end.
    ///
    /// # Errors
    /// No conversation could be held, or the results cannot be written.
    pub(crate) fn talk(&self, loaded: &Loaded, watch: &Watch) -> Result<Option<Talked>> {
        let _unit = begun(self.checkpoint, &self.inputs.task);
        let started = Instant::now();
        let Loaded { model, tokenizer, .. } = loaded;
        let template = tokenizer.chat_template()?;
        let max_length = model.context_limit();
        let speaker = ChatModel { model, tokenizer, template: template.as_ref(), max_length };
        let (mut finished, mut tokens_computed) = (0, 0);
        let held = run_conversations(&speaker, &self.pack.conversations, |heard| {
            if let TalkEvent::Finished(_, tokens) = heard {
                finished += 1;
                tokens_computed += tokens;
                watch.tell(&Event::Scored { items: 1, tokens });
            }
            watch.interrupt.flow()
        });
        let Some(talks) = held else { return Ok(None) };
        let failure = talks.failure(self.pack.conversations.len());
        let transcripts = talks.held;
        let failure = match failure {
            Some(error) if transcripts.is_empty() => return Err(error),
            other => other,
        };
        // Repeats that could only say the same were not held again.
        watch.tell(&Event::Scored { items: transcripts.len() - finished, tokens: 0 });
        let chunk = self.folder.write_transcripts(&transcripts)?;
        let seconds = started.elapsed().as_secs_f64();
        let cost = Cost { seconds, tokens_computed, tokens_requested: requested(&transcripts) };
        let mut record = self.summary(&transcripts, chunk, cost);
        record.warnings.extend(failure.as_ref().map(ToString::to_string));
        self.folder.finish(&record)?;
        Ok(Some(Talked { record, failure }))
    }

    fn summary(&self, transcripts: &[Transcript], chunk: Chunk, cost: Cost) -> UnitRecord {
        let summary = PackSummary::of(transcripts);
        let metrics = metrics(&summary);
        UnitRecord {
            chance: summary.baseline(),
            primary_metric: metrics.first().map(|metric| metric.name.clone()).unwrap_or_default(),
            metrics,
            items: transcripts.len(),
            items_total: self.pack.conversations.len(),
            chunks: vec![chunk],
            cost,
            ..new_record(self.checkpoint, self.inputs.clone())
        }
    }
}

/// The pack's metrics, and `turns_kept`: the mean number of turns before the persona is dropped, within the talks' length.
fn metrics(summary: &PackSummary) -> Vec<MetricValue> {
    let mut metrics = summary.metrics();
    let n = summary.talks.len();
    metrics.extend(pack_survival(summary).map(|curve| MetricValue {
        name: "turns_kept".into(),
        value: curve.mean,
        n,
        ..MetricValue::default()
    }));
    metrics
}

/// Tokens that a program without states would compute: each turn's whole prompt, and the reply.
fn requested(transcripts: &[Transcript]) -> u64 {
    let turns = transcripts.iter().flat_map(|transcript| &transcript.turns);
    turns.map(|turn| (turn.prompt_ids.len() + turn.reply_ids.len()) as u64).sum()
}
