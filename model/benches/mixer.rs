//! Convolution, scan and gated norm: the fused kernels beside their twin of tensor operations.

use criterion::{BenchmarkId, Criterion, Throughput};
use spyglass_model::Backend;
use spyglass_model::bench::{MixerShape, mixer};

pub(crate) fn bench(c: &mut Criterion) {
    let shape = MixerShape { heads: 24, head_dim: 64, state: 64 };
    let mut group = c.benchmark_group("mixer");
    for (sequences, length) in [(1, 512), (4, 128), (32, 16)] {
        group.throughput(Throughput::Elements((sequences * length) as u64)); // tokens
        let mut run = mixer(Backend::Kernels, shape, sequences, length).unwrap();
        let of = format!("{sequences} × {length}");
        group.bench_function(BenchmarkId::new("kernels", of), |b| b.iter(|| run().unwrap()));
    }
    group.throughput(Throughput::Elements(64));
    for backend in [Backend::Kernels, Backend::Candle] {
        let mut run = mixer(backend, shape, 1, 64).unwrap();
        group.bench_function(BenchmarkId::new(format!("{backend:?}"), "1 × 64, both ways"), |b| {
            b.iter(|| run().unwrap());
        });
    }
}
