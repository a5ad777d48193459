//! A checkpoint in one arithmetic, and whether two of them are one model.

use std::path::PathBuf;

use crate::checkpoint::Settings;
use crate::{Error, Result};

/// A checkpoint in one arithmetic.
#[derive(Debug, Clone)]
pub(crate) struct Form {
    /// Its folder, or its .gguf file.
    pub checkpoint: PathBuf,
    /// What it is called, where the path does not tell.
    pub called: Option<String>,
    /// What tells it from the other form.
    pub name: String,
    pub settings: Settings,
}

/// Refuses two forms that cannot be one model: the next token's distribution is over other tokens, or the same number means another one.
///
/// # Errors
/// They differ in their vocabularies; a config or a tokenizer cannot be read.
pub(crate) fn one_model(forms: &[Form; 2]) -> Result<()> {
    let [one, other] = forms.each_ref().map(|form| form.settings.read_config(&form.checkpoint));
    let (one, other) = (one?, other?);
    let files = forms.each_ref().map(|form| form.checkpoint.display().to_string());
    let refused = |what: String, mend: &str| Error::Usage {
        problem: format!("{} and {} are not one model: {what}", files[0], files[1]),
        help: format!("name two forms of one model; for two models there is `spyglass compare`{mend}"),
    };
    if one.vocab_size() != other.vocab_size() {
        let what = format!("one has a vocabulary of {} tokens, the other of {}", one.vocab_size(), other.vocab_size());
        return Err(refused(what, ""));
    }
    let [one, other] = forms.each_ref().map(|form| form.settings.open_tokenizer_alone(&form.checkpoint));
    let (one, other) = (one?, other?);
    // Unused entries at the end have no text in some files, and a made-up one in others.
    let differs = |id: &u32| matches!((one.token_text(*id), other.token_text(*id)), (Some(a), Some(b)) if a != b);
    match (0..one.vocab_size().min(other.vocab_size()) as u32).find(differs) {
        None => Ok(()),
        Some(id) => {
            let [one, other] = [&one, &other].map(|tokenizer| tokenizer.token_text(id).unwrap_or_default());
            let what = format!("token {id} is `{one}` in the first, `{other}` in the second");
            Err(refused(what, "; where only one list of tokens is right, name it for both with --tokenizer"))
        }
    }
}
