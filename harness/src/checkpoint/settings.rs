//! How a checkpoint is run: what of the settings changes numbers.

use std::path::{Path, PathBuf};

use spyglass_model::{Bos, DtFloor, LoadOptions, Model, ModelConfig, Precision, Tokenizer};

use crate::progress::Interrupt;
use crate::run_file::{BosSpec, DtFloorSpec, PrecisionSpec, RopeScale};
use crate::{Error, Result};

/// How the model is run: what of the settings changes numbers.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Settings {
    pub precision: PrecisionSpec,
    pub dt_floor: DtFloorSpec,
    pub bos: BosSpec,
    /// What positions of rotary embeddings are divided by.
    pub rope_scale: Option<RopeScale>,
    /// The context limit in tokens, in place of the config's own.
    pub context: Option<usize>,
    /// A folder whose tokenizer is used instead of the checkpoint's own.
    pub tokenizer: Option<PathBuf>,
}

impl From<PrecisionSpec> for Precision {
    fn from(precision: PrecisionSpec) -> Self {
        match precision {
            PrecisionSpec::F32 => Self::F32,
            PrecisionSpec::Bf16 => Self::Bf16,
            PrecisionSpec::Int8 => Self::Int8,
            PrecisionSpec::Q4 => Self::Q4,
        }
    }
}

impl Settings {
    /// Reads the model from a checkpoint's folder.
    ///
    /// # Errors
    /// Whatever is wrong with its files; it was stopped meanwhile.
    pub(crate) fn open_model(&self, checkpoint: &Path, stop: &Interrupt) -> Result<Model> {
        self.model_of(self.read_config(checkpoint)?, checkpoint, stop)
    }

    /// Reads the weights of a checkpoint whose config.json is read already.
    ///
    /// # Errors
    /// Whatever is wrong with them; it was stopped meanwhile.
    pub(crate) fn model_of(&self, config: ModelConfig, checkpoint: &Path, stop: &Interrupt) -> Result<Model> {
        let _load = tracing::debug_span!("load", folder = %checkpoint.display()).entered();
        match Model::of(config, checkpoint, &self.load_options(), stop.flag()) {
            Err(spyglass_model::Error::Interrupted) => {
                Err(Error::Interrupted { what: format!("{} was read", checkpoint.display()) })
            }
            other => Ok(other?),
        }
    }

    /// Reads what the config.json of a checkpoint says; a context limit that is asked for, or stretched with the positions, takes the place of
    /// its own.
    ///
    /// # Errors
    /// It is missing, or not understood.
    pub(crate) fn read_config(&self, checkpoint: &Path) -> Result<ModelConfig> {
        let config = ModelConfig::read(checkpoint)?.with_tokenizer_in(self.tokenizer_folder(checkpoint));
        let scaled = |scale: RopeScale| (config.context_limit() as f64 * scale.number()) as usize;
        Ok(match self.context.or_else(|| self.rope_scale.map(scaled)) {
            Some(tokens) => config.with_context_limit(tokens),
            None => config,
        })
    }

    /// Reads the tokenizer of a checkpoint with this config.
    ///
    /// # Errors
    /// It is missing or damaged, has no BOS where that is always to be used, or has more tokens than the embedding has rows.
    pub(crate) fn open_tokenizer(&self, checkpoint: &Path, config: &ModelConfig) -> Result<Tokenizer> {
        let tokenizer = self.open_tokenizer_alone(checkpoint)?;
        tokenizer.check_embedding(config.vocab_size())?;
        Ok(tokenizer)
    }

    /// Reads a tokenizer without a model that it must fit.
    ///
    /// # Errors
    /// It is missing or damaged, or has no BOS where that is always to be used.
    pub(crate) fn open_tokenizer_alone(&self, checkpoint: &Path) -> Result<Tokenizer> {
        let tokenizer = Tokenizer::open_for(checkpoint, self.tokenizer_folder(checkpoint))?;
        Ok(tokenizer.with_bos(match self.bos {
            BosSpec::Tokenizer => Bos::Tokenizer,
            BosSpec::Always => Bos::Always,
            BosSpec::Never => Bos::Never,
        })?)
    }

    /// The folder of the tokenizer of a checkpoint.
    pub(crate) fn tokenizer_folder<'a>(&'a self, checkpoint: &'a Path) -> &'a Path {
        self.tokenizer.as_deref().unwrap_or(checkpoint)
    }

    /// Whether the tokenizer that is named can be read: told before anything is scored.
    ///
    /// # Errors
    /// It cannot.
    pub(crate) fn check(&self) -> Result<()> {
        self.tokenizer.as_deref().map_or(Ok(()), |folder| Ok(Tokenizer::open(folder).map(drop)?))
    }

    /// Bytes that the weights of a checkpoint take in memory, so run; only headers are read.
    ///
    /// # Errors
    /// Whatever is wrong with config.json or the headers.
    pub(crate) fn weight_bytes(&self, checkpoint: &Path) -> Result<u64> {
        Ok(self.read_config(checkpoint)?.weight_bytes(checkpoint, &self.load_options())?)
    }

    /// What a person should know of these settings on this machine.
    pub(crate) fn note(&self) -> Option<String> {
        spyglass_model::slow_path(self.load_options().precision).map(Into::into)
    }

    fn load_options(&self) -> LoadOptions {
        LoadOptions {
            precision: self.precision.into(),
            dt_floor: match self.dt_floor {
                DtFloorSpec::Config => DtFloor::Config,
                DtFloorSpec::Zero => DtFloor::Zero,
            },
            rope_scale: self.rope_scale.map(RopeScale::number),
            ..LoadOptions::default()
        }
    }
}
