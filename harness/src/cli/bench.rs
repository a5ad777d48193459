//! `spyglass bench`: how fast a checkpoint runs on this machine.

use std::path::PathBuf;

use clap::Args;
use clap::builder::RangedU64ValueParser;

use super::model_args::fetched;
use super::numbers::{size, thousands};
use super::{Exit, Threads, bench_against, print, say};
use crate::Result;
use crate::hub::Needs;
use crate::measure::{Ask, AskBoth, Context, Measured, PartTime, ProductWay, Speed, measure, measure_both};
use crate::progress::Interrupt;
use crate::run_file::PrecisionSpec;

/// Measure how fast a checkpoint runs on this machine, and how much of the machine it gets
///
/// With --against two checkpoints are measured in turns: time to the first and to each further token, state, keys and values.
#[derive(Debug, Args)]
pub(super) struct Bench {
    /// The checkpoint's folder, or one on the hub
    #[arg(long, value_name = "DIR")]
    model: PathBuf,
    /// Another checkpoint's folder, to be measured side by side with the first
    #[arg(long, value_name = "DIR", conflicts_with_all = ["sequences", "no_start"])]
    against: Option<PathBuf>,
    /// `bf16` measures both: f32, then bf16 beside it; with --against bf16 alone
    #[arg(long, value_enum, default_value_t)]
    precision: PrecisionSpec,
    /// Sequences of 512 tokens in a batch of prefill
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = RangedU64ValueParser::<usize>::new().range(1..=1024))]
    sequences: usize,
    /// Times that the batch is computed, or with --against each checkpoint is measured; the median counts
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = RangedU64ValueParser::<usize>::new().range(1..=1000))]
    rounds: usize,
    /// Contexts, in tokens, for the time to the first and to each further token
    #[arg(long, visible_alias = "lengths", value_name = "N,N", value_delimiter = ',', default_value = "512,2048,8192",
          value_parser = RangedU64ValueParser::<usize>::new().range(1..=1 << 24))]
    contexts: Vec<usize>,
    /// Do not start the program anew to see how long a start takes
    #[arg(long)]
    no_start: bool,
    /// One JSON object instead of the tables
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    threads: Threads,
}

/// Tokens in each sequence of the batch.
const LENGTH: usize = 512;

impl Bench {
    pub(super) fn run(&self) -> Result<Exit> {
        self.threads.set_up();
        let interrupt = Interrupt::listen()?;
        let fetched = |written| fetched(written, Needs::Model, &interrupt).map(|local| local.folder);
        if let Some(against) = &self.against {
            let ask = AskBoth {
                models: [fetched(&self.model)?, fetched(against)?],
                precision: self.precision,
                lengths: self.contexts.clone(),
                rounds: self.rounds,
                stop: interrupt.clone(),
            };
            let both = measure_both(&ask, say)?;
            let json = || serde_json::to_string(&both).expect("plain data") + "\n";
            print(&if self.json { json() } else { bench_against::text(&both) })?;
            return Ok(Exit::Well);
        }
        let program = if self.no_start { None } else { Some((std::env::current_exe()?, rayon::current_num_threads())) };
        let ask = Ask {
            model: fetched(&self.model)?,
            precisions: match self.precision {
                PrecisionSpec::F32 => vec![PrecisionSpec::F32],
                other => vec![PrecisionSpec::F32, other],
            },
            batch: [self.sequences, LENGTH],
            rounds: self.rounds,
            contexts: self.contexts.clone(),
            program,
            stop: interrupt.clone(),
        };
        let measured = measure(&ask, say)?;
        let json = || serde_json::to_string(&measured).expect("plain data") + "\n";
        print(&if self.json { json() } else { text(&measured) })?;
        Ok(Exit::Well)
    }
}

fn text(measured: &Measured) -> String {
    let machine = &measured.machine;
    let mut lines = vec![format!(
        "machine      {}, {} threads: {} of f32 multiply-adds, {} read over 1 GiB",
        machine.instruction_set,
        machine.threads,
        rate(machine.flops_per_second, "FLOP"),
        rate(machine.bytes_per_second, "B")
    )];
    lines.extend(products(&machine.products));
    if let Some(start) = &measured.start_up {
        lines.push(format!(
            "start-up     {} from the start of the program to its first token; the file is read from the page cache in {} ({:.1} times)",
            time(start.first_token_seconds),
            time(start.read_seconds),
            start.first_token_seconds / start.read_seconds
        ));
    }
    let peak = measured.peak_memory_bytes.map_or_else(|| "unknown here".into(), size);
    lines.push(format!("peak memory  {peak}, weights on disk {}", size(measured.file_bytes)));
    let first = measured.speeds[0].prefill.tokens_per_second;
    for speed in &measured.speeds {
        lines.push(String::new());
        lines.extend(of_precision(speed, first));
    }
    for beyond in &measured.speeds[0].beyond_limit {
        let limit = thousands(measured.context_limit as u64);
        lines.push(format!(
            "context {} is beyond the model's limit of {limit} tokens: skipped",
            thousands(*beyond as u64)
        ));
    }
    lines.join("\n") + "\n"
}

/// A line for each arithmetic: the way chosen for this machine, then what the others give.
fn products(ways: &[ProductWay]) -> Vec<String> {
    let line = |chosen: &ProductWay| {
        let others = ways.iter().filter(|other| other.precision == chosen.precision && !other.is_chosen);
        let others: String =
            others.map(|other| format!("; {} gives {}", other.way, rate(other.flops_per_second, "FLOP"))).collect();
        let speed = rate(chosen.flops_per_second, "FLOP");
        format!("products     {}: {}, {speed}{others}", chosen.precision.name(), chosen.way)
    };
    ways.iter().filter(|way| way.is_chosen).map(line).collect()
}

fn of_precision(speed: &Speed, first: f64) -> Vec<String> {
    let prefill = &speed.prefill;
    let mut lines = vec![
        format!(
            "{}: {} of weights in memory, loaded in {}",
            speed.precision.name(),
            size(speed.weight_bytes),
            time(speed.load_seconds)
        ),
        format!(
            "prefill of {} × {} tokens: {} tokens/s, {}, {:.0} % of the f32 peak{}",
            prefill.sequences,
            prefill.length,
            thousands(prefill.tokens_per_second.round() as u64),
            rate(prefill.flops_per_second, "FLOP"),
            100.0 * prefill.share_of_peak,
            if speed.precision == PrecisionSpec::F32 {
                String::new()
            } else {
                format!(", {:.2} × f32", prefill.tokens_per_second / first)
            }
        ),
        String::new(),
    ];
    lines.extend(contexts(&speed.contexts));
    lines.push(String::new());
    lines.extend(parts(&prefill.parts, &speed.contexts));
    lines
}

fn contexts(contexts: &[Context]) -> Vec<String> {
    let mut lines = vec![
        "| context | first token | per output token | tokens/s | read | of bandwidth | state | keys and values |"
            .into(),
        "|--:|--:|--:|--:|--:|--:|--:|--:|".into(),
    ];
    lines.extend(contexts.iter().map(|at| {
        format!(
            "| {} | {} | {} | {:.1} | {} | {:.0} % | {} | {} |",
            thousands(at.tokens as u64),
            time(at.first_token_seconds),
            time(at.per_token_seconds),
            at.tokens_per_second,
            rate(at.bytes_per_second, "B"),
            100.0 * at.share_of_bandwidth,
            size(at.state_bytes),
            size(at.key_value_bytes)
        )
    }));
    lines
}

/// Where the time goes, in prefill and at each context.
fn parts(prefill: &[PartTime], contexts: &[Context]) -> Vec<String> {
    let heads: String = contexts.iter().map(|at| format!(" decode at {} |", thousands(at.tokens as u64))).collect();
    let mut lines =
        vec![format!("| layers | part | prefill |{heads}"), format!("|---|---|--:|{}", "--:|".repeat(contexts.len()))];
    for (index, part) in prefill.iter().enumerate() {
        let share = |part: &PartTime| format!(" {:.1} % |", 100.0 * part.share);
        let rest: String = contexts.iter().map(|at| share(&at.parts[index])).collect();
        lines.push(format!("| {} | {} |{}{rest}", part.layer_kind, part.part, share(part)));
    }
    lines
}

fn rate(per_second: f64, unit: &str) -> String {
    format!("{:.1} G{unit}/s", per_second / 1e9)
}

/// A time with three figures or so.
pub(super) fn time(seconds: f64) -> String {
    match seconds {
        ..0.1 => format!("{:.2} ms", seconds * 1e3),
        ..10.0 => format!("{seconds:.2} s"),
        _ => format!("{seconds:.0} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_figures() {
        assert_eq!([time(0.001_234), time(0.5), time(123.4)], ["1.23 ms", "0.50 s", "123 s"]);
        assert_eq!([size(1500), size(2_500_000), size(2_430_000_000)], ["1.5 kB", "2.5 MB", "2.43 GB"]);
        assert_eq!(rate(4.56e10, "B"), "45.6 GB/s");
    }
}
