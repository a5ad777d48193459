//! What every command that runs a checkpoint asks: which one, in which arithmetic, with which tokens.

use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::RangedU64ValueParser;
use spyglass_model::{Model, Tokenizer};

use super::say;
use crate::Result;
use crate::checkpoint::{Settings, open};
use crate::hub::{Local, Needs, Talk, local};
use crate::progress::Interrupt;
use crate::run_file::{BosSpec, DtFloorSpec, PrecisionSpec, RopeScale};

/// A checkpoint and how it is run.
#[derive(Debug, Clone, Args)]
pub(super) struct ModelArgs {
    /// The checkpoint: its folder, a .gguf file, or one on the hub such as hub:EleutherAI/pythia-160m@step1000
    #[arg(long = "model", short_alias = 'm', value_name = "DIR")]
    pub(super) folder: PathBuf,
    /// What it is called, where the folder does not tell.
    #[arg(skip)]
    pub(super) name: Option<String>,
    /// Arithmetic of the model
    #[arg(long, value_enum, default_value_t, env = "SPYGLASS_PRECISION")]
    precision: PrecisionSpec,
    /// Lower bound of Mamba-2's time step: `config` (`time_step_min`, as transformers has it) or none, as in training
    #[arg(long, value_enum, default_value_t)]
    dt_floor: DtFloorSpec,
    /// Divide the positions of rotary embeddings by N (position interpolation): the context limit is N times that of config.json then
    #[arg(long, value_name = "N")]
    rope_scale: Option<RopeScale>,
    /// The context limit, in place of that of config.json
    #[arg(long, value_name = "TOKENS", value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    context: Option<usize>,
    #[command(flatten)]
    tokens: TokenArgs,
}

/// How text becomes tokens.
#[derive(Debug, Clone, Args)]
pub(super) struct TokenArgs {
    /// Whether BOS stands before a text
    #[arg(long, value_enum, default_value_t)]
    bos: BosSpec,
    /// A folder, .gguf file or hub:ORGANISATION/NAME whose tokenizer is used instead of the checkpoint's own
    #[arg(long, value_name = "DIR")]
    tokenizer: Option<PathBuf>,
}

/// A checkpoint's folder as it is written; one that begins with `hub:` is fetched, unless it lies here, and stays.
///
/// # Errors
/// There is no such checkpoint, or it cannot be fetched; it was stopped meanwhile.
pub(super) fn fetched(written: &Path, needs: Needs, interrupt: &Interrupt) -> Result<Local> {
    local(written, needs, Talk { tell: &say, stop: &|| interrupt.is_set() })
}

impl ModelArgs {
    /// The same with all of it on this machine.
    ///
    /// # Errors
    /// What is on the hub cannot be fetched.
    pub(super) fn fetched(&self, interrupt: &Interrupt) -> Result<Self> {
        let Local { folder, name } = fetched(&self.folder, Needs::Model, interrupt)?;
        Ok(Self { folder, name, tokens: self.tokens.fetched(interrupt)?, ..self.clone() })
    }

    /// The same for the library.
    pub(super) fn settings(&self) -> Settings {
        let (rope_scale, context) = (self.rope_scale, self.context);
        Settings { precision: self.precision, dt_floor: self.dt_floor, rope_scale, context, ..self.tokens.settings() }
    }

    /// Reads the model and its tokenizer, which lie on this machine.
    ///
    /// # Errors
    /// Whatever is wrong with their files; it was stopped meanwhile.
    pub(super) fn open(&self, interrupt: &Interrupt) -> Result<(Model, Tokenizer)> {
        let settings = self.settings();
        settings.note().iter().for_each(|note| say(note));
        open(&self.folder, &settings, interrupt)
    }
}

impl TokenArgs {
    /// The same with the tokenizer on this machine.
    ///
    /// # Errors
    /// It is on the hub and cannot be fetched.
    pub(super) fn fetched(&self, interrupt: &Interrupt) -> Result<Self> {
        let folder = |written: &PathBuf| fetched(written, Needs::Tokenizer, interrupt).map(|local| local.folder);
        Ok(Self { tokenizer: self.tokenizer.as_ref().map(folder).transpose()?, ..self.clone() })
    }

    /// The same for the library, everything else by default.
    pub(super) fn settings(&self) -> Settings {
        Settings { bos: self.bos, tokenizer: self.tokenizer.clone(), ..Settings::default() }
    }
}
