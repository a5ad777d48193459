//! How the rows of a batch are cut into passes.

use std::ops::Range;

/// A piece of a sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) sequence: usize,
    pub(super) tokens: Range<usize>,
}

/// Cuts sequences of these lengths, in order, into passes of at most `rows` rows each.
pub(super) fn passes(lengths: &[usize], rows: usize) -> Vec<Vec<Piece>> {
    let mut passes: Vec<Vec<Piece>> = Vec::new();
    let mut left = 0;
    for (sequence, &len) in lengths.iter().enumerate() {
        let mut from = 0;
        while from < len {
            if left == 0 {
                passes.push(Vec::new());
                left = rows;
            }
            let tokens = from..len.min(from + left);
            (from, left) = (tokens.end, left - tokens.len());
            passes.last_mut().expect("one was pushed").push(Piece { sequence, tokens });
        }
    }
    passes
}

/// Cuts sequences of these lengths, in order, into at most `parts` runs of about as many rows.
pub(super) fn shares(lengths: &[usize], parts: usize) -> Vec<usize> {
    let total: usize = lengths.iter().sum();
    let mut counts = Vec::new();
    let (mut rows, mut count) = (0, 0);
    for &len in lengths {
        (rows, count) = (rows + len, count + 1);
        if rows * parts >= total * (counts.len() + 1) {
            counts.push(count);
            count = 0;
        }
    }
    if count > 0 {
        counts.push(count);
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_hold_every_row_once() {
        let piece = |sequence, tokens| Piece { sequence, tokens };
        let cut = passes(&[3, 0, 9, 1], 5);
        assert_eq!(
            cut,
            [vec![piece(0, 0..3), piece(2, 0..2)], vec![piece(2, 2..7)], vec![piece(2, 7..9), piece(3, 0..1)]]
        );
        assert_eq!(passes(&[], 5), Vec::<Vec<Piece>>::new());
    }

    #[test]
    fn shares_are_about_equal() {
        assert_eq!(shares(&[5, 5, 5, 5], 2), [2, 2]);
        assert_eq!(shares(&[9, 1, 1, 1], 2), [1, 3]);
        assert_eq!(shares(&[1], 4), [1]);
        assert_eq!(shares(&[1, 1, 0], 2).iter().sum::<usize>(), 3);
    }
}
