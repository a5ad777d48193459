//! `spyglass import`: results of lm-evaluation-harness, drawn and analysed here.

use super::numbers::counted;
use super::{Exit, print, say};
use crate::import::{Options, import_lm_eval};
use crate::results::Store;
use crate::sweep::write_report;
use crate::{Error, Result};
use clap::Args;
use std::path::PathBuf;

/// Bring results of lm-evaluation-harness into a results folder, and write its report
#[derive(Debug, Args)]
pub(super) struct Import {
    /// Folder with `results_*.json` files, at any depth
    folder: PathBuf,
    /// The results folder
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Where the step stands in `model_args`, the model's name or the path of a file; `*` is what varies, `{tokens}` tokens seen as printed
    #[arg(long, default_value = "checkpoint-{step}")]
    pattern: String,
    /// Tokens seen a step, for results that do not say how many were seen
    #[arg(long, value_name = "N")]
    tokens_per_step: Option<u64>,
    /// The branch of checkpoints that name none
    #[arg(long, default_value = "trunk")]
    branch: String,
    /// Name of the run
    #[arg(long, default_value = "imported")]
    name: String,
}

impl Import {
    pub(super) fn run(&self) -> Result<Exit> {
        if !self.folder.is_dir() {
            return Err(Error::Usage {
                what: format!("{}: there is no such folder", self.folder.display()),
                help: "name the `--output_path` that lm-evaluation-harness was given".into(),
            });
        }
        let options = Options {
            name: self.name.clone(),
            branch: self.branch.clone(),
            pattern: self.pattern.clone(),
            tokens_per_step: self.tokens_per_step,
        };
        let store = Store::create(&self.out)?;
        let imported = import_lm_eval(&self.folder, &options, &store)?;
        imported.warnings.iter().for_each(|warning| say(warning));
        imported.failed.iter().for_each(|failed| say(&format!("left out: {}", failed.replace('\n', "\n  "))));
        let units = counted(imported.units, "unit");
        let (checkpoints, with_items) = (counted(imported.checkpoints, "checkpoint"), imported.with_items);
        say(&format!("{units} of {checkpoints}, {with_items} with their items"));
        let snapshot = store.snapshot()?.expect("the import has just kept one");
        let (report, _) = write_report(&store, snapshot)?;
        print(&format!("{}\n", report.display()))?;
        Ok(if imported.failed.is_empty() { Exit::Well } else { Exit::SomeFailed })
    }
}
