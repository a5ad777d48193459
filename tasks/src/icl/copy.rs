//! A random sequence of tokens, twice: the second copy can be known only from the first.

use super::seeded::Dice;
use crate::item::Row;

/// `count` sequences of `length` tokens, each given as numbers that stand for tokens and written twice.
pub(super) fn rows(length: usize, count: usize) -> Vec<Row> {
    let row = |index| {
        let mut dice = Dice::new(&format!("copy_{length}"), index);
        let sequence: Vec<u32> = (0..length).map(|_| dice.draw()).collect();
        let twice = [sequence.as_slice(), sequence.as_slice()].concat();
        Row::from_iter([("draws".to_owned(), twice.into())])
    };
    (0..count).map(row).collect()
}

/// The token that a drawn number stands for in a vocabulary of `vocabulary` tokens: even over its middle six eighths.
///
/// The first eighth holds special tokens and bytes, the last rare ones and padding that was never trained.
pub fn token_id(draw: u32, vocabulary: usize) -> u32 {
    let (from, to) = (vocabulary / 8, vocabulary - vocabulary / 8);
    from as u32 + ((u64::from(draw) * (to - from) as u64) >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_lie_in_the_middle_of_any_vocabulary() {
        for vocabulary in [8, 256, 32_000, 50_432] {
            assert_eq!(token_id(0, vocabulary) as usize, vocabulary / 8);
            assert_eq!(token_id(u32::MAX, vocabulary) as usize, vocabulary - vocabulary / 8 - 1);
        }
        let row = &rows(16, 1)[0];
        let draws = row["draws"].as_array().unwrap();
        assert_eq!(draws.len(), 32);
        assert_eq!(draws[..16], draws[16..]);
    }
}
