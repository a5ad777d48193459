//! Files of checkpoints that nobody wrote: whatever stands in a header, a config or a tokenizer, it is read or refused.
#![expect(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use spyglass_model::Tokenizer;

#[path = "../../tests/support/fuzz.rs"]
mod fuzz;

fn checkpoint() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/pilot/trunk/checkpoint-1400")
}

/// A folder with the checkpoint's files but for `without`.
fn folder(without: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"] {
        if name != without {
            fs_err::copy(checkpoint().join(name), folder.path().join(name)).unwrap();
        }
    }
    folder
}

#[test]
fn headers_of_safetensors() {
    let whole = fs_err::read(checkpoint().join("model.safetensors")).unwrap();
    let header = 8 + u64::from_le_bytes(whole[..8].try_into().unwrap()) as usize;
    let folder = folder("model.safetensors");
    let mut seeds = vec![whole[..header].to_vec()];
    for (name, start) in [("begin", 8), ("after", header - 200)] {
        let mut bytes = whole[..header].to_vec();
        bytes[start..start + 8].copy_from_slice(b"\"x\":[1],");
        seeds.push(bytes);
        assert!(!name.is_empty());
    }
    for length in [0, 1, u64::MAX, u64::MAX >> 1, 1 << 40, header as u64 - 9] {
        seeds.push([&length.to_le_bytes(), &whole[8..header]].concat());
    }
    fuzz::each("safetensors", &seeds, |bytes| {
        fs_err::write(folder.path().join("model.safetensors"), [bytes, &whole[header..]].concat()).unwrap();
        drop(spyglass_model::check(folder.path()));
    });
}

#[test]
fn pickles_and_their_archives() {
    let torch = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/torch");
    let files = fs_err::read_dir(torch).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|ending| ending == "bin")).collect();
    files.sort();
    let seeds: Vec<Vec<u8>> = files.iter().map(|file| fs_err::read(file).unwrap()).collect();
    let folder = folder("model.safetensors");
    fuzz::each("pickle", &seeds, |bytes| {
        fs_err::write(folder.path().join("pytorch_model.bin"), bytes).unwrap();
        drop(spyglass_model::check(folder.path()));
    });
}

#[test]
fn tokenizers() {
    let token = |id: u32, content: &str| json!({"id": id, "content": content, "single_word": false, "lstrip": true, "rstrip": false, "normalized": id == 0, "special": id != 1});
    let whole = |normalizer: Value, model: Value| {
        json!({"version": "1.0", "truncation": null, "padding": null, "added_tokens": [token(0, "<unk>"), token(1, "<a b>")],
            "normalizer": normalizer, "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always"},
            "post_processor": {"type": "TemplateProcessing", "single": ["<unk>", "$A"], "pair": ["$A", "$B"],
                "special_tokens": {"<unk>": {"id": "<unk>", "ids": [0], "tokens": ["<unk>"]}}},
            "decoder": {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
                {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
            "model": model})
    };
    let vocab = json!({"<unk>": 0, "<a b>": 1, "▁": 2, "a": 3, "b": 4, "ab": 5, "▁ab": 6, "##b": 7, "<0xE2>": 8});
    let merges = [json!([["a", "b"], ["▁", "ab"]]), json!(["a b", "▁ ab"])];
    let bpe = |merges: &Value| json!({"type": "BPE", "unk_token": "<unk>", "byte_fallback": true, "vocab": vocab, "merges": merges});
    let scored = [("<unk>", 0.0), ("<a b>", 0.0), ("▁a", -1.5), ("b", -2.0), ("a", -3.0), ("▁", -4.0)];
    let seeds = [
        whole(Value::Null, bpe(&merges[0])),
        whole(
            json!({"type": "Sequence", "normalizers": [{"type": "NFKC"}, {"type": "Prepend", "prepend": "▁"}]}),
            bpe(&merges[1]),
        ),
        whole(
            json!({"type": "Replace", "pattern": {"Regex": "b+"}, "content": "a"}),
            json!({"type": "Unigram", "unk_id": 0, "byte_fallback": false, "vocab": scored}),
        ),
        whole(
            json!({"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true}),
            json!({"type": "WordPiece", "unk_token": "<unk>", "continuing_subword_prefix": "##", "max_input_chars_per_word": 9, "vocab": vocab}),
        ),
    ];
    let folder = folder("tokenizer.json");
    fuzz::each("tokenizer", &seeds.map(|seed| seed.to_string().into_bytes()), |bytes| {
        fs_err::write(folder.path().join("tokenizer.json"), bytes).unwrap();
        fs_err::write(folder.path().join("tokenizer_config.json"), "{}").unwrap();
        let Ok(tokenizer) = Tokenizer::open(folder.path()) else { return };
        for text in ["", "ab", " a  b\n<a b>ab bb", "é🧑<unk>"] {
            if let Ok(ids) = tokenizer.encode(text) {
                drop(tokenizer.decode(&ids));
            }
        }
        drop(tokenizer.decode(&[9, 0, 2, 8, 3]));
    });
}

#[test]
fn configs() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let files = fs_err::read_dir(fixtures).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|ending| ending == "json")).collect();
    files.sort();
    let of_fixture = |file: &PathBuf| -> Option<Vec<u8>> {
        let fixture: serde_json::Value = serde_json::from_slice(&fs_err::read(file).ok()?).ok()?;
        let config = fixture.get("config").unwrap_or(&fixture);
        Some(config.to_string().into_bytes())
    };
    let mut seeds: Vec<Vec<u8>> = files.iter().filter_map(of_fixture).filter(|config| config.len() < 20_000).collect();
    seeds.push(fs_err::read(checkpoint().join("config.json")).unwrap());
    let folder = folder("config.json");
    fuzz::each("config", &seeds, |bytes| {
        fs_err::write(folder.path().join("config.json"), bytes).unwrap();
        drop(spyglass_model::check(folder.path()));
    });
}
