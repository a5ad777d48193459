//! Tests of `init`.

use super::*;

#[test]
fn paths_are_told_from_the_run_file() {
    assert_eq!(relative(Path::new("/a/b/c"), Path::new("/a/d")), "../b/c");
    assert_eq!(relative(Path::new("/a"), Path::new("/a")), ".");
}

#[test]
fn scalars_read_back() {
    for text in ["trunk", "a: b", "1e5", "true", "#", "{step}", "a\"b", "-", "é"] {
        let read: String = spyglass_tasks::yaml::parse("test", &quoted(text)).unwrap();
        assert_eq!(read, text);
    }
}

/// A folder with checkpoints of these names; `notes` is none.
fn folder_of(names: &[&str]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for name in names {
        let folder = dir.path().join("all").join(name);
        fs_err::create_dir_all(&folder).unwrap();
        if !name.ends_with("notes") {
            fs_err::write(folder.join("config.json"), "{}").unwrap();
            fs_err::write(folder.join("model.safetensors"), "").unwrap();
        }
    }
    dir
}

/// The run file for them, as it is read again, and what it leaves out.
fn read_back(dir: &tempfile::TempDir) -> (crate::run_file::RunFile, Vec<String>) {
    let first = run_file_for(&dir.path().join("all"), dir.path()).unwrap();
    let path = dir.path().join("run.yaml");
    fs_err::write(&path, &first.text).unwrap();
    (crate::run_file::RunFile::read(&path).unwrap(), first.left_out)
}

#[test]
fn a_folder_of_branches_makes_a_run_file_that_reads_back() {
    let names = ["trunk/checkpoint-0", "trunk/checkpoint-90", "trunk/checkpoint-100", "anneal/checkpoint-110", "notes"];
    let (run, left_out) = read_back(&folder_of(&names));
    assert_eq!(run.checkpoints.len(), 2);
    assert_eq!(run.checkpoints[0].branch, "trunk");
    let parent = run.checkpoints[1].parent.as_ref().unwrap();
    assert_eq!((parent.branch.as_str(), parent.step), ("trunk", 100));
    assert!(run.checkpoints[0].path.ends_with("all/trunk"));
    assert!(left_out.is_empty(), "{left_out:?}");
    // A number in a branch's name is not a step.
    let (run, _) = read_back(&folder_of(&["seed-1000/step10", "seed-1000/step20", "seed-2000/step10"]));
    assert_eq!(run.checkpoints.iter().map(|spec| spec.branch.as_str()).collect::<Vec<_>>(), ["seed-1000", "seed-2000"]);
}

#[test]
fn variants_names_in_depth_and_tokens_are_written_down() {
    let names = [
        "checkpoint-1000",
        "checkpoint-2000",
        "checkpoint-1000-ema",
        "checkpoint-2000-ema",
        "final",
        "checkpoint-3000/notes",
    ];
    let (run, left_out) = read_back(&folder_of(&names));
    let told: Vec<_> = run.checkpoints.iter().map(|spec| (spec.pattern.as_str(), spec.variant.as_deref())).collect();
    assert_eq!(told, [("checkpoint-{step}", None), ("checkpoint-{step}-ema", Some("ema"))]);
    assert_eq!(left_out, ["checkpoint-3000: holds no config.json", "final: no step in its name"]);
    let (run, _) = read_back(&folder_of(&["iter_1000/hf", "iter_2000/hf"]));
    assert_eq!((run.checkpoints.len(), run.checkpoints[0].pattern.as_str()), (1, "iter_{step}/hf"));
    let dir = folder_of(&["step1000-tokens4B", "step2000-tokens8B"]);
    let (run, _) = read_back(&dir);
    assert_eq!(run.checkpoints[0].pattern, "step{step}-tokens{tokens}");
    assert_eq!(run.checkpoints[0].tokens_per_step, None, "the names tell the tokens");
    let tree = crate::checkpoint::discover_tree(&run).unwrap().tree;
    let seen: Vec<_> = tree.branches[0].checkpoints.iter().map(|at| (at.step, at.tokens)).collect();
    assert_eq!(seen, [(1000, 4_000_000_000), (2000, 8_000_000_000)]);
}

#[test]
fn an_exact_count_wins_over_a_label_that_allows_it() {
    let dir = folder_of(&["step1000-tokens4B", "step2000-tokens8B", "step3000-tokens13B"]);
    let tree = |tokens_per_step: u64| {
        let path = dir.path().join("own.yaml");
        let branch = format!("path: all, pattern: 'step{{step}}-tokens{{tokens}}', tokens_per_step: {tokens_per_step}");
        fs_err::write(&path, format!("checkpoints: [{{{branch}}}]\n")).unwrap();
        crate::checkpoint::discover_tree(&crate::run_file::RunFile::read(&path).unwrap())
    };
    let exact = tree(4_194_304).unwrap().tree;
    let seen: Vec<_> = exact.branches[0].checkpoints.iter().map(|at| at.tokens).collect();
    assert_eq!(seen, [4_194_304_000, 8_388_608_000, 12_582_912_000]);
    let error = tree(6_000_000).unwrap_err().in_full();
    assert!(
        error.contains("step1000-tokens4B: ")
            && error.contains("its name says 4000000000, `tokens_per_step` says 6000000000"),
        "{error}"
    );
}

#[test]
fn a_count_of_other_steps_is_the_last_resort_and_told() {
    let dir = folder_of(&["step1000", "step2000"]);
    for (step, counted) in [(1000, 300), (2000, 600)] {
        let state = format!(
            r#"{{"global_step": {counted}, "num_input_tokens_seen": {}, "log_history": [{{"step": 1000, "loss": 2.0}}]}}"#,
            step * 7
        );
        fs_err::write(dir.path().join(format!("all/step{step}/trainer_state.json")), state).unwrap();
    }
    let (run, _) = read_back(&dir);
    let found = crate::checkpoint::discover_tree(&run).unwrap();
    let branch = &found.tree.branches[0];
    // Neither 14000 tokens nor the log: the run file that was written for them asks for `tokens_per_step`.
    assert_eq!((branch.checkpoints[1].tokens, branch.log.entries.len()), (2000 * 4_194_304, 0));
    let told = found.skipped[0].to_string();
    assert!(
        told.contains("trainer_state.json") && told.contains("600 steps where the folder's name says 2000"),
        "{told}"
    );
    assert!(told.contains("one of 2 such files"), "{told}");
    // Without `tokens_per_step` their counts are all there is: taken, and told.
    let text = fs_err::read_to_string(&run.path).unwrap();
    let bare: String =
        text.lines().filter(|line| !line.contains("tokens_per_step")).map(|l| format!("{l}\n")).collect();
    let path = run.path.with_file_name("bare.yaml");
    fs_err::write(&path, bare).unwrap();
    let found = crate::checkpoint::discover_tree(&crate::run_file::RunFile::read(&path).unwrap()).unwrap();
    assert_eq!(found.tree.branches[0].checkpoints[1].tokens, 14_000);
    assert!(found.skipped[0].to_string().contains("only where nothing else tells"));
    // The names' tokens are kept where the files beside them are of other steps.
    let dir = folder_of(&["step1000-tokens4B", "step2000-tokens8B"]);
    let state = dir.path().join("all/step1000-tokens4B/trainer_state.json");
    fs_err::write(state, r#"{"global_step": 300, "num_input_tokens_seen": 7}"#).unwrap();
    let (run, _) = read_back(&dir);
    assert_eq!(run.checkpoints[0].pattern, "step{step}-tokens{tokens}");
    let found = crate::checkpoint::discover_tree(&run).unwrap();
    assert_eq!(found.tree.branches[0].checkpoints[0].tokens, 4_000_000_000);
    assert_eq!(found.skipped.len(), 1, "the older one is told too");
}

#[test]
fn names_without_a_step_are_named() {
    let dir = folder_of(&["0123abc456", "9f00a1"]);
    let error = run_file_for(&dir.path().join("all"), dir.path()).unwrap_err().in_full();
    for words in ["no step can be told", "0123abc456", "9f00a1", "`{step}`"] {
        assert!(error.contains(words), "{words}: {error}");
    }
}
