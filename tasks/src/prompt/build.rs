//! The items of a task: its rows, each with its shots before it.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use rayon::prelude::*;
use serde_json::Value;

use super::asking::Asking;
use super::doc::{Doc, Resolved};
use super::plan::Plan;
use super::question::{Asked, Reading, Target, nth, printed};
use super::rows::Pool;
use super::shots::{Draw, draw};
use super::shuffle;
use crate::data::{Split, SplitRow};
use crate::definition::{Declared, OutputType};
use crate::error::{Error, Result};
use crate::hash::sha256_hex;
use crate::item::{BadRow, Item, Items, Question, Row};
use crate::{metric, python};

/// Builds the items, the first `limit` of them.
///
/// # Errors
/// Data that are missing or cannot be read, a pool smaller than the shots, no row that can be asked.
pub(crate) fn build(task: &Asking<'_>, data: &[PathBuf], limit: Option<usize>) -> Result<Items> {
    let plan = task.plan;
    let asked = plan.asked_split(task, data)?;
    let total = asked.rows.len();
    let count = limit.map_or(total, |limit| limit.min(total));
    let mut warnings = plan.warnings.clone();
    let bare = plan.output == OutputType::LoglikelihoodRolling || plan.is_generated();
    let shots = if bare { 0 } else { task.shots };
    if shots != task.shots {
        warnings.push("whole texts and generated rows are read without shots".into());
    }
    let mut pool = if shots > 0 { Some(plan.pool(task, data, &mut warnings)?) } else { None };
    if let Some(pool) = &mut pool {
        // The same file under two names: an item may draw itself here, too.
        pool.one_more |= pool.split.hashes == asked.hashes && !asked.hashes.is_empty();
    }
    let mut columns: HashSet<String> = names(&asked.rows);
    columns.extend(pool.iter().flat_map(|pool| names(&pool.split.rows)));
    columns.extend(plan.file.process.keys().cloned());
    let prefixes = match &pool {
        Some(pool) => pool.prefixes(task, &asked, shots, count, &columns)?,
        None => vec![Ok(String::new()); count],
    };
    let builder = Builder { task, plan, columns: &columns, unconditional: needs(task, metric::needs_unconditional) };
    let built: Vec<Result<Item, BadRow>> = asked.rows[..count]
        .par_iter()
        .zip(prefixes)
        .enumerate()
        .map(|(doc_id, (row, prefix))| {
            let bad = |problem| BadRow { file: asked.file(row).to_owned(), line: row.line, doc_id, problem };
            builder.item(doc_id, &row.row, &prefix.map_err(bad)?).map_err(bad)
        })
        .collect();
    let (mut items, mut bad_rows) = (Vec::with_capacity(count), Vec::new());
    for item in built {
        match item {
            Ok(item) => items.push(item),
            Err(bad) => bad_rows.push(bad),
        }
    }
    if let (true, Some(first)) = (items.is_empty(), bad_rows.first()) {
        let (file, line, problem) = (first.file.clone(), first.line, first.problem.clone());
        let columns = shown_columns(&columns);
        return Err(Error::AllRowsBad {
            task: task.name.to_owned(),
            rows: bad_rows.len(),
            file,
            line,
            problem,
            columns,
        });
    }
    warnings.extend(index_or_choice(task, &items));
    let hashes = asked.hashes.iter().chain(pool.iter().flat_map(|pool| &pool.split.hashes));
    let data_hash = sha256_hex(hashes.cloned().collect::<String>().as_bytes());
    let chance = task.chance.or_else(|| chance(&items));
    Ok(Items { items, warnings, bad_rows, data_hash, total, chance })
}

/// The rows of the split that is asked, with the columns of `process`.
pub(crate) fn processed(task: &Asking<'_>, data: &[PathBuf]) -> Result<Vec<Row>> {
    let plan = task.plan;
    let split = plan.asked_split(task, data)?;
    let process = |row: &SplitRow| {
        plan.templates.process(&row.row).map_err(|problem| Error::Data {
            file: split.file(row).into(),
            line: row.line,
            problem,
            help: "do the names in the task file fit the columns of the data?".into(),
        })
    };
    split.rows.par_iter().map(process).collect()
}

fn names(rows: &[SplitRow]) -> HashSet<String> {
    let mut names = HashSet::new();
    for row in rows {
        for name in row.row.keys() {
            if !names.contains(name) {
                names.insert(name.clone());
            }
        }
    }
    names
}

/// The columns of a data set for a message, a few of them where there are many.
fn shown_columns(columns: &HashSet<String>) -> String {
    let short = |name: &String| format!("`{}`", name.chars().take(40).collect::<String>());
    let mut names: Vec<String> = columns.iter().map(short).collect();
    names.sort_unstable();
    let more = names.len().saturating_sub(10);
    names.truncate(10);
    names.join(", ") + &if more > 0 { format!(" and {more} more") } else { String::new() }
}

/// A word where answers are numbers that could be the index of one choice or the text of another.
///
/// As in lm-evaluation-harness the index counts: of the choices 1, 2, 3, 4 the answer 2 is the one called 3.
fn index_or_choice(task: &Asking<'_>, items: &[Item]) -> Option<String> {
    let is_both = |item: &&Item| {
        let number = item.target.parse::<usize>().is_ok_and(|index| index == item.gold);
        number && item.choices.contains(&item.target) && item.choices.get(item.gold) != Some(&item.target)
    };
    let (first, count) = (items.iter().find(is_both)?, items.iter().filter(is_both).count());
    // Indices into choices that happen to be numbers meet one by chance now and then.
    (!task.is_shuffled && 2 * count >= items.len()).then(|| {
        format!(
            "in {count} of {} items the answer is the index of one choice and the text of another (document {}: the \
             answer {} is taken as an index, which is the choice `{}`); where the text is meant, write `doc_to_target` \
             so that it gives the index",
            items.len(),
            first.doc_id,
            first.target,
            first.choices[first.gold]
        )
    })
}

fn needs(task: &Asking<'_>, what: fn(&str) -> bool) -> bool {
    task.metrics.iter().any(|name| what(name))
}

/// The mean over items of one over the number of choices; `None` where items have no choices.
fn chance(items: &[Item]) -> Option<f64> {
    let share = |item: &Item| (item.choices.len() > 1).then(|| 1.0 / item.choices.len() as f64);
    let shares = items.iter().map(share).collect::<Option<Vec<f64>>>()?;
    (!shares.is_empty()).then(|| shares.iter().sum::<f64>() / shares.len() as f64)
}

impl Pool {
    /// For each item the text of its shots; the message of a shot that cannot be shown.
    fn prefixes(
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
        let texts: std::collections::HashMap<usize, Result<String, String>> = used.par_iter().map(text).collect();
        let prefix = |rows: &Vec<usize>| rows.iter().map(|row| texts[row].clone()).collect::<Result<String, String>>();
        Ok(drawn.par_iter().map(prefix).collect())
    }
}

struct Builder<'t> {
    task: &'t Asking<'t>,
    plan: &'t Plan,
    columns: &'t HashSet<String>,
    unconditional: bool,
}

impl Builder<'_> {
    fn item(&self, doc_id: usize, row: &Row, shots: &str) -> Result<Item, String> {
        let (plan, mut row) = (self.plan, row.clone());
        let mut order = None;
        if self.task.is_shuffled {
            let (twin, places) = self.twin(doc_id, row)?;
            (row, order) = (twin, Some(places));
        }
        let row = plan.templates.process(&row)?;
        let doc = Doc::new(&row, self.columns);
        let mut reading = plan.keys.read(&plan.templates, &doc)?;
        if let (Some(Order::Choices(order)), Some(choices)) = (&order, &mut reading.choices) {
            *choices = order.iter().map(|choice| choices[*choice].clone()).collect();
        }
        let target = reading.target.logged();
        let prefix = self.description(&doc)? + shots;
        let (gold, question) = match plan.output {
            OutputType::MultipleChoice => self.choices(&reading, &prefix, order.as_ref())?,
            OutputType::Loglikelihood if plan.is_generated() => (0, drawn_tokens(&reading.target)?),
            OutputType::Loglikelihood => {
                if python::strip(&target).is_empty() {
                    return Err("`doc_to_target` gives nothing to be scored".into());
                }
                let context = prefix + text(&reading)?;
                reading.choices = Some(vec![target.clone()]);
                (
                    0,
                    Question::Choices {
                        context,
                        continuations: vec![target.clone()],
                        unconditional: self.unconditional,
                    },
                )
            }
            OutputType::LoglikelihoodRolling => (0, self.rolling(&doc, target.clone())?),
            OutputType::GenerateUntil => {
                let context = prefix + &plan.keys.ending(text(&reading)?);
                (0, self.generation(context, &reading.target))
            }
        };
        let cluster = plan.file.cluster.as_ref().map(|cluster| self.named(&doc, "cluster", cluster)).transpose()?;
        let subject = self.task.subject.map(str::to_owned).or_else(|| row.get("subject")?.as_str().map(str::to_owned));
        Ok(Item {
            doc_id,
            subject,
            cluster: cluster
                .map(|cluster| if cluster.len() > 64 { sha256_hex(cluster.as_bytes())[..16].into() } else { cluster }),
            gold,
            choices: reading.choices.unwrap_or_default(),
            target,
            question,
            wants_token_logprobs: needs(self.task, metric::needs_token_logprobs),
            doc: Arc::new(row),
        })
    }

    fn description(&self, doc: &Doc<'_>) -> Result<String, String> {
        let Some(description) = &self.plan.file.description else { return Ok(String::new()) };
        match doc.resolve(&self.plan.templates, "description", description)? {
            Resolved::Rendered(text) => Ok(text),
            Resolved::Raw(value) => Ok(printed(&value)),
        }
    }

    fn named(&self, doc: &Doc<'_>, key: &str, template: &str) -> Result<String, String> {
        match doc.resolve(&self.plan.templates, key, &Declared::Text(template.to_owned()))? {
            Resolved::Rendered(text) => Ok(text),
            Resolved::Raw(value) => Ok(printed(&value)),
        }
    }

    /// Gold index and question of a multiple-choice row.
    fn choices(&self, reading: &Reading, prefix: &str, order: Option<&Order>) -> Result<(usize, Question), String> {
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
    fn gold(target: &Target, choices: &[String], order: Option<&Order>) -> Result<usize, String> {
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

    /// The row of a choice-shuffled twin, and how its choices are to be put in order.
    fn twin(&self, doc_id: usize, row: Row) -> Result<(Row, Order), String> {
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

    fn rolling(&self, doc: &Doc<'_>, text: String) -> Result<Question, String> {
        let counted = match &self.plan.file.counted {
            Some(counted) => self.named(doc, "counted", counted)?,
            None => text.clone(),
        };
        if python::strip(&text).is_empty() || counted.is_empty() {
            return Err("the text is empty".into());
        }
        let words = words(&counted);
        Ok(Question::Rolling { text, words, bytes: counted.len(), max_tokens: self.plan.file.max_tokens })
    }

    fn generation(&self, context: String, target: &Target) -> Question {
        let targets: Vec<String> = match target {
            Target::Several(values) => values.iter().map(printed).collect(),
            one => vec![one.logged()],
        };
        let normalise = |text: String| self.plan.target_filters.iter().fold(text, |text, filter| filter.apply(&text));
        Question::Generate {
            context,
            settings: self.plan.generation.clone(),
            filters: Arc::clone(&self.plan.filters),
            targets: targets.into_iter().map(normalise).collect(),
        }
    }
}

/// How the choices of a twin are put in order.
enum Order {
    /// The choices themselves: place i holds choice `0[i]`.
    Choices(Vec<usize>),
    /// The options in the row, which the labels follow; with the index of the right one before.
    Options(Vec<usize>, usize),
}

/// Random tokens of a generated data set.
fn drawn_tokens(target: &Target) -> Result<Question, String> {
    let number = |value: &Value| value.as_u64().and_then(|draw| u32::try_from(draw).ok());
    let draws = match target {
        Target::Several(values) => values.iter().map(number).collect::<Option<Vec<u32>>>(),
        _ => None,
    };
    draws.map(|draws| Question::Tokens { draws }).ok_or_else(|| "`doc_to_target` gives no list of draws".into())
}

fn text(reading: &Reading) -> Result<&str, String> {
    match &reading.asked {
        Asked::Text(text) => Ok(text),
        Asked::Index(index) => Err(format!("`doc_to_text` gives the number {index}, not a text")),
    }
}

/// Words as lm-evaluation-harness counts them: the pieces between runs of white space, empty ones at the ends too.
fn words(text: &str) -> usize {
    let mut runs = 0;
    let mut in_run = false;
    for c in text.chars() {
        let space = python::is_space(c);
        runs += usize::from(space && !in_run);
        in_run = space;
    }
    runs + 1
}
