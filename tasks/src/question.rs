//! What an item asks of a model, and what comes back.

use std::sync::Arc;

use serde::Serialize;

use crate::long::LongQuestion;
use crate::reply::ReplyFilter;

/// Text that the harness tokenises, or token ids that stay as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Text {
    /// Text, to be tokenised with the checkpoint's tokenizer.
    Text(String),
    /// Token ids.
    Ids(Vec<u32>),
    /// Numbers that [`token_id`](crate::icl::token_id) turns into ids of whatever vocabulary the checkpoint has.
    Draws(Vec<u32>),
}

/// One question to the model.
#[derive(Debug, Clone, PartialEq)]
pub enum Query {
    /// The log-likelihood of `continuation` after `context`. An empty context stands for the prefix token.
    LogLikelihood {
        /// What the model has read.
        context: Text,
        /// What is scored, with the delimiter before it.
        continuation: Text,
    },
    /// The log-likelihood of a whole text, in disjoint windows of the context limit, the first after the prefix token.
    Rolling {
        /// The text.
        text: String,
        /// Only that many tokens from its start count, when given.
        max_tokens: Option<usize>,
    },
    /// A reply, up to a stop string.
    Generate {
        /// The prompt.
        context: Text,
        /// When to stop and how to sample.
        settings: Generation,
    },
}

/// When to stop and how to sample, for `generate_until`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Generation {
    /// The reply ends before the first of these.
    pub until: Vec<String>,
    /// The reply's greatest length in tokens.
    pub max_tokens: usize,
    /// 0 is greedy.
    pub temperature: f64,
}

/// The model's answer to one [`Query`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    /// Natural logarithm, summed over the continuation's (or the text's) tokens.
    pub logprob: f64,
    /// Every token of the continuation is the most likely one.
    pub is_greedy: bool,
    /// Tokens of the continuation, of the text or of the reply.
    pub tokens: usize,
    /// Log-likelihood of each token; may stay empty unless [`Item::wants_token_logprobs`](crate::Item::wants_token_logprobs).
    pub token_logprobs: Vec<f64>,
    /// The context was cut from the left.
    pub truncated: bool,
    /// The context's tokens are not a prefix of those of context and continuation together.
    pub off_token_edge: bool,
    /// The reply to a [`Query::Generate`].
    pub text: Option<String>,
}

/// What one item asks.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Question {
    /// One context, one continuation a choice (with its delimiter); `unconditional` asks each also after nothing.
    Choices { context: String, continuations: Vec<String>, unconditional: bool },
    /// One context a choice, and the same continuation after each (Winogrande).
    Contexts { contexts: Vec<String>, continuation: String },
    /// Random tokens after nothing, as numbers that become ids of any vocabulary.
    Tokens { draws: Vec<u32> },
    /// A whole text; words and bytes are those of the text that perplexity is counted over.
    Rolling { text: String, words: usize, bytes: usize, max_tokens: Option<usize> },
    /// A prompt to be completed.
    Generate { context: String, settings: Generation, filters: Arc<Vec<ReplyFilter>>, targets: Vec<String> },
    /// A question about a long text: its choices, and a reply where targets say what that has to hold.
    Long(Box<LongQuestion>),
}
