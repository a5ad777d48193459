//! `spyglass compare-precision`: what bf16 arithmetic does to the answers.

use std::path::PathBuf;

use clap::Args;
use spyglass_dashboards::run::UnitRecord;
use spyglass_model::ModelConfig;
use spyglass_tasks::ItemRecord;

use super::model_args::{TokenArgs, fetched};
use super::score::{Tasks, score_work};
use super::state_memory::StateMemory;
use super::text_table::{Align, Table};
use super::{Exit, Threads, print, say};
use crate::Result;
use crate::checkpoint::Settings;
use crate::hub::Needs;
use crate::measure::{Effect, MetricChange, Scored};
use crate::progress::Interrupt;
use crate::results::Store;
use crate::run_file::{DtFloorSpec, PrecisionSpec};
use crate::sweep::Work;

/// Score one checkpoint in f32 and in bf16, and tell how far the answers differ
#[derive(Debug, Args)]
pub(super) struct ComparePrecision {
    /// The checkpoint's folder, or one on the hub
    #[arg(long, value_name = "DIR")]
    model: PathBuf,
    #[command(flatten)]
    tasks: Tasks,
    /// The smallest discretisation step: the config's, or none
    #[arg(long, value_enum, default_value_t)]
    dt_floor: DtFloorSpec,
    #[command(flatten)]
    tokens: TokenArgs,
    /// One JSON object a task instead of the table
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    state_memory: StateMemory,
    #[command(flatten)]
    threads: Threads,
}

/// A finished unit with its items.
type Unit = (UnitRecord, Vec<ItemRecord>);

impl ComparePrecision {
    pub(super) fn run(&self) -> Result<Exit> {
        self.threads.set_up();
        let (model, tokens) = (fetched(&self.model, Needs::Model)?, self.tokens.fetched()?);
        ModelConfig::read(&model.folder)?; // before the tasks are built: a slip in the path is told at once
        let (aside, interrupt) = (tempfile::tempdir()?, Interrupt::listen()?);
        let store = Store::create(aside.path())?;
        let mut failed = false;
        for precision in [PrecisionSpec::F32, PrecisionSpec::Bf16] {
            let settings = Settings { precision, dt_floor: self.dt_floor, ..tokens.settings() };
            let work = Work::of_model(&model.folder, model.name.as_deref(), self.tasks.suite()?, settings)?;
            say(&format!("{}:", precision.name()));
            let summary = score_work(work, store.clone(), self.state_memory, interrupt.clone())?;
            if summary.interrupted {
                return Ok(Exit::Interrupted);
            }
            failed |= !summary.is_clean();
        }
        let effects = effects(&store)?;
        print(&if self.json { lines(&effects) } else { table(&effects) })?;
        Ok(if failed || effects.is_empty() { Exit::SomeFailed } else { Exit::Well })
    }
}

/// Every task that was scored in both arithmetics.
fn effects(store: &Store) -> Result<Vec<Effect>> {
    let mut units: Vec<Unit> = Vec::new();
    for (folder, record) in store.units()?.0 {
        let items = folder.items(&record)?;
        units.push((record, items));
    }
    let of =
        |precision: PrecisionSpec| units.iter().filter(move |(record, _)| record.inputs.precision == precision.name());
    let mut effects = Vec::new();
    for before in of(PrecisionSpec::F32) {
        let same = |other: &&Unit| (&other.0.task, other.0.shots) == (&before.0.task, before.0.shots);
        effects.extend(of(PrecisionSpec::Bf16).find(same).map(|after| Effect::of(scored(before), scored(after))));
    }
    Ok(effects)
}

fn scored((record, items): &Unit) -> Scored<'_> {
    Scored { record, items }
}

fn lines(effects: &[Effect]) -> String {
    effects.iter().map(|effect| serde_json::to_string(effect).expect("plain data") + "\n").collect()
}

/// One line a metric.
fn table(effects: &[Effect]) -> String {
    let nats = |change: Option<f64>| change.map_or_else(|| "-".into(), |change| format!("{change:.5}"));
    let row = |effect: &Effect, metric: &MetricChange| {
        [
            effect.task.clone(),
            effect.shots.to_string(),
            effect.items.to_string(),
            nats(effect.largest_change),
            nats(effect.mean_change),
            effect.flipped.to_string(),
            metric.name.clone(),
            format!("{:.4}", metric.before),
            format!("{:.4}", metric.after),
        ]
    };
    let heads = ["task", "shots", "items", "largest change", "mean change", "flipped answers", "metric", "f32", "bf16"];
    let align = |head| if ["task", "metric"].contains(&head) { Align::Left } else { Align::Right };
    let mut table = Table::new(heads.map(|head| (head, align(head))));
    table.extend(effects.iter().flat_map(|effect| effect.metrics.iter().map(|metric| row(effect, metric))));
    table.markdown() + "changes of log-likelihoods are absolute, in nats\n"
}
