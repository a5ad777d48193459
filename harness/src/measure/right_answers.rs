//! The texts before whose tokens two forms of a model are compared: the right answers of tasks, as token ids.

use spyglass_model::{Request, RequestTrie};

use crate::Result;
use crate::ask::right_requests;
use crate::checkpoint::Tokens;
use crate::suite::SuiteTask;

/// Right answers of tasks, those of each together.
#[derive(Debug)]
pub(crate) struct RightAnswers(Vec<(String, Vec<Request>)>);

/// Those that there is room for.
#[derive(Debug, Default)]
pub(crate) struct Roomy {
    /// The texts.
    pub(crate) requests: Vec<Request>,
    /// The tasks of which some text leaves more behind than states may take, each once.
    pub(crate) left_out: Vec<String>,
}

impl RightAnswers {
    /// Up to `most` tokens of the tasks' right answers, the tasks alike. A task that cannot be asked in these tokens is left out: scoring it says
    /// why.
    pub(crate) fn of(asked: &[&SuiteTask], tokens: Tokens<'_>, most: usize) -> Self {
        let share = most.div_ceil(asked.len().max(1));
        let of_task = |task: &&SuiteTask| {
            let requests = right_requests(task, tokens, share).ok()?;
            Some((task.task.name.clone(), first_tokens(requests, share)))
        };
        Self(asked.iter().filter_map(of_task).collect())
    }

    /// Leaves out the texts that the scorer would refuse: `state_bytes` (of a state after so many tokens, in all models that read) tells that
    /// they leave more than `memory` bytes behind.
    ///
    /// # Errors
    /// A request without context.
    pub(crate) fn with_room(&self, memory: u64, state_bytes: impl Fn(usize) -> u64) -> Result<Roomy> {
        let mut roomy = Roomy::default();
        for (task, requests) in &self.0 {
            for request in requests {
                if RequestTrie::new(std::slice::from_ref(request))?.largest_state(&state_bytes) <= memory {
                    roomy.requests.push(request.clone());
                } else if !roomy.left_out.contains(task) {
                    roomy.left_out.push(task.clone());
                }
            }
        }
        Ok(roomy)
    }
}

/// The requests up to the one whose continuation holds the last of `most` tokens; what it has beyond them is cut off.
fn first_tokens(mut requests: Vec<Request>, most: usize) -> Vec<Request> {
    let mut left = most;
    for request in &mut requests {
        request.continuation.truncate(left);
        left -= request.continuation.len();
    }
    requests.retain(|request| !request.continuation.is_empty());
    requests
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(context: usize, continuation: usize) -> Request {
        Request { context: vec![1; context], continuation: vec![2; continuation] }
    }

    #[test]
    fn the_last_text_is_cut() {
        let cut = |most| first_tokens(vec![request(1, 3), request(1, 3), request(1, 3)], most);
        let lengths = |most| cut(most).iter().map(|request| request.continuation.len()).collect::<Vec<_>>();
        assert_eq!((lengths(9), lengths(4), lengths(3)), (vec![3, 3, 3], vec![3, 1], vec![3]));
    }

    #[test]
    fn what_the_scorer_would_refuse_is_left_out_and_named() {
        let texts = |lengths: &[usize]| lengths.iter().map(|&length| request(length, 2)).collect::<Vec<_>>();
        let answers = RightAnswers(vec![("short".into(), texts(&[20, 30])), ("long".into(), texts(&[40, 2000, 3000]))]);
        let left = |memory| {
            let roomy = answers.with_room(memory, |tokens| 10 * tokens as u64).unwrap();
            (roomy.requests.len(), roomy.left_out)
        };
        // states are kept after 512, 1024 and 1536 tokens of a text of 2,000, and after 2,560 of one of 3,000
        assert_eq!(left(25_600), (5, vec![]));
        assert_eq!(left(25_599), (4, vec!["long".to_owned()]));
        assert_eq!(left(15_359), (3, vec!["long".to_owned()]));
    }
}
