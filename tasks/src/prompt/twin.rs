//! Choice-shuffled twins: the same item, its choices in another order.

use super::doc::Doc;
use super::item_builder::Builder;
use super::reading::Asked;
use super::shuffle;
use crate::definition::Declared;
use crate::item::Row;

/// How the choices of a twin are put in order.
pub(super) enum Order {
    /// The choices themselves: place i holds choice `0[i]`.
    Choices(Vec<usize>),
    /// The options in the row, which the labels follow; with the index of the right one before.
    Options(Vec<usize>, usize),
}

impl Builder<'_> {
    /// The row of a choice-shuffled twin, and how its choices are to be put in order.
    pub(super) fn twin(&self, doc_id: usize, row: Row) -> Result<(Row, Order), String> {
        let templates = &self.plan.templates;
        let processed = templates.process(&row)?;
        let reading = self.plan.keys.read(templates, &Doc::new(&processed, self.columns))?;
        let choices =
            reading.choices.as_ref().filter(|choices| choices.len() > 1).ok_or("fewer than two choices to shuffle")?;
        let order = shuffle::order(self.task.name, doc_id, choices.len());
        let labels = matches!(self.plan.keys.choice, Some(Declared::List(_) | Declared::Table(_)));
        if !labels || matches!(reading.asked, Asked::Index(_)) {
            return Ok((row, Order::Choices(order)));
        }
        let gold = Self::gold(&reading.target, choices, None)?;
        let twin = shuffle::reordered(&row, self.plan.keys.target.text(), &order)
            .ok_or_else(|| format!("`perturb: shuffle` wants one column that lists the {} options", order.len()))?;
        Ok((twin, Order::Options(order, gold)))
    }
}
