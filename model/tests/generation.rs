//! Generation with a model that says a given text, whatever it is asked: where answers end, and what is shown when.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::ops::ControlFlow;

use spyglass_model::{
    Cost, Error, Generated, LanguageModel, Logits, Prompt, Result, Sampling, Sequence, Stopped, Tokenizer, generate,
    generate_batch, read_shared,
};

use support::{bytes, config, id, llama, open};

mod support;

const EOS: u32 = 2;

/// Says `script` after its prompt, and EOS after it, each by a margin of 2 over token 0.
struct Parrot {
    script: Vec<u32>,
    prompt: usize,
    vocab: usize,
    broken: bool,
}

impl LanguageModel for Parrot {
    type State = usize;

    fn new_state(&self) -> usize {
        0
    }

    fn forward(&self, batch: &mut [Sequence<'_, usize>]) -> Result<Vec<Logits>> {
        let outputs = batch.iter_mut().map(|sequence| {
            assert!(sequence.keep_state && !sequence.tokens.is_empty());
            *sequence.state += sequence.tokens.len();
            let mut values = Vec::new();
            for _ in sequence.wanted.rows(sequence.tokens.len()) {
                let said = sequence.state.checked_sub(self.prompt).expect("logits of an unfinished prompt");
                let mut row = vec![-1.0; self.vocab];
                row[0] = 1.0;
                row[*self.script.get(said).unwrap_or(&EOS) as usize] = if self.broken { f32::INFINITY } else { 3.0 };
                values.extend(row);
            }
            Logits::new(values, self.vocab)
        });
        Ok(outputs.collect())
    }

    fn vocab_size(&self) -> usize {
        self.vocab
    }

    fn context_limit(&self) -> usize {
        usize::MAX
    }

    fn cost(&self, _position: usize, _head: bool) -> Cost {
        Cost::default()
    }

    fn state_bytes(&self, _position: usize) -> u64 {
        8
    }
}

/// Its state is what it has read.
struct Reader;

impl LanguageModel for Reader {
    type State = Vec<u32>;

    fn new_state(&self) -> Vec<u32> {
        Vec::new()
    }

    fn forward(&self, batch: &mut [Sequence<'_, Vec<u32>>]) -> Result<Vec<Logits>> {
        batch.iter_mut().for_each(|sequence| sequence.state.extend_from_slice(sequence.tokens));
        Ok(Vec::new())
    }

    fn vocab_size(&self) -> usize {
        10
    }

    fn context_limit(&self) -> usize {
        usize::MAX
    }

    fn cost(&self, _position: usize, _head: bool) -> Cost {
        Cost::default()
    }

    fn state_bytes(&self, position: usize) -> u64 {
        position as u64
    }
}

#[test]
fn what_prompts_begin_with_alike_is_read_once() {
    let of = |parts: &[(u32, usize)]| parts.iter().flat_map(|&(token, count)| vec![token; count]).collect::<Vec<u32>>();
    let prompts = [
        of(&[(1, 900), (2, 1)]),
        of(&[(1, 900), (3, 5)]),
        of(&[(1, 300), (4, 700), (5, 1)]),
        of(&[(1, 300), (4, 700), (6, 1)]),
        of(&[(7, 500)]),
        of(&[(1, 300), (4, 700), (6, 1)]),
    ];
    let texts: Vec<&[u32]> = prompts.iter().map(Vec::as_slice).collect();
    assert_eq!(read_shared(&Reader, &[]).unwrap().1, 0);
    let (begun, computed) = read_shared(&Reader, &texts).unwrap();
    let seen: Vec<usize> = begun.iter().map(|(_, seen)| *seen).collect();
    assert_eq!(seen, [900, 900, 1000, 1000, 0, 1000]);
    assert_eq!(computed, 900 + 700, "each beginning once");
    for ((state, seen), prompt) in begun.iter().zip(&prompts) {
        assert!(state == &prompt[..*seen] && *seen < prompt.len());
    }
    let (begun, computed) = read_shared(&Reader, &texts[..1]).unwrap();
    assert_eq!((begun[0].1, computed), (0, 0), "nothing is shared with nobody");
    let (begun, computed) = read_shared(&Reader, &[&[1, 2], &[1, 3]]).unwrap();
    assert_eq!((begun[1].1, computed), (0, 0), "too little to be worth a state");
}

fn parrot(tokenizer: &Tokenizer, script: Vec<u32>) -> Parrot {
    Parrot { script, prompt: 1, vocab: tokenizer.vocab_size() + 5, broken: false }
}

/// The answer and the pieces in which it was shown.
fn say(script: Vec<u32>, stop: &[&str], max_tokens: usize) -> (Generated<usize>, Vec<String>) {
    let tokenizer = open(&llama(), &config());
    let model = parrot(&tokenizer, script);
    let stop = stop.iter().map(|&stop| stop.to_owned()).collect();
    let sampling = Sampling { max_tokens, stop, ..Sampling::default() };
    let mut pieces = Vec::new();
    let prompt = Prompt { state: 0, seen: &[], tokens: &[1], sampling: &sampling, words: &[] };
    let answer = generate(&model, &tokenizer, prompt, |token| {
        pieces.push(token.text.to_owned());
        ControlFlow::Continue(())
    });
    let answer = answer.unwrap();
    assert_eq!(pieces.concat(), answer.text);
    assert_eq!(answer.state, 1 + answer.ids_read);
    (answer, pieces)
}

#[test]
fn the_end_token_is_no_part_of_the_answer() {
    let (answer, _) = say(bytes(b"hello"), &[], 100);
    assert_eq!((answer.text.as_str(), answer.stopped, answer.ids_read), ("hello", Stopped::Eos, 5));
    assert!((answer.min_margin - 2.0).abs() < 1e-6);
    let (answer, _) = say(vec![], &[], 100);
    assert_eq!((answer.text.as_str(), answer.stopped, answer.ids.len()), ("", Stopped::Eos, 0));
}

#[test]
fn a_stop_string_over_tokens_is_never_shown() {
    let (answer, pieces) = say(bytes(b"well\nUser: hi"), &["\nUser:", "User:"], 100);
    assert_eq!((answer.text.as_str(), answer.stopped), ("well", Stopped::StopString));
    assert_eq!(answer.ids, bytes(b"well\nUser:"));
    assert_eq!(answer.ids_read, answer.ids.len() - 1);
    assert!(pieces.iter().all(|piece| !piece.contains('\n')), "{pieces:?}");
    // what only looked like one is shown as soon as it is clear
    let (answer, pieces) = say(bytes(b"a\nUsage"), &["\nUser:"], 100);
    assert_eq!(answer.text, "a\nUsage");
    assert_eq!(pieces, ["a", "", "", "", "\nUsa", "g", "e"]);
    // the earliest of several wins, and one that begins inside another
    assert_eq!(say(bytes(b"xaab!"), &["b!", "ab"], 100).0.text, "xa");
    assert_eq!(say(bytes("né\u{e9}x".as_bytes()), &["\u{e9}x"], 100).0.text, "né");
}

#[test]
fn the_limit_ends_an_answer_and_shows_what_was_held_back() {
    let (answer, pieces) = say(bytes(b"ab\nUs"), &["\nUser:"], 4);
    assert_eq!((answer.text.as_str(), answer.stopped, answer.ids.len()), ("ab\nU", Stopped::MaxTokens, 4));
    assert_eq!(pieces, ["a", "b", "", "", "\nU"]);
    let (answer, _) = say(bytes("é🧑".as_bytes()), &[], 4);
    assert_eq!(answer.text, "é\u{FFFD}\u{FFFD}", "a character that was cut off");
    let (answer, _) = say(bytes(b"stop"), &["op"], 4);
    assert_eq!(answer.stopped, Stopped::StopString, "found with the last token");
}

#[test]
fn tokens_without_text_are_kept_as_ids() {
    let tokenizer = open(&llama(), &config());
    let beyond = tokenizer.vocab_size() as u32 + 3;
    let (answer, _) = say(vec![0, 1, beyond, 0], &[], 100);
    assert_eq!((answer.text.as_str(), &answer.ids[..]), ("", &[0, 1, beyond, 0][..]));
    let mut script = vec![id(&tokenizer, "▁ab"); 20_000];
    script.push(EOS);
    assert_eq!(say(script, &["never"], 100_000).0.text.len(), 3 * 20_000 - 1, "a long answer");
}

#[test]
fn long_prompts_and_many_conversations_come_in_pieces() {
    let tokenizer = open(&llama(), &config());
    let model = Parrot { prompt: 3000, ..parrot(&tokenizer, bytes(b"yes")) };
    let tokens = vec![1; 3000];
    let sampling = Sampling::default();
    let prompts = (0..7).map(|skip| Prompt {
        state: skip * 400,
        seen: &tokens[..skip * 400],
        tokens: &tokens[skip * 400..],
        sampling: &sampling,
        words: &[],
    });
    let answers = generate_batch(&model, &tokenizer, prompts.collect(), |_| ControlFlow::Continue(())).unwrap();
    assert!(answers.len() == 7 && answers.iter().all(|answer| answer.text == "yes" && answer.state == 3003));
    assert!(generate_batch(&model, &tokenizer, vec![], |_| ControlFlow::Continue(())).unwrap().is_empty());
}

#[test]
fn bad_prompts_settings_and_logits_are_errors() {
    let tokenizer = open(&llama(), &config());
    let run = |broken: bool, tokens: &[u32], sampling: &Sampling| {
        let model = Parrot { broken, ..parrot(&tokenizer, bytes(b"x")) };
        let prompt = Prompt { state: 0, seen: &[], tokens, sampling, words: &[] };
        generate(&model, &tokenizer, prompt, |_| ControlFlow::Continue(())).unwrap_err()
    };
    let (fine, hot) = (Sampling::default(), Sampling { temperature: f64::INFINITY, ..Sampling::default() });
    assert!(matches!(run(false, &[], &fine), Error::Request { request: 0, .. }));
    assert!(matches!(run(false, &[1], &hot), Error::Sampling { key: "temperature", .. }));
    assert!(matches!(run(true, &[1], &fine), Error::Logits { position: 0 }));
}
