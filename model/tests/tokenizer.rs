//! The tokenizer: special tokens, splits, and text that comes token by token. Tokenizers are made here, so nothing is needed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_json::{Value, json};
use spyglass_model::{Error, Tokenizer};

use support::{BYTES, bytes, config, folder, id, llama, open};

mod support;

#[test]
fn bos_is_added_once_as_the_files_say() {
    let without = {
        let mut json = llama();
        json["post_processor"] = Value::Null;
        json
    };
    let with = |key: bool| {
        let mut config = config();
        config["add_bos_token"] = key.into();
        config
    };
    for (tokenizer, config, bos) in [
        (llama(), config(), true),
        (llama(), with(true), true),
        (llama(), with(false), false),
        (without.clone(), config(), false),
        (without.clone(), with(true), true),
        (without, with(false), false),
    ] {
        let tokenizer = open(&tokenizer, &config);
        let ab = id(&tokenizer, "▁ab");
        assert_eq!(tokenizer.encode("ab").unwrap(), if bos { vec![1, ab] } else { vec![ab] });
        assert_eq!(tokenizer.encode_plain("ab").unwrap(), [ab]);
        assert_eq!(tokenizer.encode("<s>ab").unwrap(), [1, ab], "no second BOS");
        assert_eq!((tokenizer.bos(), tokenizer.eos(), tokenizer.prefix_token()), (Some(1), Some(2), Some(1)));
    }
}

#[test]
fn the_first_space_is_put_as_the_class_puts_it() {
    let class = |class: &str, legacy: Value| {
        let mut config = config();
        config["tokenizer_class"] = class.into();
        config["legacy"] = legacy;
        let tokenizer = open(&llama(), &config);
        let plain = tokenizer.encode("<s>ab").unwrap() == [1, id(&tokenizer, "ab")];
        assert_eq!(tokenizer.encode("ab").unwrap(), [1, id(&tokenizer, "▁ab")]);
        plain
    };
    assert!(class("LlamaTokenizer", Value::Null) && class("LlamaTokenizerFast", false.into()));
    assert!(!class("LlamaTokenizer", true.into()) && !class("PreTrainedTokenizerFast", Value::Null));
}

#[test]
fn pairs_are_split_by_length() {
    let tokenizer = open(&llama(), &config());
    let ids = |texts: &[&str]| texts.iter().map(|text| id(&tokenizer, text)).collect::<Vec<_>>();
    let pair = |context: &str, continuation: &str| {
        let pair = tokenizer.encode_pair(context, continuation).unwrap();
        (pair.context, pair.continuation, pair.on_token_edge)
    };
    assert_eq!(pair("ab", " ab"), (ids(&["<s>", "▁ab"]), ids(&["▁ab"]), true));
    assert_eq!(pair("ab ", "ab"), (ids(&["<s>", "▁ab"]), ids(&["▁ab"]), true));
    assert_eq!(pair("ab\u{1f}\u{a0} ", "ab").0, ids(&["<s>", "▁ab"]), "what Python's rstrip takes off");
    assert_eq!(pair("", " ab"), (vec![1], ids(&["▁ab"]), true));
    assert_eq!(pair(" ", "ab"), (vec![1], ids(&["▁ab"]), true));
    assert_eq!(pair("", "<s>ab"), (vec![1], ids(&["▁ab"]), true), "a BOS that is written out is the context");
    assert_eq!(pair("a", "bc"), (ids(&["<s>", "▁a"]), ids(&["c"]), false), "`b` is lost in `▁ab`");
    for (context, continuation) in [("a", "b"), ("ab", ""), ("", "")] {
        let error = tokenizer.encode_pair(context, continuation).unwrap_err();
        assert!(matches!(error, Error::NothingToScore { .. }), "{error}");
    }
}

#[test]
fn the_prefix_is_bos_else_eos_else_missed() {
    let tokenizer = open(&llama(), &json!({"eos_token": "</s>", "add_bos_token": false}));
    assert_eq!(tokenizer.encode_pair("", " ab").unwrap().context, [2]);
    let none = {
        let mut json = llama();
        json["post_processor"] = Value::Null;
        json
    };
    let tokenizer = open(&none, &json!({}));
    assert_eq!(tokenizer.prefix_token(), None);
    assert!(matches!(tokenizer.encode_pair("", " ab"), Err(Error::Tokenizer { .. })));
    assert_eq!(tokenizer.encode_pair("ab", " ab").unwrap().context, [id(&tokenizer, "▁ab")]);
}

#[test]
fn all_ends_are_known() {
    let dir = folder(&llama(), Some(&config()));
    fs_err::write(dir.path().join("config.json"), r#"{"eos_token_id": 7}"#).unwrap();
    fs_err::write(dir.path().join("generation_config.json"), r#"{"eos_token_id": [9, 2, 1]}"#).unwrap();
    let tokenizer = Tokenizer::open(dir.path()).unwrap();
    assert_eq!(tokenizer.end_tokens(), [1, 2, 7, 9]);
    let names: Vec<PathBuf> = tokenizer.files();
    let names: Vec<&str> = names.iter().filter_map(|file| file.file_name()?.to_str()).collect();
    assert_eq!(names, ["tokenizer.json", "tokenizer_config.json", "generation_config.json"]);

    let mut elsewhere = open(&llama(), &config());
    assert_eq!(elsewhere.end_tokens(), [2]);
    elsewhere.add_end_tokens_of(dir.path()).unwrap();
    assert_eq!(elsewhere.end_tokens(), [1, 2, 7, 9]);
}

#[test]
fn truncation_and_padding_in_the_file_are_not_applied() {
    let mut json = llama();
    json["truncation"] = json!({"direction": "Right", "max_length": 2, "strategy": "LongestFirst", "stride": 0});
    json["padding"] = json!({"strategy": {"Fixed": 9}, "direction": "Right", "pad_to_multiple_of": null, "pad_id": 0,
        "pad_type_id": 0, "pad_token": "<unk>"});
    assert_eq!(open(&json, &config()).encode("ab ab ab").unwrap().len(), 4);
}

#[test]
fn a_vocabulary_larger_than_the_embedding_is_refused() {
    let tokenizer = open(&llama(), &config());
    assert_eq!(tokenizer.vocab_size(), 267);
    tokenizer.check_embedding(267).unwrap();
    let error = tokenizer.check_embedding(266).unwrap_err();
    assert!(matches!(error, Error::Vocabulary { tokenizer: 267, embedding: 266 }), "{error}");
}

#[test]
fn broken_files_are_named() {
    let error = Tokenizer::open(Path::new("/nowhere")).unwrap_err();
    assert!(error.to_string().contains("/nowhere/tokenizer.json"), "{error}");
    let dir = folder(&json!({"model": 3}), None);
    assert!(matches!(Tokenizer::open(dir.path()), Err(Error::Tokenizer { .. })));
    let dir = folder(&llama(), Some(&json!({"bos_token": "<bos>"})));
    let error = Tokenizer::open(dir.path()).unwrap_err();
    assert!(error.to_string().contains("`<bos>`"), "{error}");
    let dir = folder(&llama(), Some(&json!({"add_bos_token": "yes"})));
    assert!(matches!(Tokenizer::open(dir.path()), Err(Error::Config { .. })));
    let dir = folder(&llama(), None);
    fs_err::write(dir.path().join("tokenizer_config.json"), "{\"bos_token\": ").unwrap();
    assert!(matches!(Tokenizer::open(dir.path()), Err(Error::Json { line: 1, .. })));
}

fn streamed(tokenizer: &Tokenizer, ids: &[u32]) -> Vec<String> {
    let mut stream = tokenizer.decode_stream();
    let mut pieces: Vec<String> = ids.iter().map(|&id| stream.push(id).unwrap()).collect();
    pieces.push(stream.finish().unwrap());
    pieces
}

#[test]
fn characters_come_when_they_are_complete() {
    let tokenizer = open(&llama(), &config());
    assert_eq!(streamed(&tokenizer, &bytes("🧑".as_bytes())), ["", "", "", "🧑", ""]);
    assert_eq!(streamed(&tokenizer, &bytes(b"a\n")), ["a", "\n", ""], "a newline is not kept waiting");
    let ab = id(&tokenizer, "▁ab");
    assert_eq!(streamed(&tokenizer, &[ab, ab, 2, ab]), ["ab", " ab", "", " ab", ""]);
    let mut ids = bytes(&[0xF0, 0x9F]);
    ids.push(ab);
    assert_eq!(streamed(&tokenizer, &ids).concat(), "\u{FFFD}\u{FFFD} ab");
    assert_eq!(streamed(&tokenizer, &bytes(&[b'x', 0xFF, b'y'])).concat(), "x\u{FFFD}y");
    assert_eq!(streamed(&tokenizer, &bytes(&[b'x', 0xF0, 0x9F])).concat(), "x\u{FFFD}\u{FFFD}");
    assert_eq!(streamed(&tokenizer, &[9999, ab, 9999]).concat(), "ab", "ids beyond the vocabulary have no text");
}

/// GPT's kind: bytes spelt as characters, joined by the decoder.
fn byte_level() -> Value {
    let printable = |byte: u32| matches!(byte, 33..=126 | 161..=172 | 174..=255);
    let mut extra = 256;
    let mut vocab = serde_json::Map::new();
    for byte in 0..256 {
        let spelt = if printable(byte) {
            byte
        } else {
            extra += 1;
            extra - 1
        };
        vocab.insert(char::from_u32(spelt).unwrap().to_string(), byte.into());
    }
    json!({"version": "1.0", "added_tokens": [],
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
        "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
        "model": {"type": "BPE", "vocab": vocab, "merges": []}})
}

#[test]
fn endless_garbage_takes_no_endless_time() {
    for tokenizer in [open(&llama(), &config()), open(&byte_level(), &json!({}))] {
        let garbage = vec![BYTES + 0xF0; 50_000];
        assert!(streamed(&tokenizer, &garbage).concat().chars().count() >= 49_000);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn pieces_make_the_text(text in "[ab \n,é🧑ش]{0,24}", words in prop::collection::vec(259..267u32, 0..6)) {
        let tokenizer = open(&llama(), &config());
        let mut ids = tokenizer.encode(&text).unwrap();
        ids.extend(words);
        prop_assert_eq!(streamed(&tokenizer, &ids).concat(), tokenizer.decode(&ids).unwrap());
    }

    #[test]
    fn any_bytes_make_the_text(ids in prop::collection::vec(0..256u32, 0..40)) {
        let tokenizer = open(&byte_level(), &json!({}));
        prop_assert_eq!(streamed(&tokenizer, &ids).concat(), tokenizer.decode(&ids).unwrap());
    }
}
