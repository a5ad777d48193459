//! The scores of Zamba2 bit for bit as they were before the engine learned other architectures.
//!
//! A score never depends on how it was computed, so a rebuilding of the engine may not change one bit of it. The bits differ between
//! instruction sets; the test starts itself once for each that the machine has.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::Command;

use sha2::{Digest, Sha256};
use spyglass_model::bench::write_random_checkpoint;
use spyglass_model::{
    DtFloor, Isa, LanguageModel, LoadOptions, Model, Precision, Request, RequestTrie, Scorer, ScorerOptions, Sequence,
    Wanted,
};

/// Set in the processes that the test starts.
const CHILD: &str = "SPYGLASS_LOCKED_CHILD";

/// Sizes that divide nothing evenly, three groups, two shared blocks, biases.
const AWKWARD: &str = r#"{"model_type": "zamba2", "hidden_size": 60, "num_hidden_layers": 4, "vocab_size": 97, "eos_token_id": 2,
    "layers_block_type": ["m", "g", "m", "g"], "num_attention_heads": 5, "n_mamba_heads": 6, "mamba_ngroups": 3, "mamba_d_state": 21,
    "mamba_d_conv": 3, "intermediate_size": 101, "adapter_rank": 7, "num_mem_blocks": 2, "use_mem_rope": true,
    "use_shared_attention_adapter": true, "add_bias_linear": true, "tie_word_embeddings": false}"#;

/// One block called three times, tied, no rotation.
const PLAIN: &str = r#"{"model_type": "zamba2", "hidden_size": 64, "num_hidden_layers": 5, "vocab_size": 130,
    "layers_block_type": ["g", "m", "g", "m", "g"], "num_attention_heads": 4, "n_mamba_heads": 8, "mamba_d_state": 16,
    "intermediate_size": 128, "adapter_rank": 8, "use_mem_rope": false}"#;

fn tokens(len: usize, seed: u32, vocab: usize) -> Vec<u32> {
    let mut at = seed.wrapping_mul(2_654_435_761).wrapping_add(12345);
    let mut next = || {
        at = at.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (at >> 8) % vocab as u32
    };
    (0..len).map(|_| next()).collect()
}

/// All logits of a text longer than a block of keys, and log-likelihoods of requests that share prefixes.
fn bits(model: &Model, hash: &mut Sha256) {
    let vocab = model.vocab_size();
    let text = tokens(150, 3, vocab);
    let mut state = model.new_state();
    let mut batch = [Sequence { tokens: &text, state: &mut state, wanted: Wanted::From(0), keep_state: true }];
    for value in model.forward(&mut batch).unwrap()[0].values() {
        hash.update(value.to_le_bytes());
    }
    let request = |number: u32| Request {
        context: [tokens(70, 1, vocab), tokens(5 + number as usize % 7, number / 3, vocab)].concat(),
        continuation: tokens(1 + number as usize % 4, number, vocab),
    };
    let plan = RequestTrie::new(&(0..12).map(request).collect::<Vec<_>>()).unwrap();
    for answer in Scorer::new(model, ScorerOptions::default()).run(&plan, |_| ControlFlow::Continue(())).unwrap() {
        hash.update([u8::from(answer.is_greedy)]);
        answer.per_token.iter().for_each(|value| hash.update(value.to_le_bytes()));
    }
}

fn hash_of(models: impl IntoIterator<Item = Model>) -> String {
    let mut hash = Sha256::new();
    models.into_iter().for_each(|model| bits(&model, &mut hash));
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn random(config: &str, bf16: bool, options: LoadOptions) -> Model {
    let dir = tempfile::tempdir().unwrap();
    write_random_checkpoint(dir.path(), config, bf16, 1).unwrap();
    Model::open(dir.path(), &options).unwrap()
}

/// Hashes of this process: random checkpoints in f32 arithmetic, the same in bf16, two checkpoints of the pilot.
fn hashes() -> [String; 3] {
    let (plain, rounded) =
        (LoadOptions::default(), LoadOptions { precision: Precision::Bf16, ..LoadOptions::default() });
    let no_floor = LoadOptions { dt_floor: DtFloor::Zero, ..plain };
    let pilot = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/pilot");
    let trained = |place: &str| Model::open(&pilot.join(place), &plain).unwrap();
    [
        hash_of([random(AWKWARD, false, plain), random(AWKWARD, true, no_floor), random(PLAIN, true, plain)]),
        hash_of([random(AWKWARD, false, rounded), random(PLAIN, true, rounded)]),
        hash_of([trained("trunk/checkpoint-1000"), trained("anneal-roleplay/checkpoint-1500")]),
    ]
}

#[test]
fn scores_are_bit_for_bit_what_they_were() {
    if std::env::var_os(CHILD).is_some() {
        let line = format!("hashes of {}: {}", Isa::current().name(), hashes().join(" "));
        return writeln!(std::io::stdout(), "{line}").unwrap();
    }
    let expected = [
        ("avx512", "7102daff31d8b11a cd268066810df086 713b0b8f016c0fe9"),
        ("avx2", "7102daff31d8b11a cd268066810df086 713b0b8f016c0fe9"),
        ("portable", "da9645fa3efb75bf c315612d3d26ad39 2aa691d4fd2cc21f"),
    ];
    for (isa, expected) in expected {
        if !Isa::available().iter().any(|found| found.name() == isa) {
            continue;
        }
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["scores_are_bit_for_bit_what_they_were", "--exact", "--nocapture"])
            .env("SPYGLASS_ISA", isa)
            .env(CHILD, "1")
            .output()
            .unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let found = said.lines().find_map(|line| line.split_once(&format!("hashes of {isa}: ")));
        let found = found.unwrap_or_else(|| panic!("{isa}: {said}")).1;
        assert_eq!(found, expected, "{isa}");
    }
}
