//! A warning: answers that could be the index of one choice or the text of another.

use super::asking::Asking;
use crate::item::Item;

/// A word where answers are numbers that could be the index of one choice or the text of another.
///
/// As in lm-evaluation-harness the index counts: of the choices 1, 2, 3, 4 the answer 2 is the one called 3.
pub(super) fn index_or_choice(task: &Asking<'_>, items: &[Item]) -> Option<String> {
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
