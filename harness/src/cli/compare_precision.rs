//! `spyglass compare-precision`: what another arithmetic, or another file of the same model, does to the answers.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use spyglass_dashboards::run::Unit;
use spyglass_model::{ModelConfig, shifts};

use super::model_args::{TokenArgs, fetched};
use super::precision_tables::{lines, table};
use super::score::{Tasks, score_work};
use super::state_memory::StateMemory;
use super::{Exit, Threads, print, say};
use crate::checkpoint::{Settings, Tokens};
use crate::hub::{Local, Needs};
use crate::measure::{Effect, Form, RightAnswers, Roomy, one_model};
use crate::progress::Interrupt;
use crate::results::{Price, Store};
use crate::run_file::{DtFloorSpec, PrecisionSpec};
use crate::suite::{Suite, SuiteTask};
use crate::sweep::Work;
use crate::{Error, Result};

/// Score one model in two arithmetics, or from two files, and tell what it costs
#[derive(Debug, Args)]
pub(super) struct ComparePrecision {
    /// The checkpoint: its folder, a .gguf file, or one on the hub
    #[arg(long, value_name = "DIR")]
    model: PathBuf,
    /// Another form of the same model, such as a .gguf file of few bits: what comes after
    #[arg(long, value_name = "DIR")]
    other: Option<PathBuf>,
    /// Arithmetic of what comes before
    #[arg(long, value_enum, default_value_t)]
    before: PrecisionSpec,
    /// Arithmetic of what comes after: bf16, or with --other that of what comes before
    #[arg(long, value_enum)]
    after: Option<PrecisionSpec>,
    #[command(flatten)]
    tasks: Tasks,
    /// Tokens of each task before which the two distributions are compared; 0 for none
    #[arg(long, value_name = "N", default_value_t = 2000)]
    tokens_compared: usize,
    /// The smallest discretisation step: the config's, or none
    #[arg(long, value_enum, default_value_t)]
    dt_floor: DtFloorSpec,
    #[command(flatten)]
    tokens: TokenArgs,
    /// One JSON object a task instead of the tables
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    state_memory: StateMemory,
    #[command(flatten)]
    threads: Threads,
}

impl ComparePrecision {
    pub(super) fn run(&self) -> Result<Exit> {
        self.threads.set_up();
        let interrupt = Interrupt::listen()?;
        let forms = self.forms(&interrupt)?;
        one_model(&forms)?; // before the tasks are built: a slip in the path is told at once
        let (mut scored, mut failed) = (Vec::new(), false);
        for form in &forms {
            say(&format!("{}:", form.name));
            let aside = tempfile::tempdir()?;
            let store = Store::create(aside.path())?;
            let called = form.called.as_deref();
            let work = Work::of_model(&form.checkpoint, called, self.tasks.suite()?, form.settings.clone())?;
            let summary = score_work(work, store.clone(), self.state_memory, interrupt.clone())?;
            if summary.interrupted {
                return Ok(Exit::Interrupted);
            }
            failed |= !summary.is_clean();
            scored.push(units(&store)?);
        }
        let (mut effects, mut is_cut) = (Effect::all(&scored[0], &scored[1]), false);
        if self.tokens_compared > 0 {
            say("next tokens:");
            match self.add_prices(&forms, &mut effects, &interrupt) {
                Err(error) if error.is_interrupt() => is_cut = true,
                other => other?,
            }
        }
        let names = forms.each_ref().map(|form| form.name.clone());
        print(&if self.json { lines(&effects) } else { table(&effects, &names, self.tokens_compared) })?;
        if is_cut {
            say("interrupted: of the tasks that follow no next tokens are compared");
            return Ok(Exit::Interrupted);
        }
        Ok(if failed || effects.is_empty() { Exit::SomeFailed } else { Exit::Well })
    }

    /// What comes before and what comes after, both on this machine.
    fn forms(&self, interrupt: &Interrupt) -> Result<[Form; 2]> {
        let other = self.other.as_ref().unwrap_or(&self.model);
        let after = self.after.unwrap_or(if self.other.is_some() { self.before } else { PrecisionSpec::Bf16 });
        let tokens = self.tokens.fetched(interrupt)?;
        let form = |written: &Path, precision: PrecisionSpec| -> Result<Form> {
            let Local { folder, name: called } = fetched(written, Needs::Model, interrupt)?;
            let settings = Settings { precision, dt_floor: self.dt_floor, ..tokens.settings() };
            let file = folder.file_name().filter(|_| folder.is_file()).map(|file| file.display().to_string());
            // Where two are compared, which is which can only be told by what was written.
            let place = if self.other.is_some() { Some(written.display().to_string()) } else { file };
            let name =
                place.map_or_else(|| precision.name().into(), |place| format!("{place} in {}", precision.name()));
            Ok(Form { checkpoint: folder, called, name, settings })
        };
        let forms = [form(&self.model, self.before)?, form(other, after)?];
        let [one, two] = forms.each_ref().map(|form| fs_err::canonicalize(&form.checkpoint).ok());
        if after == self.before && (one == two && one.is_some() || *other == self.model) {
            return Err(Error::Usage {
                problem: format!("both sides are `{}` in {}", self.model.display(), after.name()),
                help: "name another arithmetic with --after, or another file of the model with --other".into(),
            });
        }
        Ok(forms)
    }

    /// The right answers of each task that there is room for in both forms.
    fn texts(&self, forms: &[Form; 2], suite: &Suite) -> Result<Vec<Roomy>> {
        let read = |form: &Form| form.settings.read_config(&form.checkpoint);
        let configs = [read(&forms[0])?, read(&forms[1])?];
        let tokenizer = forms[0].settings.open_tokenizer(&forms[0].checkpoint, &configs[0])?;
        let max_length = configs.iter().map(ModelConfig::context_limit).min().unwrap_or_default();
        let bytes = [configs[0].state_bytes()?, configs[1].state_bytes()?];
        let texts = |asked: &SuiteTask| {
            let tokens = Tokens { tokenizer: &tokenizer, hash: "", max_length };
            RightAnswers::of(&[asked], tokens, self.tokens_compared)
                .with_room(self.state_memory.scorer().state_memory, |at| bytes.iter().map(|bytes| bytes(at)).sum())
        };
        suite.tasks.iter().map(texts).collect()
    }

    /// Adds what the next token's distribution tells, task by task, with both forms in memory.
    ///
    /// # Errors
    /// It is time to stop; a form cannot be read.
    fn add_prices(&self, forms: &[Form; 2], effects: &mut [Effect], interrupt: &Interrupt) -> Result<()> {
        let (suite, memory) = (self.tasks.suite()?, self.state_memory.scorer().state_memory);
        let texts = self.texts(forms, &suite)?;
        for task in texts.iter().flat_map(|texts| &texts.left_out) {
            say(&format!(
                "{task}: texts that leave more behind in both models together than `--state-memory` gives are left out of the next tokens"
            ));
        }
        if texts.iter().all(|texts| texts.requests.is_empty()) {
            return Ok(());
        }
        let open = |form: &Form| form.settings.open_model(&form.checkpoint, interrupt);
        let (before, after) = (open(&forms[0])?, open(&forms[1])?);
        for (asked, texts) in suite.tasks.iter().zip(&texts) {
            let same = |effect: &&mut Effect| effect.task == asked.task.name && effect.shots == asked.task.shots;
            let Some(effect) = effects.iter_mut().find(same) else { continue };
            let shifts = shifts([&before, &after], &texts.requests, memory, |_, _| interrupt.flow())?;
            effect.tokens = Price::of(&shifts);
        }
        Ok(())
    }
}

fn units(store: &Store) -> Result<Vec<Unit>> {
    let read = store.units()?.0.into_iter().map(|(folder, record)| {
        let items = Arc::new(folder.items(&record)?);
        Ok(Unit { record, items })
    });
    read.collect()
}
