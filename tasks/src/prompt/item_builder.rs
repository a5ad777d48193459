//! From a row to an item.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::Value;

use super::asking::Asking;
use super::doc::{Doc, Resolved};
use super::plan::Plan;
use super::reading::{Asked, Reading, Target, printed};
use super::twin::Order;
use crate::definition::{Declared, OutputType};
use crate::hash::sha256_hex;
use crate::item::{Item, Row};
use crate::long::LongRow;
use crate::question::Question;
use crate::{metric, python};

/// Whether one of the task's metrics wants it.
pub(super) fn needs(task: &Asking<'_>, what: fn(&str) -> bool) -> bool {
    task.metrics.iter().any(|name| what(name))
}

/// What all items of a task share.
pub(super) struct Builder<'t> {
    pub(super) task: &'t Asking<'t>,
    pub(super) plan: &'t Plan,
    pub(super) columns: &'t HashSet<String>,
    pub(super) unconditional: bool,
    /// The rows of a task over long texts, with those.
    pub(super) long: Option<&'t [LongRow]>,
}

impl Builder<'_> {
    pub(super) fn item(&self, doc_id: usize, row: &Row, shots: &str) -> Result<Item, String> {
        let (plan, mut row) = (self.plan, row.clone());
        let mut order = None;
        if self.task.is_shuffled {
            let (twin, places) = self.twin(doc_id, row)?;
            (row, order) = (twin, Some(places));
        }
        let row = plan.templates.process(&row)?;
        let doc = Doc::new(&row, self.columns);
        let mut reading = plan.keys.read(&plan.templates, &doc)?;
        if let (Some(Order::Choices(order)), Some(choices)) = (&order, &mut reading.choices) {
            *choices = order.iter().map(|choice| choices[*choice].clone()).collect();
        }
        let target = reading.target.logged();
        let prefix = self.description(&doc)? + shots;
        let (gold, question) = match plan.output {
            OutputType::MultipleChoice => {
                let asked = self.choices(&reading, &prefix, order.as_ref())?;
                match self.long.map(|rows| &rows[doc_id]) {
                    Some(long) => self.about_long(asked, long)?,
                    None => asked,
                }
            }
            OutputType::Loglikelihood if plan.is_generated() => (0, drawn_tokens(&reading.target)?),
            OutputType::Loglikelihood => {
                if python::strip(&target).is_empty() {
                    return Err("`doc_to_target` gives nothing to be scored".into());
                }
                let context = prefix + text(&reading)?;
                reading.choices = Some(vec![target.clone()]);
                (
                    0,
                    Question::Choices {
                        context,
                        continuations: vec![target.clone()],
                        unconditional: self.unconditional,
                    },
                )
            }
            OutputType::LoglikelihoodRolling => (0, self.rolling(&doc, target.clone())?),
            OutputType::GenerateUntil => {
                let context = prefix + &plan.keys.ending(text(&reading)?);
                (0, self.generation(context, &reading.target))
            }
        };
        let cluster = plan.file.cluster.as_ref().map(|cluster| self.named(&doc, "cluster", cluster)).transpose()?;
        let subject = self.task.subject.map(str::to_owned).or_else(|| row.get("subject")?.as_str().map(str::to_owned));
        Ok(Item {
            doc_id,
            subject,
            cluster: cluster
                .map(|cluster| if cluster.len() > 64 { sha256_hex(cluster.as_bytes())[..16].into() } else { cluster }),
            gold,
            choices: reading.choices.unwrap_or_default(),
            target,
            question,
            wants_token_logprobs: needs(self.task, metric::needs_token_logprobs),
            doc: Arc::new(row),
        })
    }

    fn description(&self, doc: &Doc<'_>) -> Result<String, String> {
        let Some(description) = &self.plan.file.description else { return Ok(String::new()) };
        match doc.resolve(&self.plan.templates, "description", description)? {
            Resolved::Rendered(text) => Ok(text),
            Resolved::Raw(value) => Ok(printed(&value)),
        }
    }

    fn named(&self, doc: &Doc<'_>, key: &str, template: &str) -> Result<String, String> {
        match doc.resolve(&self.plan.templates, key, &Declared::Text(template.to_owned()))? {
            Resolved::Rendered(text) => Ok(text),
            Resolved::Raw(value) => Ok(printed(&value)),
        }
    }

    fn rolling(&self, doc: &Doc<'_>, text: String) -> Result<Question, String> {
        let counted = match &self.plan.file.counted {
            Some(counted) => self.named(doc, "counted", counted)?,
            None => text.clone(),
        };
        if python::strip(&text).is_empty() || counted.is_empty() {
            return Err("the text is empty".into());
        }
        let words = words(&counted);
        Ok(Question::Rolling { text, words, bytes: counted.len(), max_tokens: self.plan.file.max_tokens })
    }

    fn generation(&self, context: String, target: &Target) -> Question {
        let targets: Vec<String> = match target {
            Target::Several(values) => values.iter().map(printed).collect(),
            one => vec![one.logged()],
        };
        let normalise = |text: String| self.plan.target_filters.iter().fold(text, |text, filter| filter.apply(&text));
        Question::Generate {
            context,
            settings: self.plan.generation.clone(),
            filters: Arc::clone(&self.plan.filters),
            targets: targets.into_iter().map(normalise).collect(),
        }
    }
}

/// Random tokens of a generated data set.
fn drawn_tokens(target: &Target) -> Result<Question, String> {
    let number = |value: &Value| value.as_u64().and_then(|draw| u32::try_from(draw).ok());
    let draws = match target {
        Target::Several(values) => values.iter().map(number).collect::<Option<Vec<u32>>>(),
        _ => None,
    };
    draws.map(|draws| Question::Tokens { draws }).ok_or_else(|| "`doc_to_target` gives no list of draws".into())
}

pub(super) fn text(reading: &Reading) -> Result<&str, String> {
    match &reading.asked {
        Asked::Text(text) => Ok(text),
        Asked::Index(index) => Err(format!("`doc_to_text` gives the number {index}, not a text")),
    }
}

/// Words as lm-evaluation-harness counts them: the pieces between runs of white space, empty ones at the ends too.
fn words(text: &str) -> usize {
    let mut runs = 0;
    let mut in_run = false;
    for c in text.chars() {
        let space = python::is_space(c);
        runs += usize::from(space && !in_run);
        in_run = space;
    }
    runs + 1
}
