//! What every command that runs a checkpoint asks: which one, in which arithmetic, with which tokens.

use std::path::PathBuf;

use clap::Args;
use spyglass_model::{Model, Tokenizer};

use super::say;
use crate::Result;
use crate::checkpoint::{Settings, open};
use crate::run_file::{BosSpec, DtFloorSpec, PrecisionSpec};

/// A checkpoint and how it is run.
#[derive(Debug, Args)]
pub(super) struct ModelArgs {
    /// The checkpoint: its folder, or a .gguf file
    #[arg(long = "model", value_name = "DIR")]
    pub(super) folder: PathBuf,
    /// Arithmetic of the model
    #[arg(long, value_enum, default_value_t, env = "SPYGLASS_PRECISION")]
    precision: PrecisionSpec,
    /// Lower bound of Mamba-2's time step: `config` (`time_step_min`, as transformers has it) or none, as in training
    #[arg(long, value_enum, default_value_t)]
    dt_floor: DtFloorSpec,
    #[command(flatten)]
    tokens: TokenArgs,
}

/// How text becomes tokens.
#[derive(Debug, Args)]
pub(super) struct TokenArgs {
    /// Whether BOS stands before a text
    #[arg(long, value_enum, default_value_t)]
    bos: BosSpec,
    /// A folder (or .gguf file) whose tokenizer is used instead of the checkpoint's own
    #[arg(long, value_name = "DIR")]
    tokenizer: Option<PathBuf>,
}

impl ModelArgs {
    /// The same for the library.
    pub(super) fn settings(&self) -> Settings {
        Settings { precision: self.precision, dt_floor: self.dt_floor, ..self.tokens.settings() }
    }

    /// Reads the model and its tokenizer.
    ///
    /// # Errors
    /// Whatever is wrong with their files.
    pub(super) fn open(&self) -> Result<(Model, Tokenizer)> {
        let settings = self.settings();
        settings.note().iter().for_each(|note| say(note));
        open(&self.folder, &settings)
    }
}

impl TokenArgs {
    /// The same for the library, everything else by default.
    pub(super) fn settings(&self) -> Settings {
        Settings { bos: self.bos, tokenizer: self.tokenizer.clone(), ..Settings::default() }
    }
}
