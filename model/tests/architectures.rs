//! Every architecture against transformers, in both dialects of config.json, whole and token by token, by kernels and by candle.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::io::Write;
use std::path::Path;

use fixture::{Dialect, Fixture};
use half::{bf16, f16};
use safetensors::tensor::{Dtype, TensorView, serialize_to_file};
use spyglass_model::{
    Backend, Error, LanguageModel, LoadOptions, Model, ModelConfig, Request, Scorer, ScorerOptions, Sequence, Wanted,
    architectures, check,
};
use torch_file::Saved;

#[path = "support/fixture.rs"]
mod fixture;
#[path = "support/torch_file.rs"]
mod torch_file;

/// Folders with the fixture's checkpoint, one for each dialect that can say it.
fn folders(fixture: &Fixture) -> Vec<(Dialect, tempfile::TempDir)> {
    let written = |dialect| {
        let dir = tempfile::tempdir().unwrap();
        fixture.write(dir.path(), dialect).map(|()| (dialect, dir))
    };
    [Dialect::Five, Dialect::Four].into_iter().filter_map(written).collect()
}

fn open(dir: &Path, backend: Backend, what: &str) -> Model {
    Model::open(dir, &LoadOptions { backend, ..LoadOptions::default() })
        .unwrap_or_else(|error| panic!("{what}: {error}"))
}

/// Logits of all tokens, in pieces of this length.
fn logits(model: &Model, ids: &[u32], piece: usize) -> Vec<f32> {
    let mut state = model.new_state();
    let mut all = Vec::new();
    for tokens in ids.chunks(piece) {
        let mut batch = [Sequence { tokens, state: &mut state, wanted: Wanted::From(0), keep_state: true }];
        all.extend_from_slice(model.forward(&mut batch).unwrap()[0].values());
    }
    assert_eq!(state.position(), ids.len());
    assert_eq!(state.bytes() as u64, model.state_bytes(ids.len()));
    all
}

/// The farthest that the rows of `ours` are from those that the fixture gives.
fn farthest(fixture: &Fixture, ours: &[f32]) -> f64 {
    let vocab = ours.len() / fixture.ids().len();
    let apart = |(at, row): (&usize, &Vec<f64>)| {
        let own = &ours[at * vocab..(at + 1) * vocab];
        own.iter().zip(row).map(|(&own, theirs)| (f64::from(own) - theirs).abs()).fold(0.0, f64::max)
    };
    fixture.logits().iter().map(apart).fold(0.0, f64::max)
}

#[test]
fn every_architecture_answers_as_transformers() {
    let mut met = Vec::new();
    for fixture in Fixture::all() {
        let ids = fixture.ids();
        for (dialect, dir) in folders(&fixture) {
            let name = format!("{} {dialect:?}", fixture.name());
            check(dir.path()).unwrap_or_else(|error| panic!("{name}: {error}"));
            let model = open(dir.path(), Backend::Kernels, &name);
            met.push(model.config().model_type());
            let whole = logits(&model, &ids, ids.len());
            let apart = farthest(&fixture, &whole);
            assert!(apart <= 2e-4, "{name}: logits differ by {apart}");
            assert!(logits(&model, &ids, 1) == whole, "{name}: token by token differs");
            assert!(logits(&model, &ids, 7) == whole, "{name}: pieces differ");
            let candle = farthest(&fixture, &logits(&open(dir.path(), Backend::Candle, &name), &ids, 9));
            assert!(candle <= 2e-4, "{name}: candle's logits differ by {candle}");
            let sums = log_likelihoods(&model, &ids);
            let off = sums.iter().zip(fixture.log_likelihoods()).map(|(ours, theirs)| (ours - theirs).abs());
            let off = off.fold(0.0, f64::max);
            assert!(off <= 5e-4, "{name}: log-likelihoods differ by {off}");
            let line =
                format!("{name}: logits within {apart:.1e} (candle {candle:.1e}), log-likelihoods within {off:.1e}");
            writeln!(std::io::stdout(), "{line}").unwrap();
        }
    }
    met.push("zamba2"); // its fixtures are larger and have a test of their own
    for known in architectures() {
        assert!(met.contains(&known.model_type), "no fixture meets {}", known.model_type);
    }
}

/// Log-likelihood of each token but the first, as one request.
fn log_likelihoods(model: &Model, ids: &[u32]) -> Vec<f64> {
    let request = Request { context: ids[..1].to_vec(), continuation: ids[1..].to_vec() };
    let plan = spyglass_model::RequestTrie::new(&[request]).unwrap();
    let scored = Scorer::new(model, ScorerOptions::default()).run(&plan, |_| std::ops::ControlFlow::Continue(()));
    scored.unwrap().remove(0).per_token
}

#[test]
fn an_unknown_architecture_is_told_with_the_nearest() {
    let told = |text: &str| match ModelConfig::parse(text, Path::new("config.json")) {
        Err(Error::Architecture { found, mend, .. }) => format!("{found}; {mend}"),
        other => panic!("{other:?}"),
    };
    let said = told(r#"{"model_type": "lama"}"#);
    assert!(said.starts_with("`lama`; the nearest known one is `llama`; known are: zamba2, "), "{said}");
    assert!(told(r#"{"model_type": "t5"}"#).starts_with("`t5`; known are: "));
    assert!(told("{}").starts_with("missing; known are: "));
}

#[test]
fn what_would_change_results_and_is_not_known_is_named() {
    for fixture in
        Fixture::all().iter().filter(|fixture| ["llama", "gpt_neox", "mamba2", "bamba"].contains(&fixture.name()))
    {
        for (key, value) in [
            ("hidden_act", "mish".into()),
            ("rope_parameters", serde_json::json!({"rope_type": "longrope", "rope_theta": 1e4})),
            ("attention_multiplier", 0.5.into()),
            ("final_logit_softcapping", 30.0.into()),
            ("vocab_size", 0.into()),
            ("num_hidden_layers", 1_000_000_000.into()),
        ] {
            if fixture.name() == "mamba2" && key == "rope_parameters" {
                continue;
            }
            let mut config = fixture.config(Dialect::Five).unwrap();
            config[key] = value;
            let error = ModelConfig::parse(&config.to_string(), Path::new("config.json")).unwrap_err();
            let named = if key == "rope_parameters" { "rope_type" } else { key };
            assert!(matches!(&error, Error::Config { key, .. } if key == named), "{}: {error}", fixture.name());
        }
    }
}

#[test]
fn weights_that_another_library_quantised_are_named_with_the_mend() {
    let told = |error: &Error| miette::Diagnostic::help(error).map(|help| format!("{error}; {help}")).unwrap();
    for fixture in
        Fixture::all().iter().filter(|fixture| ["llama", "gpt_neox", "mamba2", "zamba"].contains(&fixture.name()))
    {
        for (said, method) in [
            (serde_json::json!({"quant_method": "awq", "bits": 4}), "awq in 4 bits"),
            (serde_json::json!({"quant_method": "gptq", "bits": 8, "group_size": 128}), "gptq in 8 bits"),
            (
                serde_json::json!({"quant_method": "compressed-tensors", "format": "pack-quantized"}),
                "compressed-tensors,",
            ),
            (serde_json::json!({"load_in_4bit": true, "bnb_4bit_quant_type": "nf4"}), "bitsandbytes in 4 bits"),
            (serde_json::json!({"load_in_4bit": false, "load_in_8bit": true}), "bitsandbytes in 8 bits"),
            (serde_json::json!({"quant_method": "gptq", "load_in_4bit": false}), "gptq,"),
            (serde_json::json!({"quant_method": "fp8"}), "fp8,"),
        ] {
            let mut config = fixture.config(Dialect::Five).unwrap();
            config["quantization_config"] = said;
            let error = told(&ModelConfig::parse(&config.to_string(), Path::new("config.json")).unwrap_err());
            assert!(error.contains(method) && error.contains("`--precision q4`"), "{}: {error}", fixture.name());
        }
        for nothing in [
            serde_json::json!({"load_in_4bit": false}),
            serde_json::json!({"quant_method": "bitsandbytes", "load_in_4bit": false, "load_in_8bit": false}),
        ] {
            let mut config = fixture.config(Dialect::Five).unwrap();
            config["quantization_config"] = nothing;
            assert!(ModelConfig::parse(&config.to_string(), Path::new("config.json")).is_ok(), "{}", fixture.name());
        }
    }
}

/// Where config.json does not say so, names and types of tensors do, also where a packed weight comes before its other pieces.
#[test]
fn quantised_weights_are_known_by_their_pieces() {
    let fixtures = Fixture::all();
    let fixture = fixtures.iter().find(|fixture| fixture.name() == "llama").unwrap();
    let weight = "model.layers.0.mlp.up_proj.weight";
    let cases: [(&[(&str, Dtype)], &str); 10] = [
        (&[("model.layers.0.mlp.up_proj.qweight", Dtype::I32)], "up_proj.qweight"),
        (
            &[(weight, Dtype::U8), ("model.layers.0.mlp.up_proj.weight.absmax", Dtype::F32)],
            "up_proj.weight`: weights quantised as `U8`",
        ),
        (&[(weight, Dtype::I8), ("model.layers.0.mlp.up_proj.SCB", Dtype::F32)], "`.SCB`"),
        (&[(weight, Dtype::F8_E4M3), ("model.layers.0.mlp.up_proj.weight_scale_inv", Dtype::F32)], "`F8_E4M3`"),
        (&[(weight, Dtype::F8_E5M2)], "`F8_E5M2`"),
        (&[("model.layers.0.mlp.up_proj.W_q", Dtype::U8), ("model.layers.0.mlp.up_proj.bias", Dtype::F32)], "`.W_q`"),
        (&[("model.layers.0.mlp.up_proj.codebooks", Dtype::F16)], "`.codebooks`"),
        (&[("model.layers.0.mlp.experts.down_proj_blocks", Dtype::U8)], "`_blocks`"),
        (&[("model.layers.0.mlp.experts.down_proj_scales", Dtype::F8_E8M0)], "`F8_E8M0`"),
        (&[(weight, Dtype::BF16), ("model.layers.0.self_attn.k_scale", Dtype::F32)], "`.k_scale`"),
    ];
    for (tensors, sign) in cases {
        let dir = tempfile::tempdir().unwrap();
        fixture.write(dir.path(), Dialect::Five).unwrap();
        let view = |&(name, dtype): &(&'static str, Dtype)| {
            (name, TensorView::new(dtype, vec![8, 1], &[0; 32][..dtype.bitsize()]).unwrap())
        };
        serialize_to_file(tensors.iter().map(view), None, &dir.path().join("model.safetensors")).unwrap();
        let error = check(dir.path()).unwrap_err();
        let told = miette::Diagnostic::help(&error).map(|help| format!("{error}; {help}")).unwrap();
        assert!(
            told.contains(sign) && told.contains("`--precision q4`") && told.contains("compare-precision"),
            "{told}"
        );
    }
}

/// Of each head a product with the key and one with the value of every token before: 2 · width a layer and token.
#[test]
fn attention_costs_more_after_more_tokens_where_there_is_any() {
    let cost = |text: &str| {
        let config = ModelConfig::parse(text, Path::new("config.json")).unwrap();
        [0, 1000, 4000].map(config.attention_cost().unwrap())
    };
    let llama = r#"{"model_type": "llama", "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 3, "vocab_size": 99,
        "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 128}"#;
    assert_eq!(cost(llama), [0, 3 * 2 * 64 * 1000, 3 * 2 * 64 * 4000]);
    let mamba = r#"{"model_type": "mamba", "hidden_size": 64, "num_hidden_layers": 3, "vocab_size": 99}"#;
    assert_eq!(cost(mamba), [0, 0, 0]);
}

#[test]
fn wrong_tensors_are_named() {
    for fixture in Fixture::all() {
        let dir = tempfile::tempdir().unwrap();
        fixture.write(dir.path(), Dialect::Five).unwrap();
        let file = dir.path().join("model.safetensors");
        let whole = fs_err::read(&file).unwrap();
        let header = u64::from_le_bytes(whole[..8].try_into().unwrap()) as usize;
        let text = String::from_utf8(whole[8..8 + header].to_vec()).unwrap();
        let name = fixture.tensors().keys().find(|name| name.contains(".0.")).unwrap().clone();
        let renamed = format!("{}x", &name[..name.len() - 1]);
        let changed = text.replace(&format!("\"{name}\""), &format!("\"{renamed}\""));
        fs_err::write(&file, [&whole[..8], changed.as_bytes(), &whole[8 + header..]].concat()).unwrap();
        let error = check(dir.path()).unwrap_err();
        assert!(
            matches!(&error, Error::UnknownTensor { tensor, .. } if *tensor == renamed),
            "{}: {error}",
            fixture.name()
        );
    }
}

/// Saves the fixture as `pytorch_model.bin` in two shards, with a mask that is not a weight.
fn write_torch(fixture: &Fixture, dir: &Path, storage: &'static str, bytes: impl Fn(f32) -> Vec<u8>) {
    fs_err::write(dir.join("config.json"), fixture.config(Dialect::Five).unwrap().to_string()).unwrap();
    let saved = |(name, (shape, values)): (String, (Vec<usize>, Vec<f32>))| Saved {
        name,
        storage,
        shape,
        bytes: values.into_iter().flat_map(&bytes).collect(),
    };
    let mut first: Vec<Saved> = fixture.tensors().into_iter().map(saved).collect();
    let mut second = first.split_off(first.len() / 2);
    if fixture.name() == "gpt_neox" {
        let name = "gpt_neox.layers.0.attention.bias".into();
        second.push(Saved { name, storage: "BoolStorage", shape: vec![1, 1, 4, 4], bytes: vec![1; 16] });
    }
    let mut map = serde_json::Map::new();
    for (file, tensors) in [("pytorch_model-00001-of-00002.bin", first), ("pytorch_model-00002-of-00002.bin", second)] {
        map.extend(tensors.iter().map(|tensor| (tensor.name.clone(), file.into())));
        torch_file::save(&dir.join(file), &tensors);
    }
    let index = serde_json::json!({"metadata": {}, "weight_map": map});
    fs_err::write(dir.join("pytorch_model.bin.index.json"), index.to_string()).unwrap();
}

#[test]
fn archives_of_torch_give_the_same_bits_as_safetensors() {
    for fixture in Fixture::all() {
        let (safe, torch) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fixture.write(safe.path(), Dialect::Five).unwrap();
        write_torch(&fixture, torch.path(), "FloatStorage", |value| value.to_le_bytes().to_vec());
        let [expected, found] = [&safe, &torch].map(|dir| open(dir.path(), Backend::Kernels, fixture.name()));
        let ids = fixture.ids();
        assert!(logits(&expected, &ids, ids.len()) == logits(&found, &ids, ids.len()), "{}", fixture.name());
        assert_eq!(expected.weight_bytes(), found.weight_bytes(), "{}", fixture.name());
    }
}

#[test]
fn weights_of_every_width_are_read_as_they_lie() {
    for fixture in Fixture::all().iter().filter(|fixture| ["llama_switches", "gpt2", "zamba"].contains(&fixture.name()))
    {
        let open_as = |storage, bytes: &dyn Fn(f32) -> Vec<u8>| {
            let dir = tempfile::tempdir().unwrap();
            write_torch(fixture, dir.path(), storage, bytes);
            open(dir.path(), Backend::Kernels, fixture.name())
        };
        let ids = fixture.ids();
        // the same numbers, rounded to what each width holds, in f32
        let halves = open_as("HalfStorage", &|value| f16::from_f32(value).to_le_bytes().to_vec());
        let widened = open_as("FloatStorage", &|value| f16::from_f32(value).to_f32().to_le_bytes().to_vec());
        assert!(logits(&halves, &ids, ids.len()) == logits(&widened, &ids, ids.len()), "{}", fixture.name());
        assert!(halves.weight_bytes() < widened.weight_bytes(), "f16 lies as f16");
        let halves = open_as("BFloat16Storage", &|value| bf16::from_f32(value).to_le_bytes().to_vec());
        let widened = open_as("FloatStorage", &|value| bf16::from_f32(value).to_f32().to_le_bytes().to_vec());
        assert!(logits(&halves, &ids, ids.len()) == logits(&widened, &ids, ids.len()), "{}", fixture.name());
        let doubles = open_as("DoubleStorage", &|value| f64::from(value).to_le_bytes().to_vec());
        let singles = open_as("FloatStorage", &|value| value.to_le_bytes().to_vec());
        assert!(logits(&doubles, &ids, ids.len()) == logits(&singles, &ids, ids.len()), "{}", fixture.name());
    }
}

#[test]
fn limits_of_dt_are_read_as_python_writes_them() {
    let fixture = Fixture::all().into_iter().find(|fixture| fixture.name() == "mamba2").unwrap();
    let mut config = fixture.config(Dialect::Five).unwrap();
    config["time_step_limit"] = serde_json::json!([0.0, "@"]);
    for infinite in [r#"{"__float__": "Infinity"}"#, "Infinity", "1e39"] {
        let text = config.to_string().replace("\"@\"", infinite);
        ModelConfig::parse(&text, Path::new("config.json")).unwrap_or_else(|error| panic!("{infinite}: {error}"));
    }
    for wrong in ["NaN", "-1.0", "\"much\""] {
        let text = config.to_string().replace("\"@\"", wrong);
        let error = ModelConfig::parse(&text, Path::new("config.json")).unwrap_err();
        assert!(matches!(&error, Error::Config { key, .. } if key == "time_step_limit"), "{wrong}: {error}");
    }
}
