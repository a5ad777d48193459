//! Findings of made-up runs: what they say, word for word, and that thin or broken runs say nothing false.

use std::collections::BTreeMap;
use std::f64::consts::LN_2;
use std::sync::Arc;

use spyglass_tasks::{ChoiceRecord, GenerationRecord, ItemRecord, RollingRecord, metric};

use super::*;
use super::{alike, compare};
use crate::alarms::AlarmKind;
use crate::analysis::{EmergenceKind, PhaseProbabilities, Status};
use crate::run::{
    Branch, Checkpoint, Fork, LogEntry, Phase, PhaseStart, Run, RunTree, TaskGroup, TrainingLog, Unit, UnitInputs,
    UnitRecord, side_by_side,
};
use crate::series::TaskFindings;

mod how_sure;
mod notes;
mod partial;
mod parts;

const TOKENS_PER_STEP: u64 = 6_144;

/// How a made-up task is asked.
#[derive(Clone)]
struct Kind {
    task: &'static str,
    letters: bool,
    items: std::ops::Range<usize>,
    perturb: Option<&'static str>,
}

fn kind(task: &'static str, letters: bool) -> Kind {
    Kind { task, letters, items: 0..1000, perturb: None }
}

fn checkpoint(branch: &str, step: u64) -> Checkpoint {
    Checkpoint {
        branch: branch.into(),
        step,
        variant: None,
        tokens: step * TOKENS_PER_STEP,
        learning_rate: None,
        location: String::new(),
    }
}

/// A unit whose items are right for a share of `accuracy`: each item has its luck, the same at every checkpoint.
fn unit(kind: &Kind, checkpoint: &Checkpoint, accuracy: f64) -> Unit {
    let salt = kind.task.len() as f64 * 0.37;
    let item = |index: usize| {
        let gold = index * 7 % 4;
        let lucky = (index as f64 * 0.618_033_988_749 + salt).fract() < accuracy;
        let best = if lucky { gold } else { (gold + 1 + index % 3) % 4 };
        let nudge = checkpoint.tokens as f64 * 1e-12 + index as f64 * 1e-6;
        let logprob = |choice: usize| if choice == best { -0.4 } else { -1.9 - choice as f64 * 0.01 } - nudge;
        let choice = |choice: usize| ChoiceRecord {
            logprob: logprob(choice),
            is_greedy: choice == best,
            tokens: if kind.letters { 1 } else { 3 },
            chars: if kind.letters { 1 } else { 9 },
            bytes: if kind.letters { 1 } else { 9 },
            unconditional: None,
        };
        ItemRecord { doc_id: index, gold, choices: (0..4).map(choice).collect(), ..ItemRecord::default() }
    };
    let items: Vec<ItemRecord> = kind.items.clone().map(item).collect();
    let metrics = metric::evaluate(&["acc"], &items).unwrap();
    let inputs = UnitInputs {
        weights: format!("{} {}", checkpoint.branch, checkpoint.step),
        config: String::new(),
        tokenizer: String::new(),
        chat_template: None,
        task: kind.task.into(),
        task_definition: String::new(),
        data: kind.task.into(),
        shots: 0,
        perturb: kind.perturb.map(Into::into),
        precision: "f32".into(),
        dt_floor: "0".into(),
        bos: None,
        rope_scale: None,
        context: None,
        scoring_version: 1,
    };
    let record = UnitRecord {
        key: String::new(),
        inputs,
        checkpoint: checkpoint.clone(),
        task: kind.task.into(),
        shots: 0,
        chance: Some(0.25),
        primary_metric: "acc".into(),
        metrics,
        higher_is_better: BTreeMap::new(),
        items: items.len(),
        items_total: items.len(),
        truncated: 0,
        off_token_edge: 0,
        warnings: Vec::new(),
        chunks: Vec::new(),
        cost: crate::run::Cost::default(),
        finished: String::new(),
        version: String::new(),
    };
    Unit { record, items: Arc::new(items) }
}

fn phases(list: &[(Phase, u64)]) -> Vec<PhaseStart> {
    let start = |(phase, from_step): &(Phase, u64)| PhaseStart {
        phase: *phase,
        from_step: *from_step,
        from_tokens: from_step * TOKENS_PER_STEP,
    };
    list.iter().map(start).collect()
}

fn branch(name: &str, fork: Option<(&str, u64)>, steps: &[u64], of_phase: &[(Phase, u64)]) -> Branch {
    Branch {
        name: name.into(),
        fork: fork.map(|(branch, step)| Fork { branch: branch.into(), step, tokens: step * TOKENS_PER_STEP }),
        checkpoints: steps.iter().map(|&step| checkpoint(name, step)).collect(),
        log: TrainingLog::default(),
        phases: phases(of_phase),
    }
}

fn run(branches: Vec<Branch>, units: Vec<Unit>) -> Run {
    Run {
        name: "made up".into(),
        tree: RunTree { branches, ..RunTree::default() },
        units,
        generated: "2026-11-25T00:00:00Z".into(),
        version: "0".into(),
        ..Run::default()
    }
}

const TRUNK: [(Phase, u64); 3] = [(Phase::Warmup, 0), (Phase::Decay, 60), (Phase::Stable, 1000)];
const ANNEAL: [(Phase, u64); 5] =
    [(Phase::Warmup, 0), (Phase::Decay, 60), (Phase::Stable, 1000), (Phase::Rewarm, 1100), (Phase::Anneal, 1125)];

/// The story of a small run: facts early, letters on the anneal only, and a branch on which the letters' items leaked.
fn story() -> Run {
    let trunk: Vec<u64> = (0..=14).map(|k| k * 100).collect();
    let anneal = [1150, 1200, 1250, 1300, 1350, 1400];
    let dirty = [700, 800, 900];
    let branches = vec![
        branch("trunk", None, &trunk, &TRUNK),
        branch("anneal", Some(("trunk", 1100)), &anneal, &ANNEAL),
        branch("dirty", Some(("trunk", 600)), &dirty, &TRUNK),
    ];
    let letters = kind("pilot_letters", true);
    let sibling = kind("pilot_letters_b", true);
    let facts = kind("pilot_facts_easy", false);
    let twin = Kind { perturb: Some("shuffle"), ..letters.clone() };
    let noise = |step: u64| [0.003, -0.004, 0.0, 0.002, -0.002][(step / 50 % 5) as usize];
    let mut units = Vec::new();
    for branch in &branches {
        for at in &branch.checkpoints {
            let learned = |late: f64| 0.25 + noise(at.step) + late;
            let annealed = match (branch.name.as_str(), at.step) {
                ("anneal", 1150 | 1200) => 0.0,
                ("anneal", 1250) => 0.2,
                ("anneal", _) => 0.6,
                _ => 0.0,
            };
            let leak = match (branch.name.as_str(), at.step) {
                ("dirty", 800) => 0.35,
                ("dirty", 900) => 0.7,
                _ => 0.0,
            };
            units.push(unit(&letters, at, learned(annealed + leak)));
            units.push(unit(&twin, at, learned(annealed)));
            units.push(unit(&sibling, at, learned(annealed)));
            units.push(unit(&facts, at, 0.25 + 0.7 * (at.step as f64 / 400.0).min(1.0)));
        }
    }
    run(branches, units)
}

fn task<'a>(found: &'a Findings, name: &str) -> &'a TaskFindings {
    found.tasks.iter().find(|task| task.subject.title() == name).unwrap()
}

#[test]
fn the_story_is_told_with_its_numbers() {
    let found = findings(&story());
    let texts: Vec<&str> = found.sentences.iter().map(|sentence| sentence.text.as_str()).collect();
    assert!((3..=9).contains(&texts.len()));
    assert_eq!(
        texts[0],
        "pilot_letters and pilot_letters_b on anneal both emerged between 7.37 M and 7.68 M tokens, in the anneal; a sharp rise of \
         60.2 points so far, and P(gold) jumps with it, so it is no artefact of scoring; in pilot_letters the facts were known and \
         letters were written before, choosing the right letter came last; pilot_letters not yet on trunk (8.6 M tokens); pilot_letters_b not yet on trunk (8.6 M tokens), \
         dirty (5.53 M)."
    );
    let facts: Vec<&&str> = texts.iter().filter(|text| text.starts_with("pilot_facts_easy")).collect();
    assert_eq!(facts.len(), 1, "an onset in the shared trunk is one event: {texts:#?}");
    assert!(facts[0].starts_with("pilot_facts_easy emerged between 0 and 614 k tokens"), "{}", facts[0]);
    let gain = "The anneal added +60.0 points (98 % CI 55.0 to 65.0 for all 6 gains together) to pilot_letters beyond trunk at equal \
                tokens.";
    assert!(texts.contains(&gain), "{texts:#?}");
    assert!(found.notes.is_empty(), "{:?}", found.notes);
}

#[test]
fn a_branch_waits_beside_the_branches_of_its_own_run() {
    let named = |name: &str| Run { name: name.into(), ..story() };
    let both = side_by_side(vec![named("one"), named("two")]).unwrap();
    let told = findings(&both);
    let emerged = |run: &str| {
        let start = format!("pilot_letters and pilot_letters_b on {run}/anneal both emerged");
        told.sentences.iter().map(|sentence| &sentence.text).find(|text| text.starts_with(&start)).unwrap()
    };
    assert!(emerged("one").contains("not yet on one/trunk (8.6 M tokens)") && !emerged("one").contains("two/"));
    assert!(emerged("two").contains("not yet on two/trunk (8.6 M tokens)") && !emerged("two").contains("one/"));
    // The page says it once.
    let all = told.sentences.iter().chain(&told.others);
    let page: Vec<String> = alike(&both.tree, all).into_iter().map(|(_, sentence)| sentence.text).collect();
    let once = page.iter().filter(|text| text.contains("pilot_letters and pilot_letters_b on anneal both emerged"));
    let once: Vec<&String> = once.collect();
    assert!(once.len() == 1 && once[0].starts_with("In both runs: "), "{page:#?}");
    assert!(page.iter().all(|text| !text.contains("one/anneal")), "{page:#?}");
}

#[test]
fn the_leak_raises_its_alarms_and_the_anneal_raises_none() {
    let found = findings(&story());
    let raised: Vec<(AlarmKind, &str, Option<u64>)> =
        found.alarms.iter().map(|alarm| (alarm.kind, alarm.place.branch.as_str(), alarm.place.step)).collect();
    assert_eq!(raised, [(AlarmKind::PerturbedGap, "dirty", Some(900)), (AlarmKind::LoneJump, "dirty", Some(800))]);
    let leak = &found.alarms[0].sentence;
    assert!(
        leak.starts_with(
            "Leak suspected: pilot_letters on dirty at 5.53 M tokens scores 95.2 %, but 25.2 % where the same items have their \
             choices shuffled; the gap grew by"
        ),
        "{leak}"
    );
    assert!(found.alarms[1].sentence.contains("while its one sibling stood still"), "{}", found.alarms[1].sentence);
    let doubted = found.sentences.iter().filter(|sentence| sentence.text.ends_with(" A leak is suspected there."));
    let doubted: Vec<_> = doubted.map(|sentence| (sentence.kind, sentence.branch.as_deref().unwrap())).collect();
    assert_eq!(doubted, [(SentenceKind::Onset, "dirty"), (SentenceKind::Gain, "dirty")]);
}

#[test]
fn each_path_has_its_onset_shape_and_kind() {
    let found = findings(&story());
    let letters = task(&found, "pilot_letters");
    let statuses: Vec<Status> = letters.paths.iter().map(|path| path.onset.as_ref().unwrap().status).collect();
    assert_eq!(statuses, [Status::NotYet, Status::Emerged, Status::Emerged]);
    assert_eq!(letters.kinds, [EmergenceKind::None, EmergenceKind::Selection, EmergenceKind::Selection]);
    assert_eq!(letters.cloze.as_ref().unwrap().task, "pilot_facts_easy");
    let anneal = letters.path("anneal").unwrap();
    assert_eq!((anneal.own_from, anneal.points.len()), (12, 18));
    assert!(anneal.phases.as_ref().unwrap().phases[&Phase::Anneal] > 0.99);
    assert!(
        anneal
            .points
            .iter()
            .all(|point| point.interval.is_some_and(|(low, high)| low < point.value && point.value < high))
    );
    let facts = task(&found, "pilot_facts_easy");
    assert!(!facts.paths[0].onset_is_shared && facts.paths[1].onset_is_shared && facts.paths[2].onset_is_shared);
}

/// A trunk on which one task has these accuracies.
fn small(accuracies: &[f64], items: impl Fn(usize) -> std::ops::Range<usize>) -> Run {
    let steps: Vec<u64> = (0..accuracies.len() as u64).map(|k| k * 100).collect();
    let trunk = branch("trunk", None, &steps, &[]);
    let of = |(k, accuracy): (usize, &f64)| {
        unit(&Kind { items: items(k), ..kind("t", false) }, &trunk.checkpoints[k], *accuracy)
    };
    let units = accuracies.iter().enumerate().map(of).collect();
    run(vec![trunk], units)
}

#[test]
fn thin_runs_say_nothing_false() {
    let empty = findings(&run(vec![branch("trunk", None, &[0, 100], &[])], Vec::new()));
    assert!(empty.tasks.is_empty() && empty.sentences.is_empty() && empty.alarms.is_empty());
    let one = findings(&small(&[0.25], |_| 0..500));
    assert_eq!(one.sentences[0].text, "t is under the level that counts as emerged (34 % with 500 items) at 0 tokens.");
    assert_eq!(one.tasks[0].paths[0].change, None);
    let two = findings(&small(&[0.25, 0.9], |_| 0..500));
    assert!(two.sentences[0].text.starts_with("t emerged between 0 and 614 k tokens"), "{}", two.sentences[0].text);
    let constant = findings(&small(&[1.0, 1.0, 1.0, 1.0, 1.0], |_| 0..500));
    assert_eq!(constant.tasks[0].paths[0].onset.as_ref().unwrap().status, Status::AboveAtFirst);
    assert_eq!(constant.sentences[0].text, "t was above chance as far back as these checkpoints can tell.");
}

#[test]
fn unequal_item_sets_are_said() {
    let found = findings(&small(&[0.25, 0.3, 0.3], |k| if k == 2 { 100..300 } else { 0..200 }));
    assert_eq!(found.tasks[0].paths[0].change.unwrap().items, 100);
    let note = "t: its checkpoints were scored on different items; they are compared on those in common (100 at least)";
    assert_eq!(found.notes, [note]);
}

#[test]
fn averaged_weights_of_a_checkpoint_are_no_second_point() {
    let mut made_up = small(&[0.25, 0.3], |_| 0..200);
    let mut averaged = made_up.tree.branches[0].checkpoints[1].clone();
    averaged.variant = Some("ema".into());
    made_up.units.push(unit(&Kind { items: 0..200, ..kind("t", false) }, &averaged, 0.9));
    made_up.tree.branches[0].checkpoints.push(averaged);
    let found = findings(&made_up);
    let values: Vec<f64> = found.tasks[0].paths[0].points.iter().map(|point| point.value).collect();
    assert_eq!(values.len(), 2);
    assert!(values[1] < 0.4);
}

#[test]
fn a_group_speaks_for_its_leaves() {
    let steps: Vec<u64> = (0..8).map(|k| k * 100).collect();
    let trunk = branch("trunk", None, &steps, &[]);
    let leaves = ["mmlu_a", "mmlu_bb", "mmlu_ccc"];
    let of = |at: &Checkpoint| {
        let accuracy = if at.step < 500 { 0.25 } else { 0.8 };
        leaves.map(|leaf| unit(&Kind { items: 0..300, ..kind(leaf, true) }, at, accuracy))
    };
    let mut made_up = run(vec![trunk.clone()], trunk.checkpoints.iter().flat_map(of).collect());
    let group = |weight_by_size| TaskGroup {
        name: "mmlu".into(),
        leaves: leaves.map(Into::into).into(),
        weight_by_size,
        ..TaskGroup::default()
    };
    for weight_by_size in [true, false] {
        made_up.groups = vec![group(weight_by_size)];
        let found = findings(&made_up);
        let whole = task(&found, "mmlu");
        assert!(whole.subject.is_group && whole.paths[0].points[0].items == 900);
        assert!((whole.paths[0].points[7].value - 0.8).abs() < 0.01 && whole.chance == Some(0.25));
        let onsets = found.sentences.iter().filter(|sentence| sentence.kind == SentenceKind::Onset);
        assert_eq!(onsets.count(), 1, "{:#?}", found.sentences);
        assert!(found.sentences[0].text.starts_with("mmlu emerged between 2.46 M and 3.07 M tokens"));
    }
}

#[test]
fn a_checkpoint_saved_twice_is_noticed() {
    let mut made_up = small(&[0.25, 0.4, 0.4, 0.6], |_| 0..100);
    made_up.units[2].items = Arc::clone(&made_up.units[1].items);
    let found = findings(&made_up);
    assert_eq!(found.alarms.len(), 1, "{:#?}", found.alarms);
    assert_eq!((found.alarms[0].kind, found.alarms[0].place.step), (AlarmKind::SameWeights, Some(200)));
}

#[test]
fn replies_may_refute_the_same_weights_but_never_prove_them() {
    let replies = |made_up: &mut Run, texts: [&str; 2], keep_choices: bool| {
        for (unit, text) in made_up.units.iter_mut().zip(texts) {
            let mut items: Vec<ItemRecord> = unit.items.to_vec();
            for item in &mut items {
                let generation = GenerationRecord {
                    text: text.into(),
                    filtered: text.into(),
                    targets: Vec::new(),
                    tokens: text.len(),
                };
                item.generation = Some(generation);
                if !keep_choices {
                    item.choices.clear();
                }
            }
            unit.items = Arc::new(items);
        }
    };
    let same = |texts: [&str; 2], keep_choices| {
        let mut made_up = small(&[0.4, 0.4], |_| 0..100);
        made_up.units[1].items = Arc::clone(&made_up.units[0].items);
        replies(&mut made_up, texts, keep_choices);
        findings(&made_up).alarms.iter().any(|alarm| alarm.kind == AlarmKind::SameWeights)
    };
    assert!(!same(["", ""], false) && !same(["yes", "yes"], false), "no log-likelihood was compared");
    assert!(same(["yes", "yes"], true) && !same(["yes", "no"], true));
}

/// A trunk at 99.7 %, and an anneal that falls to 82 % when its rate is raised, and comes back to 96 %.
fn costly() -> Run {
    let trunk: Vec<u64> = (0..=12).map(|k| k * 100).collect();
    let branches = vec![
        branch("trunk", None, &trunk, &TRUNK),
        branch("anneal", Some(("trunk", 800)), &[900, 1000, 1100, 1200], &ANNEAL),
    ];
    let score = |at: &Checkpoint| match (at.branch.as_str(), at.step) {
        ("anneal", 900) => 0.82,
        ("anneal", 1000) => 0.90,
        ("anneal", 1100) => 0.94,
        ("anneal", _) => 0.96,
        (_, 0..300) => 0.25,
        (_, step) => [0.997, 0.998, 0.997][(step / 100 % 3) as usize],
    };
    let units = branches.iter().flat_map(|branch| &branch.checkpoints);
    let units = units.map(|at| unit(&kind("facts", false), at, score(at))).collect();
    run(branches, units)
}

#[test]
fn what_the_anneal_cost_is_told_and_agrees_with_the_comparison() {
    let made_up = costly();
    let found = findings(&made_up);
    let texts: Vec<&str> = found.sentences.iter().map(|sentence| sentence.text.as_str()).collect();
    let cost =
        texts.iter().find(|text| text.starts_with("The anneal took 3.7 points (98 % CI")).expect("a loss is news");
    assert!(cost.ends_with(") from facts beyond trunk at equal tokens."), "{cost}");
    let gain = &found.tasks[0].gains[0];
    let at = |branch: &str| {
        made_up.units.iter().find(|u| u.record.checkpoint.branch == branch && u.record.checkpoint.step == 1200)
    };
    let compared = compare(&[at("trunk").unwrap()], &[at("anneal").unwrap()], [&[], &[]]);
    let difference = compared.rows[0].difference;
    assert_eq!((gain.of_weights.value, gain.of_weights.interval), (difference.value, difference.interval));
    assert!(gain.together.0 < difference.interval.0 && gain.together.1 > difference.interval.1, "the wobble widens it");
    assert!(gain.together.1 - gain.together.0 < 0.06, "the fall after the fork is no wobble: {:?}", gain.together);
}

#[test]
fn less_of_a_loss_is_lowered_and_falls() {
    let mut made_up = costly();
    for unit in &mut made_up.units {
        unit.record.primary_metric = "brier_score".into();
        unit.record.metrics = metric::evaluate(&["brier_score"], &unit.items).unwrap();
        unit.record.chance = None;
    }
    let found = findings(&made_up);
    let told = about(&made_up, &found.tasks[0], &found.alarms);
    assert!(told.iter().any(|line| line.starts_with("The anneal raised facts by 0.0")), "{told:#?}");
    let regressed = found.alarms.iter().find(|alarm| alarm.kind == AlarmKind::Regressed);
    assert!(regressed.is_none_or(|alarm| alarm.sentence.contains(" over its score at ")), "{regressed:#?}");
}

#[test]
fn each_branch_that_waits_has_its_own_end() {
    let found = findings(&{
        let mut made_up = story();
        made_up.units.retain(|unit| unit.record.checkpoint.branch != "dirty" || unit.record.task == "pilot_letters_b");
        made_up
    });
    let letters = found.sentences.iter().find(|sentence| sentence.text.contains("pilot_letters_b on anneal")).unwrap();
    let waits = "; pilot_letters_b not yet on trunk (8.6 M tokens), dirty (5.53 M)";
    assert!(letters.text.contains(waits), "{}", letters.text);
}
