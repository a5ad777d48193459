//! How often the onset's interval is right, and how often it speaks of an onset that is none: simulated, printed, not asserted.
//!
//! `cargo run --release -p spyglass-dashboards --example coverage -- 20` draws 20 curves in each cell (METHODS.md §9 was made with 200).
//!
//! A curve is a logistic trend in log tokens over two decades, plus wobble of each checkpoint, observed through n right or wrong
//! items that keep their luck from checkpoint to checkpoint (correlation rho). The truth is where the trend crosses the reported level.
#![expect(clippy::print_stdout, reason = "the tables are the program's result")]

use rayon::prelude::*;
use spyglass_dashboards::analysis::{Curve, Noise, Onset, onset};

const ITEMS: [usize; 5] = [100, 400, 1172, 10_042, 14_042];
const CHECKPOINTS: [usize; 3] = [10, 20, 60];
const WOBBLES: [f64; 3] = [0.0, 0.005, 0.015];
const CORRELATIONS: [f64; 3] = [0.0, 0.5, 0.9];
/// Name, rise, and decades of tokens from a tenth to nine tenths of it.
const SHAPES: [(&str, f64, f64); 5] = [
    ("40 points, sharp", 0.4, 0.02),
    ("40 points, medium", 0.4, 0.3),
    ("40 points, smooth", 0.4, 1.1),
    ("12 points, medium", 0.12, 0.3),
    ("12 points, smooth", 0.12, 1.1),
];
const FIRST: f64 = 1e10;

/// What one cell simulates.
#[derive(Debug, Clone, Copy)]
struct Cell {
    n: usize,
    checkpoints: usize,
    wobble: f64,
    correlation: f64,
    chance: f64,
    trend: Trend,
    /// Correlation of the wobble between neighbours.
    drift: f64,
}

#[derive(Debug, Clone, Copy)]
enum Trend {
    Rising {
        shape: usize,
    },
    Flat {
        at: f64,
    },
    /// Flat at the very level that its own curve reports.
    AtLevel,
}

/// How one curve came out, in tokens.
#[derive(Debug, Clone, Copy)]
struct Outcome {
    truth: f64,
    after: Option<f64>,
    by: Option<f64>,
    first: f64,
    last: f64,
}

impl Outcome {
    /// The truth lies in (after, by]; a missing end is open.
    fn is_covered(&self) -> bool {
        self.after.is_none_or(|after| self.truth > after) && self.by.is_none_or(|by| self.truth <= by)
    }

    fn is_inside(&self) -> bool {
        self.truth > self.first && self.truth <= self.last
    }

    fn is_closed(&self) -> bool {
        self.after.is_some() && self.by.is_some()
    }
}

/// `SplitMix64` (Steele, Lea and Flood 2014): small, and the same everywhere.
struct Random(u64);

impl Random {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }
}

/// Checkpoints over two decades: even in log tokens, even in tokens, or at random.
fn tokens(count: usize, spacing: usize, random: &mut Random) -> Vec<u64> {
    let place = |share: f64| match spacing {
        1 => FIRST * (1.0 + 99.0 * share),
        _ => FIRST * 100_f64.powf(share),
    };
    let even = |k: usize| k as f64 / (count - 1) as f64;
    let mut tokens: Vec<u64> =
        (0..count).map(|k| place(if spacing == 2 { random.unit() } else { even(k) }) as u64).collect();
    tokens.sort_unstable();
    tokens.dedup();
    tokens
}

/// The trend's value at some tokens, and its inverse.
#[derive(Clone, Copy)]
struct Logistic {
    chance: f64,
    rise: f64,
    middle: f64,
    scale: f64,
}

impl Logistic {
    fn at(&self, tokens: f64) -> f64 {
        self.chance + self.rise / (1.0 + (-(tokens.log10() - self.middle) / self.scale).exp())
    }

    /// Where it crosses `level`; infinite when it never does.
    fn crossing(&self, level: f64) -> f64 {
        let share = (level - self.chance) / self.rise;
        if share >= 1.0 {
            return f64::INFINITY;
        }
        10_f64.powf(self.middle + self.scale * (share / (1.0 - share)).ln())
    }
}

fn simulate(cell: Cell, number: usize, seed: u64) -> (Outcome, Onset) {
    let mut random = Random(seed);
    let tokens = tokens(cell.checkpoints, number % 3, &mut random);
    let trend = match cell.trend {
        Trend::Flat { at } => Logistic { chance: at, rise: 0.0, middle: 0.0, scale: 1.0 },
        Trend::AtLevel => return at_level(cell, number, seed),
        Trend::Rising { shape } => {
            let (_, rise, width) = SHAPES[shape];
            let place = random.unit();
            let middle = FIRST.log10()
                + if place < 0.6 {
                    2.0 * random.unit()
                } else if place < 0.8 {
                    -0.5
                } else {
                    2.5
                };
            Logistic { chance: cell.chance, rise, middle, scale: width / 81_f64.ln() } // 10 to 90 % are 2 ln 9 scales apart
        }
    };
    let (score, item_diff_var) = observe(cell, &trend, &tokens, &mut random);
    let curve = Curve {
        noise: Noise::Items(vec![cell.n as f64; score.len()]),
        tokens,
        score,
        chance: cell.chance,
        delta: None,
        item_diff_var: Some(item_diff_var),
    };
    let found = onset(&curve);
    let level = found.scale.map_or(f64::INFINITY, |scale| scale.level);
    let outcome = Outcome {
        truth: trend.crossing(level),
        after: found.after().map(|tokens| tokens as f64),
        by: found.by().map(|tokens| tokens as f64),
        first: curve.tokens[0] as f64,
        last: curve.tokens[curve.tokens.len() - 1] as f64,
    };
    (outcome, found)
}

/// The same draws again, flat at the level they reported before, until that stays.
fn at_level(cell: Cell, number: usize, seed: u64) -> (Outcome, Onset) {
    let mut at = spyglass_dashboards::analysis::level(cell.chance, cell.n as f64, cell.wobble.max(0.005));
    for _ in 0..8 {
        let found = simulate(Cell { trend: Trend::Flat { at }, ..cell }, number, seed);
        match found.1.scale {
            Some(scale) if scale.level.total_cmp(&at).is_ne() => at = scale.level,
            _ => return found,
        }
    }
    simulate(Cell { trend: Trend::Flat { at }, ..cell }, number, seed)
}

/// Scores, and the variances of the mean paired differences of neighbours.
fn observe(cell: Cell, trend: &Logistic, tokens: &[u64], random: &mut Random) -> (Vec<f64>, Vec<f64>) {
    let luck: Vec<f64> = (0..cell.n).map(|_| random.unit()).collect();
    let keep = cell.correlation.sqrt();
    let mut right = vec![false; cell.n];
    let mut wobble = random.normal();
    let (mut scores, mut variances) = (Vec::new(), Vec::new());
    for (k, &at) in tokens.iter().enumerate() {
        wobble = cell.drift * wobble + (1.0 - cell.drift * cell.drift).sqrt() * random.normal();
        let p = trend.at(at as f64) + cell.wobble * wobble;
        let (mut hits, mut gains, mut losses) = (0_usize, 0_usize, 0_usize);
        for (luck, was) in luck.iter().zip(&mut right) {
            let draw = if keep > 0.0 && random.unit() < keep { *luck } else { random.unit() };
            let is = draw < p;
            hits += usize::from(is);
            gains += usize::from(is && !*was);
            losses += usize::from(!is && *was);
            *was = is;
        }
        let n = cell.n as f64;
        scores.push(hits as f64 / n);
        if k > 0 {
            let mean = (gains as f64 - losses as f64) / n;
            variances.push(((gains + losses) as f64 / n - mean * mean).max(0.0) / (n - 1.0));
        }
    }
    (scores, variances)
}

fn outcomes(cell: Cell, curves: usize, salt: u64) -> Vec<(Outcome, Onset)> {
    (0..curves)
        .map(|number| simulate(cell, number, (salt << 20 | number as u64).wrapping_mul(0xD134_2543_DE82_EF95)))
        .collect()
}

fn share(outcomes: &[Outcome], of: impl Fn(&Outcome) -> bool, among: impl Fn(&Outcome) -> bool) -> f64 {
    let chosen: Vec<&Outcome> = outcomes.iter().filter(|outcome| among(outcome)).collect();
    chosen.iter().filter(|outcome| of(outcome)).count() as f64 / chosen.len().max(1) as f64
}

fn print_row(name: &str, outcomes: &[Outcome]) {
    let all = |_: &Outcome| true;
    println!(
        "{name:<22} {:>8.3} {:>8.3} {:>8.3} {:>8.2} {:>8.2}",
        share(outcomes, Outcome::is_covered, all),
        share(outcomes, Outcome::is_covered, Outcome::is_inside),
        share(outcomes, Outcome::is_covered, Outcome::is_closed),
        share(outcomes, |o| o.by.is_some(), Outcome::is_inside),
        share(outcomes, |o| o.after.is_some(), Outcome::is_inside),
    );
}

fn coverage(curves: usize) {
    let mut grid = Vec::new();
    for n in ITEMS {
        for checkpoints in CHECKPOINTS {
            for wobble in WOBBLES {
                for correlation in CORRELATIONS {
                    for shape in 0..SHAPES.len() {
                        let trend = Trend::Rising { shape };
                        grid.push((
                            Cell { n, checkpoints, wobble, correlation, chance: 0.25, trend, drift: 0.0 },
                            shape,
                        ));
                    }
                }
            }
        }
    }
    let cells: Vec<(Cell, usize, Vec<Outcome>)> = grid
        .into_par_iter()
        .enumerate()
        .map(|(index, (cell, shape))| {
            (cell, shape, outcomes(cell, curves, index as u64).into_iter().map(|(outcome, _)| outcome).collect())
        })
        .collect();
    println!("{} cells, {} curves", cells.len(), cells.len() * curves);
    println!(
        "covered: truth in (after, by]; inside, by, after: of onsets inside the range; closed: of brackets with both ends"
    );
    println!("{:<22} {:>8} {:>8} {:>8} {:>8} {:>8}", "slice", "covered", "inside", "closed", "by", "after");
    let slice = |name: String, of: &dyn Fn(&Cell, usize) -> bool| {
        let chosen = cells.iter().filter(|(cell, shape, _)| of(cell, *shape));
        print_row(&name, &chosen.flat_map(|(_, _, outcomes)| outcomes.iter().copied()).collect::<Vec<_>>());
    };
    slice("all".into(), &|_, _| true);
    for n in ITEMS {
        slice(format!("n = {n}"), &|cell, _| cell.n == n);
    }
    for checkpoints in CHECKPOINTS {
        slice(format!("T = {checkpoints}"), &|cell, _| cell.checkpoints == checkpoints);
    }
    for wobble in WOBBLES {
        slice(format!("wobble {:.1} points", wobble * 100.0), &|cell, _| cell.wobble.total_cmp(&wobble).is_eq());
    }
    for rho in CORRELATIONS {
        slice(format!("rho {rho}"), &|cell, _| cell.correlation.total_cmp(&rho).is_eq());
    }
    for (index, (name, _, _)) in SHAPES.into_iter().enumerate() {
        slice(name.into(), &|_, shape| shape == index);
    }
    let worst = cells.iter().map(|(cell, _, outcomes)| (share(outcomes, Outcome::is_covered, |_| true), cell));
    if let Some((least, cell)) = worst.min_by(|a, b| a.0.total_cmp(&b.0)) {
        println!("worst cell {least:.3}: {cell:?}");
    }
}

fn false_positives(curves: usize) {
    println!("\n{:<34} {:>8} {:>8}", "`by` claimed on a flat curve", "mean", "worst");
    let cases: [(&str, f64, Option<f64>, f64); 6] = [
        ("at chance .25", 0.25, Some(0.25), 0.0),
        ("at chance .5", 0.5, Some(0.5), 0.0),
        ("at chance 0", 0.0, Some(0.0), 0.0),
        ("at .2689 (always D on MMLU)", 0.25, Some(0.2689), 0.0),
        ("at chance .25, wobble AR(1) .8", 0.25, Some(0.25), 0.8),
        ("exactly at the level (strictest)", 0.25, None, 0.0),
    ];
    for (case, (name, chance, at, drift)) in cases.into_iter().enumerate() {
        let mut grid = Vec::new();
        for n in ITEMS {
            for checkpoints in CHECKPOINTS {
                for wobble in WOBBLES {
                    let trend = at.map_or(Trend::AtLevel, |at| Trend::Flat { at });
                    grid.push(Cell { n, checkpoints, wobble, correlation: 0.5, chance, trend, drift });
                }
            }
        }
        let claimed = |(index, cell): (usize, Cell)| {
            let found = outcomes(cell, curves, 0x4000 + ((case as u64) << 8) + index as u64);
            found.iter().filter(|(outcome, _)| outcome.by.is_some()).count() as f64 / curves as f64
        };
        let shares: Vec<f64> = grid.into_par_iter().enumerate().map(claimed).collect();
        let mean = shares.iter().sum::<f64>() / shares.len() as f64;
        println!("{name:<34} {mean:>8.4} {:>8.3}", shares.iter().copied().fold(0.0, f64::max));
    }
}

fn main() {
    let curves = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(10);
    coverage(curves);
    false_positives(curves);
}
