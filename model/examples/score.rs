//! How likely are two ways to go on, to a checkpoint of the pilot run? `cargo run --release -p spyglass-model --example score`
#![expect(clippy::print_stdout, reason = "an example says what it found")]

use std::ops::ControlFlow;
use std::path::Path;

use spyglass_model::{
    LanguageModel, LoadOptions, Model, Request, RequestTrie, Result, Scorer, ScorerOptions, Tokenizer,
};

fn main() -> Result<()> {
    let checkpoint = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/pilot/trunk/checkpoint-1400");
    let (model, tokenizer) = (Model::open(&checkpoint, &LoadOptions::default())?, Tokenizer::open(&checkpoint)?);
    let endings = [" the sea is calm", " the sea is sea"];
    let request = |ending: &&str| {
        let pair = tokenizer.encode_pair("user : how is the sea ? bot : arr", ending)?;
        Ok(Request { context: pair.context, continuation: pair.continuation })
    };
    // Both endings share their context, so the trie computes it once.
    let trie = RequestTrie::new(&endings.iter().map(request).collect::<Result<Vec<_>>>()?)?;
    let answers = Scorer::new(&model, ScorerOptions::default()).run(&trie, |_| ControlFlow::Continue(()))?;
    for (ending, answer) in endings.iter().zip(&answers) {
        println!("{:8.3} nats  {ending}", answer.sum);
    }
    assert!(answers[0].sum > answers[1].sum, "it has learned to talk");
    println!("{} of at most {} tokens in a context", trie.tokens_computed(), model.context_limit());
    Ok(())
}

#[test]
fn it_runs() {
    main().expect("the pilot run is there");
}
