//! Our Zamba2 against the golden fixtures: logits, states, splits, forks, greedy tokens.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "../../tests/support/shared.rs"]
mod shared;

use std::path::{Path, PathBuf};

use safetensors::{Dtype, SafeTensors};
use spyglass_model::{DtFloor, Error, LanguageModel, LoadOptions, Model, ModelConfig, Sequence, State, Wanted};

use shared::shared;

const LENGTHS: [&str; 4] = ["len1", "len7", "chunk", "chunk2p5"];
const VARIANTS: [&str; 4] = ["a_onemem_attnadapt", "b_twomem_mlpadapt", "c_awkward", "d_dtclamp"];

/// The folder of a fixture: one is small enough to lie here, the others lie in `../shared` or are skipped aloud.
fn fixture(variant: &str) -> Option<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/zamba2").join(variant);
    if here.is_dir() { Some(here) } else { shared("zamba2/fixtures").map(|all| all.join(variant)) }
}

/// Those of `variants` that are there, with their folders.
fn fixtures<const N: usize>(variants: [&str; N]) -> impl Iterator<Item = (&str, PathBuf)> {
    variants.into_iter().filter_map(|variant| Some((variant, fixture(variant)?)))
}

struct Expected(Vec<u8>);

impl Expected {
    fn read(dir: &Path) -> Self {
        Self(fs_err::read(dir.join("expected.safetensors")).unwrap())
    }

    fn names(&self) -> Vec<String> {
        SafeTensors::deserialize(&self.0).unwrap().names().iter().map(|&name| name.to_owned()).collect()
    }

    fn has(&self, name: &str) -> bool {
        SafeTensors::deserialize(&self.0).unwrap().tensor(name).is_ok()
    }

    fn numbers(&self, name: &str) -> Vec<f64> {
        let all = SafeTensors::deserialize(&self.0).unwrap();
        let tensor = all.tensor(name).unwrap();
        match tensor.dtype() {
            Dtype::F64 => tensor.data().chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().unwrap())).collect(),
            Dtype::F32 => {
                tensor.data().chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap()).into()).collect()
            }
            other => panic!("{name} is {other:?}"),
        }
    }

    /// Without a leading 1 for the batch.
    fn shape(&self, name: &str) -> Vec<usize> {
        let all = SafeTensors::deserialize(&self.0).unwrap();
        let shape = all.tensor(name).unwrap().shape().to_vec();
        if shape[0] == 1 { shape[1..].to_vec() } else { shape }
    }

    fn ids(&self, name: &str) -> Vec<u32> {
        let all = SafeTensors::deserialize(&self.0).unwrap();
        let data = all.tensor(name).unwrap().data().to_vec();
        data.chunks_exact(8).map(|b| i64::from_le_bytes(b.try_into().unwrap()) as u32).collect()
    }
}

fn load(dir: &Path) -> Model {
    Model::open(dir, &LoadOptions::default()).unwrap_or_else(|error| panic!("{}: {error}", dir.display()))
}

/// All logits of `ids`, computed in pieces of these lengths; and the state after.
fn run(model: &Model, ids: &[u32], pieces: &[usize]) -> (Vec<f64>, State) {
    let mut state = model.new_state();
    let (mut at, mut logits) = (0, Vec::new());
    for &len in pieces {
        let tokens = &ids[at..at + len];
        logits.extend(forward(model, tokens, &mut state));
        at += len;
    }
    assert_eq!(at, ids.len());
    (logits, state)
}

fn forward(model: &Model, tokens: &[u32], state: &mut State) -> Vec<f64> {
    let mut batch = [Sequence { tokens, state, wanted: Wanted::From(0), keep_state: true }];
    model.forward(&mut batch).unwrap()[0].values().iter().map(|&x| x.into()).collect()
}

fn farthest(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter()
        .zip(b)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, |most, x| if x.is_nan() { f64::INFINITY } else { most.max(x) })
}

fn agrees_on_all_lengths(model: &Model, expected: &Expected, name: &str, suffix: &str) {
    let mut compared = 0;
    for length in LENGTHS {
        let key = format!("{length}.{suffix}");
        if expected.has(&key) {
            let ids = expected.ids(&format!("{length}.input_ids"));
            let difference = farthest(&run(model, &ids, &[ids.len()]).0, &expected.numbers(&key));
            assert!(difference <= 2e-4, "{name} {key}: {difference}");
            compared += 1;
        }
    }
    assert!(compared >= 2, "{name}: nothing to compare");
}

#[test]
fn logits_agree_with_the_reference_in_every_variant_shard_and_layout() {
    let others = [
        ("a_old2024", "a_onemem_attnadapt"),
        ("b_old2024", "b_twomem_mlpadapt"),
        ("b_sharded", "b_twomem_mlpadapt"),
        ("b_duplicated_tied", "b_twomem_mlpadapt"),
        ("a_bf16", "a_bf16"),
    ];
    for (variant, like) in VARIANTS.map(|variant| (variant, variant)).into_iter().chain(others) {
        let (Some(folder), Some(like)) = (fixture(variant), fixture(like)) else { continue };
        agrees_on_all_lengths(&load(&folder), &Expected::read(&like), variant, "logits_ref64");
    }
}

#[test]
fn the_older_dialect_says_the_same() {
    for (variant, folder) in fixtures(VARIANTS) {
        let new = ModelConfig::read(&folder).unwrap();
        let file = folder.join("config_legacy4x.json");
        let old = ModelConfig::parse(&fs_err::read_to_string(&file).unwrap(), &file).unwrap();
        assert_eq!(format!("{new:?}"), format!("{old:?}"), "{variant}");
    }
}

#[test]
fn untied_checkpoints_use_the_copies_they_hold() {
    let (Some(own), Some(tied)) = (fixture("b_duplicated_tied"), fixture("b_twomem_mlpadapt")) else { return };
    let copy = tempfile::tempdir().unwrap();
    fs_err::copy(own.join("model.safetensors"), copy.path().join("model.safetensors")).unwrap();
    let config = fs_err::read_to_string(own.join("config.json")).unwrap();
    let config = config.replace("\"tie_word_embeddings\": true", "\"tie_word_embeddings\": false");
    fs_err::write(copy.path().join("config.json"), &config).unwrap();
    let expected = Expected::read(&tied);
    agrees_on_all_lengths(&load(copy.path()), &expected, "b_duplicated_untied", "logits_ref64");
    // without a head of its own the same config is refused
    fs_err::copy(tied.join("model.safetensors"), copy.path().join("model.safetensors")).unwrap();
    let error = Model::open(copy.path(), &LoadOptions::default()).unwrap_err();
    assert!(matches!(&error, Error::MissingTensor { tensor, .. } if tensor == "lm_head.weight"), "{error}");
}

#[test]
fn states_agree_with_the_reference() {
    for (variant, folder) in fixtures(VARIANTS) {
        let (model, expected) = (load(&folder), Expected::read(&folder));
        let config = model.config();
        for length in ["len7", "chunk2p5"] {
            let ids = expected.ids(&format!("{length}.input_ids"));
            let state = run(&model, &ids, &[3, ids.len() - 3]).1;
            assert_eq!(state.position(), ids.len());
            assert_eq!(state.bytes() as u64, model.state_bytes(ids.len()));
            for layer in 0..config.layers() {
                let at = |part: &str| format!("{length}.cache.layer.{layer:02}.{part}");
                let near = |part: &str, ours: &[f64]| {
                    let difference = farthest(ours, &expected.numbers(&at(part)));
                    assert!(difference <= 1e-4, "{variant} {}: {difference}", at(part));
                };
                near("ssm_state", &state.recurrent(layer).iter().map(|&x| x.into()).collect::<Vec<_>>());
                // theirs: [CD, K], the oldest column is no longer needed
                let (channels, taps) = (expected.shape(&at("conv_state"))[0], expected.shape(&at("conv_state"))[1]);
                let theirs = expected.numbers(&at("conv_state"));
                let columns: Vec<f64> = state.columns(layer).iter().map(|&x| x.into()).collect();
                let turned: Vec<f64> =
                    (0..(taps - 1) * channels).map(|i| theirs[i % channels * taps + 1 + i / channels]).collect();
                assert!(farthest(&columns, &turned) <= 1e-4, "{variant} {}", at("conv_state"));
                if expected.has(&at("k")) {
                    let (keys, values) = state.keys_values(layer);
                    // ours: [L, NA, HD]; theirs: [NA, L, HD]
                    let shape = expected.shape(&at("k"));
                    let (heads, width, len) = (shape[0], shape[2], ids.len());
                    let turn = |rows: &[f32]| -> Vec<f64> {
                        let from = |i: usize| (i / width % len * heads + i / (width * len)) * width + i % width;
                        (0..rows.len()).map(|i| rows[from(i)].into()).collect()
                    };
                    near("k", &turn(&keys));
                    near("v", &turn(&values));
                }
            }
        }
    }
}

#[test]
fn every_split_gives_what_the_whole_gives() {
    for (variant, folder) in fixtures(VARIANTS) {
        let (model, expected) = (load(&folder), Expected::read(&folder));
        for length in LENGTHS {
            let ids = expected.ids(&format!("{length}.input_ids"));
            let len = ids.len();
            let whole = run(&model, &ids, &[len]).0;
            let third = len / 3;
            let splits = [vec![1; len], vec![len / 2, len - len / 2], vec![third, 1, len.saturating_sub(third + 1)]];
            for pieces in splits.into_iter().filter(|pieces| pieces.iter().sum::<usize>() == len) {
                let pieces: Vec<usize> = pieces.into_iter().filter(|&piece| piece > 0).collect();
                let difference = farthest(&run(&model, &ids, &pieces).0, &whole);
                assert!(difference <= 1e-4, "{variant} {length} {pieces:?}: {difference}");
            }
        }
    }
}

#[test]
fn sequences_of_a_batch_do_not_see_each_other() {
    for (variant, folder) in fixtures(VARIANTS) {
        let (model, expected) = (load(&folder), Expected::read(&folder));
        let texts = LENGTHS.map(|length| expected.ids(&format!("{length}.input_ids")));
        let mut states: Vec<State> = texts.iter().map(|_| model.new_state()).collect();
        let mut batch: Vec<Sequence<'_, State>> = (texts.iter().zip(&mut states))
            .map(|(tokens, state)| Sequence { tokens, state, wanted: Wanted::From(0), keep_state: false })
            .collect();
        let together = model.forward(&mut batch).unwrap();
        for (length, logits) in LENGTHS.iter().zip(together) {
            let values: Vec<f64> = logits.values().iter().map(|&x| x.into()).collect();
            let difference = farthest(&values, &expected.numbers(&format!("{length}.logits_ref64")));
            assert!(difference <= 2e-4, "{variant} {length}: {difference}");
        }
        assert!(states.iter().all(|state| state.position() == 0), "a leaf moved its state");
    }
}

#[test]
fn both_floors_of_dt_agree_with_the_reference() {
    let dir = fixture("d_dtclamp").unwrap();
    let expected = Expected::read(&dir);
    agrees_on_all_lengths(&load(&dir), &expected, "floor", "logits_ref64");
    let free = Model::open(&dir, &LoadOptions { dt_floor: DtFloor::Zero, ..LoadOptions::default() }).unwrap();
    agrees_on_all_lengths(&free, &expected, "no floor", "logits_ref64_noclamp");
}

#[test]
fn forks_go_their_own_ways() {
    for (variant, folder) in fixtures(VARIANTS) {
        let (model, expected) = (load(&folder), Expected::read(&folder));
        let vocab = model.vocab_size();
        let (mut last, prefix) =
            run(&model, &expected.ids("fork.prefix_ids"), &[expected.ids("fork.prefix_ids").len()]);
        last.drain(..last.len() - vocab);
        let forks = expected.names().iter().filter(|name| name.ends_with(".sum_logprob")).count();
        assert_eq!(forks, 3);
        for fork in 0..forks {
            let ids = expected.ids(&format!("fork.cont{fork}.ids"));
            let mut state = prefix.fork();
            let mut rows = last.clone();
            rows.extend(forward(&model, &ids, &mut state));
            let sum: f64 = (ids.iter().zip(rows.chunks(vocab)))
                .map(|(&id, row)| row[id as usize] - row.iter().map(|x| x.exp()).sum::<f64>().ln())
                .sum();
            let wanted = expected.numbers(&format!("fork.cont{fork}.sum_logprob"))[0];
            assert!((sum - wanted).abs() <= 3e-4, "{variant} fork {fork}: {sum}, {wanted}");
        }
        assert_eq!(prefix.position(), expected.ids("fork.prefix_ids").len());
    }
}

#[test]
fn greedy_tokens_are_the_references() {
    for (variant, folder) in fixtures(VARIANTS) {
        let (model, expected) = (load(&folder), Expected::read(&folder));
        for length in ["len7", "chunk2p5"] {
            let Some(key) = Some(format!("{length}.greedy16")).filter(|key| expected.has(key)) else { continue };
            let (wanted, margins) = (expected.ids(&key), expected.numbers(&format!("{length}.greedy16_margins")));
            let ids = expected.ids(&format!("{length}.input_ids"));
            let (logits, mut state) = run(&model, &ids, &[ids.len()]);
            let mut row = logits[logits.len() - model.vocab_size()..].to_vec();
            for (&token, margin) in wanted.iter().zip(margins) {
                let best = (0..row.len()).max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap() as u32;
                assert!(best == token || margin <= 1e-3, "{variant} {key}");
                row = forward(&model, &[token], &mut state);
            }
        }
    }
}
