//! How fast a checkpoint runs on this machine: measured, as plain data.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use clap::ValueEnum;
use spyglass_model::bench::Machine;
use spyglass_model::{LanguageModel, Part, bench, has_tokenizer, weight_files};

use super::speed::{Context, MachineLimits, Measured, PartTime, Prefill, ProductWay, Speed, StartUp};
use crate::checkpoint::{Settings, weight_bytes};
use crate::memory::make_sure_of;
use crate::progress::Interrupt;
use crate::run_file::PrecisionSpec;
use crate::{Error, Result};

/// Tokens decoded one by one at each context.
const DECODED: usize = 16;
/// Times that the program is started, after one that does not count.
const STARTS: usize = 3;
/// Bytes of a weight file read at a time: a buffer that stays in the caches.
const PIECE: usize = 1 << 20;

/// What is to be measured.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    /// The checkpoint's folder.
    pub model: PathBuf,
    /// How it is run, but for the arithmetic.
    pub settings: Settings,
    /// Arithmetics, in order.
    pub precisions: Vec<PrecisionSpec>,
    /// Texts of a batch of prefill, and tokens of each.
    pub batch: [usize; 2],
    /// Times that the batch is computed, after one that does not count.
    pub rounds: usize,
    /// Contexts for the time to the first and to each further token.
    pub contexts: Vec<usize>,
    /// This program, to be started anew, and its threads; without it the start-up is not measured.
    pub program: Option<(PathBuf, usize)>,
    /// Ends it between two measurements.
    pub stop: Interrupt,
}

/// Measures a checkpoint; `told` hears what comes next.
///
/// # Errors
/// Whatever is wrong with the checkpoint; the program cannot be started; there is no memory for the measurement; it was stopped.
pub(crate) fn measure(ask: &Ask, told: impl Fn(&str)) -> Result<Measured> {
    let limit = ask.settings.read_config(&ask.model)?.context_limit();
    let file_bytes = weight_bytes(&ask.model)?;
    let start_up = match &ask.program {
        Some(_) if !has_tokenizer(&ask.model) => {
            told("no tokenizer lies in the folder, so the start of the program is not measured");
            None
        }
        Some((program, threads)) => {
            told("starting the program anew, several times");
            Some(start_up(program, *threads, &ask.model)?)
        }
        None => None,
    };
    let mut runs = Vec::new();
    for &precision in &ask.precisions {
        told(&format!("{}: prefill and decode", precision.name()));
        runs.push((precision, run(ask, precision, limit)?));
    }
    let peak_memory_bytes = peak_memory(); // before the machine's own measurement, which takes a GiB
    ask.stop.go_on(|| "the machine was measured".into())?;
    told("the machine's own limits");
    let machine = Machine::measure()?;
    let speeds = runs.into_iter().map(|(precision, run)| run.against(&machine, precision)).collect();
    let machine = MachineLimits {
        instruction_set: machine.isa,
        threads: machine.threads,
        flops_per_second: machine.flops,
        bytes_per_second: machine.bandwidth,
        products: product_ways()?,
    };
    Ok(Measured { machine, file_bytes, context_limit: limit, start_up, speeds, peak_memory_bytes })
}

fn product_ways() -> Result<Vec<ProductWay>> {
    let speeds = bench::product_speeds()?;
    let ways = PrecisionSpec::value_variants().iter().flat_map(|&precision| {
        let own = speeds.iter().filter(move |speed| speed.precision == precision.into());
        own.map(move |speed| ProductWay {
            precision,
            way: speed.way,
            is_chosen: speed.is_chosen,
            flops_per_second: speed.flops,
        })
    });
    Ok(ways.collect())
}

/// What one arithmetic did, not yet held against the machine.
struct Run {
    weight_bytes: u64,
    loaded: Duration,
    prefill: bench::Prefill,
    decodes: Vec<bench::Decode>,
    beyond_limit: Vec<usize>,
}

fn run(ask: &Ask, precision: PrecisionSpec, limit: usize) -> Result<Run> {
    let started = Instant::now();
    let settings = Settings { precision, ..ask.settings.clone() };
    let model = settings.open_model(&ask.model, &ask.stop)?;
    let loaded = started.elapsed();
    let measured = || format!("{} was measured", ask.model.display());
    ask.stop.go_on(measured)?;
    for context in ask.contexts.iter().filter(|&&context| context <= limit) {
        let bytes = model.state_bytes(context + DECODED);
        make_sure_of(bytes, model.weight_bytes(), || format!("a context of {context} tokens"))?;
    }
    let [sequences, length] = ask.batch;
    let prefill = bench::prefill(&model, sequences, length, false, ask.rounds)?;
    let (mut decodes, mut beyond_limit) = (Vec::new(), Vec::new());
    for &context in &ask.contexts {
        ask.stop.go_on(measured)?;
        match (context <= limit).then(|| bench::decode(&model, context, DECODED)) {
            Some(Ok(decode)) => decodes.push(decode),
            // a table of learned positions ends with the context, and the tokens decoded go beyond
            None | Some(Err(spyglass_model::Error::Positions { .. })) => beyond_limit.push(context),
            Some(Err(error)) => return Err(error.into()),
        }
    }
    Ok(Run { weight_bytes: model.weight_bytes(), loaded, prefill, decodes, beyond_limit })
}

impl Run {
    fn against(self, machine: &Machine, precision: PrecisionSpec) -> Speed {
        let bench::Prefill { sequences, length, tokens_per_second, flops, parts, .. } = self.prefill;
        let context = |decode: bench::Decode| Context {
            tokens: decode.context,
            first_token_seconds: decode.first_token.as_secs_f64(),
            per_token_seconds: decode.per_token.as_secs_f64(),
            tokens_per_second: 1.0 / decode.per_token.as_secs_f64(),
            bytes_per_second: decode.bandwidth,
            share_of_bandwidth: decode.bandwidth / machine.bandwidth,
            state_bytes: decode.state_bytes,
            key_value_bytes: decode.cache_bytes,
            parts: part_times(&decode.parts),
        };
        Speed {
            precision,
            weight_bytes: self.weight_bytes,
            load_seconds: self.loaded.as_secs_f64(),
            prefill: Prefill {
                sequences,
                length,
                tokens_per_second,
                flops_per_second: flops,
                share_of_peak: flops / machine.flops,
                parts: part_times(&parts),
            },
            contexts: self.decodes.into_iter().map(context).collect(),
            beyond_limit: self.beyond_limit,
        }
    }
}

fn part_times(parts: &[(Part, Duration)]) -> Vec<PartTime> {
    let all: f64 = parts.iter().map(|(_, time)| time.as_secs_f64()).sum();
    let one = |&(part, time): &(Part, Duration)| PartTime {
        layer_kind: part.layer_kind(),
        part: part.name(),
        seconds: time.as_secs_f64(),
        share: time.as_secs_f64() / all,
    };
    parts.iter().map(one).collect()
}

pub(super) fn start_up(program: &Path, threads: usize, model: &Path) -> Result<StartUp> {
    let read_seconds = median(STARTS, || read_files(model))?;
    let first_token_seconds = median(STARTS, || {
        let mut command = Command::new(program);
        command.arg("generate").arg("--model").arg(model).args(["--prompt", "Once", "--max-tokens", "1", "--threads"]);
        let ended = command.arg(threads.to_string()).stdin(Stdio::null()).output()?;
        if ended.status.success() {
            return Ok(());
        }
        let what = format!("`spyglass generate` ended with {}", ended.status);
        Err(Error::Usage { problem: what, help: String::from_utf8_lossy(&ended.stderr).into_owned() })
    })?;
    Ok(StartUp { first_token_seconds, read_seconds })
}

fn read_files(model: &Path) -> Result<()> {
    let mut piece = vec![0; PIECE];
    for path in weight_files(model)? {
        let mut file = fs_err::File::open(path)?;
        while file.read(&mut piece)? > 0 {}
    }
    Ok(())
}

/// The median seconds of `rounds` times `f`, after one that does not count.
fn median(rounds: usize, mut f: impl FnMut() -> Result<()>) -> Result<f64> {
    f()?;
    let mut times = Vec::with_capacity(rounds);
    for _ in 0..rounds {
        let started = Instant::now();
        f()?;
        times.push(started.elapsed());
    }
    times.sort();
    Ok(times[rounds / 2].as_secs_f64())
}

/// Most bytes that this program had in memory at any time.
fn peak_memory() -> Option<u64> {
    let text = fs_err::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}
