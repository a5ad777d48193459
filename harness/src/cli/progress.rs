//! How far a sweep has come: a bar on a terminal, a line now and then elsewhere.

use std::io::IsTerminal;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::manner::{is_logged, is_quiet, is_verbose};
use super::numbers::{counted, duration, thousands};
use super::say;
use crate::executor::Summary;
use crate::progress::{Event, Finish, Interrupt, Tally, Watch};
use crate::sweep::plan::checkpoint_name;

/// How often a line is printed where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// How far a sweep has come.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    state: Mutex<State>,
}

struct State {
    last_line: Instant,
    waiting: bool,
}

impl Progress {
    /// Nothing is planned yet; the bar appears with the first plan that has something left.
    pub(super) fn new() -> Arc<Self> {
        let bar = (std::io::stderr().is_terminal() && !is_quiet() && !is_logged()).then(|| {
            let style = ProgressStyle::with_template("{elapsed:>4} {wide_bar} {pos}/{len} items  {msg}");
            let style = style.expect("the template is a constant");
            ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden()).with_style(style)
        });
        let state = State { last_line: Instant::now(), waiting: false };
        Arc::new(Self { bar, state: Mutex::new(state) })
    }

    /// Is told of everything that happens, until it is time to stop.
    pub(super) fn watch(self: &Arc<Self>, interrupt: Interrupt) -> Watch {
        let progress = Arc::clone(self);
        Watch::new(interrupt, move |event, tally| progress.notice(event, tally))
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// Says something without tearing the bar.
    pub(super) fn say(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| say(text)),
            None => say(text),
        }
    }

    fn notice(&self, event: &Event, tally: &Tally) {
        let mut state = self.state.lock().expect("no thread panics while it holds the lock");
        match event {
            Event::Planned { units, .. } => {
                // The first plan that has something left.
                if let Some(bar) = self.bar.as_ref().filter(|_| tally.units == *units && *units > 0) {
                    bar.set_draw_target(ProgressDrawTarget::stderr());
                    bar.enable_steady_tick(Duration::from_millis(250));
                }
            }
            Event::Note(text) => {
                self.say(text);
                return;
            }
            Event::Fetching(checkpoint) => {
                let text = format!("fetching {}", checkpoint_name(checkpoint));
                match &self.bar {
                    Some(bar) => bar.set_message(text),
                    None if !is_logged() => say(&text),
                    None => {}
                }
                return;
            }
            Event::Reading(checkpoint) => {
                if let Some(bar) = &self.bar {
                    bar.set_message(format!("reading {}", checkpoint_name(checkpoint)));
                }
                return;
            }
            Event::Left(_) => return,
            Event::Scored { .. } => state.waiting = false,
            Event::Finished { finish, checkpoint, task, score } => {
                if is_verbose() && !is_logged() && *finish == Finish::Here {
                    let score = score.as_ref().map_or_else(String::new, |(name, value)| format!(": {name} {value:.4}"));
                    self.say(&format!("scored {}, {task}{score}", checkpoint_name(checkpoint)));
                }
            }
            Event::Failed { failure, .. } => {
                if !is_logged() {
                    self.say(&failed(failure)); // a log has its own line
                }
            }
            Event::Waiting(holder) => {
                if !state.waiting {
                    self.say(&format!(
                        "what is left is being scored by process {} on {}: waiting for it",
                        holder.pid, holder.host
                    ));
                    state.waiting = true;
                }
            }
        }
        self.show(&mut state, tally);
    }

    fn show(&self, state: &mut State, tally: &Tally) {
        match &self.bar {
            Some(bar) => {
                bar.set_length(tally.items as u64);
                bar.set_position(tally.items_done as u64);
                bar.set_message(message(tally));
            }
            None if state.last_line.elapsed() >= LINE_EVERY => {
                state.last_line = Instant::now();
                let message = message(tally);
                say(&format!(
                    "{} of {} items, {message}",
                    thousands(tally.items_done as u64),
                    thousands(tally.items as u64)
                ));
            }
            None => {}
        }
    }
}

fn message(tally: &Tally) -> String {
    let units = format!("{}/{} units", tally.units_done, tally.units);
    let Some((rate, left)) = tally.pace() else { return units };
    format!("{units}, {} tokens/s, {} left", thousands(rate.round() as u64), duration(left))
}

/// A failure in words.
pub(super) fn failed(failure: &spyglass_dashboards::run::Failure) -> String {
    let everywhere = failure.branch == spyglass_dashboards::run::Failure::EVERYWHERE;
    let place = match (&failure.task, everywhere) {
        (Some(task), true) => format!("every checkpoint, {task}"),
        (Some(task), false) => format!("{} step {}, {task}", failure.branch, failure.step),
        (None, _) => format!("{} step {}", failure.branch, failure.step),
    };
    format!("failed: {place}: {}", failure.reason.replace('\n', "\n  "))
}

/// The last lines of a sweep: what was done, what is missing, and why.
pub(super) fn summary(summary: &Summary, bad_rows: &[String], damaged: &[String], seconds: f64) -> String {
    let mut lines = outcome(summary, bad_rows, "; they are tried again at the next sweep", seconds);
    lines.extend(damaged.iter().map(|message| format!("left out of the report: {}", message.replace('\n', "\n  "))));
    lines.join("\n")
}

/// The same of one checkpoint that was scored by itself.
pub(super) fn summary_of_one(summary: &Summary, bad_rows: &[String], seconds: f64) -> String {
    outcome(summary, bad_rows, "", seconds).join("\n")
}

/// `after_failures`: what becomes of them.
fn outcome(summary: &Summary, bad_rows: &[String], after_failures: &str, seconds: f64) -> Vec<String> {
    let mut lines = Vec::new();
    let before = summary.records.len() - summary.scored;
    let before = if before > 0 { format!(", {} done before", counted(before, "unit")) } else { String::new() };
    lines.push(format!("{} scored in {}{before}", counted(summary.scored, "unit"), duration(seconds)));
    if summary.spared > 0 && !summary.interrupted {
        lines.push(format!("the search for onsets is over: {} need not be scored", counted(summary.spared, "unit")));
    }
    if !summary.failures.is_empty() {
        let missing = if summary.units_failed > 0 {
            format!(" ({} missing)", counted(summary.units_failed, "unit"))
        } else {
            String::new()
        };
        lines.push(format!("{}{missing}{after_failures}", counted(summary.failures.len(), "failure")));
    }
    if summary.truncated() > 0 {
        lines.push(format!(
            "{} did not fit the context limit and lost the start of the prompt:",
            counted(summary.truncated(), "item")
        ));
        let cut = summary.records.iter().filter(|record| record.truncated > 0);
        lines.extend(cut.take(5).map(|record| {
            format!(
                "  {}, {}: {} of {}",
                checkpoint_name(&record.checkpoint),
                record.task,
                record.truncated,
                counted(record.items, "item")
            )
        }));
    }
    if !bad_rows.is_empty() {
        lines.push(format!("{} of the data could not be asked:", counted(bad_rows.len(), "row")));
        lines.extend(bad_rows.iter().take(5).map(|row| format!("  {row}")));
    }
    lines
}
