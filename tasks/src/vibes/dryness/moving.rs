//! Windows that move by one.

use std::collections::HashMap;

/// Share of distinct numbers in each window of that length; empty where there are fewer.
pub(super) fn distinct(numbers: &[u32], window: usize) -> Vec<f64> {
    if window == 0 || numbers.len() < window {
        return Vec::new();
    }
    let highest = numbers.iter().max().map_or(0, |highest| *highest as usize);
    let (mut counts, mut kinds) = (vec![0_usize; highest + 1], 0_usize);
    let mut shares = Vec::with_capacity(numbers.len() - window + 1);
    for (index, number) in numbers.iter().enumerate() {
        let count = &mut counts[*number as usize];
        kinds += usize::from(*count == 0);
        *count += 1;
        if let Some(left) = index.checked_sub(window) {
            let count = &mut counts[numbers[left] as usize];
            *count -= 1;
            kinds -= usize::from(*count == 0);
        }
        if index + 1 >= window {
            shares.push(kinds as f64 / window as f64);
        }
    }
    shares
}

/// The runs of `n` words as numbers: equal runs have equal ones.
pub(super) fn runs(words: &[u32], n: usize) -> Vec<u32> {
    let mut numbers: HashMap<&[u32], u32> = HashMap::new();
    let mut number = |run| {
        let next = numbers.len() as u32;
        *numbers.entry(run).or_insert(next)
    };
    words.windows(n).map(&mut number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leaves_the_window_is_counted_no_more() {
        let kinds: Vec<u32> = distinct(&[0, 1, 0, 2, 2], 3).iter().map(|share| (share * 3.0).round() as u32).collect();
        assert_eq!(kinds, [2, 3, 2]);
        assert!(distinct(&[0, 1], 3).is_empty() && distinct(&[], 1).is_empty());
        assert_eq!(runs(&[7, 8, 7, 8], 2), [0, 1, 0]);
    }
}
