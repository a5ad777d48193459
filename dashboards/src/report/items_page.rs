//! The items of one task: which flipped when, and each one's prompt, choices and log-likelihoods at every checkpoint.
//!
//! Numbers travel as base64: one byte a P(gold) for the list, and for the detail a file for every [`DETAIL_ITEMS`] items,
//! loaded when one of them is opened.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use serde_json::{Value, json};
use spyglass_tasks::ItemRecord;

use super::Error;
use super::address::{checkpoint_name, command_side};
use super::curves::TaskUnits;
use super::decomposition::Context;
use super::items_bytes::{coded, p_byte, right_byte};
use super::items_twin::{Twin, twin};
use super::site::Site;
use crate::number::tokens;
use crate::run::{Checkpoint, ItemText, Run, TaskTexts, Unit};

/// Items in one detail file.
const DETAIL_ITEMS: usize = 200;
/// Checkpoints whose log-likelihoods the detail shows; of more, an even choice with the first and last of each branch.
const DETAIL_CHECKPOINTS: usize = 48;
/// Characters of a context that are shown: its end, where the question is.
const CONTEXT_CHARS: usize = 1500;
/// Characters of a reply that are kept: its beginning.
const REPLY_CHARS: usize = 600;
/// Characters of an item in the list, and of its right answer.
const SNIPPET_CHARS: usize = 110;
const ANSWER_CHARS: usize = 60;

/// What the template shows.
#[derive(Serialize)]
struct ItemsPage {
    title: String,
    /// The task as a command takes it.
    task: String,
    /// Checkpoints that may be chosen: name and words.
    places: Vec<(String, String)>,
    /// The one with most tokens.
    newest: String,
    /// How the same items were asked otherwise.
    twins: Vec<String>,
    task_page: String,
    count: usize,
    data: String,
    details: String,
    subjects: Vec<String>,
    /// Names and colours.
    branches: Vec<(String, usize)>,
    thinned: bool,
    /// The right answer of some item is a text that is kept.
    answered: bool,
}

/// One item at all checkpoints.
struct Column<'a> {
    text: Option<&'a ItemText>,
    /// By checkpoint.
    records: Vec<Option<&'a ItemRecord>>,
}

/// Writes the page of a task's items and its data; `false` where no unit brings its items.
pub(super) fn write(site: &Site, context: &Context<'_>, task: &TaskUnits<'_>) -> Result<bool, Error> {
    let Context { run, slug, .. } = *context;
    let checkpoints: Vec<(usize, &Checkpoint)> = (run.tree.branches.iter().enumerate())
        .flat_map(|(branch, b)| b.checkpoints.iter().map(move |checkpoint| (branch, checkpoint)))
        .filter(|(_, checkpoint)| task.at(checkpoint).is_some_and(|unit| !unit.items.is_empty()))
        .collect();
    let units: Vec<&Unit> = checkpoints.iter().filter_map(|(_, checkpoint)| task.at(checkpoint)).collect();
    let items = columns(run, task, &units);
    if items.is_empty() {
        return Ok(false);
    }
    let shown = chosen(&checkpoints);
    let at = |(branch, checkpoint): &(usize, &Checkpoint)| json!([branch, checkpoint.step, checkpoint.tokens]);
    let subjects: Vec<String> = {
        let names = items.values().filter_map(|item| item.text?.subject.clone());
        names.collect::<std::collections::BTreeSet<_>>().into_iter().collect()
    };
    let branches: Vec<(String, usize)> =
        (run.tree.branches.iter()).map(|branch| (branch.name.clone(), run.tree.colour(&branch.name))).collect();
    let twins: Vec<Twin<'_>> = context.tasks.iter().filter_map(|other| twin(task, other, &checkpoints)).collect();
    let ids: Vec<usize> = items.keys().copied().collect();
    let cue = cue(items.values().filter_map(|item| Some(item.text?.context.as_str())));
    let answers: Vec<String> = items.values().map(answer).collect();
    let list = json!({
        "branches": branches,
        "checkpoints": checkpoints.iter().map(at).collect::<Vec<_>>(),
        "names": checkpoints.iter().map(|(_, checkpoint)| checkpoint_name(checkpoint)).collect::<Vec<_>>(),
        "sides": checkpoints.iter().map(|(_, checkpoint)| command_side(&run.tree, checkpoint)).collect::<Vec<_>>(),
        "twins": twins.iter().map(|twin| twin.data(&ids)).collect::<Vec<_>>(),
        "shown": shown,
        "per": DETAIL_ITEMS,
        "chance": task.chance(&task.primary),
        "id": ids,
        "gold": items.values().map(gold).collect::<Vec<_>>(),
        "subject": items.values().map(|item| subject_index(item, &subjects)).collect::<Vec<_>>(),
        "text": items.values().map(|item| snippet(item, task.subject.shots, cue)).collect::<Vec<_>>(),
        "answer": answers,
        "subjects": subjects,
        "p": coded(items.values().flat_map(|item| item.records.iter().copied()), p_byte),
        "right": coded(items.values().flat_map(|item| item.records.iter().copied()), |record| right_byte(record, &task.primary)),
    });
    let data = format!("items-{slug}");
    site.data(&data, "items", &list)?;
    let all: Vec<&Column<'_>> = items.values().collect();
    for (number, part) in all.chunks(DETAIL_ITEMS).enumerate() {
        let details: Vec<Value> = part.iter().map(|item| detail(item, &shown)).collect();
        site.data(&format!("{data}-{number}"), &format!("detail-{number}"), &json!(details))?;
    }
    let title = task.subject.title();
    let place = |(_, at): &(usize, &Checkpoint)| {
        let words = format!("{} · step {} · {}", at.branch, at.step, tokens(at.tokens as f64));
        (checkpoint_name(at), words)
    };
    let newest = checkpoints.iter().max_by_key(|(_, at)| at.tokens).map(|(_, at)| checkpoint_name(at));
    let page = ItemsPage {
        task: task.subject.task.clone(),
        places: checkpoints.iter().map(place).collect(),
        newest: newest.unwrap_or_default(),
        twins: twins.into_iter().map(|twin| twin.words).collect(),
        task_page: format!("../tasks/{slug}.html"),
        count: items.len(),
        details: data.clone(),
        data: format!("../data/{data}.js"),
        subjects,
        branches,
        thinned: shown.len() < checkpoints.len(),
        answered: answers.iter().any(|answer| !answer.is_empty()),
        title: title.clone(),
    };
    site.page(&format!("items/{slug}.html"), "items.html", &format!("{title}: items"), &page)?;
    Ok(true)
}

fn columns<'a>(run: &'a Run, task: &TaskUnits<'_>, units: &[&'a Unit]) -> BTreeMap<usize, Column<'a>> {
    let of_task = |texts: &&TaskTexts| {
        texts.task == task.subject.task && texts.shots == task.subject.shots && texts.perturb == task.subject.perturb
    };
    let texts: HashMap<usize, &ItemText> = (run.texts.iter().filter(of_task))
        .flat_map(|texts| texts.items.iter().map(|text| (text.doc_id, text)))
        .collect();
    let mut items: BTreeMap<usize, Column<'a>> = BTreeMap::new();
    for (index, unit) in units.iter().enumerate() {
        for record in unit.items.iter() {
            let empty = || Column { text: texts.get(&record.doc_id).copied(), records: vec![None; units.len()] };
            items.entry(record.doc_id).or_insert_with(empty).records[index] = Some(record);
        }
    }
    items
}

/// Indices of the checkpoints that the detail shows.
fn chosen(checkpoints: &[(usize, &Checkpoint)]) -> Vec<usize> {
    let every = checkpoints.len().div_ceil(DETAIL_CHECKPOINTS).max(1);
    let border = |i: usize| {
        let branch = |at: usize| checkpoints.get(at).map(|(branch, _)| branch);
        i == 0 || branch(i) != branch(i - 1) || branch(i) != branch(i + 1)
    };
    (0..checkpoints.len()).filter(|&i| i % every == 0 || border(i)).collect()
}

fn gold(item: &Column<'_>) -> usize {
    item.records.iter().flatten().next().map_or(0, |record| record.gold)
}

/// The right answer's text in one line; empty where none is kept.
fn answer(item: &Column<'_>) -> String {
    let text = item.text.and_then(|text| text.choices.get(gold(item)));
    text.map_or_else(String::new, |text| head(&one_line(text), ANSWER_CHARS))
}

fn one_line(words: &str) -> String {
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn subject_index(item: &Column<'_>, subjects: &[String]) -> Option<usize> {
    let subject = item.text?.subject.as_ref()?;
    subjects.binary_search(subject).ok()
}

/// The item's own question in one line; where it cannot be told from the shots, the end of the context.
fn snippet(item: &Column<'_>, shots: usize, cue: &str) -> String {
    let Some(text) = item.text else { return String::new() };
    match question(text, shots, cue).map(one_line).filter(|own| !own.is_empty()) {
        Some(own) => head(&own, SNIPPET_CHARS),
        None => tail(&one_line(&text.context), SNIPPET_CHARS),
    }
}

/// The words that all contexts of a task end with: ` answer :`.
fn cue<'t>(contexts: impl Iterator<Item = &'t str>) -> &'t str {
    let common = |a: &'t str, b: &str| {
        let same = a.chars().rev().zip(b.chars().rev()).take_while(|(a, b)| a == b);
        &a[a.len() - same.map(|(c, _)| c.len_utf8()).sum::<usize>()..]
    };
    let end = contexts.reduce(common).unwrap_or_default();
    end.find(char::is_whitespace).map_or("", |at| &end[at..])
}

/// What a context says after its shots: the last paragraph before the cue, or what follows the last shot's cue and answer; `None`
/// where neither is found.
fn question<'t>(text: &'t ItemText, shots: usize, cue: &str) -> Option<&'t str> {
    let asked = text.context.strip_suffix(cue)?.trim_end();
    let own = match asked.rsplit_once("\n\n") {
        Some((_, own)) => own,
        None if shots == 0 => asked,
        None if cue.is_empty() => return None,
        None => unanswered(asked.rsplit_once(cue)?.1.trim_start(), &text.choices),
    };
    Some(&text.context[asked.len() - own.len()..]) // with its cue
}

/// The text behind the choice that it begins with and what parts that from the next question.
fn unanswered<'t>(text: &'t str, choices: &[String]) -> &'t str {
    let mut behind = choices.iter().filter_map(|choice| text.strip_prefix(choice.trim()));
    let rest = behind.find(|rest| !rest.starts_with(char::is_alphanumeric));
    rest.map_or(text, |rest| rest.trim_start_matches(|c: char| !c.is_alphanumeric()))
}

/// The first `most` characters, with an ellipsis for what is left out.
fn head(text: &str, most: usize) -> String {
    let left = text.chars().nth(most).map(|_| '…');
    text.chars().take(most).chain(left).collect()
}

/// The last `most` characters, with an ellipsis for what is left out.
fn tail(text: &str, most: usize) -> String {
    let count = text.chars().count();
    if count <= most {
        return text.to_owned();
    }
    std::iter::once('…').chain(text.chars().skip(count - most)).collect()
}

/// Context, choices and, for each checkpoint shown, the choices' log-likelihoods.
fn detail(item: &Column<'_>, shown: &[usize]) -> Value {
    let round = |value: f64| (value * 1e3).round() / 1e3;
    let logprobs = shown.iter().map(|&at| {
        let record = item.records[at]?;
        Some(record.choices.iter().map(|choice| round(choice.logprob)).collect::<Vec<_>>())
    });
    let context = item.text.map(|text| tail(&text.context, CONTEXT_CHARS));
    let mut replies: Vec<String> = Vec::new(); // each once: a model says the same for a long time
    let mut said: Vec<Option<usize>> = Vec::new();
    for &at in shown {
        let reply = item.records[at].and_then(|record| record.generation.as_ref());
        said.push(reply.map(|generation| {
            let text = head(&generation.text, REPLY_CHARS);
            replies.iter().position(|known| *known == text).unwrap_or_else(|| {
                replies.push(text);
                replies.len() - 1
            })
        }));
    }
    json!({
        "context": context,
        "choices": item.text.map(|text| &text.choices),
        "ll": logprobs.collect::<Vec<_>>(),
        "replies": replies,
        "said": said,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question_of(contexts: &[&str], shots: usize) -> Option<String> {
        let text = |context: &&str| ItemText {
            doc_id: 0,
            subject: None,
            context: (*context).to_owned(),
            choices: ["A", "B"].map(String::from).into(),
        };
        let texts: Vec<ItemText> = contexts.iter().map(text).collect();
        let cue = cue(texts.iter().map(|text| text.context.as_str()));
        question(&texts[0], shots, cue).map(str::to_owned)
    }

    #[test]
    fn an_items_own_question_stands_behind_its_shots() {
        let inline = ["one ? A . x B . y answer : B . two ? A . x B . z answer :", "three ? A . v B . w answer :"];
        assert_eq!(question_of(&inline, 1).unwrap(), "two ? A . x B . z answer :");
        let parted = ["About law.\n\nOne?\nAnswer: B\n\nTwo?\nAnswer:", "Three?\nAnswer:"];
        assert_eq!(question_of(&parted, 1).unwrap(), "Two?\nAnswer:");
        assert_eq!(question_of(&["P.\n\nTwo?\n\nAnswer:", "Q?\n\nAnswer:"], 0).unwrap(), "Two?\n\nAnswer:");
        assert_eq!(question_of(&["the fear of lirin is", "pet of tikon ?"], 0).unwrap(), "the fear of lirin is");
        assert_eq!(question_of(&["one is x , two is", "three brings"], 1), None, "no cue and no paragraph");
    }
}
