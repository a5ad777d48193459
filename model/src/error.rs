//! What can go wrong while a model is read, asked or sampled: the file, the place, the mend.

use std::path::{Path, PathBuf};

/// The result of everything in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong in this crate.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[expect(missing_docs, reason = "the messages name their fields")]
#[non_exhaustive]
pub enum Error {
    #[error("{}: {source}", path.display())]
    #[diagnostic(code(model::io), help("check that the path exists and can be read"))]
    Io { path: PathBuf, source: std::io::Error },

    #[error("{}: {problem}", path.display())]
    #[diagnostic(code(model::folder), help("{mend}"))]
    Folder { path: PathBuf, problem: String, mend: String },

    #[error("{}: line {line}, column {column}: {problem}", file.display())]
    #[diagnostic(code(model::json), help("the file is not the JSON it should be; copy it again from where it came"))]
    Json { file: PathBuf, line: usize, column: usize, problem: String },

    #[error("{}: `{key}` {problem}", file.display())]
    #[diagnostic(
        code(model::config),
        help("correct `{key}` in this file; it must be that of the checkpoint beside it")
    )]
    Config { file: PathBuf, key: String, problem: String },

    #[error("{}: `model_type` is {found}, which is not known", file.display())]
    #[diagnostic(code(model::architecture), help("{mend}"))]
    Architecture { file: PathBuf, found: String, mend: String },

    #[error("{}: {problem}", file.display())]
    #[diagnostic(code(model::safetensors), help("{mend}"))]
    Safetensors { file: PathBuf, problem: String, mend: String },

    #[error("{}: {problem}", file.display())]
    #[diagnostic(code(model::torch), help("{mend}"))]
    Torch { file: PathBuf, problem: String, mend: String },

    #[error("{}: {problem}", file.display())]
    #[diagnostic(code(model::gguf), help("{mend}"))]
    Gguf { file: PathBuf, problem: String, mend: String },

    #[error("{}: tensor `{tensor}` is missing, {expected:?} expected", file.display())]
    #[diagnostic(
        code(model::missing_tensor),
        help("the file is incomplete, or the config.json beside it belongs to another checkpoint")
    )]
    MissingTensor { file: PathBuf, tensor: String, expected: Vec<usize> },

    #[error("{}: tensor `{tensor}` is {found:?}, config.json asks for {expected:?}", file.display())]
    #[diagnostic(
        code(model::shape),
        help("the config.json beside it belongs to another checkpoint, or a size in it is wrong")
    )]
    Shape { file: PathBuf, tensor: String, found: Vec<usize>, expected: Vec<usize> },

    #[error("{}: tensor `{tensor}` is of type {found}, expected one of F64, F32, BF16, F16", file.display())]
    #[diagnostic(
        code(model::dtype),
        help("save the checkpoint unquantised: `model.to(torch.bfloat16).save_pretrained(folder)`")
    )]
    Dtype { file: PathBuf, tensor: String, found: String },

    #[error("{}: tensor `{tensor}` {found:?} is not part of the model that config.json describes", file.display())]
    #[diagnostic(
        code(model::unknown_tensor),
        help(
            "the checkpoint holds something that would be left out; is it another architecture or a wrapped model (`peft`, `compile`, `module.`)?"
        )
    )]
    UnknownTensor { file: PathBuf, tensor: String, found: Vec<usize> },

    #[error("{}: tensor `{tensor}` holds {found} at element {element}, expected finite numbers", file.display())]
    #[diagnostic(code(model::not_finite), help("the checkpoint is damaged or training diverged; score an earlier one"))]
    NotFinite { file: PathBuf, tensor: String, element: usize, found: f32 },

    #[error("{}: `{head}` differs from `{embedding}` although config.json ties them", file.display())]
    #[diagnostic(
        code(model::tied),
        help("say `\"tie_word_embeddings\": false` in config.json if the head was trained on its own")
    )]
    NotTied { file: PathBuf, head: String, embedding: String },

    #[error("{}: {problem}", file.display())]
    #[diagnostic(code(model::tokenizer), help("{mend}"))]
    Tokenizer { file: PathBuf, problem: String, mend: String },

    #[error("{}: the tokenizer has {tokenizer} tokens, the model's embedding only {embedding}", file.display())]
    #[diagnostic(code(model::vocabulary), help("use the tokenizer that the checkpoint was trained with"))]
    Vocabulary { file: PathBuf, tokenizer: usize, embedding: usize },

    #[error("chat template of {}: {problem}", file.display())]
    #[diagnostic(code(model::chat_template), help("{mend}"))]
    ChatTemplate { file: PathBuf, problem: String, mend: String },

    #[error("context ending in `{context}` and continuation `{continuation}`: no token is left to score")]
    #[diagnostic(
        code(model::empty_continuation),
        help(
            "the two are one token together; move a space from the context to the continuation, or leave the item out"
        )
    )]
    NothingToScore { context: String, continuation: String },

    #[error("request {request}: {problem}")]
    #[diagnostic(code(model::request), help("{mend}"))]
    Request { request: usize, problem: String, mend: String },

    #[error("a token of the input is {token}, the vocabulary has {vocab}")]
    #[diagnostic(code(model::token), help("use the tokenizer that the checkpoint was trained with"))]
    Token { token: u32, vocab: usize },

    #[error("a text of {end} tokens is beyond the model's {limit} positions")]
    #[diagnostic(
        code(model::positions),
        help("the model has an embedding for each of its positions and none beyond; give it a shorter text")
    )]
    Positions { end: usize, limit: usize },

    #[error("the model's logits are not finite at position {position}")]
    #[diagnostic(
        code(model::logits),
        help("the weights overflow: training diverged, or the checkpoint is damaged; score an earlier one")
    )]
    Logits { position: usize },

    #[error("{given} bytes for states are too few, one state alone needs {needed}")]
    #[diagnostic(code(model::state_memory), help("give at least {needed} bytes"))]
    StateMemory { given: u64, needed: u64 },

    #[error("interrupted before all was done")]
    #[diagnostic(code(model::interrupted), help("run it again; what was stored is kept"))]
    Interrupted,

    #[error("{}: the model has no rotary embedding, and its positions are to be divided", file.display())]
    #[diagnostic(
        code(model::rope),
        help("leave `rope: {{scale: …}}` out: what tells this model of positions cannot be stretched")
    )]
    NoRotary { file: PathBuf },

    #[error("there is no memory left for {bytes} bytes more")]
    #[diagnostic(code(model::memory), help("score fewer checkpoints at once, or give states less memory"))]
    Memory { bytes: u64 },

    #[error("sampling: `{key}` is {found}, expected {expected}")]
    #[diagnostic(code(model::sampling), help("correct `{key}`"))]
    Sampling { key: &'static str, found: String, expected: &'static str },

    #[error("tensor operation: {0}")]
    #[diagnostic(code(model::tensor), help("the device refused an operation: is there enough memory?"))]
    Tensor(Box<candle_core::Error>),
}

impl From<candle_core::Error> for Error {
    fn from(error: candle_core::Error) -> Self {
        Self::Tensor(Box::new(error))
    }
}

impl Error {
    /// An I/O error at `path`.
    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source: without_path(&source) }
    }

    /// A JSON error in `file`.
    pub(crate) fn json(file: &Path) -> impl FnOnce(serde_json::Error) -> Self {
        let file = file.to_owned();
        move |error| {
            let text = error.to_string();
            let problem = text.split(" at line ").next().unwrap_or(&text).to_owned();
            Self::Json { file, line: error.line(), column: error.column(), problem }
        }
    }
}

/// `fs_err` puts the path into the message; ours says it already, so keep the cause alone.
fn without_path(error: &std::io::Error) -> std::io::Error {
    match error.raw_os_error() {
        Some(code) => std::io::Error::from_raw_os_error(code),
        None => error.kind().into(),
    }
}
