//! Whole-program tests.
#![expect(clippy::print_stderr, reason = "a test that cannot run here says so")]

mod browser;
mod made_up;
mod report_pages;
