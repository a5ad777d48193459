//! Queries as text become token ids: requests of a log-likelihood, cut to the context limit as lm-evaluation-harness cuts them, and
//! prompts to be completed.

use std::cell::RefCell;

use rayon::prelude::*;
use spyglass_model::{Continued, EncodedPair, Request, Tokenizer};
use spyglass_tasks::icl::token_id;
use spyglass_tasks::{Generation, Item, Query, Text};

use super::long::{Counts, fitted};
use crate::checkpoint::Tokens;
use crate::suite::SuiteTask;
use crate::{Error, Result};

/// One query of an item as token ids.
#[derive(Debug)]
pub(crate) enum TokenQuery {
    /// The next `requests` of the list that belongs to the items; their log-likelihoods add up.
    Score {
        /// How many; one, or for a long text one a window.
        requests: usize,
        /// The context was cut from the left.
        truncated: bool,
        /// The context's tokens are not a prefix of those of context and continuation together.
        off_token_edge: bool,
    },
    /// A prompt to be completed.
    Generate {
        /// The prompt's tokens.
        prompt: Vec<u32>,
        /// When to stop and how to sample.
        settings: Generation,
        /// The prompt was cut from the left.
        truncated: bool,
    },
}

/// Items that are looked at together, where not all of a task may be needed.
const AT_ONCE: usize = 32;

/// Each item's queries as token ids and the requests of them, items in parallel.
///
/// # Errors
/// Names the task and the item whose continuation has no tokens or is longer than the context limit.
pub(super) fn tokenise(task: &str, items: &[Item], tokens: Tokens<'_>) -> Result<Vec<(Vec<TokenQuery>, Vec<Request>)>> {
    let counts = Counts::default();
    let one = |item: &Item| {
        let (mut requests, texts) = (Vec::new(), RefCell::new(Continued::new(tokens.tokenizer)));
        let item = fitted(task, item, tokens.max_length, (&counts, &texts))?;
        let mut texts = texts.into_inner();
        let queries = item.queries().into_iter().map(|query| token_query(query, tokens, &mut texts, &mut requests));
        let queries = queries.collect::<Result<Vec<_>>>().map_err(|error| match error {
            Error::Usage { problem: what, help } => {
                Error::Usage { problem: format!("task `{task}`, item {}: {what}", item.doc_id), help }
            }
            other => other,
        })?;
        Ok((queries, requests))
    };
    items.par_iter().map(one).collect()
}

/// One request of each item of a task that has any (of the right choice, where there are choices), item after item until they ask for `most`
/// tokens.
///
/// # Errors
/// As [`tokenise`].
pub(crate) fn right_requests(asked: &SuiteTask, tokens: Tokens<'_>, most: usize) -> Result<Vec<Request>> {
    let items = asked.items.as_ref().map_or(&[][..], |items| &items.items);
    let (mut found, mut wanted) = (Vec::new(), 0);
    for some in items.chunks(AT_ONCE) {
        let right = |(item, (_, requests)): (&Item, (_, Vec<Request>))| requests.into_iter().nth(item.gold);
        let right: Vec<Request> =
            some.iter().zip(tokenise(&asked.task.name, some, tokens)?).filter_map(right).collect();
        wanted += right.iter().map(|request| request.continuation.len()).sum::<usize>();
        found.extend(right);
        if wanted >= most {
            break;
        }
    }
    Ok(found)
}

/// One query as token ids; what it asks of the model is added to `requests`.
fn token_query(
    query: Query,
    tokens: Tokens<'_>,
    texts: &mut Continued<'_>,
    requests: &mut Vec<Request>,
) -> Result<TokenQuery> {
    let Tokens { tokenizer, max_length, .. } = tokens;
    match query {
        Query::LogLikelihood { context, continuation } => {
            let pair = match (&context, &continuation) {
                (Text::Text(context), Text::Text(continuation)) => texts.pair(context, continuation)?,
                _ => encode(context, continuation, tokenizer)?,
            };
            let (request, truncated) = cut(pair.context, pair.continuation, max_length)?;
            requests.push(request);
            Ok(TokenQuery::Score { requests: 1, truncated, off_token_edge: !pair.on_token_edge })
        }
        Query::Rolling { text, max_tokens } => {
            let mut ids = tokenizer.encode_plain(&text)?;
            ids.truncate(max_tokens.unwrap_or(usize::MAX));
            let windows = windows(&ids, tokenizer.prefix()?, max_length);
            let count = windows.len();
            requests.extend(windows);
            Ok(TokenQuery::Score { requests: count, truncated: false, off_token_edge: false })
        }
        Query::Generate { context, settings } => {
            let mut prompt = match &context {
                Text::Text(text) => texts.prompt(text)?,
                _ => prompt_ids(context, tokenizer)?,
            };
            let room = max_length.saturating_sub(settings.max_tokens).max(1);
            let truncated = prompt.len() > room;
            prompt.drain(..prompt.len().saturating_sub(room));
            Ok(TokenQuery::Generate { prompt, settings, truncated })
        }
    }
}

/// Context and continuation as token ids, split as lm-evaluation-harness splits them; an empty context becomes the prefix token.
///
/// # Errors
/// The tokenizer refuses the text, or has no prefix token where one is needed.
pub(crate) fn encode(context: Text, continuation: Text, tokenizer: &Tokenizer) -> Result<EncodedPair> {
    let mut pair = match (context, continuation) {
        (Text::Text(context), Text::Text(continuation)) => tokenizer.encode_pair(&context, &continuation)?,
        (context, continuation) => EncodedPair {
            context: match context {
                Text::Text(text) if text.is_empty() => Vec::new(),
                context => prompt_ids(context, tokenizer)?,
            },
            continuation: match continuation {
                Text::Text(text) => tokenizer.encode_plain(&text)?,
                ids => prompt_ids(ids, tokenizer)?,
            },
            on_token_edge: true,
        },
    };
    if pair.context.is_empty() {
        pair.context.push(tokenizer.prefix()?);
    }
    Ok(pair)
}

/// A prompt as token ids; draws become ids of the tokenizer's vocabulary. A text without tokens is the prefix token.
///
/// # Errors
/// The tokenizer refuses the text, or has no prefix token where one is needed.
pub(crate) fn prompt_ids(text: Text, tokenizer: &Tokenizer) -> Result<Vec<u32>> {
    Ok(match text {
        Text::Text(text) => tokenizer.encode_prompt(&text)?,
        Text::Ids(ids) => ids,
        Text::Draws(draws) => draws.into_iter().map(|draw| token_id(draw, tokenizer.vocab_size())).collect(),
    })
}

/// Cuts a request from the left so that the model reads at most `max_length` tokens (its last token is only predicted).
///
/// # Errors
/// The continuation is empty or does not fit by itself.
pub(crate) fn cut(mut context: Vec<u32>, continuation: Vec<u32>, max_length: usize) -> Result<(Request, bool)> {
    if continuation.is_empty() {
        return Err(Error::Usage {
            problem: "the continuation leaves no tokens of its own after the context".into(),
            help: "context and continuation share a token; let the continuation start with a space".into(),
        });
    }
    if continuation.len() > max_length {
        return Err(Error::Usage {
            problem: format!("the continuation has {} tokens, the context limit is {max_length}", continuation.len()),
            help: "`max_position_embeddings` of config.json, or `context` where it is said, is the limit; shorten the item".into(),
        });
    }
    let too_long = (context.len() + continuation.len()).saturating_sub(max_length + 1);
    context.drain(..too_long);
    Ok((Request { context, continuation }, too_long > 0))
}

/// Disjoint windows over a long text: each predicts up to `max_length` tokens after one token of context, the first after
/// `prefix`; the last one takes all the context it has room for.
fn windows(tokens: &[u32], prefix: u32, max_length: usize) -> Vec<Request> {
    let first = tokens.len().min(max_length);
    let mut requests = vec![Request { context: vec![prefix], continuation: tokens[..first].to_vec() }];
    let mut done = first;
    while done < tokens.len() {
        let end = (done + max_length).min(tokens.len());
        let start = (end - 1).saturating_sub(max_length);
        requests.push(Request { context: tokens[start..done].to_vec(), continuation: tokens[done..end].to_vec() });
        done = end;
    }
    requests.retain(|request| !request.continuation.is_empty());
    requests
}

#[cfg(test)]
mod tests {
    use super::{cut, windows};

    #[test]
    fn windows_predict_every_token_once_and_the_last_is_full() {
        let tokens: Vec<u32> = (10..35).collect();
        let requests = windows(&tokens, 1, 10);
        let predicted: Vec<u32> = requests.iter().flat_map(|request| request.continuation.clone()).collect();
        assert_eq!(predicted, tokens);
        assert_eq!(requests[0].context, [1]);
        assert_eq!(requests[1].context, [19]);
        // The last window predicts 5 tokens; with them it reads 10.
        assert_eq!(requests[2].context, [24, 25, 26, 27, 28, 29]);
        for request in &requests {
            assert!(request.context.len() + request.continuation.len() - 1 <= 10);
        }
    }

    #[test]
    fn a_long_context_loses_its_start() {
        let (request, truncated) = cut((0..20).collect(), vec![7, 8, 9], 10).unwrap();
        assert!(truncated);
        assert_eq!(request.context, (12..20).collect::<Vec<u32>>());
        let (request, truncated) = cut((0..8).collect(), vec![7, 8, 9], 10).unwrap();
        assert!(!truncated && request.context.len() == 8);
        assert!(cut(vec![1], vec![], 10).is_err());
        assert!(cut(vec![1], vec![2; 11], 10).is_err());
    }
}
