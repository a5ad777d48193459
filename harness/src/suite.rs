//! The tasks of a sweep with their items: built once, asked of every checkpoint.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use spyglass_dashboards::run::TaskGroup;
use spyglass_tasks::metric::Weighting;
use spyglass_tasks::vibes::PromptPack;
use spyglass_tasks::{Catalogue, Group, Item, Items, Task};

use crate::run_file::{RunFile, TaskSpec};
use crate::talk::packs;
use crate::{Error, Result};

/// One leaf task as a sweep asks it.
#[derive(Debug)]
pub struct SuiteTask {
    /// The task with its shots.
    pub task: Task,
    /// What it asks, by content.
    pub(crate) definition: String,
    /// Items asked for; all when absent.
    pub limit: Option<usize>,
    /// The items, or why there are none.
    pub items: Result<Items>,
}

/// What is asked of a checkpoint, by its index in the suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Subject {
    /// A leaf task.
    Task(usize),
    /// A prompt pack.
    Pack(usize),
}

/// The leaf tasks of a sweep, the groups they belong to, and its prompt packs.
#[derive(Debug, Default)]
pub struct Suite {
    /// The leaf tasks, each once.
    pub tasks: Vec<SuiteTask>,
    /// The groups, outermost first.
    pub groups: Vec<Group>,
    /// The prompt packs, each once.
    pub packs: Vec<Arc<PromptPack>>,
}

/// Where the tasks of a suite are found.
#[derive(Debug)]
pub struct TaskSource {
    /// The tasks that are known.
    pub catalogue: Catalogue,
    /// Folders searched for their data.
    pub data: Vec<PathBuf>,
    /// Items of each leaf task, in place of what is said of a task.
    pub limit: Option<usize>,
}

/// All tasks that are known: the shipped ones and those in `folders`.
///
/// # Errors
/// A folder is missing or a task file in it is wrong.
pub fn catalogue(folders: &[PathBuf]) -> Result<Catalogue> {
    let mut catalogue = Catalogue::shipped()?;
    for folder in folders {
        catalogue.with_folder(folder)?;
    }
    Ok(catalogue)
}

impl SuiteTask {
    /// The items; none where they could not be built.
    pub fn items(&self) -> &[Item] {
        self.items.as_ref().map_or(&[], |items| &items.items)
    }
}

impl Suite {
    /// Resolves the tasks of a run file and builds their items; `limit` overrides each task's own.
    ///
    /// # Errors
    /// A task is unknown. Missing or broken data is kept with its task, since the others go on.
    pub fn of_run(run: &RunFile, limit: Option<usize>) -> Result<Self> {
        let catalogue = catalogue(&run.task_folders)?;
        let source = TaskSource { catalogue, data: run.data.clone(), limit };
        let mut suite = Self::default();
        for spec in &run.tasks {
            suite.add(&source, spec).map_err(|error| match error {
                Error::Tasks(spyglass_tasks::Error::UnknownTask { name, help }) => {
                    Error::RunFile { file: run.path.clone(), problem: format!("there is no task `{name}`"), help }
                }
                Error::Usage { problem: what, help } => Error::RunFile { file: run.path.clone(), problem: what, help },
                other => other,
            })?;
        }
        suite.knows(run)?;
        suite.packs = packs(&run.prompts, &run.pack_folders).map_err(|error| match error {
            Error::Tasks(spyglass_tasks::Error::UnknownPack { name, help }) => {
                Error::RunFile { file: run.path.clone(), problem: format!("there is no prompt pack `{name}`"), help }
            }
            other => other,
        })?;
        Ok(suite)
    }

    /// Whether every member of the run's composites is asked, and none of them has a task's name.
    fn knows(&self, run: &RunFile) -> Result<()> {
        let groups = self.groups.iter().map(|group| group.name.as_str());
        let names: Vec<&str> = self.tasks.iter().map(|task| task.task.name.as_str()).chain(groups).collect();
        let wrong = |problem, help| Err(Error::RunFile { file: run.path.clone(), problem, help });
        for composite in run.composites() {
            let name = &composite.name;
            if names.contains(&name.as_str()) {
                return wrong(format!("the composite `{name}` has the name of a task"), "give it another name".into());
            }
            for member in &composite.members {
                let task = &member.task;
                if !names.contains(&task.as_str()) {
                    let help = match spyglass_tasks::nearest(task, names.iter().copied()) {
                        Some(near) => format!("did you mean `{near}`? A member is a task or group that `tasks` asks"),
                        None => "add it to `tasks`, or leave it out here".into(),
                    };
                    let problem =
                        format!("the composite `{name}` has the member `{task}`, which this run does not ask");
                    return wrong(problem, help);
                }
            }
        }
        Ok(())
    }

    /// All that can be asked, tasks before packs. A task without items is left out.
    pub fn subjects(&self) -> impl Iterator<Item = Subject> {
        let tasks = (0..self.tasks.len()).filter(|&task| self.tasks[task].items.is_ok()).map(Subject::Task);
        tasks.chain((0..self.packs.len()).map(Subject::Pack))
    }

    /// The name of a task or pack.
    pub fn name(&self, subject: Subject) -> &str {
        match subject {
            Subject::Task(task) => &self.tasks[task].task.name,
            Subject::Pack(pack) => &self.packs[pack].name,
        }
    }

    /// Items of a task, conversations of a pack.
    pub fn items(&self, subject: Subject) -> usize {
        match subject {
            Subject::Task(task) => self.tasks[task].items().len(),
            Subject::Pack(pack) => self.packs[pack].conversations.len(),
        }
    }

    /// Adds the leaves of one task, group or glob.
    ///
    /// # Errors
    /// The task is unknown.
    pub fn add(&mut self, source: &TaskSource, spec: &TaskSpec) -> Result<()> {
        let selection = source.catalogue.select(&spec.task)?;
        for leaf in selection.leaves {
            let mut task = match spec.shots {
                Some(shots) => leaf.with_shots(shots),
                None => leaf,
            };
            if let Some(perturb) = &spec.perturb {
                task = task.with_perturb(Some(perturb))?;
            }
            let same =
                |known: &Task| (&known.name, known.shots, &known.perturb) == (&task.name, task.shots, &task.perturb);
            let limit = source.limit.or(spec.limit);
            if let Some(known) = self.tasks.iter().find(|known| same(&known.task)) {
                if known.limit == limit {
                    continue;
                }
                let shown =
                    |limit: Option<usize>| limit.map_or("all items".to_owned(), |limit| format!("limit {limit}"));
                return Err(Error::Usage {
                    problem: format!(
                        "the task `{}` is asked twice, with {} and with {}",
                        task.name,
                        shown(known.limit),
                        shown(limit)
                    ),
                    help: "keep one of the two; a group or glob may hold it as well".into(),
                });
            }
            let items = task.items(&source.data, limit).map_err(Error::from);
            let definition = task.definition_hash();
            self.tasks.push(SuiteTask { task, definition, limit, items });
        }
        for group in selection.groups {
            if !self.groups.iter().any(|known| known.name == group.name) {
                self.groups.push(group);
            }
        }
        Ok(())
    }

    /// The groups with their leaf tasks, as the report reads them.
    pub fn task_groups(&self) -> Vec<TaskGroup> {
        let group = |group: &Group| {
            let weighting = group.metrics.first().map_or(Weighting::BySize, |metric| metric.weighting);
            let others = group.metrics.iter().filter(|metric| metric.weighting != weighting);
            TaskGroup {
                name: group.name.clone(),
                leaves: self.leaves(group),
                weight_by_size: weighting == Weighting::BySize,
                other_way: others.map(|metric| metric.name.clone()).collect(),
                told: Vec::new(),
            }
        };
        self.groups.iter().map(group).collect()
    }

    /// Names of a group's leaf tasks, those of inner groups included.
    pub(crate) fn leaves(&self, group: &Group) -> Vec<String> {
        let members =
            group.members.iter().flat_map(|member| match self.groups.iter().find(|inner| inner.name == *member) {
                Some(inner) => self.leaves(inner),
                None => vec![member.clone()],
            });
        members.collect()
    }

    /// Makes sure that at least one task can be asked.
    ///
    /// # Errors
    /// None can: what is wrong with the first.
    pub fn require_one(&mut self) -> Result<()> {
        if self.tasks.iter().any(|task| task.items.is_ok()) || !self.packs.is_empty() {
            return Ok(());
        }
        let first = self.tasks.drain(..).next();
        Err(first.and_then(|task| task.items.err()).unwrap_or_else(|| Error::Usage {
            problem: "no task is asked for".into(),
            help: "`spyglass list tasks` shows what there is".into(),
        }))
    }

    /// Rows that could not become items, as lines for a person.
    pub fn bad_rows(&self) -> Vec<String> {
        let rows = |task: &SuiteTask| {
            let name = task.task.name.clone();
            let rows = task.items.iter().flat_map(|items| &items.bad_rows);
            rows.map(move |row| format!("{name}: {}, line {}: {}", row.file, row.line, row.problem)).collect::<Vec<_>>()
        };
        self.tasks.iter().flat_map(rows).collect()
    }
}
