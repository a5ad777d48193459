//! Emergence analysis: pure functions from curves, items and logs to statements with error bars.

mod lr_phases;

pub use lr_phases::lr_phases;
