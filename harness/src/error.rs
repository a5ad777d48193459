//! What can go wrong around a sweep, each with the file, the place in it and the mend.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;

/// Result of the harness.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of the harness or of a crate below it.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[expect(missing_docs, reason = "the messages name their fields")]
pub enum Error {
    /// The run file asks for something that cannot be.
    #[error("{}: {problem}", file.display())]
    #[diagnostic(code(run::file), help("{help}"))]
    RunFile { file: PathBuf, problem: String, help: String },
    /// A folder of checkpoints, or one of them, is not as it should be.
    #[error("{}: {problem}", folder.display())]
    #[diagnostic(code(run::checkpoint), help("{help}"))]
    Checkpoint { folder: PathBuf, problem: String, help: String },
    /// A training log cannot be read.
    #[error("{}: {problem}", file.display())]
    #[diagnostic(code(run::log), help("{help}"))]
    Log { file: PathBuf, problem: String, help: String },
    /// The results folder cannot be used, or a file in it is damaged.
    #[error("{}: {problem}", path.display())]
    #[diagnostic(code(run::results), help("{help}"))]
    Results { path: PathBuf, problem: String, help: String },
    /// The hub refuses something, or nobody answers there.
    #[error("{address}: {problem}")]
    #[diagnostic(code(hub), help("{help}"))]
    Hub { address: String, problem: String, help: String },
    /// A file given on the command line is not as it should be.
    #[error("{}, line {line}: {problem}", file.display())]
    #[diagnostic(code(input::line), help("{help}"))]
    Line { file: PathBuf, line: usize, problem: String, help: String },
    /// The command line asks for something that cannot be.
    #[error("{problem}")]
    #[diagnostic(code(usage), help("{help}"))]
    Usage { problem: String, help: String },
    /// The user has stopped it meanwhile: nothing is wrong.
    #[error("interrupted while {what}")]
    #[diagnostic(code(interrupted), help("run it again: what is finished is kept"))]
    Interrupted { what: String },
    /// One that several units meet.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Shared(Arc<Self>),
    #[error(transparent)]
    Io(std::io::Error),
    /// Something could not be written for want of room; the message names the file.
    #[error("the disk is full: {problem}")]
    #[diagnostic(code(disk::full), help("{help}"))]
    Full { problem: String, help: String },
    #[error(transparent)]
    #[diagnostic(transparent)]
    Model(#[from] spyglass_model::Error),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Tasks(#[from] spyglass_tasks::Error),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Dashboards(#[from] spyglass_dashboards::Error),
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        if is_full(error.kind()) {
            let help = "make room there, then run it again: what is finished is kept".into();
            return Self::Full { problem: error.to_string(), help };
        }
        Self::Io(error)
    }
}

/// Whether an error says that there is no more room.
pub(crate) fn is_full(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge)
}

impl Error {
    /// Whether nothing is wrong, and the user has stopped it.
    pub(crate) fn is_interrupt(&self) -> bool {
        match self {
            Self::Interrupted { .. } | Self::Model(spyglass_model::Error::Interrupted) => true,
            Self::Shared(error) => error.is_interrupt(),
            _ => false,
        }
    }

    /// The message with the messages of its causes and the mend, on one line each: what a failure file keeps.
    pub fn in_full(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            let more = error.to_string();
            if !text.contains(&more) {
                text.push_str(": ");
                text.push_str(&more);
            }
            cause = error.source();
        }
        if let Some(help) = miette::Diagnostic::help(self) {
            text.push_str("\nhelp: ");
            text.push_str(&help.to_string());
        }
        text
    }
}
