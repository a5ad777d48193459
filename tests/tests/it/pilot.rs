//! The pilot run: our scores are those that `PyTorch` gives, and its curves tell the story it is there for.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use spyglass_dashboards::alarms::AlarmKind;
use spyglass_dashboards::findings::findings;
use spyglass_dashboards::run::{PackUnit, Run, Unit};
use spyglass_tasks::ItemRecord;
use spyglass_tasks::metric::argmax;
use spyglass_tasks::vibes::Transcript;

use crate::browser::Browser;
use crate::program::run;

const CHANCE: f64 = 0.25;
/// Where phase one ends and the anneals leave the trunk.
const PHASE_ONE: u64 = 1400;
/// Where the contaminated branch leaves the trunk.
const LEAK: u64 = 800;

/// The demo, run once for all tests of this program.
pub(crate) static DEMO: LazyLock<Demo> = LazyLock::new(Demo::of_a_fresh_clone);

pub(crate) struct Demo {
    _folder: tempfile::TempDir,
    pub(crate) report: PathBuf,
    second: String,
    run: Run,
}

/// What is asked of a checkpoint: the task, and how its items are perturbed.
type Asked<'a> = (&'a str, Option<&'a str>);

const LETTERS: Asked<'_> = ("pilot_letters", None);
const SHUFFLED: Asked<'_> = ("pilot_letters", Some("shuffle"));
const SIBLING: Asked<'_> = ("pilot_letters_b", None);
const EASY: Asked<'_> = ("pilot_facts_easy", None);
const HARD: Asked<'_> = ("pilot_facts_hard", None);
const STORIES: Asked<'_> = ("pilot_stories", None);

/// Accuracy with its standard error, which lets the questions about one fact vary together.
#[derive(Debug, Clone, Copy)]
struct Score {
    value: f64,
    error: f64,
}

impl Score {
    /// The gain over another score in standard errors.
    fn above(self, other: Self) -> f64 {
        (self.value - other.value) / self.error.hypot(other.error)
    }

    fn above_chance(self) -> f64 {
        (self.value - CHANCE) / self.error
    }
}

impl Demo {
    fn of_a_fresh_clone() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let first = run(folder.path(), &["demo"]);
        assert_eq!(first.code, Some(0), "{}", first.stderr);
        let report = folder.path().join(first.stdout.trim());
        let second = run(folder.path(), &["demo"]).stderr;
        let store = spyglass::Store::open(&folder.path().join("spyglass-demo/results"));
        let snapshot = store.snapshot().unwrap().unwrap();
        let gathered = spyglass::gather(&store, snapshot).unwrap();
        assert_eq!(gathered.damaged, Vec::<String>::new());
        Self { _folder: folder, report, second, run: gathered.run }
    }

    fn unit(&self, (task, perturb): Asked<'_>, branch: &str, step: u64) -> &Unit {
        let is_it = |unit: &&Unit| {
            let record = &unit.record;
            (record.task.as_str(), record.inputs.perturb.as_deref()) == (task, perturb)
                && (record.checkpoint.branch.as_str(), record.checkpoint.step) == (branch, step)
        };
        self.run.units.iter().find(is_it).unwrap_or_else(|| panic!("{task} {perturb:?} at {branch} {step}"))
    }

    fn score(&self, asked: Asked<'_>, branch: &str, step: u64) -> Score {
        let unit = self.unit(asked, branch, step);
        let accuracy = unit.record.metric("acc").unwrap();
        Score { value: accuracy.value, error: accuracy.clustered_stderr.unwrap() }
    }

    /// The talks of a checkpoint on the prompts of a pack that have this tag; all without one.
    fn talks(&self, pack: &str, tag: &str, branch: &str, step: u64) -> Vec<&Transcript> {
        let is_it = |unit: &&PackUnit| {
            let record = &unit.record;
            record.task == pack && (record.checkpoint.branch.as_str(), record.checkpoint.step) == (branch, step)
        };
        let unit = self.run.packs.iter().find(is_it).unwrap_or_else(|| panic!("{pack} at {branch} {step}"));
        unit.transcripts.iter().filter(|talk| tag.is_empty() || talk.tags.iter().any(|other| other == tag)).collect()
    }

    /// Steps of a branch's own checkpoints, in order.
    fn steps(&self, branch: &str) -> Vec<u64> {
        let of_branch = |unit: &&Unit| unit.record.task == "pilot_stories" && unit.record.checkpoint.branch == branch;
        let mut steps: Vec<u64> =
            self.run.units.iter().filter(of_branch).map(|unit| unit.record.checkpoint.step).collect();
        steps.sort_unstable();
        steps
    }

    fn last(&self, branch: &str) -> u64 {
        *self.steps(branch).last().unwrap()
    }
}

fn reference(name: &str) -> String {
    fs_err::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("reference").join(name)).unwrap()
}

#[test]
fn every_accuracy_is_that_of_pytorch() {
    let demo = &*DEMO;
    let table = reference("pilot_scores.csv");
    let mut rows = 0;
    for line in table.lines().skip(1) {
        let [name, branch, step, _, score, n, ..] = line.split(',').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let unit = demo.unit(asked(name), branch, step.parse().unwrap());
        let accuracy = unit.record.metric("acc").unwrap();
        assert_eq!(accuracy.n.to_string(), n, "{line}");
        assert!((accuracy.value - score.parse::<f64>().unwrap()).abs() < 1e-6, "{line}: {}", accuracy.value);
        rows += 1;
    }
    assert_eq!(rows, demo.run.units.len(), "every unit has its reference");
}

/// `pilot_letters_shuffled` is how the tables name the twin.
fn asked(name: &str) -> Asked<'_> {
    name.strip_suffix("_shuffled").map_or((name, None), |task| (task, Some("shuffle")))
}

#[test]
fn log_likelihoods_are_those_of_pytorch() {
    let lines = reference("pilot_loglikelihoods.jsonl");
    let mut compared = 0;
    for line in lines.lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = |key: &str| row[key].as_str().unwrap();
        let unit = DEMO.unit(asked(text("task")), text("branch"), row["step"].as_u64().unwrap());
        let wanted: Vec<Vec<f64>> = serde_json::from_value(row["log_likelihoods"].clone()).unwrap();
        assert_eq!(unit.items.len(), wanted.len());
        for (item, wanted) in unit.items.iter().zip(&wanted) {
            assert_eq!(item.choices.len(), wanted.len());
            let found = item.choices.iter().map(|choice| choice.logprob);
            for (found, wanted) in found.zip(wanted) {
                assert!(
                    (found - wanted).abs() < 1e-3,
                    "{}, item {}: {found} against {wanted}",
                    &line[..80],
                    item.doc_id
                );
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 3 * (1008 + 2 * 1040 + 3 * 640) * 4, "three checkpoints, every item, four choices");
}

#[test]
fn facts_are_known_while_letters_are_at_chance() {
    for step in DEMO.steps("trunk") {
        for asked in [LETTERS, SIBLING, SHUFFLED] {
            let score = DEMO.score(asked, "trunk", step);
            assert!(score.above_chance().abs() < 3.0, "{asked:?} at step {step}: {score:?}");
            assert!((score.value - CHANCE).abs() < 0.05, "{asked:?} at step {step}: {score:?}");
        }
    }
    for facts in [EASY, HARD] {
        let score = DEMO.score(facts, "trunk", LEAK);
        assert!(score.value > 0.9, "{facts:?} at step {LEAK} of {PHASE_ONE}: {score:?}");
    }
}

#[test]
fn letters_rise_on_the_anneal_and_not_on_the_trunk_at_equal_tokens() {
    let (equal, talk) = (DEMO.last("trunk"), DEMO.last("anneal-roleplay"));
    for asked in [LETTERS, SIBLING, SHUFFLED] {
        let (risen, trunk) = (DEMO.score(asked, "anneal", equal), DEMO.score(asked, "trunk", equal));
        assert!(risen.above(trunk) > 3.0, "{asked:?} at step {equal}: {risen:?} against the trunk's {trunk:?}");
        assert!(risen.value > 0.9, "{asked:?}: {risen:?}");
        let role_play = DEMO.score(asked, "anneal-roleplay", talk);
        assert!(risen.above(role_play) > 3.0, "{asked:?}: {risen:?} against {role_play:?}");
        assert!(role_play.above(DEMO.score(asked, "trunk", PHASE_ONE)) < 3.0, "{asked:?}: {role_play:?}");
    }
}

#[test]
fn a_leak_lifts_what_leaked_far_above_its_twin_and_its_sibling() {
    let last = DEMO.last("contaminated");
    let (fork, leaked) = (DEMO.score(LETTERS, "trunk", LEAK), DEMO.score(LETTERS, "contaminated", last));
    assert!(leaked.above(fork) > 3.0 && leaked.value > 0.9, "{fork:?} to {leaked:?}");
    for fresh in [SIBLING, SHUFFLED] {
        let before = DEMO.score(fresh, "trunk", LEAK);
        assert!(fork.above(before).abs() < 3.0, "{fresh:?}: {before:?}, leaked {fork:?}");
        let after = DEMO.score(fresh, "contaminated", last);
        assert!(leaked.above(after) > 3.0, "{fresh:?}: {after:?}, leaked {leaked:?}");
        assert!(after.value - before.value < 0.25 * (leaked.value - fork.value), "{fresh:?}: {before:?} to {after:?}");
    }
    // What its twin has above chance it has from the letters that the shuffle left where they were.
    let (exact, twin) = (DEMO.unit(LETTERS, "contaminated", last), DEMO.unit(SHUFFLED, "contaminated", last));
    let pairs = exact.items.iter().zip(twin.items.iter());
    let (kept, moved): (Vec<_>, Vec<_>) = pairs.partition(|(exact, twin)| exact.gold == twin.gold);
    let right = |pairs: &[(&ItemRecord, &ItemRecord)]| {
        let is_right =
            |(_, twin): &&(&ItemRecord, &ItemRecord)| argmax(twin.choices.iter().map(|c| c.logprob)) == Some(twin.gold);
        pairs.iter().filter(is_right).count() as f64 / pairs.len() as f64
    };
    assert!(right(&kept) > 0.5 && right(&moved) < 0.3, "{} kept, {} moved", right(&kept), right(&moved));
}

#[test]
fn the_leak_is_suspected_and_no_clean_branch_is() {
    let of_leaks = |kind| kind == AlarmKind::PerturbedGap || kind == AlarmKind::LoneJump;
    let raised = findings(&DEMO.run).alarms.into_iter().filter(|alarm| of_leaks(alarm.kind));
    let raised: Vec<(AlarmKind, String)> = raised.map(|alarm| (alarm.kind, alarm.place.branch)).collect();
    let suspected = |kind| (kind, "contaminated".to_owned());
    assert_eq!(raised, [suspected(AlarmKind::PerturbedGap), suspected(AlarmKind::LoneJump)]);
}

#[test]
fn stories_grow_steadily_and_the_loss_shows_nothing() {
    let steps = DEMO.steps("trunk");
    let scores: Vec<f64> = steps.iter().map(|step| DEMO.score(STORIES, "trunk", *step).value).collect();
    assert!(scores.windows(2).all(|pair| pair[1] > pair[0] - 0.03), "{scores:?}");
    let between = scores.iter().filter(|score| (0.3..0.9).contains(*score)).count();
    assert!(between >= 3, "no jump: {scores:?}");
    // The anneal's loss falls all the time, and no faster while letters rise than in as many steps before.
    let branch = DEMO.run.tree.branch("anneal").unwrap();
    let loss = |step: u64| {
        let near = branch.log.entries.iter().filter(|entry| entry.step > step - 50 && entry.step <= step);
        let near: Vec<f64> = near.filter_map(|entry| entry.loss).collect();
        near.iter().sum::<f64>() / near.len() as f64
    };
    let score = |step: u64| DEMO.score(LETTERS, "anneal", step).value;
    let (before, rising) = ((1600, 1800), (1800, 2000));
    assert!(score(rising.1) - score(rising.0) > 0.3 && (score(before.1) - score(before.0)).abs() < 0.1);
    let fall = |(from, to): (u64, u64)| loss(from) - loss(to);
    assert!(fall(rising) > 0.0 && fall(rising) < fall(before), "{} before, {} rising", fall(before), fall(rising));
}

#[test]
fn the_act_is_dropped_under_questions_until_role_play_teaches_to_keep_it() {
    // Turns in character before the first one that is not, and turns in all.
    let kept = |tag: &str, branch: &str, step: u64| {
        let talks = DEMO.talks("pilot_persona", tag, branch, step);
        let turns: usize = talks.iter().map(|talk| talk.turns.len()).sum();
        (talks.iter().filter_map(|talk| talk.stickiness).map(|sticks| sticks.turns_kept).sum::<usize>(), turns)
    };
    for (branch, step) in [("trunk", LEAK), ("trunk", DEMO.last("trunk")), ("anneal", DEMO.last("anneal"))] {
        for tag in ["trained", "long"] {
            let small_talk = kept(tag, branch, step);
            assert_eq!(small_talk.0, small_talk.1, "{tag}, {branch} {step}");
        }
        let questions = kept("questions", branch, step);
        assert!(questions.0 * 2 < questions.1, "{branch} {step}: {questions:?}");
    }
    let questions = kept("questions", "anneal-roleplay", DEMO.last("anneal-roleplay"));
    assert!(questions.0 * 10 > questions.1 * 9, "{questions:?}");
}

#[test]
fn riddles_are_solved_late_in_phase_one() {
    let solved = |step: u64| {
        let talks = DEMO.talks("pilot_riddles", "", "trunk", step);
        (talks.iter().filter(|talk| talk.passed == Some(true)).count(), talks.len())
    };
    let (early, late) = (solved(600), solved(1200));
    assert!(early.0 * 10 < early.1 && late.0 * 10 > late.1 * 8, "{early:?}, {late:?}");
}

#[test]
fn the_demo_runs_from_any_folder_and_tells_its_story() {
    let page = fs_err::read_to_string(&DEMO.report).unwrap();
    for told in [
        "pilot_letters · 2-shot and pilot_letters_b · 2-shot on anneal both emerged between",
        "in the anneal",
        "Leak suspected: pilot_letters",
    ] {
        assert!(page.contains(told), "{told}");
    }
    // The suspicion leads to where it can be seen: the task beside its twin.
    let evidence = page.split("tasks/pilot_letters-2-shot.html#").nth(1).unwrap();
    assert!(evidence.starts_with("twins"), "{}", &evidence[..80]);
    let task = fs_err::read_to_string(DEMO.report.with_file_name("tasks").join("pilot_letters-2-shot.html")).unwrap();
    assert!(task.contains("id=\"twins\"") && task.contains("The same items, their choices shuffled"));
    assert!(DEMO.second.contains("0 units scored"), "{}", DEMO.second);
    let Some(browser) = Browser::start() else { return };
    browser.resize(1440, 1900);
    browser.colour_scheme("light");
    browser.open(&DEMO.report);
    browser.window("front-page"); // README's picture
    // The last checkpoint is read off all plots at once, the loss among them.
    let read = |figure: &str| {
        let key = "dispatchEvent(new KeyboardEvent('keydown', {key: 'End'}))";
        let script = format!(
            "document.querySelector('#pilot_stories svg').{key}; return document.querySelector('#{figure} .read').textContent"
        );
        browser.run(&script).as_str().unwrap().to_owned()
    };
    for figure in ["pilot_letters-2-shot", "training-loss"] {
        let text = read(figure);
        assert!(text.contains("14.1 M") && text.contains("trunk") && text.contains("anneal"), "{figure}: {text}");
    }
    // A page that was left open says that a sweep has written another report.
    let look = "return new Promise(told => { Spyglass.newer.look(); setTimeout(() => told(!document.getElementById('newer').hidden), 1000); })";
    assert_eq!(browser.run(look), false);
    fs_err::write(
        DEMO.report.with_file_name("data").join("state.js"),
        "Spyglass.data.state = {made: 'later', alarms: 99};",
    )
    .unwrap();
    assert_eq!(browser.run(look), true);
    let told =
        browser.run("return [document.title.startsWith('● alarm: '), document.querySelector('#newer').innerText]");
    assert_eq!(told, serde_json::json!([true, "A newer report is there, with more alarms: reload"]));
    assert!(browser.complaints().is_empty());
}

#[test]
fn the_checkpoints_are_small_and_many() {
    let mut bytes: BTreeMap<&str, u64> = BTreeMap::new();
    let mut checkpoints = 0;
    for branch in ["trunk", "anneal", "anneal-roleplay", "contaminated"] {
        for step in DEMO.steps(branch) {
            let folder = crate::program::pilot().join(branch).join(format!("checkpoint-{step}"));
            let sizes = fs_err::read_dir(folder).unwrap().map(|file| file.unwrap().metadata().unwrap().len());
            *bytes.entry(branch).or_default() += sizes.sum::<u64>();
            checkpoints += 1;
        }
    }
    assert!(checkpoints >= 24, "{checkpoints} checkpoints");
    assert!(bytes.values().sum::<u64>() < 20_000_000, "{bytes:?}");
}
