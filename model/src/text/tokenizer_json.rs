//! `tokenizer.json`, looked at before the crate that reads it: it breaks off at some damages, and tells of others without their place.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::path::Path;

use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use tokenizers::Tokenizer;
use tokenizers::normalizers::Precompiled;

use super::merges;
use crate::error::{Error, Result};

const AGAIN: &str = "copy the file again from where it came, or save it anew with transformers";
const ONE_ID: &str = "give each token an id of its own in `added_tokens` and `model.vocab`, as the checkpoint was trained; \
     after a `model.vocab` that is a list the ids go on without a hole";

/// Reads the tokenizer in `file`.
///
/// # Errors
/// The file cannot be read, is no tokenizer, or one that is damaged: merges of tokens that are not there, added tokens whose ids others have.
pub(super) fn read(file: &Path) -> Result<Tokenizer> {
    let bytes = fs_err::read(file).map_err(Error::io(file))?;
    let wrong = |problem: String| Error::Tokenizer { file: file.to_owned(), problem, mend: AGAIN.into() };
    let no_tokenizer = |error: &dyn fmt::Display| wrong(format!("is not a tokenizer: {error}"));
    let told: Told<'_> = serde_json::from_slice(&bytes).map_err(|error| no_tokenizer(&error))?;
    if let Some(flaw) = told.model.flaw().or_else(|| told.normalizer.as_ref().and_then(normalizer_flaw)) {
        return Err(wrong(flaw));
    }
    let tokenizer = Tokenizer::from_bytes(&bytes).map_err(|error| no_tokenizer(&error))?;
    if tokenizer.get_vocab_size(true) == 0 {
        return Err(wrong("has no tokens: `model.vocab` is empty".into()));
    }
    let added = told.added_tokens.as_deref().unwrap_or_default();
    if misnumbered(added, &tokenizer).is_none() {
        return Ok(tokenizer);
    }
    let clash = |problem: String| Error::Tokenizer { file: file.to_owned(), problem, mend: ONE_ID.into() };
    let json: Value = serde_json::from_slice(&bytes).map_err(|error| no_tokenizer(&error))?;
    let json = numbered(json, added).map_err(clash)?;
    let tokenizer = Tokenizer::from_bytes(json.to_string()).map_err(|error| no_tokenizer(&error))?;
    match misnumbered(added, &tokenizer) {
        None => Ok(tokenizer),
        Some(problem) => Err(clash(problem)),
    }
}

/// The first added token that has another id than the file says: the crate numbers those that are not in the vocabulary in their order,
/// from its size on.
fn misnumbered(added: &[Added], tokenizer: &Tokenizer) -> Option<String> {
    added.iter().enumerate().find_map(|(at, Added { id, content })| {
        let own = tokenizer.token_to_id(content).filter(|own| own != id)?;
        Some(format!("`added_tokens[{at}]` says that `{content}` is token {id}, and it is read as token {own}"))
    })
}

/// The file with its added tokens in the vocabulary, where they have the ids that it says. A list of scored pieces has no place for them:
/// there they are put in the order of their ids.
///
/// # Errors
/// Two tokens with one id, or two ids of one token.
fn numbered(mut json: Value, added: &[Added]) -> Result<Value, String> {
    if !json.pointer("/model/vocab").is_some_and(Value::is_object) {
        if let Some(list) = json.pointer_mut("/added_tokens").and_then(Value::as_array_mut) {
            list.sort_by_key(|token| token["id"].as_u64());
        }
        return Ok(json);
    }
    let vocab = json.pointer_mut("/model/vocab").and_then(Value::as_object_mut).expect("it was just found to be one");
    let mut tokens: HashMap<u64, String> =
        vocab.iter().filter_map(|(token, id)| Some((id.as_u64()?, token.clone()))).collect();
    for (at, Added { id, content }) in added.iter().enumerate() {
        let (said, id) = (format!("`added_tokens[{at}]` says that `{content}` is token {id}"), u64::from(*id));
        match vocab.get(content).and_then(Value::as_u64) {
            Some(own) if own == id => {}
            Some(own) => return Err(format!("{said}, and elsewhere the file says {own}")),
            None if content.is_empty() => {} // the crate passes it over
            None => {
                if let Some(other) = tokens.insert(id, content.clone()) {
                    return Err(format!("{said}, and elsewhere the file says that `{other}` is"));
                }
                vocab.insert(content.clone(), id.into());
            }
        }
    }
    Ok(json)
}

/// What is looked at of the file.
#[derive(Deserialize)]
struct Told<'a> {
    added_tokens: Option<Vec<Added>>,
    normalizer: Option<Value>,
    #[serde(borrow)]
    model: Model<'a>,
}

#[derive(Deserialize)]
struct Added {
    id: u32,
    content: String,
}

#[derive(Deserialize)]
struct Model<'a> {
    continuing_subword_prefix: Option<String>,
    #[serde(borrow, default)]
    vocab: Names<'a>,
    #[serde(borrow)]
    merges: Option<Vec<Merge<'a>>>,
}

/// The tokens of a vocabulary by name; those of a list of scored pieces, which nothing is merged of, are passed over.
#[derive(Default)]
struct Names<'a>(HashSet<Cow<'a, str>>);

/// A text of the file, where it can be without a copy.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// A merge as newer and as older files write it.
enum Merge<'a> {
    Pair([Text<'a>; 2]),
    Line(Text<'a>),
}

impl Model<'_> {
    fn flaw(&self) -> Option<String> {
        let merges = self.merges.as_deref().unwrap_or_default();
        let prefix = self.continuing_subword_prefix.as_deref().unwrap_or_default();
        let first = usize::from(merges.first().is_some_and(Merge::is_heading));
        let pairs = merges[first..].iter().map(Merge::pair);
        let (at, problem) = merges::flaw(pairs, prefix, |token| self.vocab.0.contains(token))?;
        Some(format!("`model.merges[{}]` {problem}", first + at))
    }
}

impl Merge<'_> {
    /// Whether it is the first line of a `merges.txt`, which the crate passes over.
    fn is_heading(&self) -> bool {
        matches!(self, Self::Line(line) if line.0.starts_with("#version"))
    }

    fn pair(&self) -> Option<[&str; 2]> {
        match self {
            Self::Pair([left, right]) => Some([&left.0, &right.0]),
            Self::Line(line) => {
                let (left, right) = line.0.split_once(' ')?;
                (!right.contains(' ')).then_some([left, right])
            }
        }
    }
}

/// A table of characters that the crate breaks off at, in this normalizer or in one of a sequence.
fn normalizer_flaw(normalizer: &Value) -> Option<String> {
    if normalizer.get("type").is_some_and(|kind| kind == "Precompiled") {
        let error = serde_json::from_str::<Precompiled>(&normalizer.to_string()).err()?;
        return Some(format!("`normalizer`: its `precompiled_charsmap` is damaged: {error}"));
    }
    normalizer.get("normalizers")?.as_array()?.iter().find_map(normalizer_flaw)
}

impl<'de: 'a, 'a> Deserialize<'de> for Names<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All<'a>(Names<'a>);
        impl<'de: 'a, 'a> Visitor<'de> for All<'a> {
            type Value = Names<'a>;

            fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
                to.write_str("tokens with their ids")
            }

            fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Names<'a>, A::Error> {
                while let Some((Text(name), _)) = map.next_entry::<_, u32>()? {
                    self.0.0.insert(name);
                }
                Ok(self.0)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Names<'a>, A::Error> {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(self.0)
            }
        }
        deserializer.deserialize_any(All(Names::default()))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Merge<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct One<'a>(std::marker::PhantomData<&'a ()>);
        impl<'de: 'a, 'a> Visitor<'de> for One<'a> {
            type Value = Merge<'a>;

            fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
                to.write_str("two tokens")
            }

            fn visit_borrowed_str<E>(self, line: &'de str) -> Result<Merge<'a>, E> {
                Ok(Merge::Line(Text(line.into())))
            }

            fn visit_str<E>(self, line: &str) -> Result<Merge<'a>, E> {
                Ok(Merge::Line(Text(line.to_owned().into())))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Merge<'a>, A::Error> {
                Deserialize::deserialize(serde::de::value::SeqAccessDeserializer::new(list)).map(Merge::Pair)
            }
        }
        deserializer.deserialize_any(One(std::marker::PhantomData))
    }
}
