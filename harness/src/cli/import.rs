//! `spyglass import`: scores of other programs, drawn and analysed here.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use spyglass_dashboards::run::Composite;

use super::numbers::counted;
use super::{Exit, print, say};
use crate::import::{Chosen, Imported, Options, TableOptions, import_lm_eval, import_table, is_table};
use crate::results::{Store, rewrite_report};
use crate::run_file::{CompositeOption, LogColumns};
use crate::training::{Schedule, TrainingSpec};
use crate::{Error, Result};

/// Bring scores of other programs into a results folder, and write its report: a folder of result files, or a table
#[derive(Debug, Args)]
pub(super) struct Import {
    /// Folder with result files of lm-evaluation-harness, lighteval, OLMES or Inspect, at any depth; or a table of scores (CSV, TSV, JSONL, Parquet, event files of TensorBoard) as trackers export it
    from: PathBuf,
    /// The results folder
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Where the step stands in `model_args`, the model's name or the path of a file; `*` is what varies, `{tokens}` tokens seen as printed
    #[arg(long, default_value = "checkpoint-{step}")]
    pattern: String,
    /// Tokens seen a step, for results that do not say how many were seen
    #[arg(long, value_name = "N")]
    tokens_per_step: Option<u64>,
    /// Name of a known run, whose schedule tells tokens, learning rates and phases (`spyglass list schedules`)
    #[arg(long, value_name = "NAME")]
    training: Option<String>,
    /// The branch of checkpoints that name none
    #[arg(long, default_value = "trunk")]
    branch: String,
    /// Name of the run
    #[arg(long, default_value = "imported")]
    name: String,
    /// A score over several tasks, each centred at guessing
    #[arg(long, value_name = "NAME=TASK[:WEIGHT],TASK…")]
    composite: Vec<CompositeOption>,
    /// Of a table: the columns that hold scores, as globs; those whose names say so when absent
    #[arg(long, value_name = "GLOB")]
    columns: Vec<String>,
    /// Of a table: the column of the step, where it is not named as usual
    #[arg(long, value_name = "COLUMN")]
    step: Option<String>,
    /// Of a table: the column of the tokens seen
    #[arg(long, value_name = "COLUMN")]
    tokens: Option<String>,
    /// Of a table: the column of the learning rate
    #[arg(long, value_name = "COLUMN")]
    lr: Option<String>,
    /// Of a table: the column of the loss
    #[arg(long, value_name = "COLUMN")]
    loss: Option<String>,
    /// Of a table: score of guessing, by a glob over tasks (`mmlu*=0.25`)
    #[arg(long, value_name = "TASKS=SHARE", value_parser = pair::<f64>)]
    chance: Vec<(String, f64)>,
    /// Of a table: number of items, by a glob over tasks (`my_task=500`)
    #[arg(long, value_name = "TASKS=N", value_parser = pair::<usize>)]
    items: Vec<(String, usize)>,
}

impl Import {
    pub(super) fn run(&self) -> Result<Exit> {
        if !self.from.exists() {
            return Err(Error::Usage {
                problem: format!("{}: there is no such folder or file", self.from.display()),
                help: "name the `--output_path` that lm-evaluation-harness was given, or a table of scores".into(),
            });
        }
        let options = Options {
            name: self.name.clone(),
            branch: self.branch.clone(),
            pattern: self.pattern.clone(),
            tokens_per_step: self.tokens_per_step,
        };
        let composites = self.composites()?;
        let store = Store::create(&self.out)?;
        let imported = if is_table(&self.from)? {
            self.table(&options, &store)?
        } else {
            import_lm_eval(&self.from, &options, &store)?
        };
        imported.warnings.iter().for_each(|warning| say(warning));
        imported.failed.iter().for_each(|failed| say(&format!("left out: {}", failed.replace('\n', "\n  "))));
        let units = counted(imported.units, "unit");
        let (checkpoints, with_items) = (counted(imported.checkpoints, "checkpoint"), imported.with_items);
        say(&format!("{units} of {checkpoints}, {with_items} with their items"));
        keep_composites(composites, &store)?;
        print(&format!("{}\n", rewrite_report(&store)?.index.display()))?;
        Ok(if imported.failed.is_empty() { Exit::Well } else { Exit::SomeFailed })
    }

    /// The composites that are asked for.
    fn composites(&self) -> Result<Vec<Composite>> {
        let asked: Vec<Composite> = self.composite.iter().map(|option| option.0.clone()).collect();
        match asked.iter().enumerate().find_map(|(index, composite)| composite.flaw(&asked[..index])) {
            Some((problem, help)) => Err(Error::Usage { problem: format!("--composite: {problem}"), help }),
            None => Ok(asked),
        }
    }

    fn table(&self, options: &Options, store: &Store) -> Result<Imported> {
        let schedule = self.training.as_ref().map(|name| {
            let spec = TrainingSpec { preset: Some(name.clone()), ..TrainingSpec::default() };
            Schedule::of(&spec).map_err(|(what, help)| Error::Usage { problem: format!("--training: {what}"), help })
        });
        let table = TableOptions {
            columns: self.columns.clone(),
            log: LogColumns {
                step: self.step.clone(),
                tokens: self.tokens.clone(),
                lr: self.lr.clone(),
                loss: self.loss.clone(),
            },
            chance: self.chance.clone(),
            items: self.items.clone(),
        };
        let guess = |columns: &[Chosen]| {
            let widest = columns.iter().map(|column| column.column.chars().count()).max().unwrap_or(0);
            columns.iter().for_each(|column| say(&format!("{:widest$}  {}", column.column, column.understood())));
        };
        import_table(&self.from, &table, options, schedule.transpose()?.as_ref(), store, guess)
    }
}

/// Adds composites to what is kept; one of a name that is known takes its place.
fn keep_composites(asked: Vec<Composite>, store: &Store) -> Result<()> {
    if asked.is_empty() {
        return Ok(());
    }
    let mut snapshot = store.snapshot()?.expect("the import has just kept one");
    let (units, _) = store.units()?;
    let tasks = units.iter().map(|(_, record)| record.task.as_str());
    let known: Vec<&str> = tasks.chain(snapshot.groups.iter().map(|group| group.name.as_str())).collect();
    let is_gone = |task: &&str| !known.contains(task);
    let mut members = asked.iter().flat_map(|composite| composite.members.iter().map(|member| member.task.as_str()));
    if let Some(gone) = members.find(is_gone) {
        let near = spyglass_tasks::nearest(gone, known.iter().copied());
        let help =
            near.map_or_else(|| "name tasks that were imported".into(), |near| format!("did you mean `{near}`?"));
        return Err(Error::Usage { problem: format!("--composite: there are no scores of `{gone}`"), help });
    }
    snapshot.composites.retain(|known| asked.iter().all(|new| new.name != known.name));
    snapshot.composites.extend(asked);
    store.keep_snapshot(&snapshot)
}

/// `TASKS=VALUE` of an option.
fn pair<T: FromStr>(text: &str) -> Result<(String, T), String> {
    let (glob, value) = text.rsplit_once('=').ok_or("write it as TASKS=VALUE")?;
    let value = value.parse().map_err(|_| format!("`{value}` is not a number"))?;
    Ok((glob.to_owned(), value))
}
