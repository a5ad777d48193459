//! The shots of each item, as text.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use rayon::prelude::*;

use super::asking::Asking;
use super::doc::Doc;
use super::rows::Pool;
use super::shots::{Draw, draw};
use crate::data::Split;
use crate::error::{Error, Result};

impl Pool {
    /// For each item the text of its shots; the message of a shot that cannot be shown.
    pub(super) fn prefixes(
        &self,
        task: &Asking<'_>,
        asked: &Split,
        shots: usize,
        count: usize,
        columns: &HashSet<String>,
    ) -> Result<Vec<Result<String, String>>> {
        let plan = task.plan;
        let is_copy = |item: usize, row: usize| {
            let (item, row) = (&asked.rows[item].row, &self.split.rows[row].row);
            Arc::ptr_eq(item, row) || item == row
        };
        let how = if self.one_more { Draw::OneMore } else { Draw::Exact };
        let drawn = draw(plan.sampler, how, self.split.rows.len(), shots, count, is_copy).ok_or_else(|| {
            let note =
                if self.one_more { " (one more than the shots is drawn, lest an item is its own shot)" } else { "" };
            let (task, split, pool) = (task.name.to_owned(), self.name.clone(), self.split.rows.len());
            Error::SmallPool { task, shots, split, pool, note }
        })?;
        let mut used: Vec<usize> = drawn.iter().flatten().copied().collect();
        used.sort_unstable();
        used.dedup();
        let text = |index: &usize| {
            let row = &self.split.rows[*index];
            let text = plan
                .templates
                .process(&row.row)
                .and_then(|row| plan.shot_keys.shot(&plan.templates, &Doc::new(&row, columns)));
            let text = text.map_err(|error| format!("its shot {}:{}: {error}", self.split.file(row), row.line));
            (*index, text)
        };
        let texts: HashMap<usize, Result<String, String>> = used.par_iter().map(text).collect();
        let prefix = |rows: &Vec<usize>| rows.iter().map(|row| texts[row].clone()).collect::<Result<String, String>>();
        Ok(drawn.par_iter().map(prefix).collect())
    }
}
