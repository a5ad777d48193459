//! Task files from disk and from the program itself, with what they `include`.

use std::path::Path;

use include_dir::Dir;
use serde::Serialize;
use serde_json::{Map, Value};

use super::group_file::GroupFile;
use super::origin::{Origin, SHIPPED};
use super::schema::TaskFile;
use super::tree::Tree;
use crate::error::{Error, Result};
use crate::{text, yaml};

/// All shipped task files, in the order of their names.
pub(super) fn shipped() -> Vec<Origin> {
    fn walk(dir: &Dir<'static>, found: &mut Vec<Origin>) {
        let yaml = dir.files().filter(|file| file.path().extension().is_some_and(|end| end == "yaml"));
        found.extend(yaml.map(|file| Origin::Shipped(file.path().to_owned())));
        dir.dirs().for_each(|dir| walk(dir, found));
    }
    let mut found = Vec::new();
    walk(&SHIPPED, &mut found);
    found.sort_by_key(Origin::name);
    found
}

/// All task files below a folder, in the order of their names: `.yaml` and `.yml` files that are neither a run file nor a
/// prompt pack, in which a folder may hold its whole project, and none of those that a system hides.
pub(super) fn in_folder(folder: &Path) -> Result<Vec<Origin>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs_err::read_dir(&folder)? {
            let entry = entry?;
            let path = entry.path();
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "yaml" || end == "yml")
                && !matches!(yaml::Kind::of(&text::read(&path)?), yaml::Kind::Run | yaml::Kind::Pack)
            {
                found.push(Origin::Disk(path));
            }
        }
    }
    found.sort_by_key(Origin::name);
    Ok(found)
}

/// What a file holds once its `include` is resolved.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Task(Box<TaskFile>),
    Group(Box<GroupFile>),
    /// Neither: a file that others include.
    Template,
}

/// A file with what it includes.
#[derive(Debug, Clone)]
pub(super) struct Loaded {
    pub(super) origin: Origin,
    pub(super) kind: Kind,
    /// The keys of all files of the chain, nearer ones over farther ones.
    pub(super) tree: Map<String, Value>,
    /// Names and texts of the file and of what it includes.
    pub(super) texts: Vec<(String, String)>,
}

/// Reads a task file and what it includes; every key of every file is checked in its place.
pub(super) fn load(origin: &Origin) -> Result<Loaded> {
    let mut chain = vec![origin.identity()];
    let mut texts = Vec::new();
    let mut tree = Map::new();
    let mut next = Some(origin.clone());
    while let Some(current) = next.take() {
        let (name, text) = (current.name(), current.text()?);
        let mut keys = match yaml::parse_task::<Tree>(&name, &text)?.0 {
            Value::Object(keys) => keys,
            Value::Null => Map::new(),
            _ => {
                let help = "a task file is a table: `task: name`, `doc_to_text: ...`".into();
                return Err(Error::Definition { file: name, problem: "this is not a table of keys".into(), help });
            }
        };
        if is_group(&keys) {
            if !keys.contains_key("include") {
                take_texts(&mut keys, &yaml::parse_task::<GroupFile>(&name, &text)?);
            }
        } else if !keys.is_empty() {
            take_texts(&mut keys, &yaml::parse_task::<TaskFile>(&name, &text)?);
        }
        if let Some(included) = keys.get("include").and_then(Value::as_str) {
            let included = current.included(included)?;
            let identity = included.identity();
            let circle = chain.contains(&identity);
            chain.push(identity);
            if circle {
                let chain: Vec<String> = chain.iter().map(Origin::name).collect();
                return Err(Error::IncludeCycle { file: origin.name(), chain: chain.join(" → ") });
            }
            next = Some(included);
        }
        for (key, value) in keys {
            if key != "include" && !tree.contains_key(&key) {
                tree.insert(key, value);
            }
        }
        texts.push((name, text));
    }
    let wrong = |error: serde_json::Error| Error::Definition {
        file: origin.name(),
        problem: error.to_string(),
        help: "look at what it includes, too".into(),
    };
    let kind = if is_group(&tree) {
        Kind::Group(serde_json::from_value(tree.clone().into()).map_err(wrong)?)
    } else if tree.get("task").is_some_and(Value::is_string) {
        Kind::Task(serde_json::from_value(tree.clone().into()).map_err(wrong)?)
    } else {
        Kind::Template
    };
    Ok(Loaded { origin: origin.clone(), kind, tree, texts })
}

fn is_group(keys: &Map<String, Value>) -> bool {
    keys.get("group").is_some_and(|name| name.is_string() || name.is_number())
        && keys.get("task").is_some_and(Value::is_array)
}

/// Puts the text that a key's type read in the place of the number or truth value that YAML takes it for: `task: 123`
/// is a name.
fn take_texts(keys: &mut Map<String, Value>, read: &impl Serialize) {
    let read = serde_json::to_value(read).expect("what was read can be written");
    for (key, value) in keys {
        take_text(value, &read[key.as_str()]);
    }
}

fn take_text(value: &mut Value, read: &Value) {
    match (value, read) {
        (value @ (Value::Number(_) | Value::Bool(_)), Value::String(_)) => *value = read.clone(),
        (Value::Object(table), Value::Object(read)) => {
            for (key, value) in table {
                take_text(value, read.get(key).unwrap_or(&Value::Null));
            }
        }
        (Value::Array(items), Value::Array(read)) => {
            items.iter_mut().zip(read).for_each(|(item, read)| take_text(item, read));
        }
        _ => {}
    }
}
