//! The keys of a task file and of a group file: those of lm-evaluation-harness that declare, and a few of ours.

use schemars::JsonSchema;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::chance::Chance;
use super::single::Words;
use super::tree::{Tree, TreeVisitor};
use super::values::{self, DataFiles, Declared};
use crate::yaml::{count, told};

/// A task file. Keys that only name Python code are known, so that the message can say what to write instead.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(title = "Spyglass task file")]
pub(crate) struct TaskFile {
    /// Name of the task; `{subject}` in it stands for each of `subjects`.
    pub task: Option<String>,
    /// Name in tables.
    pub task_alias: Option<String>,
    /// Names under which several tasks can be asked for together.
    pub tag: Words,
    /// Old spelling of `tag`.
    pub group: Words,
    /// A file whose keys this one takes over, unless it has them itself.
    pub include: Option<String>,
    /// The data set as the hub names it; also the folders in which its files are looked for.
    pub dataset_path: Option<String>,
    /// The part of the data set.
    pub dataset_name: Option<String>,
    /// Only `data_files` counts here: a file, or files for each split.
    pub dataset_kwargs: Option<DatasetKwargs>,
    /// Python code; refused.
    pub custom_dataset: Option<Declared>,
    /// The split shots are drawn from.
    pub training_split: Option<String>,
    /// The split that is asked where there is no `test_split`.
    pub validation_split: Option<String>,
    /// The split that is asked.
    pub test_split: Option<String>,
    /// The split shots are drawn from, before `training_split`.
    pub fewshot_split: Option<String>,
    /// Python code; refused: see `process`.
    pub process_docs: Option<Declared>,
    /// Columns to add to each row: a name and a Jinja expression, in order; later ones see earlier ones.
    #[serde(deserialize_with = "absent_as_default")]
    pub process: Map<String, Value>,
    /// The question: a Jinja template or a column.
    #[serde(deserialize_with = "values::text")]
    pub doc_to_text: Option<Declared>,
    /// The answer: a Jinja template, a column, an index into the choices or a list.
    #[serde(deserialize_with = "values::target")]
    pub doc_to_target: Option<Declared>,
    /// The choices: a Jinja template, a column, a list, or a table whose values are the choices.
    #[serde(deserialize_with = "values::choices")]
    pub doc_to_choice: Option<Declared>,
    /// Python code; refused.
    pub process_results: Option<Declared>,
    /// Prompts of promptsource; refused.
    pub use_prompt: Option<String>,
    /// Text before all shots, a Jinja template.
    #[serde(deserialize_with = "values::text")]
    pub description: Option<Declared>,
    /// Between question and answer; one space unless given.
    pub target_delimiter: Option<String>,
    /// After each shot; an empty line unless given.
    pub fewshot_delimiter: Option<String>,
    /// How shots are drawn and shown.
    #[serde(deserialize_with = "absent_as_default")]
    pub fewshot_config: FewshotConfig,
    /// Shots unless asked for otherwise; a literal 0 cannot be raised.
    #[serde(deserialize_with = "count::optional")]
    pub num_fewshot: Option<usize>,
    /// What is asked of the model.
    pub output_type: Option<OutputType>,
    /// When a reply ends, for `generate_until`.
    #[serde(deserialize_with = "absent_as_default")]
    pub generation_kwargs: GenerationKwargs,
    /// Answers to one prompt; only 1 is possible.
    #[serde(deserialize_with = "count::optional")]
    pub repeats: Option<usize>,
    /// What is done to a reply before it is compared.
    #[serde(deserialize_with = "absent_as_default")]
    pub filter_list: Vec<FilterPipeline>,
    /// Metrics; the usual ones of the output type unless given.
    pub metric_list: Option<Vec<MetricEntry>>,
    /// Not used.
    pub should_decontaminate: Option<bool>,
    /// Not used.
    pub doc_to_decontamination_query: Option<Declared>,
    /// Text with which the answer begins.
    pub gen_prefix: Option<String>,
    /// `version`, and whatever else.
    pub metadata: Option<Value>,
    /// Not used.
    pub unsafe_code: Option<bool>,
    /// Not used: a question that is a number says so itself.
    pub multiple_inputs: Option<bool>,
    /// Not used.
    pub template_aliases: Option<Value>,

    /// One line for the list of tasks.
    pub about: Option<String>,
    /// Where the data come from.
    pub source: Option<String>,
    /// Licence of the data.
    pub licence: Option<String>,
    /// Score of guessing, in [0, 1], or `per-item` where the number of choices varies.
    pub chance: Option<Chance>,
    /// What is done to the items, for robustness checks.
    pub perturb: Option<Perturb>,
    /// What items share: a column or a Jinja template. Their scores may vary together.
    pub cluster: Option<String>,
    /// The metric that curves show.
    pub primary_metric: Option<String>,
    /// The text whose words and bytes perplexity is counted over, where it is not the text that is read.
    pub counted: Option<String>,
    /// Only that many tokens from the start of a text are read.
    #[serde(deserialize_with = "count::optional")]
    pub max_tokens: Option<usize>,
    /// One leaf task for each of these names, listed under a tag.
    #[serde(deserialize_with = "absent_as_default")]
    pub subjects: Map<String, Value>,
}

/// A group file: tasks whose scores are shown together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Spyglass group file")]
pub(crate) struct GroupFile {
    /// Name of the group.
    pub group: String,
    /// Name in tables.
    #[serde(default)]
    pub group_alias: Option<String>,
    /// Tasks, groups, tags, or groups written out here.
    pub task: Vec<Member>,
    /// Metrics of the group.
    #[serde(default)]
    pub aggregate_metric_list: Vec<GroupMetricEntry>,
    /// `version`, and whatever else.
    #[serde(default)]
    pub metadata: Option<Value>,
    /// One line for the list of tasks.
    #[serde(default)]
    pub about: Option<String>,
    /// Not used.
    #[serde(default)]
    pub tag: Words,
    /// A file whose keys this one takes over, unless it has them itself.
    #[serde(default)]
    pub include: Option<String>,
}

/// One entry of a group's `task` list.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Member {
    /// The name of a task, group or tag.
    Name(String),
    /// A group within the group; it is called `outer::inner`.
    Group(Box<GroupFile>),
}

impl<'de> Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameOrGroup;
        impl<'de> Visitor<'de> for NameOrGroup {
            type Value = Member;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("the name of a task, group or tag, or a group")
            }
            fn visit_str<E>(self, name: &str) -> Result<Member, E> {
                Ok(Member::Name(name.to_owned()))
            }
            fn visit_u64<E>(self, name: u64) -> Result<Member, E> {
                Ok(Member::Name(name.to_string()))
            }
            fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Member, A::Error> {
                let Tree(table) = Tree(TreeVisitor.visit_map(entries)?);
                if table.get("group").is_none() {
                    let name = table.get("task").map(|name| format!(" `{}`", name.as_str().unwrap_or("task")));
                    let problem = format!("a task written out inside a group{} is not read", name.unwrap_or_default());
                    return Err(told(&problem, "give it a file of its own, and put its name here"));
                }
                serde_json::from_value(table).map(Member::Group).map_err(Error::custom)
            }
        }
        deserializer.deserialize_any(NameOrGroup)
    }
}

/// One metric of a group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupMetricEntry {
    /// Name of the metric.
    pub metric: String,
    /// Only `mean`.
    #[serde(default)]
    pub aggregation: Option<String>,
    /// Each task counts by its items (or all tasks alike).
    #[serde(default = "yes")]
    pub weight_by_size: bool,
    /// Not used: there is one filter pipeline.
    #[serde(default)]
    pub filter_list: Words,
}

/// `key:` with nothing after it is as if the key were not there.
fn absent_as_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

fn yes() -> bool {
    true
}

/// Settings of the data set; all but `data_files` and `data_dir` are for the hub and not used.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct DatasetKwargs {
    /// Files, relative to the task file or to a data folder; `*`, `?` and `[…]` stand for what varies in a name, `**` for folders.
    #[serde(default)]
    pub data_files: Option<DataFiles>,
    /// The folder of the files, relative to the task file, to a data folder or to the data set's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_dir: Option<String>,
    /// Whatever the hub wants.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// How shots are drawn and shown. What is absent is as in the task.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct FewshotConfig {
    /// How shots are drawn.
    pub sampler: Option<Sampler>,
    /// The split they come from.
    pub split: Option<String>,
    /// The shots themselves, as rows.
    pub samples: Option<Declared>,
    /// The pool is only these rows of the split.
    pub fewshot_indices: Option<Vec<usize>>,
    /// Python code; refused.
    pub process_docs: Option<Declared>,
    /// As in the task.
    #[serde(deserialize_with = "values::text")]
    pub doc_to_text: Option<Declared>,
    /// As in the task.
    #[serde(deserialize_with = "values::target")]
    pub doc_to_target: Option<Declared>,
    /// As in the task.
    #[serde(deserialize_with = "values::choices")]
    pub doc_to_choice: Option<Declared>,
    /// As in the task.
    pub gen_prefix: Option<String>,
    /// As in the task.
    pub target_delimiter: Option<String>,
    /// As in the task.
    pub fewshot_delimiter: Option<String>,
}

/// How shots are drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Sampler {
    /// Anew for each item, as `random.sample` draws.
    #[default]
    Default,
    /// The first of the pool, in order.
    FirstN,
    /// Drawn once, the same for every item.
    Fixed,
}

/// What is asked of the model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names of the field")]
pub enum OutputType {
    #[default]
    MultipleChoice,
    Loglikelihood,
    LoglikelihoodRolling,
    GenerateUntil,
}

impl OutputType {
    /// The metrics of a task that lists none, as in lm-evaluation-harness.
    pub(crate) fn usual_metrics(self) -> &'static [&'static str] {
        match self {
            Self::MultipleChoice => &["acc", "acc_norm"],
            Self::Loglikelihood => &["perplexity", "acc"],
            Self::LoglikelihoodRolling => &["word_perplexity", "byte_perplexity", "bits_per_byte"],
            Self::GenerateUntil => &["exact_match"],
        }
    }
}

/// When a reply ends, and how it is sampled.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct GenerationKwargs {
    /// Stop strings; the delimiter of shots unless given.
    pub until: Words,
    /// Greedy when false.
    pub do_sample: Option<bool>,
    /// 0 is greedy.
    pub temperature: Option<f64>,
    /// Longest reply, in tokens; 256 unless given.
    #[serde(alias = "max_new_tokens")]
    #[serde(deserialize_with = "count::optional")]
    pub max_gen_toks: Option<usize>,
    /// Not used.
    pub top_p: Option<f64>,
    /// Not used.
    #[serde(deserialize_with = "count::optional")]
    pub top_k: Option<usize>,
}

/// One way from a reply to what is compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FilterPipeline {
    /// Name of the pipeline.
    #[serde(default)]
    pub name: Option<String>,
    /// Its steps.
    pub filter: Vec<FilterStep>,
}

/// One step of a pipeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FilterStep {
    /// Its name.
    pub function: String,
    /// For `regex`: the pattern.
    #[serde(default)]
    pub regex_pattern: Option<String>,
    /// For `regex`: which match counts; negative from the end.
    #[serde(default)]
    pub group_select: Option<isize>,
    /// For `regex`: what stands for no match.
    #[serde(default)]
    pub fallback: Option<String>,
}

/// One metric of a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MetricEntry {
    /// Its name.
    pub metric: Declared,
    /// How items become one number; each metric knows its own.
    #[serde(default)]
    pub aggregation: Option<Declared>,
    /// Whether more is better; each metric knows.
    #[serde(default)]
    pub higher_is_better: Option<bool>,
    /// For `exact_match`: case does not count.
    #[serde(default)]
    pub ignore_case: bool,
    /// For `exact_match`: punctuation does not count.
    #[serde(default)]
    pub ignore_punctuation: bool,
    /// For `exact_match`: what these match does not count.
    #[serde(default)]
    pub regexes_to_ignore: Vec<String>,
}

/// What is done to the items, for robustness checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Perturb {
    /// The choices of each item in another order, drawn from a seed.
    Shuffle,
}

impl Perturb {
    /// All there are.
    pub const ALL: [Self; 1] = [Self::Shuffle];

    /// Its name in task files, run files and results.
    pub fn name(self) -> &'static str {
        match self {
            Self::Shuffle => "shuffle",
        }
    }

    /// The one of that name; results may name one that this version does not know.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }
}
