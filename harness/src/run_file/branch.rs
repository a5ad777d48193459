//! A branch in the run file: where its checkpoints and its log lie, where it leaves its parent.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;
use spyglass_dashboards::run::Axis;
use spyglass_tasks::yaml::count;

use super::listed::{FolderSpec, IndexSpec};
use super::log_spec::LogSpec;
use super::repositories::HubSpec;
use crate::checkpoint::Pattern;
use crate::hub::Source;
use crate::training::{Schedule, TrainingSpec};
use crate::{Error, Result, values};

/// One folder of checkpoints, or one repository of them.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BranchSpec {
    /// Name of the branch.
    #[serde(default = "default_branch")]
    pub branch: String,
    /// The folder that holds one folder a checkpoint.
    #[serde(default)]
    pub path: PathBuf,
    /// In place of `path`: a repository on the Hugging Face hub that holds a branch or tag a checkpoint, such as
    /// `EleutherAI/pythia-160m`; with folders side by side in one branch, `m-a-p/neo_7b_intermediate@main` (the pattern is
    /// `hf_ckpt/{tokens}` then); a list of repositories where each holds one checkpoint and the pattern names the repositories. What is
    /// needed of each is fetched while the one before is scored.
    pub hub: Option<HubSpec>,
    /// Of the hub's branches and tags these alone; all that fit the pattern when absent.
    #[serde(default)]
    pub revisions: Vec<String>,
    /// How a checkpoint's folder is named: `{step}` stands for its number (`500k` is read, too), `{tokens}` for tokens seen as printed
    /// (`4B`, `16.78B`, `2BT`; `{words}`, `{samples}`, `{flops}` where a run counts those), `{index}` for its place in the run (see
    /// `index`), `{stage}` and `{seed}` for a number or a word that makes branches of it, `*` for what varies, `[…]` for what some
    /// names lack; `iter_{step}/hf` names a folder in a folder.
    #[serde(default = "default_pattern")]
    pub pattern: String,
    /// The checkpoints one by one, where no pattern names them: each with its folder (as seen from `path`; or `hub`, where it lies on the
    /// hub), its step or its tokens.
    #[serde(default)]
    pub folders: Vec<FolderSpec>,
    /// What `{index}` stands for: an amount of training from one checkpoint to the next, or a list from index 0 on.
    pub(crate) index: Option<IndexSpec>,
    /// Where the branch leaves another one.
    pub parent: Option<ParentSpec>,
    /// Whether steps go on from the parent's: `continued` unless given. A `{stage}` whose first step lies before the last one of the
    /// stage before counts its own unless given.
    pub steps: Option<StepsSpec>,
    /// Tells several checkpoints of one step apart (EMA, merged).
    pub variant: Option<String>,
    /// Tokens (or what else `axis` names) of one optimiser step.
    #[serde(default, deserialize_with = "count::optional")]
    #[schemars(schema_with = "values::count_schema")]
    pub tokens_per_step: Option<u64>,
    /// Tokens seen, step by step, where nothing else tells.
    #[serde(default, deserialize_with = "values::counts")]
    #[schemars(with = "BTreeMap<u64, u64>")]
    pub tokens: BTreeMap<u64, u64>,
    /// The training log; the newest checkpoint's `trainer_state.json` when absent. `{seed}` and `{stage}` in its name stand for those
    /// of the pattern.
    pub log: Option<LogSpec>,
    /// Learning rate and tokens seen as a formula, for where no log tells them: the name of a known run, or its pieces.
    pub(crate) training: Option<TrainingSpec>,
    /// `training`, checked.
    #[serde(skip)]
    pub(crate) schedule: Option<Schedule>,
    /// Where its checkpoints lie on the hub, checked.
    #[serde(skip)]
    pub(crate) source: Option<Source>,
    /// What the run counts.
    #[serde(skip)]
    pub(crate) axis: Axis,
    /// Folders of checkpoints that are left alone for now, with the reason.
    #[serde(skip)]
    pub(crate) passed_over: BTreeMap<PathBuf, String>,
}

impl BranchSpec {
    /// What is wrong with its keys, and the mend.
    pub(super) fn flaw(&self) -> Option<(String, String)> {
        let name = &self.branch;
        let pattern = match Pattern::new(&self.pattern) {
            Ok(pattern) => pattern,
            Err((wrong, help)) => {
                return Some((format!("the pattern `{}` of branch `{name}` {wrong}", self.pattern), help));
            }
        };
        if name.trim().is_empty() {
            return Some(("a branch has an empty name".into(), "give each branch a name such as `trunk`".into()));
        }
        if self.tokens_per_step == Some(0) {
            let help =
                "batch size × sequence length × devices, such as 4_194_304; leave it out if the log holds the tokens";
            return Some((format!("`tokens_per_step` of branch `{name}` is 0"), help.into()));
        }
        if !self.folders.is_empty() && self.hub.is_some() {
            let help = "keep one of the two; a checkpoint on the hub is listed as `{hub: organisation/name@revision, step: 1000}`";
            return Some((format!("branch `{name}` has a `hub` and a list of `folders`"), help.into()));
        }
        if !self.folders.is_empty() && self.pattern != default_pattern() {
            let help = "keep the list, or the pattern";
            return Some((format!("branch `{name}` has a `pattern` and a list of `folders`"), help.into()));
        }
        let shown = |entry: &FolderSpec| entry.hub.clone().unwrap_or_else(|| entry.path.display().to_string());
        if let Some(nowhere) =
            self.folders.iter().find(|entry| entry.path.as_os_str().is_empty() == entry.hub.is_none())
        {
            let what = match &nowhere.hub {
                None => format!("an entry in `folders` of branch `{name}` has neither `path` nor `hub`"),
                Some(hub) => format!("`{hub}` in `folders` of branch `{name}` has a `path` as well"),
            };
            return Some((what, "say where it lies: {path: kestrel, step: 660_000, tokens: 2.7T}".into()));
        }
        if let Some(bare) = self.folders.iter().find(|folder| folder.step.is_none() && folder.tokens.is_none()) {
            let what = format!("`{}` in `folders` of branch `{name}` has neither `step` nor `tokens`", shown(bare));
            return Some((what, "say where it stands: {path: kestrel, step: 660_000, tokens: 2.7T}".into()));
        }
        match (&self.index, pattern.tells_indices()) {
            (None, true) => Some((
                format!("the pattern `{}` of branch `{name}` numbers its checkpoints, but `index` is missing", self.pattern),
                "say how far each is: `index: {every: 3.5B tokens, first: 3.5B tokens}`, or a list of steps or tokens from index 0 on"
                    .into(),
            )),
            (Some(_), false) => {
                let what = format!("branch `{name}` has an `index`, but no `{{index}}` in its pattern");
                Some((what, "write `{index}` where the number stands: \"ckpt_{index}\"".into()))
            }
            (Some(index), true) => index.flaw().map(|(what, help)| (format!("`index` of branch `{name}` {what}"), help)),
            (None, false) => None,
        }
    }

    /// Whether the branch counts its steps from its fork.
    pub(crate) fn counts_own_steps(&self) -> bool {
        self.steps == Some(StepsSpec::Own)
    }
}

impl BranchSpec {
    /// Where its checkpoints lie on the hub; `None` where they lie on disk.
    ///
    /// # Errors
    /// There is neither, or both, or an address is none; `file` is the run file.
    pub(super) fn checked_source(&self, file: &Path) -> Result<Option<Source>> {
        let wrong = |what: &str, help: &str| Error::RunFile {
            file: file.to_path_buf(),
            problem: format!("branch `{}` {what}", self.branch),
            help: help.into(),
        };
        let has_path = !self.path.as_os_str().is_empty();
        if has_path && self.hub.is_some() {
            return Err(wrong("has `path:` and `hub:`", "keep one of the two"));
        }
        match self.on_hub().map_err(|(what, help)| wrong(&what, &help))? {
            None if !has_path && self.folders.is_empty() => Err(wrong(
                "has neither `path:` nor `hub:` (missing field `path`)",
                "add `path:`, the folder that holds one folder a checkpoint, or `hub:`, a repository such as EleutherAI/pythia-160m",
            )),
            None | Some(Source::Listed(_)) if !self.revisions.is_empty() => {
                Err(wrong("has `revisions:`, and its checkpoints lie in a folder", "revisions are those of a `hub:`"))
            }
            source => Ok(source),
        }
    }
}

/// Where a branch leaves its parent.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ParentSpec {
    /// The parent branch.
    pub branch: String,
    /// The step at which it leaves.
    #[serde(deserialize_with = "count::required")]
    #[schemars(schema_with = "values::count_schema")]
    pub step: u64,
}

/// How a branch counts its steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum StepsSpec {
    /// On from the parent's.
    Continued,
    /// From 0 at the fork; the fork's steps and tokens are added.
    Own,
}

/// The branch that is meant where none is named.
pub(crate) const TRUNK: &str = "trunk";

/// The same, for a key that is missing.
pub(super) fn default_branch() -> String {
    TRUNK.into()
}

/// The pattern that is meant where none is written.
pub(super) fn default_pattern() -> String {
    "checkpoint-{step}".into()
}
