//! The scorer against the plain way, one request at a time, with a model whose logits are a hash of the prefix.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;
use spyglass_model::{
    Cost, Error, Fork, LanguageModel, LogLikelihood, Logits, Request, RequestTrie, Result, Scorer, ScorerOptions,
    Sequence, shifts,
};

const VOCAB: usize = 7;
const FIXED_BYTES: u64 = 100;

/// Logits are a hash of all tokens so far, few enough values for ties. Counts the states alive and the tokens computed.
#[derive(Default)]
struct Fake {
    alive: Arc<AtomicUsize>,
    peak: AtomicUsize,
    computed: AtomicUsize,
    tallest: AtomicUsize,
    bytes_per_token: u64,
    broken_at: Option<usize>,
    seed: u64,
}

#[derive(Clone)]
struct FakeState {
    hash: u64,
    position: usize,
    own: Option<Arc<Alive>>,
}

/// One state that was written.
struct Alive(Arc<AtomicUsize>);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn mix(hash: u64, token: u32) -> u64 {
    let mixed = (hash ^ u64::from(token)).wrapping_add(0x9E37_79B9_7F4A_7C15).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed ^ (mixed >> 29)
}

fn logits(hash: u64) -> impl Iterator<Item = f32> {
    (0..VOCAB as u32).map(move |token| (mix(hash, token + 1000) >> 20 & 31) as f32 / 4.0)
}

impl LanguageModel for Fake {
    type State = FakeState;

    fn new_state(&self) -> FakeState {
        FakeState { hash: 1 + self.seed, position: 0, own: None }
    }

    fn forward(&self, batch: &mut [Sequence<'_, FakeState>]) -> Result<Vec<Logits>> {
        let rows: usize = batch.iter().map(|sequence| sequence.tokens.len()).sum();
        self.tallest.fetch_max(rows, Ordering::Relaxed);
        self.computed.fetch_add(rows, Ordering::Relaxed);
        let outputs = batch.iter_mut().map(|sequence| {
            assert!(!sequence.tokens.is_empty());
            let mut hash = sequence.state.hash;
            let mut values = Vec::new();
            let wanted = sequence.wanted.rows(sequence.tokens.len());
            for (index, &token) in sequence.tokens.iter().enumerate() {
                hash = mix(hash, token);
                if wanted.contains(&index) {
                    let broken = self.broken_at == Some(sequence.state.position + index);
                    values.extend(logits(hash).map(|logit| if broken { f32::NAN } else { logit }));
                }
            }
            if sequence.keep_state {
                sequence.state.own = None;
                let alive = self.alive.fetch_add(1, Ordering::Relaxed) + 1;
                self.peak.fetch_max(alive, Ordering::Relaxed);
                sequence.state.own = Some(Arc::new(Alive(Arc::clone(&self.alive))));
                sequence.state.hash = hash;
                sequence.state.position += sequence.tokens.len();
            }
            Logits::new(values, VOCAB)
        });
        Ok(outputs.collect())
    }

    fn vocab_size(&self) -> usize {
        VOCAB
    }

    fn context_limit(&self) -> usize {
        usize::MAX
    }

    fn cost(&self, _position: usize, _head: bool) -> Cost {
        Cost::default()
    }

    fn state_bytes(&self, position: usize) -> u64 {
        FIXED_BYTES + self.bytes_per_token * position as u64
    }
}

/// The answer by definition: one token at a time, nothing shared.
fn plain(request: &Request) -> LogLikelihood {
    let mut hash = request.context.iter().fold(1, |hash, &token| mix(hash, token));
    let (mut per_token, mut is_greedy) = (Vec::new(), true);
    for &token in &request.continuation {
        let row: Vec<f64> = logits(hash).map(f64::from).collect();
        let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = row.iter().map(|logit| (logit - largest).exp()).sum();
        per_token.push(row[token as usize] - largest - sum.ln());
        is_greedy &= row.iter().position(|&logit| logit >= largest) == Some(token as usize);
        hash = mix(hash, token);
    }
    LogLikelihood { sum: per_token.iter().sum(), is_greedy, per_token }
}

fn distinct_prefixes(requests: &[Request]) -> usize {
    let mut prefixes = HashSet::new();
    for request in requests {
        let mut input = request.context.clone();
        input.extend(&request.continuation[..request.continuation.len() - 1]);
        prefixes.extend((1..=input.len()).map(|len| input[..len].to_vec()));
    }
    prefixes.len()
}

fn requests() -> impl Strategy<Value = Vec<Request>> {
    let tokens = |len: std::ops::Range<usize>| prop::collection::vec(0..3u32, len);
    let request = (tokens(1..9), tokens(1..5)).prop_map(|(context, continuation)| Request { context, continuation });
    prop::collection::vec(request, 0..40)
}

fn score(model: &Fake, plan: &RequestTrie, options: ScorerOptions) -> Result<(Vec<LogLikelihood>, u64)> {
    let (mut done, mut finished) = (0, Vec::new());
    let answers = Scorer::new(model, options).run(plan, |progress| {
        done = progress.tokens_done;
        finished.extend(progress.finished.iter().cloned());
        assert_eq!(finished.len(), progress.requests_done);
        ControlFlow::Continue(())
    })?;
    finished.sort_by_key(|(request, _)| *request);
    let reported: Vec<LogLikelihood> = finished.into_iter().map(|(_, answer)| answer).collect();
    assert_eq!(reported, answers);
    Ok((answers, done))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn any_trie_budget_and_batch_gives_the_plain_answer(
        requests in requests(), states in 1..7u64, rows in 0..40usize, stretch in 1..7usize, bytes_per_token in 0..9u64,
    ) {
        let model = Fake { bytes_per_token, ..Fake::default() };
        let plan = RequestTrie::with_stretch(&requests, stretch).unwrap();
        prop_assert_eq!(plan.tokens_computed() as usize, distinct_prefixes(&requests));
        let longest = requests.iter().map(|r| r.context.len() + r.continuation.len()).max().unwrap_or(0);
        let options = ScorerOptions { state_memory: states * model.state_bytes(longest), rows_per_batch: rows };
        let (answers, _) = score(&model, &plan, options).unwrap();
        prop_assert_eq!(answers, requests.iter().map(plain).collect::<Vec<_>>());
        if bytes_per_token == 0 {
            prop_assert!(model.peak.load(Ordering::Relaxed) as u64 <= states);
        }
        prop_assert_eq!(model.alive.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn states_after_forks_are_those_of_the_texts(
        requests in requests(), states in 1..7u64, rows in 0..40usize, stretch in 1..7usize, bytes_per_token in 0..9u64,
    ) {
        let model = Fake { bytes_per_token, ..Fake::default() };
        let plan = RequestTrie::with_stretch(&requests, stretch).unwrap();
        let before = |request: &Request| plan.fork_before(&request.context).map(|fork| (fork, request.context.clone()));
        let forks: HashMap<Fork, Vec<u32>> = requests.iter().filter_map(before).collect();
        for text in requests.iter().map(|request| &request.context) {
            let fork = plan.fork_before(text).map_or(0, |fork| fork.tokens);
            prop_assert!(fork < text.len() && text.len() - fork <= stretch, "{} of {}", fork, text.len());
        }
        let longest = requests.iter().map(|r| r.context.len() + r.continuation.len()).max().unwrap_or(0);
        let options = ScorerOptions { state_memory: states * model.state_bytes(longest), rows_per_batch: rows };
        let mut seen = HashMap::new();
        let wanted = forks.keys().copied().collect();
        let answers = Scorer::new(&model, options).run_with_forks(&plan, &wanted, |_, states| {
            for (fork, state) in states {
                assert!(seen.insert(fork, (state.position, state.hash)).is_none(), "each comes once");
            }
            ControlFlow::Continue(())
        });
        prop_assert_eq!(answers.unwrap(), requests.iter().map(plain).collect::<Vec<_>>());
        let read = |(fork, text): (&Fork, &Vec<u32>)| {
            let hash = text[..fork.tokens].iter().fold(1, |hash, &token| mix(hash, token));
            (*fork, (fork.tokens, hash))
        };
        prop_assert_eq!(seen, forks.iter().map(read).collect::<HashMap<_, _>>());
    }

    #[test]
    fn the_peak_of_the_plan_is_memory_enough(requests in requests(), rows in 0..40usize, bytes_per_token in 0..9u64) {
        let model = Fake { bytes_per_token, ..Fake::default() };
        let plan = RequestTrie::with_stretch(&requests, 3).unwrap();
        let peak = plan.peak_state_bytes(|position| model.state_bytes(position)).max(model.state_bytes(0));
        let (_, computed) = score(&model, &plan, ScorerOptions { state_memory: peak, rows_per_batch: rows }).unwrap();
        prop_assert_eq!(computed, plan.tokens_computed());
        prop_assert_eq!(model.computed.load(Ordering::Relaxed) as u64, computed);
    }
}

fn request(context: &[u32], continuation: &[u32]) -> Request {
    Request { context: context.to_vec(), continuation: continuation.to_vec() }
}

#[test]
fn one_row_answers_all_letters() {
    let letters: Vec<Request> = (0..4).map(|letter| request(&[0, 1, 2, 3], &[letter])).collect();
    let (model, plan) = (Fake::default(), RequestTrie::new(&letters).unwrap());
    assert_eq!((plan.tokens_computed(), plan.tokens_requested(), plan.peak_state_bytes(|_| 1)), (4, 16, 0));
    let (answers, _) = score(&model, &plan, ScorerOptions::default()).unwrap();
    assert_eq!(answers, letters.iter().map(plain).collect::<Vec<_>>());
    assert_eq!(model.peak.load(Ordering::Relaxed), 0, "a leaf left a state");
}

#[test]
fn a_cost_that_grows_with_the_text_is_summed_over_it() {
    let context: Vec<u32> = (0..2000).collect();
    let plan = RequestTrie::new(&[request(&context, &[1]), request(&context, &[2])]).unwrap();
    assert_eq!(plan.total(|_| 1), plan.tokens_computed());
    let (got, exact) = (plan.total(|position| position as u64) as f64, (0..2000).sum::<u64>() as f64);
    assert!((got / exact - 1.0).abs() < 1e-3, "{got} {exact}");
}

#[test]
fn nothing_asked_nothing_computed() {
    let (answers, computed) =
        score(&Fake::default(), &RequestTrie::new(&[]).unwrap(), ScorerOptions::default()).unwrap();
    assert!(answers.is_empty() && computed == 0);
}

#[test]
fn a_hundred_thousand_requests_share_one_prefix() {
    let context: Vec<u32> = (0..400).map(|i| i * 7 % 5).collect();
    let mut requests = Vec::new();
    for i in 0..100_000u32 {
        let mut continuation = vec![i % 7, i / 7 % 7, i / 49 % 7, i / 343 % 7, i / 2401 % 7, i / 16807 % 7, i % 3];
        continuation.truncate(1 + i as usize % 7);
        requests.push(request(&context, &continuation));
    }
    let plan = RequestTrie::new(&requests).unwrap();
    let model = Fake::default();
    let options = ScorerOptions { state_memory: 20 * FIXED_BYTES, rows_per_batch: 512 };
    let (answers, computed) = score(&model, &plan, options).unwrap();
    assert_eq!(computed, plan.tokens_computed());
    assert!(computed < 300_000 && plan.tokens_requested() > 40_000_000);
    for index in (0..requests.len()).step_by(997) {
        assert_eq!(answers[index], plain(&requests[index]), "{index}");
    }
}

#[test]
fn a_chain_of_prefixes_needs_one_state() {
    let tokens: Vec<u32> = (0..3000).map(|i| i * i % 7).collect();
    let requests: Vec<Request> = (1..tokens.len()).map(|len| request(&tokens[..len], &tokens[len..=len])).collect();
    let plan = RequestTrie::new(&requests).unwrap();
    assert_eq!((plan.tokens_computed(), plan.peak_state_bytes(|_| 1)), (2999, 1));
    let options = ScorerOptions { state_memory: FIXED_BYTES, rows_per_batch: 64 };
    let (answers, computed) = score(&Fake::default(), &plan, options).unwrap();
    assert_eq!(computed, 2999);
    assert_eq!(answers[1234], plain(&requests[1234]));
}

#[test]
fn batches_are_tall() {
    let mut requests = Vec::new();
    for context in 0..343u32 {
        let context = [1, context % 7, context / 7 % 7, context / 49, 0, 0, 0, 0];
        requests.extend((0..4).map(|choice| request(&context, &[choice, choice, 2, 3])));
    }
    let (model, plan) = (Fake::default(), RequestTrie::new(&requests).unwrap());
    let mut batches = 0;
    let options = ScorerOptions { state_memory: 60 * FIXED_BYTES, rows_per_batch: 128 };
    let run = Scorer::new(&model, options).run(&plan, |_| {
        batches += 1;
        ControlFlow::Continue(())
    });
    assert_eq!(run.unwrap().len(), requests.len());
    assert!(model.tallest.load(Ordering::Relaxed) <= 128);
    let fewest = plan.tokens_computed().div_ceil(128);
    assert!(batches <= fewest + fewest / 4 + 8, "{batches} batches, {fewest} would do");
}

#[test]
fn what_cannot_be_scored_is_named() {
    let empty = RequestTrie::new(&[request(&[1], &[2]), request(&[], &[2])]).unwrap_err();
    assert!(matches!(empty, Error::Request { request: 1, .. }), "{empty}");
    let empty = RequestTrie::new(&[request(&[1], &[])]).unwrap_err();
    assert!(matches!(empty, Error::Request { request: 0, .. }), "{empty}");

    let plan = RequestTrie::new(&[request(&[1, 2], &[0, 3]), request(&[1, 2], &[1, 3])]).unwrap();
    let little = ScorerOptions { state_memory: FIXED_BYTES - 1, ..ScorerOptions::default() };
    let error = score(&Fake::default(), &plan, little).unwrap_err();
    assert!(matches!(error, Error::StateMemory { given: 99, needed: 100 }), "{error}");

    let unknown = RequestTrie::new(&[request(&[1], &[VOCAB as u32])]).unwrap();
    let error = score(&Fake::default(), &unknown, ScorerOptions::default()).unwrap_err();
    assert!(matches!(error, Error::Token { token: 7, vocab: VOCAB }), "{error}");

    let broken = Fake { broken_at: Some(2), ..Fake::default() };
    let error = score(&broken, &plan, ScorerOptions::default()).unwrap_err();
    assert!(matches!(error, Error::Logits { position: 2 }), "{error}");

    let stopped = Scorer::new(&Fake::default(), ScorerOptions::default()).run(&plan, |_| ControlFlow::Break(()));
    assert!(matches!(stopped, Err(Error::Interrupted)));
}

/// Questions after the same two examples, in no order, one of them twice, and one without.
fn few_shot() -> Vec<Request> {
    let shots = [1, 2, 3, 4, 5, 6, 1, 2];
    let text = |question: &[u32], continuation: &[u32]| Request {
        context: [&shots[..], question].concat(),
        continuation: continuation.to_vec(),
    };
    let mut requests = vec![text(&[4, 4, 1], &[2]), text(&[3], &[1, 2, 3]), text(&[4, 4, 2], &[5]), text(&[3], &[1])];
    requests.push(Request { context: vec![0], continuation: vec![6, 6] });
    requests
}

#[test]
fn two_models_read_what_texts_share_once() {
    let of = |seed| Fake { seed, bytes_per_token: 1, ..Fake::default() };
    let alone = |request: &Request| {
        let (one, other) = (of(0), of(9));
        shifts([&one, &other], std::slice::from_ref(request), 0, |_, _| ControlFlow::Continue(())).unwrap().remove(0)
    };
    let requests = few_shot();
    let plain: Vec<_> = requests.iter().map(alone).collect();
    assert!(plain.iter().flatten().any(|shift| shift.divergence > 0.01), "{plain:?}");
    // With 8 shots: 10 + 3 + 1 + 1 + 1 + 2 of the texts' own tokens, and the shots once, or in each of four texts.
    for (memory, expected) in [(u64::MAX, 8 + 3 + 1 + 3 + 1 + 2), (0, 4 * 8 + 3 + 3 + 3 + 1 + 2)] {
        let (one, other) = (of(0), of(9));
        let (mut tokens, mut texts) = (0, 0);
        let found = shifts([&one, &other], &requests, memory, |more, done| {
            (tokens, texts) = (tokens + more, texts + done);
            ControlFlow::Continue(())
        });
        assert_eq!(found.unwrap(), plain);
        assert_eq!((tokens, texts), (2 * expected, requests.len()), "{memory}");
        assert_eq!(one.computed.load(Ordering::Relaxed) as u64, expected);
    }
}

#[test]
fn a_comparison_ends_between_two_texts() {
    let (one, other, mut texts) = (Fake::default(), Fake::default(), 0);
    let ended = shifts([&one, &other], &few_shot(), u64::MAX, |_, done| {
        texts += done;
        if texts == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert!(matches!(ended, Err(Error::Interrupted)) && texts == 2, "{texts}");
}
