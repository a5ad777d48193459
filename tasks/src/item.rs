//! One item: what is asked of the model, and what is kept of its answers.

use std::borrow::Cow;
use std::sync::Arc;

use serde::Serialize;

use crate::error::{Error, Result};
use crate::hash::sha256_hex;
use crate::long::LongQuestion;
use crate::question::{Answer, Query, Question, Text};
use crate::record::{ChoiceRecord, GenerationRecord, ItemRecord, LongPlace, RollingRecord};

/// A row of a data set: column names and values, in the file's order.
pub type Row = serde_json::Map<String, serde_json::Value>;

/// One document of a task, ready to be asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Number of the document in its split (and subset), from 0.
    pub doc_id: usize,
    /// The subset it belongs to, where a task has one (an MMLU subject).
    pub subject: Option<String>,
    /// What it shares with other items, where the task says so.
    pub cluster: Option<String>,
    /// Index of the right choice.
    pub gold: usize,
    /// The choices, without the delimiter.
    pub choices: Vec<String>,
    /// The target as lm-evaluation-harness logs it: the gold index, or the text of the answer.
    pub target: String,
    /// The document after the task's `process` filters.
    pub doc: Arc<Row>,
    pub(crate) question: Question,
    pub(crate) wants_token_logprobs: bool,
}

impl Item {
    /// The context of the first request as text; empty for questions made of random tokens and for whole texts, of a long text that is not
    /// [laid out](Item::fitted) its end with a `…` before it.
    pub fn context(&self) -> &str {
        match &self.question {
            Question::Choices { context, .. } | Question::Generate { context, .. } => context,
            Question::Contexts { contexts, .. } => contexts.first().map_or("", String::as_str),
            Question::Long(long) => long.context(),
            Question::Tokens { .. } | Question::Rolling { .. } => "",
        }
    }

    /// The contexts, one a choice; a single one where all choices share it.
    pub fn contexts(&self) -> Vec<&str> {
        match &self.question {
            Question::Contexts { contexts, .. } => contexts.iter().map(String::as_str).collect(),
            _ => vec![self.context()],
        }
    }

    /// The continuations as sent, with the delimiter before them; empty for whole texts, random tokens and generation.
    pub fn continuations(&self) -> Vec<&str> {
        match &self.question {
            Question::Choices { continuations, .. } => continuations.iter().map(String::as_str).collect(),
            Question::Contexts { contexts, continuation } => vec![continuation.as_str(); contexts.len()],
            Question::Long(long) => long.continuations.iter().map(String::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// Its metrics look at single tokens, so [`Answer::token_logprobs`] must be filled.
    pub fn wants_token_logprobs(&self) -> bool {
        self.wants_token_logprobs
    }

    /// How long the text is that it asks about, where it asks about a long one.
    pub fn place(&self) -> Option<&LongPlace> {
        match &self.question {
            Question::Long(long) => Some(&long.place),
            _ => None,
        }
    }

    /// The item with its text laid out for a tokenizer: a question about a long text gets as much filler as its length leaves room for;
    /// other items are as they are. `count` says how many tokens a prompt has.
    ///
    /// # Errors
    /// What `count` refuses; the length is too short for the question itself.
    pub fn fitted<E: From<Error>>(&self, count: impl Fn(&str) -> Result<usize, E>) -> Result<Cow<'_, Self>, E> {
        let Question::Long(long) = &self.question else { return Ok(Cow::Borrowed(self)) };
        let laid_out = long.lay_out(count)?.ok_or_else(|| Error::Setting {
            task: format!("{}_{}", long.place.family, long.place.length),
            problem: format!(
                "a text of {} tokens has no room for what is hidden, the question and a reply of {} tokens",
                long.place.length, long.reply.max_tokens
            ),
            help: long.mend().into(),
        })?;
        let question = Question::Long(Box::new(LongQuestion { laid_out: Some(laid_out), ..(**long).clone() }));
        Ok(Cow::Owned(Self { question, ..self.clone() }))
    }

    /// The questions, in the order in which [`Item::record`] takes the answers.
    pub fn queries(&self) -> Vec<Query> {
        let ask = |context: &str, continuation: &str| Query::LogLikelihood {
            context: Text::Text(context.to_owned()),
            continuation: Text::Text(continuation.to_owned()),
        };
        match &self.question {
            Question::Choices { context, continuations, unconditional } => {
                let mut queries: Vec<Query> = continuations.iter().map(|text| ask(context, text)).collect();
                if *unconditional {
                    queries.extend(continuations.iter().map(|text| ask("", text)));
                }
                queries
            }
            Question::Contexts { contexts, continuation } => {
                contexts.iter().map(|context| ask(context, continuation)).collect()
            }
            Question::Long(long) => {
                let mut queries: Vec<Query> =
                    long.continuations.iter().map(|continuation| ask(long.context(), continuation)).collect();
                queries.extend(long.wants_reply().then(|| Query::Generate {
                    context: Text::Text(long.context().to_owned()),
                    settings: long.reply.clone(),
                }));
                queries
            }
            Question::Tokens { draws } => {
                vec![Query::LogLikelihood { context: Text::Ids(Vec::new()), continuation: Text::Draws(draws.clone()) }]
            }
            Question::Rolling { text, max_tokens, .. } => {
                vec![Query::Rolling { text: text.clone(), max_tokens: *max_tokens }]
            }
            Question::Generate { context, settings, .. } => {
                vec![Query::Generate { context: Text::Text(context.clone()), settings: settings.clone() }]
            }
        }
    }

    /// How many answers [`Item::record`] takes.
    pub fn query_count(&self) -> usize {
        match &self.question {
            Question::Choices { continuations, unconditional, .. } => {
                continuations.len() * if *unconditional { 2 } else { 1 }
            }
            Question::Contexts { contexts, .. } => contexts.len(),
            Question::Long(long) => long.continuations.len() + usize::from(long.wants_reply()),
            Question::Tokens { .. } | Question::Rolling { .. } | Question::Generate { .. } => 1,
        }
    }

    /// What is kept of the answers to [`Item::queries`]. A log-likelihood that is not a finite number is an error.
    pub fn record(&self, answers: &[Answer]) -> Result<ItemRecord> {
        let bad = |problem: String| Error::Answers { doc_id: self.doc_id, problem };
        if answers.len() != self.query_count() {
            return Err(bad(format!("{} answers to {} questions", answers.len(), self.query_count())));
        }
        for answer in answers {
            if !answer.logprob.is_finite() || answer.logprob > 1e-6 {
                return Err(bad(format!("{} is not a log-likelihood", answer.logprob)));
            }
            if self.wants_token_logprobs && answer.token_logprobs.len() != answer.tokens {
                let found = answer.token_logprobs.len();
                return Err(bad(format!("{found} token log-likelihoods for {} tokens", answer.tokens)));
            }
        }
        let mut record = ItemRecord {
            doc_id: self.doc_id,
            gold: self.gold,
            cluster: self.cluster.clone(),
            truncated: answers.iter().any(|answer| answer.truncated),
            off_token_edge: answers.iter().any(|answer| answer.off_token_edge),
            ..ItemRecord::default()
        };
        if self.wants_token_logprobs {
            record.token_logprobs.clone_from(&answers[0].token_logprobs);
        }
        match &self.question {
            Question::Choices { .. } => record.choices = Self::choice_records(answers, &self.choices),
            Question::Long(long) => {
                record.choices = Self::choice_records(&answers[..self.choices.len()], &self.choices);
                record.long = Some(long.place.clone());
                if let Some(answer) = answers.get(self.choices.len()) {
                    let text = answer.text.clone().ok_or_else(|| bad("no reply to a generation".into()))?;
                    let (targets, tokens) = (long.targets.clone(), answer.tokens);
                    record.generation = Some(GenerationRecord { filtered: text.clone(), text, targets, tokens });
                }
            }
            Question::Contexts { contexts, continuation } => {
                let scored = vec![continuation.trim_start().to_owned(); contexts.len()];
                record.choices = Self::choice_records(answers, &scored);
            }
            Question::Tokens { .. } => record.choices = Self::choice_records(answers, &[String::new()]),
            Question::Rolling { words, bytes, .. } => {
                let (logprob, tokens) = (answers[0].logprob, answers[0].tokens);
                record.rolling = Some(RollingRecord { logprob, tokens, words: *words, bytes: *bytes });
            }
            Question::Generate { filters, targets, .. } => {
                let text = answers[0].text.clone().ok_or_else(|| bad("no reply to a generation".into()))?;
                let filtered = filters.iter().fold(text.clone(), |text, filter| filter.apply(&text));
                let tokens = answers[0].tokens;
                record.generation = Some(GenerationRecord { text, filtered, targets: targets.clone(), tokens });
            }
        }
        Ok(record)
    }

    fn choice_records(answers: &[Answer], scored: &[String]) -> Vec<ChoiceRecord> {
        let after_nothing = answers.get(scored.len()..).unwrap_or_default();
        let choice = |(index, (text, answer)): (usize, (&String, &Answer))| ChoiceRecord {
            logprob: answer.logprob,
            is_greedy: answer.is_greedy,
            tokens: answer.tokens,
            chars: text.chars().count(),
            bytes: text.len(),
            unconditional: after_nothing.get(index).map(|answer| answer.logprob),
        };
        scored.iter().zip(answers).enumerate().map(choice).collect()
    }

    /// SHA-256 of the document as JSON with an indent of two: lm-evaluation-harness' `doc_hash`.
    pub fn doc_hash(&self) -> String {
        let json = serde_json::to_string_pretty(&*self.doc).expect("a row is JSON already");
        sha256_hex(json.as_bytes())
    }

    /// SHA-256 of the context of the first request, as lm-evaluation-harness computes its `prompt_hash`.
    pub fn prompt_hash(&self) -> String {
        match &self.question {
            Question::Rolling { text, .. } => sha256_hex(text.as_bytes()),
            _ => sha256_hex(self.context().as_bytes()),
        }
    }

    /// SHA-256 of [`Item::target`], as lm-evaluation-harness computes its `target_hash`.
    pub fn target_hash(&self) -> String {
        sha256_hex(self.target.as_bytes())
    }
}

/// The hash of a whole task as in lm-evaluation-harness: of every item's document, prompt and target hash, one after the other.
pub fn task_hash(items: &[Item]) -> String {
    let joined: String =
        items.iter().flat_map(|item| [item.doc_hash(), item.prompt_hash(), item.target_hash()]).collect();
    sha256_hex(joined.as_bytes())
}

/// A row that cannot become an item: counted and shown, never skipped in silence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BadRow {
    /// The file, relative to its data folder.
    pub file: String,
    /// The line, from 1 (the record's number where a format has no lines).
    pub line: usize,
    /// Number of the document in its split.
    pub doc_id: usize,
    /// What is wrong with it.
    pub problem: String,
}

/// The items of a task.
#[derive(Debug, Clone, Default)]
pub struct Items {
    /// In the order of the data, bad rows left out.
    pub items: Vec<Item>,
    /// To be kept with the unit (another split served as the pool of shots).
    pub warnings: Vec<String>,
    /// Rows within the limit that could not become items.
    pub bad_rows: Vec<BadRow>,
    /// SHA-256 over the content of all files read.
    pub data_hash: String,
    /// Documents of the split, whatever the limit.
    pub total: usize,
    /// Score of guessing, in [0, 1]: what the task file states, else the mean over items of one over the number of
    /// choices; `None` where there are no choices.
    pub chance: Option<f64>,
}
