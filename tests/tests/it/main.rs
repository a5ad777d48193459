//! Whole-program tests.
#![expect(clippy::print_stderr, reason = "a test that cannot run here says so")]
#![expect(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod bad_input;
mod browser;
mod made_up;
mod pilot;
mod program;
mod report_pages;
mod sweep;
