//! Which rows of the pool go before which item, drawn as lm-evaluation-harness draws them.

use crate::definition::Sampler;
use crate::python::Random;

/// The seed of lm-evaluation-harness (the fourth of `--seed`).
const SEED: u64 = 1234;

/// How many rows are drawn for an item, and whether the item's own row may be among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Draw {
    /// As many as there are shots.
    Exact,
    /// One more; copies of the item are dropped and the first shots are kept.
    OneMore,
}

/// The pool's row numbers for each of the first `items` items, in order.
///
/// `is_copy(item, row)` tells whether a row of the pool is the item itself. The generator goes on from item to item, so
/// the shots of an item do not depend on how many come after it. `None` when the pool is too small.
pub(super) fn draw(
    sampler: Sampler,
    draw: Draw,
    pool: usize,
    shots: usize,
    items: usize,
    is_copy: impl Fn(usize, usize) -> bool,
) -> Option<Vec<Vec<usize>>> {
    let mut random = Random::new(SEED);
    let is_copy = &is_copy;
    match sampler {
        Sampler::FirstN if draw == Draw::Exact => (shots <= pool).then(|| vec![(0..shots).collect(); items]),
        Sampler::FirstN => {
            let first = |item| (0..pool).filter(move |row| !is_copy(item, *row)).take(shots).collect();
            let drawn: Vec<Vec<usize>> = (0..items).map(first).collect();
            drawn.iter().all(|rows| rows.len() == shots).then_some(drawn)
        }
        Sampler::Fixed => {
            let once = random.sample(pool, shots + usize::from(draw == Draw::OneMore))?;
            let keep = |item| once.iter().copied().filter(move |row| !is_copy(item, *row)).take(shots).collect();
            let drawn: Vec<Vec<usize>> = (0..items).map(keep).collect();
            drawn.iter().all(|rows| rows.len() == shots).then_some(drawn)
        }
        Sampler::Default => (0..items)
            .map(|item| {
                if draw == Draw::Exact {
                    return random.sample(pool, shots);
                }
                let mut rows = random.sample(pool, shots + 1)?;
                rows.retain(|row| !is_copy(item, *row));
                rows.truncate(shots);
                if rows.len() < shots {
                    // Several copies of the item were drawn: once more, from a pool without them.
                    let others: Vec<usize> = (0..pool).filter(|row| !is_copy(item, *row)).collect();
                    rows = random.sample(others.len(), shots)?.into_iter().map(|row| others[row]).collect();
                }
                Some(rows)
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shots_do_not_depend_on_the_limit() {
        let all = draw(Sampler::Default, Draw::OneMore, 100, 5, 100, |item, row| item == row).unwrap();
        let few = draw(Sampler::Default, Draw::OneMore, 100, 5, 7, |item, row| item == row).unwrap();
        assert_eq!(all[..7], few);
        assert!(all.iter().enumerate().all(|(item, rows)| rows.len() == 5 && !rows.contains(&item)));
    }

    #[test]
    fn fixed_shots_are_the_same_but_for_those_that_are_shots() {
        let drawn = draw(Sampler::Fixed, Draw::OneMore, 50, 4, 50, |item, row| item == row).unwrap();
        let alike = |rows: &Vec<usize>| drawn.iter().filter(|other| *other == rows).count();
        assert_eq!(drawn.iter().map(alike).max(), Some(46));
        assert!(drawn.iter().enumerate().all(|(item, rows)| !rows.contains(&item)));
    }

    #[test]
    fn too_many_copies_are_drawn_again() {
        // Rows 0 to 6 are all copies of the item: five draws of ten hold too many of them for four shots.
        let drawn = draw(Sampler::Default, Draw::OneMore, 11, 4, 20, |_, row| row < 7).unwrap();
        assert!(drawn.iter().all(|rows| rows.len() == 4 && rows.iter().all(|row| *row >= 7)));
    }

    #[test]
    fn a_small_pool_is_refused() {
        assert_eq!(draw(Sampler::Default, Draw::OneMore, 5, 5, 1, |_, _| false), None);
        assert!(draw(Sampler::Default, Draw::Exact, 5, 5, 1, |_, _| false).is_some());
        assert_eq!(draw(Sampler::FirstN, Draw::Exact, 5, 6, 1, |_, _| false), None);
    }
}
