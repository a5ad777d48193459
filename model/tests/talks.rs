//! Four-turn talks of the pilot's checkpoints against transformers: prompts by the chat template, greedy answers, states.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use serde_json::Value;
use spyglass_model::{
    LanguageModel, LoadOptions, Message, Model, Prompt, Sampling, State, Stopped, Tokenizer, generate, generate_batch,
};

/// Where two logits are nearer than this, another machine may pick the other.
const UNSURE: f64 = 1e-3;

/// The folder of whole-program tests, which holds the pilot run.
fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests")
}

fn open(dir: &Path) -> (Model, Tokenizer) {
    (Model::open(dir, &LoadOptions::default()).unwrap(), Tokenizer::open(dir).unwrap())
}

fn ids(value: &Value) -> Vec<u32> {
    value.as_array().unwrap().iter().map(|id| id.as_u64().unwrap() as u32).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn prompt<'a>(state: State, seen: &'a [u32], tokens: &'a [u32], sampling: &'a Sampling) -> Prompt<'a, State> {
    Prompt { state, seen, tokens, sampling, words: &[] }
}

#[test]
fn talks_are_those_of_transformers() {
    let talks = fs_err::read_to_string(tests().join("reference/pilot_talks.jsonl")).unwrap();
    let (mut turns, mut reused) = (0, 0);
    for talk in talks.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        let (model, tokenizer) = open(&tests().join("pilot").join(text(&talk["checkpoint"])));
        let template = tokenizer.chat_template().unwrap().unwrap();
        let sampling = Sampling {
            max_tokens: talk["max_tokens"].as_u64().unwrap() as usize,
            stop: vec![text(&talk["stop"]).to_owned()],
            ..Sampling::default()
        };
        let mut messages = vec![Message::new("system", text(&talk["system"]))];
        let (mut state, mut seen) = (model.new_state(), Vec::new());
        for turn in talk["turns"].as_array().unwrap() {
            messages.push(Message::new("user", text(&turn["user"])));
            let tokens = tokenizer.encode_plain(&template.render_prompt(&messages).unwrap()).unwrap();
            assert_eq!(tokens, ids(&turn["prompt_ids"]), "{} {}", talk["checkpoint"], turn["user"]);
            // earlier turns are in the state, unless what was cut off the answer is not said again
            if !tokens.starts_with(&seen) {
                (state, seen) = (model.new_state(), Vec::new());
            }
            reused += seen.len();
            let prompt = prompt(state, &seen, &tokens[seen.len()..], &sampling);
            let answer = generate(&model, &tokenizer, prompt, |_| ControlFlow::Continue(())).unwrap();
            let wanted = turn["smallest_margin"].as_f64().unwrap();
            if wanted > UNSURE {
                assert_eq!(answer.ids, ids(&turn["answer_ids"]), "{} {}", talk["checkpoint"], turn["user"]);
                assert_eq!(answer.text.trim(), text(&turn["answer"]));
                assert!((f64::from(answer.min_margin) - wanted).abs() < UNSURE, "{} {wanted}", answer.min_margin);
                turns += 1;
            }
            messages.push(Message::new("assistant", text(&turn["answer"])));
            seen = tokens;
            seen.extend(&answer.ids[..answer.ids_read]);
            state = answer.state;
            assert_eq!(state.position(), seen.len());
        }
    }
    assert!(turns >= 40 && reused > 500, "{turns} turns compared, {reused} tokens not computed again");
}

#[test]
fn together_is_as_alone() {
    let (model, tokenizer) = open(&tests().join("pilot/trunk/checkpoint-150"));
    let template = tokenizer.chat_template().unwrap().unwrap();
    let questions = ["how is the sea ?", "have you gold ?", "where do you go ?", "what is the job of litov ?"];
    let prompts: Vec<Vec<u32>> = (questions.iter())
        .map(|question| {
            tokenizer.encode_plain(&template.render_prompt(&[Message::new("user", *question)]).unwrap()).unwrap()
        })
        .collect();
    let sampling =
        Sampling { temperature: 0.9, top_p: 0.95, top_k: 50, max_tokens: 24, seed: 7, ..Sampling::default() };
    let words = ["one", "two", "three", "four"].map(|word| vec!["pack", word]);
    let make =
        |index: usize| Prompt { words: &words[index], ..prompt(model.new_state(), &[], &prompts[index], &sampling) };
    let together =
        generate_batch(&model, &tokenizer, (0..4).map(make).collect(), |_| ControlFlow::Continue(())).unwrap();
    for (index, together) in together.iter().enumerate() {
        let mut streamed = String::new();
        let alone = generate(&model, &tokenizer, make(index), |token| {
            streamed.push_str(token.text);
            ControlFlow::Continue(())
        });
        let alone = alone.unwrap();
        assert_eq!((&alone.ids, &alone.text, alone.stopped), (&together.ids, &together.text, together.stopped));
        assert_eq!(streamed, alone.text);
    }
    let other = Sampling { seed: 8, ..sampling.clone() };
    let other = Prompt { sampling: &other, ..make(0) };
    let other = generate(&model, &tokenizer, other, |_| ControlFlow::Continue(())).unwrap();
    assert_ne!(other.ids, together[0].ids);
}

#[test]
fn an_answer_ends_where_it_should() {
    let (model, tokenizer) = open(&tests().join("pilot/trunk/checkpoint-600"));
    let tokens = tokenizer.encode("how is the sea ? bot :").unwrap();
    let run = |sampling: &Sampling, most: usize| {
        let mut count = 0;
        let prompt = prompt(model.new_state(), &[], &tokens, sampling);
        generate(&model, &tokenizer, prompt, |token| {
            count += usize::from(token.id.is_some());
            if count == most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .unwrap()
    };
    let free = Sampling { max_tokens: 12, ..Sampling::default() };
    let whole = run(&free, 100);
    assert!(whole.ids.len() > 4 && whole.stopped != Stopped::Interrupted);
    let words: Vec<&str> = whole.text.split(' ').collect();
    // a stop string over two tokens and the space between
    let stop = format!("{} {}", words[2], words[3]);
    let cut = run(&Sampling { stop: vec!["nowhere".into(), stop.clone()], ..free.clone() }, 100);
    assert_eq!(cut.stopped, Stopped::StopString);
    assert_eq!(cut.text, whole.text[..whole.text.find(&stop).unwrap()]);
    assert_eq!(cut.ids, whole.ids[..4]);
    assert_eq!(cut.ids_read, 3);

    let short = run(&Sampling { max_tokens: 2, ..free.clone() }, 100);
    assert_eq!((short.stopped, &short.ids[..]), (Stopped::MaxTokens, &whole.ids[..2]));
    let broken_off = run(&free, 3);
    assert_eq!((broken_off.stopped, &broken_off.ids[..]), (Stopped::Interrupted, &whole.ids[..3]));
}
