//! Checkpoints as public runs name them: stages and seeds, amounts without steps, indices, lists; and those with the weights of another
//! step.

use serde_json::Value;

use crate::program::{Ran, RunFolder, copy, pilot, trunk};

/// A folder with pilot checkpoints under these names, without logs, and the pilot's tasks.
fn named(names: &[&str]) -> RunFolder {
    let folder = RunFolder::small();
    for (name, own) in names.iter().zip(trunk().iter().cycle()) {
        copy(&pilot().join("trunk").join(own), &folder.path("c").join(name));
        fs_err::remove_file(folder.path("c").join(name).join("trainer_state.json")).unwrap();
    }
    folder
}

/// Writes a run file with these checkpoints, and sweeps it.
fn swept(folder: &RunFolder, checkpoints: &str) -> Ran {
    folder.write("run.yaml", &run_file(checkpoints));
    let ran = folder.run(&["sweep", "run.yaml", "--limit", "2"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    ran
}

fn run_file(checkpoints: &str) -> String {
    format!("{checkpoints}\ntasks: [pilot_letters]\ntask_folders: tasks\ndata: tasks\n")
}

/// Branches of the last sweep: name, the fork's branch and step, and the step and tokens of each checkpoint.
fn branches(folder: &RunFolder) -> Vec<String> {
    let text = fs_err::read_to_string(folder.path("results/run.json")).unwrap();
    let run: Value = serde_json::from_str(&text).unwrap();
    let branch = |branch: &Value| {
        let fork = branch["fork"]
            .as_object()
            .map_or(String::new(), |fork| format!(" from {} at {}", fork["branch"].as_str().unwrap(), fork["step"]));
        let checkpoints = branch["checkpoints"].as_array().unwrap().iter();
        let at: Vec<String> = checkpoints.map(|own| format!("{}:{}", own["step"], own["tokens"])).collect();
        format!("{}{fork} {}", branch["name"].as_str().unwrap(), at.join(" "))
    };
    run["tree"]["branches"].as_array().unwrap().iter().map(branch).collect()
}

fn page(folder: &RunFolder, name: &str) -> String {
    fs_err::read_to_string(folder.path("results/report").join(name)).unwrap()
}

/// The only file of the report that a pattern of its path names.
fn only(folder: &RunFolder, sub: &str, end: &str) -> String {
    let all = fs_err::read_dir(folder.path("results/report").join(sub)).unwrap();
    let mut names: Vec<String> = all.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| name.starts_with("pilot_letters") && name.ends_with(end) && !name.contains("option"));
    names.sort_by_key(String::len);
    page(folder, &format!("{sub}/{}", names[0]))
}

#[test]
fn stages_and_seeds_are_branches_of_one_report() {
    let folder = named(&[
        "stage1-step1000-tokens4B",
        "stage1-step2000-tokens9B",
        "stage2-ingredient1-step500-tokens3B",
        "stage2-ingredient2-step500-tokens2B",
    ]);
    let pattern = "'[stage{stage}-][ingredient{seed}-]step{step}-tokens{tokens}B'";
    let ran = swept(&folder, &format!("checkpoints: [{{path: c, pattern: {pattern}, tokens_per_step: 4_423_680}}]"));
    assert_eq!(
        branches(&folder),
        [
            "trunk 1000:4423680000 2000:8847360000",
            "stage2-seed1 from trunk at 2000 2500:11059200000",
            "stage2-seed2 from trunk at 2000 2500:11059200000"
        ],
        "labels that are rounded, floored and ceiled agree with the exact tokens of a step"
    );
    assert!(ran.stderr.contains("branch `stage2-seed1` begins at step 500"), "{}", ran.stderr);
    let index = page(&folder, "index.html");
    assert!(index.contains("stage2-seed1") && index.contains("on 3 branches"));
}

#[test]
fn a_run_may_count_words() {
    let folder = named(&["chck_1M", "chck_2M", "chck_10M"]);
    swept(&folder, "checkpoints: [{path: c, pattern: 'chck_{words}'}]");
    let wanted = ["trunk 1000000:1000000 2000000:2000000 10000000:10000000"];
    assert_eq!(branches(&folder), wanted);
    let pages = [page(&folder, "index.html"), only(&folder, "tasks", ".html"), page(&folder, "provenance.html")];
    assert!(pages[0].contains("1 M – 10 M words") && pages[0].contains(">words seen</span>"), "{}", pages[0]);
    for page in &pages {
        let seen = ["tokens seen", "M tokens", "onset, tokens", "of tokens"];
        assert!(seen.iter().all(|phrase| !page.contains(phrase)), "{page}");
    }
    let csv = only(&folder, "plots", ".csv");
    assert!(csv.starts_with("task,branch,step,words,score"), "{csv}");
    let svg = only(&folder, "plots", ".svg");
    assert!(svg.contains("against words seen") && svg.contains("at 10 M words"), "{svg}");
    // The same under the axis' own name.
    swept(&folder, "axis: words\ncheckpoints: [{path: c, pattern: 'chck_{tokens}'}]");
    assert_eq!(branches(&folder), wanted);
    folder.write("run.yaml", &run_file("axis: samples\ncheckpoints: [{path: c, pattern: 'chck_{words}'}]"));
    let ran = folder.run(&["check", "run.yaml"]);
    assert!(ran.code == Some(2) && ran.stderr.contains("counts words, but the run counts samples"), "{}", ran.stderr);
}

#[test]
fn amounts_indices_and_lists_have_steps() {
    let folder = named(&["hf/16.78B", "hf/33.55B", "ckpt_000", "ckpt_001", "kestrel", "far/ocelot"]);
    swept(
        &folder,
        "checkpoints:
- {branch: amounts, path: c/hf, pattern: '{tokens}', tokens_per_step: 4_194_304}
- {branch: indices, path: c, pattern: 'ckpt_{index}', index: {every: 3.5B tokens, first: 3.5B tokens}}
- branch: list
  path: c
  tokens_per_step: 1_000_000
  folders:
  - {path: far/ocelot, step: 30_000}
  - {path: kestrel, tokens: 21B}",
    );
    assert_eq!(
        branches(&folder),
        [
            "amounts 4001:16780000000 7999:33550000000",
            "indices 3500000000:3500000000 7000000000:7000000000",
            "list 21000:21000000000 30000:30000000000"
        ]
    );
}

#[test]
fn names_that_cannot_be_placed_are_told() {
    let folder = named(&["step1000-tokens4B", "step01000-tokens4B", "ckpt_7", "a"]);
    let cases = [
        ("{path: c, pattern: 'x{step}'}", "nothing here is named `x{step}`"),
        ("{path: c, pattern: 'x{step}'}", "here lie: a, ckpt_7, step01000-tokens4B, step1000-tokens4B"),
        ("{path: c, pattern: 'step{step}-*'}", "`step01000-tokens4B` and `step1000-tokens4B` are both step 1000"),
        ("{path: c, pattern: 'step1{step}-tokens{tokens}', tokens_per_step: 1}", "its name says 4000000000"),
        ("{path: c, pattern: 'ckpt_{index}'}", "but `index` is missing"),
        ("{path: c, pattern: 'ckpt_{index}', index: [5, 6]}", "is index 7, but the list `index:` ends at index 1"),
        ("{path: c, pattern: '{seed}'}", "must hold `{step}`, or `{tokens}` or `{index}`"),
        ("{branch: x}", "branch `x` has neither `path:` nor `hub:`"),
        ("{path: c, folders: [{path: a}]}", "`a` in `folders` of branch `trunk` has neither `step` nor `tokens`"),
        ("{path: c, folders: [{path: b, step: 1}]}", "is not there, but `folders:` of branch `trunk` lists it"),
        ("{path: c, folders: [{path: a, step: 1}, {path: ckpt_7, step: 1}]}", "`a` and `ckpt_7` are both step 1"),
        ("{path: c, pattern: 'x{step}', folders: [{path: a, step: 1}]}", "a `pattern` and a list of `folders`"),
    ];
    for (entry, said) in cases {
        folder.write("run.yaml", &run_file(&format!("checkpoints: [{entry}]")));
        let ran = folder.run(&["check", "run.yaml"]);
        let told = ran.stderr.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
        assert!(ran.code == Some(2) && told.contains(said), "{entry}: {:?} {told}", ran.code);
    }
}

#[test]
fn weights_of_another_step_are_named_and_drawn_hollow() {
    let folder = RunFolder::small();
    for own in ["checkpoint-1200", "checkpoint-1700"] {
        copy(&pilot().join("trunk").join(own), &folder.path("trunk").join(own));
    }
    // A copied folder, not a link: the final weights under an early name.
    fs_err::copy(folder.checkpoint().join("model.safetensors"), folder.path("trunk/checkpoint-1700/model.safetensors"))
        .unwrap();
    let bad = "step 1700 of branch `trunk` (trunk/checkpoint-1700) holds the final weights, those of step 2300 (trunk/checkpoint-2300)";
    folder.write("run.yaml", &run_file("checkpoints: [{path: trunk}]"));
    let checked = folder.run(&["check", "run.yaml"]);
    assert!(checked.code == Some(2) && checked.stderr.contains(bad), "{}", checked.stderr);
    assert!(!folder.path("results").exists(), "a check leaves no results");
    let ran = folder.run(&["sweep", "run.yaml", "--limit", "4"]);
    assert!(ran.code == Some(0) && ran.stderr.contains(&format!("known bad: {bad}")), "{}", ran.stderr);
    let hollow = || {
        let page = page(&folder, "index.html");
        (page.contains("class=\"hollow s0\"") && page.contains("\"hollow\":[["), page.contains("left out of onsets"))
    };
    assert_eq!(hollow(), (true, true));
    // From the results alone it is known, too.
    fs_err::rename(folder.path("trunk"), folder.path("gone")).unwrap();
    assert_eq!(folder.run(&["report", "run.yaml"]).code, Some(0));
    assert_eq!(hollow(), (true, true));
    fs_err::rename(folder.path("gone"), folder.path("trunk")).unwrap();
    // Told otherwise it counts as the others do.
    folder.write("run.yaml", &run_file("misplaced: keep\ncheckpoints: [{path: trunk}]"));
    let kept = folder.run(&["check", "run.yaml"]);
    assert!(kept.code == Some(0) && kept.stderr.contains(bad), "{}", kept.stderr);
    assert_eq!(folder.run(&["report", "run.yaml"]).code, Some(0));
    assert_eq!(hollow(), (false, false));
}
