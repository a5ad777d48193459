//! Whole-program tests.
#![expect(clippy::print_stderr, reason = "a test that cannot run here says so")]

mod browser;
mod report_pages;
