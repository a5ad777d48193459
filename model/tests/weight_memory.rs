//! What the weights are said to take before they are read is what they take.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::path::Path;
use std::sync::atomic::AtomicBool;

use candle_core::quantized::GgmlDType;
use spyglass_model::bench::write_random_checkpoint;
use spyglass_model::{LoadOptions, Model, ModelConfig, Precision};

#[path = "support/counting.rs"]
mod counting;
#[path = "support/fixture.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod fixture;
#[path = "support/gguf.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod gguf;

use counting::Counting;
use fixture::{Dialect, Fixture};

#[global_allocator]
static MEMORY: Counting = Counting::new();

const PRECISIONS: [Precision; 4] = [Precision::F32, Precision::Bf16, Precision::Int8, Precision::Q4];

/// Bytes that are said before the checkpoint is read, and a model that says the same of itself.
fn said(checkpoint: &Path, precision: Precision, name: &str) -> (u64, Model) {
    let options = LoadOptions { precision, ..LoadOptions::default() };
    let config = ModelConfig::read(checkpoint).unwrap();
    let said = config.weight_bytes(checkpoint, &options).unwrap_or_else(|error| panic!("{name}: {error}"));
    let model = Model::of(config, checkpoint, &options, &AtomicBool::new(false)).unwrap();
    assert_eq!(said, model.weight_bytes(), "{name} in {precision:?}");
    (said, model)
}

/// What the allocator has given out for a model in every precision is no less than is said, and at most a tenth more.
fn held(checkpoint: &Path, name: &str) -> [u64; 4] {
    PRECISIONS.map(|precision| {
        drop(said(checkpoint, precision, name)); // threads and buffers that stay
        let before = MEMORY.live();
        let (said, model) = said(checkpoint, precision, name);
        let held = (MEMORY.live() - before) as f64 / said as f64;
        assert!((1.0..1.1).contains(&held), "{name} in {precision:?}: {held} of the {said} bytes that were said");
        drop(model);
        said
    })
}

const SIZES: &str = r#""hidden_size": 128, "intermediate_size": 320, "num_hidden_layers": 4, "vocab_size": 600, "num_attention_heads": 4"#;

#[test] // one, since the allocator counts what all threads take
fn what_weights_take_is_known_before_they_are_read() {
    weights_of_a_folder();
    blocks_of_a_file_take_what_they_are_expanded_to();
}

fn weights_of_a_folder() {
    for fixture in Fixture::all() {
        let dir = tempfile::tempdir().unwrap();
        fixture.write(dir.path(), Dialect::Five).unwrap();
        PRECISIONS.iter().for_each(|precision| drop(said(dir.path(), *precision, fixture.name())));
    }
    let llama = |tied: bool| format!(r#"{{"model_type": "llama", "tie_word_embeddings": {tied}, {SIZES}}}"#);
    let mamba2 = r#"{"model_type": "mamba2", "num_heads": 8, "head_dim": 32, "n_groups": 2, "state_size": 16, "vocab_size": 600,
        "hidden_size": 128, "num_hidden_layers": 4, "tie_word_embeddings": true}"#;
    let sizes = [llama(true), llama(false), mamba2.to_owned()].map(|config| {
        [true, false].map(|bf16| {
            let dir = tempfile::tempdir().unwrap();
            write_random_checkpoint(dir.path(), &config, bf16, 4).unwrap();
            held(dir.path(), &format!("{config} bf16 {bf16}"))
        })
    });
    // 4 layers of 128 × 128 × 4 and 128 × 320 × 3 numbers, and a table of 600 rows in whole panels of 32, which are 19
    let (products, table, norms) = (4 * (4 * 128 * 128 + 3 * 128 * 320), 608 * 128, 4 * 9 * 128);
    let [[of_bf16, of_f32], [_, untied], _] = sizes;
    let int8 = products + 4 * (4 * 128 + 2 * 320 + 128) * 8; // a scale and a sum for each output
    assert_eq!(
        of_f32,
        [
            4 * (products + table) + norms,
            2 * products + 2 * table + 4 * table + norms, // the table as on disk, and rounded as the head
            int8 + table + 608 * 8 + 4 * table + norms,
            (products + table) * 18 / 32 + norms,
        ]
    );
    assert_eq!(of_bf16[0], 2 * (products + table) + norms);
    assert_eq!(of_bf16[1], of_bf16[0], "one table for both");
    assert_eq!(untied[3], products * 18 / 32 + 4 * table + table * 18 / 32 + norms);
}

fn blocks_of_a_file_take_what_they_are_expanded_to() {
    let config = format!(
        r#"{{"model_type": "llama", "rms_norm_eps": 0.001, "max_position_embeddings": 64, "tie_word_embeddings": true, {SIZES}}}"#
    );
    let numbers = [
        ("embedding_length", 128),
        ("feed_forward_length", 320),
        ("block_count", 4),
        ("attention.head_count", 4),
        ("context_length", 64),
    ];
    let metadata = gguf::metadata("llama", &numbers, &[("attention.layer_norm_rms_epsilon", 0.001)]);
    let taken = [GgmlDType::F32, GgmlDType::BF16, GgmlDType::Q8_0, GgmlDType::Q4_0].map(|kind| {
        let dir = tempfile::tempdir().unwrap();
        write_random_checkpoint(dir.path(), &config, false, 4).unwrap();
        let file = dir.path().join("model.gguf");
        gguf::write(dir.path(), &file, &gguf::Writing { kind, head: Some(32), metadata: metadata.clone() });
        (held(&file, &format!("{kind:?}")), held(dir.path(), "folder"))
    });
    let [(wide, folder), (halves, _), (eight, _), (four, _)] = taken;
    assert_eq!(wide, folder);
    assert!(halves[0] < wide[0] && halves[3] == wide[3], "{halves:?}");
    assert_eq!([eight, four], [wide; 2], "whatever the blocks were");
}
