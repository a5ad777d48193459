//! Tokenizers made on the spot.

use serde_json::{Value, json};
use spyglass_model::Tokenizer;
use tempfile::TempDir;

/// The first of 256 byte tokens of [`llama`].
pub(crate) const BYTES: u32 = 3;

/// Llama's kind: BPE over `▁`, single bytes where a character is unknown; BOS 1, EOS 2.
pub(crate) fn llama() -> Value {
    let mut vocab = vec!["<unk>".to_owned(), "<s>".into(), "</s>".into()];
    vocab.extend((0..=255).map(|byte| format!("<0x{byte:02X}>")));
    vocab.extend(["▁", "a", "b", "c", "▁a", "ab", "▁ab", "é"].map(str::to_owned));
    let special = |id: usize| {
        json!({"id": id, "content": vocab[id], "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
               "special": true})
    };
    json!({
        "version": "1.0",
        "added_tokens": [special(0), special(1), special(2)],
        "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": false},
        "post_processor": bos_first(),
        "decoder": {"type": "Sequence", "decoders": [
            {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"},
            {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
        "model": {"type": "BPE", "unk_token": null, "fuse_unk": true, "byte_fallback": true,
            "vocab": vocab.iter().enumerate().map(|(id, text)| (text.clone(), id.into())).collect::<serde_json::Map<_, _>>(),
            "merges": [["▁", "a"], ["a", "b"], ["▁a", "b"]]},
    })
}

fn bos_first() -> Value {
    json!({"type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}})
}

pub(crate) fn folder(tokenizer: &Value, config: Option<&Value>) -> TempDir {
    let dir = TempDir::new().unwrap();
    fs_err::write(dir.path().join("tokenizer.json"), tokenizer.to_string()).unwrap();
    if let Some(config) = config {
        fs_err::write(dir.path().join("tokenizer_config.json"), config.to_string()).unwrap();
    }
    dir
}

pub(crate) fn open(tokenizer: &Value, config: &Value) -> Tokenizer {
    Tokenizer::open(folder(tokenizer, Some(config)).path()).unwrap()
}

pub(crate) fn config() -> Value {
    json!({"bos_token": "<s>", "eos_token": {"content": "</s>"}})
}

pub(crate) fn id(tokenizer: &Tokenizer, text: &str) -> u32 {
    (0..tokenizer.vocab_size() as u32).find(|&id| tokenizer.token_text(id).as_deref() == Some(text)).unwrap()
}

pub(crate) fn bytes(text: &[u8]) -> Vec<u32> {
    text.iter().map(|&byte| BYTES + u32::from(byte)).collect()
}
