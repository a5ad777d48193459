//! `spyglass sweep`: the main job.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;

use super::numbers::{counted, thousands};
use super::progress::{self, Progress};
use super::state_memory::StateMemory;
use super::{Exit, Threads, complain, print, say};
use crate::Result;
use crate::executor::{Capacity, Site};
use crate::hub::Talk;
use crate::progress::Interrupt;
use crate::results::{Rewritten, Store, rewrite_report};
use crate::run_file::{BosSpec, PrecisionSpec, ReportSpec, RunFile};
use crate::sweep::{Overrides, Priced, Work, measure_prices, sweep};

/// Score what is missing, then write the report
#[derive(Debug, Args)]
pub(super) struct Sweep {
    /// The run file
    run: PathBuf,
    #[command(flatten)]
    narrow: Narrow,
    #[command(flatten)]
    threads: Threads,
    /// Checkpoints scored at once
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=64))]
    jobs: usize,
    /// Exit with 1 if an item was cut to the context limit
    #[arg(long)]
    strict: bool,
    /// When the report is written; as the run file has it unless given
    #[arg(long, value_enum, value_name = "WHEN")]
    report: Option<ReportSpec>,
    #[command(flatten)]
    state_memory: StateMemory,
}

/// What of the run file is meant.
#[derive(Debug, Args)]
pub(super) struct Narrow {
    /// At most N items of each task (of each subject in MMLU)
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Only units whose branch/step/task fits, such as 'trunk/*' or '*/mmlu_*'
    #[arg(long, value_name = "GLOB")]
    only: Option<String>,
    /// Arithmetic of the model; the run file's unless given
    #[arg(long, value_enum, env = "SPYGLASS_PRECISION")]
    precision: Option<PrecisionSpec>,
    /// Whether BOS stands before a text; as the run file has it unless given
    #[arg(long, value_enum)]
    bos: Option<BosSpec>,
    /// A folder whose tokenizer is used; the run file's, or each checkpoint's own, unless given
    #[arg(long, value_name = "DIR")]
    tokenizer: Option<PathBuf>,
}

impl Narrow {
    /// The same for the library.
    pub(super) fn overrides(&self) -> Overrides {
        Overrides {
            limit: self.limit,
            only: self.only.clone(),
            precision: self.precision,
            bos: self.bos,
            tokenizer: self.tokenizer.clone(),
        }
    }
}

impl Sweep {
    pub(super) fn run(&self) -> Result<Exit> {
        self.threads.set_up();
        let run = RunFile::read(&self.run)?;
        let store = Store::create(&run.results)?;
        let manner = Manner {
            capacity: Capacity { jobs: self.jobs, scorer: self.state_memory.scorer() },
            strictness: if self.strict { Strictness::Cuts } else { Strictness::Failures },
            report: self.report.unwrap_or(run.report),
        };
        let overrides = self.narrow.overrides();
        overrides.note(&run).iter().for_each(|note| say(note));
        // One arithmetic of several alone is scored where it belongs.
        let own = match overrides.precision {
            Some(one) if run.precision.others().contains(&one) => store.in_precision(one)?,
            _ => store.clone(),
        };
        let exit = carry_out(Work::of_run(&run, &overrides)?.with_data()?, own, manner)?;
        if overrides.precision.is_some() || run.precision.others().is_empty() || exit == Exit::Interrupted {
            return Ok(exit);
        }
        let others = in_other_arithmetics(&run, &overrides, &store, manner)?;
        Ok(if others == Exit::Well { exit } else { others })
    }
}

/// The same in each further arithmetic of the run file, in a folder of its own below the results; then what those cost, and the report again.
///
/// # Errors
/// Nothing could be begun.
fn in_other_arithmetics(run: &RunFile, overrides: &Overrides, store: &Store, manner: Manner) -> Result<Exit> {
    let (others, mut exit) = (run.precision.others(), Exit::Well);
    for &precision in others {
        say(&format!("{}:", precision.name()));
        let rounded = Overrides { precision: Some(precision), ..overrides.clone() };
        let work = Work::of_run(run, &rounded)?.with_data()?;
        match carry_out(work, store.in_precision(precision)?, manner)? {
            Exit::Well => {}
            Exit::Interrupted => return Ok(Exit::Interrupted),
            worse => exit = worse,
        }
    }
    let (work, interrupt, progress) =
        (Work::of_run(run, overrides)?.with_data()?, Interrupt::listen()?, Progress::new());
    let site = Site::new(work, store.clone(), manner.capacity, progress.watch(interrupt.clone()));
    for &precision in others {
        progress.say(&format!("{}: what it costs the next token", precision.name()));
        let before = site.watch.tally().tokens;
        let priced = measure_prices(&site, precision);
        let computed = site.watch.tally().tokens - before;
        if priced.is_err() {
            progress.finish();
        }
        let Priced { failed, interrupted } = priced?;
        if computed > 0 {
            progress.say(&format!("{}: {} tokens computed in both", precision.name(), thousands(computed)));
        }
        if failed > 0 {
            progress.say(&format!(
                "{}: next tokens of {} not measured",
                precision.name(),
                counted(failed, "checkpoint")
            ));
            exit = Exit::SomeFailed;
        }
        if interrupted {
            break;
        }
    }
    progress.finish();
    let Rewritten { index, gathered } = rewrite_report(store)?;
    gathered.damaged.iter().for_each(|message| say(message));
    print(&format!("{}\n", index.display()))?;
    if interrupt.is_set() {
        say(INTERRUPTED);
        return Ok(Exit::Interrupted);
    }
    Ok(exit)
}

/// What is said where a sweep is stopped.
const INTERRUPTED: &str = "interrupted; finished work is kept and reported, the next sweep goes on from here";

/// How a sweep is carried out.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Manner {
    pub(super) capacity: Capacity,
    pub(super) strictness: Strictness,
    pub(super) report: ReportSpec,
}

/// What makes the exit code 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Strictness {
    /// Units that failed.
    #[default]
    Failures,
    /// These, and items that were cut to the context limit.
    Cuts,
}

/// Plans, scores, reports and says how it went; the report's path goes to stdout.
///
/// # Errors
/// Nothing could be begun.
pub(super) fn carry_out(mut work: Work, store: Store, manner: Manner) -> Result<Exit> {
    let interrupt = Interrupt::listen()?;
    work.find_misplaced(store.root(), Talk { tell: &say, stop: &|| interrupt.is_set() })?;
    for note in &work.notes {
        say(note);
    }
    let (progress, started) = (Progress::new(), Instant::now());
    let site = Site::new(work, store, manner.capacity, progress.watch(interrupt));
    let swept = sweep(site.plan()?, &site, manner.report);
    progress.finish();
    let swept = match swept {
        Ok(swept) => swept,
        Err(error) => {
            complain(&error);
            return Ok(Exit::SomeFailed);
        }
    };
    let bad_rows = site.work.suite.bad_rows();
    say(&progress::summary(&swept.summary, &bad_rows, &swept.damaged, started.elapsed().as_secs_f64()));
    print(&format!("{}\n", swept.report.display()))?;
    if swept.summary.interrupted {
        say(INTERRUPTED);
        return Ok(Exit::Interrupted);
    }
    let cut = manner.strictness == Strictness::Cuts && swept.summary.truncated() > 0;
    let clean = swept.summary.is_clean() && bad_rows.is_empty() && swept.damaged.is_empty() && !cut;
    Ok(if clean { Exit::Well } else { Exit::SomeFailed })
}
