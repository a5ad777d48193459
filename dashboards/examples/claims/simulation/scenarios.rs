//! The runs that are made up: what happens to eight tasks, to a log, to a pack of prompts.

use super::draw::Noise;
use super::made::Form;

/// What a reader may expect of a kind of run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing was learned: at most 5 % of the pages may say anything untrue.
    Null,
    /// Something happened, and it is known what: at most 10 %.
    Known,
}

/// A kind of run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// Numbers of checkpoints and of items (log entries, prompts) to be tried.
    pub(crate) sizes: &'static [(usize, usize)],
    pub(crate) world: World,
    /// Claims that a page should make, and how many of them.
    pub(crate) wanted: &'static [(&'static str, f64)],
}

/// What the run is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) enum World {
    Tasks(Tasks),
    Forked(Forked),
    Log(Log),
    Vibes(Vibes),
}

/// A checkpoint of a course.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    /// From 0 at the first checkpoint to 1 at the last.
    pub(crate) x: f64,
    /// In the second half.
    pub(crate) late: bool,
    pub(crate) last: bool,
    pub(crate) task: usize,
}

/// Eight tasks on one trunk.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tasks {
    /// The true accuracy.
    pub(crate) course: fn(Moment) -> f64,
    pub(crate) noise: Noise,
    pub(crate) form: Form,
    pub(crate) habit: Habit,
    pub(crate) twins: Twins,
    /// Four tasks each are read as a group.
    pub(crate) grouped: bool,
    /// The last checkpoint but two holds the weights of the one before.
    pub(crate) copied: bool,
}

/// Which letter is answered while nothing is learned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Habit {
    None,
    AlwaysA,
    AnotherEachTime,
}

/// Whether the items are asked with shuffled choices, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Twins {
    None,
    Honest,
    /// The exact items of the first task are known by heart from three quarters of the run on.
    Leaked,
}

/// Eight tasks on a trunk, and a branch `anneal` that leaves it after three quarters of the checkpoints.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Forked {
    /// The trunk's accuracy by doublings of tokens since its first checkpoint.
    pub(crate) trunk: fn(f64) -> f64,
    /// What the branch has beyond it: task, and which of its own checkpoints, from 0.
    pub(crate) beyond: fn(usize, usize) -> f64,
    /// The trunk goes on beside the branch.
    pub(crate) goes_on: bool,
}

/// A log alone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Log {
    /// Tokens of the last entry.
    pub(crate) tokens: f64,
    /// Noise as a share of the loss.
    pub(crate) noise: f64,
    pub(crate) heavy: bool,
    pub(crate) event: Event,
}

/// What happens to a loss.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Event {
    None,
    /// It rises by this share for so many entries, in the middle.
    Spike(f64, usize),
    /// It rises by half and stays there, in the middle.
    Collapse,
    /// It no longer falls over the second half of the tokens.
    StandsStill,
    /// The rate falls to a tenth at 45 % of the tokens (the loss with it), and is warmed again at this share of them.
    Rewarmed(f64),
}

/// A pack of prompts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Vibes {
    /// Chance that a prompt passes before it is learned.
    pub(crate) before: f64,
    /// And after; equal to `before` where nothing is ever learned.
    pub(crate) after: f64,
}

const REDRAWN: Noise = Noise { memory: 0.0, wobble: 0.0, drift: 0.0, shared: false, cluster: None };
const CORRELATED: Noise = Noise { memory: 0.9, wobble: 0.01, ..REDRAWN };
const REAL: Noise = Noise { wobble: 0.005, ..CORRELATED };
const RARE: Noise = Noise { memory: 0.99, ..REAL };
const DRIFTING: Noise = Noise { drift: 0.8, ..CORRELATED };
const SHARED: Noise = Noise { shared: true, ..DRIFTING };
const CLUSTERED: Noise = Noise { cluster: Some(5), ..REAL };

const CHANCE: Tasks = Tasks {
    course: |_| 0.25,
    noise: REAL,
    form: Form::Texts,
    habit: Habit::None,
    twins: Twins::None,
    grouped: false,
    copied: false,
};
const GROWING: fn(Moment) -> f64 = |at| 0.26 + 0.34 * at.x;
const JUMPING: fn(Moment) -> f64 = |at| if at.late { 0.65 } else { 0.25 };

const FEW: &[(usize, usize)] = &[(6, 40), (10, 40), (20, 200)];
const NULLS: &[(usize, usize)] = &[(6, 40), (10, 40), (20, 200), (60, 200)];
const USUAL: &[(usize, usize)] = &[(10, 40), (20, 200), (20, 1000)];
const ENOUGH: &[(usize, usize)] = &[(20, 200), (20, 1000)];
const YES_NO: &[(usize, usize)] = &[(10, 200), (10, 3000)];
const FORKED: &[(usize, usize)] = &[(16, 200), (16, 1000)];
const LOGGED: &[(usize, usize)] = &[(0, 200), (0, 1000)];
const ASKED: &[(usize, usize)] = &[(6, 6), (12, 6)];

const fn null(name: &'static str, sizes: &'static [(usize, usize)], tasks: Tasks) -> Scenario {
    Scenario { name, kind: Kind::Null, sizes, world: World::Tasks(tasks), wanted: &[] }
}

const fn known(name: &'static str, sizes: &'static [(usize, usize)], tasks: Tasks) -> Scenario {
    Scenario { name, kind: Kind::Known, sizes, world: World::Tasks(tasks), wanted: &[] }
}

const fn forked(name: &'static str, forked: Forked) -> Scenario {
    Scenario { name, kind: Kind::Known, sizes: FORKED, world: World::Forked(forked), wanted: &[] }
}

const fn logged(name: &'static str, log: Log) -> Scenario {
    Scenario { name, kind: Kind::Known, sizes: LOGGED, world: World::Log(log), wanted: &[] }
}

impl Scenario {
    const fn wanting(mut self, wanted: &'static [(&'static str, f64)]) -> Self {
        self.wanted = wanted;
        self
    }
}

const FLAT: Forked = Forked { trunk: |_| 0.45, beyond: |_, _| 0.0, goes_on: true };
const CALM: Log = Log { tokens: 1e12, noise: 0.01, heavy: false, event: Event::None };

/// All kinds of run.
pub(crate) const ALL: &[Scenario] = &[
    null("chance, redrawn", NULLS, Tasks { noise: REDRAWN, ..CHANCE }),
    null("chance, correlated", NULLS, Tasks { noise: CORRELATED, ..CHANCE }),
    null("chance, rare flips", NULLS, Tasks { noise: RARE, ..CHANCE }),
    null("chance, drifting", NULLS, Tasks { noise: DRIFTING, ..CHANCE }),
    null("chance, one wobble for all", NULLS, Tasks { noise: SHARED, ..CHANCE }),
    null("chance, items in clusters", FEW, Tasks { noise: CLUSTERED, ..CHANCE }),
    null("chance, two groups", FEW, Tasks { grouped: true, ..CHANCE }),
    null("chance, shuffled twins", FEW, Tasks { twins: Twins::Honest, ..CHANCE }),
    null("chance, letters", FEW, Tasks { form: Form::Letters, ..CHANCE }),
    null("always A", FEW, Tasks { form: Form::Letters, habit: Habit::AlwaysA, ..CHANCE }),
    null("one letter, another each time", FEW, Tasks { form: Form::Letters, habit: Habit::AnotherEachTime, ..CHANCE }),
    null("always yes, which is right for 62 %", YES_NO, Tasks { form: Form::YesNo, habit: Habit::AlwaysA, ..CHANCE }),
    null("writes, and replies are empty", FEW, Tasks { course: |_| 0.0, form: Form::Silent, ..CHANCE }),
    known("grows from 26 to 60 %", USUAL, Tasks { course: GROWING, ..CHANCE }).wanting(&[("grows steadily", 2.0)]),
    known("grows from 25 to 35 %", USUAL, Tasks { course: |at| 0.25 + 0.1 * at.x, ..CHANCE }),
    known("all jump to 65 %", USUAL, Tasks { course: JUMPING, ..CHANCE }).wanting(&[("onset", 3.0)]),
    known("one jumps to 65 %", USUAL, Tasks { course: |at| if at.task == 0 { JUMPING(at) } else { 0.25 }, ..CHANCE })
        .wanting(&[("onset", 1.0), ("alarm lone_jump", 1.0)]),
    known("constant 50 %", USUAL, Tasks { course: |_| 0.5, ..CHANCE }).wanting(&[("above at first", 1.0)]),
    known("constant 35 %", USUAL, Tasks { course: |_| 0.35, ..CHANCE }),
    known(
        "up to 60 %, then down to 45 %",
        USUAL,
        Tasks { course: |at| if at.x < 0.5 { 0.25 + 0.7 * at.x } else { 0.6 - 0.3 * (at.x - 0.5) }, ..CHANCE },
    ),
    known("60 %, the last checkpoint 50 %", USUAL, Tasks { course: |at| if at.last { 0.5 } else { 0.6 }, ..CHANCE })
        .wanting(&[("alarm regressed", 8.0)]),
    known(
        "always A, then learns 60 %",
        USUAL,
        Tasks { course: |at| if at.late { 0.6 } else { 0.25 }, form: Form::Letters, habit: Habit::AlwaysA, ..CHANCE },
    )
    .wanting(&[("onset", 3.0)]),
    known("grows, two groups", USUAL, Tasks { course: GROWING, grouped: true, ..CHANCE }),
    known("grows, items in clusters", USUAL, Tasks { course: GROWING, noise: CLUSTERED, ..CHANCE }),
    known("grows, one wobble for all", USUAL, Tasks { course: GROWING, noise: SHARED, ..CHANCE }),
    known("grows, shuffled twins", ENOUGH, Tasks { course: GROWING, twins: Twins::Honest, ..CHANCE }),
    known("one leaks, shuffled twins", ENOUGH, Tasks { course: GROWING, twins: Twins::Leaked, ..CHANCE })
        .wanting(&[("alarm perturbed_gap", 1.0)]),
    known("a checkpoint saved twice", ENOUGH, Tasks { copied: true, ..CHANCE }).wanting(&[("alarm same_weights", 1.0)]),
    forked("branch alike, flat", FLAT),
    forked("branch alike, on the trend", Forked { trunk: |x| 0.3 + 0.05 * x, goes_on: false, ..FLAT }),
    forked("branch gains 6 points", Forked { beyond: |_, _| 0.06, ..FLAT }).wanting(&[("gain of the mean", 1.0)]),
    forked(
        "branch loses 12 points of one task",
        Forked { beyond: |task, _| if task == 0 { -0.12 } else { 0.0 }, ..FLAT },
    )
    .wanting(&[("gain", 1.0)]),
    forked(
        "all emerge on the anneal",
        Forked { trunk: |_| 0.25, beyond: |_, own| if own > 0 { 0.4 } else { 0.0 }, ..FLAT },
    )
    .wanting(&[("onset", 3.0)]),
    logged("log, 1 % noise, 1 T", CALM),
    logged("log, 0.2 % noise, 4 T", Log { noise: 0.002, tokens: 4e12, ..CALM }),
    logged("log, 0.2 % noise, 15 T", Log { noise: 0.002, tokens: 1.5e13, ..CALM }),
    logged("log, 4 % noise", Log { noise: 0.04, ..CALM }),
    logged("log, 2 % noise with heavy tails", Log { noise: 0.02, heavy: true, ..CALM }),
    logged("log, re-warmed", Log { event: Event::Rewarmed(0.6), ..CALM }),
    logged("log, re-warmed just now", Log { event: Event::Rewarmed(0.96), ..CALM }),
    logged("log, 15 % over five entries", Log { event: Event::Spike(0.15, 5), ..CALM })
        .wanting(&[("alarm loss_spike", 1.0)]),
    logged("log, 8 % over two entries", Log { event: Event::Spike(0.08, 2), ..CALM })
        .wanting(&[("alarm loss_spike", 1.0)]),
    logged("log, a collapse", Log { event: Event::Collapse, ..CALM }).wanting(&[("alarm collapse", 1.0)]),
    logged("log, stands still", Log { event: Event::StandsStill, noise: 0.002, ..CALM })
        .wanting(&[("alarm plateau", 1.0)]),
    Scenario {
        name: "vibes are coins",
        kind: Kind::Null,
        sizes: ASKED,
        world: World::Vibes(Vibes { before: 0.5, after: 0.5 }),
        wanted: &[],
    },
    Scenario {
        name: "vibes are rare coins",
        kind: Kind::Null,
        sizes: ASKED,
        world: World::Vibes(Vibes { before: 0.15, after: 0.15 }),
        wanted: &[],
    },
    Scenario {
        name: "vibes flip",
        kind: Kind::Known,
        sizes: ASKED,
        world: World::Vibes(Vibes { before: 0.0, after: 1.0 }),
        wanted: &[("pack comes", 1.0)],
    },
    Scenario {
        name: "vibes flip, with noise",
        kind: Kind::Known,
        sizes: ASKED,
        world: World::Vibes(Vibes { before: 0.05, after: 0.95 }),
        wanted: &[("pack comes", 1.0)],
    },
];
