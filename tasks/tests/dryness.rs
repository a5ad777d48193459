//! The measures of dryness are those of an independent program, `tests/reference/dryness.py`.

use serde_json::Value;
use sha2::{Digest, Sha256};
use spyglass_tasks::vibes::PromptPack;
use spyglass_tasks::vibes::dryness::{Measure, Said, StockPhrases};

const GOLDEN: &str = include_str!("../../tests/reference/dryness.json");

/// Python's zlib finds other matches now and then than the zlib-rs of ours; all else is arithmetic.
fn tolerance(measure: Measure) -> f64 {
    if measure == Measure::Compression { 0.02 } else { 1e-9 }
}

#[test]
fn measures_are_those_of_an_independent_program() {
    let golden: Value = serde_json::from_str(GOLDEN).unwrap();
    let phrases: Vec<String> = serde_json::from_value(golden["stock_phrases"].clone()).unwrap();
    let stock = StockPhrases::of(&phrases).unwrap();
    for case in golden["cases"].as_array().unwrap() {
        let replies: Vec<(usize, String)> = serde_json::from_value(case["replies"].clone()).unwrap();
        let said = Said::of(replies.iter().map(|(group, reply)| (*group, reply.as_str())));
        for measure in Measure::ALL {
            let (wanted, found) = (&case["measures"][measure.name()], measure.of(&said, &stock));
            let place = format!("{} of `{}`", measure.name(), case["name"]);
            let Some(mean) = found.mean() else {
                assert!(wanted.is_null(), "{place}: nothing measured, {wanted} wanted");
                continue;
            };
            assert_eq!(found.values.len() as u64, wanted["values"].as_u64().unwrap(), "{place}");
            assert_eq!(found.values.len(), found.groups.len(), "{place}");
            let wanted = wanted["mean"].as_f64().unwrap();
            assert!(
                (mean - wanted).abs() <= tolerance(measure) * wanted.abs().max(1.0),
                "{place}: {mean}, not {wanted}"
            );
        }
    }
}

#[test]
fn a_pack_that_reads_the_shipped_phrases_is_another_when_they_change() {
    let pack = |check: &str| {
        let text =
            format!("pack: p\nprompts: [{{id: a, turns: [{{user: hi, assert: [{{type: dryness, {check}}}]}}]}}]\n");
        (PromptPack::parse("p.yaml", &text).unwrap().sha256, text)
    };
    let of = |text: &str| Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let (own, text) = pack("max_stock_phrases: 0, phrases: [ahoy]");
    assert_eq!(own, of(&text));
    let (shipped, text) = pack("max_stock_phrases: 0");
    assert_eq!(shipped, of(&(text + include_str!("../../prompts/lists/stock-phrases.yaml"))));
}
