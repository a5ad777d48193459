//! `spyglass compare-precision`: what another arithmetic, or another file of the same model, does to the answers.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use spyglass_dashboards::run::Unit;
use spyglass_model::ModelConfig;

use super::model_args::{TokenArgs, fetched};
use super::precision_tables::{lines, table};
use super::score::{Tasks, score_work};
use super::state_memory::StateMemory;
use super::{Exit, Threads, print, say};
use crate::checkpoint::Settings;
use crate::hub::{Local, Needs};
use crate::measure::{Effect, Form, price_of_task};
use crate::progress::Interrupt;
use crate::results::Store;
use crate::run_file::{DtFloorSpec, PrecisionSpec};
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
        for form in &forms {
            ModelConfig::read(&form.checkpoint)?; // before the tasks are built: a slip in the path is told at once
        }
        let (mut scored, mut failed) = (Vec::new(), false);
        for form in &forms {
            say(&format!("{}:", form.name()));
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
        let mut effects = Effect::all(&scored[0], &scored[1]);
        if self.tokens_compared > 0 {
            say("next tokens:");
            self.add_prices(&forms, &mut effects, &interrupt)?;
        }
        let names = forms.each_ref().map(Form::name);
        print(&if self.json { lines(&effects) } else { table(&effects, &names) })?;
        Ok(if failed || effects.is_empty() { Exit::SomeFailed } else { Exit::Well })
    }

    /// What comes before and what comes after, both on this machine.
    fn forms(&self, interrupt: &Interrupt) -> Result<[Form; 2]> {
        let other = self.other.as_ref().unwrap_or(&self.model);
        let after = self.after.unwrap_or(if self.other.is_some() { self.before } else { PrecisionSpec::Bf16 });
        if *other == self.model && after == self.before {
            return Err(Error::Usage {
                problem: format!("both sides are `{}` in {}", self.model.display(), after.name()),
                help: "name another arithmetic with --after, or another file of the model with --other".into(),
            });
        }
        let tokens = self.tokens.fetched(interrupt)?;
        let form = |written: &Path, precision| -> Result<Form> {
            let Local { folder, name } = fetched(written, Needs::Model, interrupt)?;
            let settings = Settings { precision, dt_floor: self.dt_floor, ..tokens.settings() };
            Ok(Form { checkpoint: folder, called: name, settings })
        };
        Ok([form(&self.model, self.before)?, form(other, after)?])
    }

    /// Adds what the next token's distribution tells, task by task, with both forms in memory.
    fn add_prices(&self, forms: &[Form; 2], effects: &mut [Effect], interrupt: &Interrupt) -> Result<()> {
        let [before, after] = forms;
        let open = |form: &Form| form.settings.open_model(&form.checkpoint, interrupt);
        let models = [open(before)?, open(after)?];
        let tokenizer = before.settings.open_tokenizer(&before.checkpoint, models[0].config())?;
        for asked in &self.tasks.suite()?.tasks {
            let same = |effect: &&mut Effect| effect.task == asked.task.name && effect.shots == asked.task.shots;
            if let Some(effect) = effects.iter_mut().find(same) {
                interrupt.go_on(|| format!("`{}` was compared", asked.task.name))?;
                effect.tokens = price_of_task(&models, &tokenizer, &[asked], self.tokens_compared)?;
            }
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
