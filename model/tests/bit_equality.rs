//! A number never depends on how it was computed: whole or in pieces, alone or among others, on one thread or several.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::ops::ControlFlow;
use std::path::Path;

use proptest::prelude::*;
use spyglass_model::bench::write_random_checkpoint;
use spyglass_model::{
    Backend, LanguageModel, LoadOptions, LogLikelihood, Model, Precision, Request, RequestTrie, Scorer, ScorerOptions,
    Sequence, State, Wanted,
};

/// Sizes that divide nothing evenly, and three groups.
const AWKWARD: &str = r#"{"model_type": "zamba2", "hidden_size": 60, "num_hidden_layers": 4, "vocab_size": 97, "eos_token_id": 2,
    "layers_block_type": ["m", "g", "m", "g"], "num_attention_heads": 5, "n_mamba_heads": 6, "mamba_ngroups": 3, "mamba_d_state": 21,
    "mamba_d_conv": 3, "intermediate_size": 101, "adapter_rank": 7, "num_mem_blocks": 2, "use_mem_rope": true,
    "use_shared_attention_adapter": true, "add_bias_linear": true, "tie_word_embeddings": false}"#;

/// Wide enough that operations are shared among threads.
const WIDE: &str = r#"{"model_type": "zamba2", "hidden_size": 320, "num_hidden_layers": 3, "vocab_size": 640,
    "layers_block_type": ["m", "g", "g"], "num_attention_heads": 4, "n_mamba_heads": 10, "mamba_d_state": 32,
    "intermediate_size": 2048, "adapter_rank": 16, "use_mem_rope": true, "use_shared_attention_adapter": true}"#;

/// One of each family, with sizes that divide nothing evenly: grouped heads, windows, partial rotation, norms and biases of all kinds.
const FAMILIES: [&str; 10] = [
    r#"{"model_type": "llama", "hidden_size": 60, "intermediate_size": 101, "num_hidden_layers": 2, "vocab_size": 97,
        "num_attention_heads": 6, "num_key_value_heads": 2, "head_dim": 14, "attention_bias": true, "mlp_bias": true,
        "rope_scaling": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": 64}}"#,
    r#"{"model_type": "qwen3", "hidden_size": 60, "intermediate_size": 101, "num_hidden_layers": 3, "vocab_size": 97,
        "num_attention_heads": 5, "num_key_value_heads": 1, "head_dim": 34, "use_sliding_window": true, "sliding_window": 37,
        "max_window_layers": 1, "tie_word_embeddings": true}"#,
    r#"{"model_type": "olmo3", "hidden_size": 60, "intermediate_size": 70, "num_hidden_layers": 4, "vocab_size": 97,
        "num_attention_heads": 6, "num_key_value_heads": 3, "sliding_window": 33}"#,
    r#"{"model_type": "gpt_neox", "hidden_size": 60, "intermediate_size": 101, "num_hidden_layers": 2, "vocab_size": 97,
        "num_attention_heads": 3, "rotary_pct": 0.3}"#,
    r#"{"model_type": "gpt2", "n_embd": 60, "n_inner": 101, "n_layer": 2, "n_head": 5, "vocab_size": 97, "n_positions": 1400}"#,
    r#"{"model_type": "phi", "hidden_size": 60, "intermediate_size": 101, "num_hidden_layers": 2, "vocab_size": 97,
        "num_attention_heads": 3, "qk_layernorm": true}"#,
    r#"{"model_type": "mamba", "hidden_size": 30, "num_hidden_layers": 2, "vocab_size": 97, "state_size": 21, "conv_kernel": 3}"#,
    r#"{"model_type": "falcon_mamba", "hidden_size": 60, "num_hidden_layers": 2, "vocab_size": 97, "state_size": 16}"#,
    r#"{"model_type": "zamba", "hidden_size": 60, "intermediate_size": 101, "num_hidden_layers": 4, "vocab_size": 97,
        "layers_block_type": ["mamba", "hybrid", "mamba", "hybrid"], "num_attention_heads": 5, "num_key_value_heads": 5,
        "n_mamba_heads": 3, "mamba_d_state": 19}"#,
    r#"{"model_type": "bamba", "hidden_size": 60, "intermediate_size": 101, "num_hidden_layers": 3, "vocab_size": 97,
        "attn_layer_indices": [1], "num_attention_heads": 6, "num_key_value_heads": 2, "head_dim": 12, "mamba_n_heads": 6, "mamba_n_groups": 3,
        "mamba_d_state": 21, "mamba_d_conv": 3, "time_step_limit": [0.01, 0.5]}"#,
];

fn model(config: &str, bf16: bool, options: LoadOptions) -> Model {
    let dir = tempfile::tempdir().unwrap();
    write_random_checkpoint(dir.path(), config, bf16, 1).unwrap();
    load(dir.path(), options)
}

fn load(dir: &Path, options: LoadOptions) -> Model {
    Model::open(dir, &options).unwrap_or_else(|error| panic!("{error}"))
}

fn tokens(len: usize, seed: u32, model: &Model) -> Vec<u32> {
    let mut at = seed.wrapping_mul(2_654_435_761).wrapping_add(12345);
    let mut next = || {
        at = at.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (at >> 8) % model.vocab_size() as u32
    };
    (0..len).map(|_| next()).collect()
}

/// Logits of all tokens, computed in pieces of these lengths (the last one takes the rest), and the state after.
fn in_pieces(model: &Model, text: &[u32], pieces: &[usize]) -> (Vec<u32>, State) {
    let mut state = model.new_state();
    let (mut left, mut bits) = (text, Vec::new());
    for &len in pieces.iter().chain([&usize::MAX]) {
        let (tokens, rest) = left.split_at(len.min(left.len()));
        left = rest;
        if !tokens.is_empty() {
            let mut batch = [Sequence { tokens, state: &mut state, wanted: Wanted::From(0), keep_state: true }];
            bits.extend(bits_of(model.forward(&mut batch).unwrap()[0].values()));
        }
    }
    (bits, state)
}

fn bits_of(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

fn state_bits(state: &State, layers: usize) -> Vec<u32> {
    (0..layers)
        .flat_map(|layer| {
            let (keys, values) = state.keys_values(layer);
            [state.columns(layer), state.recurrent(layer), &keys, &values]
                .into_iter()
                .flat_map(bits_of)
                .collect::<Vec<_>>()
        })
        .collect()
}

fn models() -> Vec<Model> {
    let of = |precision| LoadOptions { precision, ..LoadOptions::default() };
    let (rounded, int8, q4) = (of(Precision::Bf16), of(Precision::Int8), of(Precision::Q4));
    let families = FAMILIES.iter().enumerate();
    let mut all: Vec<Model> = families
        .map(|(number, config)| model(config, number % 2 == 0, [rounded, LoadOptions::default(), int8, q4][number % 4]))
        .collect();
    all.extend([
        model(AWKWARD, false, LoadOptions::default()),
        model(AWKWARD, true, LoadOptions::default()),
        model(AWKWARD, false, rounded),
        model(WIDE, true, LoadOptions::default()),
        model(WIDE, true, rounded),
        model(WIDE, true, int8),
        model(WIDE, true, q4),
        model(AWKWARD, true, int8),
    ]);
    all
}

#[test]
fn token_by_token_is_the_whole() {
    for model in models() {
        let text = tokens(150, 3, &model);
        let layers = model.config().layers();
        let (whole, state) = in_pieces(&model, &text, &[]);
        let (steps, stepped) = in_pieces(&model, &text, &[1; 150]);
        assert!(whole == steps, "logits differ");
        assert!(state_bits(&state, layers) == state_bits(&stepped, layers), "states differ");
    }
}

#[test]
fn a_text_longer_than_a_pass_is_its_pieces() {
    for model in models() {
        let text = tokens(1300, 5, &model);
        let (whole, state) = in_pieces(&model, &text, &[]);
        let (pieces, cut) = in_pieces(&model, &text, &[7, 500, 1, 33]);
        assert!(whole == pieces, "logits differ");
        let layers = model.config().layers();
        assert!(state_bits(&state, layers) == state_bits(&cut, layers), "states differ");
        // a leaf gives the same logits and leaves its state alone
        let mut leaf = model.new_state();
        let mut batch = [Sequence { tokens: &text, state: &mut leaf, wanted: Wanted::From(0), keep_state: false }];
        assert!(bits_of(model.forward(&mut batch).unwrap()[0].values()) == whole, "a leaf differs");
        assert_eq!(leaf.position(), 0);
    }
}

#[test]
fn a_window_bounds_what_is_kept_and_changes_nothing() {
    let config = r#"{"model_type": "mistral", "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "vocab_size": 97,
        "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 10, "sliding_window": 40}"#;
    for backend in [Backend::Kernels, Backend::Candle] {
        let model = model(config, false, LoadOptions { backend, ..LoadOptions::default() });
        let text = tokens(500, 3, &model);
        // In one pass every key is there for every query; one by one, keys are gone as soon as they can be.
        let (whole, state) = in_pieces(&model, &text, &[]);
        let (steps, stepped) = in_pieces(&model, &text, &[1; 500]);
        if backend == Backend::Kernels {
            assert!(whole == steps && state_bits(&state, 2) == state_bits(&stepped, 2), "a window changes bits");
        }
        // The query at 500 looks on from 461, in the block of 32 positions that begins at 448.
        assert_eq!(state.keys_values(0).0.len(), (500 - 448) * 20);
        assert_eq!(state.bytes() as u64, model.state_bytes(500));
        assert_eq!(model.state_bytes(500), model.state_bytes(500 + 32 * 100));
        // A prefix that has lost keys is forked, and the fork that goes on loses none of the other's.
        let (_, prefix) = in_pieces(&model, &text[..300], &[7, 250]);
        let before = state_bits(&prefix, 2);
        for seed in [1, 2] {
            let (mut own, ending) = (prefix.fork(), tokens(150, seed, &model));
            let mut batch = [Sequence { tokens: &ending, state: &mut own, wanted: Wanted::From(0), keep_state: true }];
            let logits = bits_of(model.forward(&mut batch).unwrap()[0].values());
            let (alone, _) = in_pieces(&model, &[&text[..300], &ending].concat(), &[]);
            if backend == Backend::Kernels {
                assert!(logits == alone[300 * 97..], "a fork differs");
            }
            assert!(state_bits(&prefix, 2) == before, "a fork took from its prefix");
        }
    }
}

/// Requests as a task asks them: two items, each with a context and endings that share beginnings.
fn requests(model: &Model) -> Vec<Request> {
    let item = |seed: u32, len: usize| {
        let context = tokens(len, seed, model);
        let begun = tokens(6, seed + 9, model);
        let ending =
            move |number: u32, model: &Model| [&begun[..], &tokens(5 + number as usize, seed + number, model)].concat();
        (0..4).map(move |number| Request { context: context.clone(), continuation: ending(number, model) })
    };
    item(1, 70).chain(item(50, 40)).collect()
}

#[test]
fn the_memory_for_states_changes_nothing() {
    for model in models() {
        let requests = requests(&model);
        let plan = RequestTrie::new(&requests).unwrap();
        let score = |state_memory: u64, rows_per_batch: usize| {
            let answers = Scorer::new(&model, ScorerOptions { state_memory, rows_per_batch });
            let answers = answers.run(&plan, |_| ControlFlow::Continue(())).unwrap();
            let bits =
                |answer: &LogLikelihood| answer.per_token.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
            answers.iter().map(bits).collect::<Vec<_>>()
        };
        let plenty = score(1 << 30, 512);
        let longest = requests.iter().map(|request| request.context.len() + request.continuation.len()).max().unwrap();
        let one = (0..longest).map(|position| model.state_bytes(position)).max().unwrap();
        assert!(score(one, 512) == plenty, "one state's memory differs");
        assert!(score(one, 1) == plenty, "one row at a time differs");
        // Each request by itself, without any sharing.
        for (request, shared) in requests.iter().zip(&plenty) {
            let alone = Scorer::new(&model, ScorerOptions::default());
            let alone =
                alone.run(&RequestTrie::new(std::slice::from_ref(request)).unwrap(), |_| ControlFlow::Continue(()));
            let alone: Vec<u64> = alone.unwrap()[0].per_token.iter().map(|value| value.to_bits()).collect();
            assert!(alone == *shared, "sharing differs");
        }
    }
}

#[test]
fn threads_change_nothing() {
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let three = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    for model in models() {
        let text = tokens(700, 9, &model);
        let alone = one.install(|| in_pieces(&model, &text, &[300])).0;
        assert!(alone == three.install(|| in_pieces(&model, &text, &[])).0, "threads differ");
    }
}

#[test]
fn kernels_agree_with_candle() {
    let families = FAMILIES.map(|config| (config, false));
    for (config, bf16) in [(AWKWARD, false), (AWKWARD, true), (WIDE, true)].into_iter().chain(families) {
        for precision in [Precision::F32, Precision::Bf16, Precision::Int8, Precision::Q4] {
            let options = LoadOptions { precision, ..LoadOptions::default() };
            let (ours, plain) = (
                model(config, bf16, options),
                model(config, bf16, LoadOptions { backend: Backend::Candle, ..options }),
            );
            let text = tokens(90, 2, &ours);
            let (a, ours_after) = in_pieces(&ours, &text, &[40]);
            let (b, plain_after) = in_pieces(&plain, &text, &[11, 3]);
            // relative to the largest; rounded, a sum that differs in its last bit can round an input to the next number
            let most = match precision {
                Precision::F32 | Precision::Q4 => 5e-5,
                Precision::Bf16 => 0.05,
                Precision::Int8 => 0.1,
            };
            let differ = |a: &[u32], b: &[u32]| {
                let size = b.iter().map(|&b| f32::from_bits(b).abs()).fold(0.0, f32::max);
                let apart = a.iter().zip(b).map(|(&a, &b)| (f32::from_bits(a) - f32::from_bits(b)).abs());
                apart.fold(0.0, f32::max) / size
            };
            assert!(differ(&a, &b) <= most, "{precision:?}: logits differ by {}", differ(&a, &b));
            let layers = ours.config().layers();
            let (a, b) = (state_bits(&ours_after, layers), state_bits(&plain_after, layers));
            assert!(a.len() == b.len() && differ(&a, &b) <= most, "{precision:?}: states differ by {}", differ(&a, &b));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn companions_and_splits_change_nothing(
        lengths in prop::collection::vec(1usize..90, 1..6),
        cuts in prop::collection::vec(1usize..40, 0..4),
        prefix in 1usize..70,
        leaf in any::<bool>(),
    ) {
        let kinds = [AWKWARD, WIDE].into_iter().chain(FAMILIES);
        for model in kinds.map(|config| model(config, true, LoadOptions::default())) {
            let shared = tokens(prefix, 7, &model);
            let before = in_pieces(&model, &shared, &cuts).1;
            let texts: Vec<Vec<u32>> = lengths.iter().zip(0..).map(|(&len, seed)| tokens(len, seed, &model)).collect();
            let mut states: Vec<State> = texts.iter().map(|_| before.fork()).collect();
            let mut batch: Vec<Sequence<'_, State>> = (texts.iter().zip(&mut states))
                .map(|(tokens, state)| Sequence { tokens, state, wanted: Wanted::From(0), keep_state: !leaf })
                .collect();
            let together = model.forward(&mut batch).unwrap();
            for ((text, logits), state) in texts.iter().zip(&together).zip(&states) {
                let whole: Vec<u32> = shared.iter().chain(text).copied().collect();
                let (alone, after) = in_pieces(&model, &whole, &cuts);
                prop_assert!(bits_of(logits.values()) == alone[prefix * model.vocab_size()..], "logits differ");
                let expected = if leaf { &before } else { &after };
                let layers = model.config().layers();
                prop_assert!(state_bits(state, layers) == state_bits(expected, layers), "states differ");
            }
        }
    }
}
