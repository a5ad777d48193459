//! A training run as plain data: what the harness has read from disk, and what analysis and report work on.

use serde::{Deserialize, Serialize};
use spyglass_tasks::metric::Weighting;
use spyglass_tasks::vibes::Transcript;
use spyglass_tasks::{ItemRecord, MetricValue};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A stretch of the learning-rate schedule (`lr_phases` finds them, or the run file names them).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// The first rise from zero.
    Warmup,
    /// A plateau or a floor.
    Stable,
    /// A fall that keeps the rate above a tenth of its peak, or that follows no plateau.
    Decay,
    /// A later rise.
    Rewarm,
    /// The fast fall to (nearly) zero at the end.
    Anneal,
}

impl Phase {
    /// The name as the run file and the report write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Warmup => "warmup",
            Self::Stable => "stable",
            Self::Decay => "decay",
            Self::Rewarm => "rewarm",
            Self::Anneal => "anneal",
        }
    }
}

/// Where a phase begins on one branch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PhaseStart {
    /// The phase.
    pub phase: Phase,
    /// Its first step, counted from the start of the trunk.
    pub from_step: u64,
    /// Tokens seen at that step.
    pub from_tokens: u64,
}

/// One saved state of the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Name of the branch it lies on.
    pub branch: String,
    /// Optimiser step, counted from the start of the trunk.
    pub step: u64,
    /// Tells several checkpoints of one step apart (EMA, merged).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// Tokens seen in training.
    pub tokens: u64,
    /// Learning rate at this step, where the log tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub learning_rate: Option<f64>,
    /// Folder, as the run file names it (relative to the run file).
    pub location: String,
}

/// Branch, step and variant: what tells a checkpoint from the others of its run.
pub type At<'a> = (&'a str, u64, Option<&'a str>);

impl Checkpoint {
    /// What tells it from the others of its run.
    pub fn at(&self) -> At<'_> {
        (&self.branch, self.step, self.variant.as_deref())
    }
}

/// Where a branch leaves its parent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fork {
    /// The parent branch.
    pub branch: String,
    /// Step of the fork.
    pub step: u64,
    /// Tokens seen at the fork.
    pub tokens: u64,
}

/// One line of a training log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogEntry {
    /// Optimiser step, counted from the start of the trunk.
    pub step: u64,
    /// Tokens seen; filled in by the harness wherever any source tells.
    pub tokens: Option<u64>,
    /// Learning rate.
    pub learning_rate: Option<f64>,
    /// Training loss, as logged: NaN or infinite where it was no finite number.
    #[serde(with = "crate::any_number", default)]
    pub loss: Option<f64>,
}

/// The log of one branch in ascending steps, from its fork on (the trunk: from its start).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TrainingLog {
    /// The entries.
    pub entries: Vec<LogEntry>,
}

/// One branch of the run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Branch {
    /// Name, unique in the run.
    pub name: String,
    /// Where it leaves its parent; `None` for a trunk.
    pub fork: Option<Fork>,
    /// Its own checkpoints, in ascending steps.
    pub checkpoints: Vec<Checkpoint>,
    /// Its own log.
    pub log: TrainingLog,
    /// Its learning-rate phases, in ascending steps, those of the path before the fork included.
    pub phases: Vec<PhaseStart>,
}

/// All branches of a run, parents before children.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RunTree {
    /// The branches.
    pub branches: Vec<Branch>,
}

impl RunTree {
    /// The branch of that name.
    pub fn branch(&self, name: &str) -> Option<&Branch> {
        self.branches.iter().find(|branch| branch.name == name)
    }

    /// The path that leads to the end of a branch: the checkpoints of its ancestors up to each fork, then its own.
    pub fn path(&self, name: &str) -> Vec<&Checkpoint> {
        let Some(branch) = self.branch(name) else {
            return Vec::new();
        };
        let mut path = match &branch.fork {
            Some(fork) => {
                let mut before = self.path(&fork.branch);
                before.retain(|checkpoint| checkpoint.step <= fork.step);
                before
            }
            None => Vec::new(),
        };
        path.extend(&branch.checkpoints);
        path
    }

    /// The log that leads to the end of a branch: the entries of its ancestors up to each fork, then its own.
    pub fn log_path(&self, name: &str) -> Vec<&LogEntry> {
        let Some(branch) = self.branch(name) else {
            return Vec::new();
        };
        let mut path = match &branch.fork {
            Some(fork) => {
                let mut before = self.log_path(&fork.branch);
                before.retain(|entry| entry.step <= fork.step);
                before
            }
            None => Vec::new(),
        };
        path.extend(&branch.log.entries);
        path
    }
}

/// Everything that a unit's numbers depend on; its hash is the unit's key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "content hashes (blake3, hex) and settings that explain themselves")]
pub struct UnitInputs {
    pub weights: String,
    pub config: String,
    pub tokenizer: String,
    pub chat_template: Option<String>,
    pub task: String,
    pub task_definition: String,
    pub data: String,
    pub shots: usize,
    pub perturb: Option<String>,
    pub precision: String,
    pub dt_floor: String,
    /// `always` or `never`; `None` leaves BOS to the tokenizer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bos: Option<String>,
    pub scoring_version: u32,
}

/// One immutable file of item records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunk {
    /// File name inside the unit's folder.
    pub file: String,
    /// Number of its first item.
    pub first: usize,
    /// How many items it holds.
    pub items: usize,
    /// blake3 of the file's bytes, hex.
    pub blake3: String,
}

/// What computing a unit took.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// Wall time of scoring.
    pub seconds: f64,
    /// Tokens that went through the model.
    pub tokens_computed: u64,
    /// Tokens a harness without prefix sharing would compute (context and continuation of every request).
    pub tokens_requested: u64,
}

/// Contents of `unit.json`: one leaf task on one checkpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnitRecord {
    /// Hash of `inputs`, hex.
    pub key: String,
    /// Everything the numbers depend on.
    pub inputs: UnitInputs,
    /// The checkpoint as it was placed in the run when the unit was scored.
    pub checkpoint: Checkpoint,
    /// Leaf task, as the catalogue names it.
    pub task: String,
    /// Shots of every item.
    pub shots: usize,
    /// Score of guessing, in [0, 1], where the task has one.
    pub chance: Option<f64>,
    /// The metric drawn first (`acc_norm` for HellaSwag).
    pub primary_metric: String,
    /// Every metric with its error bars.
    pub metrics: Vec<MetricValue>,
    /// Whether more is better, of metrics of which an import says so otherwise than their names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub higher_is_better: BTreeMap<String, bool>,
    /// Items scored.
    pub items: usize,
    /// Items of the whole task.
    pub items_total: usize,
    /// Items whose prompt was cut from the left to fit the context limit.
    pub truncated: usize,
    /// Requests whose context is no token prefix of context and continuation together.
    pub off_token_edge: usize,
    /// What a reader should know: substituted few-shot pools, refused rows.
    pub warnings: Vec<String>,
    /// The files beside this one.
    pub chunks: Vec<Chunk>,
    /// What it took.
    pub cost: Cost,
    /// When it was finished, RFC 3339, UTC.
    pub finished: String,
    /// Version of the program that wrote it.
    pub version: String,
}

impl UnitRecord {
    /// The value of one metric.
    pub fn metric(&self, name: &str) -> Option<&MetricValue> {
        self.metrics.iter().find(|metric| metric.name == name)
    }

    /// Whether more of a metric is better.
    pub fn higher_is_better(&self, metric: &str) -> bool {
        self.higher_is_better.get(metric).copied().unwrap_or_else(|| spyglass_tasks::metric::higher_is_better(metric))
    }
}

/// A unit with its item records.
#[derive(Debug, Clone)]
pub struct Unit {
    /// The summary.
    pub record: UnitRecord,
    /// The items, in order of `doc_id`.
    pub items: Arc<Vec<ItemRecord>>,
}

/// A prompt pack on one checkpoint, with what was said.
#[derive(Debug, Clone)]
pub struct PackUnit {
    /// The summary; its task is the pack, its metrics are those of [`spyglass_tasks::vibes::PackSummary`].
    pub record: UnitRecord,
    /// The conversations, in the pack's order.
    pub transcripts: Arc<Vec<Transcript>>,
}

/// A unit that could not be scored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// Branch of the checkpoint.
    pub branch: String,
    /// Step of the checkpoint.
    pub step: u64,
    /// Variant of the checkpoint, where a step has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// Leaf task; `None` when the checkpoint itself could not be read.
    pub task: Option<String>,
    /// What went wrong, with file, place and mend.
    pub reason: String,
    /// When, RFC 3339, UTC.
    pub time: String,
}

impl Failure {
    /// Stands as the branch of a failure that no single checkpoint is to blame for: a task without data.
    pub const EVERYWHERE: &str = "*";
}

/// An item as a person reads it; records hold only numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemText {
    /// Number of the document in its split, from 0.
    pub doc_id: usize,
    /// What part of the task it belongs to (an MMLU subject), where there are parts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// What the model reads before each choice.
    pub context: String,
    /// The choices.
    pub choices: Vec<String>,
}

/// The items of one task with its settings, as text: the same for every checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskTexts {
    /// Leaf task, as the catalogue names it.
    pub task: String,
    /// Shots of every item.
    pub shots: usize,
    /// How the items are perturbed, where they are.
    pub perturb: Option<String>,
    /// The items, in order of `doc_id`.
    pub items: Arc<Vec<ItemText>>,
}

/// Tasks that are read together (`mmlu_stem`), outer groups before inner ones.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TaskGroup {
    /// Name of the group.
    pub name: String,
    /// Its leaf tasks, those of inner groups included.
    pub leaves: Vec<String>,
    /// Whether its score is the mean over items (`true`) or over tasks.
    pub weight_by_size: bool,
    /// Metrics that are weighed the other way.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub other_way: BTreeSet<String>,
    /// Scores of the group that came with an import: there they stand in place of means over its tasks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub told: Vec<GroupScores>,
}

/// A group's own scores on one checkpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupScores {
    /// Branch of the checkpoint.
    pub branch: String,
    /// Its step.
    pub step: u64,
    /// Its variant, where a step has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// Shots of the tasks.
    pub shots: usize,
    /// The scores.
    pub metrics: Vec<MetricValue>,
}

impl GroupScores {
    /// The checkpoint.
    pub fn at(&self) -> At<'_> {
        (&self.branch, self.step, self.variant.as_deref())
    }

    /// The score in one metric.
    pub fn metric(&self, name: &str) -> Option<&MetricValue> {
        self.metrics.iter().find(|metric| metric.name == name)
    }
}

impl TaskGroup {
    /// How much each task counts in a metric.
    pub fn weighting(&self, metric: &str) -> Weighting {
        if self.weight_by_size == self.other_way.contains(metric) { Weighting::Plain } else { Weighting::BySize }
    }

    /// What an import says of the group on this checkpoint.
    pub fn told_at(&self, at: At<'_>, shots: usize) -> Option<&GroupScores> {
        self.told.iter().find(|told| told.at() == at && told.shots == shots)
    }

    /// The same tasks, weighed alike.
    pub fn is_same(&self, other: &Self) -> bool {
        let all =
            |group: &Self| (group.name.clone(), group.leaves.clone(), group.weight_by_size, group.other_way.clone());
        all(self) == all(other)
    }
}

/// A checkpoint, as a reader's rating names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[expect(missing_docs, reason = "fields of the same name in `Checkpoint`")]
pub struct RatingPlace {
    pub branch: String,
    pub step: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
}

/// What one reader thought of a conversation, or of two checkpoints' answers beside each other: a line of the JSONL that the
/// report exports.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rating {
    /// Who rated.
    pub rater: String,
    /// Name of the pack.
    pub pack: String,
    /// Id of the prompt.
    pub prompt: String,
    /// The conversation's variables.
    #[serde(default)]
    pub variables: serde_json::Map<String, serde_json::Value>,
    /// Number of the repeat, from 0.
    #[serde(default)]
    pub repeat: usize,
    /// What was said.
    #[serde(flatten)]
    pub opinion: Opinion,
    /// When, RFC 3339.
    #[serde(default)]
    pub time: String,
}

/// A reader's opinion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Opinion {
    /// One to five, and a note.
    #[expect(missing_docs, reason = "the names say it")]
    Stars {
        at: RatingPlace,
        #[serde(deserialize_with = "one_to_five")]
        stars: u8,
        #[serde(default)]
        note: String,
    },
    /// The two checkpoints were hidden until the vote.
    #[expect(missing_docs, reason = "the names say it")]
    Pair { a: RatingPlace, b: RatingPlace, winner: Winner },
}

/// Which of two was better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", try_from = "String")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Winner {
    A,
    B,
    Tie,
}

impl TryFrom<String> for Winner {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "a" => Ok(Self::A),
            "b" => Ok(Self::B),
            "tie" => Ok(Self::Tie),
            _ => Err(format!("`winner` is `a`, `b` or `tie`, not `{text}`")),
        }
    }
}

fn one_to_five<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    let stars = u64::deserialize(deserializer)?;
    let fits = u8::try_from(stars).ok().filter(|stars| (1..=5).contains(stars));
    fits.ok_or_else(|| serde::de::Error::custom(format!("`stars` are 1 to 5, not {stars}")))
}

impl Rating {
    /// The checkpoints it speaks of.
    pub fn places(&self) -> Vec<&RatingPlace> {
        match &self.opinion {
            Opinion::Stars { at, .. } => vec![at],
            Opinion::Pair { a, b, .. } => vec![a, b],
        }
    }

    /// Stars, 1 to 5, of one checkpoint.
    pub fn stars(&self) -> Option<(&RatingPlace, f64)> {
        match &self.opinion {
            Opinion::Stars { at, stars, .. } => Some((at, f64::from(*stars))),
            Opinion::Pair { .. } => None,
        }
    }

    /// A comparison: 1 the first won, 0 the second, ½ neither.
    pub fn game(&self) -> Option<(&RatingPlace, &RatingPlace, f64)> {
        let Opinion::Pair { a, b, winner } = &self.opinion else { return None };
        let score = match winner {
            Winner::A => 1.0,
            Winner::B => 0.0,
            Winner::Tie => 0.5,
        };
        Some((a, b, score))
    }

    /// Names the conversation that was judged, whatever order its variables are written in.
    pub fn talk(&self) -> String {
        let variables: std::collections::BTreeMap<_, _> = self.variables.iter().collect();
        let variables = serde_json::to_string(&variables).expect("plain data");
        format!("{}/{}/{variables}/{}", self.pack, self.prompt, self.repeat)
    }
}

/// A run with its results: all that analysis and report need.
#[derive(Debug, Clone)]
pub struct Run {
    /// The run's name.
    pub name: String,
    /// Branches, checkpoints, logs, phases.
    pub tree: RunTree,
    /// The newest unit per (branch, step, variant, task, settings).
    pub units: Vec<Unit>,
    /// Likewise of the prompt packs: the newest per (branch, step, variant, pack, settings).
    pub packs: Vec<PackUnit>,
    /// What readers thought of it.
    pub ratings: Vec<Rating>,
    /// Older units with other keys, for the provenance page.
    pub superseded: Vec<UnitRecord>,
    /// Units that failed and are not done yet.
    pub failures: Vec<Failure>,
    /// The items as text, for those who want to read them; a task may be missing.
    pub texts: Vec<TaskTexts>,
    /// The groups that the run file asks for.
    pub groups: Vec<TaskGroup>,
    /// The run file as it was read, for the provenance page.
    pub run_file: String,
    /// When the report is made, RFC 3339, UTC.
    pub generated: String,
    /// Version of the program.
    pub version: String,
}
