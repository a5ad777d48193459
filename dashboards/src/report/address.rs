//! Addresses of what a page shows: names of checkpoints, and texts as they stand behind `#`.

use std::fmt::Write;

use crate::run::{Checkpoint, RunTree};

/// `trunk@1300`, or `trunk@1300-ema` of a variant: as `spyglass compare` takes it.
pub(crate) fn checkpoint_name(checkpoint: &Checkpoint) -> String {
    let variant = checkpoint.variant.as_ref().map_or_else(String::new, |variant| format!("-{variant}"));
    format!("{}@{}{variant}", checkpoint.branch, checkpoint.step)
}

/// The checkpoint as `spyglass compare` takes it on a command line, `run.yaml:trunk@1300`; of several runs the file is called after the run.
/// Quoted where a shell would not leave it alone.
pub(crate) fn command_side(tree: &RunTree, checkpoint: &Checkpoint) -> String {
    let run = tree.run_of(&checkpoint.branch).unwrap_or("run");
    let own = Checkpoint { branch: tree.own_name(&checkpoint.branch).to_owned(), ..checkpoint.clone() };
    let side = format!("{run}.yaml:{}", checkpoint_name(&own));
    let is_plain = side.chars().all(|c| c.is_alphanumeric() || "@./:-_".contains(c));
    if is_plain { side } else { format!("'{}'", side.replace('\'', "'\\''")) }
}

/// The text with every byte but plain letters, digits and `-_.~` written as `%41`.
pub(crate) fn encoded(text: &str) -> String {
    let mut address = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'_' | b'.' | b'~' => address.push(char::from(byte)),
            _ => write!(address, "%{byte:02X}").expect("a text takes every word"),
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_names_the_run_and_is_quoted_for_a_shell() {
        let at = |branch: &str| crate::report::made_up::checkpoint(branch, 13);
        let one = RunTree::default();
        let two = RunTree { runs: vec!["a".into(), "b c".into()], ..RunTree::default() };
        assert_eq!(command_side(&one, &at("trunk")), "run.yaml:trunk@13");
        assert_eq!(command_side(&one, &at("it's <fast>")), "'run.yaml:it'\\''s <fast>@13'");
        assert_eq!(command_side(&two, &at("a/trunk")), "a.yaml:trunk@13");
        assert_eq!(command_side(&two, &at("b c/x/y")), "'b c.yaml:x/y@13'");
    }

    #[test]
    fn an_address_holds_any_name() {
        assert_eq!(encoded("trunk@1-ema"), "trunk%401-ema");
        assert_eq!(encoded("\"<é>&#%"), "%22%3C%C3%A9%3E%26%23%25");
    }
}
