//! Angles of the rotary embedding: position · θ^(−2i/HD), kept from position 0 to the farthest seen.

use std::sync::{Arc, PoisonError, RwLock};

use crate::ops::Angles;

/// Positions computed at a time.
const POSITIONS: usize = 512;

/// A table of cos and sin that grows as texts get longer.
#[derive(Debug)]
pub(super) struct AngleTable {
    frequencies: Vec<f64>, // [HD/2]
    table: RwLock<Arc<Angles>>,
}

impl AngleTable {
    pub(super) fn new(theta: f64, head_dim: usize) -> Self {
        let half = head_dim / 2;
        let frequencies = (0..half).map(|i| theta.powf(-2.0 * i as f64 / head_dim as f64)).collect();
        Self { frequencies, table: RwLock::new(Arc::new(Angles { cos: Vec::new(), sin: Vec::new(), half })) }
    }

    /// The angles of positions below `end` at least.
    pub(super) fn until(&self, end: usize) -> Arc<Angles> {
        let half = self.frequencies.len();
        let enough = |table: &Arc<Angles>| (table.cos.len() >= end * half).then(|| Arc::clone(table));
        if let Some(table) = enough(&self.table.read().unwrap_or_else(PoisonError::into_inner)) {
            return table;
        }
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        if enough(&table).is_none() {
            let angles = (0..end.next_multiple_of(POSITIONS))
                .flat_map(|position| self.frequencies.iter().map(move |frequency| position as f64 * frequency));
            let (cos, sin) = angles.map(|angle| (angle.cos() as f32, angle.sin() as f32)).unzip();
            *table = Arc::new(Angles { cos, sin, half });
        }
        Arc::clone(&table)
    }
}
