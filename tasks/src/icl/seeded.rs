//! Seeded choices that are the same on every machine.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A source of choices of its own for every (data set, row), so that no row depends on how many there are.
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    /// `name` tells data sets apart, `row` the rows of one.
    pub(crate) fn new(name: &str, row: usize) -> Self {
        let mut seed = [0; 32];
        // Names are short; the rest of the seed stays zero.
        seed.iter_mut().zip(name.bytes()).for_each(|(slot, byte)| *slot = byte);
        let mut rng = ChaCha8Rng::from_seed(seed);
        rng.set_stream(row as u64);
        Self(rng)
    }

    /// Any number of 32 bits.
    pub(crate) fn draw(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// A number below `n`; the bias is below n / 2³².
    pub(crate) fn below(&mut self, n: usize) -> usize {
        ((u64::from(self.draw()) * n as u64) >> 32) as usize
    }

    /// One of them.
    pub(crate) fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }

    /// Puts them in any order.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }

    /// `count` different ones, in any order.
    pub(crate) fn sample<'a, T: ?Sized>(&mut self, from: &[&'a T], count: usize) -> Vec<&'a T> {
        let mut all = from.to_vec();
        self.shuffle(&mut all);
        all.truncate(count);
        all
    }
}
