//! The sweep that searches for onsets: the same brackets as a sweep of everything, from fewer units.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use spyglass::{Store, gather};
use spyglass_dashboards::analysis::Status;
use spyglass_dashboards::findings::findings;

use crate::program::{RunFolder, pilot, trunk};

/// The task and branch of an onset, and what was found: its status and its bracket.
type Onsets = BTreeMap<(String, String), (Status, Option<u64>, Option<u64>)>;

/// The onsets that lie in `results`, each where it is the branch's own event.
fn onsets(results: &Path) -> Onsets {
    let store = Store::open(results);
    let run = gather(&store, store.snapshot().unwrap().unwrap()).unwrap().run;
    let mut onsets = Onsets::new();
    for task in &findings(&run).tasks {
        for path in &task.paths {
            if let Some(onset) = path.own_onset().filter(|onset| onset.came()) {
                let name = (task.subject.title(), path.branch.clone());
                onsets.insert(name, (onset.status, onset.after(), onset.by()));
            }
        }
    }
    onsets
}

/// Sweeps `run_file` a second time as a search, into results of its own: how many units either took, and the onsets of both.
fn searched(folder: &RunFolder, run_file: &str) -> ((usize, usize), (Onsets, Onsets)) {
    let text = fs_err::read_to_string(folder.path(run_file)).unwrap();
    folder.write("search.yaml", &format!("{text}\nschedule: {{order: find_onset}}\nresults: search\n"));
    let ran = folder.run(&["sweep", run_file]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let ran = folder.run(&["sweep", "search.yaml"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(folder.path("search/report/index.html").is_file());
    let again = folder.run(&["sweep", "search.yaml"]);
    assert!(again.stderr.contains("0 units scored"), "{}", again.stderr);
    let units = |results: &str| folder.unit_folders_in(results).len();
    let both = (onsets(&folder.path("results")), onsets(&folder.path("search")));
    ((units("results"), units("search")), both)
}

/// Makes sure that a search finds each onset that a sweep of everything finds: how many units either took.
///
/// With other points the noise is another, and so a bracket may be a checkpoint wider or narrower; it is about the same event.
pub(crate) fn as_good_as_all(folder: &RunFolder, run_file: &str) -> (usize, usize) {
    let (units, (wanted, found)) = searched(folder, run_file);
    assert!(wanted.keys().eq(found.keys()), "{found:?}\n{wanted:?}");
    for (name, (status, after, by)) in &found {
        let (status_of_all, after_of_all, by_of_all) = &wanted[name];
        assert!(status == status_of_all && after < by_of_all && after_of_all < by, "{name:?}: {found:?}\n{wanted:?}");
    }
    units
}

/// Twenty checkpoints: the first of the pilot's trunk up to the twelfth, the last from the thirteenth on.
fn sharp_run() -> RunFolder {
    let folder = RunFolder::small();
    let copies = |from: &Path, step: usize| {
        let to = folder.path("steps").join(format!("checkpoint-{step}"));
        fs_err::create_dir_all(&to).unwrap();
        for entry in fs_err::read_dir(from).unwrap().map(Result::unwrap) {
            if entry.file_name() != "trainer_state.json" {
                fs_err::copy(entry.path(), to.join(entry.file_name())).unwrap();
            }
        }
    };
    let trunk = trunk();
    let at = |name: &String| pilot().join("trunk").join(name);
    let (young, old) = (at(&trunk[0]), at(&trunk[trunk.len() - 1]));
    (1..=20).for_each(|step| copies(if step <= 12 { &young } else { &old }, step * 100));
    let head = "checkpoints: [{path: steps, tokens_per_step: 1000}]\nphases: []\n";
    let all = format!("{head}tasks: [{{task: pilot_facts_easy, limit: 100}}]\ntask_folders: tasks\ndata: tasks\n");
    folder.write("all.yaml", &all);
    folder.write("search.yaml", &format!("{all}schedule: {{order: find_onset}}\n"));
    folder
}

/// The number that a line of text holds before `word`.
fn number_before(text: &str, word: &str) -> usize {
    let before = text.split(word).next().unwrap().trim_end();
    before.rsplit(' ').next().unwrap().parse().unwrap_or_else(|_| panic!("{word}: {text}"))
}

#[test]
fn a_sharp_onset_is_found_with_few_checkpoints_and_told_before() {
    let folder = sharp_run();
    let plan = folder.run(&["plan", "search.yaml"]);
    assert_eq!(plan.code, Some(0), "{}", plan.stderr);
    let told = number_before(&plan.stdout, " to score");
    assert!(plan.stdout.contains("at most") && told <= 10, "{}", plan.stdout);
    let ((_, units), (all, found)) = searched(&folder, "all.yaml");
    assert!(units <= told, "{units} of {told}");
    assert_eq!(found, all);
    let bracket = (Status::Emerged, Some(1_200_000), Some(1_300_000));
    assert_eq!(found[&("pilot_facts_easy".into(), "trunk".into())], bracket);
    let status = folder.run(&["status", "search.yaml"]);
    let over = format!("{units} of 20 units done, the search for onsets is over: {} need not be scored", 20 - units);
    assert!(status.stdout.contains(&over), "{}", status.stdout);
    let plan = folder.run(&["plan", "search.yaml"]);
    assert!(plan.stdout.contains("0 to score"), "{}", plan.stdout);
    // More items are asked of the same checkpoints, and of no others.
    let more = folder.run(&["sweep", "search.yaml", "--limit", "150"]);
    assert!(more.stderr.contains(&format!("{units} units scored")), "{}", more.stderr);
}

#[test]
fn a_killed_search_goes_on_and_a_broken_checkpoint_is_passed_by() {
    let folder = sharp_run();
    let undisturbed = sharp_run();
    assert_eq!(undisturbed.run(&["sweep", "search.yaml"]).code, Some(0));
    for milliseconds in [150, 700] {
        let mut child =
            folder.command(&["sweep", "search.yaml"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(milliseconds));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert_eq!(folder.run(&["sweep", "search.yaml"]).code, Some(0));
    assert_eq!(folder.scores(), undisturbed.scores());
    // The last checkpoint cannot be read: the one before it is the last, and nothing is asked for twice.
    let broken = sharp_run();
    fs_err::write(broken.path("steps/checkpoint-2000/model.safetensors"), "none").unwrap();
    let ran = broken.run(&["sweep", "search.yaml"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stderr.contains("1 failure (1 unit missing)"), "{}", ran.stderr);
    let found = onsets(&broken.path("results"));
    assert_eq!(found.values().next(), Some(&(Status::Emerged, Some(1_200_000), Some(1_300_000))));
}

#[test]
fn the_pilot_shows_the_same_onsets_to_a_search() {
    let folder = RunFolder::small();
    let text = fs_err::read_to_string(pilot().join("run.yaml")).unwrap();
    for entry in fs_err::read_dir(pilot()).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_dir()) {
        crate::program::copy(&entry.path(), &folder.path(entry.file_name().to_str().unwrap()));
    }
    let kept =
        |line: &&str| !["prompts:", "pack_folders:", "results:", "schedule:"].iter().any(|key| line.starts_with(key));
    folder.write("all.yaml", &text.lines().filter(kept).collect::<Vec<_>>().join("\n"));
    let text = fs_err::read_to_string(folder.path("all.yaml")).unwrap();
    folder.write("told.yaml", &format!("{text}\nschedule: {{order: find_onset}}\nresults: told\n"));
    let told = number_before(&folder.run(&["plan", "told.yaml"]).stdout, " to score");
    let (all, searched) = as_good_as_all(&folder, "all.yaml");
    assert!(searched * 2 <= all && searched <= told, "{searched} of {all} units, told {told}");
}

#[test]
fn a_group_is_searched_for_as_one_and_compared_beside_its_tasks() {
    let folder = sharp_run();
    let group = "group: facts\ntask: [pilot_facts_easy, pilot_facts_hard]\n\
                 aggregate_metric_list: [{metric: acc, weight_by_size: true}]\n";
    folder.write("tasks/facts.yaml", group);
    let text = fs_err::read_to_string(folder.path("search.yaml")).unwrap().replace("pilot_facts_easy", "facts");
    folder.write("search.yaml", &text);
    let ran = folder.run(&["check", "search.yaml"]);
    assert!(ran.stdout.contains("2 tasks"), "{} {}", ran.stdout, ran.stderr);
    let ran = folder.run(&["sweep", "search.yaml"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let bracket = (Status::Emerged, Some(1_200_000), Some(1_300_000));
    assert_eq!(onsets(&folder.path("results"))[&("facts".into(), "trunk".into())], bracket);
    let units = folder.unit_folders();
    let of_easy = units.iter().filter(|unit| unit.display().to_string().contains("pilot_facts_easy")).count();
    assert_eq!(of_easy * 2, units.len(), "both tasks at the same checkpoints");
    let ran = folder.run(&["compare", "search.yaml:@100", "search.yaml:trunk"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let row = |task: &str| ran.stdout.lines().find(|line| line.starts_with(&format!("{task} "))).unwrap().to_owned();
    assert!(row("facts").ends_with(" 200") && row("pilot_facts_hard").ends_with(" 100"), "{}", ran.stdout);
}

#[test]
fn the_schema_knows_the_search_and_a_slip_is_named() {
    let folder = RunFolder::small();
    let schema = folder.run(&["schema", "run"]).stdout;
    assert!(schema.contains("find_onset") && schema.contains("halve the bracket"), "{schema}");
    folder.write("run.yaml", "checkpoints: [{path: trunk}]\nschedule: {order: find_onsets}\n");
    let ran = folder.run(&["check", "run.yaml"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("run.yaml:2") && ran.stderr.contains("find_onset"), "{}", ran.stderr);
}
