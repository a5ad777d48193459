//! What a pair of branches differs in, as a table: on the front page the surest rows, on the page of comparisons all of them.

use serde::Serialize;

use crate::findings::{BranchPair, ComparedTask, ComparedWords};
use crate::number::tokens;
use crate::report::address::{checkpoint_name, command_side, encoded};
use crate::report::front::FrontTask;
use crate::run::{Run, Subject};
use crate::series::TaskFindings;

/// At most so many pairs and rows stand on the front page.
const MOST_PAIRS: usize = 6;
const MOST_ROWS: usize = 12;

/// The section of the front page.
#[derive(Serialize)]
pub(crate) struct Compared {
    shown: Vec<PairTable>,
    /// Pairs that only the page of comparisons has.
    others: usize,
}

/// One pair.
#[derive(Clone, Serialize)]
pub(crate) struct PairTable {
    /// `anneal against trunk at 10.1 M tokens`, or `anneal (10.1 M tokens) against trunk (10.4 M tokens)`
    title: String,
    /// Its place on a page.
    id: String,
    a: String,
    b: String,
    /// Both have seen as many tokens.
    equal: bool,
    /// It has a column for onsets: two runs of one thing.
    onsets: bool,
    /// Of how many tasks it tells, those left out here included.
    tasks: usize,
    /// Of them those that surely changed.
    clear: usize,
    rows: Vec<Row>,
    /// The command that says the same.
    command: String,
}

/// One task.
#[derive(Clone, Serialize)]
struct Row {
    task: String,
    metric: String,
    page: String,
    /// The items that flipped; empty where there is no page of them.
    lost_page: String,
    gained_page: String,
    unit: &'static str,
    #[serde(flatten)]
    words: ComparedWords,
    /// `better`, `worse` or nothing.
    verdict: &'static str,
    items: usize,
    onset_a: String,
    onset_b: String,
    change_value: f64,
    p_value: f64,
}

impl PairTable {
    pub(crate) fn of(run: &Run, pair: &BranchPair<'_>, tasks: &[FrontTask<'_>], number: usize) -> Self {
        let (a, b) = (checkpoint_name(pair.a), checkpoint_name(pair.b));
        let seen = |count: u64| tokens(count as f64);
        let onsets = run.tree.run_of(&pair.a.branch) != run.tree.run_of(&pair.b.branch);
        let row = |row: &ComparedTask| Row::of(row, pair, tasks);
        let mut rows: Vec<&ComparedTask> = pair.compared.rows.iter().collect();
        rows.sort_by(|x, y| x.p_bh.total_cmp(&y.p_bh).then(x.subject.cmp(&y.subject)));
        Self {
            title: run.tree.axis.say(if pair.is_equal() {
                format!("{} against {} at {} tokens", pair.b.branch, pair.a.branch, seen(pair.b.tokens))
            } else {
                let [(a, at), (b, later)] = [pair.a, pair.b].map(|at| (&at.branch, seen(at.tokens)));
                format!("{b} ({later} tokens) against {a} ({at} tokens)")
            }),
            id: format!("pair-{number}"),
            equal: pair.is_equal(),
            onsets,
            tasks: rows.len(),
            clear: rows.iter().filter(|row| row.is_clear()).count(),
            rows: rows.into_iter().map(row).collect(),
            command: format!(
                "spyglass compare {} {} --items",
                command_side(&run.tree, pair.a),
                command_side(&run.tree, pair.b)
            ),
            a,
            b,
        }
    }

    /// The names of its two checkpoints.
    pub(crate) fn places(&self) -> (String, String) {
        (self.a.clone(), self.b.clone())
    }

    /// The same with the surest rows alone.
    fn short(&self) -> Self {
        Self { rows: self.rows.iter().take(MOST_ROWS).cloned().collect(), ..self.clone() }
    }
}

impl Row {
    fn of(row: &ComparedTask, pair: &BranchPair<'_>, tasks: &[FrontTask<'_>]) -> Self {
        let is_it = |subject: &Subject| subject.task == row.subject.task && subject.is_asked_as(&row.subject);
        let task = tasks.iter().find(|task| is_it(&task.curves.subject));
        let slug = task.map_or("", |task| task.slug);
        let items = |shown: &str| match task.filter(|task| task.has_items && row.mcnemar.is_some()) {
            Some(_) => format!(
                "items/{slug}.html#a={}&b={}&show={shown}",
                encoded(&checkpoint_name(pair.a)),
                encoded(&checkpoint_name(pair.b))
            ),
            None => String::new(),
        };
        let onset = |branch: &str| task.and_then(|task| onset_of(task.found?, branch)).unwrap_or_default();
        Self {
            task: row.subject.title(),
            metric: metric(row),
            page: if slug.is_empty() { String::new() } else { format!("tasks/{slug}.html#matrix") },
            lost_page: items("lost"),
            gained_page: items("gained"),
            unit: if row.fraction { " points" } else { "" },
            verdict: match (row.is_clear(), row.is_better()) {
                (false, _) => "",
                (true, true) => "better",
                (true, false) => "worse",
            },
            words: row.words(),
            items: row.difference.items,
            onset_a: onset(&pair.a.branch),
            onset_b: onset(&pair.b.branch),
            change_value: row.difference.value,
            p_value: row.p_bh,
        }
    }
}

/// The metric, and that its items were not paired.
pub(super) fn metric(row: &ComparedTask) -> String {
    if row.unpaired { format!("{}, unpaired", row.metric) } else { row.metric.clone() }
}

fn onset_of(found: &TaskFindings, branch: &str) -> Option<String> {
    Some(found.path(branch)?.onset.as_ref()?.brief())
}

impl Compared {
    /// `None` where no two branches share items.
    pub(crate) fn of(tables: &[PairTable]) -> Option<Self> {
        let shown: Vec<PairTable> = tables.iter().take(MOST_PAIRS).map(PairTable::short).collect();
        (!shown.is_empty()).then(|| Self { others: tables.len() - shown.len(), shown })
    }
}
