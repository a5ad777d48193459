//! The key of a unit: a hash of everything its numbers depend on.

use spyglass_dashboards::run::UnitInputs;

use crate::run_file::PrecisionSpec;

/// Raised whenever the program's numbers change for equal inputs.
pub(crate) const SCORING_VERSION: u32 = 1;

/// The same for prompt packs: raised whenever a prompt is rendered, or a reply judged, otherwise than before.
///
/// 2: checks compare texts by full case folding and composed letters, numbers are read in more of their forms, and chat templates
/// give what transformers gives for line ends, `title`, `escape` and numbers.
pub(crate) const PACK_VERSION: u32 = 2;

/// What is added to both for an arithmetic whose weights have become others. q4: a block that four bits hold already keeps its codes.
pub(crate) fn version_of(precision: PrecisionSpec) -> u32 {
    u32::from(precision == PrecisionSpec::Q4)
}

/// blake3 over the inputs, each with its name, hex. `limit` is not part of it: raising it adds chunks to the same unit.
pub(crate) fn unit_key(inputs: &UnitInputs) -> String {
    let text = serde_json::to_string(inputs).expect("plain data");
    blake3::hash(text.as_bytes()).to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_at_its_default_is_no_part_of_the_key() {
        // The key of such a unit before BOS could be chosen: results of that time stay valid.
        let text = r#"{"weights":"w","config":"c","tokenizer":"t","chat_template":null,"task":"boolq","task_definition":"d","data":"x","shots":2,"perturb":null,"precision":"f32","dt_floor":"config","scoring_version":1}"#;
        let mut inputs: UnitInputs = serde_json::from_str(text).unwrap();
        assert_eq!(unit_key(&inputs), blake3::hash(text.as_bytes()).to_hex().to_string());
        let keys = ["always", "never"].map(|bos| {
            inputs.bos = Some(bos.into());
            unit_key(&inputs)
        });
        assert!(keys[0] != keys[1] && !keys.contains(&blake3::hash(text.as_bytes()).to_hex().to_string()));
    }
}
