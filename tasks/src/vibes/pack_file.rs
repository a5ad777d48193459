//! A prompt pack as it is written in YAML: the keys, before variables are filled in and checks are read.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::checks::Assertion;
use super::sampling::Sampling;
use super::transcript_format::TranscriptFormat;
use crate::yaml::count;

/// A prompt pack: conversations that are held with every checkpoint, and checks on what it says.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Spyglass prompt pack")]
#[expect(clippy::struct_field_names, reason = "the key of the pack's name is `pack`")]
pub(crate) struct Pack {
    /// Name of the pack, by which it is selected.
    pub pack: String,
    /// What the pack finds out, in a line.
    #[serde(default)]
    pub description: String,
    /// How replies are sampled, unless a prompt says otherwise.
    #[serde(default)]
    pub defaults: SamplingKeys,
    /// How a model without a chat template is spoken to.
    #[serde(default)]
    pub transcript: TranscriptFormat,
    /// The prompts.
    pub prompts: Vec<Prompt>,
}

/// A struct whose last keys are the sampling settings, each optional: serde cannot both flatten them in and refuse unknown keys.
macro_rules! with_sampling_keys {
    ($(#[$about:meta])* struct $name:ident { $($own:tt)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct $name {
            $($own)*
            /// 0 (the default) is greedy.
            pub temperature: Option<f64>,
            /// Sample from the smallest set of tokens with so much probability; 1 (the default) is all.
            pub top_p: Option<f64>,
            /// Greatest length of one reply in tokens (48).
            #[serde(default, deserialize_with = "count::optional")]
            pub max_tokens: Option<usize>,
            /// How often each conversation is held (1).
            #[serde(default, deserialize_with = "count::optional")]
            pub repeats: Option<usize>,
            /// Goes into the seed of every conversation (0).
            #[serde(default, deserialize_with = "count::optional")]
            pub seed: Option<u64>,
            /// A reply ends before the first of these.
            pub stop: Option<Vec<String>>,
        }

        impl $name {
            /// The settings `before`, but for those that stand here.
            pub(crate) fn over(&self, before: Sampling) -> Sampling {
                Sampling {
                    temperature: self.temperature.unwrap_or(before.temperature),
                    top_p: self.top_p.unwrap_or(before.top_p),
                    max_tokens: self.max_tokens.unwrap_or(before.max_tokens),
                    repeats: self.repeats.unwrap_or(before.repeats),
                    seed: self.seed.unwrap_or(before.seed),
                    stop: self.stop.clone().unwrap_or(before.stop),
                }
            }
        }
    };
}

with_sampling_keys! {
    /// Sampling settings of all prompts.
    #[derive(Default)]
    struct SamplingKeys {}
}

with_sampling_keys! {
    /// One prompt: a conversation for every combination of its variables. Its sampling settings stand in place of the pack's.
    struct Prompt {
        /// Name, unique in the pack.
        pub id: String,
        /// Words to filter by.
        #[serde(default)]
        pub tags: Vec<String>,
        /// What this prompt is meant to show.
        #[serde(default)]
        pub notes: String,
        /// The system text, before the first turn.
        pub system: Option<String>,
        /// Lists of values; every combination is one conversation. `{{ name }}` stands for one of them in every text.
        #[serde(default)]
        pub vars: Map<String, Value>,
        /// A check of every reply; how many turns it holds is the stickiness.
        pub persona: Option<CheckKeys>,
        /// Share that passes by chance, in [0, 1].
        #[serde(default)]
        pub baseline: f64,
        /// The user's turns.
        pub turns: Vec<Turn>,
        /// Checks on the replies of the whole conversation, one after the other.
        #[serde(default)]
        pub assert: Vec<CheckKeys>,
    }
}

/// What the user says, and what is asked of the reply.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Turn {
    /// What the user says.
    pub user: String,
    /// Checks on the reply.
    #[serde(default)]
    pub assert: Vec<CheckKeys>,
    /// Continuations whose log-likelihoods are compared before the model replies.
    pub choose: Option<Choose>,
    /// A good reply; its log-likelihood per token is recorded.
    pub reference: Option<String>,
}

/// Continuations that are right (in character) and wrong (out of it).
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Choose {
    /// Right continuations; the best counts.
    pub right: Vec<String>,
    /// Wrong continuations; the best counts.
    pub wrong: Vec<String>,
}

/// The keys of a check: `type`, the check's own, `weight` and `threshold`.
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent)]
pub(crate) struct CheckKeys(pub Map<String, Value>);

impl JsonSchema for CheckKeys {
    fn schema_name() -> Cow<'static, str> {
        "Check".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Assertion::schema(generator)
    }
}
