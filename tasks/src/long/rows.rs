//! The rows of one length: what each hides and asks.

use std::path::Path;
use std::sync::Arc;

use serde_json::json;

use super::body::Body;
use super::haystack::Haystack;
use super::spec::{Kind, LongSpec};
use super::{counts, facts, needles, variables};
use crate::error::{Error, Result};
use crate::icl::Dice;
use crate::item::Row;
use crate::text;

/// One row, and the text it asks about.
#[derive(Debug, Clone)]
pub(crate) struct LongRow {
    pub(crate) row: Row,
    pub(crate) haystack: Arc<Haystack>,
    /// Where what is asked for lies, as a fraction of the text; `None` where it lies everywhere.
    pub(crate) depth: Option<f64>,
}

/// What is asked of a text.
pub(super) struct Asked {
    pub(super) question: String,
    /// The right choice.
    pub(super) right: String,
    /// The others.
    pub(super) wrong: Vec<String>,
    /// What a reply has to hold.
    pub(super) answers: Vec<String>,
    pub(super) depth: Option<f64>,
}

/// A text, and all that is asked of it.
pub(super) struct Text {
    pub(super) haystack: Haystack,
    pub(super) asked: Vec<Asked>,
}

/// The rows of a task: the same on every machine, text after text, and those of a limit are the first of all. `file` is what messages call
/// the task file, `home` its folder.
///
/// # Errors
/// The filler cannot be read, or holds no sentence.
pub(crate) fn rows(spec: &LongSpec, file: &str, home: Option<&Path>) -> Result<Vec<LongRow>> {
    let body = Arc::new(match &spec.filler {
        Some(name) => read(name, file, home)?,
        None => Body::Sentences,
    });
    let texts = (0..spec.texts).flat_map(|number| {
        let texts = match spec.kind {
            Kind::Needle => needles::texts(spec, &body, number),
            Kind::Variables => vec![variables::text(&body, number)],
            Kind::Common => vec![counts::common(number)],
            Kind::Frequent => vec![counts::frequent(number)],
            Kind::Facts => vec![facts::text(&body, number, spec.hops)],
        };
        texts.into_iter().map(move |text| (number, text))
    });
    let asked = texts.flat_map(|(number, text)| {
        let haystack = Arc::new(text.haystack);
        text.asked.into_iter().map(move |asked| (number, Arc::clone(&haystack), asked))
    });
    Ok(asked.enumerate().map(row).collect())
}

fn read(name: &str, file: &str, home: Option<&Path>) -> Result<Body> {
    let path = home.unwrap_or(Path::new("")).join(name);
    let wrong = |problem: String| Error::Definition {
        file: file.to_owned(),
        problem: format!("`long.filler: {name}` {problem}"),
        help: "name a text file, relative to the task file, or leave the key out for sentences of our own".into(),
    };
    if !path.is_file() {
        return Err(wrong("is no file".into()));
    }
    Body::of_text(&text::read(&path)?).ok_or_else(|| wrong("holds no words".into()))
}

/// Row number `at` of the task: a number that no other row has, of whatever text, places its right choice.
fn row((at, (number, haystack, asked)): (usize, (usize, Arc<Haystack>, Asked))) -> LongRow {
    let mut dice = Dice::new("choices", at);
    let mut choices = asked.wrong;
    let gold = dice.below(choices.len() + 1);
    choices.insert(gold, asked.right);
    let row = Row::from_iter([
        ("question".to_owned(), asked.question.into()),
        ("choices".to_owned(), json!(choices)),
        ("gold".to_owned(), gold.into()),
        ("answers".to_owned(), json!(asked.answers)),
        ("text".to_owned(), number.into()),
    ]);
    LongRow { row, haystack, depth: asked.depth }
}
