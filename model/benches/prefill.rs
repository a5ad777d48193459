//! Texts read whole, in batches of several shapes.

use criterion::{BenchmarkId, Criterion, Throughput};
use spyglass_model::{LanguageModel, Precision, Sequence, Wanted};

use crate::small_model::{load, tokens};

pub(crate) fn bench(c: &mut Criterion) {
    let mut group = c.benchmark_group("prefill");
    for precision in [Precision::F32, Precision::Bf16] {
        let model = load(precision);
        for (sequences, length) in [(1, 512), (4, 512), (64, 32)] {
            let texts: Vec<Vec<u32>> = (0..sequences).map(|first| tokens(length, first)).collect();
            group.throughput(Throughput::Elements((texts.len() * length) as u64)); // tokens
            let id = BenchmarkId::new(format!("{precision:?}"), format!("{sequences} × {length}"));
            group.bench_function(id, |b| {
                b.iter(|| {
                    let mut states: Vec<_> = texts.iter().map(|_| model.new_state()).collect();
                    let wanted = Wanted::Nothing;
                    let mut batch: Vec<Sequence<'_, _>> = (texts.iter().zip(&mut states))
                        .map(|(tokens, state)| Sequence { tokens, state, wanted, keep_state: false })
                        .collect();
                    model.forward(&mut batch).unwrap()
                });
            });
        }
    }
}
