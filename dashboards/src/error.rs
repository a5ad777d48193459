//! What can go wrong in this crate.

use std::path::PathBuf;

/// The result of everything in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong while a report is written.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[expect(missing_docs, reason = "the messages name their fields")]
pub enum Error {
    #[error("{}: cannot be written: {source}", path.display())]
    #[diagnostic(
        code(report::write),
        help("the folder above it must exist or be creatable, be writable and have room")
    )]
    Write { path: PathBuf, source: std::io::Error },
    #[error("{}: there is a folder at this place that is not a report", path.display())]
    #[diagnostic(
        code(report::foreign),
        help("name another folder, or remove this one: a report replaces only a report")
    )]
    Foreign { path: PathBuf },
    #[error("template `{name}`: {problem}")]
    #[diagnostic(code(report::template), help("this is a fault of the program, not of the run: please report it"))]
    Template { name: &'static str, problem: String },
}
