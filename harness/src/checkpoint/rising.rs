//! Tokens seen rise with the steps: from the start of a branch, and from its parent on.

use std::path::Path;

use spyglass_dashboards::run::{Checkpoint, Fork};

use super::location::folder_on_disk;
use crate::{Error, Result};

/// Checks that of two checkpoints of a branch the one with more steps has seen more tokens, and both more than its fork. `checkpoints`
/// are in ascending steps; several of one step (variants) are not compared. Folders are named as seen from `base`.
///
/// # Errors
/// Names both steps and the folder of the later one.
pub(crate) fn tokens_rise(base: &Path, fork: Option<&Fork>, checkpoints: &[Checkpoint]) -> Result<()> {
    // The most tokens seen so far, with their step, the fork's branch where it is the fork.
    let mut most =
        fork.map(|fork| (fork.step, fork.tokens, format!(" of `{}`, where the branch leaves it", fork.branch)));
    for of_one_step in checkpoints.chunk_by(|a, b| a.step == b.step) {
        for checkpoint in of_one_step {
            let Some((step, tokens, place)) = most.as_ref().filter(|(step, ..)| *step < checkpoint.step) else {
                continue;
            };
            if checkpoint.tokens <= *tokens {
                return Err(Error::Checkpoint {
                    folder: folder_on_disk(checkpoint, base),
                    problem: format!(
                        "step {} of branch `{}` has seen {} tokens, no more than the {tokens} of step {step}{place}",
                        checkpoint.step, checkpoint.branch, checkpoint.tokens
                    ),
                    help: "tokens seen rise with the steps: the counter may have begun again at a restart, or the folder be a copy of an \
                           earlier one; correct the source of the tokens (`num_input_tokens_seen` of its trainer_state.json, the log, \
                           `tokens:`, `tokens_per_step:`), say `steps: own` where a branch counts from its fork, or remove the folder"
                        .into(),
                });
            }
        }
        let highest = of_one_step.iter().max_by_key(|checkpoint| checkpoint.tokens);
        most = highest.map(|highest| (highest.step, highest.tokens, String::new()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Step and tokens of the fork; step, variant and tokens of each checkpoint.
    type Case<'c> = (Option<(u64, u64)>, &'c [(u64, Option<&'c str>, u64)]);

    fn checked(fork: Option<(u64, u64)>, seen: &[(u64, Option<&str>, u64)]) -> Option<String> {
        let fork = fork.map(|(step, tokens)| Fork { branch: "trunk".into(), step, tokens });
        let checkpoints: Vec<Checkpoint> = seen
            .iter()
            .map(|&(step, variant, tokens)| Checkpoint {
                branch: "b".into(),
                step,
                variant: variant.map(str::to_owned),
                tokens,
                learning_rate: None,
                location: format!("step-{step}"),
            })
            .collect();
        tokens_rise(Path::new("run"), fork.as_ref(), &checkpoints).err().map(|error| error.to_string())
    }

    #[test]
    fn tokens_that_do_not_rise_are_told_with_both_steps() {
        let fine: [Case<'_>; 4] = [
            (None, &[(0, None, 0), (300, None, 10), (600, None, 20)]),
            (None, &[(300, None, 10), (300, Some("ema"), 10), (600, None, 20), (600, Some("ema"), 20)]),
            (Some((300, 10)), &[(300, None, 10), (400, None, 12)]),
            (Some((300, 10)), &[]),
        ];
        for (fork, seen) in fine {
            assert_eq!(checked(fork, seen), None, "{seen:?}");
        }
        let wrong: [(Case<'_>, &str); 4] = [
            (
                (None, &[(300, None, 18), (600, None, 36), (1000, None, 24)]),
                "step 1000 of branch `b` has seen 24 tokens, no more than the 36 of step 600",
            ),
            (
                (None, &[(0, None, 0), (300, None, 0)]),
                "step 300 of branch `b` has seen 0 tokens, no more than the 0 of step 0",
            ),
            ((None, &[(300, None, 9), (300, Some("ema"), 10), (600, Some("ema"), 10)]), "the 10 of step 300"),
            ((Some((300, 10)), &[(400, None, 4)]), "the 10 of step 300 of `trunk`, where the branch leaves it"),
        ];
        for ((fork, seen), said) in wrong {
            let error = checked(fork, seen).unwrap_or_default();
            assert!(error.contains(said), "{seen:?}: {error}");
        }
    }
}
