//! Shows what a task of the pilot run asks, and grades made-up answers: `cargo run --release -p spyglass-tasks --example prompts`
#![expect(clippy::print_stdout, reason = "an example says what it found")]

use std::path::Path;

use spyglass_tasks::{Catalogue, ChoiceRecord, ItemRecord, Result};

fn main() -> Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/pilot/tasks");
    let mut catalogue = Catalogue::shipped()?;
    catalogue.with_folder(&folder)?;
    let task = catalogue.select("pilot_letters")?.leaves.remove(0);
    let items = task.items(&[folder], Some(20))?.items;
    println!("{}\nendings: {:?}, right: {}", items[0].context(), items[0].continuations(), items[0].gold);
    // A model that finds all endings alike but the first, which it likes: right as often as the first one is.
    let record = |doc_id: usize| {
        let logprob = |choice: usize| if choice == 0 { -1.0 } else { -2.0 };
        let choices = (0..4).map(|choice| ChoiceRecord { logprob: logprob(choice), ..ChoiceRecord::default() });
        ItemRecord { doc_id, gold: items[doc_id].gold, choices: choices.collect(), ..ItemRecord::default() }
    };
    let scores = task.grade(&(0..items.len()).map(record).collect::<Vec<_>>())?;
    let first = items.iter().filter(|item| item.gold == 0).count() as f64 / items.len() as f64;
    assert!(scores.iter().any(|score| score.name == "acc" && (score.value - first).abs() < 1e-12));
    scores.iter().for_each(|score| println!("{}: {:.3}", score.name, score.value));
    Ok(())
}

#[test]
fn it_runs() {
    main().expect("the pilot's tasks are there");
}
