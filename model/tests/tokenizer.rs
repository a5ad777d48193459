//! The tokenizer: special tokens, splits, and text that comes token by token. Tokenizers are made here, so nothing is needed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_json::{Value, json};
use spyglass_model::{Bos, Error, Tokenizer};

use support::{BYTES, bytes, config, folder, id, llama, open};

#[path = "tokenizer/damages.rs"]
mod damages;
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

/// As `tok_encode` and `_encode_pair` of lm-evaluation-harness 0.4.13 have it, with `add_bos_token` unset, True and False.
#[test]
fn bos_can_be_chosen() {
    let without = {
        let mut json = llama();
        json["post_processor"] = Value::Null;
        json
    };
    for json in [llama(), without] {
        let (own, files) = (json["post_processor"] != Value::Null, folder(&json, Some(&config())));
        for (rule, bos) in [(Bos::Tokenizer, own), (Bos::Always, true), (Bos::Never, false)] {
            let tokenizer = Tokenizer::open(files.path()).unwrap().with_bos(rule).unwrap();
            let ab = id(&tokenizer, "▁ab");
            let first = |ids: &[u32]| if bos { [&[1], ids].concat() } else { ids.to_vec() };
            assert_eq!(tokenizer.encode("ab").unwrap(), first(&[ab]), "{rule:?}");
            assert_eq!(tokenizer.encode_prompt("ab").unwrap(), first(&[ab]));
            assert_eq!(tokenizer.encode_prompt("").unwrap(), [1], "nothing can be continued only after the prefix");
            assert_eq!(tokenizer.encode_plain("ab").unwrap(), [ab]);
            assert_eq!(tokenizer.encode("<s>ab").unwrap(), [1, ab], "written out, it is there once");
            assert_eq!(tokenizer.encode_rendered("<s>ab").unwrap(), [1, ab]);
            let rendered = if rule == Bos::Always { vec![1, ab] } else { vec![ab] };
            assert_eq!(tokenizer.encode_rendered("ab").unwrap(), rendered, "{rule:?}");
            let pair = tokenizer.encode_pair("ab", " ab").unwrap();
            assert_eq!((pair.context, pair.continuation), (first(&[ab]), vec![ab]));
            assert_eq!(tokenizer.encode_pair("", " ab").unwrap().context, [1], "the prefix, whatever is chosen");
        }
    }
    let nameless = Tokenizer::open(folder(&llama(), Some(&json!({"eos_token": "</s>"}))).path()).unwrap();
    let error = nameless.with_bos(Bos::Always).unwrap_err();
    assert!(error.to_string().contains("tokenizer.json") && error.to_string().contains("no BOS token"), "{error}");
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

    // Of another folder's tokenizer, the checkpoint's own files tell the ids.
    let elsewhere = folder(&llama(), Some(&config()));
    fs_err::write(elsewhere.path().join("generation_config.json"), r#"{"eos_token_id": 5}"#).unwrap();
    assert_eq!(Tokenizer::open(elsewhere.path()).unwrap().end_tokens(), [2, 5]);
    let borrowed = Tokenizer::open_for(dir.path(), elsewhere.path()).unwrap();
    assert_eq!(borrowed.end_tokens(), [1, 2, 7, 9]);
    let nameless = folder(&llama(), None);
    fs_err::write(nameless.path().join("config.json"), r#"{"bos_token_id": 5}"#).unwrap();
    fs_err::write(dir.path().join("config.json"), r#"{"bos_token_id": 1}"#).unwrap();
    assert_eq!(Tokenizer::open_for(dir.path(), nameless.path()).unwrap().bos(), Some(1));
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
    assert!(matches!(error, Error::Vocabulary { tokenizer: 267, embedding: 266, .. }), "{error}");
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

/// Models trained by `fixtures/sentencepiece/make.py`; their tokens by sentencepiece and by transformers.
#[test]
fn sentencepiece_models_are_read_where_nothing_else_lies() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sentencepiece");
    let expected = fs_err::read_to_string(fixtures.join("expected.json")).unwrap();
    let expected: Vec<Value> = serde_json::from_str(&expected).unwrap();
    assert_eq!(expected.len(), 5);
    for case in &expected {
        let dir = tempfile::tempdir().unwrap();
        let model = format!("{}.model", case["model"].as_str().unwrap());
        fs_err::copy(fixtures.join(model), dir.path().join("tokenizer.model")).unwrap();
        // With no other file the model's own names of BOS and EOS hold.
        if case["class"] != "none" {
            let mut config = case["config"].clone();
            config["add_bos_token"] = true.into();
            fs_err::write(dir.path().join("tokenizer_config.json"), config.to_string()).unwrap();
        }
        let tokenizer = Tokenizer::open(dir.path()).unwrap();
        assert_eq!((tokenizer.bos(), tokenizer.eos()), (Some(1), Some(2)));
        for said in case["texts"].as_array().unwrap() {
            let text = said["text"].as_str().unwrap();
            let wanted: Vec<u32> = serde_json::from_value(said["ids"].clone()).unwrap();
            let ids = tokenizer.encode_plain(text).unwrap();
            assert_eq!(ids, wanted, "{} {} {text:?}", case["model"], case["class"]);
            let bos = case["class"] != "none" && !text.starts_with("<s>");
            assert_eq!(tokenizer.encode(text).unwrap().len(), ids.len() + usize::from(bos), "{text:?}");
            if !text.contains('<') && case["class"] != "none" {
                assert_eq!(tokenizer.decode(&ids).unwrap(), said["decoded"].as_str().unwrap());
            }
        }
    }
}

#[test]
fn files_beside_a_sentencepiece_model_add_tokens_to_it() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sentencepiece");
    let dir = tempfile::tempdir().unwrap();
    fs_err::copy(fixtures.join("plain.model"), dir.path().join("tokenizer.model")).unwrap();
    let write = |added: Value, json: &str| {
        let config = json!({"bos_token": "<s>", "eos_token": "<|end|>", "added_tokens_decoder": added});
        fs_err::write(dir.path().join("tokenizer_config.json"), config.to_string()).unwrap();
        fs_err::write(dir.path().join("added_tokens.json"), json).unwrap();
    };
    write(
        json!({"2": {"content": "</s>", "special": true}, "420": {"content": "<|end|>", "special": true}}),
        r#"{"<pad>": 421}"#,
    );
    let tokenizer = Tokenizer::open(dir.path()).unwrap();
    assert_eq!((tokenizer.eos(), tokenizer.vocab_size()), (Some(420), 422));
    let ids = tokenizer.encode("of<|end|>").unwrap();
    assert_eq!((ids.last(), tokenizer.decode(&ids).unwrap().as_str()), (Some(&420), "of"));
    let names: Vec<PathBuf> = tokenizer.files();
    assert!(names[0].ends_with("tokenizer.model"), "{names:?}");
    // A gap in the ids, what is no token, and a model beside a tokenizer.json, which goes before it.
    write(json!({"421": {"content": "<|end|>"}}), "{}");
    let error = Tokenizer::open(dir.path()).unwrap_err().to_string();
    assert!(error.contains("420 pieces") && error.contains("as token 421"), "{error}");
    write(json!({"420": {"special": true}}), "{}");
    assert!(Tokenizer::open(dir.path()).unwrap_err().to_string().contains("`420` is no added token"));
    write(Value::Null, r#"{"<pad>": "x"}"#);
    assert!(Tokenizer::open(dir.path()).unwrap_err().to_string().contains("added_tokens.json: `<pad>`"));
    fs_err::write(dir.path().join("tokenizer.json"), llama().to_string()).unwrap();
    fs_err::write(dir.path().join("tokenizer_config.json"), config().to_string()).unwrap();
    assert_eq!(Tokenizer::open(dir.path()).unwrap().vocab_size(), open(&llama(), &config()).vocab_size());
}
