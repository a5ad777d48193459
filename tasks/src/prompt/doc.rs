//! A row as templates see it.

use std::collections::HashSet;

use serde_json::Value;

use super::templates::Templates;
use crate::definition::Declared;
use crate::error::Result;
use crate::item::Row;

/// A row as templates see it, with the names of all columns of its data set.
pub(crate) struct Doc<'r> {
    pub(crate) row: &'r Row,
    pub(crate) columns: &'r HashSet<String>,
    context: minijinja::Value,
}

impl<'r> Doc<'r> {
    pub(crate) fn new(row: &'r Row, columns: &'r HashSet<String>) -> Self {
        Self { row, columns, context: minijinja::Value::from(minijinja::value::Serde(row)) }
    }

    /// What a declared key gives for this row: the raw column where the text is a column's name, else the template
    /// under `key`, else the value itself.
    pub(crate) fn resolve(&self, templates: &Templates, key: &str, declared: &Declared) -> Result<Resolved, String> {
        match declared {
            Declared::Index(index) => Ok(Resolved::Raw((*index).into())),
            Declared::List(items) => Ok(Resolved::Raw(items.clone().into())),
            Declared::Table(table) => Ok(Resolved::Raw(table.values().cloned().collect::<Vec<_>>().into())),
            Declared::Text(text) if self.columns.contains(text) => match self.row.get(text) {
                Some(value) => Ok(Resolved::Raw(value.clone())),
                None => Err(format!("`{key}`: the column `{text}` is missing here")),
            },
            Declared::Text(_) => templates.render(key, &self.context).map(Resolved::Rendered),
        }
    }
}

/// What a key gives: a value as it is, or text from a template.
pub(crate) enum Resolved {
    Raw(Value),
    Rendered(String),
}
