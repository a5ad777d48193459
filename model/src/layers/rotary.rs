//! Angles of the rotary embedding: position · frequency, kept from position 0 to the farthest seen.

use std::sync::{Arc, PoisonError, RwLock};

use crate::ops::Angles;

/// Positions computed at a time.
const POSITIONS: usize = 512;

/// A rotary embedding: its frequencies, and a table of cos and sin that grows as texts get longer.
#[derive(Debug)]
pub(crate) struct Rotary {
    frequencies: Vec<f64>, // [R/2]
    /// What cos and sin are multiplied by.
    factor: f64,
    table: RwLock<Arc<Angles>>,
}

impl Rotary {
    /// `frequencies` [R/2] of the pairs of a head; cos and sin are multiplied by `factor`.
    pub(crate) fn new(frequencies: Vec<f64>, factor: f64) -> Self {
        let half = frequencies.len();
        Self { frequencies, factor, table: RwLock::new(Arc::new(Angles { cos: Vec::new(), sin: Vec::new(), half })) }
    }

    /// The frequencies θ^(−2i/R) of the first R numbers of a head.
    pub(crate) fn frequencies(theta: f64, rotated: usize) -> Vec<f64> {
        (0..rotated / 2).map(|i| theta.powf(-2.0 * i as f64 / rotated as f64)).collect()
    }

    /// The angles of positions below `end` at least.
    pub(crate) fn until(&self, end: usize) -> Arc<Angles> {
        let half = self.frequencies.len();
        let enough = |table: &Arc<Angles>| (table.cos.len() >= end * half).then(|| Arc::clone(table));
        if let Some(table) = enough(&self.table.read().unwrap_or_else(PoisonError::into_inner)) {
            return table;
        }
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        if enough(&table).is_none() {
            let angles = (table.cos.len() / half..end.next_multiple_of(POSITIONS))
                .flat_map(|position| self.frequencies.iter().map(move |frequency| position as f64 * frequency));
            let (mut cos, mut sin) = (table.cos.clone(), table.sin.clone());
            for angle in angles {
                cos.push((angle.cos() * self.factor) as f32);
                sin.push((angle.sin() * self.factor) as f32);
            }
            *table = Arc::new(Angles { cos, sin, half });
        }
        Arc::clone(&table)
    }
}
