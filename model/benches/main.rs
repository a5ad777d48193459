//! How fast the parts of a model are, from single kernels to a whole model: `cargo bench -p spyglass-model`, and a part of it by name,
//! as in `cargo bench -p spyglass-model -- decode`.
#![expect(clippy::unwrap_used, reason = "a bench that cannot be set up should stop")]

mod attention;
mod decode;
mod kernels;
mod mixer;
mod prefill;
mod small_model;
mod trie;

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};

/// Enough to see a change of a tenth, and little more: criterion's own options (`--measurement-time 10`) ask for more.
fn quick() -> Criterion {
    Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(800))
}

criterion_group! {
    name = speed;
    config = quick();
    targets = kernels::bench, mixer::bench, attention::bench, prefill::bench, decode::bench, trie::bench
}
criterion_main!(speed);
