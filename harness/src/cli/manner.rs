//! What the program says: results to stdout, talk to stderr, as loud and as coloured as the user asked.

use std::fmt::{Debug, Display, Formatter};
use std::io::{IsTerminal, Write};
use std::sync::OnceLock;

use clap::{Args, ColorChoice};
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, Severity, SourceCode};
use tracing::level_filters::LevelFilter;

use super::log::{self, LogFormat};
use crate::{Error, Result};

/// How loud the program is, and whether it paints; given once, for all of it.
static MANNER: OnceLock<Manner> = OnceLock::new();

/// What every command takes.
#[derive(Debug, Clone, Copy, Default, Args)]
#[command(next_help_heading = "Everywhere")]
pub(super) struct Manner {
    /// Results and errors alone: no progress, no notes
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// A line for every unit that is scored
    #[arg(short, long, global = true)]
    verbose: bool,
    /// Write a log to stderr in place of progress and notes: every unit's start, end or failure; with -v the time of each step, with -q failures alone
    #[arg(long, global = true, value_enum, value_name = "FORMAT")]
    log: Option<LogFormat>,
    /// Colours
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    color: ColorChoice,
}

impl Manner {
    /// Is how the program talks from now on.
    pub(super) fn set_up(self) {
        let _ = MANNER.set(self); // there is one command line
        let level = match (self.quiet, self.verbose) {
            (true, _) => LevelFilter::WARN,
            (_, true) => LevelFilter::DEBUG,
            _ => LevelFilter::INFO,
        };
        log::set_up(self.log, level);
    }

    fn current() -> Self {
        MANNER.get().copied().unwrap_or_default()
    }
}

/// Whether progress and notes are shown.
pub(super) fn is_quiet() -> bool {
    Manner::current().quiet
}

/// Whether a log stands in place of progress and notes.
pub(super) fn is_logged() -> bool {
    Manner::current().log.is_some()
}

/// Whether each unit is told of.
pub(super) fn is_verbose() -> bool {
    Manner::current().verbose
}

/// Whether text on `stream` is painted: as asked, else on a terminal whose user has not set `NO_COLOR`.
pub(super) fn is_painted(stream: &impl IsTerminal) -> bool {
    match Manner::current().color {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
    }
}

/// Prints results.
///
/// # Errors
/// Nobody reads them any more.
pub(super) fn print(text: &str) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    Ok(stdout.flush()?)
}

/// Tells the user something that is not an error.
pub(super) fn say(text: &str) {
    if is_logged() {
        tracing::info!("{text}");
    } else if !is_quiet() {
        eprintln!("{text}");
    }
}

/// Shows an error with its place and its mend: `error:` and the message first, the code last.
pub(super) fn complain(error: &Error) {
    if is_logged() {
        let (code, help) = (error.code().map(|code| code.to_string()), error.help().map(|help| help.to_string()));
        tracing::error!(code, help, "{error}");
        return;
    }
    let stderr = std::io::stderr();
    let mut theme = if is_painted(&stderr) { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    theme.characters.error = "error:".into();
    let faint = theme.styles.linum;
    // Lines are broken for eyes only: a log or a test wants each message whole.
    let width = if stderr.is_terminal() { 110 } else { 10_000 };
    let code = error.code().map(|code| code.to_string());
    let mut text = String::new();
    let handler = GraphicalReportHandler::new_themed(theme).with_width(width);
    if handler.render_report(&mut text, &WithoutCode(error)).is_err() {
        text = error.in_full();
    }
    let code = code.map_or_else(String::new, |code| format!("  {}\n", faint.style(format!("[{code}]"))));
    eprint!("{}\n{code}", text.trim());
}

/// An error whose code is shown elsewhere.
struct WithoutCode<'a>(&'a Error);

impl Debug for WithoutCode<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        Debug::fmt(self.0, f)
    }
}

impl Display for WithoutCode<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        Display::fmt(self.0, f)
    }
}

impl std::error::Error for WithoutCode<'_> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

impl Diagnostic for WithoutCode<'_> {
    fn severity(&self) -> Option<Severity> {
        self.0.severity()
    }
    fn help<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        self.0.help()
    }
    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.0.source_code()
    }
    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.0.labels()
    }
    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        self.0.related()
    }
}
