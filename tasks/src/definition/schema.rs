//! The keys of a task file and of a group file: those of lm-evaluation-harness that declare, and a few of ours.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::chance::Chance;
use super::fewshot::FewshotConfig;
use super::generation::{FilterPipeline, GenerationKwargs, MetricEntry};
use super::output_type::{OutputType, Perturb};
use super::single::Words;
use super::values::{self, DataFiles, Declared};
use crate::long::LongSpec;
use crate::yaml::count;

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
    /// Something hidden in texts of several lengths, in place of data; `{subject}` in the task's name is the length.
    pub long: Option<LongSpec>,
    /// One leaf task for each of these names, listed under a tag.
    #[serde(deserialize_with = "absent_as_default")]
    pub subjects: Map<String, Value>,
}

/// `key:` with nothing after it is as if the key were not there.
fn absent_as_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
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
