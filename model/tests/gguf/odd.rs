//! Every error of an odd or damaged file names the file, the key or tensor, and a mend; none speaks of a config.json.

use miette::Diagnostic;
use spyglass_model::{Bos, Error};

use super::*;

/// What a person reads: the error and its mend.
fn in_full(error: &Error) -> String {
    let help = error.help().unwrap_or_else(|| panic!("{error}: no mend")).to_string();
    format!("{error}; {help}")
}

fn assert_told(error: &Error, said: &str) {
    let told = in_full(error);
    let of_a_folder = ["config.json", "beside it", "folder with", "such folder"].iter().any(|word| told.contains(word));
    assert!(told.contains(said) && told.contains("model.gguf") && !of_a_folder, "{said}: {told}");
}

/// A good header with `key` saying `value`.
fn with(key: &str, value: Value) -> Metadata {
    let mut all = of_llama();
    match all.iter_mut().find(|(known, _)| known == key) {
        Some((_, old)) => *old = value,
        None => all.push((key.into(), value)),
    }
    all
}

#[test]
fn a_header_that_does_not_fit_is_told_by_its_own_keys() {
    let number = |key: &str, value: u32| with(&format!("llama.{key}"), Value::U32(value));
    let float = |key: &str, value: f32| with(&format!("llama.{key}"), Value::F32(value));
    let twice = [of_llama(), vec![("llama.context_length".into(), Value::U32(64))]].concat();
    let cases = [
        (number("attention.head_count", 7), "`llama.attention.head_count` is 7, which does not divide the width 256"),
        (number("attention.head_count", 0), "`llama.attention.head_count` is 0"),
        (
            number("attention.head_count_kv", 3),
            "`llama.attention.head_count_kv` is 3, which does not divide `llama.attention.head_count`, 8",
        ),
        (number("attention.head_count_kv", 0), "`llama.attention.head_count_kv` is 0"),
        (number("block_count", 0), "`llama.block_count` is 0"),
        (number("block_count", 1_000_000_000), "`llama.block_count` is 1000000000"),
        (number("block_count", 3), "tensor `blk.2.attn_norm.weight` is missing, [256] expected"),
        (number("block_count", 1), "tensor `blk.1.attn_norm.weight` [256] is not part of the model"),
        (number("embedding_length", 128), "tensor `token_embd.weight` is [99, 256], its header asks for [99, 128]"),
        (number("embedding_length", 0), "`llama.embedding_length` makes heads 0 wide"),
        (number("feed_forward_length", 480), "tensor `blk.0.ffn_down.weight` is [256, 512]"),
        (number("context_length", 0), "`llama.context_length` is 0"),
        (number("rope.dimension_count", 7), "`llama.rope.dimension_count`"),
        (float("rope.freq_base", f32::NAN), "`llama.rope.freq_base` is no number"),
        (float("rope.freq_base", 0.0), "`llama.rope.freq_base` is 0"),
        (
            float("attention.layer_norm_rms_epsilon", f32::INFINITY),
            "`llama.attention.layer_norm_rms_epsilon` is no number",
        ),
        (float("attention.layer_norm_rms_epsilon", -1.0), "`llama.attention.layer_norm_rms_epsilon` is -1"),
        (with("llama.rope.scaling.type", Value::String("linear".into())), "`llama.rope.scaling.factor` is missing"),
        (with("llama.embedding_length", Value::String("256".into())), "`llama.embedding_length` is no whole number"),
        (with("llama.embedding_length", Value::I32(-1)), "`llama.embedding_length` is no whole number"),
        (with("general.architecture", Value::U8(1)), "`general.architecture` is no text"),
        (with("general.architecture", Value::String(String::new())), "`general.architecture` is empty"),
        (
            with("general.architecture", Value::String("grok".into())),
            "`general.architecture` is grok, which is not read",
        ),
        (with("general.alignment", Value::U32(48)), "`general.alignment` is 48"),
        (with("general.alignment", Value::U64(64)), "`general.alignment` is 64"),
        (with("general.alignment", Value::I32(-1)), "`general.alignment` is no whole number"),
        (twice, "one is there twice"),
    ];
    for (metadata, said) in cases {
        let (_dir, file) = both(LLAMA, &Writing { kind: GgmlDType::Q8_0, head: None, metadata });
        assert_told(&check(&file).unwrap_err(), said);
    }
}

#[test]
fn a_damaged_file_is_told_by_the_place() {
    let (_dir, file) = both(LLAMA, &Writing { kind: GgmlDType::Q8_0, head: Some(32), metadata: of_llama() });
    let good = fs_err::read(&file).unwrap();
    let place = |text: &[u8]| good.windows(text.len()).position(|window| window == text).unwrap();
    let after = |name: &str| place(name.as_bytes()) + name.len();
    let with = |at: usize, new: &[u8]| [&good[..at], new, &good[at + new.len()..]].concat();
    let (norm, query) = (after("output_norm.weight"), after("blk.0.attn_q.weight"));
    let long = (1_u64 << 63).to_le_bytes();
    for (bytes, said) in [
        (with(24, &long), "at its beginning: string length 9223372036854775808"),
        (with(place(b"llama.block_count") - 8, &long), "string length 9223372036854775808"),
        (with(query - 19 - 8, &long), "string length 9223372036854775808"),
        (with(after("llama.block_count"), &[99]), "at `llama.block_count`: unrecognized value-type"),
        (with(4, &[1, 0, 0, 0]), "model.gguf"),
        (with(4, &[99, 0, 0, 0]), "version 99"),
        (with(query - 19, b"blk.1.attn_q.weight"), "one is there twice"),
        (with(query + 20, &[20]), "`blk.0.attn_q.weight` is a tensor of type 20 (IQ4_NL)"),
        (with(norm + 16, &[0; 8]), "within the one before it"),
        (with(norm + 16, &[1]), "begins at byte"),
        (Vec::new(), "does not begin as a GGUF file does"),
    ] {
        fs_err::write(&file, bytes).unwrap();
        assert_told(&check(&file).unwrap_err(), said);
    }
    let header = after("blk.1.ffn_up.weight") + 32;
    for end in (1..header).step_by(53).chain([header, good.len() / 2, good.len() - 1]) {
        fs_err::write(&file, &good[..end]).unwrap();
        assert_told(&check(&file).unwrap_err(), "copy it again");
    }
}

#[test]
fn a_path_without_a_model_is_told() {
    let (dir, file) = both(LLAMA, &Writing { kind: GgmlDType::Q8_0, head: Some(32), metadata: of_llama() });
    let told = in_full(&ModelConfig::read(&dir.path().join("other.gguf")).unwrap_err());
    assert!(told.contains("other.gguf: there is no such file"), "{told}");
    fs_err::remove_file(dir.path().join("config.json")).unwrap();
    let told = in_full(&ModelConfig::read(dir.path()).unwrap_err());
    assert!(told.contains(&format!("name it, as `{}`", file.display())), "{told}");
}

#[test]
fn a_tokenizer_that_is_odd_is_told() {
    let tokens: Vec<String> = ('a'..='z').map(String::from).collect();
    let mut twice = tokens.clone();
    twice[9] = "d".into();
    let of = |kind: &str, more: &[(&str, Value)]| {
        let mut all = of_tokens(kind, &tokens, &[1; 26]);
        all.push(("tokenizer.ggml.pre".into(), Value::String("gpt-2".into())));
        all.extend(more.iter().map(|(key, value)| (format!("tokenizer.ggml.{key}"), value.clone())));
        all
    };
    for (metadata, said) in [
        (of("bert", &[]), "a tokenizer of the kind `bert`"),
        (of("gpt2", &[("eos_token_id", Value::U32(26))]), "`tokenizer.ggml.eos_token_id` is 26, beyond the vocabulary"),
        (
            of("gpt2", &[("merges", texts(&["a b"]))]),
            "`tokenizer.ggml.merges[0]` joins `a` and `b`, which makes no token",
        ),
        (of("gpt2", &[("merges", texts(&["ab"]))]), "`tokenizer.ggml.merges[0]` is no pair"),
        (
            of("gpt2", &[("merges", texts(&["a é"]))]),
            "`tokenizer.ggml.merges[0]` joins `a` and `é`, and `é` is no token",
        ),
        (of("gpt2", &[("add_bos_token", Value::U32(1))]), "`tokenizer.ggml.add_bos_token` is neither true nor false"),
        (of("llama", &[("scores", Value::Array(vec![Value::F32(0.0); 25]))]), "holds 25 numbers for 26 tokens"),
        (of_tokens("gpt2", &tokens, &[1; 25]), "has 26 tokens, and says the use of 25"),
        (of_tokens("gpt2", &twice, &[1; 26]), "`tokenizer.ggml.tokens` holds `d` twice, as token 3 and as token 9"),
        (of_tokens("llama", &twice, &[1; 26]), "`tokenizer.ggml.tokens` holds `d` twice, as token 3 and as token 9"),
    ] {
        let (_dir, file) = tokenizer(metadata);
        assert_told(&Tokenizer::open(&file).unwrap_err(), said);
    }
    let mut empty = tokens.clone();
    empty.extend(["", "A", ""].map(String::from));
    for (kind, more) in [
        ("gpt2", ("tokenizer.ggml.pre", Value::String("gpt-2".into()))),
        ("llama", ("tokenizer.ggml.scores", Value::Array(vec![Value::F32(0.0); 29]))),
    ] {
        let mut metadata = of_tokens(kind, &empty, &[1; 29]);
        metadata.push((more.0.into(), more.1));
        let (_dir, file) = tokenizer(metadata);
        let read = Tokenizer::open(&file).unwrap();
        assert_eq!(
            read.encode_plain("bA").unwrap().last(),
            Some(&27),
            "{kind}: empty tokens keep the places of others"
        );
        assert_eq!(read.vocab_size(), 29, "{kind}");
    }
    let (_dir, file) = tokenizer(of("gpt2", &[]));
    let read = Tokenizer::open(&file).unwrap();
    assert_told(&read.prefix().unwrap_err(), "`tokenizer.ggml.bos_token_id`");
    assert_told(&read.encode_prompt("12").unwrap_err(), "no token for any character of `12`");
    assert_told(&read.encode_pair("12", "a").unwrap_err(), "no token for any character of `12`");
    assert_eq!(read.encode_prompt("b1").unwrap(), [1]);
    assert_told(&read.with_bos(Bos::Always).unwrap_err(), "`tokenizer.ggml.bos_token_id`");
}
