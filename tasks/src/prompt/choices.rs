//! The question of a multiple-choice row, and which choice is right.

use serde_json::Value;

use super::item_builder::Builder;
use super::reading::{Asked, Reading, Target, nth};
use super::twin::Order;
use crate::python;
use crate::question::Question;

impl Builder<'_> {
    /// Gold index and question of a multiple-choice row.
    pub(super) fn choices(
        &self,
        reading: &Reading,
        prefix: &str,
        order: Option<&Order>,
    ) -> Result<(usize, Question), String> {
        let choices = reading.choices.as_ref().ok_or("`doc_to_choice` gives nothing")?;
        if choices.len() < 2 {
            return Err(format!("{} choices: at least two are wanted", choices.len()));
        }
        if let Some(empty) = choices.iter().position(String::is_empty) {
            return Err(format!("choice {empty} is empty"));
        }
        let delimiter = &self.plan.keys.delimiter;
        let in_order = |gold: usize| match order {
            Some(Order::Choices(order) | Order::Options(order, _)) => {
                order.iter().position(|choice| *choice == gold).expect("an order holds each choice once")
            }
            None => gold,
        };
        match &reading.asked {
            Asked::Text(question) => {
                let gold = match order {
                    Some(Order::Options(_, gold)) => *gold,
                    _ => Self::gold(&reading.target, choices, order)?,
                };
                let continuations = choices.iter().map(|choice| format!("{delimiter}{choice}")).collect();
                let context = prefix.to_owned() + &self.plan.keys.ending(question);
                Ok((in_order(gold), Question::Choices { context, continuations, unconditional: self.unconditional }))
            }
            Asked::Index(index) => {
                nth(choices, *index)?;
                let target = reading.target.logged();
                if python::strip(&target).is_empty() {
                    return Err("`doc_to_target` gives nothing to be scored".into());
                }
                let contexts =
                    choices.iter().map(|choice| prefix.to_owned() + &self.plan.keys.ending(choice)).collect();
                Ok((
                    in_order(*index as usize),
                    Question::Contexts { contexts, continuation: format!("{delimiter}{target}") },
                ))
            }
        }
    }

    /// Index of the right choice, in the order of the data.
    pub(super) fn gold(target: &Target, choices: &[String], order: Option<&Order>) -> Result<usize, String> {
        match target {
            Target::Index(index) => nth(choices, *index).map(|_| *index as usize),
            Target::Text(text) => {
                let place = choices.iter().position(|choice| choice == text);
                let place = place.ok_or_else(|| format!("the answer `{text}` is not one of the choices"))?;
                Ok(if let Some(Order::Choices(order)) = order { order[place] } else { place })
            }
            Target::Several(values) => match values.as_slice() {
                [Value::String(text)] => Self::gold(&Target::Text(text.clone()), choices, order),
                [value] if value.is_i64() => Self::gold(&Target::Index(value.as_i64().unwrap_or(-1)), choices, order),
                _ => Err(format!("{} right answers: there must be one", values.len())),
            },
        }
    }
}
