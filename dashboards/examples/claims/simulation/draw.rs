//! Made-up answers with known truth: every option of an item has a noisy utility, the right one a lift, and the highest is chosen.

use std::sync::LazyLock;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Share of the variance of an item's lift that its cluster decides, where items come in clusters.
pub(crate) const CLUSTER_VARIANCE: f64 = 0.5;

/// Random numbers that are the same on every machine.
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// Even in [0, 1).
    pub(crate) fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Two independent draws of the standard normal law (Box and Muller 1958).
    fn normals(&mut self) -> (f64, f64) {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        let angle = std::f64::consts::TAU * self.unit();
        (radius * angle.cos(), radius * angle.sin())
    }

    pub(crate) fn normal(&mut self) -> f64 {
        self.normals().0
    }

    /// Student's t with four degrees of freedom, scaled to variance 1: heavy tails.
    pub(crate) fn heavy(&mut self) -> f64 {
        let square: f64 = (0..4).map(|_| self.normal().powi(2)).sum();
        self.normal() / (square / 4.0).sqrt() / 2_f64.sqrt()
    }

    /// Even among `0..count`.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        (self.unit() * count as f64) as usize
    }

    /// A stationary sequence of standard deviation `sd` whose neighbours correlate by `memory`.
    pub(crate) fn wobble(&mut self, length: usize, sd: f64, memory: f64) -> Vec<f64> {
        let mut state = self.normal();
        let fresh = (1.0 - memory * memory).sqrt();
        let step = |number| {
            if number > 0 {
                state = memory * state + fresh * self.normal();
            }
            sd * state
        };
        (0..length).map(step).collect()
    }

    fn fill(&mut self, values: &mut [f64], mut set: impl FnMut(&mut f64, f64)) {
        for pair in values.chunks_mut(2) {
            let (a, b) = self.normals();
            set(&mut pair[0], a);
            if let Some(second) = pair.get_mut(1) {
                set(second, b);
            }
        }
    }
}

/// How answers vary around the truth.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Noise {
    /// Correlation of an item's utilities between neighbouring checkpoints; 0: answers are drawn anew each time.
    pub(crate) memory: f64,
    /// Standard deviation of a checkpoint's own true accuracy around the trend.
    pub(crate) wobble: f64,
    /// Correlation of that between neighbours.
    pub(crate) drift: f64,
    /// The wobble is one for all tasks.
    pub(crate) shared: bool,
    /// Items per cluster, where items share their luck.
    pub(crate) cluster: Option<usize>,
}

/// The answers of one task at each checkpoint.
pub(crate) struct Answers {
    pub(crate) options: usize,
    /// Of each checkpoint: the utilities of all options of all items, item by item.
    pub(crate) utilities: Vec<Vec<f64>>,
    /// The right option of each item.
    pub(crate) gold: Vec<usize>,
}

/// Draws answers of `items` items whose true accuracy is `truth[k]` plus `wobble[k]` at checkpoint k.
pub(crate) fn answers(
    dice: &mut Dice,
    truth: &[f64],
    wobble: &[f64],
    items: usize,
    options: usize,
    noise: Noise,
) -> Answers {
    let spread = if noise.cluster.is_some() { CLUSTER_VARIANCE } else { 0.0 };
    let lifts = Lifts::of(options, spread > 0.0);
    let gold: Vec<usize> = (0..items).map(|_| dice.below(options)).collect();
    let mut state = vec![0.0; items * options];
    let mut luck = vec![0.0; noise.cluster.map_or(0, |size| items.div_ceil(size))];
    let mut utilities = Vec::new();
    for (k, (p, off)) in truth.iter().zip(wobble).enumerate() {
        let keep = if k == 0 { 0.0 } else { noise.memory };
        let fresh = (1.0 - keep * keep).sqrt();
        let step = |value: &mut f64, normal: f64| *value = keep * *value + fresh * normal;
        dice.fill(&mut state, step);
        dice.fill(&mut luck, step);
        let lift = lifts.lift((p + off).clamp(0.002, 0.998));
        let mut now = state.clone();
        for (item, &right) in gold.iter().enumerate() {
            let shared = noise.cluster.map_or(0.0, |size| spread.sqrt() * luck[item / size]);
            now[item * options + right] += lift + shared;
        }
        utilities.push(now);
    }
    Answers { options, utilities, gold }
}

/// Accuracy against lift, on an even grid of lifts.
struct Lifts(Vec<f64>);

const LOWEST: f64 = -5.0;
const STEP: f64 = 0.02;

impl Lifts {
    fn of(options: usize, clustered: bool) -> &'static Self {
        static LIFTS: LazyLock<[Lifts; 3]> =
            LazyLock::new(|| [Lifts::table(2, 0.0), Lifts::table(4, 0.0), Lifts::table(4, CLUSTER_VARIANCE)]);
        &LIFTS[match (options, clustered) {
            (2, false) => 0,
            (4, false) => 1,
            (4, true) => 2,
            other => unreachable!("no scenario has {other:?}"),
        }]
    }

    /// P(the right option is highest) = ∫ φ((z − lift)/τ)/τ · Φ(z)^(options − 1) dz, with τ² = 1 + the spread of the lift.
    fn table(options: i32, spread: f64) -> Self {
        let sd = (1.0 + spread).sqrt();
        let width = 0.05;
        let places: Vec<f64> = (0..400).map(|k| -9.0 + width * f64::from(k)).collect();
        let beaten: Vec<f64> =
            places.iter().map(|z| (0.5 * libm::erfc(-z / std::f64::consts::SQRT_2)).powi(options - 1)).collect();
        let density = |z: f64| (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt();
        let accuracy = |lift: f64| {
            let parts = places.iter().zip(&beaten).map(|(z, beaten)| density((z - lift) / sd) / sd * beaten);
            parts.sum::<f64>() * width
        };
        Self((0..650).map(|k| accuracy(LOWEST + STEP * f64::from(k))).collect())
    }

    /// The lift that gives this accuracy.
    fn lift(&self, accuracy: f64) -> f64 {
        let above = self.0.partition_point(|p| *p < accuracy).clamp(1, self.0.len() - 1);
        let (low, high) = (self.0[above - 1], self.0[above]);
        let share = ((accuracy - low) / (high - low)).clamp(0.0, 1.0);
        LOWEST + STEP * (above as f64 - 1.0 + share)
    }
}
