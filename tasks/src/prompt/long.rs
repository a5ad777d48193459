//! The question of a row that asks about a long text.

use std::sync::Arc;

use super::item_builder::{Builder, needs};
use crate::long::{LongQuestion, LongRow};
use crate::metric;
use crate::question::Question;
use crate::record::LongPlace;

impl Builder<'_> {
    /// The same question at the end of a long text; with targets where a metric wants a reply.
    pub(super) fn about_long(
        &self,
        (gold, question): (usize, Question),
        long: &LongRow,
    ) -> Result<(usize, Question), String> {
        let Question::Choices { context, continuations, .. } = question else {
            return Err("a long text has one question, whose choices are answers".into());
        };
        let length = self.plan.file.long.as_ref().and_then(|long| long.lengths.first().copied()).unwrap_or_default();
        let family = self.task.name.replace(&length.to_string(), "");
        let targets = if needs(self.task, metric::needs_reply) { targets(long) } else { Vec::new() };
        let question = LongQuestion {
            haystack: Arc::clone(&long.haystack),
            end: format!("…{context}"),
            question: context,
            laid_out: None,
            continuations,
            reply: self.plan.generation.clone(),
            targets,
            place: LongPlace { family: family.trim_matches('_').to_owned(), length, depth: long.depth },
        };
        Ok((gold, Question::Long(Box::new(question))))
    }
}

fn targets(long: &LongRow) -> Vec<String> {
    let answers = long.row.get("answers").and_then(|answers| answers.as_array());
    answers.into_iter().flatten().filter_map(|answer| answer.as_str().map(str::to_owned)).collect()
}
