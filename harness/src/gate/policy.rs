//! The keys of a gate's policy.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;
use spyglass_dashboards::alarms::AlarmKind;
use spyglass_dashboards::gate::Level;
use spyglass_tasks::yaml::{self, Step, count};
use spyglass_tasks::{paths, text};

use crate::{Error, Result};

/// What a checkpoint must keep to go on. Relative paths are relative to the folder of this file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Spyglass policy")]
pub(crate) struct Policy {
    /// The run file, or a results folder.
    #[serde(default = "run_file")]
    pub(crate) run: PathBuf,
    /// Which checkpoint is judged, as `BRANCH[@STEP]`: the newest scored one of the trunk, or of the branch, unless said. The command line comes
    /// before it.
    pub(crate) checkpoint: Option<String>,
    /// What drops are measured against: `BRANCH[@STEP]` of the same run, or `RUN.yaml[:BRANCH[@STEP]]`.
    pub(crate) baseline: Option<String>,
    /// Chance that any rule is called broken that is not, all rules together; likewise of a pass that should be none.
    #[serde(default = "error_rate")]
    pub(crate) error_rate: f64,
    /// The rules.
    pub(crate) rules: Vec<RuleSpec>,
    /// The file itself.
    #[serde(skip)]
    pub(crate) path: PathBuf,
    /// Its text.
    #[serde(skip)]
    text: String,
}

/// One rule: what it is about (`task`, `pack`, `persona` or `alarm`), the limit, and what happens where it is broken.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleSpec {
    /// A task or group, or a glob such as `arc_*`: each that fits is asked. With `alarm`, the task that the alarm is about.
    pub(crate) task: Option<String>,
    /// Only with so many shots; with any when absent.
    #[serde(default, deserialize_with = "count::optional")]
    #[schemars(with = "Option<usize>")]
    pub(crate) shots: Option<usize>,
    /// Only perturbed so; unperturbed when absent.
    pub(crate) perturb: Option<String>,
    /// A prompt pack, or a glob: the share of its prompts that pass.
    pub(crate) pack: Option<String>,
    /// A pack, or `PACK/PROMPT`: the share of conversations in which its persona is kept to the end.
    pub(crate) persona: Option<String>,
    /// An alarm that must not speak: on the checkpoint's branch, since the baseline where that is an earlier checkpoint of the branch.
    pub(crate) alarm: Option<AlarmKind>,
    /// How much worse than the baseline it may be, in the metric's own unit; 0.02 are two points of a share.
    pub(crate) max_drop: Option<f64>,
    /// The least that its score may be, of metrics of which more is better.
    pub(crate) min_score: Option<f64>,
    /// The most that its score may be, of metrics of which less is better.
    pub(crate) max_score: Option<f64>,
    /// Another baseline than the policy's.
    pub(crate) baseline: Option<String>,
    /// What happens where it is broken.
    #[serde(default)]
    pub(crate) level: Level,
}

fn run_file() -> PathBuf {
    "run.yaml".into()
}

fn error_rate() -> f64 {
    0.05
}

impl Policy {
    /// Reads a policy and makes its paths relative to the present folder.
    ///
    /// # Errors
    /// File, line, column and mend of what cannot be meant.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = text::read(path)?;
        let mut policy = Self::parse(path, text)?;
        let run = paths::expand(&policy.run)
            .map_err(|wrong| policy.refuse(&[Step::Key("run")], wrong, "set it, or write the path out"))?;
        policy.run = policy.folder().join(run);
        Ok(policy)
    }

    /// [`Policy::read`] of a text that came from `path`; paths stay as they are written.
    ///
    /// # Errors
    /// As there.
    pub(crate) fn parse(path: &Path, text: String) -> Result<Self> {
        let mut policy: Self = yaml::parse(&path.display().to_string(), &text)?;
        (policy.path, policy.text) = (path.to_owned(), text);
        match policy.flaw() {
            None => Ok(policy),
            Some(error) => Err(error),
        }
    }

    /// The folder it lies in.
    pub(crate) fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    /// The error that what stands at `place` cannot be meant.
    pub(crate) fn refuse(&self, place: &[Step<'_>], problem: String, help: &str) -> Error {
        yaml::refuse(&self.path.display().to_string(), &self.text, place, problem, Some(help.to_owned())).into()
    }

    /// [`Policy::refuse`] of a key of a rule, counted from 0.
    pub(crate) fn refuse_rule(&self, rule: usize, key: &str, problem: String, help: &str) -> Error {
        self.refuse(&[Step::Key("rules"), Step::Item(rule), Step::Key(key)], problem, help)
    }
}
