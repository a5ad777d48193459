//! Makes one run of a scenario, with what is true of it.

use spyglass_dashboards::run::{Branch, Phase, PhaseStart, Run, TaskGroup, Unit};
use spyglass_tasks::vibes::Transcript;

use super::draw::{Answers, Dice, Noise, answers};
use super::logs;
use super::made::{About, Form, branch, log_tokens, pack, run, unit};
use super::scenarios::{Forked, Habit, Moment, Scenario, Tasks, Twins, Vibes, World};
use super::truth::{Learned, TrueCurve, Truth};

const TRUNK: &str = "trunk";
const ANNEAL: &str = "anneal";
const TASKS: usize = 8;
const FIRST: f64 = 1e9;
const LAST: f64 = 1e11;

/// The run number `page` of a scenario of this size.
pub(crate) fn build(scenario: &Scenario, (checkpoints, items): (usize, usize), page: u64) -> (Run, Truth) {
    let name: u64 = scenario.name.bytes().fold(7, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
    let mut dice = Dice::new(name ^ (page << 32) ^ ((checkpoints as u64) << 16) ^ items as u64);
    match scenario.world {
        World::Tasks(world) => of_tasks(&mut dice, &world, checkpoints, items),
        World::Forked(world) => forked(&mut dice, &world, checkpoints, items),
        World::Log(log) => logs::of_log(&mut dice, log, items),
        World::Vibes(vibes) => of_vibes(&mut dice, vibes, checkpoints, items),
    }
}

fn names() -> Vec<String> {
    (0..TASKS).map(|task| format!("t{task}")).collect()
}

fn wobbles(dice: &mut Dice, length: usize, noise: Noise) -> Vec<Vec<f64>> {
    let shared = dice.wobble(length, noise.wobble, noise.drift);
    let own = |_| if noise.shared { shared.clone() } else { dice.wobble(length, noise.wobble, noise.drift) };
    (0..TASKS).map(own).collect()
}

fn of_tasks(dice: &mut Dice, world: &Tasks, checkpoints: usize, items: usize) -> (Run, Truth) {
    let tokens = log_tokens(checkpoints, FIRST, LAST);
    let trunk = branch(TRUNK, None, &tokens, Vec::new());
    let options = if world.form == Form::YesNo { 2 } else { 4 };
    let chance = if world.form == Form::Silent { 0.0 } else { 1.0 / options as f64 };
    let mut truth = Truth { chance, tasks: names(), is_young: world.habit != Habit::None, ..Truth::default() };
    let mut units = Vec::new();
    let wobbles = wobbles(dice, checkpoints, world.noise);
    for (task, (name, wobble)) in names().iter().zip(&wobbles).enumerate() {
        let moment = |k: usize| Moment {
            x: k as f64 / (checkpoints - 1) as f64,
            late: k >= checkpoints / 2,
            last: k + 1 == checkpoints,
            task,
        };
        let course: Vec<f64> = (0..checkpoints).map(|k| (world.course)(moment(k)).max(chance)).collect();
        truth.is_young &= course[checkpoints - 1] <= chance + 1e-9;
        truth
            .curves
            .insert((TRUNK.into(), name.clone()), TrueCurve(tokens.iter().copied().zip(course.clone()).collect()));
        let leaks = world.twins == Twins::Leaked && task == 0;
        let known: Vec<f64> = course
            .iter()
            .enumerate()
            .map(|(k, p)| if leaks && 4 * k >= 3 * checkpoints { p + 0.25 } else { *p })
            .collect();
        let mut given = answers(dice, &known, wobble, items, options, world.noise);
        habits(dice, &mut given, world, &course, chance);
        if world.form == Form::YesNo {
            given.gold = (0..items).map(|_| usize::from(dice.unit() >= 0.62)).collect();
        }
        if world.copied {
            let earlier = given.utilities[checkpoints - 4].clone();
            given.utilities[checkpoints - 3] = earlier;
            truth.copied = Some(tokens[checkpoints - 3]);
        }
        let mut about = About { task: name, form: world.form, perturb: None, cluster: world.noise.cluster };
        units.extend(each(&about, &trunk, &given));
        if world.twins != Twins::None {
            let twin = answers(dice, &course, wobble, items, options, world.noise);
            about.perturb = Some("shuffle");
            units.extend(each(&about, &trunk, &twin));
        }
        if leaks {
            truth.leaked = Some((name.clone(), tokens[(3 * checkpoints).div_ceil(4)]));
            let curve = tokens.iter().copied().zip(known).collect();
            truth.curves.insert((TRUNK.into(), name.clone()), TrueCurve(curve));
        }
    }
    let mut run = run(vec![trunk], units);
    if world.grouped {
        group(&mut run, &mut truth);
    }
    (run, truth)
}

fn each<'a>(about: &'a About<'_>, branch: &'a Branch, given: &'a Answers) -> impl Iterator<Item = Unit> + 'a {
    branch.checkpoints.iter().enumerate().map(move |(k, checkpoint)| unit(about, checkpoint, given, k))
}

/// One letter at every checkpoint where nothing is learned.
fn habits(dice: &mut Dice, given: &mut Answers, world: &Tasks, course: &[f64], chance: f64) {
    for (now, p) in given.utilities.iter_mut().zip(course) {
        let letter = match world.habit {
            Habit::AlwaysA => 0,
            Habit::AnotherEachTime => dice.below(given.options),
            Habit::None => continue,
        };
        if *p <= chance + 1e-9 {
            now.iter_mut().skip(letter).step_by(given.options).for_each(|utility| *utility += 12.0);
        }
    }
}

/// Four tasks to a group; one counts items, the other tasks.
fn group(run: &mut Run, truth: &mut Truth) {
    for (number, leaves) in names().chunks(4).enumerate() {
        let name = format!("g{number}");
        let curves: Vec<&TrueCurve> = leaves.iter().filter_map(|leaf| truth.curve(TRUNK, leaf)).collect();
        let mean = |k: usize| curves.iter().map(|curve| curve.0[k].1).sum::<f64>() / curves.len() as f64;
        let curve = curves[0].0.iter().enumerate().map(|(k, point)| (point.0, mean(k))).collect();
        truth.curves.insert((TRUNK.into(), name.clone()), TrueCurve(curve));
        truth.tasks.push(name.clone());
        run.groups.push(TaskGroup {
            name,
            leaves: leaves.to_vec(),
            weight_by_size: number == 0,
            ..TaskGroup::default()
        });
    }
}

fn forked(dice: &mut Dice, world: &Forked, checkpoints: usize, items: usize) -> (Run, Truth) {
    let noise = Noise { memory: 0.9, wobble: 0.005, drift: 0.0, shared: false, cluster: None };
    let tokens = log_tokens(checkpoints, FIRST, LAST);
    let fork = checkpoints * 3 / 4;
    let (own, fork_tokens) = (&tokens[fork..], tokens[fork - 1]);
    let before = if world.goes_on { &tokens[..] } else { &tokens[..fork] };
    let start = |phase, from_tokens: u64| PhaseStart {
        phase,
        from_tokens,
        from_step: from_tokens / super::made::TOKENS_PER_STEP,
    };
    let stable = start(Phase::Stable, 0);
    let trunk = branch(TRUNK, None, before, vec![stable.clone()]);
    let anneal = branch(ANNEAL, Some((TRUNK, fork_tokens)), own, vec![stable, start(Phase::Anneal, fork_tokens)]);
    let mut truth = Truth { chance: 0.25, tasks: names(), ..Truth::default() };
    let mut units = Vec::new();
    let wobbles = wobbles(dice, before.len() + own.len(), noise);
    for (task, (name, wobble)) in names().iter().zip(&wobbles).enumerate() {
        let base = |tokens: &u64| (world.trunk)((*tokens as f64 / FIRST).log2());
        let on_trunk: Vec<f64> = before.iter().map(base).collect();
        let on_branch: Vec<f64> = own.iter().enumerate().map(|(k, t)| base(t) + (world.beyond)(task, k)).collect();
        // One stream of luck: the branch carries on from the fork.
        let all: Vec<f64> = on_trunk.iter().chain(&on_branch).copied().collect();
        let mut given = answers(dice, &all, wobble, items, 4, noise);
        let about = About { task: name, form: Form::Texts, perturb: None, cluster: None };
        units.extend(each(&about, &trunk, &given));
        given.utilities.drain(..before.len());
        units.extend(each(&about, &anneal, &given));
        let trunk_curve: Vec<(u64, f64)> = before.iter().copied().zip(on_trunk).collect();
        let shared = trunk_curve[..fork].iter().copied();
        let path = shared.chain(own.iter().copied().zip(on_branch)).collect();
        truth.curves.insert((ANNEAL.into(), name.clone()), TrueCurve(path));
        // What the trunk would have at equal tokens, whether it was measured there or not.
        let ahead = own.iter().filter(|_| !world.goes_on).map(|t| (*t, base(t)));
        truth.expected.insert(name.clone(), TrueCurve(trunk_curve.iter().copied().chain(ahead).collect()));
        truth.curves.insert((TRUNK.into(), name.clone()), TrueCurve(trunk_curve));
    }
    (run(vec![trunk, anneal], units), truth)
}

fn of_vibes(dice: &mut Dice, vibes: Vibes, checkpoints: usize, prompts: usize) -> (Run, Truth) {
    let tokens = log_tokens(checkpoints, FIRST, LAST);
    let trunk = branch(TRUNK, None, &tokens, Vec::new());
    let (half, mut truth) = (checkpoints / 2, Truth::default());
    let is_learned = vibes.after > vibes.before;
    let learned = if is_learned { Learned::Since(tokens[half]) } else { Learned::Never };
    let mut packs = Vec::new();
    for (k, checkpoint) in trunk.checkpoints.iter().enumerate() {
        let share = if k < half { vibes.before } else { vibes.after };
        let talk = |number: usize| {
            let passed = dice.unit() < share;
            Transcript {
                pack: "pack".into(),
                prompt: format!("p{number}"),
                passed: Some(passed),
                score: Some(f64::from(u8::from(passed))),
                ..Transcript::default()
            }
        };
        packs.push(pack("pack", checkpoint, (0..prompts).map(talk).collect()));
    }
    truth.vibes.insert("pack".into(), learned);
    let mut run = run(vec![trunk], Vec::new());
    run.packs = packs;
    (run, truth)
}
