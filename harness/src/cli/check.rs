//! `spyglass check`: is a file as it should be?

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use spyglass_tasks::text;
use spyglass_tasks::vibes::PromptPack;
use spyglass_tasks::yaml::Kind;

use super::model_args::{TokenArgs, fetched};
use super::numbers::{branches, counted};
use super::{Exit, complain, print, say};
use crate::checkpoint::{Settings, discover_tree, folder_on_disk, suspects};
use crate::gate::Policy;
use crate::hub::{Contents, Local, Needs, Pinned, Talk};
use crate::progress::Interrupt;
use crate::results::Hashes;
use crate::run_file::RunFile;
use crate::suite::{Suite, catalogue};
use crate::sweep::Overrides;
use crate::{Error, Result};

/// Rows that are listed of those that cannot be asked.
const ROWS_SHOWN: usize = 10;

/// Validate run files, task files, prompt packs, policies and checkpoints; report file, line and fix
#[derive(Debug, Args)]
pub(super) struct Check {
    /// Run files, task files, prompt packs, policies of a gate, folders of checkpoints, or checkpoints: folders, .gguf files, or such as
    /// hub:EleutherAI/pythia-160m@step1000
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Folders searched for the data of task files; the file's own folder unless given
    #[arg(long, value_name = "DIR")]
    data: Vec<PathBuf>,
    /// One JSON object a file
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    tokens: TokenArgs,
}

/// What is said of a file in JSON.
#[derive(Debug, Serialize)]
struct Told<'a> {
    file: String,
    is_well: bool,
    /// What it is; absent where that cannot be told.
    what: Option<&'a str>,
    /// What is wrong with it, each with the mend.
    wrong: Vec<String>,
}

/// What was found in a file.
struct Found {
    what: String,
    /// Things that are wrong with parts of it.
    wrong: Vec<String>,
}

impl Check {
    pub(super) fn run(&self) -> Result<Exit> {
        let (mut exit, interrupt) = (Exit::Well, Interrupt::listen()?);
        for file in &self.files {
            let found = self.check(file, &interrupt);
            interrupt.go_on(|| format!("{} was checked", file.display()))?;
            if self.json {
                let what = found.as_ref().ok().map(|found| found.what.as_str());
                let wrong = found.as_ref().map_or_else(|error| vec![error.in_full()], |found| found.wrong.clone());
                exit = if wrong.is_empty() { exit } else { Exit::BadInput };
                let told = Told { file: file.display().to_string(), is_well: wrong.is_empty(), what, wrong };
                print(&(serde_json::to_string(&told).expect("plain data") + "\n"))?;
                continue;
            }
            match found {
                Ok(found) => {
                    print(&format!("{}: {}\n", file.display(), found.what))?;
                    for wrong in &found.wrong {
                        say(wrong);
                        exit = Exit::BadInput;
                    }
                }
                Err(error) => {
                    complain(&error);
                    exit = Exit::BadInput;
                }
            }
        }
        Ok(exit)
    }

    fn check(&self, file: &Path, interrupt: &Interrupt) -> Result<Found> {
        let Local { folder, .. } = fetched(file, Needs::Model, interrupt)?;
        if folder.is_dir() || spyglass_model::is_gguf(&folder) {
            return checkpoint(&folder, &self.tokens.fetched(interrupt)?.settings());
        }
        match Kind::of(&text::read(file)?) {
            Kind::Task => self.task_file(file),
            Kind::Pack => pack(file),
            Kind::Policy => policy(file),
            Kind::Run | Kind::Unknown => run_file(file),
        }
    }

    /// Without --data the rows are checked when they lie beside the task file.
    fn task_file(&self, file: &Path) -> Result<Found> {
        let own = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let catalogue = catalogue(&[])?;
        let checked = if self.data.is_empty() {
            match catalogue.check(file, &[own.to_path_buf()]) {
                Err(spyglass_tasks::Error::NoData { .. }) => catalogue.check(file, &[])?,
                other => other?,
            }
        } else {
            catalogue.check(file, &self.data)?
        };
        for warning in &checked.warnings {
            say(warning);
        }
        let rows = checked
            .bad_rows
            .iter()
            .map(|(task, row)| format!("{task}: {}, line {}: {}", row.file, row.line, row.problem));
        let what = format!("{}, {}", counted(checked.leaves.len(), "task"), counted(checked.items, "item"));
        Ok(Found { what, wrong: first_few(rows.collect()) })
    }
}

/// The first rows of a list, and how many more there are.
fn first_few(mut rows: Vec<String>) -> Vec<String> {
    let more = rows.len().saturating_sub(ROWS_SHOWN);
    rows.truncate(ROWS_SHOWN);
    if more > 0 {
        rows.push(format!("and {} more", counted(more, "row")));
    }
    rows
}

fn tasks(suite: &Suite) -> Found {
    let items: usize = suite.tasks.iter().flat_map(|task| &task.items).map(|items| items.items.len()).sum();
    let mut wrong: Vec<String> =
        suite.tasks.iter().filter_map(|task| task.items.as_ref().err()).map(Error::in_full).collect();
    wrong.extend(first_few(suite.bad_rows()));
    Found { what: format!("{}, {}", counted(suite.tasks.len(), "task"), counted(items, "item")), wrong }
}

fn policy(file: &Path) -> Result<Found> {
    let policy = Policy::read(file)?;
    Ok(Found { what: format!("a policy of {}", counted(policy.rules.len(), "rule")), wrong: Vec::new() })
}

fn run_file(file: &Path) -> Result<Found> {
    let run = RunFile::read(file)?;
    let settings = Overrides::default().settings(&run, Talk { tell: &say, stop: &|| false })?;
    let discovered = discover_tree(&run)?;
    discovered.notes.iter().for_each(|note| say(note));
    discovered.skipped.iter().for_each(|left| say(&left.to_string()));
    let base = file.parent().unwrap_or(Path::new(""));
    let mut found = tasks(&Suite::of_run(&run, None)?);
    let checkpoints: Vec<_> = discovered.tree.branches.iter().flat_map(|branch| &branch.checkpoints).collect();
    let on_hub = checkpoints.iter().filter(|at| Pinned::parse(&at.location).is_some()).count();
    if on_hub > 0 {
        say(&format!("{} on the hub: looked at when fetched", counted(on_hub, "checkpoint")));
    }
    for at in checkpoints.iter().filter(|at| Pinned::parse(&at.location).is_none()) {
        if let Err(error) = checkpoint(&folder_on_disk(at, base), &settings) {
            found.wrong.push(error.in_full());
        }
    }
    let mut listed = Contents::open(&run.results);
    listed.ask(&discovered.tree, Talk { tell: &say, stop: &|| false })?;
    let suspects = suspects(&discovered.tree, base, &Hashes::open(&run.results), &listed);
    if suspects.left_out(run.misplaced).is_empty() {
        suspects.notes().iter().for_each(|note| say(note));
    } else {
        let mend = "; remove or replace it, or say `misplaced: keep`";
        found.wrong.extend(suspects.notes().into_iter().map(|note| note + mend));
    }
    let branches = branches(discovered.tree.branches.len());
    found.what = format!("a run of {} on {branches}, {}", counted(checkpoints.len(), "checkpoint"), found.what);
    Ok(found)
}

fn pack(file: &Path) -> Result<Found> {
    let pack = PromptPack::read(file)?;
    let what = format!(
        "the prompt pack `{}` of {}, {}",
        pack.name,
        counted(pack.prompts, "prompt"),
        counted(pack.conversations.len(), "conversation")
    );
    Ok(Found { what, wrong: Vec::new() })
}

/// Checks a checkpoint by its headers: what only the data can show is found when it is scored.
fn checkpoint(folder: &Path, settings: &Settings) -> Result<Found> {
    let config = spyglass_model::check(folder)?;
    let tokenizer = settings.open_tokenizer(folder, &config)?;
    tokenizer.chat_template()?;
    let what = format!(
        "a {} checkpoint of {} layers, {} tokens in the vocabulary",
        config.model_type(),
        config.layers(),
        tokenizer.vocab_size()
    );
    Ok(Found { what, wrong: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chat_template_that_is_none_is_told() {
        let pilot = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/pilot/trunk/checkpoint-300");
        let dir = tempfile::tempdir().unwrap();
        for entry in fs_err::read_dir(pilot).unwrap() {
            let path = entry.unwrap().path();
            fs_err::copy(&path, dir.path().join(path.file_name().unwrap())).unwrap();
        }
        let settings = Settings::default();
        assert!(checkpoint(dir.path(), &settings).is_ok());
        fs_err::write(dir.path().join("chat_template.jinja"), "{% for m in messages %}{{ m").unwrap();
        let error = checkpoint(dir.path(), &settings).err().expect("it has no end").in_full();
        assert!(error.contains("chat_template.jinja"), "{error}");
    }
}
