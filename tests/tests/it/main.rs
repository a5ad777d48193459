//! Whole-program tests.
#![expect(clippy::print_stderr, reason = "a test that cannot run here says so")]
#![expect(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod bad_input;
mod browser;
mod compare;
mod find_onset;
mod lm_eval;
mod made_up;
mod pilot;
mod program;
mod prototype;
mod report_pages;
mod several_runs;
mod shortcuts;
mod speed;
mod sweep;
mod vibes;
mod vibes_pages;
