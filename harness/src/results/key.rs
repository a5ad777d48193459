//! The key of a unit: a hash of everything its numbers depend on.

use spyglass_dashboards::run::UnitInputs;

/// Raised whenever the program's numbers change for equal inputs.
pub const SCORING_VERSION: u32 = 1;

/// The same for prompt packs: raised whenever a prompt is rendered, or a reply judged, otherwise than before.
///
/// 2: checks compare texts by full case folding and composed letters, numbers are read in more of their forms, and chat templates
/// give what transformers gives for line ends, `title`, `escape` and numbers.
pub const PACK_VERSION: u32 = 2;

/// blake3 over the inputs, each with its name, hex. `limit` is no part of it: raising it adds chunks to the same unit.
pub fn unit_key(inputs: &UnitInputs) -> String {
    let text = serde_json::to_string(inputs).expect("plain data");
    blake3::hash(text.as_bytes()).to_hex().to_string()
}
