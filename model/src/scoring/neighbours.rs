//! Texts in an order in which those that begin alike are neighbours: what two share need be computed once.

/// An order of texts, and what each shares with the one before it.
#[derive(Debug)]
pub(super) struct Neighbours {
    /// Their indices, in the order of their tokens.
    pub(super) order: Vec<usize>,
    /// By place in that order: tokens at the beginning that the text before has as well.
    pub(super) shared: Vec<usize>,
}

impl Neighbours {
    /// Sorts texts.
    pub(super) fn of(texts: &[&[u32]]) -> Self {
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|&index| texts[index]);
        let with_next = order.windows(2).map(|pair| shared(texts[pair[0]], texts[pair[1]]));
        let shared = order.first().map(|_| 0).into_iter().chain(with_next).collect();
        Self { order, shared }
    }

    /// Lengths beyond `from`, ascending, of the beginnings of the text at `place` that later texts go on from.
    pub(super) fn forks(&self, place: usize, from: usize) -> Vec<usize> {
        let (mut forks, mut least) = (Vec::new(), usize::MAX);
        for &shared in &self.shared[place + 1..] {
            least = least.min(shared);
            if least <= from {
                break;
            }
            if forks.last() != Some(&least) {
                forks.push(least);
            }
        }
        forks.reverse();
        forks
    }
}

fn shared(one: &[u32], other: &[u32]) -> usize {
    one.iter().zip(other).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_alike_is_forked_where_it_parts() {
        let texts: [&[u32]; 6] = [&[7, 7], &[1, 1, 1, 1, 2], &[1, 1, 3], &[1, 1, 1, 1, 1], &[], &[7, 7]];
        let sorted = Neighbours::of(&texts);
        assert_eq!(sorted.order, [4, 3, 1, 2, 0, 5]);
        assert_eq!(sorted.shared, [0, 0, 4, 2, 0, 2]);
        let forks: Vec<Vec<usize>> = (0..6).map(|place| sorted.forks(place, sorted.shared[place])).collect();
        assert_eq!(forks, [vec![], vec![2, 4], vec![], vec![], vec![2], vec![]]);
        assert!(Neighbours::of(&[]).shared.is_empty());
    }
}
