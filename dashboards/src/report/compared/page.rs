//! The page of comparisons: any two checkpoints of a choice, and every pair of branches in full.
//!
//! What any two differ in is worked out here and kept in a file for each first checkpoint, which the page loads when it is asked for.

use serde::Serialize;
use serde_json::{Value, json};

use super::tables::metric;
use super::{PairTable, Pairs};
use crate::findings::ComparedTask;
use crate::number::tokens;
use crate::report::Error;
use crate::report::address::{checkpoint_name, command_side};
use crate::report::front::FrontTask;
use crate::report::site::Site;
use crate::run::{Run, Subject};

/// What the template shows.
#[derive(Serialize)]
struct Page<'a> {
    places: Vec<Place>,
    /// Those that are chosen at first.
    first: String,
    second: String,
    pairs: &'a [PairTable],
    data: String,
}

/// A checkpoint that may be chosen.
#[derive(Serialize)]
struct Place {
    name: String,
    words: String,
}

/// What the page is made of.
pub(crate) struct Comparisons<'a> {
    pub(crate) run: &'a Run,
    pub(crate) pairs: &'a Pairs<'a>,
    pub(crate) tables: &'a [PairTable],
    pub(crate) tasks: &'a [FrontTask<'a>],
}

impl Comparisons<'_> {
    /// Writes the page and its data; nothing where nothing can be compared.
    pub(crate) fn write(&self, site: &Site) -> Result<(), Error> {
        if self.pairs.is_any() { self.page(site) } else { Ok(()) }
    }

    fn page(&self, site: &Site) -> Result<(), Error> {
        let Self { run, pairs, tables, tasks } = *self;
        let mut subjects: Vec<&Subject> =
            pairs.all().flat_map(|(.., found)| found.rows.iter().map(|row| &row.subject)).collect();
        subjects.sort();
        subjects.dedup();
        let names: Vec<String> = pairs.checkpoints.iter().map(|at| checkpoint_name(at)).collect();
        for (first, name) in names.iter().enumerate().take(names.len().saturating_sub(1)) {
            let rows = |(_, found): (usize, &crate::findings::Comparison)| -> Vec<Value> {
                found.rows.iter().map(|row| compact(row, &subjects)).collect()
            };
            let after: Vec<Vec<Value>> = pairs.after(first).map(rows).collect();
            site.data(&format!("against-{first}"), &format!("against {name}"), &json!(after))?;
        }
        let slug = |subject: &&Subject| {
            let is_it = |task: &&FrontTask<'_>| {
                task.curves.subject.task == subject.task && task.curves.subject.is_asked_as(subject)
            };
            let task = tasks.iter().find(is_it);
            json!([subject.title(), task.map(|task| task.slug), task.is_some_and(|task| task.has_items)])
        };
        let data = json!({
            "places": names,
            "sides": pairs.checkpoints.iter().map(|at| command_side(&run.tree, at)).collect::<Vec<_>>(),
            "tokens": pairs.checkpoints.iter().map(|at| at.tokens).collect::<Vec<_>>(),
            "tasks": subjects.iter().map(slug).collect::<Vec<_>>(),
        });
        let place = |(at, name): (&&crate::run::Checkpoint, &String)| Place {
            words: format!("{} · step {} · {}", at.branch, at.step, tokens(at.tokens as f64)),
            name: name.clone(),
        };
        let (first, second) = tables.first().map_or_else(Default::default, PairTable::places);
        let known = |name: String, other: Option<&String>| {
            if names.contains(&name) { name } else { other.cloned().unwrap_or_default() }
        };
        let page = Page {
            places: pairs.checkpoints.iter().zip(&names).map(place).collect(),
            first: known(first, names.first()),
            second: known(second, names.last()),
            pairs: tables,
            data: crate::report::plot_data::escaped(&data.to_string()),
        };
        site.page("compare.html", "compare.html", &format!("{}: A against B", run.name), &page)
    }
}

/// A row as a list: task, metric, whether it is a share, A, B, the difference and its interval, p, p adjusted, lost, gained, items,
/// the smallest difference that could have been shown, whether more is better.
fn compact(row: &ComparedTask, subjects: &[&Subject]) -> Value {
    let short = |value: f64| (value * 1e5).round() / 1e5;
    let (low, high) = row.difference.interval;
    let flips = |items: &[usize]| row.mcnemar.map(|_| items.len());
    json!([
        subjects.binary_search(&&row.subject).unwrap_or_default(),
        metric(row),
        row.fraction,
        short(row.a),
        short(row.b),
        short(row.difference.value),
        short(low),
        short(high),
        row.p,
        row.p_bh,
        flips(&row.lost),
        flips(&row.gained),
        row.difference.items,
        row.detectable.map(short),
        row.is_better() == (row.difference.value > 0.0),
    ])
}
