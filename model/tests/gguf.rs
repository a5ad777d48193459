//! A `.gguf` file is the checkpoint that it was converted from; one that is broken is an error that says so.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::path::{Path, PathBuf};

use candle_core::quantized::GgmlDType;
use candle_core::quantized::gguf_file::Value;
use spyglass_model::bench::write_random_checkpoint;
use spyglass_model::{LanguageModel, LoadOptions, Model, ModelConfig, Sequence, Tokenizer, Wanted, check};
use tempfile::TempDir;

#[path = "support/gguf.rs"]
mod gguf;
#[path = "gguf/odd.rs"]
mod odd;
#[path = "support/mod.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod support;

use gguf::{Metadata, Writing, metadata, texts};

const LLAMA: &str = r#"{"model_type": "llama", "hidden_size": 256, "intermediate_size": 512, "num_hidden_layers": 2, "vocab_size": 99,
    "num_attention_heads": 8, "num_key_value_heads": 2, "max_position_embeddings": 128, "rope_theta": 5000.0, "rms_norm_eps": 0.001,
    "tie_word_embeddings": true}"#;

fn of_llama() -> Metadata {
    let numbers = [
        ("embedding_length", 256),
        ("feed_forward_length", 512),
        ("block_count", 2),
        ("attention.head_count", 8),
        ("attention.head_count_kv", 2),
        ("context_length", 128),
        ("vocab_size", 99),
    ];
    metadata("llama", &numbers, &[("rope.freq_base", 5000.0), ("attention.layer_norm_rms_epsilon", 0.001)])
}

/// A folder with a random checkpoint of this config, and the same in one file.
fn both(config: &str, writing: &Writing) -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    write_random_checkpoint(dir.path(), config, false, 4).unwrap();
    let file = dir.path().join("model.gguf");
    gguf::write(dir.path(), &file, writing);
    (dir, file)
}

fn logits(path: &Path) -> Vec<f32> {
    let model = Model::open(path, &LoadOptions::default()).unwrap_or_else(|error| panic!("{error}"));
    let mut state = model.new_state();
    let tokens: Vec<u32> = (0..40).map(|at| at * 29 % 90).collect();
    let mut batch = [Sequence { tokens: &tokens, state: &mut state, wanted: Wanted::From(0), keep_state: true }];
    model.forward(&mut batch).unwrap()[0].values().to_vec()
}

#[test]
fn every_type_of_tensor_is_what_it_expands_to() {
    use GgmlDType::{BF16, F16, F32, Q2K, Q3K, Q4_0, Q4_1, Q4K, Q5_0, Q5_1, Q5K, Q6K, Q8_0};
    for kind in [F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q2K, Q3K, Q4K, Q5K, Q6K] {
        let (dir, file) = both(LLAMA, &Writing { kind, head: Some(32), metadata: of_llama() });
        assert_eq!(logits(&file), logits(dir.path()), "{kind:?}");
        let config = check(&file).unwrap();
        assert_eq!(
            (config.model_type(), config.layers(), config.vocab_size(), config.context_limit()),
            ("llama", 2, 99, 128)
        );
    }
}

#[test]
fn other_architectures_are_read_by_their_names() {
    let mut qwen = of_llama();
    qwen.iter_mut().for_each(|(key, _)| *key = key.replace("llama.", "qwen3."));
    qwen[0].1 = Value::String("qwen3".into());
    qwen.push(("qwen3.attention.key_length".into(), Value::U32(32)));
    let ssm = [
        ("embedding_length", 64),
        ("block_count", 2),
        ("ssm.inner_size", 128),
        ("ssm.state_size", 16),
        ("ssm.conv_kernel", 4),
    ];
    let eps = [("attention.layer_norm_rms_epsilon", 1e-5)];
    let mamba =
        [&ssm[..], &[("ssm.time_step_rank", 4), ("context_length", 1000), ("attention.head_count", 0)]].concat();
    let mamba2 = [&ssm[..], &[("ssm.time_step_rank", 8), ("ssm.group_count", 2)]].concat();
    let cases = [
        (LLAMA.replace("\"llama\"", "\"qwen3\"").replace("\"rope_theta\"", "\"head_dim\": 32, \"rope_theta\""), qwen, None),
        (r#"{"model_type": "mamba", "hidden_size": 64, "num_hidden_layers": 2, "vocab_size": 99, "state_size": 16}"#.into(),
         metadata("mamba", &mamba, &eps), None),
        (r#"{"model_type": "mamba2", "hidden_size": 64, "num_hidden_layers": 2, "vocab_size": 99, "state_size": 16, "num_heads": 8,
             "head_dim": 16, "n_groups": 2, "tie_word_embeddings": true}"#.into(),
         metadata("mamba2", &mamba2, &eps), None),
        (LLAMA.replace("\"rope_theta\"", "\"rope_scaling\": {\"rope_type\": \"linear\", \"factor\": 4.0}, \"rope_theta\""),
         [of_llama(), vec![("llama.rope.scaling.type".into(), Value::String("linear".into())), ("llama.rope.scaling.factor".into(), Value::F32(4.0))]].concat(),
         Some(32)),
    ];
    for (config, metadata, head) in cases {
        let (dir, file) = both(&config, &Writing { kind: GgmlDType::F32, head, metadata });
        let (found, expected) = (logits(&file), logits(dir.path()));
        let apart = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        // −exp(log a) differs from a in its last bit
        assert!(apart < 1e-4 && found.iter().any(|x| x.abs() > 0.01), "{config}: {apart}");
    }
}

#[test]
fn what_is_wrong_is_told() {
    let say = |key: &str, value: Value| [of_llama(), vec![(key.to_owned(), value)]].concat();
    let without = |key: &str| of_llama().into_iter().filter(|(name, _)| !name.ends_with(key)).collect::<Metadata>();
    let named = |name: &str| {
        let mut all = of_llama();
        all[0].1 = Value::String(name.into());
        all
    };
    let cases = [
        (named("gemma3"), "`general.architecture` is gemma3"),
        (without("general.architecture"), "`general.architecture` is missing"),
        (without("block_count"), "`llama.block_count` is missing"),
        (without("rms_epsilon"), "`llama.attention.layer_norm_rms_epsilon` is missing"),
        (say("split.count", Value::U16(3)), "one of 3 files"),
        (say("general.type", Value::String("adapter".into())), "holds no model"),
        (say("llama.expert_count", Value::U32(8)), "mixture of experts"),
        (say("llama.logit_scale", Value::F32(0.5)), "`llama.logit_scale` is a setting that is not known"),
        (say("llama.rope.scaling.type", Value::String("longrope".into())), "`longrope`"),
        (say("llama.attention.value_length", Value::U32(64)), "is not 32"),
        (say("llama.block_count.x", Value::U32(1)), "not known"),
        (say("general.alignment", Value::U32(0)), "`general.alignment` is 0"),
    ];
    for (metadata, said) in cases {
        let (_dir, file) = both(LLAMA, &Writing { kind: GgmlDType::Q8_0, head: Some(32), metadata });
        let error = check(&file).unwrap_err().to_string();
        assert!(error.contains(said) && error.contains("model.gguf"), "{said}: {error}");
    }
}

#[test]
fn a_damaged_file_is_told_and_takes_no_memory() {
    let (_dir, file) = both(LLAMA, &Writing { kind: GgmlDType::Q8_0, head: Some(32), metadata: of_llama() });
    let good = fs_err::read(&file).unwrap();
    let told = |bytes: &[u8]| {
        fs_err::write(&file, bytes).unwrap();
        check(&file).map(drop).map_err(|error| error.to_string())
    };
    assert_eq!(told(&good), Ok(()));
    for end in (0..2000).step_by(7).chain((2000..good.len()).step_by(9973)).chain([good.len() - 33]) {
        assert!(told(&good[..end]).is_err(), "cut after {end}");
    }
    let with = |at: usize, new: &[u8]| {
        let mut bytes = good.clone();
        bytes[at..at + new.len()].copy_from_slice(new);
        bytes
    };
    let place = |text: &[u8]| good.windows(text.len()).position(|window| window == text).unwrap();
    let tensor = place(b"output_norm.weight") + 18; // sides, one of them, type, offset
    let huge = 1_000_000_000_000_u64.to_le_bytes();
    let list = [&of_llama()[..], &[("general.tags".into(), Value::Array(vec![Value::U8(1); 40]))]].concat();
    for (bytes, said) in [
        (with(4, &[0, 0, 0, 3]), "big-endian"),
        (with(4, &[9, 0, 0, 0]), "version 9"),
        (with(0, b"GGML"), "does not begin as a GGUF file does"),
        (with(8, &huge), "cannot be read"),
        (with(16, &huge), "cannot be read"),
        (with(tensor, &[99]), "dimensions"),
        (with(tensor + 4, &huge), "ends beyond the file"),
        (with(tensor + 4, &[0xff; 8]), "ends beyond the file"),
        (with(tensor + 12, &[20]), "type 20 (IQ4_NL)"),
        (with(tensor + 12, &[200]), "type 200 (unknown)"),
        (with(tensor + 12, &[9]), "for sums on the way"),
        (with(tensor + 16, &[0xff; 8]), "ends beyond the file"),
        (with(tensor - 18, b"output_norm.weighx"), "output_norm.weighx"),
    ] {
        let error = told(&bytes).unwrap_err();
        assert!(error.contains(said), "{said}: {error}");
    }
    let (_dir, file) = both(LLAMA, &Writing { kind: GgmlDType::Q8_0, head: Some(32), metadata: list });
    let mut bytes = fs_err::read(&file).unwrap();
    let at = bytes.windows(12).position(|window| window == b"general.tags").unwrap() + 12 + 8;
    bytes[at..at + 8].copy_from_slice(&huge);
    fs_err::write(&file, &bytes).unwrap();
    assert!(check(&file).unwrap_err().to_string().contains("cannot be read"));
}

/// A file with this tokenizer, and no model beside it.
fn tokenizer(more: Metadata) -> (TempDir, PathBuf) {
    both(LLAMA, &Writing { kind: GgmlDType::Q8_0, head: Some(32), metadata: [of_llama(), more].concat() })
}

fn of_tokens(kind: &str, tokens: &[String], uses: &[i32]) -> Metadata {
    let key = |name: &str| format!("tokenizer.ggml.{name}");
    vec![
        (key("model"), Value::String(kind.into())),
        (key("tokens"), texts(tokens)),
        (key("token_type"), Value::Array(uses.iter().map(|&kind| Value::I32(kind)).collect())),
    ]
}

#[test]
fn byte_pairs_are_split_as_the_file_says() {
    let mut tokens: Vec<String> = ["<|end|>", "<tool>"].map(String::from).to_vec();
    tokens.extend((b'!'..=b'~').map(|byte| char::from(byte).to_string()));
    tokens.extend(["Ġ", "12", "ab", "Ġab", "123"].map(String::from));
    let uses: Vec<i32> = (0..tokens.len()).map(|at| [3, 4, 1][at.min(2)]).collect();
    let more = |pre: &str| {
        let mut all = of_tokens("gpt2", &tokens, &uses);
        all.push(("tokenizer.ggml.pre".into(), Value::String(pre.into())));
        all.push(("tokenizer.ggml.merges".into(), texts(&["1 2", "a b", "Ġ ab", "12 3"])));
        all.push(("tokenizer.ggml.eos_token_id".into(), Value::U32(0)));
        all.push(("tokenizer.chat_template".into(), Value::String("{{ messages[0].content }}!".into())));
        all
    };
    let id = |text: &str| tokens.iter().position(|token| token == text).unwrap() as u32;
    let ids = |parts: &[&str]| parts.iter().map(|part| id(part)).collect::<Vec<_>>();
    for (pre, numbers) in
        [("gpt-2", ids(&["123"])), ("smollm", ids(&["1", "2", "3"])), ("qwen2", ids(&["1", "2", "3"]))]
    {
        let (_dir, file) = tokenizer(more(pre));
        let read = Tokenizer::open(&file).unwrap();
        let expected = [ids(&["ab", "Ġab"]), numbers, ids(&["<tool>", "<|end|>"])].concat();
        assert_eq!(read.encode("ab ab123<tool><|end|>").unwrap(), expected, "{pre}");
        assert_eq!(read.decode(&expected).unwrap(), "ab ab123<tool>");
        assert_eq!((read.eos(), read.bos(), read.end_tokens()), (Some(0), None, &[0][..]));
        let message = spyglass_model::Message::new("user", "ab");
        assert_eq!(read.chat_template().unwrap().unwrap().render_prompt(&[message]).unwrap(), "ab!");
    }
    let (_dir, file) = tokenizer(more("klingon"));
    assert!(Tokenizer::open(&file).unwrap_err().to_string().contains("klingon"));
}

#[test]
fn scored_pieces_are_merged_and_bytes_stand_in() {
    let theirs = support::llama();
    let vocab = theirs["model"]["vocab"].as_object().unwrap();
    let mut tokens = vec![String::new(); vocab.len()];
    vocab.iter().for_each(|(text, id)| tokens[id.as_u64().unwrap() as usize].clone_from(text));
    let uses: Vec<i32> = tokens
        .iter()
        .enumerate()
        .map(|(at, text)| match at {
            0 => 2,
            1 | 2 => 3,
            _ if text.starts_with("<0x") => 6,
            _ => 1,
        })
        .collect();
    let rank = |text: &String| match text.as_str() {
        "▁a" => -1.0,
        "ab" => -2.0,
        "▁ab" => -3.0,
        _ => -1e6,
    };
    let mut more = of_tokens("llama", &tokens, &uses);
    more.push((
        "tokenizer.ggml.scores".into(),
        Value::Array(tokens.iter().map(|text| Value::F32(rank(text))).collect()),
    ));
    for (key, id) in [("bos", 1), ("eos", 2), ("unknown", 0)] {
        more.push((format!("tokenizer.ggml.{key}_token_id"), Value::U32(id)));
    }
    let (_dir, file) = tokenizer(more.clone());
    let (read, folder) = (Tokenizer::open(&file).unwrap(), support::open(&theirs, &support::config()));
    for text in ["ab", "aab ab", "é日", "</s>ab"] {
        assert_eq!(read.encode(text).unwrap()[1..], folder.encode_plain(text).unwrap(), "{text}");
        assert_eq!(read.encode(text).unwrap()[0], 1);
    }
    // as llama.cpp does, a space is put before a text that begins with one, too
    let id = |text: &str| tokens.iter().position(|token| token == text).unwrap() as u32;
    assert_eq!(read.encode(" ab").unwrap(), [1, id("▁"), id("▁ab")]);
    assert_eq!(read.decode(&folder.encode_plain("é日ab").unwrap()).unwrap(), "é日ab");
    for (key, said) in
        [("tokens", "holds no tokenizer"), ("model", "holds no tokenizer"), ("scores", "holds 0 numbers")]
    {
        let less: Metadata = more.iter().filter(|(name, _)| !name.ends_with(&format!("ggml.{key}"))).cloned().collect();
        let (_dir, file) = tokenizer(less);
        let error = Tokenizer::open(&file).unwrap_err().to_string();
        assert!(error.contains(said) && ModelConfig::read(&file).is_ok(), "{said}: {error}");
    }
}
