//! The architectures by `model_type`.

use std::fmt::Debug;

use super::decoder::Parts;
use super::{bamba, gpt_neox, gpt2, hf_olmo, llama, mamba, mamba2, olmo, phi, qwen, smollm3, zamba, zamba2};
use crate::checkpoint::{Keys, Tensors};
use crate::error::{Error, Result};

/// An architecture that is read.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// `model_type` in config.json.
    pub model_type: &'static str,
    /// Hybrid, state-space or dense.
    pub family: &'static str,
    /// What is read of it.
    pub about: &'static str,
    pub(super) read: fn(&Keys) -> Result<Box<dyn Architecture>>,
}

/// The architectures in the order in which they are listed.
const KNOWN: &[Known] = &[
    zamba2::KNOWN,
    zamba::KNOWN,
    bamba::KNOWN,
    mamba::MAMBA,
    mamba::FALCON_MAMBA,
    mamba2::KNOWN,
    llama::LLAMA,
    llama::MISTRAL,
    qwen::QWEN2,
    qwen::QWEN3,
    smollm3::SMOLLM3,
    llama::PHI3,
    olmo::OLMO,
    olmo::OLMO2,
    olmo::OLMO3,
    hf_olmo::KNOWN,
    gpt_neox::GPT_NEOX,
    gpt2::GPT2,
    phi::PHI,
];

/// A checkpoint's config.json, understood: what the engine asks of an architecture.
pub(super) trait Architecture: Debug + Send + Sync {
    /// What every architecture has.
    fn sizes(&self) -> Sizes;

    /// The name under which [`Architecture::build`] asks for a tensor that the file calls `found`; `None` for what is not a weight: buffers that
    /// are computed anew, such as the frequencies that older versions stored.
    fn current_name(&self, found: &str) -> Option<String> {
        super::dense::as_it_is(found)
    }

    /// Goes through all tensors and makes the model of them.
    fn build(&self, tensors: &mut Tensors<'_>) -> Result<Parts>;
}

/// What every architecture has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    /// Rows of the embedding.
    pub(super) vocab: usize,
    pub(super) layers: usize,
    /// Longest context in tokens; `None` where the config gives none, and the tokenizer's counts.
    pub(super) context: Option<usize>,
}

/// The architectures that are read.
pub fn architectures() -> &'static [Known] {
    KNOWN
}

/// The architecture that `keys` describe.
///
/// # Errors
/// One that is not known: the error names the nearest that is, and all of them. Sizes that do not fit, settings that are not known.
pub(super) fn read(keys: &Keys) -> Result<(&'static Known, Box<dyn Architecture>)> {
    let found = keys.value(&["model_type"]).map(|(_, value)| value);
    let name = found.and_then(serde_json::Value::as_str).unwrap_or_default();
    let Some(known) = KNOWN.iter().find(|known| known.model_type == name) else {
        let found = found.map_or_else(|| "missing".into(), |value| format!("{value}").replace('"', "`"));
        return Err(Error::Architecture { file: keys.file().to_owned(), found, mend: nearest(name) });
    };
    refuse_quantised(keys)?;
    Ok((known, (known.read)(keys)?))
}

/// Weights that are stored in few bits in a way of its own library's.
fn refuse_quantised(keys: &Keys) -> Result<()> {
    let Some((key, value)) = keys.value(&["quantization_config"]) else { return Ok(()) };
    let said = ["quant_method", "quant_algo", "format"].iter().find_map(|name| value.get(name)?.as_str());
    // bitsandbytes' own switches: a file that has both off was written by a program that quantised nothing.
    let switches = [("load_in_4bit", 4), ("load_in_8bit", 8)].map(|(name, bits)| (value.get(name), bits));
    let is_theirs = switches.iter().any(|(switch, _)| switch.is_some());
    let on = switches.iter().find(|(switch, _)| switch.is_some_and(|switch| *switch == true)).map(|(_, bits)| *bits);
    if is_theirs && on.is_none() && said.is_none_or(|method| method == "bitsandbytes") {
        return Ok(());
    }
    let method = said.unwrap_or(if is_theirs { "bitsandbytes" } else { "an unnamed library" });
    let bits = ["bits", "w_bit"].iter().find_map(|name| value.get(name)?.as_u64()).or(on);
    let bits = bits.map(|bits| format!(" in {bits} bits")).unwrap_or_default();
    Err(Error::Folder {
        path: keys.file().to_owned(),
        problem: format!("`{key}`: the weights are quantised by {method}{bits}, which is not read"),
        mend: crate::checkpoint::UNQUANTISED.into(),
    })
}

fn nearest(name: &str) -> String {
    let all: Vec<&str> = KNOWN.iter().map(|known| known.model_type).collect();
    let near = (KNOWN.iter().map(|known| known.model_type))
        .map(|known| (strsim::damerau_levenshtein(&name.to_lowercase(), known), known))
        .filter(|&(steps, known)| steps <= name.len().max(known.len()) / 2)
        .min_by_key(|&(steps, _)| steps);
    let nearest = near.map(|(_, known)| format!("the nearest known one is `{known}`; ")).unwrap_or_default();
    format!("{nearest}known are: {}", all.join(", "))
}
