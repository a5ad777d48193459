//! Log-likelihoods against lm-evaluation-harness: requests off the beaten track, and whole tasks of the pilot's prototype.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../../tests/support/shared.rs"]
mod shared;

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::Path;

use serde_json::Value;
use sha2::{Digest, Sha256};
use spyglass_model::{
    Error, LanguageModel, LoadOptions, LogLikelihood, Model, Request, RequestTrie, Scorer, ScorerOptions, Tokenizer,
};

use shared::shared;

fn lines(path: &Path) -> Vec<Value> {
    fs_err::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn ids(value: &Value) -> Vec<u32> {
    value.as_array().unwrap().iter().map(|id| id.as_u64().unwrap() as u32).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn load(dir: &Path) -> Model {
    Model::open(dir, &LoadOptions::default()).unwrap_or_else(|error| panic!("{}: {error}", dir.display()))
}

fn score(model: &Model, requests: &[Request], options: ScorerOptions) -> Vec<LogLikelihood> {
    let plan = RequestTrie::new(requests).unwrap();
    Scorer::new(model, options).run(&plan, |_| ControlFlow::Continue(())).unwrap()
}

/// SHA-256 of token ids as little-endian u32, in hex.
fn hash_of(ids: &[u32]) -> String {
    let bytes: Vec<u8> = ids.iter().flat_map(|id| id.to_le_bytes()).collect();
    let nibbles = Sha256::digest(bytes).into_iter().flat_map(|byte| [byte >> 4, byte & 15]);
    nibbles.filter_map(|nibble| char::from_digit(nibble.into(), 16)).collect()
}

#[test]
fn requests_off_the_beaten_track_score_as_in_lm_eval() {
    let (Some(golden), Some(tokenizer)) = (shared("tasks/golden"), shared("tokenizers/mistral_v1")) else { return };
    let (tokenizer, model) = (Tokenizer::open(&tokenizer).unwrap(), load(&golden.join("tiny_zamba2")));
    let limit = model.context_limit();
    let mut expected = lines(&golden.join("edge_loglikelihoods.jsonl"));
    let mut requests = Vec::new();
    expected.retain(|case| {
        let note = text(&case["note"]);
        let (context, continuation) = (text(&case["context"]), text(&case["continuation"]));
        let pair = match tokenizer.encode_pair(context, continuation) {
            Err(Error::NothingToScore { .. }) if case["ll"].is_null() => return false,
            pair => pair.unwrap_or_else(|error| panic!("{note}: {error}")),
        };
        assert_eq!(pair.continuation, ids(&case["continuation_tokens"]), "{note}");
        assert_eq!(pair.context.len() as u64, case["n_context_tokens"].as_u64().unwrap(), "{note}");
        if let Some(context) = case.get("context_tokens") {
            assert_eq!(pair.context, ids(context), "{note}");
        }
        assert_eq!(pair.on_token_edge, !note.contains("no token prefix"), "{note}");
        let cut = (pair.context.len() + pair.continuation.len()).saturating_sub(limit + 1);
        requests.push(Request { context: pair.context[cut..].to_vec(), continuation: pair.continuation });
        true
    });
    assert!(expected.len() >= 15);
    for (case, answer) in expected.iter().zip(score(&model, &requests, ScorerOptions::default())) {
        let wanted = case["ll"].as_f64().unwrap();
        assert!((answer.sum - wanted).abs() <= 1e-3, "{}: {}, {wanted}", case["note"], answer.sum);
        assert_eq!(answer.is_greedy, case["is_greedy"].as_bool().unwrap(), "{}", case["note"]);
    }
}

#[test]
fn prompts_have_the_tokens_of_lm_eval() {
    let (Some(golden), Some(tokenizer)) = (shared("tasks/golden"), shared("tokenizers/mistral_v1")) else { return };
    let tokenizer = Tokenizer::open(&tokenizer).unwrap();
    let mut compared = 0;
    for document in lines(&golden.join("prompts.jsonl")) {
        let Some(prompt) = document.get("prompt").map(text) else { continue };
        let tokens = document["continuation_tokens"].as_array().unwrap();
        for (continuation, tokens) in document["continuations"].as_array().unwrap().iter().zip(tokens) {
            let pair = tokenizer.encode_pair(prompt, text(continuation)).unwrap();
            assert_eq!(hash_of(&pair.context), text(&document["context_tokens_sha256"]), "{prompt}");
            assert_eq!(pair.context.len() as u64, document["n_context_tokens"].as_u64().unwrap(), "{prompt}");
            assert_eq!(pair.continuation, ids(tokens), "{prompt}{continuation}");
            assert!(pair.on_token_edge);
            compared += 1;
        }
    }
    assert!(compared > 10, "only {compared} prompts are there as text");
}

#[test]
fn prompts_score_as_in_lm_eval() {
    let (Some(golden), Some(tokenizer)) = (shared("tasks/golden"), shared("tokenizers/mistral_v1")) else { return };
    let (tokenizer, model) = (Tokenizer::open(&tokenizer).unwrap(), load(&golden.join("tiny_zamba2")));
    let prompts = lines(&golden.join("prompts.jsonl"));
    let prompts: HashMap<&str, &str> = (prompts.iter())
        .filter_map(|document| Some((text(&document["prompt_sha256"]), text(document.get("prompt")?))))
        .collect();
    let (mut requests, mut wanted) = (Vec::new(), Vec::new());
    for document in lines(&golden.join("loglikelihoods.jsonl")) {
        let Some(prompt) = prompts.get(text(&document["prompt_sha256"])) else { continue };
        for (index, continuation) in document["continuations"].as_array().unwrap().iter().enumerate() {
            let pair = tokenizer.encode_pair(prompt, text(continuation)).unwrap();
            requests.push(Request { context: pair.context, continuation: pair.continuation });
            wanted.push((document["lls"][index].as_f64().unwrap(), document["is_greedy"][index].as_bool().unwrap()));
        }
    }
    assert!(requests.len() >= 20, "only {} requests are there as text", requests.len());
    for (answer, (sum, is_greedy)) in score(&model, &requests, ScorerOptions::default()).iter().zip(wanted) {
        assert!((answer.sum - sum).abs() <= 1e-3 && answer.is_greedy == is_greedy, "{}, {sum}", answer.sum);
    }
}

#[test]
fn the_prototype_scores_as_in_transformers() {
    let Some(dir) = shared("pilot_prototype") else { return };
    let expected = lines(&dir.join("reference_loglikelihoods.jsonl"));
    let tasks = ["pilot_facts_easy", "pilot_facts_hard", "pilot_letters", "pilot_stories"];
    for (branch, step) in [("trunk", 0), ("trunk", 600), ("trunk", 1100), ("anneal", 1500)] {
        let checkpoint = dir.join(branch).join(format!("checkpoint-{step}"));
        let (model, tokenizer) = (load(&checkpoint), Tokenizer::open(&checkpoint).unwrap());
        for task in tasks {
            let items = lines(&dir.join("tasks").join(format!("{task}.jsonl")));
            let choices = |item: &Value| -> Vec<Request> {
                let choices = item["choices"].as_array().unwrap().iter();
                let pairs = choices.map(|choice| {
                    tokenizer.encode_pair(text(&item["context"]), &format!(" {}", text(choice))).unwrap()
                });
                pairs.map(|pair| Request { context: pair.context, continuation: pair.continuation }).collect()
            };
            let requests: Vec<Request> = items.iter().flat_map(choices).collect();
            // a tight budget and short batches: they change nothing
            let options = ScorerOptions { state_memory: 4 << 20, rows_per_batch: 300 };
            let answers = score(&model, &requests, options);
            if step == 600 {
                assert_eq!(answers, score(&model, &requests, ScorerOptions::default()), "{task}: bit for bit");
            }
            let wanted = expected
                .iter()
                .filter(|line| line["task"] == task && line["branch"] == branch && line["step"] == step)
                .flat_map(|line| line["lls"].as_array().unwrap());
            let wanted: Vec<f64> = wanted.map(|ll| ll.as_f64().unwrap()).collect();
            assert_eq!(answers.len(), wanted.len(), "{branch} {step} {task}");
            let farthest = answers.iter().zip(&wanted).map(|(answer, wanted)| (answer.sum - wanted).abs());
            let farthest = farthest.fold(0.0, f64::max);
            assert!(farthest <= 1e-3, "{branch} {step} {task}: off by {farthest}");
        }
    }
}
