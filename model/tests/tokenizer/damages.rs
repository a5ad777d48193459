//! A `tokenizer.json` that is damaged: named by file and place, or read where nothing is wrong with it.

use serde_json::{Value, json};
use spyglass_model::Tokenizer;

use crate::support::{config, folder, llama, open};

fn added(id: u32, content: &str) -> Value {
    json!({"id": id, "content": content, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
           "special": true})
}

#[test]
fn damages_of_a_tokenizer_are_named_by_file_and_place() {
    let set = |path: &'static str, value: Value| (path, value);
    let merges = |list: Value| set("/model/merges", list);
    for ((path, value), said) in [
        (
            merges(json!([["▁", "a"], ["▁ab", "<0x00>"]])),
            "`model.merges[1]` joins `▁ab` and `<0x00>`, which makes no token",
        ),
        (merges(json!([["a", "b"], ["b", "a"]])), "`model.merges[1]` joins `b` and `a`, which makes no token"),
        (merges(json!(["▁ a", "a b", "ab <0xFF>"])), "`model.merges[2]` joins `ab` and `<0xFF>`, which makes no token"),
        (merges(json!(["a b", "a x"])), "`model.merges[1]` joins `a` and `x`, and `x` is no token"),
        (merges(json!(["#version: 0.2", "a b", "a"])), "`model.merges[2]` is no pair"),
        (merges(json!([["a", "b"], ["a"]])), "line 1 column"),
        (merges(json!(7)), "line 1 column"),
        (set("/model/continuing_subword_prefix", json!("##########")), "`model.merges[0]` joins `▁` and `a`, which"),
        (set("/model/vocab/a", json!(4_294_967_296_u64)), "integer `4294967296`, expected u32 at line 1 column"),
        (set("/model/vocab/a", json!(-1)), "integer `-1`, expected u32 at line 1 column"),
        (set("/model/vocab", json!({})), "`model.merges[0]` joins `▁` and `a`, and `▁` is no token"),
        (
            set("/added_tokens/1/id", json!(0)),
            "`added_tokens[1]` says that `<s>` is token 0, and elsewhere the file says 1",
        ),
        (set("/added_tokens/1/id", json!(1_u64 << 32)), "expected u32 at line 1 column"),
        (
            set("/added_tokens/2/content", json!("<new>")),
            "`added_tokens[2]` says that `<new>` is token 2, and elsewhere the file says that `</s>` is",
        ),
        (
            set("/added_tokens", json!([added(300, "<new>"), added(300, "<other>")])),
            "`added_tokens[1]` says that `<other>` is token 300, and elsewhere the file says that `<new>` is",
        ),
        (
            set("/added_tokens", json!([added(300, "<new>"), added(301, "<new>")])),
            "`added_tokens[1]` says that `<new>` is token 301, and elsewhere the file says 300",
        ),
        (
            set("/normalizer", json!({"type": "Precompiled", "precompiled_charsmap": "AAA"})),
            "`precompiled_charsmap` is damaged",
        ),
        (
            set(
                "/normalizer",
                json!({"type": "Sequence", "normalizers": [{"type": "Precompiled", "precompiled_charsmap": "/////w=="}]}),
            ),
            "`precompiled_charsmap` is damaged",
        ),
        (set("/decoder", json!({"type": "Nothing"})), "is not a tokenizer"),
    ] {
        let mut damaged = llama();
        if path == "/normalizer" || path.ends_with("prefix") {
            damaged.pointer_mut(path.rsplit_once('/').unwrap().0).unwrap()[&path[path.rfind('/').unwrap() + 1..]] =
                value;
        } else {
            *damaged.pointer_mut(path).unwrap() = value;
        }
        let dir = folder(&damaged, None);
        let told = Tokenizer::open(dir.path()).unwrap_err().to_string();
        assert!(told.contains("tokenizer.json: ") && told.contains(said), "{path}: {told}");
    }
    let empty = json!({"version": "1.0", "added_tokens": [], "model": {"type": "BPE", "vocab": {}, "merges": []}});
    let told = Tokenizer::open(folder(&empty, None).path()).unwrap_err().to_string();
    assert!(told.contains("has no tokens: `model.vocab` is empty"), "{told}");
    // Within a part whose damage the crate takes for its own: what stands behind is cut off.
    let (dir, text) = (folder(&llama(), None), llama().to_string());
    fs_err::write(dir.path().join("tokenizer.json"), &text[..text.find("\"Fuse\"").unwrap()]).unwrap();
    let told = Tokenizer::open(dir.path()).unwrap_err().to_string();
    assert!(told.contains("is not a tokenizer: EOF while parsing"), "{told}");
}

#[test]
fn what_is_odd_and_no_damage_is_read() {
    let with = |change: &dyn Fn(&mut Value)| {
        let mut json = llama();
        change(&mut json);
        open(&json, &config())
    };
    let plain = with(&|_| ()).encode("ab é").unwrap();
    for (name, tokenizer) in [
        ("older merges", with(&|json| json["model"]["merges"] = json!(["#version: 0.2", "▁ a", "a b", "▁a b"]))),
        ("an unknown token that is not there", with(&|json| json["model"]["unk_token"] = "<none>".into())),
        ("without the key", with(&|json| drop(json.as_object_mut().unwrap().remove("added_tokens").unwrap()))),
        (
            "an added token behind the vocabulary",
            with(&|json| {
                let mut last = json["added_tokens"][2].clone();
                (last["id"], last["content"]) = (267.into(), "<new>".into());
                json["added_tokens"].as_array_mut().unwrap().push(last);
            }),
        ),
        (
            "a token whose name is escaped",
            with(&|json| {
                json["model"]["vocab"]["\"\\"] = 267.into();
                json["model"]["vocab"]["\"\\a"] = 268.into();
                json["model"]["merges"].as_array_mut().unwrap().push(json!(["\"\\", "a"]));
            }),
        ),
    ] {
        assert_eq!(tokenizer.encode("ab é").unwrap(), plain, "{name}");
    }
}

/// The ids of a file hold, whatever their order and their holes.
#[test]
fn added_tokens_have_the_ids_that_the_file_says() {
    let words = json!({"type": "WordLevel", "vocab": {"<unk>": 0, "ab": 1}, "unk_token": "<unk>"});
    let pieces = json!({"type": "WordPiece", "vocab": {"<unk>": 0, "ab": 1}, "unk_token": "<unk>",
        "continuing_subword_prefix": "##", "max_input_chars_per_word": 100});
    let list = json!({"type": "Unigram", "vocab": [["<unk>", 0.0], ["ab", -1.0]], "unk_id": 0});
    for (model, ids) in [
        (llama()["model"].clone(), [400, 300]),
        (llama()["model"].clone(), [268, 267]),
        (llama()["model"].clone(), [267, 268]),
        (words, [9, 5]),
        (pieces, [5, 9]),
        (list.clone(), [3, 2]),
    ] {
        let mut json = llama();
        json["added_tokens"] = json!([added(ids[0], "<one>"), added(ids[1], "<two>")]);
        json["pre_tokenizer"] = Value::Null;
        json["post_processor"] = Value::Null;
        json["decoder"] = Value::Null;
        json["model"] = model;
        let tokenizer = open(&json, &json!({"bos_token": "<one>"}));
        assert_eq!(tokenizer.bos(), Some(ids[0]), "{ids:?}");
        let read = tokenizer.encode_plain("<two>ab<one>").unwrap();
        assert_eq!((read.len(), read[0], read[2]), (3, ids[1], ids[0]), "{ids:?}");
        assert_eq!(tokenizer.token_text(ids[1]).as_deref(), Some("<two>"), "{ids:?}");
        assert_eq!(tokenizer.vocab_size(), ids[0].max(ids[1]) as usize + 1, "{ids:?}");
    }
    let mut hole = llama();
    (hole["model"], hole["added_tokens"]) = (list, json!([added(3, "<one>")]));
    let error = Tokenizer::open(folder(&hole, None).path()).unwrap_err();
    assert!(error.to_string().contains("`<one>` is token 3, and it is read as token 2"), "{error}");
    let help = miette::Diagnostic::help(&error).unwrap().to_string();
    assert!(help.contains("without a hole"), "{help}");
}
