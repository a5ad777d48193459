//! Prints the speed of the model in a folder: `cargo run --release -p spyglass-model --example speed -- DIR [f32|bf16] [CONTEXT…]`.
#![expect(clippy::print_stdout, reason = "a program that prints")]

use std::path::Path;
use std::time::Instant;

use spyglass_model::bench::{Machine, decode, prefill};
use spyglass_model::{LanguageModel, LoadOptions, Part, Precision, Sequence, Wanted, Zamba2};

fn main() -> spyglass_model::Result<()> {
    let start = Instant::now();
    let arguments: Vec<String> = std::env::args().collect();
    let dir = arguments.get(1).map_or(".", String::as_str);
    let precision = if arguments.get(2).is_some_and(|word| word == "bf16") { Precision::Bf16 } else { Precision::F32 };
    let contexts: Vec<usize> = arguments.iter().skip(3).filter_map(|word| word.parse().ok()).collect();
    let model = Zamba2::load(Path::new(dir), &LoadOptions { precision, ..LoadOptions::default() })?;
    let loaded = start.elapsed();
    let mut state = model.new_state();
    let mut batch = [Sequence { tokens: &[1], state: &mut state, wanted: Wanted::Last, keep_state: true }];
    model.forward(&mut batch)?;
    println!("{dir}, {precision:?}: {:.2} GB of weights", model.weight_bytes() as f64 / 1e9);
    println!(
        "loaded {:.3} s, first token {:.3} s after the start",
        loaded.as_secs_f64(),
        start.elapsed().as_secs_f64()
    );
    let machine = Machine::measure()?;
    let (peak, bandwidth) = (machine.flops / 1e9, machine.bandwidth / 1e9);
    println!("{}, {} threads: {peak:.0} GF/s, {bandwidth:.1} GB/s", machine.isa, machine.threads);
    let shares = |parts: &[(Part, std::time::Duration)]| {
        let all: f64 = parts.iter().map(|(_, time)| time.as_secs_f64()).sum();
        let share = |(part, time): &(Part, std::time::Duration)| {
            format!("{} {:.1} %", part.name(), 100.0 * time.as_secs_f64() / all)
        };
        parts.iter().map(share).collect::<Vec<_>>().join("; ")
    };
    for (sequences, length, logits) in [(1, 512, false), (4, 512, false), (4, 512, true), (32, 32, false)] {
        let found = prefill(&model, sequences, length, logits, 3)?;
        let share = 100.0 * found.flops / machine.flops;
        println!(
            "prefill {sequences} × {length}, logits {logits}: {:.0} tokens/s, {:.0} GF/s, {share:.0} % of peak ({})",
            found.tokens_per_second,
            found.flops / 1e9,
            shares(&found.parts),
        );
    }
    for context in contexts {
        let found = decode(&model, context, 16)?;
        println!(
            "decode at {context}: first token {:.2} s, then {:.1} ms each, {:.1} GB/s, {:.0} % of bandwidth, state {:.1} MB, keys and values {:.1} MB ({})",
            found.first_token.as_secs_f64(),
            found.per_token.as_secs_f64() * 1e3,
            found.bandwidth / 1e9,
            100.0 * found.bandwidth / machine.bandwidth,
            found.state_bytes as f64 / 1e6,
            found.cache_bytes as f64 / 1e6,
            shares(&found.parts),
        );
    }
    Ok(())
}
