//! `spyglass pull`: models and data sets from the hub, ahead of time.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;
use spyglass_tasks::Task;

use super::{Exit, complain, listed_name, print, say};
use crate::checkpoint::discover_tree;
use crate::hub::{self, DataFetcher, Fetcher, Pinned, SCHEME, Settings, Talk, pinned};
use crate::progress::Interrupt;
use crate::run_file::RunFile;
use crate::suite::catalogue;
use crate::sweep::plan::order;
use crate::{Error, Result};

/// Where data go unless said otherwise: where a run file of `init` looks for them.
const DATA: &str = "data";

/// Fetch models or data sets from the hub ahead of time; prints the folders that they lie in
///
/// Models go into the hub's own cache and stay there: no sweep deletes them.
#[derive(Debug, Args)]
pub(super) struct Pull {
    /// Run files, and models such as hub:EleutherAI/pythia-160m, hub:EleutherAI/pythia-160m@step1000 or a folder behind either
    #[arg(required_unless_present = "data")]
    what: Vec<String>,
    /// The data of these tasks, groups or globs
    #[arg(long, value_name = "TASKS", value_delimiter = ',', value_parser = listed_name)]
    data: Vec<String>,
    /// The folder that data go into; the first data folder of the run file, or `data`, unless given
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Folders with task files of your own
    #[arg(long, value_name = "DIR")]
    task_folder: Vec<PathBuf>,
}

/// How it goes.
struct Pulling {
    interrupt: Interrupt,
    failed: usize,
}

impl Pull {
    pub(super) fn run(&self) -> Result<Exit> {
        let mut pulling = Pulling { interrupt: Interrupt::listen()?, failed: 0 };
        let mut folders = self.out.clone().into_iter().collect::<Vec<_>>();
        let mut models = Vec::new();
        for what in &self.what {
            if let Some(address) = what.strip_prefix(SCHEME) {
                let stopped = || pulling.interrupt.is_set();
                models.push(pinned(&hub::address(address)?, Talk { tell: &say, stop: &stopped })?);
                continue;
            }
            let run = RunFile::read(Path::new(what))?;
            let tree = discover_tree(&run)?.tree;
            let on_hub = order(&tree, run.schedule).into_iter().filter_map(|at| Pinned::parse(&at.location));
            let before = models.len();
            models.extend(on_hub);
            if models.len() == before && self.data.is_empty() {
                say(&format!("{what}: no branch of it has a `hub:`"));
            }
            folders.extend(run.data);
        }
        let fetcher = Fetcher::for_good(Settings::from_env()?);
        for model in &models {
            let held = pulling.note(&model.to_string(), |talk| fetcher.bring(model, true, talk))?;
            if let Some(held) = held {
                print(&format!("{}\n", held.folder.display()))?;
            }
        }
        let out = folders.into_iter().next().unwrap_or_else(|| DATA.into());
        self.data(&out, &mut pulling)?;
        if pulling.interrupt.is_set() {
            say("interrupted; what has come is kept, the next pull goes on from here");
            return Ok(Exit::Interrupted);
        }
        Ok(if pulling.failed == 0 { Exit::Well } else { Exit::SomeFailed })
    }

    /// The data of the tasks that are named.
    fn data(&self, out: &Path, pulling: &mut Pulling) -> Result<()> {
        let catalogue = catalogue(&self.task_folder)?;
        let mut tasks: Vec<Task> = Vec::new();
        for name in &self.data {
            tasks.extend(catalogue.select(name)?.leaves);
        }
        let mut fetcher = DataFetcher::new(Settings::from_env()?);
        let (mut told, mut folders) = (BTreeSet::new(), BTreeSet::new());
        for task in &tasks {
            let Some(set) = task.data_set() else {
                say(&format!("{}: needs no data of the hub", task.name));
                continue;
            };
            if told.insert(set.id.clone()) {
                let licence = task.licence.as_deref().unwrap_or("not stated: look at the data set's page");
                say(&format!("{}, licence: {licence}", set.id));
            }
            let Some(folder) = pulling.note(&task.name, |talk| fetcher.bring(&set, out, talk))? else { continue };
            // What was fetched is what the task reads.
            if let Err(error) = task.items(&[out.to_path_buf()], Some(1)) {
                complain(&error.into());
                pulling.failed += 1;
            } else if folders.insert(folder.clone()) {
                print(&format!("{}\n", folder.display()))?;
            }
        }
        Ok(())
    }
}

impl Pulling {
    /// Fetches one thing; what fails is told, and the others go on.
    fn note<T>(&mut self, name: &str, fetch: impl FnOnce(Talk<'_>) -> Result<Option<T>>) -> Result<Option<T>> {
        if self.interrupt.is_set() {
            return Ok(None);
        }
        let interrupt = self.interrupt.clone();
        match fetch(Talk { tell: &say, stop: &|| interrupt.is_set() }) {
            Ok(fetched) => Ok(fetched),
            Err(error @ Error::Usage { .. }) => Err(error),
            Err(error) => {
                say(&format!("failed: {name}"));
                complain(&error);
                self.failed += 1;
                Ok(None)
            }
        }
    }
}
