//! What can go wrong while tasks are read, asked and judged.

use std::path::PathBuf;

use miette::{Diagnostic, NamedSource, SourceSpan};

/// The result of everything in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A YAML document that cannot be read: the file, the line, the column and the text around them.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("{file}:{line}:{column}: {problem}")]
#[diagnostic(code(tasks::yaml), help("{help}"))]
#[expect(missing_docs, reason = "the message names its fields")]
pub struct YamlError {
    pub file: String,
    pub line: usize,
    pub column: usize,
    pub problem: String,
    pub help: String,
    #[source_code]
    pub text: NamedSource<String>,
    #[label("here")]
    pub span: SourceSpan,
}

/// What can go wrong while tasks are read, asked and judged.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[expect(missing_docs, reason = "the messages name their fields")]
pub enum Error {
    #[error(transparent)]
    #[diagnostic(code(tasks::file))]
    File(#[from] std::io::Error),

    #[error(transparent)]
    #[diagnostic(transparent)]
    Yaml(Box<YamlError>),

    #[error("{file}: {problem}")]
    #[diagnostic(code(tasks::yaml_size), help("{help}"))]
    YamlSize { file: String, problem: String, help: String },

    #[error("{file}:{line}: `{key}: !function {function}` is Python, which is not run here")]
    #[diagnostic(code(tasks::function), help("{help}"))]
    Function { file: String, line: usize, key: String, function: String, help: String },

    #[error("{file}: `include` goes in a circle: {chain}")]
    #[diagnostic(code(tasks::include_cycle), help("let one of these files stop including the other"))]
    IncludeCycle { file: String, chain: String },

    #[error("{file}: {problem}")]
    #[diagnostic(code(tasks::definition), help("{help}"))]
    Definition { file: String, problem: String, help: String },

    #[error("no task, group or tag is called `{name}`")]
    #[diagnostic(code(tasks::unknown_task), help("{help}"))]
    UnknownTask { name: String, help: String },

    #[error("no prompt pack is called `{name}`")]
    #[diagnostic(code(tasks::unknown_pack), help("{help}"))]
    UnknownPack { name: String, help: String },

    #[error("task `{task}`: unknown {what} `{name}`")]
    #[diagnostic(code(tasks::unknown_name), help("{help}"))]
    UnknownName { task: String, what: &'static str, name: String, help: String },

    #[error("task `{task}`: no data for the split `{split}`")]
    #[diagnostic(code(tasks::no_data), help("{help}"))]
    NoData { task: String, split: String, help: String },

    #[error("{}: {problem}", folder.display())]
    #[diagnostic(code(tasks::shards), help("{help}"))]
    Shards { folder: PathBuf, problem: String, help: String },

    #[error("{}:{line}: {problem}", file.display())]
    #[diagnostic(code(tasks::data), help("{help}"))]
    Data { file: PathBuf, line: usize, problem: String, help: String },

    #[error("task `{task}`: `{key}`: {problem}")]
    #[diagnostic(code(tasks::template), help("{help}"))]
    Template { task: String, key: String, problem: String, help: String },

    #[error("task `{task}`: none of the {rows} rows can be asked; the first, {file}:{line}: {problem}")]
    #[diagnostic(
        code(tasks::rows),
        help("do the names in the task file fit the columns of the data? Its columns are {columns}")
    )]
    AllRowsBad { task: String, rows: usize, file: String, line: usize, problem: String, columns: String },

    #[error("task `{task}`: {shots} shots are asked for, and the pool `{split}` holds {pool} documents{note}")]
    #[diagnostic(code(tasks::pool), help("ask for fewer shots, or bring a split with more documents"))]
    SmallPool { task: String, shots: usize, split: String, pool: usize, note: &'static str },

    #[error("task `{task}`: {problem}")]
    #[diagnostic(code(tasks::setting), help("{help}"))]
    Setting { task: String, problem: String, help: String },

    #[error("document {doc_id}: {problem}")]
    #[diagnostic(code(tasks::answers), help("the model's numbers are broken: is the checkpoint?"))]
    Answers { doc_id: usize, problem: String },

    #[error("no metric is called `{name}`")]
    #[diagnostic(code(tasks::unknown_metric), help("{help}"))]
    UnknownMetric { name: String, help: String },

    #[error("document {doc_id}: the metric `{metric}` needs {what}, which the record does not hold")]
    #[diagnostic(code(tasks::record), help("ask for a metric that fits the task, or score the item again"))]
    Record { doc_id: usize, metric: &'static str, what: &'static str },
}

impl From<YamlError> for Error {
    fn from(error: YamlError) -> Self {
        Self::Yaml(Box::new(error))
    }
}
