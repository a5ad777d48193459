//! Attention over a shared prefix and a tail of one's own: the kernel beside its twin of tensor operations.

use criterion::{BenchmarkId, Criterion, Throughput};
use spyglass_model::Backend;
use spyglass_model::bench::attention;

pub(crate) fn bench(c: &mut Criterion) {
    let mut group = c.benchmark_group("attention");
    for (context, length) in [(0, 512), (1024, 32), (1024, 1)] {
        group.throughput(Throughput::Elements(length as u64)); // tokens
        for backend in [Backend::Kernels, Backend::Candle] {
            let mut run = attention(backend, [12, 128], context, length).unwrap();
            let of = format!("{length} after {context}");
            group.bench_function(BenchmarkId::new(format!("{backend:?}"), of), |b| b.iter(|| run().unwrap()));
        }
    }
}
