//! The n-grams of a text, one after another.

use super::super::N;
use super::super::normalise::hash;
use super::{BASE, Findings, Index, Place, place};

/// The last words read, and the sums from which the hash of any window is a subtraction.
#[derive(Debug)]
pub(super) struct Window {
    pub(super) recent: [String; N],
    /// `sums[k % (N + 1)]` = hash of the document's first k words.
    pub(super) sums: [u64; N + 1],
    pub(super) count: usize,
}

impl Window {
    pub(super) fn word(&mut self, word: &str, index: &Index, place_now: &Place, findings: &mut Findings) {
        findings.words += 1;
        word.clone_into(&mut self.recent[self.count % N]);
        let before = self.sums[self.count % (N + 1)];
        self.count += 1;
        let sum = before.wrapping_mul(BASE).wrapping_add(hash(word));
        self.sums[self.count % (N + 1)] = sum;
        for (len, power) in &index.lengths {
            if *len > self.count {
                break;
            }
            let start = self.sums[(self.count - len) % (N + 1)];
            let hash = sum.wrapping_sub(start.wrapping_mul(*power));
            let (slot, bit) = place(hash, index.bitmap_bits);
            if index.bitmap[slot] & bit != 0 {
                self.verify(hash, *len, index, place_now, findings);
            }
        }
    }

    /// Takes the n-grams of that hash whose words are those just read.
    fn verify(&self, hash: u64, len: usize, index: &Index, place: &Place, findings: &mut Findings) {
        let first = index.grams.partition_point(|gram| gram.hash < hash);
        for (at, gram) in index.grams.iter().enumerate().skip(first).take_while(|(_, gram)| gram.hash == hash) {
            let words = index.gram_words(gram);
            let read = (self.count - len..self.count).map(|position| &self.recent[position % N]);
            if words.len() == len && words.iter().eq(read) {
                findings.grams.entry(at as u32).or_insert_with(|| place.clone());
            }
        }
    }
}
