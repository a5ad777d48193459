//! Two checkpoints, branches or runs on the same items: what changed, and what of it is more than chance.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use spyglass_tasks::metric::{Needs, Weighting};
use spyglass_tasks::{ItemRecord, metric};

use super::compare_composite::{Sides, one_composite};
use super::compare_scores::{by_scores, z_test};
use crate::analysis::contrast::mcnemar_exact;
use crate::analysis::detectable;
use crate::analysis::many_tests::{benjamini_hochberg, holm};
use crate::run::{Subject, TaskGroup, Unit};
use crate::series::{Difference, ItemScores, by_metric, composite_of, is_fraction, is_mean_of_items};

/// A score that others have written may be rounded by so much.
const SAME_VALUE: f64 = 1e-3;

/// Why units are not compared that were asked other items.
pub(super) const OTHER_DATA: &str = "the two sides have different data, so their items cannot be paired";

/// One unit a task.
pub(super) type UnitsBySubject<'a> = BTreeMap<Subject, &'a Unit>;

/// What texts of different tokenizers are compared in: a loss by the bytes of the text.
const BITS_PER_BYTE: &str = "bits_per_byte";

/// What two sets of units differ in.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// Each task that both sides have, by name.
    pub rows: Vec<ComparedTask>,
    /// Why the other units were not compared: a task that one side lacks, other data, a metric that has no items.
    pub left_out: Vec<String>,
}

/// One task on both sides.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ComparedTask {
    /// The task with its settings.
    #[serde(flatten)]
    pub subject: Subject,
    /// The metric.
    pub metric: String,
    /// Its values lie in [0, 1].
    pub fraction: bool,
    /// The first side on the items that both have.
    pub a: f64,
    /// The second side on them.
    pub b: f64,
    /// Second minus first on them, with item noise only: *do these two differ on items like these?*
    pub difference: Difference,
    /// Items that only the first side has, and so were left out.
    pub only_a: usize,
    /// Items that only the second side has.
    pub only_b: usize,
    /// Items that were right on the first side and are wrong on the second, of 0/1 scores.
    pub lost: Vec<usize>,
    /// Items that were wrong on the first side and are right on the second.
    pub gained: Vec<usize>,
    /// McNemar's exact p, of 0/1 scores.
    pub mcnemar: Option<f64>,
    /// Two-sided p: McNemar's for independent 0/1 items, else that of the difference over its standard error.
    pub p: f64,
    /// Holm's p over all rows: below .05, this task changed.
    pub p_holm: f64,
    /// Benjamini and Hochberg's p over all rows: of the rows below .05, one in twenty is expected to be false.
    pub p_bh: f64,
    /// How many clusters these items fall into, where items hang together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clusters: Option<usize>,
    /// The smallest difference that these items could have shown, four times in five.
    pub detectable: Option<f64>,
    /// Not paired item by item, as a side (or a member of a composite) brought no items: the two scores are compared as if other items had been asked.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unpaired: bool,
    /// The two sides cut their texts into tokens otherwise.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub other_tokens: bool,
}

/// Compares units task by task: the same task, shots, perturbation and data, on the items that both sides have.
///
/// `a` and `b` hold one unit a task each, say those of two checkpoints, those of `groups` (of the first and of the second side)
/// among them; a group whose score is the mean over its tasks is compared so, and a composite by its members, where they are among the
/// units. Standard errors are clustered where items have clusters.
/// Source: Miller (2024), arXiv 2411.00640, paired differences.
pub fn compare(a: &[&Unit], b: &[&Unit], groups: [&[TaskGroup]; 2]) -> Comparison {
    let sides = [by_subject(a), by_subject(b)];
    let (mut rows, mut left_out) = (Vec::new(), Vec::new());
    // Composites come last: they are made of the other rows.
    let mut subjects: Vec<(&Subject, &&Unit)> = sides[1].iter().collect();
    subjects.sort_by_key(|(_, unit)| composite_of(&unit.record).is_some());
    for (subject, unit) in subjects {
        let Some(other) = sides[0].get(subject) else {
            left_out.push(format!("{}: only on the second side", subject.title()));
            continue;
        };
        let found = match composite_of(&unit.record) {
            Some(composite) => one_composite(subject, &composite, &Sides { units: &sides, rows: &rows }),
            None => one_task(subject, other, unit, groups),
        };
        match found {
            Ok(row) => rows.push(row),
            Err(reason) => left_out.push(format!("{}: {reason}", subject.title())),
        }
    }
    let only_first = sides[0].keys().filter(|subject| !sides[1].contains_key(subject));
    left_out.extend(only_first.map(|subject| format!("{}: only on the first side", subject.title())));
    rows.sort_by(|one: &ComparedTask, other| one.subject.cmp(&other.subject));
    let p: Vec<f64> = rows.iter().map(|row| row.p).collect();
    for (row, (holm, bh)) in rows.iter_mut().zip(holm(&p).into_iter().zip(benjamini_hochberg(&p))) {
        (row.p_holm, row.p_bh) = (holm, bh);
    }
    Comparison { rows, left_out }
}

fn by_subject<'a>(units: &[&'a Unit]) -> UnitsBySubject<'a> {
    units.iter().map(|unit| (unit.record.subject(), *unit)).collect()
}

/// How the score of a unit is made of its items; of a task that is no group by size.
fn weighting(groups: &[TaskGroup], task: &str, metric: &str) -> Weighting {
    let group = groups.iter().find(|group| group.name == task && !group.leaves.iter().any(|leaf| leaf == task));
    group.map_or(Weighting::BySize, |group| group.weighting(metric))
}

fn one_task(subject: &Subject, a: &Unit, b: &Unit, groups: [&[TaskGroup]; 2]) -> Result<ComparedTask, String> {
    if a.record.inputs.data != b.record.inputs.data {
        return Err(OTHER_DATA.to_owned());
    }
    if a.items.is_empty() && b.items.is_empty() {
        return by_scores(subject, &a.record, &b.record);
    }
    let metric = metric_of(a, b)?;
    let other_tokens = other_tokens(a, b);
    let positions = metric::find(&metric).is_ok_and(|metric| metric.needs == Needs::TokenLogprobs);
    if metric::is_by_token(&metric) && (other_tokens || positions && other_tokenizer(a, b)) {
        return Err(format!("`{metric}` counts in tokens, and the two sides have different tokenizers"));
    }
    let [first, second] = groups.map(|groups| weighting(groups, &subject.task, &metric));
    if first != second {
        return Err("one side weighs its tasks by size, the other all alike".to_owned());
    }
    let scores = |unit: &Unit| ItemScores::of(&[unit], false, &by_metric(&metric));
    let (left, right) = if metric == BITS_PER_BYTE { (by_bytes(a, b), by_bytes(b, a)) } else { (scores(a), scores(b)) };
    let weighed = (first == Weighting::Plain).then(|| left.balanced(&right));
    let (weighed_left, weighed_right) = weighed.as_ref().map_or((&left, &right), |(left, right)| (left, right));
    let Some(mut difference) = Difference::of(&[weighed_left, weighed_right], &[-1.0, 1.0], 0.0) else {
        return Err("fewer than two items in common".to_owned());
    };
    let pairs = left.pairs(&right);
    difference.partial = left.len() != pairs.len() || right.len() != pairs.len();
    let weighed = weighed_left.pairs(weighed_right);
    let mean = |of: fn(&(usize, f64, f64)) -> f64| weighed.iter().map(of).sum::<f64>() / weighed.len() as f64;
    for (unit, scores, mean) in [(a, &left, mean(|pair| pair.1)), (b, &right, mean(|pair| pair.2))] {
        let told = unit.record.metric(&metric).filter(|_| scores.len() == pairs.len());
        if told.is_some_and(|told| (told.value - mean).abs() > SAME_VALUE) {
            return Err("an import's score of it is not the mean of the items that came with it".to_owned());
        }
    }
    let is_right_or_wrong = pairs.iter().all(|(_, x, y)| [0.0, 1.0].contains(x) && [0.0, 1.0].contains(y));
    let flipped = |change: f64| -> Vec<usize> {
        let flip = |pair: &&(usize, f64, f64)| is_right_or_wrong && (pair.2 - pair.1) * change > 0.0;
        pairs.iter().filter(flip).map(|pair| pair.0).collect()
    };
    let (lost, gained) = (flipped(-1.0), flipped(1.0));
    let mcnemar = is_right_or_wrong.then(|| mcnemar_exact(lost.len() as u64, gained.len() as u64));
    let exact = mcnemar.filter(|_| left.clusters().is_none());
    let p = exact.unwrap_or_else(|| z_test(&difference));
    Ok(ComparedTask {
        subject: subject.clone(),
        fraction: is_fraction(&metric),
        metric,
        detectable: detectable(difference.se, difference.items, exact.is_some()),
        a: mean(|pair| pair.1),
        b: mean(|pair| pair.2),
        difference,
        only_a: left.len() - pairs.len(),
        only_b: right.len() - pairs.len(),
        lost,
        gained,
        mcnemar,
        p,
        p_holm: p,
        p_bh: p,
        clusters: left.shared_clusters(&right),
        other_tokens,
        unpaired: false,
    })
}

/// The metric that two units are compared in: the primary one where it is a mean over items, else bits per byte where both have them.
fn metric_of(a: &Unit, b: &Unit) -> Result<String, String> {
    let primary = &b.record.primary_metric;
    if is_mean_of_items(primary) {
        return Ok(primary.clone());
    }
    let in_bits = [a, b].iter().all(|unit| unit.record.metric(BITS_PER_BYTE).is_some());
    if in_bits { Ok(BITS_PER_BYTE.into()) } else { Err(format!("`{primary}` is not a mean over items")) }
}

/// The tokenizers' files differ.
fn other_tokenizer(a: &Unit, b: &Unit) -> bool {
    let [one, other] = [a, b].map(|unit| &unit.record.inputs.tokenizer);
    !one.is_empty() && !other.is_empty() && one != other
}

/// The tokenizers differ in what they make of these items: files that say the same in other words do not.
fn other_tokens(a: &Unit, b: &Unit) -> bool {
    let counts = |item: &ItemRecord| -> Vec<usize> {
        let text = item.rolling.iter().map(|text| text.tokens);
        item.choices.iter().map(|choice| choice.tokens).chain(text).collect()
    };
    if !other_tokenizer(a, b) {
        return false;
    }
    let known: HashMap<usize, Vec<usize>> = a.items.iter().map(|item| (item.doc_id, counts(item))).collect();
    b.items.iter().any(|item| known.get(&item.doc_id).is_some_and(|own| *own != counts(item)))
}

/// Bits per byte of `unit`'s items such that their mean over the items that `other` has too is what all of these take together, by all
/// of their bytes: R + wᵢ (rᵢ − R) / w̄, rᵢ an item's bits per byte, wᵢ its bytes, R = Σ wᵢ rᵢ / Σ wᵢ. Their spread is that of the ratio
/// (linearised; Cochran, Sampling Techniques, 1977, §6.4).
fn by_bytes(unit: &Unit, other: &Unit) -> ItemScores {
    let share = |item: &ItemRecord| {
        let weight = metric::weight(BITS_PER_BYTE, item).ok().flatten()?;
        Some((by_metric(BITS_PER_BYTE)(item)?, weight))
    };
    let theirs: HashMap<usize, &ItemRecord> = other.items.iter().map(|item| (item.doc_id, item)).collect();
    let in_both = |item: &&ItemRecord| theirs.get(&item.doc_id).is_some_and(|other| share(other).is_some());
    let shared: Vec<(f64, f64)> = unit.items.iter().filter(in_both).filter_map(share).collect();
    let weight: f64 = shared.iter().map(|share| share.1).sum();
    let ratio = shared.iter().map(|(value, weight)| value * weight).sum::<f64>() / weight;
    let mean_weight = weight / shared.len() as f64;
    ItemScores::of(&[unit], false, &|item| {
        let (value, weight) = share(item)?;
        Some(ratio + weight * (value - ratio) / mean_weight)
    })
}
