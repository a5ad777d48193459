//! What a model scores that gives every question the same answer.

use spyglass_tasks::ItemRecord;

use crate::run::Unit;

/// Standard deviations by which the commonest right answer may be common by luck.
const COMMON_BY_LUCK: f64 = 2.0;

/// Score of guessing where the best constant answer may be better than `chance`: `max(chance, share − 2√(chance(1−chance)/n))`, share
/// that of the commonest right answer among the n items (`BoolQ`'s “yes”: 62 %).
///
/// Only where all items have the same options: letters, yes and no. Records do not hold the options' texts, so options of the same
/// lengths, place by place, count as the same. With `plain_mean` each unit weighs the same.
pub(crate) fn or_constant(chance: f64, units: &[&Unit], plain_mean: bool) -> f64 {
    let items: usize = units.iter().map(|unit| unit.items.len()).sum();
    let Some(first) = units.iter().find_map(|unit| unit.items.first()) else { return chance };
    if first.choices.len() < 2 || !units.iter().all(|unit| unit.items.iter().all(|item| has_options_of(item, first))) {
        return chance;
    }
    let filled = units.iter().filter(|unit| !unit.items.is_empty()).count() as f64;
    let mut share = vec![0.0; first.choices.len()];
    for unit in units {
        let weight = if plain_mean { 1.0 / (filled * unit.items.len() as f64) } else { 1.0 / items as f64 };
        for item in unit.items.iter().filter(|item| item.gold < first.choices.len()) {
            share[item.gold] += weight;
        }
    }
    let commonest = share.into_iter().fold(0.0, f64::max);
    chance.max(commonest - COMMON_BY_LUCK * (chance * (1.0 - chance) / items as f64).max(0.0).sqrt())
}

fn has_options_of(item: &ItemRecord, other: &ItemRecord) -> bool {
    let shape = |item: &ItemRecord, k: usize| {
        let choice = &item.choices[k];
        (choice.tokens, choice.chars, choice.bytes)
    };
    item.choices.len() == other.choices.len() && (0..item.choices.len()).all(|k| shape(item, k) == shape(other, k))
}
