//! Where checkpoints lie on the hub, as the run file says it: a repository, a list of them, or one by one.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{self, Deserializer, SeqAccess, Visitor};

use super::branch::BranchSpec;
use crate::checkpoint::Named;
use crate::hub::{Address, Source};

/// What stands in place of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HubSpec {
    /// One repository: the pattern names its branches and tags; behind an `@`, or where no branch fits, the folders of one of them.
    One(String),
    /// A repository a checkpoint: the pattern names the repositories.
    Several(Vec<String>),
}

impl<'de> Deserialize<'de> for HubSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrSeveral;
        impl<'de> Visitor<'de> for OneOrSeveral {
            type Value = HubSpec;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "a repository such as EleutherAI/pythia-160m, or a list of repositories with one checkpoint each",
                )
            }
            fn visit_str<E: de::Error>(self, value: &str) -> Result<HubSpec, E> {
                Ok(HubSpec::One(value.into()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<HubSpec, A::Error> {
                Vec::deserialize(de::value::SeqAccessDeserializer::new(seq)).map(HubSpec::Several)
            }
        }
        deserializer.deserialize_any(OneOrSeveral)
    }
}

impl JsonSchema for HubSpec {
    fn schema_name() -> Cow<'static, str> {
        "HubSpec".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]})
    }
}

/// What is wrong, as the end of a sentence that begins with the branch, and the mend.
type Wrong = (String, String);

impl BranchSpec {
    /// Where its checkpoints lie on the hub; `None` where they lie on disk.
    ///
    /// # Errors
    /// An address that is none, or keys that do not go together.
    pub(crate) fn on_hub(&self) -> Result<Option<Source>, Wrong> {
        let address = |key: &str, text: &String| {
            let help = "write organisation/name, organisation/name@revision, or a folder of it behind either; no address in front";
            Address::parse(text).map_err(|what| (format!("names `{key}: {text}`, which {what}"), help.to_owned()))
        };
        let listed: Vec<_> = self.folders.iter().filter_map(|entry| Some((entry, entry.hub.as_ref()?))).collect();
        match &self.hub {
            None if listed.is_empty() => Ok(None),
            None if listed.len() < self.folders.len() || !self.path.as_os_str().is_empty() => Err((
                "has `folders` on the hub and on disk".into(),
                "make two branches of them, each with one kind of `folders`".into(),
            )),
            None => {
                let named = |step, tokens| Named { step, tokens, ..Named::default() };
                let one = |&(entry, text): &(&super::listed::FolderSpec, &String)| {
                    Ok((named(entry.step, entry.tokens), address("hub", text)?))
                };
                listed.iter().map(one).collect::<Result<_, Wrong>>().map(|listed| Some(Source::Listed(listed)))
            }
            Some(HubSpec::One(text)) => {
                let address = address("hub", text)?;
                if !address.is_bare() && !self.revisions.is_empty() {
                    let what = format!("has `revisions:`, and `hub: {text}` names a revision or a folder already");
                    return Err((
                        what,
                        "keep one of the two: the pattern names branches, or the folders of one".into(),
                    ));
                }
                Ok(Some(Source::One(address)))
            }
            Some(HubSpec::Several(list)) if list.is_empty() => {
                Err(("has an empty list of repositories as its `hub`".into(), "list one at least".into()))
            }
            Some(HubSpec::Several(_)) if !self.revisions.is_empty() => Err((
                "has `revisions:`, and a list of repositories".into(),
                "write the revision behind each: `hub: [organisation/name@revision, …]`".into(),
            )),
            Some(HubSpec::Several(list)) => list
                .iter()
                .map(|text| address("hub", text))
                .collect::<Result<_, _>>()
                .map(|list| Some(Source::Several(list))),
        }
    }
}
