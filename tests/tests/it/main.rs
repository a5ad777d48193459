//! Whole-program tests.
#![expect(clippy::explicit_write, reason = "a skipped test says so, and the macro is silent where a test passes")]
#![expect(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod architectures;
mod bad_input;
mod browser;
mod chance;
mod compare;
mod fewer_bits;
mod find_onset;
mod guides;
mod hub;
mod hub_look_alike;
mod lm_eval;
mod made_up;
mod names;
mod pilot;
mod program;
mod prototype;
mod public_runs;
mod report_pages;
mod scores_of_others;
mod several_runs;
#[path = "../../support/shared.rs"]
mod shared;
mod shortcuts;
mod speed;
mod sweep;
mod terminal;
mod tokens;
mod vibes;
mod vibes_pages;
mod word_for_word;
