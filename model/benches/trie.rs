//! Questions that share a beginning: how long the trie takes to build, and what it saves.

use std::ops::ControlFlow;

use criterion::{Criterion, Throughput};
use spyglass_model::{Model, Precision, Request, RequestTrie, Scorer, ScorerOptions};

use crate::small_model::{load, tokens};

/// `count` questions after one prefix, four answers each.
fn questions(count: u32, prefix: usize, answer: usize) -> Vec<Request> {
    let question = |number: u32| {
        let context = [tokens(prefix, 0), tokens(40, 1 + number)].concat();
        (0..4)
            .map(move |choice| Request { context: context.clone(), continuation: tokens(answer, 7 * number + choice) })
    };
    (0..count).flat_map(question).collect()
}

fn score(model: &Model, requests: &[Request]) {
    let plan = RequestTrie::new(requests).unwrap();
    Scorer::new(model, ScorerOptions::default()).run(&plan, |_| ControlFlow::Continue(())).unwrap();
}

pub(crate) fn bench(c: &mut Criterion) {
    let many = questions(1000, 600, 1);
    let mut group = c.benchmark_group("trie");
    group.throughput(Throughput::Elements(many.len() as u64)); // requests
    group.bench_function("built of 4000 requests", |b| b.iter(|| RequestTrie::new(&many).unwrap()));

    let model = load(Precision::F32);
    let few = questions(4, 200, 8);
    group.throughput(Throughput::Elements(few.len() as u64));
    group.bench_function("16 requests, each prefix once", |b| b.iter(|| score(&model, &few)));
    group.bench_function("16 requests, one at a time", |b| {
        b.iter(|| few.chunks(1).for_each(|request| score(&model, request)));
    });
}
