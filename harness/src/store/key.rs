//! The key of a unit: a hash of everything its numbers depend on.

use spyglass_dashboards::run::UnitInputs;

/// Raised whenever the program's numbers change for equal inputs.
pub const SCORING_VERSION: u32 = 1;

/// blake3 over the inputs, each with its name, hex. `limit` is no part of it: raising it adds chunks to the same unit.
pub fn unit_key(inputs: &UnitInputs) -> String {
    let text = serde_json::to_string(inputs).expect("plain data");
    blake3::hash(text.as_bytes()).to_hex().to_string()
}
