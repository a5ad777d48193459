//! A checkpoint's config.json, of whatever architecture, and the models made by it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::decoder::Model;
use super::registry::{Architecture, Known, Sizes, read};
use crate::checkpoint::gguf::told;
use crate::checkpoint::{Keys, NEVER, Tensors, Weights, context_limit, is_gguf};
use crate::error::{Error, Result};
use crate::layers::Memory;
use crate::options::LoadOptions;

/// What a checkpoint's config.json says, read and checked.
#[derive(Debug, Clone)]
pub struct ModelConfig {
    known: &'static Known,
    sizes: Sizes,
    context: usize,
    architecture: Arc<dyn Architecture>,
}

impl ModelConfig {
    /// Reads and checks `config.json` in `dir`.
    ///
    /// # Errors
    /// A folder or file that is not there, JSON that is none, an architecture that is not known, sizes that are absurd or do not fit,
    /// settings that would change results and are not known.
    pub fn read(dir: &Path) -> Result<Self> {
        Self::of(&Keys::read(dir)?, dir).map_err(|error| told(dir, error))
    }

    /// Reads and checks the text of a `config.json`; `file` is named in errors.
    ///
    /// # Errors
    /// As [`ModelConfig::read`].
    pub fn parse(text: &str, file: &Path) -> Result<Self> {
        Self::of(&Keys::parse(text, file)?, file.parent().unwrap_or(Path::new("")))
    }

    fn of(keys: &Keys, dir: &Path) -> Result<Self> {
        let (known, architecture) = read(keys)?;
        let config = Self { known, sizes: architecture.sizes(), context: 0, architecture: architecture.into() };
        Ok(config.with_tokenizer_in(dir))
    }

    /// `model_type`.
    pub fn model_type(&self) -> &'static str {
        self.known.model_type
    }

    /// Tokens in the vocabulary: rows of the embedding.
    pub fn vocab_size(&self) -> usize {
        self.sizes.vocab
    }

    /// How many layers there are.
    pub fn layers(&self) -> usize {
        self.sizes.layers
    }

    /// The longest request that is scored whole, in tokens, as lm-eval takes it: what the config says, else what the tokenizer does, else
    /// 2,048.
    pub fn context_limit(&self) -> usize {
        self.context
    }

    /// The same with the tokenizer in `dir`, which has a say in the context limit where the config has none.
    #[must_use]
    pub fn with_tokenizer_in(mut self, dir: &Path) -> Self {
        self.context = self.sizes.context.unwrap_or_else(|| context_limit(dir));
        self
    }

    /// The same with a context limit of `tokens`, whatever config.json says.
    #[must_use]
    pub fn with_context_limit(mut self, tokens: usize) -> Self {
        self.context = tokens;
        self
    }

    /// Tells how many bytes a prefix of so many tokens leaves behind; see [`crate::LanguageModel::state_bytes`].
    ///
    /// # Errors
    /// Sizes that do not fit.
    pub fn state_bytes(&self) -> Result<impl Fn(usize) -> u64> {
        let parts = self.architecture.build(&mut Tensors::noting(None))?;
        let memories: Vec<Memory> = parts.blocks.iter().map(|block| block.memory()).collect();
        Ok(move |position| memories.iter().map(|memory| memory.bytes(position)).sum())
    }

    /// How many numbers a checkpoint of it holds, those that two places share once.
    ///
    /// # Errors
    /// Sizes that do not fit.
    pub fn parameters(&self) -> Result<u64> {
        Ok(self.tensors()?.iter().map(|(_, shape)| shape.iter().map(|&side| side as u64).product::<u64>()).sum())
    }

    /// The tensors that a checkpoint of it must hold, by name, with their shapes.
    pub(crate) fn tensors(&self) -> Result<Vec<(String, Vec<usize>)>> {
        let mut noting = Tensors::noting(None);
        self.architecture.build(&mut noting)?;
        let required = noting.into_slots().into_iter().filter(|(_, slot)| slot.required);
        Ok(required.map(|(name, slot)| (name, slot.shape)).collect())
    }

    /// Bytes that the weights in `dir` take in memory once they are read with `options` by our kernels: each linear layer in the numbers of
    /// the precision, scales and the rows that fill a panel up included, the embedding as wide as on disk, norms and whatever else is no
    /// product in f32. Only headers are read.
    ///
    /// # Errors
    /// As for opening them, but for what only the data can show.
    pub fn weight_bytes(&self, dir: &Path, options: &LoadOptions) -> Result<u64> {
        let weights = self.weights(dir)?;
        let mut sizing = Tensors::sizing(&weights, *options);
        self.architecture.build(&mut sizing)?;
        Ok(sizing.bytes())
    }

    /// Reads and checks the headers of the weights in `dir`: every tensor's name, shape, type and place.
    fn weights(&self, dir: &Path) -> Result<Weights> {
        let weights = Weights::open(dir, |found| self.architecture.current_name(found))?;
        let mut noting = Tensors::noting(Some(&weights));
        self.architecture.build(&mut noting)?;
        weights.compare(&noting.into_slots()).map_err(|error| told(dir, error))?;
        Ok(weights)
    }
}

/// Checks the checkpoint in `dir` by its headers alone: every tensor's name, shape, type and place.
///
/// # Errors
/// As for opening it, but for what only the data can show.
pub fn check(dir: &Path) -> Result<ModelConfig> {
    let config = ModelConfig::read(dir)?;
    config.weights(dir)?;
    Ok(config)
}

impl Model {
    /// Reads the checkpoint in `dir`. Memory at its peak: the weights, as they lie on disk, and little more.
    ///
    /// # Errors
    /// Whatever is wrong with config.json or the weights, by file, tensor, what was expected and what was found.
    pub fn open(dir: &Path, options: &LoadOptions) -> Result<Self> {
        Self::of(ModelConfig::read(dir)?, dir, options, &NEVER)
    }

    /// The same where the folder's config.json is read already. Reading a large checkpoint takes minutes: it ends between two pieces of a
    /// tensor once `stop` is set.
    ///
    /// # Errors
    /// Whatever is wrong with the weights; [`Error::Interrupted`] where it was stopped.
    pub fn of(config: ModelConfig, dir: &Path, options: &LoadOptions, stop: &AtomicBool) -> Result<Self> {
        let weights = config.weights(dir)?;
        let mut reading = Tensors::reading(&weights, *options, stop);
        let parts = config.architecture.build(&mut reading)?;
        if options.rope_scale.is_some() && !reading.rotates() {
            let file = if is_gguf(dir) { dir.to_owned() } else { dir.join("config.json") };
            return Err(Error::NoRotary { file });
        }
        let bytes = reading.bytes();
        Self::new(config, parts, bytes)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// Whoever reads the error must find the key in the file, or see which one is missing there.
    #[test]
    fn sizes_that_make_no_heads_name_the_key_that_is_wrong() {
        let dense = json!({"hidden_size": 48, "num_attention_heads": 4, "num_hidden_layers": 2, "intermediate_size": 8, "vocab_size": 9});
        let hybrid = json!({"hidden_size": 48, "num_attention_heads": 4, "num_key_value_heads": 4, "num_hidden_layers": 2,
            "intermediate_size": 8, "vocab_size": 9, "n_mamba_heads": 2});
        let gpt2 = json!({"hidden_size": 48, "num_attention_heads": 5, "num_hidden_layers": 2, "vocab_size": 9});
        let cases: [(&str, &Value, Value, &str, &str); 19] = [
            ("llama", &dense, json!({"hidden_size": 20}), "num_attention_heads", "makes heads 5 wide"),
            ("llama", &dense, json!({"head_dim": 5}), "head_dim", "makes heads 5 wide"),
            ("llama", &dense, json!({"head_dim": 0}), "head_dim", "is 0"),
            ("llama", &dense, json!({"head_dim": 16_777_216}), "head_dim", "too wide to be true"),
            ("qwen3", &dense, json!({"num_attention_heads": 1_000_000}), "num_attention_heads", "too wide to be true"),
            ("llama", &dense, json!({"rope_parameters": {"rope_theta": 0.5}}), "rope_theta", "is 0.5"),
            ("llama", &dense, json!({"rope_scaling": {"type": "longrope"}}), "type", "longrope"),
            ("llama", &dense, json!({"rope_scaling": {"rope_type": 7}}), "rope_type", "is 7"),
            ("gpt_neox", &dense, json!({"rotary_emb_base": 0}), "rotary_emb_base", "is 0"),
            ("gpt_neox", &dense, json!({"rotary_pct": 0.3}), "rotary_pct", "3 of 12 numbers"),
            (
                "gpt_neox",
                &dense,
                json!({"rope_parameters": {"partial_rotary_factor": 2.0}}),
                "partial_rotary_factor",
                "is 2",
            ),
            ("gpt_neox", &dense, json!({}), "num_attention_heads", "makes heads 12 wide: the 3 numbers"),
            ("gpt_neox", &dense, json!({"num_key_value_heads": 2}), "num_key_value_heads", "is 2"),
            ("gpt_neox", &dense, json!({"head_dim": 16, "rotary_pct": 0.5}), "head_dim", "no `hidden_size` of 48"),
            ("gpt2", &gpt2, json!({}), "num_attention_heads", "does not divide"),
            (
                "zamba",
                &hybrid,
                json!({"num_attention_heads": 128}),
                "num_attention_heads",
                "nothing is left for a head",
            ),
            ("zamba", &hybrid, json!({"n_mamba_heads": 5}), "n_mamba_heads", "`mamba_expand` × `hidden_size`, 96"),
            (
                "zamba2",
                &hybrid,
                json!({"expansion_factor": 16_000_000, "layers_block_type": ["m", "g"]}),
                "expansion_factor",
                "too wide",
            ),
            ("mamba2", &dense, json!({"num_heads": 3, "head_dim": 16}), "num_heads", "96 wide, as `expand` does"),
        ];
        for (model_type, base, change, key, words) in cases {
            let mut config = base.clone();
            config["model_type"] = model_type.into();
            change.as_object().unwrap().iter().for_each(|(name, value)| config[name] = value.clone());
            let error = ModelConfig::parse(&config.to_string(), Path::new("config.json")).unwrap_err();
            let told = error.to_string();
            assert!(told.starts_with(&format!("config.json: `{key}` ")) && told.contains(words), "{change}: {told}");
        }
    }
}
