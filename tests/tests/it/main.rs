//! Whole-program tests.
#![expect(clippy::explicit_write, reason = "a skipped test says so, and the macro is silent where a test passes")]
#![expect(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod access;
mod architectures;
mod background;
mod bad_input;
mod browser;
mod chance;
mod compare;
mod composites;
mod faults;
mod faults_serve;
mod fewer_bits;
mod figures;
mod find_onset;
mod finished;
mod fuzz;
mod gate;
mod guides;
mod hub;
mod hub_disk;
mod hub_look_alike;
mod hub_places;
mod live;
mod live_report;
mod lm_eval;
mod logs;
mod long_texts;
mod made_up;
mod names;
mod pilot;
mod prices;
mod program;
mod prototype;
mod public_runs;
mod rate_page;
mod report_pages;
mod rooms;
mod scores_of_others;
mod several_runs;
#[path = "../../support/shared.rs"]
mod shared;
mod shortcuts;
mod side_by_side_pages;
mod slurm;
mod speed;
mod stock_phrases;
mod sweep;
mod terminal;
mod tokens;
mod vibes;
mod vibes_pages;
mod watching;
mod webhook;
mod word_for_word;
mod workers;
