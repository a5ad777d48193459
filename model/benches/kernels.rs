//! Products with packed weights, one row to many, in every arithmetic.

use criterion::{BenchmarkId, Criterion, Throughput};
use spyglass_model::bench::{Product, product};

/// Inputs and outputs of a layer of the size that a 1.2 B model has.
const SHAPE: [usize; 2] = [8192, 2048];

pub(crate) fn bench(c: &mut Criterion) {
    let mut group = c.benchmark_group("kernels: product");
    for rows in [1, 8, 32, 256] {
        group.throughput(Throughput::Elements((rows * SHAPE[0] * SHAPE[1]) as u64)); // multiply-adds
        for kind in [Product::F32, Product::Widened, Product::Bf16] {
            let mut run = product(kind, rows, SHAPE).unwrap();
            group.bench_function(BenchmarkId::new(format!("{kind:?}"), rows), |b| b.iter(&mut run));
        }
    }
}
