//! The command line: the only place that prints. Results go to stdout, talk goes to stderr.
#![expect(clippy::print_stderr, reason = "this is the place that talks")]

mod apart;
mod bench;
mod bench_against;
mod chat;
mod check;
mod compare;
mod compare_precision;
mod demo;
mod export;
mod gallery;
mod generate;
mod import;
mod init;
mod list;
mod logprobs;
mod model_args;
mod numbers;
mod onset;
mod overlap;
mod plan;
mod progress;
mod prompts;
mod pull;
mod ratings;
mod report;
mod results;
mod schema;
mod score;
mod score_table;
mod state_memory;
mod status;
mod stream;
mod sweep;
mod terminal;
mod text_table;
mod vibes;

use crate::{Error, Result};
use clap::{Args, Parser, Subcommand};
use spyglass_tasks::paths;
use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

/// Scores every checkpoint of a training run and reports what it learned, when.
#[derive(Debug, Parser)]
#[command(name = "spyglass", version, max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// Lists the commands, one a line: the name and the type with its arguments, in the file of that command. Its `mod` line stands
/// above, since rustfmt does not see files that a macro names.
macro_rules! commands {
    ($($name:ident($file:ident::$arguments:ident),)*) => {
        #[derive(Debug, Subcommand)]
        enum Command {
            $($name($file::$arguments),)*
        }

        impl Command {
            fn run(&self) -> Result<Exit> {
                match self {
                    $(Self::$name(command) => command.run(),)*
                }
            }
        }
    };
}

commands! {
    Demo(demo::Demo),
    Init(init::Init),
    Pull(pull::Pull),
    Sweep(sweep::Sweep),
    Plan(plan::PlanRun),
    Status(status::Status),
    Report(report::ReportRun),
    Check(check::Check),
    List(list::List),
    Schema(schema::Schema),
    Score(score::Score),
    Prompts(prompts::Prompts),
    Logprobs(logprobs::Logprobs),
    Vibes(vibes::Vibes),
    Chat(chat::Chat),
    Export(export::Export),
    Import(import::Import),
    Overlap(overlap::OverlapRun),
    Onset(onset::OnsetRun),
    Compare(compare::CompareRun),
    Ratings(ratings::Ratings),
    Generate(generate::Generate),
    Bench(bench::Bench),
    ComparePrecision(compare_precision::ComparePrecision),
}

/// How a command ended that did what it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exit {
    /// All is well.
    Well,
    /// Something of many failed; the rest is done.
    SomeFailed,
    /// What was to be looked at is not as it should be.
    BadInput,
    /// It was stopped; finished work is kept.
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Well => Self::SUCCESS,
            Exit::SomeFailed => Self::from(1),
            Exit::BadInput => Self::from(2),
            Exit::Interrupted => Self::from(130),
        }
    }
}

/// Reads the command line, does what it says, and turns an error into a report and exit code 2.
pub(crate) fn main() -> ExitCode {
    let terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
    // Lines are broken for eyes only: a log or a test wants each message whole.
    let width = if terminal { 110 } else { 10_000 };
    drop(miette::set_hook(Box::new(move |_| Box::new(miette::MietteHandlerOpts::new().width(width).build()))));
    match Cli::parse_from(arguments()).command.run() {
        Ok(exit) => exit.into(),
        Err(Error::Io(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            complain(error);
            ExitCode::from(2)
        }
    }
}

/// A name of a list with commas, without the spaces around it.
fn listed_name(text: &str) -> std::result::Result<String, String> {
    match text.trim() {
        "" => Err("a name is missing: remove the comma too many".into()),
        name => Ok(name.into()),
    }
}

/// The words of the command line; `--data=~/benchmarks` too, in which most shells leave the `~` as it is.
fn arguments() -> impl Iterator<Item = OsString> {
    std::env::args_os().map(|word| {
        let option = word.to_str().filter(|word| word.starts_with("--")).and_then(|word| word.split_once('='));
        match option.map(|(name, value)| (name, value, paths::expand(Path::new(value)))) {
            Some((name, value, Ok(path))) if value.starts_with("~/") && name != "--prompt" => {
                format!("{name}={}", path.display()).into()
            }
            _ => word,
        }
    })
}

/// Processor cores to use.
#[derive(Debug, Clone, Copy, Args)]
struct Threads {
    /// Threads of computation; all cores unless given. Scores do not depend on it
    #[arg(long, value_name = "N", value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=4096))]
    threads: Option<usize>,
}

impl Threads {
    /// Sets up the pool that everything computes on.
    fn set_up(self) {
        let builder = rayon::ThreadPoolBuilder::new().num_threads(self.threads.unwrap_or(0));
        drop(builder.build_global()); // it is set up once a program
    }
}

/// Prints results.
///
/// # Errors
/// Nobody reads them any more.
fn print(text: &str) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    Ok(stdout.flush()?)
}

/// Tells the user something.
fn say(text: &str) {
    eprintln!("{text}");
}

/// Shows an error with its place and its mend.
fn complain(error: Error) {
    eprintln!("{:?}", miette::Report::new(error));
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn names_between_commas_are_trimmed_and_never_empty() {
        for (option, command_name, names) in [("--tasks", "score", "my, my_a"), ("--packs", "vibes", "my ,my_a ")] {
            let read = |names: &str| Cli::try_parse_from(["spyglass", command_name, "--model", "m", option, names]);
            let command = format!("{:?}", read(names).unwrap().command);
            assert!(command.contains(r#"["my", "my_a"]"#), "{command}");
            let error = read("my,,my_a").unwrap_err().to_string();
            assert!(error.contains("a name is missing") && error.contains(option), "{error}");
        }
    }
}
