//! Lists what a run file's checkpoints are: `cargo run --release -p spyglass --example checkpoints`
#![expect(clippy::print_stdout, reason = "an example says what it found")]

use std::path::Path;

use spyglass::Result;
use spyglass::{RunFile, discover_tree};

fn main() -> Result<()> {
    let run = RunFile::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/pilot/run.yaml"))?;
    let found = discover_tree(&run)?;
    for branch in &found.tree.branches {
        for checkpoint in &branch.checkpoints {
            let rate = checkpoint.learning_rate.map_or("unknown".into(), |rate| format!("{rate:.2e}"));
            println!("{:<16} step {:>5}, {:>10} tokens, lr {rate}", branch.name, checkpoint.step, checkpoint.tokens);
        }
    }
    // A branch knows where it left its parent, and no checkpoint of it lies before that.
    let late = |(fork, first): (u64, u64)| first > fork;
    let mut forks = found
        .tree
        .branches
        .iter()
        .filter_map(|branch| Some((branch.fork.as_ref()?.step, branch.checkpoints.first()?.step)));
    assert!(found.tree.branches.len() == 4 && forks.all(late));
    Ok(())
}

#[test]
fn it_runs() {
    main().expect("the pilot run is there");
}
