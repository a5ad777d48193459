//! Numbers and truth values that stand for texts: what is asked and looked for is what the pack writes, digit by digit.

use serde_json::Value;

use crate::error::Result;
use crate::vibes::pack_file::{CheckKeys, Prompt};
use crate::vibes::reader::Reader;
use crate::vibes::variables::scalar;
use crate::yaml::{Step, written};

/// Checks whose `value` is a number; that of all others is a text.
const OF_NUMBERS: [&str; 4] = ["number", "word-count", "line-count", "bullet-count"];

/// Refuses what would be asked or looked for in other characters than it is written in: YAML reads `1.50` as 1.5.
pub(super) fn check(reader: &Reader, prompts: &[Prompt]) -> Result<()> {
    for (index, prompt) in prompts.iter().enumerate() {
        let here = [Step::Key("prompts"), Step::Item(index)];
        let at = |steps: &[Step<'static>]| [&here[..], steps].concat();
        for (name, values) in &prompt.vars {
            let path = [&here[..], &[Step::Key("vars"), Step::Key(name.as_str())]].concat();
            as_written(reader, &path, values)?;
        }
        if let Some(persona) = &prompt.persona {
            check_keys(reader, &at(&[Step::Key("persona")]), persona)?;
        }
        for (number, keys) in prompt.assert.iter().enumerate() {
            check_keys(reader, &at(&[Step::Key("assert"), Step::Item(number)]), keys)?;
        }
        for (turn, said) in prompt.turns.iter().enumerate() {
            for (number, keys) in said.assert.iter().enumerate() {
                let steps = [Step::Key("turns"), Step::Item(turn), Step::Key("assert"), Step::Item(number)];
                check_keys(reader, &at(&steps), keys)?;
            }
        }
    }
    Ok(())
}

fn check_keys(reader: &Reader, path: &[Step], keys: &CheckKeys) -> Result<()> {
    let kind = keys.0.get("type").and_then(Value::as_str).unwrap_or_default();
    if OF_NUMBERS.contains(&kind.strip_prefix("not-").unwrap_or(kind)) {
        return Ok(());
    }
    for key in ["value", "of"] {
        if let Some(value) = keys.0.get(key) {
            as_written(reader, &[path, &[Step::Key(key)]].concat(), value)?;
        }
    }
    Ok(())
}

/// Looks at one value, or at each of a list.
fn as_written(reader: &Reader, path: &[Step], read: &Value) -> Result<()> {
    let is_text = |value: &Value| matches!(value, Value::String(_));
    if is_text(read) || read.as_array().is_some_and(|values| values.iter().all(is_text)) {
        return Ok(());
    }
    match (read, written(reader.text, path, read)) {
        (Value::Array(values), Some(Value::Array(texts))) => {
            for (index, (value, text)) in values.iter().zip(&texts).enumerate() {
                one(reader, &[path, &[Step::Item(index)]].concat(), value, text)?;
            }
            Ok(())
        }
        (read, Some(text)) => one(reader, path, read, &text),
        (_, None) => Ok(()),
    }
}

fn one(reader: &Reader, path: &[Step], read: &Value, text: &Value) -> Result<()> {
    let Some(text) = text.as_str() else { return Ok(()) };
    let is_other = |shown: &String| shown != text;
    let shown = match read {
        Value::Number(_) => [read.to_string(), scalar(read).to_string()].into_iter().find(is_other),
        Value::Bool(_) => Some(read.to_string()).filter(is_other),
        // JSON, through which values go, has neither.
        Value::Null if [".inf", ".nan"].contains(&text.trim_start_matches(['+', '-']).to_lowercase().as_str()) => {
            Some("no number".into())
        }
        _ => None,
    };
    let Some(shown) = shown else { return Ok(()) };
    let problem = format!("`{text}` is read as {shown}, which is not what is written");
    let mend = format!("put quotes round it, as in `\"{text}\"`, to keep it as it is");
    Err(reader.refuse(path, problem, &mend))
}
