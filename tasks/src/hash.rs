//! Hashes as lm-evaluation-harness computes them, so that samples can be matched.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use crate::item::{Item, Row};

/// SHA-256 in lower-case hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes all that is written to it");
        text
    })
}

/// SHA-256 of a document as JSON with an indent of two.
pub(crate) fn doc_hash(doc: &Row) -> String {
    let json = serde_json::to_string_pretty(doc).expect("a row is JSON already");
    sha256_hex(json.as_bytes())
}

/// The hash of a whole task: of every item's document, prompt and target hash, one after the other.
pub fn task_hash(items: &[Item]) -> String {
    let joined: String =
        items.iter().flat_map(|item| [item.doc_hash(), item.prompt_hash(), item.target_hash()]).collect();
    sha256_hex(joined.as_bytes())
}
