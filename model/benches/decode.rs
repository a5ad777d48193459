//! One token after a context.

use criterion::{BenchmarkId, Criterion, Throughput};
use spyglass_model::{LanguageModel, Precision, Sequence, Wanted};

use crate::small_model::{load, tokens};

pub(crate) fn bench(c: &mut Criterion) {
    let mut group = c.benchmark_group("decode");
    group.throughput(Throughput::Elements(1));
    for precision in [Precision::F32, Precision::Bf16] {
        let model = load(precision);
        for context in [64, 2048] {
            let mut state = model.new_state();
            let read = &tokens(context, 1);
            let mut batch = [Sequence { tokens: read, state: &mut state, wanted: Wanted::Nothing, keep_state: true }];
            model.forward(&mut batch).unwrap();
            let id = BenchmarkId::new(format!("{precision:?}"), format!("after {context}"));
            group.bench_function(id, |b| {
                b.iter(|| {
                    // a leaf, so that the context does not grow from one measurement to the next
                    let mut batch =
                        [Sequence { tokens: &[7], state: &mut state, wanted: Wanted::Last, keep_state: false }];
                    model.forward(&mut batch).unwrap()
                });
            });
        }
    }
}
