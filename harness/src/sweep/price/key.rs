//! What a price rests on.

use super::TOKENS;
use crate::checkpoint::Identity;
use crate::results::unit_key;
use crate::run_file::PrecisionSpec;
use crate::suite::Subject;
use crate::sweep::Work;
use crate::sweep::plan::unit_inputs;

/// What the tasks' units rest on, how many items, and the other arithmetic, as one hash.
pub(super) fn key(work: &Work, identity: &Identity, after: PrecisionSpec) -> String {
    let key = |at: usize| {
        let unit = unit_key(&unit_inputs(work, identity, Subject::Task(at)));
        format!("{unit} {}", work.suite.tasks[at].items().len())
    };
    let tasks: Vec<String> = (0..work.suite.tasks.len()).map(key).collect();
    let text = format!("{tasks:?} {after:?} {TOKENS} of right answers, no twins");
    blake3::hash(text.as_bytes()).to_hex().to_string()
}
