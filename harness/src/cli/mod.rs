//! The command line: the only place that prints. Results go to stdout, talk goes to stderr.
#![expect(clippy::print_stderr, reason = "this is the place that talks")]

mod apart;
mod bench;
mod bench_against;
mod chat;
mod check;
mod compare;
mod compare_precision;
mod completions;
mod demo;
mod export;
mod gallery;
mod gate;
mod gate_text;
mod generate;
mod import;
mod init;
mod list;
mod log;
mod logprobs;
mod man;
mod manner;
mod model_args;
mod numbers;
mod onset;
mod overlap;
mod plan;
mod precision_tables;
mod progress;
mod prompts;
mod pull;
mod ratings;
mod report;
mod results;
mod schema;
mod score;
mod score_table;
mod serve;
mod state_memory;
mod status;
mod stream;
mod submit;
mod sweep;
mod terminal;
mod text_table;
mod vibes;
mod watch;
mod work;

use std::ffi::OsString;
use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::LazyLock;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use spyglass_model::Isa;
use spyglass_tasks::paths;

use crate::{Error, Result};
use manner::{Manner, complain, print, say};

/// Scores every checkpoint of a training run and reports what it learned, when.
#[derive(Debug, Parser)]
#[command(name = "spyglass", version = VERSION.as_str(), max_term_width = 110, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    manner: Manner,
}

const EXAMPLES: &str = "\
Examples:
  spyglass demo      # a small bundled run: two minutes to its report
  spyglass init runs/mine && spyglass sweep runs/mine/spyglass.yaml
  spyglass score --model runs/mine/checkpoint-1000 --tasks hellaswag --limit 200

Exit codes: 0 all is well, 1 some units failed and the rest is done,
            2 wrong use or bad input, 130 interrupted;
            `gate`: 0 pass, 1 warn, 3 block, 4 cannot tell.";

/// The version, the commit where it is known, and the instruction set that the kernels run on here.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let commit = option_env!("SPYGLASS_COMMIT").map_or_else(String::new, |commit| format!("{commit}, "));
    format!("{} ({commit}{})", env!("CARGO_PKG_VERSION"), Isa::current().name())
});

/// Lists the commands by groups, one a line: the name and the type with its arguments, in the file of that command. Its `mod` line
/// stands above, since rustfmt does not see files that a macro names.
macro_rules! commands {
    ($($title:literal: [$($name:ident($file:ident::$arguments:ident),)*],)*) => {
        #[derive(Debug, Subcommand)]
        enum Command {
            $($($name($file::$arguments),)*)*
        }

        impl Command {
            fn run(&self) -> Result<Exit> {
                match self {
                    $($(Self::$name(command) => command.run(),)*)*
                }
            }
        }

        /// The groups, each with how many commands it has; the commands stand in this order.
        const GROUPS: &[(&str, usize)] = &[$(($title, [$(stringify!($name)),*].len())),*];
    };
}

commands! {
    "First steps": [
        Demo(demo::Demo),
        Init(init::Init),
        Pull(pull::Pull),
        Check(check::Check),
        Plan(plan::PlanRun),
        Sweep(sweep::Sweep),
        Status(status::Status),
        Report(report::ReportRun),
        Serve(serve::Serve),
    ],
    "One checkpoint": [
        Score(score::Score),
        Vibes(vibes::Vibes),
        Chat(chat::Chat),
        Generate(generate::Generate),
        Prompts(prompts::Prompts),
        Logprobs(logprobs::Logprobs),
        Bench(bench::Bench),
        ComparePrecision(compare_precision::ComparePrecision),
    ],
    "Beside a training": [
        Watch(watch::WatchRun),
        Work(work::WorkRun),
        Submit(submit::Submit),
        Cancel(submit::Cancel),
    ],
    "After a sweep": [
        Compare(compare::CompareRun),
        Gate(gate::GateRun),
        Export(export::Export),
        Ratings(ratings::Ratings),
        Overlap(overlap::OverlapRun),
    ],
    "Scores from elsewhere": [
        Import(import::Import),
        Onset(onset::OnsetRun),
    ],
    "What there is": [
        List(list::List),
        Schema(schema::Schema),
        Completions(completions::Completions),
        Man(man::ManPages),
    ],
}

/// The command line; its help names the commands by groups.
fn command_line() -> clap::Command {
    let command = Cli::command();
    let (mut commands, mut listed) = (command.get_subcommands(), String::new());
    let widest = command.get_subcommands().map(|command| command.get_name().len()).max().unwrap_or(0);
    for (title, count) in GROUPS {
        let _ = writeln!(listed, "{title}:");
        for command in commands.by_ref().take(*count) {
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            let _ = writeln!(listed, "  {:widest$}  {about}", command.get_name());
        }
        listed.push('\n');
    }
    drop(commands);
    command.help_template(format!(
        "{{about}}\n\n{{usage-heading}} {{usage}}\n\n{listed}Options:\n{{options}}{{after-help}}"
    ))
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
    /// A gate is closed: a critical rule is broken.
    Blocked,
    /// A gate stays shut since nobody can tell.
    CannotTell,
    /// It was stopped; finished work is kept.
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

impl Exit {
    /// The process's exit code.
    fn code(self) -> u8 {
        match self {
            Self::Well => 0,
            Self::SomeFailed => 1,
            Self::BadInput => 2,
            Self::Blocked => 3,
            Self::CannotTell => 4,
            Self::Interrupted => 130,
        }
    }
}

/// Reads the command line, does what it says, and turns an error into a report and exit code 2.
pub(crate) fn main() -> ExitCode {
    let matches = command_line().get_matches_from(arguments());
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    cli.manner.set_up();
    match cli.command.run() {
        Ok(exit) => exit.into(),
        Err(Error::Io(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) if error.is_interrupt() => {
            say(&error.to_string());
            Exit::Interrupted.into()
        }
        Err(error) => {
            complain(&error);
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
    /// CPU threads; all cores unless given. Scores do not depend on it
    #[arg(long, value_name = "N", env = "SPYGLASS_THREADS", value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=4096))]
    threads: Option<usize>,
}

impl Threads {
    /// Sets up the pool that everything computes on.
    fn set_up(self) {
        let builder = rayon::ThreadPoolBuilder::new().num_threads(self.threads.unwrap_or(0));
        drop(builder.build_global()); // it is set up once a program
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        command_line().debug_assert();
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
